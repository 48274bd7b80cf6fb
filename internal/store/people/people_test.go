package people

import (
	"context"
	"errors"
	"testing"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/storetest"
)

func now() time.Time { return time.Date(2026, 11, 21, 14, 0, 0, 0, time.UTC) }

// open is a database in which two apps have a subject of the same name.
func open(t *testing.T) *store.DB {
	t.Helper()
	return storetest.Open(t, now(), now().AddDate(0, 6, 0), "one", "two")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, db *store.DB, f func(context.Context, *store.Tx) error) {
	t.Helper()
	must(t, db.Write(t.Context(), func(tx *store.Tx) error { return f(t.Context(), tx) }))
}

func TestAnAppSeesOnlyItsOwnPeople(t *testing.T) {
	t.Parallel()
	db, year := open(t), now().AddDate(1, 0, 0)
	write(t, db, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(
			PutProfile(ctx, tx, Owner{"one", "sub_1", now()}, Profile{Restriction: "accuracy_contested", Switches: map[string]bool{"analytics": true}, Objections: []privacy.Purpose{"usage_analysis"}}),
			PutAge(ctx, tx, "one", "sub_1", Age{"over", now(), year}),
			PutGuardian(ctx, tx, Guardian{App: "one", Subject: "sub_1", State: Asked, Contact: []byte("c"), Link: []byte("l"), At: now(), ExpiresAt: year}, now()),
			InsertLogin(ctx, tx, "one", Login{Subject: "sub_1", Login: []byte("me"), Password: []byte("p")}, now()),
			InsertRemembered(ctx, tx, Remembered{App: "one", ID: "rem_1", Subject: "sub_1", Token: []byte("t"), Platform: "web", At: now(), ExpiresAt: year}),
			PutRefusal(ctx, tx, Refusal{"one", []byte("d"), now(), year}),
		)
	})
	mine, err := ProfileOf(t.Context(), db.App("one"), "sub_1", now())
	if err != nil || mine.Band != "over" || mine.Guardian != Asked || !mine.Login || !mine.Switches["analytics"] || mine.Restriction == "" || len(mine.Objections) != 1 {
		t.Errorf("%+v %v", mine, err)
	}
	theirs, err := ProfileOf(t.Context(), db.App("two"), "sub_1", now())
	if err != nil || theirs.Band != "" || theirs.Guardian != "" || theirs.Login || len(theirs.Switches) != 0 || theirs.Restriction != "" {
		t.Errorf("another app sees %+v %v", theirs, err)
	}
	for name, err := range map[string]error{
		"guardian": second(GuardianOf(t.Context(), db.App("two"), "sub_1")), "login": second(LoginBy(t.Context(), db.App("two"), []byte("me"), now())), "login of": second(LoginOf(t.Context(), db.App("two"), "sub_1")),
	} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if found, err := Refused(t.Context(), db.App("two"), []byte("d"), now()); err != nil || found {
		t.Errorf("refused in another app: %v %v", found, err)
	}
	write(t, db, func(ctx context.Context, tx *store.Tx) error {
		if _, err := TakeRemembered(ctx, tx, "two", []byte("t")); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("taken by another app: %v", err)
		}
		if n, err := EraseRemembered(ctx, tx, "two", "sub_1"); err != nil || n != 0 {
			t.Errorf("erased by another app: %d %v", n, err)
		}
		if err := EraseLogin(ctx, tx, "two", "sub_1"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("erased by another app: %v", err)
		}
		return nil
	})
}

func second[A any](_ A, err error) error { return err }

func TestTheClocksOfAPersonsRowsMoveWithTheAccountAndKeepTheirLength(t *testing.T) {
	t.Parallel()
	db := open(t)
	write(t, db, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(
			PutAge(ctx, tx, "one", "sub_1", Age{"over", now(), now().AddDate(0, 0, 30)}),
			PutGuardian(ctx, tx, Guardian{App: "one", Subject: "sub_1", State: Asked, Link: []byte("l"), At: now(), ExpiresAt: now().Add(time.Hour)}, now()),
		)
	})
	write(t, db, func(ctx context.Context, tx *store.Tx) error {
		return tx.TouchSubject(ctx, "one", "sub_1", now().AddDate(0, 0, 20), now().AddDate(0, 6, 20))
	})
	for days, want := range map[int]string{0: "over", 49: "over", 50: ""} {
		p, err := ProfileOf(t.Context(), db.App("one"), "sub_1", now().AddDate(0, 0, days))
		if err != nil || p.Band != want {
			t.Errorf("after %d days: %q %v", days, p.Band, err)
		}
	}
	g, err := GuardianOf(t.Context(), db.App("one"), "sub_1")
	if err != nil || !g.ExpiresAt.Equal(now().Add(time.Hour)) {
		t.Errorf("a question to a guardian waits longer because the account is used: %v %v", g.ExpiresAt, err)
	}
}

func TestNothingIsWrittenForAnAccountThatEnded(t *testing.T) {
	t.Parallel()
	db, late := open(t), now().AddDate(1, 0, 0)
	for name, do := range map[string]func(context.Context, *store.Tx) error{
		"profile": func(ctx context.Context, tx *store.Tx) error {
			return PutProfile(ctx, tx, Owner{"one", "sub_1", late}, Profile{})
		},
		"age": func(ctx context.Context, tx *store.Tx) error {
			return PutAge(ctx, tx, "one", "sub_1", Age{"over", late, late.AddDate(1, 0, 0)})
		},
		"guardian": func(ctx context.Context, tx *store.Tx) error {
			return PutGuardian(ctx, tx, Guardian{App: "one", Subject: "sub_1", ExpiresAt: late}, late)
		},
		"login": func(ctx context.Context, tx *store.Tx) error {
			return InsertLogin(ctx, tx, "one", Login{Subject: "sub_1", Login: []byte("me"), Password: []byte("p")}, late)
		},
		"device": func(ctx context.Context, tx *store.Tx) error {
			return InsertRemembered(ctx, tx, Remembered{App: "one", ID: "rem_1", Subject: "sub_1", Token: []byte("t"), At: late, ExpiresAt: late})
		},
	} {
		if err := db.Write(t.Context(), func(tx *store.Tx) error { return do(t.Context(), tx) }); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ProfileOf(t.Context(), db.App("one"), "sub_1", late); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
}
