// Package past ends what rows say of a time that is over: after a backup was put back, nothing that stood
// then stands until somebody says so anew.
//
// It promises that one transaction ends everything of an app, that what may have left since is said to be
// unknown and never to be unsent, and that what protects a person stays: objections, restrictions,
// permissions that a device denies. It never erases evidence, and it ends no task: it marks each with the
// reason, and the pipeline ends it.
package past

import (
	"context"
	"fmt"
	"maps"
	"time"

	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/people"
	"vow.example/vow/internal/store/rows"
)

// Restored is the code of a task that was under way in a backup.
const Restored = "restored"

// App is an app whose rows a backup has brought back.
type App struct {
	ID       privacy.AppID
	Switches map[string]bool // of its policies, as they are preset
}

// Counts says how much was ended.
type Counts struct {
	Tasks    int
	Consents int
	Shares   int // links to works
	Waiting  int // reports and messages that had not left
	People   int // who had something switched on
}

// Plus adds counts up.
func (c Counts) Plus(d Counts) Counts {
	return Counts{c.Tasks + d.Tasks, c.Consents + d.Consents, c.Shares + d.Shares, c.Waiting + d.Waiting, c.People + d.People}
}

// End ends everything of an app that stands at a moment. Where nothing stands it changes nothing.
func End(ctx context.Context, tx *store.Tx, a App, now time.Time) (c Counts, err error) {
	if c.Tasks, err = tasks(ctx, tx, a.ID); err != nil {
		return c, err
	}
	if c.Consents, err = consents(ctx, tx, a.ID, now); err != nil {
		return c, err
	}
	if err = rows.Exec(ctx, tx.SQL(), `DELETE FROM memberships WHERE app = ?`, a.ID); err != nil {
		return c, err
	}
	if c.Shares, err = rows.ExecCount(ctx, tx.SQL(), `DELETE FROM shares WHERE app = ?`, a.ID); err != nil {
		return c, err
	}
	if c.Waiting, err = waiting(ctx, tx, a.ID); err != nil {
		return c, err
	}
	c.People, err = choices(ctx, tx, a, now)
	return c, err
}

// tasks marks every open task. What another recipient was to get may have left since: nobody here knows.
func tasks(ctx context.Context, tx *store.Tx, app privacy.AppID) (int, error) {
	return rows.ExecCount(ctx, tx.SQL(), `UPDATE tasks SET error_code = ?, error_class = '', was_sent = CASE recipient WHEN ? THEN was_sent ELSE 1 END
		WHERE app = ? AND ended_at IS NULL`, Restored, privacy.Own, app)
}

// consents revokes every given consent but those that one task has used up: they are history, and open
// nothing. A guardian's and the one to the policy count among them, also where their record has ended before.
func consents(ctx context.Context, tx *store.Tx, app privacy.AppID, now time.Time) (int, error) {
	n, err := rows.ExecCount(ctx, tx.SQL(), `UPDATE consents SET decision = ?, changed_at = ? WHERE app = ? AND decision = ? AND NOT (mode = ? AND task <> '')`,
		int(consent.Revoked), rows.Ms(now), app, int(consent.Given), policy.PerTask)
	if err != nil {
		return n, err
	}
	if err := rows.Exec(ctx, tx.SQL(), `UPDATE profiles SET acceptance = '' WHERE app = ? AND acceptance <> ''`, app); err != nil {
		return n, err
	}
	return n, rows.Exec(ctx, tx.SQL(), `UPDATE guardians SET state = 'declined', code = x'' WHERE app = ? AND state IN (?, ?)`, app, people.Confirmed, people.Shown)
}

// waiting drops what had not left. Of what has a ledger row it cannot be known: it counts as on its way, and
// whoever sends ends it like everything that was on its way when a process ended.
func waiting(ctx context.Context, tx *store.Tx, app privacy.AppID) (int, error) {
	queued, err := rows.ExecCount(ctx, tx.SQL(), `DELETE FROM outbox WHERE app = ? AND state = 'queued'`, app)
	if err != nil {
		return queued, err
	}
	prepared, err := rows.ExecCount(ctx, tx.SQL(), `UPDATE outbox SET state = 'leaving' WHERE app = ? AND state = 'prepared'`, app)
	return queued + prepared, err
}

// choices turns every switch off and forgets every permission that was granted, with the names by which
// companies told people's events. Only people for whom that changes something are written.
func choices(ctx context.Context, tx *store.Tx, a App, now time.Time) (n int, err error) {
	if err := rows.Exec(ctx, tx.SQL(), `DELETE FROM analytics_ids WHERE app = ?`, a.ID); err != nil {
		return 0, err
	}
	living, err := rows.All(ctx, tx.SQL(), func(r rows.Scanner) (id privacy.SubjectID, err error) {
		err = r.Scan(&id)
		return id, err
	}, `SELECT subject FROM subjects WHERE app = ? AND expires_at > ?`, a.ID, rows.Ms(now))
	if err != nil {
		return 0, fmt.Errorf("store: people of then: %w", err)
	}
	for _, id := range living {
		p, err := people.ProfileOf(ctx, tx.App(a.ID), id, now)
		if err != nil {
			return n, err
		}
		if !turnOff(&p, a.Switches) {
			continue
		}
		if err := people.PutProfile(ctx, tx, people.Owner{App: a.ID, Subject: id, Now: now}, p); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// turnOff reports whether anything was on.
func turnOff(p *people.Profile, presets map[string]bool) (was bool) {
	on := maps.Clone(presets)
	maps.Copy(on, p.Switches)
	for id, set := range on {
		was = was || set
		p.Switches[id] = false
	}
	before := len(p.Permissions)
	maps.DeleteFunc(p.Permissions, func(_ string, granted bool) bool { return granted })
	return was || len(p.Permissions) != before
}

// EndStaff ends the credential of everybody at the desk: which of them was taken away since, no row says.
func EndStaff(ctx context.Context, tx *store.Tx) (int, error) {
	return rows.ExecCount(ctx, tx.SQL(), `DELETE FROM staff`)
}

// Noted reports whether the audit log has a leaf about a thing.
func Noted(ctx context.Context, tx *store.Tx, object string) (found bool, err error) {
	if err := tx.SQL().QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM audit_leaves WHERE object = ?)`, object).Scan(&found); err != nil {
		return false, fmt.Errorf("store: leaf about a thing: %w", err)
	}
	return found, nil
}
