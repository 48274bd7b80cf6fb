package drivertest

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
)

// mediaType returns the type of a photo by its first bytes.
func mediaType(photo string) string {
	sniffed := http.DetectContentType([]byte(photo))
	if !strings.HasPrefix(sniffed, "image/") && !strings.HasPrefix(sniffed, "video/") {
		return "image/png"
	}
	return sniffed
}

func testOrder(t *testing.T, h Harness) {
	r := start(t, h, false)
	begun := r.mustBegin(r.all())
	for f, field := range h.Fields {
		if field.Kind != Choice && (bytes.Contains(begun.Ticket, []byte(field.Value)) || bytes.Contains(r.progress, []byte(field.Value))) {
			t.Errorf("ticket or progress holds the content of %s", f)
		}
	}
	if !provider.WasSent(r.progress) {
		t.Error("progress does not say that something was sent")
	}
	r.works(begun, r.all())
	r.arrived(r.calls(r.all())...)
}

func testOnlyGiven(t *testing.T, h Harness) {
	r := start(t, h, false)
	c := r.all()
	maps.DeleteFunc(c, func(f privacy.Field, _ string) bool { return h.Fields[f].Optional })
	r.works(r.mustBegin(c), c)
	r.arrived(r.calls(c)...)
}

// person is the content of one of many.
func (r *run) person(i int) Content {
	c := r.all()
	for f, field := range r.h.Fields {
		switch {
		case field.Of != nil:
			c[f] = field.Of(i)
		case field.Kind == Photo:
			c[f] += fmt.Sprintf("person %d", i)
		case field.Kind == Words:
			c[f] = fmt.Sprintf("%s, words of person %d", field.Value, i)
		}
	}
	return c
}

func testInterleaved(t *testing.T, h Harness) {
	const people = 8
	r := start(t, h, false)
	var wg sync.WaitGroup
	for i := range people {
		wg.Go(func() {
			own := &run{t: t, h: h, service: r.service, pool: r.pool, to: r.to, number: i}
			c := own.person(i)
			begun, err := own.begin(c)
			if err != nil {
				t.Errorf("person %d: %v", i, err)
				return
			}
			own.works(begun, c)
		})
	}
	wg.Wait()
	if n := len(r.service.Arrived()); n != people*len(h.Calls) {
		t.Errorf("%d calls with content arrived", n)
	}
}

func testExtraField(t *testing.T, h Harness) {
	r := start(t, h, false)
	c := r.all()
	c["email"] = "jo@mail.example"
	_, err := r.begin(c)
	if e := r.class(err); e.Class != egress.Bug || e.WasSent {
		t.Errorf("got %+v", e)
	}
	r.arrived()
}

// testResume stops the worker at each Save in turn, as kill -9 would, and starts another one.
func testResume(t *testing.T, h Harness) {
	for stop := 1; ; stop++ {
		r := start(t, h, false)
		r.failAt = stop
		_, err := r.begin(r.all())
		if err == nil {
			if stop < 2 {
				t.Error("nothing was saved before the first call")
			}
			return
		}
		if !errors.Is(err, errSave) {
			t.Fatalf("stopped at %d: %v", stop, err)
		}
		before := r.service.Arrived()
		_, _ = r.pool.Leftover(r.to, r.progress)
		if stop > 1 && len(before) > 0 && !provider.WasSent(r.progress) {
			t.Errorf("stopped at %d: progress does not say that something was sent", stop)
		}
		r.failAt = 0
		if !provider.Interrupted(r.progress) {
			r.works(r.mustBegin(r.all()), r.all())
			r.arrived(r.calls(r.all())...)
			continue
		}
		_, err = r.begin(r.all())
		if e := r.class(err); e.Class != egress.UnknownOutcome || !e.WasSent {
			t.Errorf("stopped at %d: got %+v", stop, e)
		}
		r.arrived(before...)
	}
}

func testInterrupted(t *testing.T, h Harness) {
	r := start(t, h, false)
	r.failAt = 2 // the first call was made, and the worker died before it could note the answer
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
	r.arrived(r.calls(r.all())[0])
}

// testAnswerLost lets the worker die after Begin and before it could store what came of it.
func testAnswerLost(t *testing.T, h Harness) {
	r := start(t, h, false)
	r.mustBegin(r.all())
	begun, err := r.begin(r.all())
	if err == nil {
		r.works(begun, r.all()) // the driver had noted what came of it
	} else if e := r.class(err); e.Class.Retryable() || !e.WasSent {
		t.Errorf("got %+v", e)
	}
	r.arrived(r.calls(r.all())...)
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

// testCancel stops a job, or is told that the recipient cannot.
func testCancel(t *testing.T, h Harness) {
	r := start(t, h, true)
	begun := r.mustBegin(r.all())
	if s, err := r.pool.Poll(t.Context(), r.to, begun.Ticket); err != nil || s.State == driver.Done || s.State == driver.Failed {
		t.Errorf("before: %+v, %v", s, err)
	}
	outcome, err := r.pool.Cancel(t.Context(), r.to, begun.Ticket)
	if err != nil {
		t.Fatal(err)
	}
	if !h.Cancels {
		if outcome != driver.Unsupported {
			t.Errorf("got %v of a recipient that cannot cancel", outcome)
		}
		return
	}
	if outcome != driver.Stopped {
		t.Fatalf("got %v", outcome)
	}
	if s := r.end(begun); s.State != driver.Failed {
		t.Errorf("a stopped job is %s", s.State)
	}
}

func testCancelTooLate(t *testing.T, h Harness) {
	r := start(t, h, false)
	begun := r.mustBegin(r.all())
	r.end(begun)
	if outcome, err := r.pool.Cancel(t.Context(), r.to, begun.Ticket); err != nil || outcome == driver.Stopped {
		t.Errorf("got %v, %v", outcome, err)
	}
}

// testForget erases twice: what the first time achieved is no error at the second.
func testForget(t *testing.T, h Harness) {
	r := start(t, h, false)
	begun := r.mustBegin(r.all())
	r.end(begun)
	for n := range 2 {
		residue, err := r.pool.Forget(t.Context(), r.to, begun.Ticket)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 && h.Erases != (len(residue.Erased) > 0) {
			t.Errorf("erased %v", residue.Erased)
		}
		for _, held := range residue.Held {
			if held.What == "" || held.Reason == "" || held.For < 0 {
				t.Errorf("a residue that explains nothing: %+v", held)
			}
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
	states := []string{"x"}
	if len(h.Calls) > 1 { // a driver with one call saves nothing, and reads nothing
		states = append(states, `{"state":"eA=="}`)
	}
	for _, raw := range states {
		if _, err := r.pool.Begin(t.Context(), r.disclose(r.all(), nil), provider.Start{Progress: []byte(raw), Save: r.save}); err == nil {
			t.Errorf("begin takes the progress %q", raw)
		}
	}
	r.arrived()
}
