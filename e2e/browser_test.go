package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// chromium is the one browser process of these tests; every test opens a profile of its own in it.
type chromium struct {
	once sync.Once
	ctx  context.Context
	stop func()
	err  error
}

var browser chromium

// TestMain ends the browser after the last test and removes its profile directory.
func TestMain(m *testing.M) {
	code := m.Run()
	if browser.stop != nil {
		browser.stop()
	}
	os.Exit(code)
}

const missing = "run `make test` (it installs what is missing), or leave the browser tests out with VOW_SKIP_BROWSER=1"

// needBrowser skips or fails a test that cannot have its browser.
func needBrowser(t *testing.T) {
	t.Helper()
	if os.Getenv("VOW_SKIP_BROWSER") == "1" {
		t.Skip("VOW_SKIP_BROWSER=1")
	}
	browser.once.Do(browser.start)
	if browser.err != nil {
		t.Fatalf("%v; %s", browser.err, missing)
	}
}

func (b *chromium) start() {
	path, err := findBrowser()
	if err != nil {
		b.err = err
		return
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-fake-ui-for-media-stream", true)) // a microphone that hums
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium's sandbox refuses root
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	quiet := func(string, ...any) {}
	b.ctx, _ = chromedp.NewContext(allocator, chromedp.WithErrorf(quiet), chromedp.WithLogf(quiet))
	b.stop = stop
	if err := chromedp.Do(b.ctx); err != nil {
		b.err = fmt.Errorf("the browser does not start: %w", err)
	}
}

func findBrowser() (string, error) {
	if path := os.Getenv("VOW_CHROMIUM"); path != "" {
		return path, nil
	}
	for _, name := range []string{"chromium-headless-shell", "headless-shell", "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no Chromium in PATH")
}

// look is how a person sees a page.
type look struct {
	Width, Height int64
	Touch, Dark   bool
	Lang          string // Accept-Language
}

func phone() look   { return look{Width: 390, Height: 844, Touch: true, Lang: "en"} }
func desktop() look { return look{Width: 1280, Height: 800, Lang: "en"} }

func (l look) in(lang string) look { l.Lang = lang; return l }
func (l look) dark() look          { l.Dark = true; return l }

func (l look) String() string {
	theme := "light"
	if l.Dark {
		theme = "dark"
	}
	lang, _, _ := strings.Cut(l.Lang, "-")
	return fmt.Sprintf("%d-%s-%s", l.Width, theme, lang)
}

// tab is one person at one browser window.
type tab struct {
	t    *testing.T
	ctx  context.Context
	base string
	look look

	known map[string]bool // apps that this person has told what they ask

	mu       sync.Mutex
	requests []string // "METHOD URL", in order
	trouble  []string // what no page of ours may do
}

// patience is how long a test waits for something that should happen at once.
const patience = 60 * time.Second

// newTab opens a window with a fresh profile at the server. At its end it fails the test if a page
// threw, broke its content policy, or asked another host for anything.
func newTab(t *testing.T, base string, l look) *tab {
	t.Helper()
	needBrowser(t)
	ctx, stop := chromedp.NewContext(browser.ctx, chromedp.WithNewBrowserContext())
	p := &tab{t: t, ctx: ctx, base: base, known: map[string]bool{}}
	t.Cleanup(func() {
		stop()
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, what := range p.trouble {
			t.Errorf("the page did what no page of ours may do: %s", what)
		}
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Listen(ctx, p.hear); err != nil {
		t.Fatal(err)
	}
	p.wear(l)
	return p
}

// wear changes size, theme and language; pages that are open follow, except for the language.
func (p *tab) wear(l look) {
	p.t.Helper()
	p.look = l
	var options []chromedp.EmulateViewportOption
	if l.Touch {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	p.must(chromedp.Do(p.ctx, chromedp.EmulateViewport(l.Width, l.Height, options...)))
	scheme := "light"
	if l.Dark {
		scheme = "dark"
	}
	p.prefer("prefers-color-scheme: "+scheme, "prefers-reduced-motion: reduce")
	_, err := chromedp.Call(p.ctx, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": l.Lang}})
	p.must(err)
}

// prefer sets what the person prefers of every page, and nothing else: "feature: value".
func (p *tab) prefer(features ...string) {
	p.t.Helper()
	var all []*emulation.MediaFeature
	for _, f := range features {
		name, value, _ := strings.Cut(f, ": ")
		all = append(all, &emulation.MediaFeature{Name: name, Value: value})
	}
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: all})
	p.must(err)
}

// scriptless turns JavaScript off for every page that follows.
func (p *tab) scriptless() {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	p.must(err)
}

// hear keeps what the browser tells about the pages. It runs in the loop of the tab.
func (p *tab) hear(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		url := e.Request.URL
		p.requests = append(p.requests, e.Request.Method+" "+url)
		if strings.HasPrefix(url, "http") && !strings.HasPrefix(url, p.base+"/") {
			p.trouble = append(p.trouble, "asked another host: "+url)
		}
	case *runtime.EventExceptionThrown:
		p.trouble = append(p.trouble, "threw: "+e.ExceptionDetails.Text+" "+e.ExceptionDetails.URL)
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
			p.trouble = append(p.trouble, string(e.Entry.Source)+": "+e.Entry.Text)
		}
	}
}

// sent lists the requests so far that begin with a method, as paths.
func (p *tab) sent(method string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []string
	for _, r := range p.requests {
		if rest, ok := strings.CutPrefix(r, method+" "); ok {
			list = append(list, strings.TrimPrefix(rest, p.base))
		}
	}
	return list
}

func (p *tab) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}
