// Package simulate puts up the simulated recipients of the demo, of vow sim and of rehearsals.
//
// It promises that each one listens on loopback only, has credentials made for this run, delivers
// media that our own engine made, and can be looked into. It never reaches a real recipient.
package simulate

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/server/recipients"
	"vow.example/vow/internal/sim/kit"
)

// Service is one simulator.
type Service interface {
	http.Handler
	Received() kit.Evidence
	Saw(marks [][]byte) (found []int, forgotten int)
	ServeEvidence(w http.ResponseWriter, r *http.Request)
	Inject(i kit.Injection)
	Close()
}

// Options say how simulated recipients behave.
type Options struct {
	Clock       clock.Clock
	Credentials map[string]string // fixed ones, by name; what is missing is made
	Models      map[string]string // that the account may use, each with a feature that it serves
	Queue, Run  time.Duration     // stages of a job
	Seed        uint64            // of names and of the faults' dice; default 1
	Rates       map[kit.Fault]float64
	Skew        time.Duration // by how much the service's clock is off
	Tap         bool          // note every byte that comes in, for Drain
}

// Recipient is one simulated recipient that listens.
type Recipient struct {
	Service
	Driver      string
	Base        string
	Credentials map[string]string
	server      *http.Server
	tapped      *tapped
}

// Names lists the recipients that can be simulated, by the word of their driver.
func Names() []string { return slices.Sorted(maps.Keys(recipients.Kinds())) }

// Credentials lists the credentials that the simulator of a driver asks for.
func Credentials(driver string) []string { return recipients.Kinds()[driver].Required }

// EvidencePath is where a simulator shows what it received, FaultsPath where a fault is ordered for
// the next calls: POST {"fault":"hang","path":"/task","times":1}. No recipient has such paths.
const (
	EvidencePath = "/evidence.vow"
	FaultsPath   = "/faults.vow"
)

// Start puts up the simulator of one driver at a loopback address such as "127.0.0.1:0".
func Start(driver, addr string, o Options) (*Recipient, error) {
	kind, ok := recipients.Kinds()[driver]
	if !ok {
		return nil, fmt.Errorf("there is no simulator of %q; there is: %s", driver, strings.Join(Names(), ", "))
	}
	r := &Recipient{Driver: driver, Credentials: map[string]string{}}
	for _, name := range kind.Required {
		r.Credentials[name] = o.Credentials[name]
		if r.Credentials[name] != "" {
			continue
		}
		secret, err := made(driver)
		if err != nil {
			return nil, err
		}
		r.Credentials[name] = secret
	}
	r.Service = account(driver, kit.Options{
		Clock: o.Clock, Wall: clock.Real{}, Seed: max(o.Seed, 1), Rates: o.Rates, Skew: o.Skew, Render: Render(), Queue: o.Queue, Run: o.Run,
	}, r.Credentials, o.Models)
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if at, ok := l.Addr().(*net.TCPAddr); !ok || !at.IP.IsLoopback() {
		return nil, errors.Join(errors.New("a simulator listens on loopback only"), l.Close())
	}
	r.Base = "http://" + l.Addr().String() + root(driver)
	if o.Tap {
		r.tapped = &tapped{Listener: l}
		l = r.tapped
	}
	r.server = &http.Server{Handler: withKnobs(r.Service), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = r.server.Serve(l) }()
	return r, nil
}

// Link binds a policy's recipient to the simulator. Every address of the driver is this one.
func (r *Recipient) Link(id privacy.RecipientID) egress.Config {
	c := egress.Config{
		Recipient: id, BaseURL: r.Base, AllowLoopback: true,
		Services: map[string]string{}, Credentials: map[string]egress.Credential{},
	}
	for _, name := range recipients.Kinds()[r.Driver].Services {
		c.Services[name] = r.Base
	}
	for name, secret := range r.Credentials {
		c.Credentials[name] = egress.NewCredential(secret)
	}
	return c
}

