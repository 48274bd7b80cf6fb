package server

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/api"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/moderate"
	"vow.example/vow/internal/provider/runninghub"
	sim "vow.example/vow/internal/sim/runninghub"
	"vow.example/vow/internal/store"
)

const (
	simKey   = "0123456789abcdef0123456789abcdef"
	testPoll = 30 * time.Millisecond
	patience = 40 * time.Second
)

// arrival is one request that reached the recipient, byte by byte.
type arrival struct {
	path   string
	header http.Header
	body   []byte
}

// wire stands in front of the simulator and keeps what crosses it.
type wire struct {
	mu   sync.Mutex
	seen []arrival
	sim  *sim.Sim
}

func (w *wire) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		w.mu.Lock()
		w.seen = append(w.seen, arrival{r.URL.Path, r.Header.Clone(), body})
		w.mu.Unlock()
	}
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), broken{err}))
	w.sim.ServeHTTP(rw, r)
}

// broken passes on that a body broke off.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	return 0, io.EOF
}

// arrivals returns what came to one call of the recipient; "" means any.
func (w *wire) arrivals(call string) []arrival {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []arrival
	for _, a := range w.seen {
		if call == "" || a.path == "/task/openapi/"+call {
			list = append(list, a)
		}
	}
	return list
}

// outside is a simulated RunningHub with its wire.
type outside struct {
	sim  *sim.Sim
	wire *wire
	base string
}

func newOutside(t *testing.T, clk clock.Clock) *outside {
	t.Helper()
	s := sim.New(sim.Options{
		Clock: clk, Seed: 1, Key: simKey, Workflows: sim.DemoWorkflows(), Render: render,
		Queue: 20 * time.Millisecond, Run: 20 * time.Millisecond, Slow: time.Minute,
	})
	w := &wire{sim: s}
	srv := httptest.NewServer(w)
	t.Cleanup(func() {
		s.Close() // first: it ends answers that hang
		srv.Close()
	})
	return &outside{sim: s, wire: w, base: srv.URL}
}

// plot is where a house stands: what survives it.
type plot struct {
	dir     string
	root    [32]byte
	outside string // the recipient's address
	clock   *clock.Adjustable
	log     io.Writer
	at      func(string)
	apps    string // folder of policies; empty: the built-in ones
}

// house is a whole server on real parts: listener, SQLite, files, simulator.
type house struct {
	*outside
	core  *core
	url   string
	clock *clock.Adjustable
	close func() error
}

// raising lets one house be built at a time: the API's problem documents are set up once for all.
var raising sync.Mutex

// raise builds a house on a plot. It is used by tests and by the child process of the crash tests.
func raise(ctx context.Context, p plot) (*house, error) {
	raising.Lock()
	defer raising.Unlock()
	set, err := loadApps(p.apps, testKey)
	if err != nil {
		return nil, err
	}
	l, err := listen("127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	h := &house{clock: p.clock, url: "http://" + l.Addr().String()}
	base, err := url.Parse(p.outside)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	h.core, err = build(ctx, setting{
		dataDir: p.dir, root: keyring.RootFromBytes(p.root), publicURL: h.url, apps: set, clock: p.clock, log: log.New(p.log),
		egress: []egress.Config{{
			Recipient: runningHub, BaseURL: p.outside, AllowLoopback: true, CallbackBase: h.url + "/hooks", ResultHosts: []string{base.Host},
			Credentials: map[string]egress.Credential{runninghub.Credential: egress.NewCredential(simKey)},
		}},
		pollEvery: testPoll, blocklist: moderate.NoList, at: p.at, demo: &api.Demo{Clock: p.clock},
	})
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	running, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- run(running, l, h.core) }()
	h.close = sync.OnceValue(func() error {
		stop()
		return <-done
	})
	return h, nil
}

// newHouse builds a house with a recipient of its own, for one test.
func newHouse(t *testing.T, at func(string)) *house {
	t.Helper()
	clk := clock.NewFast(1)
	return rebuild(t, newOutside(t, clk), plot{dir: t.TempDir(), root: newRoot(), clock: clk, log: io.Discard, at: at})
}

// newRoot makes a root key.
func newRoot() (root [32]byte) {
	_, _ = rand.Read(root[:])
	return root
}

