package guarantees

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"vow.example/vow/client"
	"vow.example/vow/internal/effects/samples"
)

type worldKey struct{}

// world is what one script knows: its server, its people, the latest answer.
type world struct {
	ts     *testscript.TestScript
	dir    string // of the script
	bin    string // where the program is
	env    []string
	server *process
	sims   []*process
	tap    *tap            // the wiretap that is looked at
	taps   map[string]*tap // by recipient
	url    string
	device *http.Client // of the people

	people map[string]*person
	who    *person
	last   answer
	mark   map[string]int // requests that each recipient had received when the latest task was submitted
	jammed map[string]string
	eyes   *watcher
	tried  []string // features that went the whole way

	counting sync.Mutex
	asked    int      // calls so far
	baked    []string // those whose answer set a cookie
}

// person is one subject of one app, with the latest of each thing.
type person struct {
	name, app, subject, token   string
	feature, consent            string
	source, task, result, asked string
	header                      http.Header
	company                     string            // that the latest task goes to
	pictures                    map[string]string // uploads by role, besides the photo
}

// answer is what the API said last.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) problem() (p client.Problem) {
	_ = json.Unmarshal(a.body, &p) // anything else is no problem document: the zero value says so
	return p
}

func setUp(e *testscript.Env, bin string) error {
	w := &world{dir: e.WorkDir, bin: bin, people: map[string]*person{}, jammed: map[string]string{}, taps: map[string]*tap{}}
	e.Values[worldKey{}] = w
	e.Defer(func() {
		if w.eyes != nil {
			w.eyes.close()
		}
		w.end()
	})
	e.Setenv("PATH", bin+string(os.PathListSeparator)+e.Getenv("PATH"))
	apps, err := filepath.Abs("../apps")
	if err != nil {
		return err
	}
	e.Setenv("APPS", apps)
	e.Setenv("TMPDIR", filepath.Join(e.WorkDir, "tmp"))
	if err := os.MkdirAll(filepath.Join(e.WorkDir, "tmp"), 0o700); err != nil {
		return err
	}
	for _, name := range samples.Names() {
		b, err := samples.Open(name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(e.WorkDir, name), b, 0o600); err != nil {
			return err
		}
	}
	w.env = e.Vars
	return nil
}

// usage fails the script unless the number of arguments fits.
func (w *world) usage(ok bool, text string) {
	if !ok {
		w.ts.Fatalf("usage: %s", text)
	}
}

func (w *world) check(err error) { w.ts.Check(err) }

// until polls a condition; what it waits for is printed when patience ends.
func (w *world) until(what string, done func() bool) {
	end := time.Now().Add(patience)
	for !done() {
		if time.Now().After(end) {
			w.ts.Fatalf("waited %v in vain for %s", patience, what)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// me returns the person whose turn it is.
func (w *world) me() *person {
	if w.who == nil {
		w.ts.Fatalf("no person yet: person NAME APP")
	}
	return w.who
}

// ask makes a call for a person (nil: a stranger) and returns the answer.
func (w *world) ask(p *person, method, path string, body io.Reader, header http.Header) answer {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, w.url+path, body)
	w.check(err)
	for name, values := range header {
		r.Header[name] = values
	}
	if p != nil {
		for name, values := range p.header {
			r.Header[name] = values
		}
		r.Header.Set("Authorization", "Bearer "+p.token)
	}
	resp, err := w.device.Do(r)
	w.check(err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	w.check(err)
	w.counting.Lock()
	defer w.counting.Unlock()
	w.asked++
	if len(resp.Header.Values("Set-Cookie")) > 0 {
		w.baked = append(w.baked, method+" "+path)
	}
	return answer{resp.StatusCode, resp.Header, raw}
}

// newDevice returns a client whose connections come from an address of the people's own, 127.0.0.77,
// so that a leaked address can be told from the server's.
func newDevice() *http.Client {
	d := net.Dialer{}
	if _, err := os.Stat("/proc/self"); err == nil { // Linux: all of 127/8 is this machine
		d.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 77)}
	}
	return &http.Client{
		Transport:     &http.Transport{DialContext: d.DialContext},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // each answer counts
	}
}

// call makes a call for the person whose turn it is and remembers the answer. neg says that a
// refusal is wanted. It reports whether the answer was 2xx.
func (w *world) call(neg bool, method, path string, in, out any) bool {
	var body io.Reader
	header := http.Header{}
	if in != nil {
		raw, err := json.Marshal(in)
		w.check(err)
		body = bytes.NewReader(raw)
		header.Set("Content-Type", "application/json")
	}
	return w.judge(neg, method+" "+path, w.ask(w.me(), method, path, body, header), out)
}

// judge keeps an answer and fails the script when it is not the wanted kind.
func (w *world) judge(neg bool, what string, a answer, out any) bool {
	w.last = a
	ok := a.status/100 == 2
	if ok == neg {
		w.ts.Fatalf("%s: %d %s", what, a.status, short(a.body))
	}
	if ok && out != nil {
		w.check(json.Unmarshal(a.body, out))
	}
	return ok
}

func short(b []byte) string {
	const most = 600
	if len(b) > most {
		b = b[:most]
	}
	return string(b)
}

// list reads all of a small list of the API.
func list[T any](w *world, path string) []T {
	var page client.Page[T]
	w.call(false, "GET", path+"?limit=100", nil, &page)
	if page.HasMore {
		w.ts.Fatalf("%s: more than a page", path)
	}
	return page.Data
}

// options reads NAME=VALUE arguments.
func (w *world) options(args []string) map[string]string {
	m := map[string]string{}
	for _, a := range args {
		name, value, ok := strings.Cut(a, "=")
		w.usage(ok, "NAME=VALUE …")
		m[name] = value
	}
	return m
}
