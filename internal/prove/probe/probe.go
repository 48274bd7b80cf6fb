// Package probe looks at a running server from outside, as one check of one promise: it makes calls,
// reads what simulated recipients received, moves the demo clock, searches everything on disk, and writes
// down what it saw.
//
// It promises that the first thing that is not as it must be ends the check, that whatever a check saw is
// part of its result, and that a check which saw nothing has failed. It never knows more of the server
// than its address and, where there is one, its folder.
package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"vow.example/vow/internal/clock"
)

// ErrElsewhere says that a check needs more than the address of a server.
var ErrElsewhere = errors.New("probe: this is seen on a scratch server only")

// ErrForgotten says that a simulated recipient has received so much that it no longer knows all of it.
var ErrForgotten = errors.New("probe: a simulated recipient has forgotten what it read first; a scratch server of its own sees this")

const (
	patience = 40 * time.Second
	between  = 40 * time.Millisecond
	longest  = 64 << 20 // bytes of an answer
)

// Scratch is a server whose folder can be searched, and which can be ended.
type Scratch interface {
	// Find says where one of the marks is: on disk, in the log, or in what the remaining keys open; "" is
	// nowhere.
	Find(ctx context.Context, marks ...[]byte) (where string, err error)
	// Plain is Find for somebody who has the disks and the log, but no key.
	Plain(marks ...[]byte) (where string, err error)
	// Restart ends the server, without warning where kill is set, and starts it on the same folder. It
	// returns the new address.
	Restart(ctx context.Context, kill bool) (url string, err error)
	// Backup copies the folder without the keys; Restore puts that copy in the place of everything but the
	// keys. Both end the server, start it again and return the new address.
	Backup(ctx context.Context) (url string, err error)
	Restore(ctx context.Context) (url string, err error)
}

// World is the server that is looked at.
type World struct {
	URL     string
	Binary  string  // the program, whose other commands checks run
	Scratch Scratch // nil: somebody else's demonstration
	// Another starts one more server like this one and returns what ends it; nil: none can be started.
	Another func(context.Context) (*World, func(), error)

	device *http.Client
}

// NewWorld returns the world of a server.
func NewWorld(url, binary string, s Scratch) *World {
	return &World{URL: strings.TrimSuffix(url, "/"), Binary: binary, Scratch: s, device: &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // each answer counts
	}}
}

// Answers fails where nobody is at the address that is to be looked at: that no server is there breaks no
// promise of one.
func (w *World) Answers(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.URL+"/healthz", nil)
	if err != nil {
		return fmt.Errorf("probe: make request: %w", err)
	}
	answer, err := w.device.Do(r)
	if err != nil {
		return fmt.Errorf("nobody answers at %s: %w", w.URL, errors.Unwrap(err))
	}
	return answer.Body.Close()
}

// Probe is one check under way. After its first failure its methods do nothing, so that a check reads
// from top to bottom.
type Probe struct {
	World *World
	App   string

	ctx context.Context //nolint:containedctx // a probe is one call: it lives as long as its check
	saw []string
	err error
}

// New begins a check.
func New(ctx context.Context, w *World, app string) *Probe {
	return &Probe{World: w, App: app, ctx: ctx}
}

// Err returns why the check failed, or nil.
func (p *Probe) Err() error {
	if p.err == nil && len(p.saw) == 0 {
		return errors.New("probe: the check saw nothing")
	}
	return p.err
}

// Seen returns what was observed, in order.
func (p *Probe) Seen() []string { return slices.Clone(p.saw) }

// Saw writes down an observation.
func (p *Probe) Saw(format string, args ...any) {
	if p.err == nil {
		p.saw = append(p.saw, fmt.Sprintf(format, args...))
	}
}

// Failf ends the check.
func (p *Probe) Failf(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}

// Check ends the check where err is not nil.
func (p *Probe) Check(err error) {
	if p.err == nil && err != nil {
		p.err = err
	}
}

// Must ends the check unless ok; otherwise it writes the sentence down as seen.
func (p *Probe) Must(ok bool, format string, args ...any) {
	if !ok {
		p.Failf("not so: "+format, args...)
		return
	}
	p.Saw(format, args...)
}

// OK reports whether nothing has failed so far.
func (p *Probe) OK() bool { return p.err == nil }

// Answer is what the server said to one call.
type Answer struct {
	Call   string // "POST /v1/tasks"
	Status int
	Header http.Header
	Body   []byte
	probe  *Probe
}

