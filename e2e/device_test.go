package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"vow.example/vow/internal/effects/samples"
)

// picture is a number that changes with what the canvas shows.
const picture = `(() => { const c = document.getElementById('device-canvas'), d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let h = 7; for (let i = 0; i < d.length; i += 41) h = (h * 31 + d[i]) | 0; return h })()`

// person is somebody at an app without cookies.
type person struct {
	*stage
	p *tab
}

// points goes from the effect page to the page on which the browser makes the picture.
func (w *person) points() {
	p := w.p
	p.open("/picwiz/e/portrait_points")
	p.press("input[value='astronaut.jpg']")
	p.press("#go")
	p.agree()
	p.there("#device-hands")
	p.until("the picture is drawn", `document.getElementById('device-canvas').dataset.drawn`)
}

// pick chooses something and waits until the picture is another one.
func (w *person) pick(what, selector string) {
	w.p.t.Helper()
	before := read[int](w.p, picture)
	w.p.press(selector)
	w.p.until(what+" changes the picture", picture+` !== `+call(`(n) => n`, before))
}

func TestThePointsAreHandedOverOnceAndThePictureIsMadeInTheBrowser(t *testing.T) {
	t.Parallel()
	for _, l := range []look{phone(), desktop().in("zh-CN")} {
		t.Run(l.String(), func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			w := &person{stage: s, p: newTab(t, s.url, l)}
			p := w.p
			set := p.watchCookies()
			w.points()
			w.once()
			sent := len(p.sent("POST"))
			w.pick("a hairstyle", "input[name=hair][value=bob]")
			w.pick("a colour", "input[name=color][value=copper]")
			w.pick("a frame", "input[name=frame][value=gold]")
			for _, slider := range []string{"#d-eyes", "#d-light"} {
				before := read[int](p, picture)
				p.press(slider)
				p.keys(kb.ArrowRight + kb.ArrowRight)
				p.until(slider+" changes the picture by keyboard", picture+` !== `+call(`(n) => n`, before))
			}
			p.press("#device-show")
			p.until("the points are shown", `!document.getElementById('device-marks').hidden`)
			p.until("there is a receipt", `document.getElementById('device-receipt').href.includes('/receipts/rcp_')`)
			if rows := p.count("#device-found tbody tr"); rows != 21 {
				t.Errorf("%d points are listed, want 21", rows)
			}
			w.file()
			if now := p.sent("POST"); len(now) != sent {
				t.Errorf("making the picture sent %v", now[sent:])
			}
			w.crossed()
			w.reload()
			p.noCookies(set)
		})
	}
}

// once checks that the points were fetched one time and that nobody gets them again.
func (w *person) once() {
	w.p.t.Helper()
	var fetched []string
	for _, path := range w.p.sent("GET") {
		if strings.Contains(path, "/content") {
			fetched = append(fetched, path)
		}
	}
	if len(fetched) != 1 {
		w.p.t.Fatalf("the points were fetched by %v, want one request", fetched)
	}
	again := read[int](w.p, call(`(url) => fetch(url, { headers: { Authorization: 'Bearer ' + sessionStorage.getItem('session-picwiz') } }).then((r) => r.status)`, fetched[0]))
	if again != 410 {
		w.p.t.Errorf("a second fetch answered %d, want 410", again)
	}
}

// crossed checks what the browser told the server: consent, photo, task, and nothing else.
func (w *person) crossed() {
	w.p.t.Helper()
	var posts []string
	for _, path := range w.p.sent("POST") {
		path, _, _ = strings.Cut(path, "?")
		posts = append(posts, strings.TrimPrefix(path, "/picwiz/api/v1"))
	}
	if want := []string{"/sessions", "/picwiz/welcome", "/consents", "/uploads", "/tasks"}; !slices.Equal(posts, want) {
		w.p.t.Errorf("the browser sent %v, want %v", posts, want)
	}
}

// file looks into the file that the browser would save.
func (w *person) file() {
	w.p.t.Helper()
	for kind, head := range map[string]string{"image/jpeg": "\xff\xd8\xff\xe1", "image/png": "\x89PNG"} {
		text := read[string](w.p, call(`async (kind) => {
			const seen = [], old = URL.createObjectURL
			URL.createObjectURL = (b) => { seen.push(b); return old.call(URL, b) }
			document.querySelector('[data-save="' + kind + '"]').click()
			while (!seen.length) await new Promise((r) => setTimeout(r, 20))
			URL.createObjectURL = old
			await createImageBitmap(seen[0])
			return [...new Uint8Array(await seen[0].slice(0, 1200).arrayBuffer())].map((b) => String.fromCharCode(b)).join('')
		}`, kind))
		bytes := make([]byte, 0, len(text))
		for _, r := range text {
			bytes = append(bytes, byte(r))
		}
		if !strings.HasPrefix(string(bytes), head) || !strings.Contains(string(bytes), "compositeWithTrainedAlgorithmicMedia") {
			w.p.t.Errorf("the %s file begins with %q", kind, bytes[:min(len(bytes), 60)])
		}
	}
}

