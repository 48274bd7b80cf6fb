package abuse

import (
	"context"
	"errors"
	"testing"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/storetest"
)

func at0() time.Time { return time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC) }

func open(t *testing.T) *store.DB {
	t.Helper()
	return storetest.Open(t, at0(), at0().AddDate(1, 0, 0), "pixplus", "mixoo")
}

func write(t *testing.T, db *store.DB, f func(context.Context, *store.Tx) error) error {
	t.Helper()
	return db.Write(t.Context(), func(tx *store.Tx) error { return f(t.Context(), tx) })
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestASignalOnlyGrowsAndIsReadInItsAppAndTime(t *testing.T) {
	t.Parallel()
	db := open(t)
	end := at0().Add(time.Hour)
	put := func(s Signal) {
		t.Helper()
		must(t, write(t, db, func(ctx context.Context, tx *store.Tx) error { return s.Put(ctx, tx, end) }))
	}
	s := Signal{App: "mixoo", ID: "sig_1", Subject: "sub_1", Kind: "many_tasks", Tries: 61, At: at0(), SeenAt: at0()}
	put(s)
	s.Tries, s.SeenAt = 122, at0().Add(time.Minute)
	put(s)
	late := s
	late.Tries, late.SeenAt = 61, at0()
	put(late) // a write that was overtaken changes nothing
	put(Signal{App: "mixoo", ID: "sig_2", Kind: "wrong_passwords_network", Tries: 101, At: at0(), SeenAt: at0()})
	put(Signal{App: "mixoo", ID: "sig_3", Subject: "sub_gone", Kind: "many_tasks", Tries: 61, At: at0(), SeenAt: at0()})
	read := func(app privacy.AppID, now time.Time, before string) []Signal {
		t.Helper()
		list, err := Signals(t.Context(), db.App(app), now, before, 10)
		must(t, err)
		return list
	}
	if list := read("mixoo", at0(), ""); len(list) != 2 || list[0].ID != "sig_2" || list[0].Subject != "" || list[1] != s {
		t.Errorf("%+v", list)
	}
	if len(read("pixplus", at0(), "")) != 0 || len(read("mixoo", end, "")) != 0 || len(read("mixoo", at0(), "sig_2")) != 1 {
		t.Error("a signal is read elsewhere, after its clock, or twice")
	}
	must(t, write(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.EraseSubject(ctx, "mixoo", "sub_1") }))
	if list := read("mixoo", at0(), ""); len(list) != 1 || list[0].Subject != "" {
		t.Errorf("after the account: %+v", list)
	}
}

func TestAnAccountIsSuspendedOnceAtATime(t *testing.T) {
	t.Parallel()
	db := open(t)
	x := Suspension{App: "mixoo", ID: "sus_1", Subject: "sub_1", Case: "cas_1", Reason: "fraud", Staff: "stf_1", At: at0(), Until: at0().Add(time.Hour)}
	insert := func(x Suspension) error {
		return write(t, db, func(ctx context.Context, tx *store.Tx) error { return x.Insert(ctx, tx) })
	}
	lift := func(at time.Time) error {
		return write(t, db, func(ctx context.Context, tx *store.Tx) error { return x.Lift(ctx, tx, "stf_2", at) })
	}
	must(t, insert(x))
	again, gone, late := x, x, x
	again.ID, gone.ID, gone.Subject = "sus_2", "sus_3", "sub_gone"
	for name, x := range map[string]Suspension{"a second one": again, "of nobody": gone} {
		if err := insert(x); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	got, err := SuspensionByID(t.Context(), db.Everywhere(), "sus_1")
	if err != nil || got != x || !got.StandsAt(at0()) || got.StandsAt(x.Until) {
		t.Errorf("%+v, %v", got, err)
	}
	must(t, lift(at0().Add(time.Minute)))
	if err := lift(at0().Add(2 * time.Minute)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("lifted twice: %v", err)
	}
	if got, err := SuspensionByID(t.Context(), db.Everywhere(), "sus_1"); err != nil || got.StandsAt(at0()) || got.LiftedBy != "stf_2" || !got.LiftedAt.Equal(at0().Add(time.Minute)) {
		t.Errorf("%+v, %v", got, err)
	}
	must(t, insert(again))
	late.ID, late.At, late.Until = "sus_4", x.Until, x.Until.Add(time.Hour)
	if err := insert(late); err != nil {
		t.Errorf("after the one before has ended by its clock: %v", err)
	}
	for subject, want := range map[privacy.SubjectID]int{"sub_1": 3, "": 3, "sub_2": 0} {
		if list, err := Suspensions(t.Context(), db.App("mixoo"), subject, at0(), 10); err != nil || len(list) != want {
			t.Errorf("%q: %+v, %v", subject, list, err)
		}
	}
	if list, err := Suspensions(t.Context(), db.App("pixplus"), "", at0(), 10); err != nil || len(list) != 0 {
		t.Errorf("the other app's sub_1: %+v, %v", list, err)
	}
}
