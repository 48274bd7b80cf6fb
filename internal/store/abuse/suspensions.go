package abuse

import (
	"context"
	"database/sql"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/rows"
)

// Suspension is the fact that a member of staff decided that an account may start nothing for now.
type Suspension struct {
	App      privacy.AppID
	ID       string
	Subject  privacy.SubjectID
	Case     privacy.CaseID
	Reason   string // a code
	Staff    privacy.StaffID
	At       time.Time
	Until    time.Time // the end of its record, and of the suspension at the latest
	LiftedAt time.Time // zero: not lifted
	LiftedBy privacy.StaffID
}

// StandsAt reports whether the account is suspended at that moment.
func (s Suspension) StandsAt(now time.Time) bool { return s.LiftedAt.IsZero() && now.Before(s.Until) }

const suspensionColumns = `app, id, subject, case_id, reason, staff, at, expires_at, lifted_at, lifted_by`

func scanSuspension(r rows.Scanner) (Suspension, error) {
	var s Suspension
	var at, until int64
	var lifted sql.NullInt64
	err := r.Scan(&s.App, &s.ID, &s.Subject, &s.Case, &s.Reason, &s.Staff, &at, &until, &lifted, &s.LiftedBy)
	s.At, s.Until, s.LiftedAt = rows.At(at), rows.At(until), rows.AtNull(lifted)
	return s, rows.NotFound(err)
}

// Insert suspends a living account. It fails with store.ErrNotFound where the account is gone or
// suspended already.
func (s Suspension) Insert(ctx context.Context, tx *store.Tx) error {
	return rows.ExecOne(ctx, tx.SQL(), `INSERT INTO suspensions (app, id, subject, case_id, reason, staff, at, expires_at) SELECT ?1,?2,?3,?4,?5,?6,?7,?8
		WHERE EXISTS (SELECT 1 FROM subjects WHERE app = ?1 AND subject = ?3 AND expires_at > ?7)
		AND NOT EXISTS (SELECT 1 FROM suspensions WHERE app = ?1 AND subject = ?3 AND lifted_at IS NULL AND expires_at > ?7)`,
		s.App, s.ID, s.Subject, s.Case, s.Reason, s.Staff, rows.Ms(s.At), rows.Ms(s.Until))
}

// Lift ends the suspension. It fails with store.ErrNotFound where it has ended before.
func (s Suspension) Lift(ctx context.Context, tx *store.Tx, by privacy.StaffID, now time.Time) error {
	return rows.ExecOne(ctx, tx.SQL(), `UPDATE suspensions SET lifted_at = ?, lifted_by = ? WHERE id = ? AND lifted_at IS NULL`, rows.Ms(now), by, s.ID)
}

// SuspensionByID returns a suspension of any app: its identifier decides the app.
func SuspensionByID(ctx context.Context, q rows.Queryer, id string) (Suspension, error) {
	return scanSuspension(q.QueryRowContext(ctx, `SELECT `+suspensionColumns+` FROM suspensions WHERE id = ?`, id))
}

// Suspensions returns those of a subject, newest first, those that were lifted among them; of every
// subject of the app where s is empty.
func Suspensions(ctx context.Context, a store.App, s privacy.SubjectID, now time.Time, limit int) ([]Suspension, error) {
	q, app := a.Rows()
	return rows.All(ctx, q, scanSuspension, `SELECT `+suspensionColumns+` FROM suspensions WHERE app = ?1 AND ?2 IN ('', subject) AND expires_at > ?3 ORDER BY id DESC LIMIT ?4`,
		app, s, rows.Ms(now), limit)
}
