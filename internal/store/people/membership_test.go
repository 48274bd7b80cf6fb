package people

import (
	"context"
	"errors"
	"testing"
	"time"

	"vow.example/vow/internal/store"
)

func TestAMembershipEndsAtItsOwnEndOrAtItsClockWhicheverIsEarlier(t *testing.T) {
	t.Parallel()
	db, day := open(t), 24*time.Hour
	put := func(until, due time.Time, starts string) {
		write(t, db, func(ctx context.Context, tx *store.Tx) error {
			return Membership{App: "one", Subject: "sub_1", Level: "gold", Until: until, At: now(), Starts: starts, Due: due}.Put(ctx, tx)
		})
	}
	stands := func(at time.Time) bool {
		p, err := ProfileOf(t.Context(), db.App("one"), "sub_1", at)
		must(t, err)
		m, err := MembershipOf(t.Context(), db.App("one"), "sub_1", at)
		if (err == nil) != (p.Member == "gold") || err == nil && (!m.Until.Equal(p.MemberUntil) || m.Level != "gold") || err != nil && !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the profile and the row differ: %+v %+v %v", p, m, err)
		}
		return err == nil
	}
	for name, c := range map[string]struct{ until, due time.Duration }{"its own end": {10 * day, 90 * day}, "its clock": {90 * day, 10 * day}} {
		put(now().Add(c.until), now().Add(c.due), "item_written")
		if !stands(now().Add(10*day-time.Millisecond)) || stands(now().Add(10*day)) {
			t.Errorf("it does not end at %s", name)
		}
	}
	use := func(days int) {
		write(t, db, func(ctx context.Context, tx *store.Tx) error {
			return tx.TouchSubject(ctx, "one", "sub_1", now(), now().AddDate(0, 6, days))
		})
	}
	use(5)
	if stands(now().Add(10 * day)) {
		t.Error("use of the account moves a clock that does not count from it")
	}
	put(now().Add(20*day), now().Add(10*day), "last_active")
	use(9)
	if !stands(now().Add(14*day-time.Millisecond)) || stands(now().Add(14*day)) {
		t.Error("four days later it does not end four days later")
	}
	use(90)
	if !stands(now().Add(20*day-time.Millisecond)) || stands(now().Add(20*day)) {
		t.Error("use makes a membership longer than it is")
	}
	if _, err := MembershipOf(t.Context(), db.App("two"), "sub_1", now()); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("another app knows: %v", err)
	}
	late := now().AddDate(2, 0, 0)
	m := Membership{App: "one", Subject: "sub_1", Level: "gold", Until: late.AddDate(1, 0, 0), At: late, Starts: "item_written", Due: late.AddDate(1, 0, 0)}
	for name, do := range map[string]func(context.Context, *store.Tx) error{
		"a member": func(ctx context.Context, tx *store.Tx) error { return m.Put(ctx, tx) },
		"a record": func(ctx context.Context, tx *store.Tx) error { return m.Record(ctx, tx, "sbn_1", m.Until) },
		"an end": func(ctx context.Context, tx *store.Tx) error {
			return Membership{App: "two", Subject: "sub_1"}.End(ctx, tx)
		},
	} {
		if err := db.Write(t.Context(), func(tx *store.Tx) error { return do(t.Context(), tx) }); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s of an account that ended, or of another app's: %v", name, err)
		}
	}
}
