package driver_test

import (
	"errors"
	"strings"
	"testing"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/provider/driver"
)

func TestTheZeroValuesPromiseNothing(t *testing.T) {
	t.Parallel()
	var s driver.Status
	var o driver.CancelOutcome
	if s.State != driver.Unknown || s.State.String() != "unknown" || o != driver.Unsupported {
		t.Error("a zero value says that something was reached")
	}
}

func TestStatesHaveWords(t *testing.T) {
	t.Parallel()
	for s, want := range map[driver.State]string{driver.Queued: "queued", driver.Running: "running", driver.Done: "done", driver.Failed: "failed", driver.Delivered: "delivered", 99: "unknown"} {
		if s.String() != want {
			t.Errorf("%d prints %s", s, s)
		}
	}
}

func TestAFailureHasClassAndCode(t *testing.T) {
	t.Parallel()
	var e *egress.Error
	if err := driver.Fail(egress.Throttled, "421"); !errors.As(err, &e) || e.Class != egress.Throttled || e.Code != "421" || e.WasSent {
		t.Errorf("got %+v", e)
	}
	if !errors.Is(driver.Fail(egress.UnknownOutcome, "x"), egress.ErrUnknownOutcome) || errors.Is(driver.Fail(egress.Bug, "x"), egress.ErrUnknownOutcome) {
		t.Error("an unknown outcome cannot be told")
	}
}

func TestACodeIsAnIdentifierOrUnlisted(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"FailedOperation.FreqCtrl": "FailedOperation.FreqCtrl", "1301": "1301",
		"": "unlisted", "you wrote: a fox": "unlisted", "a\nb": "unlisted", strings.Repeat("x", 81): "unlisted",
	} {
		if got := driver.Code(said); got != want {
			t.Errorf("%q becomes %q", said, got)
		}
	}
}

func TestAJobThatHasEndedIsNeverTriedAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []egress.Class{egress.Throttled, egress.Transient, egress.Waiting, egress.Unclassified, egress.UnknownOutcome} {
		if got := driver.Final(c); got != egress.Failed {
			t.Errorf("%q ends as %q", c, got)
		}
	}
	if got := driver.Final(egress.ContentRefused); got != egress.ContentRefused {
		t.Errorf("a refusal ends as %q", got)
	}
}

func TestOnlyAMissingJobEndsByItsError(t *testing.T) {
	t.Parallel()
	if s, err := driver.UnlessGone(driver.Fail(egress.Gone, "1210")); err != nil || s.State != driver.Failed || s.Class != egress.Gone || s.Code != "1210" {
		t.Errorf("got %+v, %v", s, err)
	}
	if s, err := driver.UnlessGone(driver.Fail(egress.Transient, "x")); err == nil || s.State != driver.Unknown {
		t.Errorf("got %+v, %v", s, err)
	}
}
