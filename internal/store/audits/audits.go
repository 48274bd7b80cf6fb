// Package audits keeps when the security of an app was audited, part by part.
//
// It promises that a record never changes, that the latest one of each part is the one that counts, and that
// no app sees another one's. It holds no report, only its digest, and nothing about people.
package audits

import (
	"context"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/rows"
)

// Audit is the fact that one part of an app's security was audited. Nobody is in it but who wrote it
// down.
type Audit struct {
	App     privacy.AppID
	Part    string // a word of the policy: "access"
	At      time.Time
	Report  string // SHA-256 of the report, in hex
	Staff   privacy.StaffID
	NotedAt time.Time
}

// Insert records the audit. The same part at the same moment is recorded once: a second report of it changes
// nothing, and fails with store.ErrNotFound.
func (a Audit) Insert(ctx context.Context, tx *store.Tx) error {
	return rows.ExecOne(ctx, tx.SQL(), `INSERT INTO security_audits (app, part, at, report, staff, noted_at) VALUES (?,?,?,?,?,?) ON CONFLICT DO NOTHING`,
		a.App, a.Part, rows.Ms(a.At), a.Report, a.Staff, rows.Ms(a.NotedAt))
}

// Last returns the latest audit of each part of an app's security.
func Last(ctx context.Context, a store.App) ([]Audit, error) {
	q, app := a.Rows()
	return rows.All(ctx, q, func(r rows.Scanner) (Audit, error) {
		var x Audit
		var at, noted int64
		err := r.Scan(&x.App, &x.Part, &at, &x.Report, &x.Staff, &noted)
		x.At, x.NotedAt = rows.At(at), rows.At(noted)
		return x, err
	}, `SELECT app, part, at, report, staff, noted_at FROM security_audits s WHERE app = ?1
		AND NOT EXISTS (SELECT 1 FROM security_audits l WHERE l.app = ?1 AND l.part = s.part AND l.at > s.at) ORDER BY part`, app)
}