// reload loses the points, and the page says so; the session of the tab stays.
func (w *person) reload() {
	p := w.p
	p.t.Helper()
	p.open(p.path())
	p.there(".card.gone a[href*='/receipts/']")
}

// watchCookies counts the answers that set a cookie.
func (p *tab) watchCookies() func() int {
	p.t.Helper()
	var n atomic.Int64
	p.must(chromedp.Listen(p.ctx, func(event any) {
		e, ok := event.(*network.EventResponseReceivedExtraInfo)
		if !ok {
			return
		}
		for name := range e.Headers {
			if strings.EqualFold(name, "Set-Cookie") {
				n.Add(1)
			}
		}
	}))
	return func() int { return int(n.Load()) }
}

func (p *tab) noCookies(set func() int) {
	p.t.Helper()
	if n := set(); n != 0 {
		p.t.Errorf("%d answers set a cookie", n)
	}
	if held := p.cookies(); len(held) != 0 {
		p.t.Errorf("the browser holds %d cookies", len(held))
	}
	if text := read[string](p, `document.cookie`); text != "" {
		p.t.Errorf("document.cookie is %q", text)
	}
}

// TestPointsWaitUntilThePhotoIsThere opens the result in a page that does not have the photo: the points
// stay on the server until it is chosen again, and another photo does not fit.
func TestPointsWaitUntilThePhotoIsThere(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	m := s.member("picwiz")
	out := m.reach(m.task("portrait_points", "").ID, "succeeded").Outputs[0].ID
	p := newTab(t, s.url, desktop())
	p.open("/picwiz/settings")
	read[bool](p, call(`(t) => (sessionStorage.setItem('session-picwiz', t), true)`, m.token))
	p.open("/picwiz/works")
	p.there(".tile .ghost")
	p.press(".tile a")
	p.there("#device-again")
	if _, err := m.api.Output(t.Context(), out); err != nil {
		t.Fatalf("looking at the pages took the points: %v", err)
	}
	choose := func(name string) {
		p.must(chromedp.Do(p.ctx, chromedp.SetUploadFiles(chromedp.CSS("#device-photo"), []string{sampleFile(t, name)})))
	}
	choose("coffee.jpg")
	p.there("#device-error .note.bad")
	choose(samples.Astronaut)
	p.there("#device-hands")
	if _, err := m.api.Output(t.Context(), out); err == nil {
		t.Error("the points are still on the server")
	}
	if posts := p.sent("POST"); len(posts) != 0 {
		t.Errorf("the photo that was chosen again left the browser: %v", posts)
	}
}

func sampleFile(t *testing.T, name string) string {
	t.Helper()
	b, err := samples.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheDevicePageIsFreeOfAccessibilityViolations(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	axe := axeSource(t)
	for _, lang := range []string{"en", "zh-CN"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			w := &person{stage: s, p: newTab(t, s.url, phone().in(lang))}
			w.points()
			w.pick("a hairstyle", "input[name=hair][value=bob]")
			w.p.press("#device-show")
			w.p.bring(axe)
			w.p.inspect(t, "device")
			w.p.open("/picwiz/settings")
			w.p.there("#cookies")
			w.p.bring(axe)
			w.p.inspect(t, "settings without cookies")
		})
	}
}

// TestDeviceShots writes pictures of the pages of an app without cookies into the folder VOW_SHOTS.
func TestDeviceShots(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("VOW_SHOTS")
	if dir == "" {
		t.Skip("VOW_SHOTS names no folder")
	}
	for _, l := range everyLook() {
		t.Run(l.String(), func(t *testing.T) {
			c := &camera{stage: newStage(t), dir: dir}
			c.p = newTab(t, c.url, l)
			w := &person{stage: c.stage, p: c.p}
			c.p.open("/picwiz/e/portrait_points")
			c.take("device-effect")
			w.points()
			c.take("device-before")
			w.pick("a hairstyle", "input[name=hair][value=bob]")
			c.take("device-hair")
			w.pick("a hairstyle", "input[name=hair][value=pixie]")
			w.pick("a colour", "input[name=color][value=copper]")
			w.pick("a frame", "input[name=frame][value=gold]")
			c.p.press("#device-show")
			c.take("device-all")
			c.p.press("#device-hands button[type=reset]")
			w.pick("a colour of the own hair", "input[name=color][value=rose]")
			c.take("device-dyed")
			c.p.open("/picwiz/settings")
			c.p.there("#cookies")
			c.take("device-settings")
		})
	}
}
