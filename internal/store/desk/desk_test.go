package desk

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/storetest"
)

func at0() time.Time { return time.Date(2026, 11, 21, 14, 0, 0, 0, time.UTC) }

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

func later() time.Time { return at0().AddDate(1, 0, 0) }

func TestAnAccessNeedsItsOpenCaseOfTheSamePerson(t *testing.T) {
	t.Parallel()
	db := open(t)
	c := Case{App: "pixplus", ID: "cas_1", Subject: "sub_1", Kind: "legal", Reason: "r", Staff: "stf_1", At: at0(), ClosesAt: at0().Add(time.Hour)}
	must(t, write(t, db, func(ctx context.Context, tx *store.Tx) error { return c.Insert(ctx, tx, later()) }))
	gone := c
	gone.ID, gone.Subject = "cas_2", "sub_gone"
	if err := write(t, db, func(ctx context.Context, tx *store.Tx) error { return gone.Insert(ctx, tx, later()) }); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a case about nobody: %v", err)
	}
	a := Access{App: "pixplus", ID: "acc_1", Subject: "sub_1", Case: "cas_1", Staff: "stf_1", Role: "officer", Region: "US", Object: "upl_1", Category: "source_photo", Purpose: "security", Reason: "r", At: at0()}
	insert := func(a Access) error {
		return write(t, db, func(ctx context.Context, tx *store.Tx) error { return a.Insert(ctx, tx, later()) })
	}
	must(t, insert(a))
	for name, change := range map[string]func(*Access){
		"another person": func(a *Access) { a.Subject = "sub_2" }, "another app": func(a *Access) { a.App = "mixoo" },
		"no case": func(a *Access) { a.Case = "" }, "a case that is over": func(a *Access) { a.At = at0().Add(time.Hour) },
	} {
		b := a
		b.ID = "acc_2"
		change(&b)
		if err := insert(b); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	got, err := Accesses(t.Context(), db.App("pixplus"), "sub_1", "", 10)
	if err != nil || len(got) != 1 || got[0] != a {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := Accesses(t.Context(), db.App("mixoo"), "sub_1", "", 10); err != nil || len(got) != 0 {
		t.Errorf("the other app's sub_1 sees %+v, %v", got, err)
	}
	must(t, write(t, db, func(ctx context.Context, tx *store.Tx) error { return c.Close(ctx, tx, at0().Add(-time.Minute)) }))
	must(t, write(t, db, func(ctx context.Context, tx *store.Tx) error { return c.Close(ctx, tx, at0().Add(time.Minute)) }))
	if c, err := CaseByID(t.Context(), db.Everywhere(), "cas_1"); err != nil || !c.ClosesAt.Equal(at0().Add(-time.Minute)) || c.OpenAt(at0()) {
		t.Errorf("a closed case opened again: %+v, %v", c, err)
	}
	if list, err := Cases(t.Context(), db.App("mixoo"), "", 10); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestAnOrderIsAgreedToByOthersAndUsedOnce(t *testing.T) {
	t.Parallel()
	db := open(t)
	o := Order{App: "pixplus", ID: "ord_1", Subject: "sub_1", Kind: Disclosure, Ground: "law", Categories: []privacy.Category{"account", "prompt"}, Document: "d", Staff: "stf_1", Needed: 2, State: Asked, At: at0(), Until: at0().Add(time.Hour)}
	must(t, write(t, db, func(ctx context.Context, tx *store.Tx) error { return o.Insert(ctx, tx, later()) }))
	approve := func(by privacy.StaffID, at time.Time) error {
		return write(t, db, func(ctx context.Context, tx *store.Tx) error { return o.Approve(ctx, tx, by, at) })
	}
	if err := approve("stf_1", at0()); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("who asked agreed: %v", err)
	}
	must(t, approve("stf_2", at0()))
	if err := approve("stf_2", at0()); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("agreed twice: %v", err)
	}
	if err := approve("stf_3", at0().Add(time.Hour)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("agreed to what is over: %v", err)
	}
	got, err := OrderByID(t.Context(), db.Everywhere(), "ord_1")
	if err != nil || !slices.Equal(got.Approvals, []privacy.StaffID{"stf_2"}) || !slices.Equal(got.Categories, o.Categories) || got.StandsAt(at0()) {
		t.Errorf("%+v, %v", got, err)
	}
	move := func(from Order, to string) error {
		return write(t, db, func(ctx context.Context, tx *store.Tx) error { return from.Move(ctx, tx, to, at0()) })
	}
	must(t, move(got, InForce))
	if err := move(got, InForce); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("put in force twice: %v", err)
	}
	if err := approve("stf_3", at0()); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("agreed to what is in force: %v", err)
	}
	got.State = InForce
	must(t, move(got, Done))
	if got, err := OrderByID(t.Context(), db.Everywhere(), "ord_1"); err != nil || got.State != Done || !got.EndedAt.Equal(at0()) {
		t.Errorf("%+v, %v", got, err)
	}
	for app, want := range map[privacy.AppID]int{"pixplus": 1, "mixoo": 0} {
		if list, err := Orders(t.Context(), db.App(app), "sub_1", 10); err != nil || len(list) != want {
			t.Errorf("%s: %+v, %v", app, list, err)
		}
	}
}

