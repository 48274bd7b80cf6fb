package past

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/desk"
	"vow.example/vow/internal/store/people"
	"vow.example/vow/internal/store/storetest"
)

const app = privacy.AppID("one")

func now() time.Time { return time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC) }

func year() time.Time { return now().AddDate(1, 0, 0) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// open is a database in which two apps have a subject of the same name.
func open(t *testing.T) *store.DB {
	t.Helper()
	return storetest.Open(t, now(), year(), app, "two")
}

func write(t *testing.T, db *store.DB, f func(context.Context, *store.Tx) error) {
	t.Helper()
	must(t, db.Write(t.Context(), func(tx *store.Tx) error { return f(t.Context(), tx) }))
}

// end ends everything of the app.
func end(t *testing.T, db *store.DB, presets map[string]bool) (c Counts) {
	t.Helper()
	write(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
		c, err = End(ctx, tx, App{app, presets}, now().Add(time.Minute))
		return err
	})
	return c
}

func TestConsentsEndButThoseThatATaskHasUsedUp(t *testing.T) {
	t.Parallel()
	db := open(t)
	record := func(a privacy.AppID, id privacy.ConsentID, mode policy.ConsentMode, task privacy.TaskID, d consent.Decision) consent.Record {
		return consent.Record{ID: id, App: a, Subject: "sub_1", Feature: "avatar", Recipient: "r", Decision: d, Mode: mode, Task: task, At: now()}
	}
	given := map[privacy.ConsentID]consent.Record{}
	for _, r := range []consent.Record{
		record(app, "con_1standing", policy.PerFeature, "", consent.Given), record(app, "con_2unused", policy.PerTask, "", consent.Given),
		record(app, "con_3used", policy.PerTask, "tsk_1", consent.Given), record(app, "con_4no", policy.PerFeature, "", consent.Refused),
		record(app, "con_5back", policy.PerFeature, "", consent.Withdrawn), record(app, "con_6policy", "policy_acceptance", "", consent.Given),
		record("two", "con_7other", policy.PerFeature, "", consent.Given),
	} {
		given[r.ID] = r
		write(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.InsertConsent(ctx, r, year()) })
	}
	write(t, db, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(
			people.PutProfile(ctx, tx, people.Owner{App: app, Subject: "sub_1", Now: now()}, people.Profile{Acceptance: "con_0gone"}), // its record has reached its end
			people.PutGuardian(ctx, tx, people.Guardian{App: app, Subject: "sub_1", State: people.Confirmed, Link: []byte("l"), ExpiresAt: year()}, now()),
		)
	})
	if c := end(t, db, nil); c != (Counts{Consents: 3}) {
		t.Errorf("%+v", c)
	}
	for id, was := range given {
		is, err := db.App(was.App).Consent(t.Context(), "sub_1", id)
		must(t, err)
		ended := slices.Contains([]privacy.ConsentID{"con_1standing", "con_2unused", "con_6policy"}, id)
		if want := was.Decision; (is.Decision == consent.Revoked) != ended || !ended && is.Decision != want || ended && !is.ChangedAt.Equal(now().Add(time.Minute)) {
			t.Errorf("%s is %s at %s", id, is.Decision, is.ChangedAt)
		}
	}
	p, err := people.ProfileOf(t.Context(), db.App(app), "sub_1", now())
	if err != nil || p.Accepted || p.Guardian == people.Confirmed {
		t.Errorf("%+v, %v", p, err)
	}
	if c := end(t, db, nil); c != (Counts{}) {
		t.Errorf("the second time: %+v", c)
	}
}

