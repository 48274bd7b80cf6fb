package erasure

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
)

// left counts everything the database holds of a subject.
func (w *world) left(s privacy.SubjectID) (n int) {
	w.t.Helper()
	list, err := w.DB.App("pixplus").CountRows(w.t.Context(), s)
	must(w.t, err)
	for _, r := range list {
		n += r.Count
	}
	objects, err := w.DB.App("pixplus").Objects(w.t.Context(), s)
	must(w.t, err)
	return n + len(objects)
}

func TestAnErasedAccountLeavesItsReceiptsAndNothingThatNamesIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, other := w.person("pixplus"), w.person("pixplus")
	o := w.upload("pixplus", s)
	w.failed(o, "sent")
	kept := w.upload("pixplus", other)
	receipts, err := w.Subject(t.Context(), "pixplus", s)
	if err != nil || len(receipts) != 1 || receipts[0].Reason != string(AccountErased) || receipts[0].Recipient != "runninghub" {
		t.Fatalf("%+v, %v", receipts, err)
	}
	if n := w.left(s); n != 0 || w.Ring.HasSubject("pixplus", s) || w.Vault.Holds(t.Context(), o.Ref) {
		t.Errorf("%d rows, key %v", n, w.Ring.HasSubject("pixplus", s))
	}
	r, err := w.DB.Receipt(t.Context(), receipts[0].ID)
	if err != nil || r.Subject != "" || r.Task != "" {
		t.Errorf("%+v, %v", r, err)
	}
	if leaf, err := w.DB.Log().Leaf(t.Context(), r.Leaf); err != nil || len(leaf.Payload) == 0 || len(leaf.Salt) == 0 {
		t.Errorf("the receipt cannot be opened any more: %v", err)
	}
	if !w.Vault.Holds(t.Context(), kept.Ref) || w.held() != 1 {
		t.Error("somebody else lost something")
	}
	if again, err := w.Subject(t.Context(), "pixplus", s); err != nil || len(again) != 0 {
		t.Errorf("erased twice: %+v, %v", again, err)
	}
}

func TestWhatIsStoredWhileAnAccountIsErasedGoesToo(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"account.objects", "account.key"} {
		w := newWorld(t)
		s := w.person("pixplus")
		w.upload("pixplus", s)
		spare := w.upload("pixplus", s)
		_, err := w.Object(t.Context(), spare, SubjectRequest, nil)
		must(t, err)
		d, err := retention.Ceiling(w.policy("pixplus"), "source_photo", w.clock.Now())
		must(t, err)
		late := spare
		late.Object = privacy.ObjectID(privacy.NewID(privacy.PrefixOutput))
		once := sync.OnceFunc(func() { // the row of a result that a worker had sealed before
			w.write(func(tx *store.Tx) error {
				return tx.InsertObject(t.Context(), late, d, retention.Deadline{})
			})
		})
		w.stop = func(at string) {
			if at == point {
				once()
			}
		}
		receipts, err := w.Subject(t.Context(), "pixplus", s)
		if n := w.left(s); err != nil || n != 0 || len(receipts) != 2 {
			t.Errorf("%s: %d rows, %d receipts, %v", point, n, len(receipts), err)
		}
	}
}

func TestAnAccountThatTwoEraseAtOnceIsErasedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.person("pixplus")
	for range 3 {
		w.upload("pixplus", s)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	total := 0
	for range 4 {
		all.Go(func() {
			receipts, err := w.Subject(t.Context(), "pixplus", s)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			total += len(receipts)
		})
	}
	for range 10 {
		if _, err := w.Sweep(t.Context(), w.clock.Now()); err != nil {
			t.Error(err)
		}
	}
	all.Wait()
	w.sweep()
	if n := w.left(s); n != 0 || total > 3 || w.held() != 0 {
		t.Errorf("%d rows, %d receipts", n, total)
	}
}

func TestTheSweepNeverWaitsForAPersonsOwnErasure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.person("pixplus")
	held, release := make(chan struct{}), make(chan struct{})
	w.stop = func(at string) {
		if at == "account.ended" {
			close(held)
			<-release
		}
	}
	done := make(chan error, 1)
	go func() {
		_, err := w.Subject(context.Background(), "pixplus", s)
		done <- err
	}()
	<-held
	n, err := w.Sweep(t.Context(), w.clock.Now()) // sees an account that has ended
	close(release)
	if err := errors.Join(err, <-done); err != nil || n != 0 {
		t.Errorf("%d, %v", n, err)
	}
}

func TestAnAccountThatNobodyUsesEndsWithItsClock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.person("pixplus")
	w.clock.Advance(180 * 24 * time.Hour)
	if n := w.sweep(); n == 0 || w.left(s) != 0 {
		t.Errorf("%d things went, %d rows are left", n, w.left(s))
	}
}

func TestAfterARestartMemoryIsGoneAndBytesWithoutARowGoToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.person("aifitting")
	face := w.upload("aifitting", s)
	known := w.upload("pixplus", w.person("pixplus"))
	orphan := w.upload("pixplus", known.Subject)
	w.write(func(tx *store.Tx) error { return tx.DeleteObject(t.Context(), orphan.App, orphan.Object) })
	must(t, w.Recover(t.Context()))
	r, err := w.DB.App("aifitting").ReceiptOf(t.Context(), s, face.Object)
	if err != nil || r.Reason != string(Restarted) || r.Method != "memory_wiped" {
		t.Errorf("%+v, %v", r, err)
	}
	if w.Vault.Holds(t.Context(), orphan.Ref) || !w.Vault.Holds(t.Context(), known.Ref) {
		t.Error("the wrong bytes went")
	}
}

func TestAReceiptAndItsProofAreKeptAsLongAsEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, err := w.Object(t.Context(), w.upload("pixplus", w.person("pixplus")), SubjectRequest, nil)
	must(t, err)
	w.clock.Advance(366 * 24 * time.Hour)
	w.sweep()
	leaf, err := w.DB.Log().Leaf(t.Context(), r.Leaf)
	must(t, err)
	if _, err := w.DB.Receipt(t.Context(), r.ID); !errors.Is(err, store.ErrNotFound) || len(leaf.Payload) != 0 || len(leaf.Data) == 0 {
		t.Errorf("receipt %v, %d bytes of payload, %d of the leaf", err, len(leaf.Payload), len(leaf.Data))
	}
	if found, err := w.DB.HasExpired(t.Context(), w.clock.Now()); err != nil || found {
		t.Errorf("expired rows are left: %v, %v", found, err)
	}
}
