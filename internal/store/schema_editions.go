package store

import (
	"context"
	"fmt"
	"time"

	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store/rows"
)

// public is the class of a text that was published: it says nothing about any person.
const public class = "public"

// editionsSchema classifies published versions, what was announced, and whom a version binds.
func editionsSchema() map[string]table {
	return map[string]table{
		"policy_versions": {columns: map[string]class{"app": id, "number": count, "version": code, "hash": digest, "source": public, "class": code,
			"published_by": ref, "published_at": moment, "effective_at": moment}},
		"notices": {columns: map[string]class{"app": id, "id": id, "kind": code, "class": code, "number": count, "text": public, "channels": code, "directed": code,
			"created_at": moment, "effective_at": moment, "reached": count, "told_at": moment}},
		"acks": {personal: true, fate: withAccount, category: "account", since: "at", columns: map[string]class{"app": id, "subject": ref, "notice": ref,
			"shown_at": moment, "acked_at": moment, "at": moment, "expires_at": moment}},
		"bindings": {personal: true, fate: withAccount, category: "account", since: "at", columns: map[string]class{"app": id, "subject": ref, "number": count,
			"how": code, "at": moment, "expires_at": moment}},
	}
}

// ObjectsNotUnder returns objects of an app that were stored under another policy than the one with that
// digest, in the order of their identifiers.
func (a App) ObjectsNotUnder(ctx context.Context, hash privacy.PolicyHash, after privacy.ObjectID, limit int) ([]Object, error) {
	return rows.All(ctx, a.q, scanObject, `SELECT `+objectFacts+` FROM objects WHERE app = ? AND policy_hash <> ? AND id > ? AND ending = '' ORDER BY id LIMIT ?`,
		a.id, hash, after, limit)
}

// Shorten moves an object's end earlier and leaves its idle clock alone. An end that is not earlier
// changes nothing.
func (t *Tx) Shorten(ctx context.Context, app privacy.AppID, ref vault.Ref, d retention.Deadline) error {
	return t.exec(ctx, `UPDATE objects SET rule = CASE WHEN idle_at IS NULL THEN ?1 ELSE rule END, starts = CASE WHEN idle_at IS NULL THEN ?2 ELSE starts END,
		epoch = ?3, destroy_at = min(destroy_at, ?4), expires_at = ?5 WHERE app = ?6 AND id = ?7 AND expires_at > ?5`,
		d.Rule(), d.Starts(), rows.Ms(ref.Epoch), rows.Ms(d.DestroyBy()), rows.Ms(d.At()), app, ref.Object)
}

// ShortenIdle moves the idle clock of an unused object earlier. Once a task has taken it, nothing happens.
func (t *Tx) ShortenIdle(ctx context.Context, app privacy.AppID, id privacy.ObjectID, d retention.Deadline) error {
	return t.exec(ctx, `UPDATE objects SET rule = ?1, starts = ?2, idle_at = ?3 WHERE app = ?4 AND id = ?5 AND idle_at > ?3`,
		d.Rule(), d.Starts(), rows.Ms(d.At()), app, id)
}

// dated is one row with the moment that its clock started.
type dated struct {
	row            int64
	since, expires time.Time
}

// ShortenRows moves the end of every row of a record category earlier that would outlive a limit which
// starts with the row, and returns how many it moved. An account's clock starts with its last use.
func (t *Tx) ShortenRows(ctx context.Context, app privacy.AppID, c privacy.Category, limit policy.Limit) (int, error) {
	total := 0
	for name, x := range schema() {
		since := x.since
		if name == "subjects" {
			since = "seen_at"
		}
		ends := x.fate == sweeps || x.fate == sweepsOnly || name == "subjects"
		if x.category != c || since == "" || !ends {
			continue
		}
		n, err := t.shortenTable(ctx, name, since, app, limit)
		if err != nil {
			return total, err
		}
		total += n
	}
	if c != "account" || total == 0 {
		return total, nil
	}
	return total, t.exec(ctx, `UPDATE sessions SET expires_at = min(expires_at, (SELECT s.expires_at FROM subjects s WHERE s.app = sessions.app AND s.subject = sessions.subject)) WHERE app = ?`, app)
}

func (t *Tx) shortenTable(ctx context.Context, name, since string, app privacy.AppID, limit policy.Limit) (int, error) {
	list, err := rows.All(ctx, t.tx, func(r rows.Scanner) (dated, error) {
		var d dated
		var from, to int64
		err := r.Scan(&d.row, &from, &to)
		d.since, d.expires = rows.At(from), rows.At(to)
		return d, err
	}, `SELECT rowid, `+since+`, expires_at FROM `+name+` WHERE app = ? AND expires_at - `+since+` > ?`, app, shortest(limit).Milliseconds())
	if err != nil {
		return 0, fmt.Errorf("store: rows of %s: %w", name, err)
	}
	n := 0
	for _, d := range list {
		end := limit.After(d.since)
		if !end.Before(d.expires) {
			continue
		}
		if err := t.exec(ctx, `UPDATE `+name+` SET expires_at = min(expires_at, ?) WHERE rowid = ?`, rows.Ms(end), d.row); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// shortest is how long a limit lasts at least: months and years differ.
func shortest(l policy.Limit) time.Duration {
	const day = 24 * time.Hour
	return time.Duration(l.Years)*365*day + time.Duration(l.Months)*28*day + time.Duration(l.Days)*day + l.Time
}