// rebuild builds a house where one may have stood before.
func rebuild(t *testing.T, o *outside, p plot) *house {
	t.Helper()
	p.outside = o.base
	h, err := raise(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	h.outside = o
	t.Cleanup(func() {
		if err := h.close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// later moves the clock and returns after a sweep.
func (h *house) later(t *testing.T, d time.Duration) {
	t.Helper()
	h.clock.Advance(d)
	if _, err := h.core.sweeper.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// person uses one app through its public API.
type person struct {
	t      *testing.T
	url    string
	token  string
	header http.Header
}

func (h *house) person(t *testing.T, app string) *person {
	t.Helper()
	p := &person{t: t, url: h.url, header: http.Header{}}
	p.signIn(app)
	return p
}

func (p *person) signIn(app string) {
	p.t.Helper()
	var s client.Session
	p.post("/v1/sessions", map[string]string{"app_key": testKey + app}).want(http.StatusCreated, &s)
	p.token = s.AccessToken
}

// reply is an answer of the API. Status 0 means that the connection broke.
type reply struct {
	t      *testing.T
	what   string
	status int
	body   []byte
}

// want fails the test unless the status is the wanted one, and reads the body.
func (r reply) want(status int, into any) {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("%s: status %d, want %d: %s", r.what, r.status, status, r.body)
	}
	if into != nil {
		if err := json.Unmarshal(r.body, into); err != nil {
			r.t.Fatal(err)
		}
	}
}

// refused fails the test unless the answer is a problem document with that status and code.
func (r reply) refused(status int, code string) client.Problem {
	r.t.Helper()
	var p client.Problem
	r.want(status, &p)
	if p.Code != code {
		r.t.Fatalf("%s: code %q, want %q: %s", r.what, p.Code, code, r.body)
	}
	return p
}

func (p *person) send(method, path, contentType string, body []byte, more http.Header) reply {
	p.t.Helper()
	hr, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	for _, h := range []http.Header{p.header, more} {
		for name, v := range h {
			hr.Header[name] = v
		}
	}
	if contentType != "" {
		hr.Header.Set("Content-Type", contentType)
	}
	if p.token != "" {
		hr.Header.Set("Authorization", "Bearer "+p.token)
	}
	r := reply{t: p.t, what: method + " " + path}
	answer, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(hr)
	if err != nil {
		return r
	}
	defer answer.Body.Close()
	r.status = answer.StatusCode
	if r.body, err = io.ReadAll(answer.Body); err != nil {
		r.status = 0
	}
	return r
}

func (p *person) get(path string) reply    { return p.send("GET", path, "", nil, nil) }
func (p *person) delete(path string) reply { return p.send("DELETE", path, "", nil, nil) }

func (p *person) post(path string, body any) reply {
	p.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.send("POST", path, "application/json", raw, nil)
}

// decide answers a feature's disclosure.
func (p *person) decide(feature, decision string) reply {
	p.t.Helper()
	var d client.Disclosure
	p.get("/v1/features/"+feature+"/disclosure?lang=en").want(http.StatusOK, &d)
	return p.post("/v1/consents", client.ConsentCreate{Feature: feature, Recipient: d.Who[0].ID, Decision: decision, DisclosureHash: d.Hash})
}

func (p *person) agree(feature string) string {
	p.t.Helper()
	var c client.Consent
	p.decide(feature, "granted").want(http.StatusCreated, &c)
	return c.ID
}

func (p *person) upload(picture []byte) client.Upload {
	p.t.Helper()
	var u client.Upload
	p.send("POST", "/v1/uploads", http.DetectContentType(picture), picture, nil).want(http.StatusCreated, &u)
	return u
}

// order is a request for an avatar of an upload.
func order(upload, consent, prompt string) client.TaskCreate {
	return client.TaskCreate{Feature: "avatar", Inputs: []client.TaskInput{{Role: "photo", Upload: upload}}, Consent: consent, Prompt: prompt}
}

// begin uploads, agrees and submits.
func (p *person) begin(picture []byte, prompt string) client.Task {
	p.t.Helper()
	var k client.Task
	p.post("/v1/tasks", order(p.upload(picture).ID, p.agree("avatar"), prompt)).want(http.StatusAccepted, &k)
	return k
}

func (p *person) task(id string) (k client.Task) {
	p.t.Helper()
	p.get("/v1/tasks/"+id).want(http.StatusOK, &k)
	return k
}

// until waits for a task to be in one of the states.
func (p *person) until(id string, states ...string) client.Task {
	p.t.Helper()
	for end := time.Now().Add(patience); ; {
		k := p.task(id)
		if strings.Contains(" "+strings.Join(states, " ")+" ", " "+k.State+" ") {
			return k
		}
		if store.TaskState(k.State).Ended() || time.Now().After(end) {
			p.t.Fatalf("task is %s (%+v), want %v", k.State, k.Error, states)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// stage lets a test stop the server at a named point and go on when it likes.
type stage struct {
	mu    sync.Mutex
	gates map[string]*gate
}

type gate struct{ arrived, open chan struct{} }

// hold stops whoever comes to the point next. Once.
func (s *stage) hold(point string) *gate {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gates == nil {
		s.gates = map[string]*gate{}
	}
	g := &gate{make(chan struct{}), make(chan struct{})}
	s.gates[point] = g
	return g
}

func (s *stage) at(point string) {
	s.mu.Lock()
	g := s.gates[point]
	delete(s.gates, point)
	s.mu.Unlock()
	if g != nil {
		close(g.arrived)
		<-g.open
	}
}

func (g *gate) wait(t *testing.T) {
	t.Helper()
	select {
	case <-g.arrived:
	case <-time.After(patience):
		t.Fatal("nobody came to the point")
	}
}

func (g *gate) release() { close(g.open) }