// Code returns the code of a problem document, or "".
func (a Answer) Code() string {
	var doc struct {
		Code string `json:"code"`
	}
	_ = json.Unmarshal(a.Body, &doc) // anything else is no problem document: the zero value says so
	return doc.Code
}

// excerpt is the beginning of what was answered, or, where that is no text, how much of what it is.
func (a Answer) excerpt() string {
	kind := a.Header.Get("Content-Type")
	if !utf8.Valid(a.Body) {
		return fmt.Sprintf("%d bytes of %s", len(a.Body), kind)
	}
	return fmt.Sprintf("%.300s", a.Body)
}

// Is ends the check unless the call was answered with this status and, where one is given, this problem
// code. The observation is written down.
func (a Answer) Is(status int, code ...string) Answer {
	if a.probe == nil || !a.probe.OK() {
		return a
	}
	wrong := a.Status != status || (len(code) > 0 && !slices.Contains(code, a.Code()))
	if wrong {
		want := fmt.Sprint(status)
		if len(code) > 0 {
			want += " " + strings.Join(code, " or ")
		}
		a.probe.Failf("%s was answered with %d %s, not with %s: %s", a.Call, a.Status, a.Code(), want, a.excerpt())
		return a
	}
	said := fmt.Sprintf("%s → %d", a.Call, a.Status)
	if c := a.Code(); c != "" {
		said += " " + c
	}
	a.probe.Saw("%s", said)
	return a
}

// Fine ends the check unless the call succeeded. Nothing is written down: it was only a step.
func (a Answer) Fine() Answer {
	if a.probe != nil && a.Status/100 != 2 {
		a.probe.Failf("%s was answered with %d %s: %s", a.Call, a.Status, a.Code(), a.excerpt())
	}
	return a
}

// Into reads the JSON of the answer.
func (a Answer) Into(out any) Answer {
	if a.probe != nil && a.probe.OK() {
		if err := json.Unmarshal(a.Body, out); err != nil {
			a.probe.Failf("%s: the answer is no such JSON: %w", a.Call, err)
		}
	}
	return a
}

// Holds ends the check unless the body contains all of the words.
func (a Answer) Holds(words ...string) Answer {
	for _, w := range words {
		if a.probe != nil {
			a.probe.Must(bytes.Contains(a.Body, []byte(w)), "%s says %q", a.Call, w)
		}
	}
	return a
}

// Lacks ends the check where the body contains one of the words.
func (a Answer) Lacks(words ...string) Answer {
	for _, w := range words {
		if a.probe != nil {
			a.probe.Must(!bytes.Contains(a.Body, []byte(w)), "%s does not say %q", a.Call, w)
		}
	}
	return a
}

// Ask makes a call with the headers given as pairs and reads the whole answer.
func (p *Probe) Ask(method, path string, body io.Reader, header ...string) Answer {
	a := Answer{Call: method + " " + path, probe: p, Header: http.Header{}}
	if !p.OK() {
		return a
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, p.World.URL+path, body)
	if err != nil {
		p.Check(err)
		return a
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := p.World.device.Do(r)
	if err != nil {
		p.Check(fmt.Errorf("%s: %w", a.Call, err))
		return a
	}
	defer func() { _ = resp.Body.Close() }()
	a.Status, a.Header = resp.StatusCode, resp.Header
	if a.Body, err = io.ReadAll(io.LimitReader(resp.Body, longest)); err != nil {
		p.Check(fmt.Errorf("%s: read: %w", a.Call, err))
	}
	return a
}

// Send makes a call with a JSON body; nil sends none.
func (p *Probe) Send(method, path string, doc any, header ...string) Answer {
	if doc == nil {
		return p.Ask(method, path, nil, header...)
	}
	raw, err := json.Marshal(doc)
	p.Check(err)
	return p.Ask(method, path, bytes.NewReader(raw), append(header, "Content-Type", "application/json")...)
}

// Until asks again and again until done reports true; what it waits for is said when patience ends.
func (p *Probe) Until(what string, done func() bool) {
	now := clock.Real{}
	end := now.Now().Add(patience)
	for p.OK() && !done() {
		if now.Now().After(end) {
			p.Failf("waited %v in vain for %s", patience, what)
			return
		}
		select {
		case <-p.ctx.Done():
			p.Check(p.ctx.Err())
		case <-time.After(between):
		}
	}
}
