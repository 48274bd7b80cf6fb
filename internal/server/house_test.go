package server

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"vow.example/vow/internal/api"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/moderate"
	"vow.example/vow/internal/provider/runninghub"
	"vow.example/vow/internal/server/simulate"
	sim "vow.example/vow/internal/sim/runninghub"
)

const (
	simKey   = "0123456789abcdef0123456789abcdef"
	testPoll = 30 * time.Millisecond
	patience = 40 * time.Second
)

// arrival is one request that reached the recipient, byte by byte.
type arrival struct {
	path, query string
	header      http.Header
	body        []byte
}

// wire stands in front of a simulator and keeps what crosses it. Where cut is set, each call asks it
// twice: before it is passed on, and before its answer is.
type wire struct {
	mu      sync.Mutex
	seen    []arrival
	service http.Handler
	cut     func(a arrival, answered bool)
}

func (w *wire) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	a := arrival{r.URL.Path, r.URL.RawQuery, r.Header.Clone(), body}
	w.mu.Lock()
	cut := w.cut
	if err == nil {
		w.seen = append(w.seen, a)
	}
	w.mu.Unlock()
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), broken{err}))
	if cut == nil || err != nil {
		w.service.ServeHTTP(rw, r)
		return
	}
	cut(a, false)
	answer := httptest.NewRecorder()
	w.service.ServeHTTP(answer, r)
	cut(a, true)
	maps.Copy(rw.Header(), answer.Header())
	rw.WriteHeader(answer.Code)
	_, _ = rw.Write(answer.Body.Bytes())
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
		Clock: clk, Seed: 1, Key: simKey, Workflows: sim.DemoWorkflows(), Render: simulate.HubRender(simulate.Render()),
		Queue: 20 * time.Millisecond, Run: 20 * time.Millisecond, Slow: time.Minute,
	})
	w := &wire{service: s}
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
	outside string // RunningHub's address; empty: nobody knows it
	clock   *clock.Adjustable
	log     io.Writer
	at      func(string)
	apps    string // folder of policies; empty: the built-in ones

	companies []address // further recipients
}

// addresses binds every recipient of the plot for a house.
func (p plot) addresses(own string) (list []egress.Config, err error) {
	for _, a := range p.companies {
		list = append(list, a.bind(own))
	}
	if p.outside == "" {
		return list, nil
	}
	base, err := url.Parse(p.outside)
	if err != nil {
		return nil, err
	}
	return append(list, egress.Config{
		Recipient: "runninghub", BaseURL: p.outside, AllowLoopback: true, CallbackBase: own + "/hooks", ResultHosts: []string{base.Host},
		Credentials: map[string]egress.Credential{runninghub.Credential: egress.NewCredential(simKey)},
	}), nil
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

// builtIn reads the policies once for all houses: they never change.
var builtIn = sync.OnceValues(func() (appSet, error) { return loadApps("", testKey) })

// raise builds a house on a plot. It is used by tests and by the child process of the crash tests.
func raise(ctx context.Context, p plot) (*house, error) {
	raising.Lock()
	defer raising.Unlock()
	set, err := builtIn()
	if p.apps != "" {
		set, err = loadApps(p.apps, testKey)
	}
	if err != nil {
		return nil, err
	}
	l, err := listen("127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	h := &house{clock: p.clock, url: "http://" + l.Addr().String()}
	addresses, err := p.addresses(h.url)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	h.core, err = build(ctx, setting{
		dataDir: p.dir, root: keyring.RootFromBytes(p.root), publicURL: h.url, apps: set, clock: p.clock, log: log.New(p.log),
		egress:    addresses,
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

// rebuild builds a house where one may have stood before. Nil: RunningHub is not there.
func rebuild(t *testing.T, o *outside, p plot) *house {
	t.Helper()
	if o != nil {
		p.outside = o.base
	}
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
