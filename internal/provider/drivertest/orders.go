package drivertest

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"testing"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
)

// photo and words are the fields of the two kinds of call.
func photo() []privacy.Field { return []privacy.Field{"photo"} }

func (h Harness) words() []privacy.Field {
	if h.Option < "prompt" {
		return []privacy.Field{h.Option, "prompt"}
	}
	return []privacy.Field{"prompt", h.Option}
}

func testOrder(t *testing.T, h Harness) {
	r := start(t, h, false)
	ticket := r.mustBegin(r.all())
	if bytes.Contains(ticket, []byte("fox")) || bytes.Contains(r.progress, []byte("fox")) || bytes.Contains(r.progress, h.Photo) {
		t.Error("ticket or progress holds content")
	}
	if !provider.WasSent(r.progress) {
		t.Error("progress does not say that something was sent")
	}
	r.works(ticket, r.all())
	r.arrived(photo(), h.words())
}

func testOnlyGiven(t *testing.T, h Harness) {
	r := start(t, h, false)
	c := Content{Photo: h.Photo, Choice: h.Choice}
	r.works(r.mustBegin(c), c)
	r.arrived(photo(), []privacy.Field{h.Option})
}

func testInterleaved(t *testing.T, h Harness) {
	r := start(t, h, false)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			own := &run{t: t, h: h, service: r.service, pool: r.pool, to: r.to}
			c := r.all()
			c.Photo = append(bytes.Clone(h.Photo), fmt.Sprintf("person %d", i)...)
			c.Prompt = fmt.Sprintf("words of person %d", i)
			ticket, err := own.begin(c)
			if err != nil {
				t.Errorf("person %d: %v", i, err)
				return
			}
			own.works(ticket, c)
		})
	}
	wg.Wait()
	if n := len(r.service.Arrived()); n != 16 {
		t.Errorf("%d calls with content arrived", n)
	}
}

func testExtraField(t *testing.T, h Harness) {
	r := start(t, h, false)
	c := r.all()
	c.Extra = true
	_, err := r.begin(c)
	if e := r.class(err); e.Class != egress.Bug || e.WasSent {
		t.Errorf("got %+v", e)
	}
	r.arrived()
}

// testResume stops the worker after each Save in turn, as kill -9 would.
func testResume(t *testing.T, h Harness) {
	r := start(t, h, false)
	r.failAt = 3 // 1: before the upload, 2: after it, 3: before create
	if _, err := r.begin(r.all()); !errors.Is(err, errSave) {
		t.Fatalf("got %v", err)
	}
	if provider.Interrupted(r.progress) || !provider.WasSent(r.progress) {
		t.Errorf("progress says interrupted %v, sent %v", provider.Interrupted(r.progress), provider.WasSent(r.progress))
	}
	r.arrived(photo())
	r.failAt = 0
	r.works(r.mustBegin(r.all()), r.all())
	r.arrived(photo(), h.words())
}

func testInterrupted(t *testing.T, h Harness) {
	r := start(t, h, false)
	r.failAt = 2 // the upload was made, and the worker died before it could note the answer
	if _, err := r.begin(r.all()); !errors.Is(err, errSave) {
		t.Fatalf("got %v", err)
	}
	r.failAt = 0
	_, err := r.begin(r.all())
	if e := r.class(err); e.Class != egress.UnknownOutcome || !e.WasSent || !errors.Is(err, egress.ErrUnknownOutcome) {
		t.Errorf("got %+v", e)
	}
	if !provider.Interrupted(r.progress) {
		t.Error("progress does not say so")
	}
	r.arrived(photo())
}

func testSaveFails(t *testing.T, h Harness) {
	r := start(t, h, false)
	r.failAt = 1
	if _, err := r.begin(r.all()); !errors.Is(err, errSave) {
		t.Errorf("got %v", err)
	}
	if provider.WasSent(r.progress) {
		t.Error("progress says that something was sent")
	}
	r.arrived()
}

func testCancel(t *testing.T, h Harness) {
	r := start(t, h, true)
	ticket := r.mustBegin(r.all())
	if s, err := r.pool.Poll(t.Context(), r.to, ticket); err != nil || s.State != driver.Queued && s.State != driver.Running {
		t.Errorf("before: %+v, %v", s, err)
	}
	outcome, err := r.pool.Cancel(t.Context(), r.to, ticket)
	if err != nil {
		t.Fatal(err)
	}
	if outcome == driver.Stopped {
		if s := r.end(ticket); s.State != driver.Failed {
			t.Errorf("a stopped job is %s", s.State)
		}
	}
}

func testCancelTooLate(t *testing.T, h Harness) {
	r := start(t, h, false)
	ticket := r.mustBegin(r.all())
	r.end(ticket)
	if outcome, err := r.pool.Cancel(t.Context(), r.to, ticket); err != nil || outcome == driver.Stopped {
		t.Errorf("got %v, %v", outcome, err)
	}
}

func testForget(t *testing.T, h Harness) {
	r := start(t, h, false)
	ticket := r.mustBegin(r.all())
	r.end(ticket)
	residue, err := r.pool.Forget(t.Context(), r.to, ticket)
	if err != nil {
		t.Fatal(err)
	}
	for _, held := range residue.Held {
		if held.What == "" || held.Reason == "" || held.For < 0 {
			t.Errorf("a residue that explains nothing: %+v", held)
		}
	}
}

func testGarbage(t *testing.T, h Harness) {
	r := start(t, h, false)
	for _, raw := range []string{"", "x", "{}", "[]", `{"task":"../../x"}`, `{"task":"tsk_01jd3v9q"}`} {
		if _, err := r.pool.Poll(t.Context(), r.to, driver.Ticket(raw)); err == nil {
			t.Errorf("poll takes the ticket %q", raw)
		}
		if outcome, err := r.pool.Cancel(t.Context(), r.to, driver.Ticket(raw)); err == nil && outcome == driver.Stopped {
			t.Errorf("cancel takes the ticket %q", raw)
		}
	}
	for _, raw := range []string{"x", `{"state":"eA=="}`} {
		d := h.Disclose(r.all(), nil)
		if _, err := r.pool.Begin(t.Context(), d, provider.Start{Progress: []byte(raw), Save: r.save}); err == nil {
			t.Errorf("begin takes the progress %q", raw)
		}
	}
	r.arrived()
}
