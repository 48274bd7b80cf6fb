// Package bucket is a stand-in for an S3-compatible store (Alibaba OSS, AWS S3) with one bucket.
//
// It promises that it refuses what a real one refuses: a wrong key, region, date, signature or
// checksum, content of unknown length, an unknown bucket or range; that it also refuses what Alibaba
// OSS does not know, such as chunked signatures; and that it shows everything it holds and every call
// that came in. It never processes what it holds and never calls anybody.
package bucket

import (
	"crypto/md5" //nolint:gosec // the checksum of the protocol
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/sim/kit"
)

// Shelf keeps objects over a restart of the simulator.
type Shelf interface {
	All() (map[string][]byte, error)
	Keep(name string, body []byte) error
	Drop(name string) error
}

// Options describe the store, its one bucket and its one account.
type Options struct {
	Name      string // by which evidence calls it
	Region    string
	Located   string // where it says the bucket is; empty: Region
	Bucket    string
	KeyID     string
	Secret    string
	Clock     clock.Clock // nil: the machine's
	Shelf     Shelf       // nil: memory only
	Versioned bool        // the bucket keeps old versions
	PageSize  int         // of lists; default 1000
	Slow      time.Duration
}

// Sim is the store. It is an http.Handler and safe for concurrent use.
type Sim struct {
	opts Options

	mu      sync.Mutex
	objects map[string]*Object
	old     []*Object // versions that somebody believes erased
	calls   []Call
	odd     []string
	faults  []kit.Injection
	memory  kit.Memory
	version int
}

// Object is one object that the store holds.
type Object struct {
	Name    string            `json:"name"`
	Bytes   int64             `json:"bytes"`
	SHA256  string            `json:"sha256"`
	Begins  string            `json:"begins"` // its first bytes, in hexadecimal
	Headers map[string]string `json:"headers"`
	At      time.Time         `json:"at"`
	Body    []byte            `json:"-"` // nobody changes it
}

// Call is one call that came in.
type Call struct {
	At      time.Time         `json:"at"`
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Query   string            `json:"query,omitempty"`
	Headers map[string]string `json:"headers"`
	Bytes   int64             `json:"bytes"`
	Status  int               `json:"status"`
}

// Evidence is everything that the store received and still holds. Requests and Holds are about
// personal fields, as those of every recipient: a store is sent none.
type Evidence struct {
	kit.Evidence
	Objects []Object `json:"objects"`
	Calls   []Call   `json:"calls"`
}

const (
	maxBody  = 128 << 20
	maxCalls = 1000
)

// New returns a store with an empty bucket, or with what the shelf holds.
func New(o Options) (*Sim, error) {
	if o.Clock == nil {
		o.Clock = clock.Real{}
	}
	if o.Located == "" {
		o.Located = o.Region
	}
	if o.PageSize <= 0 {
		o.PageSize = 1000
	}
	if o.Slow <= 0 {
		o.Slow = 200 * time.Millisecond
	}
	s := &Sim{opts: o, objects: map[string]*Object{}}
	if o.Shelf == nil {
		return s, nil
	}
	kept, err := o.Shelf.All()
	if err != nil {
		return nil, fmt.Errorf("sim: shelf: %w", err)
	}
	for name, body := range kept {
		s.objects[name] = s.object(name, body, http.Header{})
	}
	return s, nil
}

func (s *Sim) object(name string, body []byte, h http.Header) *Object {
	sum := sha256.Sum256(body)
	return &Object{
		Name: name, Bytes: int64(len(body)), SHA256: hex.EncodeToString(sum[:]), Begins: hex.EncodeToString(body[:min(len(body), 24)]),
		Headers: flat(h), At: s.opts.Clock.Now(), Body: body,
	}
}

// flat keeps what a call said beside its content, without the signature.
func flat(h http.Header) map[string]string {
	out := map[string]string{}
	for name, values := range h {
		if name != "Authorization" {
			out[name] = strings.Join(values, ", ")
		}
	}
	return out
}

