package driver_test

import (
	"errors"
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
	for s, want := range map[driver.State]string{driver.Queued: "queued", driver.Running: "running", driver.Done: "done", driver.Failed: "failed", 99: "unknown"} {
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
