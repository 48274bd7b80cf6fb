package queue

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"go.uber.org/goleak"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
)

func TestAFailureOrAPanicIsTriedAgainAndNothingItSaysIsStored(t *testing.T) {
	t.Parallel()
	worked := make(chan privacy.TaskID, 10)
	seen := map[privacy.TaskID]int{}
	lock := make(chan struct{}, 1)
	q, db := started(t, func(_ context.Context, _ privacy.AppID, id privacy.TaskID) (time.Duration, error) {
		lock <- struct{}{}
		defer func() { <-lock }()
		if seen[id]++; seen[id] == 1 && id == "tsk_panics" {
			panic("a photo of Ann")
		}
		if seen[id] == 1 {
			return 0, errors.New("a text of Ann")
		}
		worked <- id
		return 0, nil
	})
	enqueue(t, q, db, "tsk_panics", nil)
	enqueue(t, q, db, "tsk_fails", nil)
	next(t, worked)
	next(t, worked)
	var stored string
	if err := db.Writer().QueryRow(`SELECT group_concat(json(args) || json(errors) || json(metadata)) FROM river_job`).Scan(&stored); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(stored, "Ann") || !strings.Contains(stored, errFailed.Error()) {
		t.Errorf("the engine keeps %s", stored)
	}
}

func TestAHurriedJobRunsOnceHoweverTheTaskGoesOn(t *testing.T) {
	t.Parallel()
	worked := make(chan privacy.TaskID, 10)
	q, db := started(t, func(_ context.Context, _ privacy.AppID, id privacy.TaskID) (time.Duration, error) {
		worked <- id
		return time.Millisecond, nil // wants to come again
	})
	if err := db.Write(t.Context(), func(tx *store.Tx) error { return q.Hurry(t.Context(), tx.SQL(), "pixplus", "tsk_1") }); err != nil {
		t.Fatal(err)
	}
	next(t, worked)
	select {
	case <-worked:
		t.Error("it came again")
	case <-time.After(3 * pollInterval / 2):
	}
}

func TestAFailedJobComesAgainSoonAndAtLeastOnceAMinute(t *testing.T) {
	t.Parallel()
	for attempt, want := range map[int]time.Duration{1: time.Second, 3: 4 * time.Second, 7: time.Minute, 5000: time.Minute} {
		now := clock.Real{}.Now()
		got := (&worker{}).NextRetry(&river.Job[args]{JobRow: &rivertype.JobRow{Attempt: attempt}}).Sub(now)
		if got < want || got > want+10*time.Second {
			t.Errorf("attempt %d: after %v, want %v", attempt, got, want)
		}
	}
}

// Not parallel: it counts every goroutine of the process.
func TestAStoppedQueueLeavesNothingRunningAndItsWorkIsTold(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "vow.db"), [64]byte{1, 2, 3})
	if err != nil {
		t.Fatal(err)
	}
	begun, told := make(chan struct{}), make(chan error, 1)
	q, err := New(t.Context(), db.Writer(), func(ctx context.Context, _ privacy.AppID, _ privacy.TaskID) (time.Duration, error) {
		close(begun)
		<-ctx.Done()
		told <- ctx.Err()
		return 0, ctx.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	enqueue(t, q, db, "tsk_1", nil)
	<-begun
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := errors.Join(q.Stop(ctx), db.Close()); err != nil {
		t.Fatal(err)
	}
	if err := <-told; !errors.Is(err, context.Canceled) {
		t.Errorf("the work was told %v", err)
	}
}
