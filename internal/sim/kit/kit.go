// Package kit is what the simulators of recipients have in common: a listener, the reading and
// recording of calls, evidence, faults, jobs and the files behind results.
//
// It promises that whatever arrives is recorded before it is judged, that what a recipient should
// never see is noticed in every call, that what is held is reported until its time is over, and
// that with a seed names and faults are the same each time. It listens on loopback only, and never
// reaches for the network except for the addresses that a call handed over.
package kit

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"vow.example/vow/internal/clock"
)

// Options configure a Kit. Every member has a default.
type Options struct {
	Clock    clock.Clock       // dates evidence and ends the life of what is held
	Seed     uint64            // of identifiers and of the faults' dice
	Rates    map[Fault]float64 // how often each fault strikes, 0 to 1
	Oversize int64             // bytes of an oversized answer; default 70 MiB
	Render   Render            // nil: every job fails
	Queue    time.Duration     // how long a job is queued
	Run      time.Duration     // how long a job runs, besides rendering
	Slow     time.Duration     // how much longer the prompt test:slow runs; default 10 s
	Wall     clock.Clock       // what time signatures are checked by; nil: Clock. A demo whose days pass fast signs by the machine's
	Skew     time.Duration     // by how much the service's clock is off

	// Arrive sees every call before anything is judged, calls that meet a fault included: the place
	// to name fields. Nil: the simulator names them while it answers.
	Arrive func(c *Call)
	// Raw comes before fault and answer, with a request whose body has been read and recorded: the
	// place to keep a connection open. True: it has answered.
	Raw     func(w http.ResponseWriter, r *http.Request) bool
	Headers []string                                // names of headers that the service expects besides the plain ones
	Free    []string                                // members that hold people's words; nil: the usual names
	Given   func(fileName string) bool              // whether the service itself gave out the name of a file; nil: all are to be random
	Fits    func(f Fault, method, path string) bool // whether a fault makes sense for a call; nil: it does
	Down    Reply                                   // what Unavailable answers; zero: a web page of a gateway
	Failed  func(c *Call) Reply                     // the service's own internal error, for FailedAfter; nil: JSON with 500
	Show    bool                                    // write down what each body says: for services that are sent no content
	MaxBody int64                                   // bytes of a request; default 96 MiB
	Names   []string                                // host names in the certificate besides localhost
	Roots   *x509.CertPool                          // whom FetchLink trusts; nil: the system's
}

// Kit is the common part of a simulated service. It is an http.Handler and safe for concurrent
// use.
type Kit struct {
	name    string
	opts    Options
	handle  func(*Call) Reply
	ctx     context.Context
	stop    context.CancelFunc
	work    sync.WaitGroup
	client  *http.Client
	looks   patterns
	ownLock sync.Mutex // the simulator's
	memory  Memory

	mu        sync.Mutex
	closed    bool
	secure    bool
	dice      *rand.Rand
	counter   uint64
	events    uint64
	left      int // streams whose reader went before their end
	scripted  []Injection
	requests  []*Request
	odd       []string
	held      []*Held
	published map[string]*Held // by path and query
	servers   []*http.Server
}

// New returns a Kit whose calls are answered by h. Close ends its jobs.
func New(name string, o Options, h func(*Call) Reply) *Kit {
	if o.Clock == nil {
		o.Clock = clock.Real{}
	}
	if o.Wall == nil {
		o.Wall = o.Clock
	}
	if o.Slow <= 0 {
		o.Slow = 10 * time.Second
	}
	if o.Oversize <= 0 {
		o.Oversize = 70 << 20
	}
	if o.MaxBody <= 0 {
		o.MaxBody = 96 << 20
	}
	if o.Down.Status == 0 {
		o.Down = Reply{Status: http.StatusServiceUnavailable, MediaType: "text/html", Body: []byte("<html>service unavailable</html>")}
	}
	if o.Failed == nil {
		o.Failed = internal
	}
	ctx, stop := context.WithCancel(context.Background())
	return &Kit{
		name: name, opts: o, handle: h, ctx: ctx, stop: stop, client: outward(o.Roots), looks: newPatterns(),
		dice: rand.New(rand.NewPCG(o.Seed, 0)), published: map[string]*Held{},
	}
}

// Start listens on a loopback address, such as "127.0.0.1:0", and returns the base URL.
func (k *Kit) Start(addr string) (string, error) {
	l, err := k.listen(addr)
	if err != nil {
		return "", err
	}
	k.serve(l)
	return "http://" + l.Addr().String(), nil
}

// StartTLS is Start with TLS, under a certificate of an authority made for the occasion, whose
// pool it returns. With expired the certificate has been out of date for a day.
func (k *Kit) StartTLS(addr string, expired bool) (string, *x509.CertPool, error) {
	cert, roots, err := authority(k.opts.Names, expired)
	if err != nil {
		return "", nil, err
	}
	l, err := k.listen(addr)
	if err != nil {
		return "", nil, err
	}
	k.mu.Lock()
	k.secure = true
	k.mu.Unlock()
	// Only HTTP/1.1: an answer that comes twice cannot be written in HTTP/2.
	k.serve(tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12}))
	return "https://" + l.Addr().String(), roots, nil
}

func (k *Kit) listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("sim: listen: %w", err)
	}
	if at, ok := l.Addr().(*net.TCPAddr); !ok || !at.IP.IsLoopback() {
		return nil, errors.Join(errors.New("sim: a simulator listens on loopback only"), l.Close())
	}
	return l, nil
}

func (k *Kit) serve(l net.Listener) {
	srv := &http.Server{Handler: k, ReadHeaderTimeout: 10 * time.Second}
	k.mu.Lock()
	k.servers = append(k.servers, srv)
	k.mu.Unlock()
	k.Go(func(context.Context) { _ = srv.Serve(l) })
}

// Close stops listening, ends every job and waits for them.
func (k *Kit) Close() {
	k.stop()
	k.mu.Lock()
	k.closed = true
	servers := k.servers
	k.mu.Unlock()
	for _, srv := range servers {
		_ = srv.Close()
	}
	k.work.Wait()
	k.client.CloseIdleConnections()
}

// ServeHTTP answers one call. What arrived is recorded before anything is judged.
func (k *Kit) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := k.arrive(r)
	if k.opts.Raw != nil && k.opts.Raw(w, r) {
		return
	}
	c.Fault = k.strike(c.Method, c.Path)
	k.deliver(w, r, k.answer(c), c.Fault)
}

func (k *Kit) answer(c *Call) Reply {
	if c.Fault == Unavailable {
		return k.opts.Down
	}
	if h := k.file(c); h != nil {
		if c.Fault == FailedAfter {
			return internal(c) // a store of files knows none of the service's words
		}
		return Reply{Status: http.StatusOK, MediaType: h.MediaType, Body: h.Data}
	}
	out := k.handle(c)
	if c.Fault == Throttled && !out.Throttle {
		return JSON(http.StatusTooManyRequests, map[string]any{"error": "too many requests"})
	}
	if c.Fault == FailedAfter {
		return k.opts.Failed(c)
	}
	return out
}

func internal(*Call) Reply {
	return JSON(http.StatusInternalServerError, map[string]any{"error": "internal error"})
}

// Lock takes the lock that guards the simulator's own state. The Kit's methods may be called under
// it.
func (k *Kit) Lock() { k.ownLock.Lock() }

// Unlock gives the lock back.
func (k *Kit) Unlock() { k.ownLock.Unlock() }
