package drivertest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/medialink"
	"vow.example/vow/internal/guard/guardtest"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/sim/kit"
)

// run is one simulator with a pool in front of it and the progress of one task.
type run struct {
	t        *testing.T
	h        Harness
	service  Service
	pool     *provider.Pool
	to       privacy.RecipientID
	number   int // of the person whose order it is
	progress []byte
	saves    int
	failAt   int // Save fails from this call on; 0: never
}

// noLedger takes the facts that links were read.
type noLedger struct{}

// Fetched keeps nothing.
func (noLedger) Fetched(context.Context, medialink.Fetch) error { return nil }

func start(t *testing.T, h Harness, slow bool, edits ...func(*egress.Config)) *run {
	t.Helper()
	s := h.Start(t, slow)
	for _, edit := range edits {
		edit(&s.Config)
	}
	if s.Config.Links == nil {
		s.Config.Links = Links(t)
	}
	e, err := egress.New([]egress.Config{s.Config}, log.Logger{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	if (s.Took != nil) != (h.Shape == Delivery) {
		t.Fatal("drivertest: a Delivery, and nothing else, needs a Service that shows what it took")
	}
	r := &run{t: t, h: h, service: s, to: h.Recipient}
	r.pool, err = provider.NewPool(e, map[privacy.AppID]provider.Wiring{h.App: h.Wiring}, map[string]driver.Driver{h.Wiring[h.Recipient].Driver: h.Driver})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// all is the content with every field of the workflow.
func (r *run) all() Content {
	c := Content{}
	for f, field := range r.h.Fields {
		c[f] = field.Value
	}
	return c
}

// disclose makes a Disclosure of content. A field that the Harness does not know is words.
func (r *run) disclose(c Content, spent []privacy.Field) disclosure.Disclosure {
	content := disclosure.Content{}
	for f, v := range c {
		field, ok := r.h.Fields[f]
		item := disclosure.Text(privacy.NewText(v))
		switch {
		case ok && field.Kind == Photo:
			item = disclosure.Media(guardtest.Picture(vault.Ref{MediaType: mediaType(v)}, []byte(v)))
		case ok && field.Kind == Choice:
			item = disclosure.Code(v)
		}
		if field.Transport != "" {
			item = guardtest.Travelling(item, field.Transport)
		}
		content[f] = item
	}
	own := fmt.Sprintf("conformance%d", r.number)
	return guardtest.Disclosure(disclosure.Entry{
		ID: privacy.TransferID("trf_" + own), App: r.h.App, Subject: privacy.SubjectID("sub_" + own), Task: privacy.TaskID("tsk_" + own),
		Feature: r.h.Feature, Recipient: r.to,
	}, content, spent...)
}

// begin makes one attempt, as a worker would after reading progress.
func (r *run) begin(c Content) (driver.Begun, error) {
	r.t.Helper()
	sent, err := provider.Sent(r.progress)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.pool.Begin(r.t.Context(), r.disclose(c, sent), provider.Start{Progress: r.progress, Save: r.save})
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

func (r *run) mustBegin(c Content) driver.Begun {
	r.t.Helper()
	begun, err := r.begin(c)
	if err != nil {
		r.t.Fatal(err)
	}
	atOnce := r.h.Shape.atOnce()
	if atOnce && begun.Status == nil || !atOnce && (begun.Status != nil || begun.Ticket == nil) {
		r.t.Fatalf("drivertest: begun %+v does not have the shape of the Harness", begun)
	}
	return begun
}

// end asks until the job has ended.
func (r *run) end(begun driver.Begun) driver.Status {
	r.t.Helper()
	if begun.Status != nil {
		return *begun.Status
	}
	ctx, cancel := context.WithTimeout(r.t.Context(), 20*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		s, err := r.pool.Poll(ctx, r.to, begun.Ticket)
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
	file := s.Results[0].File
	if (file != nil) != r.h.Shape.fetched() {
		r.t.Fatal("drivertest: the result does not have the shape of the Harness")
	}
	if file == nil {
		return s.Results[0].Inline, nil
	}
	body, _, err := r.pool.Fetch(r.t.Context(), r.to, *file)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return io.ReadAll(body)
}

// arrived checks the content-bearing calls.
func (r *run) arrived(want ...[]privacy.Field) {
	r.t.Helper()
	if got := r.service.Arrived(); !equal(got, want) {
		r.t.Errorf("the recipient received %v, want %v", got, want)
	}
	if odd := r.service.Odd(); len(odd) > 0 {
		r.t.Errorf("the recipient noticed %v", odd)
	}
}

func equal(got, want [][]privacy.Field) bool { return slices.EqualFunc(got, want, slices.Equal) }

// works takes an order to its end, to show that nothing is left over from before.
func (r *run) works(begun driver.Begun, c Content) {
	r.t.Helper()
	s := r.end(begun)
	if r.h.Shape == Delivery {
		r.delivered(begun, s, c)
		return
	}
	data, err := r.fetch(s)
	if err != nil || !r.h.Matches(c, s.Results[0], data) {
		r.t.Errorf("the result (%d bytes, %v) was not made from what was sent", len(data), err)
	}
}

// delivered checks that there is nothing to fetch, ask about or erase, and that the recipient took
// this content once and nothing like it besides.
func (r *run) delivered(begun driver.Begun, s driver.Status, c Content) {
	r.t.Helper()
	if s.State != driver.Delivered || len(s.Results) > 0 || begun.Ticket != nil {
		r.t.Errorf("a delivery ended as %+v, with the ticket %q", s, begun.Ticket)
	}
	times := 0
	for _, took := range r.service.Took() {
		if r.h.Matches(c, driver.Result{}, took) {
			times++
		}
	}
	if times != 1 {
		r.t.Errorf("the recipient took what was sent %d times", times)
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

// calls returns the groups of fields that content c goes out in.
func (r *run) calls(c Content) (out [][]privacy.Field) {
	for _, call := range r.h.Calls {
		given := slices.DeleteFunc(slices.Clone(call), func(f privacy.Field) bool { _, ok := c[f]; return !ok })
		if len(given) > 0 {
			out = append(out, given)
		}
	}
	return out
}

// On returns the Service of a simulator on the kit. Where says which calls are meant by a Call.
func On(k *kit.Kit, c egress.Config, where func(c Call, method, path string) bool) Service {
	faults := map[Fault]kit.Fault{
		Slow: kit.SlowReply, Twice: kit.DuplicateReply, Hang: kit.Hang, Cut: kit.CutReply, Lost: kit.LostReply, Down: kit.Unavailable,
		Gateway: kit.BadGateway, Failed: kit.FailedAfter, WebPage: kit.WrongType, Endless: kit.Oversize, RedirectPrivate: kit.RedirectPrivate, Throttled: kit.Throttled,
	}
	return Service{
		Config: c,
		Strike: func(f Fault, call Call) {
			k.Inject(kit.Injection{Fault: faults[f], Times: 1, Match: func(method, path string) bool { return where(call, method, path) }})
		},
		Arrived: func() [][]privacy.Field { return Carried(k.Received()) },
		Odd:     func() []string { return k.Received().Violations },
	}
}

// Carried lists the fields of the calls that carried content.
func Carried(e kit.Evidence) (out [][]privacy.Field) {
	for _, r := range e.Requests {
		var fields []privacy.Field
		for _, f := range r.Fields {
			fields = append(fields, privacy.Field(f))
		}
		if len(fields) > 0 {
			out = append(out, fields)
		}
	}
	return out
}
