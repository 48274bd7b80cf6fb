package drivertest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
)

// impatient shortens the time limits for recipients that hang, and lowers the limit of length for
// those that never end.
func impatient(f Fault) func(*egress.Config) {
	return func(c *egress.Config) {
		switch f {
		case Endless:
			c.MaxResult = 1 << 20
		case Hang:
			c.SendTimeout, c.FollowTimeout, c.FetchTimeout = 500*time.Millisecond, 500*time.Millisecond, 500*time.Millisecond
		}
	}
}

// onContent says what each fault means for a call that carries content. A call whose answer was
// lost is never made again: recipients have no protection against duplicates.
func onContent() map[Fault]egress.Class {
	return map[Fault]egress.Class{
		Slow: "", Twice: "",
		Hang: egress.UnknownOutcome, Cut: egress.UnknownOutcome, Lost: egress.UnknownOutcome,
		Gateway: egress.UnknownOutcome, Failed: egress.UnknownOutcome, WebPage: egress.UnknownOutcome, Endless: egress.UnknownOutcome,
		Down: egress.Transient, Throttled: egress.Throttled, RedirectPrivate: egress.Blocked,
	}
}

func testContentFaults(t *testing.T, h Harness) {
	for n := range h.Calls {
		for fault, class := range onContent() {
			if fault == Throttled && n != len(h.Calls)-1 || fault == Failed { // testFailedAfter is stricter
				continue
			}
			t.Run(fmt.Sprintf("call %d meets %s", n+1, fault), func(t *testing.T) {
				t.Parallel()
				r := start(t, h, false, impatient(fault))
				r.service.Strike(fault, Call(n))
				begun, err := r.begin(r.all())
				if class == "" {
					if err != nil {
						t.Fatal(err)
					}
					r.works(begun, r.all())
					return
				}
				e := r.class(err)
				if e.Class != class || !e.WasSent || !provider.WasSent(r.progress) {
					t.Fatalf("got %+v, progress says sent %v", e, provider.WasSent(r.progress))
				}
				r.again(n, class)
			})
		}
	}
}

// testFailedAfter lets each call be taken and then fail inside the recipient, in the recipient's own
// words. Whatever class those have, nobody knows whether a job was made of the content, so the
// outcome is unknown and the saved progress forbids a second attempt.
func testFailedAfter(t *testing.T, h Harness) {
	for n := range h.Calls {
		r := start(t, h, false)
		r.service.Strike(Failed, Call(n))
		_, err := r.begin(r.all())
		if e := r.class(err); e.Class != egress.UnknownOutcome || e.Code == "interrupted" || !e.WasSent {
			t.Errorf("call %d: got %+v", n+1, e)
		}
		if !provider.Interrupted(r.progress) || !provider.WasSent(r.progress) || provider.Again(r.progress) != 0 {
			t.Errorf("call %d: the progress is %s", n+1, r.progress)
		}
		_, err = r.begin(r.all())
		if e := r.class(err); e.Class != egress.UnknownOutcome || e.Code != "interrupted" || !e.WasSent {
			t.Errorf("call %d, once more: got %+v", n+1, e)
		}
		r.arrived(r.calls(r.all())[:n+1]...)
	}
}

// again makes the second attempt: after "not now" it completes, and nothing but the refused call
// is repeated; after a lost answer or a refusal of our own nothing moves.
func (r *run) again(n int, class egress.Class) {
	r.t.Helper()
	if !class.Retryable() {
		before := r.service.Arrived()
		if most := r.h.Calls[:n+1]; !equal(before, most) && !equal(before, r.h.Calls[:n]) {
			r.t.Errorf("the recipient received %v, want %v", before, most)
		}
		if _, err := r.begin(r.all()); err == nil {
			r.t.Error("a call whose outcome is unknown was made again")
		}
		r.arrived(before...)
		return
	}
	r.works(r.mustBegin(r.all()), r.all())
	// Whether a simulator looks into a call that it refuses is its own matter.
	if once := r.calls(r.all()); !equal(r.service.Arrived(), once) {
		r.arrived(slices.Insert(slices.Clone(once), n, slices.Clone([]privacy.Field(once[n])))...)
	}
}

func testAskFaults(t *testing.T, h Harness) {
	for fault, class := range onContent() {
		if fault == Throttled {
			continue
		}
		if class == egress.UnknownOutcome {
			class = egress.Transient // a question may be asked again
		}
		t.Run("a question meets "+string(fault), func(t *testing.T) {
			t.Parallel()
			r := start(t, h, false, impatient(fault))
			begun := r.mustBegin(r.all())
			r.service.Strike(fault, Ask)
			_, err := r.pool.Poll(t.Context(), r.to, begun.Ticket)
			if class == "" && err != nil {
				t.Fatal(err)
			}
			if class != "" {
				if e := r.class(err); e.Class != class || e.WasSent {
					t.Errorf("got %+v", e)
				}
			}
			r.works(begun, r.all())
		})
	}
}

func testResultFaults(t *testing.T, h Harness) {
	for fault, class := range onContent() {
		switch {
		case fault == Throttled:
			continue
		case fault == WebPage || fault == Endless:
			class = egress.Blocked
		case class == egress.UnknownOutcome:
			class = egress.Transient
		}
		t.Run("a result meets "+string(fault), func(t *testing.T) {
			t.Parallel()
			r := start(t, h, false, impatient(fault))
			begun := r.mustBegin(r.all())
			status := r.end(begun)
			r.service.Strike(fault, Result)
			_, err := r.fetch(status)
			if class == "" && err != nil {
				t.Fatal(err)
			}
			if class != "" {
				if e := r.class(err); e.Class != class || e.WasSent {
					t.Errorf("got %+v", e)
				}
			}
			r.works(begun, r.all())
		})
	}
}

// CodeOf returns the class and the code of the error of a call.
func CodeOf(t testing.TB, err error) (egress.Class, string) {
	t.Helper()
	var e *egress.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v", err)
	}
	return e.Class, e.Code
}