func TestAnOrderAboutAPersonKeepsWhatWasThereWhenItWasAskedFor(t *testing.T) {
	t.Parallel()
	db := open(t)
	for _, o := range []Order{
		{ID: "ord_all", Kind: Hold}, {ID: "ord_one", Kind: Hold, Object: "upl_1"}, {ID: "ord_mine", Kind: Keep, Object: "upl_2"},
		{ID: "ord_else", Kind: Override, Object: "upl_1"}, {ID: "ord_open", Kind: Hold, Object: "upl_1", State: Asked},
	} {
		if o.State == "" {
			o.State = InForce
		}
		o.App, o.Subject, o.Ground, o.Staff, o.At, o.Until = "pixplus", "sub_1", "g", "stf_1", at0(), at0().Add(time.Hour)
		must(t, write(t, db, func(ctx context.Context, tx *store.Tx) error { return o.Insert(ctx, tx, later()) }))
	}
	ids := func(o store.Object, now time.Time) (ids []string) {
		o.App, o.Subject = "pixplus", "sub_1"
		list, err := Standing(t.Context(), db.App("pixplus"), o, now)
		must(t, err)
		for _, o := range list {
			ids = append(ids, o.ID)
		}
		return ids
	}
	object := func(id privacy.ObjectID, written time.Time) (o store.Object) {
		o.Object, o.WrittenAt = id, written
		return o
	}
	for name, c := range map[string]struct {
		o    store.Object
		now  time.Time
		want []string
	}{
		"named":       {object("upl_1", at0()), at0(), []string{"ord_all", "ord_one"}},
		"kept":        {object("upl_2", at0()), at0(), []string{"ord_all", "ord_mine"}},
		"there then":  {object("upl_3", at0()), at0(), []string{"ord_all"}},
		"came later":  {object("upl_3", at0().Add(time.Second)), at0(), nil},
		"all is over": {object("upl_1", at0()), at0().Add(time.Hour), nil},
	} {
		if got := ids(c.o, c.now); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestAnAppEndsOnce(t *testing.T) {
	t.Parallel()
	db := open(t)
	c := Closing{App: "pixplus", Notice: "ntc_1", Staff: "stf_1", At: at0(), PurgeAt: at0().Add(time.Hour)}
	end := func() error {
		return write(t, db, func(ctx context.Context, tx *store.Tx) error { return c.Insert(ctx, tx) })
	}
	must(t, end())
	if err := end(); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("%v", err)
	}
	for now, want := range map[time.Time]int{at0(): 0, c.PurgeAt: 1} {
		if due, err := DueClosings(t.Context(), db.Everywhere(), now); err != nil || len(due) != want {
			t.Errorf("%v: %+v, %v", now, due, err)
		}
	}
	must(t, write(t, db, func(ctx context.Context, tx *store.Tx) error { return c.Purged(ctx, tx, c.PurgeAt) }))
	if due, err := DueClosings(t.Context(), db.Everywhere(), later()); err != nil || len(due) != 0 {
		t.Errorf("%+v, %v", due, err)
	}
	if _, err := ClosingOf(t.Context(), db.App("mixoo")); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("%v", err)
	}
}
