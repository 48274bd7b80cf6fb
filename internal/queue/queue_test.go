package queue

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
)

const patience = 30 * time.Second // only a test that fails waits so long

// started returns a running queue that hands every job to work.
func started(t *testing.T, work Work) (*Queue, *store.DB) {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "vow.db"), [64]byte{1, 2, 3})
	if err != nil {
		t.Fatal(err)
	}
	q, err := New(t.Context(), db.Writer(), work)
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := errors.Join(q.Stop(ctx), db.Close()); err != nil {
			t.Error(err)
		}
	})
	return q, db
}

func enqueue(t *testing.T, q *Queue, db *store.DB, id privacy.TaskID, end error) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *store.Tx) error {
		return errors.Join(q.Enqueue(t.Context(), tx.SQL(), "pixplus", id), end)
	})
	if !errors.Is(err, end) {
		t.Fatal(err)
	}
}

func next(t *testing.T, worked <-chan privacy.TaskID) privacy.TaskID {
	t.Helper()
	select {
	case id := <-worked:
		return id
	case <-time.After(patience):
		t.Fatal("no job was worked")
		return ""
	}
}

func TestAJobIsWorkedOnceItsTransactionCommitsAndNeverWhenItDoesNot(t *testing.T) {
	t.Parallel()
	worked := make(chan privacy.TaskID, 10)
	q, db := started(t, func(_ context.Context, _ privacy.AppID, id privacy.TaskID) (time.Duration, error) {
		worked <- id
		return 0, nil
	})
	enqueue(t, q, db, "tsk_undone", errors.New("something else failed"))
	enqueue(t, q, db, "tsk_done", nil)
	if id := next(t, worked); id != "tsk_done" {
		t.Errorf("%s was worked", id)
	}
}

func TestAJobThatAsksForItIsCalledAgain(t *testing.T) {
	t.Parallel()
	worked := make(chan privacy.TaskID, 10)
	calls := 0
	q, db := started(t, func(_ context.Context, _ privacy.AppID, id privacy.TaskID) (time.Duration, error) {
		worked <- id
		if calls++; calls < 3 {
			return time.Millisecond, nil
		}
		return 0, nil
	})
	enqueue(t, q, db, "tsk_1", nil)
	for range 3 {
		next(t, worked)
	}
}

func TestTwoJobsOfOneTaskNeverRunAtOnce(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	inside := map[privacy.TaskID]int{}
	worked := make(chan privacy.TaskID, 20)
	q, db := started(t, func(_ context.Context, _ privacy.AppID, id privacy.TaskID) (time.Duration, error) {
		enter := func(by int) int {
			mu.Lock()
			defer mu.Unlock()
			inside[id] += by
			return inside[id]
		}
		if n := enter(1); n != 1 {
			t.Errorf("%d at once", n)
		}
		time.Sleep(5 * time.Millisecond)
		enter(-1)
		worked <- id
		return 0, nil
	})
	for range 4 {
		enqueue(t, q, db, "tsk_1", nil)
		enqueue(t, q, db, "tsk_2", nil)
	}
	for range 8 {
		next(t, worked)
	}
}

func TestLockKeepsJobsAway(t *testing.T) {
	t.Parallel()
	worked := make(chan privacy.TaskID, 10)
	q, db := started(t, func(_ context.Context, _ privacy.AppID, id privacy.TaskID) (time.Duration, error) {
		worked <- id
		return 0, nil
	})
	unlock := q.Lock("tsk_1")
	enqueue(t, q, db, "tsk_1", nil)
	enqueue(t, q, db, "tsk_2", nil)
	if id := next(t, worked); id != "tsk_2" {
		t.Errorf("%s was worked under the lock", id)
	}
	unlock()
	if id := next(t, worked); id != "tsk_1" {
		t.Errorf("%s was worked", id)
	}
}

func TestRingsThatNobodyHeardAreOneRing(t *testing.T) {
	t.Parallel()
	b := newBell()
	b.ring()
	b.ring()
	if n, err := b.WaitForNotification(t.Context()); err != nil || n.Topic != insertTopic || n.Payload != insertText {
		t.Errorf("%+v, %v", n, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.WaitForNotification(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("the bell rings for nobody: %v", err)
	}
}
