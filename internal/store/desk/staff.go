// Package desk keeps what staff did: who they are, their cases and readings, orders and who agreed to
// them, closed apps, reviewed templates.
//
// It promises that every question about a person starts from one app, that a reading is one row that is
// never changed, and that nobody agrees twice. It never holds what people wrote: words are sealed objects.
package desk

import (
	"context"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/rows"
)

// Staff is the fact that somebody works at the desk. The credential itself is not stored.
type Staff struct {
	ID     privacy.StaffID
	Role   string
	Region string        // ISO 3166
	App    privacy.AppID // empty: every app
	At     time.Time
}

const staffColumns = `id, role, region, app, at`

func scanStaff(r rows.Scanner) (Staff, error) {
	var s Staff
	var at int64
	err := r.Scan(&s.ID, &s.Role, &s.Region, &s.App, &at)
	s.At = rows.At(at)
	return s, rows.NotFound(err)
}

// Insert adds the member of staff by the digest of a credential.
func (s Staff) Insert(ctx context.Context, tx *store.Tx, digest []byte) error {
	return rows.Exec(ctx, tx.SQL(), `INSERT INTO staff (id, role, region, app, token_digest, at) VALUES (?,?,?,?,?,?)`, s.ID, s.Role, s.Region, s.App, digest, rows.Ms(s.At))
}

// DeleteStaff removes a member of staff. It fails with store.ErrNotFound where there is none.
func DeleteStaff(ctx context.Context, tx *store.Tx, id privacy.StaffID) error {
	return rows.ExecOne(ctx, tx.SQL(), `DELETE FROM staff WHERE id = ?`, id)
}

// StaffBy returns the member of staff with that credential's digest.
func StaffBy(ctx context.Context, q rows.Queryer, digest []byte) (Staff, error) {
	return scanStaff(q.QueryRowContext(ctx, `SELECT `+staffColumns+` FROM staff WHERE token_digest = ?`, digest))
}

// AllStaff returns every member of staff, by identifier.
func AllStaff(ctx context.Context, q rows.Queryer) ([]Staff, error) {
	return rows.All(ctx, q, scanStaff, `SELECT `+staffColumns+` FROM staff ORDER BY id`)
}
