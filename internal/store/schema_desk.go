package store

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store/rows"
)

// deskSchema classifies what the desk writes and counts. Members of staff, closed apps, counts and templates are nobody's
// personal data; everything about a subject ends with the account.
func deskSchema() map[string]table {
	return map[string]table{
		"staff": {columns: map[string]class{"id": id, "role": code, "region": code, "app": id, "token_digest": digest, "at": moment}},
		"memberships": {personal: true, fate: sweeps, category: "membership_status", since: "at", columns: map[string]class{"app": id, "subject": ref, "level": code, "starts": code,
			"ends_at": moment, "due_at": moment, "at": moment, "expires_at": moment}},
		"subscriptions": {personal: true, fate: sweeps, category: "subscription_record", since: "at", columns: map[string]class{"app": id, "id": id, "subject": ref, "level": code,
			"ends_at": moment, "at": moment, "expires_at": moment}},
		"cases": {personal: true, fate: sweeps, category: "audit_entry", since: "at", columns: map[string]class{"app": id, "id": id, "subject": ref, "kind": code, "reason": code,
			"staff": ref, "at": moment, "closes_at": moment, "expires_at": moment}},
		"accesses": {personal: true, fate: sweeps, category: "audit_entry", since: "at", columns: map[string]class{"app": id, "id": id, "subject": ref, "case_id": ref, "staff": ref,
			"role": code, "region": code, "object": ref, "category": code, "purpose": code, "ground": code, "reason": code, "policy_hash": digest, "at": moment, "expires_at": moment}},
		"orders": {personal: true, fate: sweeps, category: "disclosure_record", since: "at", columns: map[string]class{"app": id, "id": id, "subject": ref, "kind": code, "ground": code,
			"object": ref, "categories": code, "document": ref, "consent": ref, "abroad": code, "words": ref, "staff": ref, "needed": count, "state": code,
			"at": moment, "until": moment, "ended_at": moment, "expires_at": moment}},
		"approvals":       {personal: true, fate: sweeps, columns: map[string]class{"app": id, "subject": ref, "order_id": ref, "staff": ref, "at": moment, "expires_at": moment}},
		"closings":        {columns: map[string]class{"app": id, "notice": ref, "staff": ref, "at": moment, "purge_at": moment, "purged_at": moment}},
		"tallies":         {fate: sweepsOnly, columns: map[string]class{"app": id, "category": code, "day": moment, "things": count, "people": count, "expires_at": moment}},
		"security_audits": {columns: map[string]class{"app": id, "part": code, "at": moment, "report": digest, "staff": ref, "noted_at": moment}},
		"templates":       {columns: map[string]class{"app": id, "kind": code, "id": id, "digest": digest, "state": code, "author": ref, "reviewer": ref, "at": moment}},
	}
}

// HoldObject records that something keeps an object beyond its clock, and the hour under which its key
// now lives. It fails with ErrNotFound where the object is gone or lives in memory: a hold creates
// nothing and brings nothing back.
func (t *Tx) HoldObject(ctx context.Context, ref vault.Ref, kind string, until time.Time) error {
	if kind != HoldOrder && kind != HoldKeep {
		return errors.New("store: an object is held by an order or by its owner's wish")
	}
	return t.execOne(ctx, `UPDATE objects SET hold = ?, hold_until = ?, epoch = ? WHERE app = ? AND id = ? AND storage = 'disk'`,
		kind, rows.Ms(until), rows.Ms(ref.Epoch), ref.App, ref.Object)
}

// FreeObject records that nothing keeps an object beyond its clock any more.
func (t *Tx) FreeObject(ctx context.Context, app privacy.AppID, id privacy.ObjectID) error {
	return t.exec(ctx, `UPDATE objects SET hold = '', hold_until = NULL WHERE app = ? AND id = ?`, app, id)
}

// SealObject records that a held object is to be erased, and why: from now on nobody reads it, and the
// sweep erases it when the hold ends. The first reason stays.
func (t *Tx) SealObject(ctx context.Context, app privacy.AppID, id privacy.ObjectID, why string, now time.Time) error {
	return t.exec(ctx, `UPDATE objects SET ending = CASE ending WHEN '' THEN ?1 ELSE ending END, destroy_at = min(destroy_at, ?2), expires_at = min(expires_at, ?2),
		idle_at = NULL WHERE app = ?3 AND id = ?4`, why, rows.Ms(now), app, id)
}

// FactsOf returns the rows that the database holds of a subject in one record category, by table.
func (a App) FactsOf(ctx context.Context, s privacy.SubjectID, c privacy.Category) (map[string][]Fact, error) {
	all, err := a.Facts(ctx, s)
	maps.DeleteFunc(all, func(name string, _ []Fact) bool { return schema()[name].category != c })
	return all, err
}

// CategoryCount counts what is held of one category in an app.
type CategoryCount struct {
	Things, People int
	Hidden         bool // of too few people to say
}

// CountCategory counts objects and rows of a category that may serve a purpose: those of people who
// objected to it, or whose data is restricted, are left out.
func (a App) CountCategory(ctx context.Context, c privacy.Category, u privacy.Purpose, now time.Time) (CategoryCount, error) {
	// Every table's own column that names the category, or none.
	from := []string{`SELECT subject FROM objects WHERE app = ?1 AND category = ?2 AND expires_at > ?3 AND ending = ''`}
	declared := schema()
	for _, name := range slices.Sorted(maps.Keys(declared)) {
		if t := declared[name]; t.personal && t.category == c {
			from = append(from, `SELECT subject FROM `+name+` WHERE app = ?1 AND expires_at > ?3 AND subject IS NOT NULL`)
		}
	}
	var n CategoryCount
	err := a.q.QueryRowContext(ctx, `SELECT count(*), count(DISTINCT subject) FROM (`+strings.Join(from, ` UNION ALL `)+`) AS held
		WHERE NOT EXISTS (SELECT 1 FROM profiles p WHERE p.app = ?1 AND p.subject = held.subject
			AND (p.restriction <> '' OR instr(',' || p.objections || ',', ',' || ?4 || ',') > 0))`, a.id, c, rows.Ms(now), u).Scan(&n.Things, &n.People)
	return n, err
}
