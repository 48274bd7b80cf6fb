// Package drivertest is the conformance suite of drivers: what every driver must do against the
// simulator of its recipient, faults included.
//
// It promises that a driver that passes sends only what it was given, never mixes two people,
// never sends anything twice, continues after an interruption, and tells every failure apart. It
// needs a simulator whose result is the photo's bytes followed by the prompt. It never talks to a
// real recipient.
package drivertest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
)

// Call is a call to the recipient, by what it is for.
type Call int

// The calls.
const (
	Upload Call = iota + 1
	Create
	Ask
	Result
)

// Fault is a way in which a recipient misbehaves.
type Fault string

// The faults that a simulator must be able to produce on any call; Throttled on Create only.
const (
	Slow            Fault = "a slow answer"
	Twice           Fault = "the same answer twice"
	Hang            Fault = "no answer until the time is up"
	Cut             Fault = "an answer that breaks off"
	Lost            Fault = "no answer although the call was taken"
	Down            Fault = "503, the call was not taken"
	Gateway         Fault = "502, the call was taken"
	WebPage         Fault = "a web page as answer"
	Endless         Fault = "an endless answer"
	RedirectPrivate Fault = "a redirect to a private address"
	Throttled       Fault = "a full queue"
)

// Service is one running simulator.
type Service struct {
	Config  egress.Config
	Strike  func(f Fault, c Call)    // the next such call fails in this way
	Arrived func() [][]privacy.Field // fields of the content-bearing calls, in order of arrival
	Odd     func() []string          // what the recipient should not have seen
}

// Harness is a driver with what the suite needs around it.
type Harness struct {
	Driver  driver.Driver
	App     privacy.AppID
	Feature privacy.FeatureID
	Wiring  provider.Wiring // with one route, whose workflow takes photo, prompt and Option
	Option  privacy.Field   // the choice among the workflow's fields
	Choice  string          // one of its values
	Photo   []byte          // a small picture
	// Start runs a fresh simulator. With slow its tasks take long enough to be cancelled.
	Start func(t *testing.T, slow bool) Service
	// Disclose makes a Disclosure of content; the harness is a test, so guardtest may be used.
	Disclose func(c Content, spent []privacy.Field) disclosure.Disclosure
}

// Content is what one person sends. An empty member is left out; Extra is a field that no
// workflow knows.
type Content struct {
	Photo          []byte
	Prompt, Choice string
	Extra          bool
}

// Run runs the suite.
func Run(t *testing.T, h Harness) {
	tests := map[string]func(*testing.T, Harness){
		"an order comes to its result":                          testOrder,
		"only what was given arrives":                           testOnlyGiven,
		"people are never mixed":                                testInterleaved,
		"a field without a place is refused before any call":    testExtraField,
		"an interruption between two calls sends nothing twice": testResume,
		"an interruption in a call is an unknown outcome":       testInterrupted,
		"storing fails before sending, so nothing is sent":      testSaveFails,
		"a running job can be cancelled":                        testCancel,
		"a finished job cannot be cancelled":                    testCancelTooLate,
		"what stays at the recipient is said":                   testForget,
		"a ticket or state that is garbage is an error":         testGarbage,
		"faults of calls with content":                          testContentFaults,
		"faults of questions":                                   testAskFaults,
		"faults of results":                                     testResultFaults,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, h)
		})
	}
}

// run is one simulator with a pool in front of it and the progress of one task.
type run struct {
	t        *testing.T
	h        Harness
	service  Service
	pool     *provider.Pool
	to       privacy.RecipientID
	progress []byte
	saves    int
	failAt   int // Save fails from this call on; 0: never
}

func start(t *testing.T, h Harness, slow bool, edits ...func(*egress.Config)) *run {
	t.Helper()
	s := h.Start(t, slow)
	for _, edit := range edits {
		edit(&s.Config)
	}
	e, err := egress.New([]egress.Config{s.Config}, log.Logger{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	r := &run{t: t, h: h, service: s, to: s.Config.Recipient}
	route, ok := h.Wiring[r.to]
	if !ok {
		t.Fatal("drivertest: the wiring has no route for the simulator's recipient")
	}
	r.pool, err = provider.NewPool(e, map[privacy.AppID]provider.Wiring{h.App: h.Wiring}, map[string]driver.Driver{route.Driver: h.Driver})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// all is the content with every field of the workflow.
func (r *run) all() Content {
	return Content{Photo: r.h.Photo, Prompt: "a fox", Choice: r.h.Choice}
}

// begin makes one attempt, as a worker would after reading progress.
func (r *run) begin(c Content) (driver.Ticket, error) {
	r.t.Helper()
	sent, err := provider.Sent(r.progress)
	if err != nil {
		r.t.Fatal(err)
	}
	begun, err := r.pool.Begin(r.t.Context(), r.h.Disclose(c, sent), provider.Start{Progress: r.progress, Save: r.save})
	return begun.Ticket, err
}

var errSave = errors.New("drivertest: storing failed")

func (r *run) save(_ context.Context, p []byte) error {
	r.saves++
	if r.failAt > 0 && r.saves >= r.failAt {
		return errSave
	}
	r.progress = slices.Clone(p)
	return nil
}

func (r *run) mustBegin(c Content) driver.Ticket {
	r.t.Helper()
	ticket, err := r.begin(c)
	if err != nil {
		r.t.Fatal(err)
	}
	return ticket
}

// end polls until the job has ended.
func (r *run) end(ticket driver.Ticket) driver.Status {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 20*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		s, err := r.pool.Poll(ctx, r.to, ticket)
		if err != nil && !r.class(err).Class.Retryable() {
			r.t.Fatal(err)
		}
		if s.State == driver.Done || s.State == driver.Failed {
			return s
		}
		time.Sleep(5 * time.Millisecond)
	}
	r.t.Fatal("drivertest: the job does not end")
	return driver.Status{}
}

// fetch reads the first result.
func (r *run) fetch(s driver.Status) ([]byte, error) {
	r.t.Helper()
	if s.State != driver.Done || len(s.Results) == 0 {
		r.t.Fatalf("drivertest: no result: %+v", s)
	}
	body, _, err := r.pool.Fetch(r.t.Context(), r.to, *s.Results[0].File)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return io.ReadAll(body)
}

// arrived checks the content-bearing calls.
func (r *run) arrived(want ...[]privacy.Field) {
	r.t.Helper()
	got := r.service.Arrived()
	if !slices.EqualFunc(got, want, slices.Equal) {
		r.t.Errorf("the recipient received %v, want %v", got, want)
	}
	if odd := r.service.Odd(); len(odd) > 0 {
		r.t.Errorf("the recipient noticed %v", odd)
	}
}

// works takes an order to its end, to show that nothing is left over from before.
func (r *run) works(ticket driver.Ticket, c Content) {
	r.t.Helper()
	data, err := r.fetch(r.end(ticket))
	if want := append(slices.Clone(c.Photo), c.Prompt...); err != nil || !bytes.Equal(data, want) {
		r.t.Errorf("the result is %q, %v, want %q", data, err, want)
	}
}

// class returns the error as an *egress.Error.
func (r *run) class(err error) *egress.Error {
	r.t.Helper()
	var e *egress.Error
	if !errors.As(err, &e) {
		r.t.Fatalf("got %v, want an *egress.Error", err)
	}
	return e
}