// Received returns everything that the store holds and the calls that came in last.
func (s *Sim) Received() Evidence {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := Evidence{Objects: []Object{}, Calls: slices.Clone(s.calls)}
	e.Evidence = kit.Evidence{Recipient: s.opts.Name, Requests: []kit.Request{}, Holds: []kit.Hold{}, Violations: append([]string{}, s.odd...)}
	for _, name := range slices.Sorted(maps.Keys(s.objects)) {
		e.Objects = append(e.Objects, *s.objects[name])
	}
	for _, o := range s.old {
		e.Objects = append(e.Objects, *o)
	}
	return e
}

// Objects returns everything that the store holds, old versions included.
func (s *Sim) Objects() []Object { return s.Received().Objects }

// Place puts an object into the bucket, as somebody else would.
func (s *Sim) Place(name string, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[name] = s.object(name, body, http.Header{})
}

// Lose takes an object out of the bucket, as an accident would.
func (s *Sim) Lose(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.objects, name)
}

// Saw returns which of the marks ever reached the bucket, and how many calls it has forgotten by now.
func (s *Sim) Saw(marks [][]byte) (found []int, forgotten int) { return s.memory.Saw(marks) }

// Inject makes a fault strike the next calls that it is meant for: Unavailable (503, does nothing),
// FailedAfter (does it, answers 500), LostReply (does it, answers nothing), CutReply (breaks off in
// the middle of the answer), SlowReply, and Hang (does nothing, answers nothing).
func (s *Sim) Inject(i kit.Injection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, i)
}

func (s *Sim) strike(r *http.Request) kit.Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := range s.faults {
		i := &s.faults[n]
		if i.Times > 0 && strings.HasPrefix(r.URL.Path, i.Path) && (i.Match == nil || i.Match(r.Method, r.URL.Path)) {
			i.Times--
			return i.Fault
		}
	}
	return ""
}

// ServeHTTP answers one call.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		panic(http.ErrAbortHandler) // it broke off: nothing is kept
	}
	s.memory.KeepCall(r, body)
	fault := s.strike(r)
	out := reply{status: http.StatusServiceUnavailable, code: "SlowDown"}
	switch fault {
	case kit.Unavailable:
	case kit.Hang:
		pause(r, time.Hour)
		panic(http.ErrAbortHandler)
	default:
		out = s.answer(r, body)
	}
	s.note(r, body, out.status)
	switch fault {
	case kit.SlowReply:
		pause(r, s.opts.Slow)
	case kit.LostReply:
		panic(http.ErrAbortHandler)
	case kit.FailedAfter:
		out = reply{status: http.StatusInternalServerError, code: "InternalError"}
	}
	out.write(w, r, fault == kit.CutReply)
}

func pause(r *http.Request, d time.Duration) {
	select {
	case <-r.Context().Done():
	case <-time.After(d):
	}
}

func (s *Sim) note(r *http.Request, body []byte, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.calls) == maxCalls {
		s.calls = s.calls[1:]
	}
	s.calls = append(s.calls, Call{
		At: s.opts.Clock.Now(), Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Headers: flat(r.Header), Bytes: int64(len(body)), Status: status,
	})
	for name := range r.Header {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "x-amz-meta-") || strings.HasPrefix(lower, "x-oss-") {
			s.odd = append(s.odd, "header: "+name)
		}
	}
	if typ := r.Header.Get("Content-Type"); typ != "" && typ != "application/octet-stream" {
		s.odd = append(s.odd, "content type: "+typ)
	}
	if r.URL.Query().Has("x-oss-process") {
		s.odd = append(s.odd, "processing")
	}
}

// etag is the checksum that a store calls a version of an object by.
func etag(body []byte) string {
	sum := md5.Sum(body) //nolint:gosec // as above
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

// fits reports whether the checksum that came along is that of the content.
func fits(h http.Header, body []byte) (code string) {
	said := h.Get("Content-Md5")
	if said == "" {
		return ""
	}
	raw, err := base64.StdEncoding.DecodeString(said)
	if err != nil || len(raw) != md5.Size {
		return "InvalidDigest"
	}
	if sum := md5.Sum(body); string(raw) != string(sum[:]) { //nolint:gosec // as above
		return "BadDigest"
	}
	return ""
}
