package forward_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"vow.example/vow/internal/forward"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/people"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task"
)

// reachable is somebody of Mixoo who has a device and lets it be written to.
func (w *world) reachable() task.Who {
	w.t.Helper()
	who := w.person(mixoo)
	_, err := w.devices.Name(w.t.Context(), who, terms.IOS, "")
	must(w.t, err)
	must(w.t, w.people.SetPermissions(w.t.Context(), who, terms.IOS, map[string]bool{"notifications": true}))
	return who
}

func TestWhatWaitsForOneRecipientHoldsUpNobodyElses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, r := range []privacy.RecipientID{"google_analytics", "adjust", "umeng"} {
		delete(w.lanes, r)
	}
	w.paused = "notification_gateway"
	who := w.reachable()
	const waiting = 300
	must(t, w.db.Write(t.Context(), func(tx *store.Tx) error {
		for i := range waiting {
			if err := w.Tell(t.Context(), tx, forward.Person{App: mixoo, Subject: who.Subject}, disclosure.TaskDone, strconv.Itoa(i)); err != nil {
				return err
			}
		}
		return nil
	}))
	w.clock.Advance(time.Second)
	w.reports(who, terms.IOS, open(1))
	w.sweep()
	if n := len(w.got("firebase")); n != 1 || w.queued() != waiting || len(w.got("notification_gateway")) != 0 {
		t.Errorf("firebase got %d reports while %d messages wait", n, w.queued())
	}
}

// writer is a choice that is written down when it is asked.
type writer struct {
	*people.Service
	db *store.DB
}

// StandingOf implements consent.Choices.
func (w writer) StandingOf(ctx context.Context, _ privacy.AppID, _ privacy.SubjectID) error {
	return w.db.Write(ctx, func(*store.Tx) error { return nil })
}

func TestAChoiceThatWritesWhenItIsAskedEndsTheMessageAndNotTheServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.reachable()
	w.Choices = writer{w.people, w.db}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	err := w.db.Write(ctx, func(tx *store.Tx) error {
		return w.Tell(ctx, tx, forward.Person{App: mixoo, Subject: who.Subject}, disclosure.TaskDone, "tsk_1")
	})
	if !errors.Is(err, store.ErrNested) || ctx.Err() != nil || w.queued() != 0 {
		t.Errorf("got %v, %d wait", err, w.queued())
	}
}