func TestTasksAreMarkedAndWhatMayHaveLeftIsNotSaidToBeHere(t *testing.T) {
	t.Parallel()
	db := open(t)
	for _, k := range []store.Task{
		{ID: "tsk_1", App: app, Recipient: "far", State: store.Queued}, {ID: "tsk_2", App: app, Recipient: privacy.Own, State: store.Queued},
		{ID: "tsk_3", App: app, Recipient: "far", State: store.Failed, EndedAt: now()}, {ID: "tsk_4", App: "two", Recipient: "far", State: store.Queued},
	} {
		k.Subject, k.CreatedAt, k.OverdueAt, k.ExpiresAt = "sub_1", now(), year(), year()
		write(t, db, func(ctx context.Context, tx *store.Tx) error { return tx.InsertTask(ctx, k) })
	}
	if c := end(t, db, nil); c != (Counts{Tasks: 2}) {
		t.Errorf("%+v", c)
	}
	for id, want := range map[privacy.TaskID]string{"tsk_1": "restored true", "tsk_2": "restored false", "tsk_3": " false"} {
		k, err := db.App(app).TaskByID(t.Context(), id)
		must(t, err)
		if got := k.ErrorCode + map[bool]string{true: " true", false: " false"}[k.WasSent]; got != want || id != "tsk_3" && k.State != store.Queued {
			t.Errorf("%s: %q, %s", id, got, k.State)
		}
	}
	if k, err := db.App("two").TaskByID(t.Context(), "tsk_4"); err != nil || k.ErrorCode != "" || k.WasSent {
		t.Errorf("a task of another app: %+v, %v", k, err)
	}
}

func TestWhatWaitsIsDroppedAndWhatMayBeOnItsWayIsNotSentAgain(t *testing.T) {
	t.Parallel()
	db := open(t)
	write(t, db, func(ctx context.Context, tx *store.Tx) error {
		for _, row := range []string{`'fwd_1','queued',''`, `'fwd_2','prepared','trf_2'`, `'fwd_3','leaving','trf_3'`} {
			if _, err := tx.SQL().ExecContext(ctx, `INSERT INTO outbox (app, subject, kind, intake, recipient, platform, object, topic, done, was_sent, bytes, tries, next_at, at, expires_at, id, state, transfer)
				VALUES ('one','sub_1','report','usage','r','web',hex(randomblob(8)),'',0,0,0,0,0,0,9,`+row+`)`); err != nil {
				return err
			}
		}
		for _, of := range []string{"one", "two"} {
			if _, err := tx.SQL().ExecContext(ctx, `INSERT INTO shares (app, subject, object, token, transfer, at, expires_at) VALUES (?1,'sub_1','out_'||?1,cast(?1 AS BLOB),'trf_1',1,9)`, of); err != nil {
				return err
			}
			if _, err := tx.SQL().ExecContext(ctx, `INSERT INTO analytics_ids (app, subject, recipient, name, at, expires_at) VALUES (?,'sub_1','r','name',1,9)`, of); err != nil {
				return err
			}
		}
		return tx.InsertTransfer(ctx, disclosure.Entry{ID: "trf_2", App: app, Subject: "sub_1", Task: "fwd_2", Recipient: "r", At: now()}, year())
	})
	if c := end(t, db, nil); c != (Counts{Waiting: 2, Shares: 1}) {
		t.Errorf("%+v", c)
	}
	var states string
	must(t, db.Everywhere().QueryRowContext(t.Context(), `SELECT group_concat(id || ' ' || state) FROM (SELECT id, state FROM outbox ORDER BY id)`).Scan(&states))
	if states != "fwd_2 leaving,fwd_3 leaving" {
		t.Errorf("left: %s", states)
	}
	var left string
	must(t, db.Everywhere().QueryRowContext(t.Context(), `SELECT (SELECT group_concat(app) FROM shares) || ' ' || (SELECT group_concat(app) FROM analytics_ids)`).Scan(&left))
	if left != "two two" {
		t.Errorf("links and names are left in %s", left)
	}
}

