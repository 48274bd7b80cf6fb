package people

import (
	"context"
	"errors"
	"testing"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/task"
)

func TestOnlyARequestOfThePersonWhomNothingStopsGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.settled("sample")
	if err := w.Present(t.Context(), who); err != nil {
		t.Fatalf("where nobody is told of going on: %v", err)
	}
	waits, went, broken := true, []privacy.SubjectID(nil), error(nil)
	w.Pending = func(context.Context, task.Who) (bool, error) { return waits, nil }
	w.GoOn = func(_ context.Context, app privacy.AppID, s privacy.SubjectID) error {
		if app == "sample" {
			went = append(went, s)
		}
		return broken
	}
	wantCode(t, w.Present(t.Context(), who), "notice-required")
	wantCode(t, w.PresentOf(t.Context(), "sample", who.Subject), "notice-required")
	waits = false
	w.stands(who, "")
	if err := w.StandingOf(t.Context(), "sample", who.Subject); err != nil || len(went) != 0 {
		t.Errorf("who waits, or does nothing, goes on: %v, %v", went, err)
	}
	if err := errors.Join(w.Present(t.Context(), who), w.PresentOf(t.Context(), "sample", who.Subject)); err != nil || len(went) != 2 || went[0] != who.Subject || went[1] != who.Subject {
		t.Errorf("%v went on, %v", went, err)
	}
	broken = errors.New("the disk is gone")
	if err := w.Present(t.Context(), who); !errors.Is(err, broken) {
		t.Errorf("a question without an answer opens the door: %v", err)
	}
}
