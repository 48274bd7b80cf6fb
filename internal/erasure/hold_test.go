package erasure

import (
	"errors"
	"testing"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
)

// kept lets an order keep an object until then. The key's hour is the object's own here: these tests are
// about rows and erasures.
func (w *world) kept(o store.Object, kind string, until time.Time) {
	w.t.Helper()
	w.write(func(tx *store.Tx) error { return tx.HoldObject(w.t.Context(), o.Ref, kind, until) })
}

func (w *world) object(o store.Object) store.Object {
	w.t.Helper()
	o, err := w.DB.App(o.App).Object(w.t.Context(), o.Subject, o.Object)
	must(w.t, err)
	return o
}

func TestTheSweepLeavesWhatAnOrderKeepsAndTakesItWhenTheOrderEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.person("pixplus")
	held, free := w.upload("pixplus", s), w.upload("pixplus", s)
	until := w.clock.Now().Add(40 * time.Hour)
	w.kept(held, store.HoldOrder, until)
	w.clock.Advance(39 * time.Hour)
	w.sweep()
	if _, err := w.DB.App("pixplus").Object(t.Context(), s, held.Object); err != nil {
		t.Fatalf("the order is not kept: %v", err)
	}
	if _, err := w.DB.App("pixplus").ReceiptOf(t.Context(), s, free.Object); err != nil {
		t.Errorf("what is free lives on: %v", err)
	}
	w.clock.Advance(time.Hour)
	w.sweep()
	if r, err := w.DB.App("pixplus").ReceiptOf(t.Context(), s, held.Object); err != nil || !r.DeletedAt.Equal(until) || w.Vault.Holds(t.Context(), held.Ref) {
		t.Errorf("the order ended: %+v, %v", r, err)
	}
}

func TestAnErasureSealsWhatAnOrderKeepsAndErasesTheRest(t *testing.T) {
	t.Parallel()
	for _, why := range []Reason{SubjectRequest, Declined, TaskEnded, AtDeadline, NeverUsed, AccountErased} {
		w := newWorld(t)
		s := w.person("pixplus")
		held, mine, free := w.upload("pixplus", s), w.upload("pixplus", s), w.upload("pixplus", s)
		w.kept(held, store.HoldOrder, w.clock.Now().Add(time.Hour))
		w.kept(mine, store.HoldKeep, w.clock.Now().Add(time.Hour))
		ran := false
		receipts, err := w.Objects(t.Context(), []store.Object{held, mine, free}, why, func(*store.Tx) error { ran = true; return nil })
		must(t, err)
		own := why == SubjectRequest || why == Declined || why == AccountErased // the person's word goes before the person's wish
		want := 1
		if own {
			want = 2
		}
		if len(receipts) != want || !ran || w.Vault.Holds(t.Context(), free.Ref) || w.Vault.Holds(t.Context(), mine.Ref) == own {
			t.Errorf("%s: %d receipts, ran %v", why, len(receipts), ran)
		}
		if o := w.object(held); !w.Vault.Holds(t.Context(), o.Ref) || w.clock.Now().Before(o.Due()) || o.Ending != string(why) {
			t.Errorf("%s: not sealed: %+v", why, o)
		}
	}
}

func TestOneHeldThingIsAnAnswerOfItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	held := w.upload("pixplus", w.person("pixplus"))
	w.kept(held, store.HoldOrder, w.clock.Now().Add(time.Hour))
	if _, err := w.Object(t.Context(), held, SubjectRequest, nil); !errors.Is(err, ErrHeld) {
		t.Errorf("%v", err)
	}
}

func TestAnEndedAccountUnderAnOrderIsSweptOnceAndErasedWhenItEnds(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"", "account.ended", "erase.sealed", "account.objects"} {
		w := newWorld(t)
		s := w.person("pixplus")
		held, _ := w.upload("pixplus", s), w.upload("pixplus", s)
		w.kept(held, store.HoldOrder, w.clock.Now().Add(time.Hour))
		w.stop = func(at string) {
			if at == point && point != "" {
				point = ""
				panic("crash")
			}
		}
		func() {
			defer func() { _ = recover() }() // the process ends here
			_, err := w.Subject(t.Context(), "pixplus", s)
			must(t, err)
		}()
		w.sweep()
		if n, err := w.Sweep(t.Context(), w.clock.Now()); err != nil || n != 0 {
			t.Errorf("%s: the sweep does not come to rest: %d, %v", point, n, err)
		}
		if !w.Ring.HasSubject("pixplus", s) || !w.Vault.Holds(t.Context(), w.object(held).Ref) {
			t.Errorf("%s: the order is not kept", point)
		}
		w.clock.Advance(time.Hour)
		w.sweep()
		if n := w.left(s); n != 0 || w.Ring.HasSubject("pixplus", s) || w.Vault.Holds(t.Context(), held.Ref) {
			t.Errorf("%s: %d rows are left", point, n)
		}
	}
}

func TestWhoLeavesLetsGoWhatWasKeptForThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.person("pixplus")
	mine := w.upload("pixplus", s)
	w.kept(mine, store.HoldKeep, w.clock.Now().Add(24*time.Hour))
	if receipts, err := w.Subject(t.Context(), "pixplus", s); err != nil || len(receipts) != 1 || w.left(s) != 0 || w.Ring.HasSubject("pixplus", s) {
		t.Errorf("%d receipts, %v", len(receipts), err)
	}
}

func TestLateWorkEndsTheKeyOfAnAccountThatEndedButNotWhatAnOrderKeeps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, gone := w.person("pixplus"), w.person("pixplus")
	held := w.upload("pixplus", s)
	w.upload("pixplus", gone)
	w.kept(held, store.HoldOrder, w.clock.Now().Add(time.Hour))
	for _, who := range []privacy.SubjectID{s, gone} {
		_, err := w.Subject(t.Context(), "pixplus", who)
		must(t, err)
		must(t, w.Forsake(t.Context(), "pixplus", who))
	}
	must(t, w.reads(held))
	if !w.Ring.HasSubject("pixplus", s) || w.Ring.HasSubject("pixplus", gone) {
		t.Error("the wrong key went")
	}
	w.clock.Advance(time.Hour)
	w.sweep()
	if n := w.left(s); n != 0 || w.Ring.HasSubject("pixplus", s) {
		t.Errorf("%d rows are left after the order", n)
	}
	fresh := w.person("pixplus") // whose account ends before anything lies there: the key that was made late goes
	w.upload("pixplus", fresh)
	list, err := w.DB.App("pixplus").Objects(t.Context(), fresh)
	must(t, err)
	_, err = w.Objects(t.Context(), list, SubjectRequest, nil)
	must(t, err)
	must(t, w.Forsake(t.Context(), "pixplus", fresh))
	if w.Ring.HasSubject("pixplus", fresh) {
		t.Error("a key is left of an account without anything")
	}
}