func TestSwitchesFallBackToOffAndWhatProtectsStays(t *testing.T) {
	t.Parallel()
	const quiet = "message.update.push" // as the person switched it off
	presets := map[string]bool{"analytics": false, "messages": true}
	for name, c := range map[string]struct {
		was    people.Profile
		counts int
	}{
		"nothing was said, and one is preset on": {people.Profile{}, 1},
		"one was switched on":                    {people.Profile{Switches: map[string]bool{"analytics": true, "messages": false}}, 1},
		"one of an earlier policy was on":        {people.Profile{Switches: map[string]bool{"old": true, "messages": false}}, 1},
		"a permission was granted":               {people.Profile{Switches: map[string]bool{"messages": false}, Permissions: map[string]bool{"camera": true, "photos": false}}, 1},
		"a kind of messages was off":             {people.Profile{Switches: map[string]bool{"messages": false, quiet: false}}, 0},
		"all is off":                             {people.Profile{Switches: map[string]bool{"messages": false}, Permissions: map[string]bool{"photos": false}}, 0},
	} {
		db := open(t)
		c.was.Objections, c.was.Restriction, c.was.RestrictedAt = []privacy.Purpose{"usage_analysis"}, "accuracy_contested", now()
		for _, a := range []privacy.AppID{app, "two"} {
			write(t, db, func(ctx context.Context, tx *store.Tx) error {
				p := c.was
				p.Switches, p.Permissions = maps.Clone(p.Switches), maps.Clone(p.Permissions)
				return people.PutProfile(ctx, tx, people.Owner{App: a, Subject: "sub_1", Now: now()}, p)
			})
		}
		if got := end(t, db, presets); got != (Counts{People: c.counts}) {
			t.Errorf("%s: %+v", name, got)
		}
		p, err := people.ProfileOf(t.Context(), db.App(app), "sub_1", now())
		must(t, err)
		for id, on := range presets {
			if set, said := p.Switches[id]; on && (set || !said) || set {
				t.Errorf("%s: %s is on", name, id)
			}
		}
		if p.Switches["old"] || p.Permissions["camera"] || len(p.Objections) != 1 || p.Restriction == "" {
			t.Errorf("%s: %+v", name, p)
		}
		if _, said := c.was.Switches[quiet]; said {
			if on, still := p.Switches[quiet]; on || !still {
				t.Errorf("%s: messages are on again", name)
			}
		}
		if _, said := c.was.Permissions["photos"]; said {
			if granted, still := p.Permissions["photos"]; granted || !still {
				t.Errorf("%s: a denial is forgotten", name)
			}
		}
		theirs, err := people.ProfileOf(t.Context(), db.App("two"), "sub_1", now())
		if err != nil || !maps.Equal(theirs.Switches, orEmpty(c.was.Switches)) {
			t.Errorf("%s: another app's: %+v, %v", name, theirs, err)
		}
	}
}

func orEmpty(m map[string]bool) map[string]bool {
	if m == nil {
		return map[string]bool{}
	}
	return m
}

func TestCredentialsOfStaffEndAndALeafIsFoundByItsThing(t *testing.T) {
	t.Parallel()
	db := open(t)
	write(t, db, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(desk.Staff{ID: "stf_1", Role: "officer", Region: "US", At: now()}.Insert(ctx, tx, []byte("1")), desk.Staff{ID: "stf_2", Role: "owner", Region: "US", At: now()}.Insert(ctx, tx, []byte("2")))
	})
	write(t, db, func(ctx context.Context, tx *store.Tx) error {
		if n, err := EndStaff(ctx, tx); err != nil || n != 2 {
			t.Errorf("%d, %v", n, err)
		}
		if found, err := Noted(ctx, tx, "rst_1"); err != nil || found {
			t.Errorf("found a leaf that is not there: %v", err)
		}
		_, err := tx.SQL().ExecContext(ctx, `INSERT INTO audit_leaves (leaf, data, app, object, expires_at) VALUES (0, x'00', 'one', 'rst_1', 9)`)
		must(t, err)
		if found, err := Noted(ctx, tx, "rst_1"); err != nil || !found {
			t.Errorf("did not find the leaf: %v", err)
		}
		return nil
	})
	if all, err := desk.AllStaff(t.Context(), db.Everywhere()); err != nil || len(all) > 0 {
		t.Errorf("%d work here, %v", len(all), err)
	}
}