// Close stops listening and ends every job.
func (r *Recipient) Close() {
	_ = r.server.Close()
	r.Service.Close()
}

// Drain returns the bytes that came in since the last call, by connection. Only a tapped recipient
// has any.
func (r *Recipient) Drain() [][]byte {
	if r.tapped == nil {
		return nil
	}
	return r.tapped.drain()
}

// withKnobs answers at EvidencePath and FaultsPath beside the simulated service.
func withKnobs(s Service) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case EvidencePath:
			s.ServeEvidence(w, r)
		case FaultsPath:
			order(s, w, r)
		default:
			s.ServeHTTP(w, r)
		}
	})
}

// order takes the order for a fault.
func order(s Service, w http.ResponseWriter, r *http.Request) {
	const most = 4 << 10
	var in struct {
		Fault kit.Fault `json:"fault"`
		Path  string    `json:"path"`
		Times int       `json:"times"`
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, most))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); r.Method != http.MethodPost || err != nil || !slices.Contains(kit.Faults(), in.Fault) {
		http.Error(w, fmt.Sprintf(`want POST {"fault":NAME,"path":PREFIX,"times":N}; faults: %s`, faults()), http.StatusBadRequest)
		return
	}
	s.Inject(kit.Injection{Fault: in.Fault, Path: in.Path, Times: max(in.Times, 1)})
	w.WriteHeader(http.StatusNoContent)
}

// faults lists what can be ordered.
func faults() string {
	var names []string
	for _, f := range kit.Faults() {
		names = append(names, string(f))
	}
	return strings.Join(names, ", ")
}

// ParseRates reads orders such as "hang=0.1": how often a fault strikes, from 0 to 1.
func ParseRates(list []string) (map[kit.Fault]float64, error) {
	out := map[kit.Fault]float64{}
	for _, item := range list {
		name, value, _ := strings.Cut(item, "=")
		rate, err := strconv.ParseFloat(value, 64)
		if err != nil || !(rate >= 0 && rate <= 1) || !slices.Contains(kit.Faults(), kit.Fault(name)) {
			return nil, fmt.Errorf("%q is no fault with a rate from 0 to 1, such as hang=0.1; faults: %s", item, faults())
		}
		out[kit.Fault(name)] = rate
	}
	return out, nil
}

// made returns a credential in the form that the recipient gives out.
func made(driver string) (string, error) {
	raw := make([]byte, 16)
	if _, err := rand.Read(raw); err != nil {
		return "", fmt.Errorf("random: %w", err)
	}
	s := hex.EncodeToString(raw)
	switch driver {
	case "zhipu":
		return s[:16] + "." + s[16:], nil
	case "gateway":
		return "whsec_" + base64.StdEncoding.EncodeToString(raw), nil
	default:
		return s, nil
	}
}

// tapped is a listener that notes what comes in, connection by connection.
type tapped struct {
	net.Listener
	mu    sync.Mutex
	conns []*tappedConn
}

// Accept wraps the next connection.
func (t *tapped) Accept() (net.Conn, error) {
	c, err := t.Listener.Accept()
	if err != nil {
		return nil, err
	}
	conn := &tappedConn{Conn: c}
	t.mu.Lock()
	t.conns = append(t.conns, conn)
	t.mu.Unlock()
	return conn, nil
}

// drain returns what came in since the last call, by connection in the order they were opened.
func (t *tapped) drain() (list [][]byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.conns {
		c.mu.Lock()
		if len(c.raw) > 0 {
			list = append(list, c.raw)
		}
		c.raw = nil
		c.mu.Unlock()
	}
	return list
}

type tappedConn struct {
	net.Conn
	mu  sync.Mutex
	raw []byte
}

// Read notes what it reads.
func (c *tappedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	c.raw = append(c.raw, p[:n]...)
	c.mu.Unlock()
	return n, err
}
