package desk

import (
	"context"
	"fmt"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/rows"
)

// Case is the fact that somebody of the staff has a reason to look at one subject.
type Case struct {
	App      privacy.AppID
	ID       privacy.CaseID
	Subject  privacy.SubjectID
	Kind     string
	Reason   string // a code
	Staff    privacy.StaffID
	At       time.Time
	ClosesAt time.Time
}

// OpenAt reports whether the case is open at that moment.
func (c Case) OpenAt(now time.Time) bool { return now.Before(c.ClosesAt) }

const caseColumns = `app, id, subject, kind, reason, staff, at, closes_at`

func scanCase(r rows.Scanner) (Case, error) {
	var c Case
	var at, closes int64
	err := r.Scan(&c.App, &c.ID, &c.Subject, &c.Kind, &c.Reason, &c.Staff, &at, &closes)
	c.At, c.ClosesAt = rows.At(at), rows.At(closes)
	return c, rows.NotFound(err)
}

// Insert opens the case about a living subject. It fails with store.ErrNotFound where the account is gone.
func (c Case) Insert(ctx context.Context, tx *store.Tx, expires time.Time) error {
	return rows.ExecOne(ctx, tx.SQL(), `INSERT INTO cases (`+caseColumns+`, expires_at) SELECT ?1,?2,?3,?4,?5,?6,?7,?8,?9
		WHERE EXISTS (SELECT 1 FROM subjects WHERE app = ?1 AND subject = ?3 AND expires_at > ?7)`,
		c.App, c.ID, c.Subject, c.Kind, c.Reason, c.Staff, rows.Ms(c.At), rows.Ms(c.ClosesAt), rows.Ms(expires))
}

// Close ends the case; one that has ended stays as it is.
func (c Case) Close(ctx context.Context, tx *store.Tx, now time.Time) error {
	return rows.ExecOne(ctx, tx.SQL(), `UPDATE cases SET closes_at = min(closes_at, ?) WHERE app = ? AND id = ?`, rows.Ms(now), c.App, c.ID)
}

// ReadBy reports whether a member of staff has read something within the case.
func (c Case) ReadBy(ctx context.Context, q rows.Queryer, staff privacy.StaffID) (read bool, err error) {
	if err = q.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM accesses WHERE app = ? AND subject = ? AND case_id = ? AND staff = ?)`, c.App, c.Subject, c.ID, staff).Scan(&read); err != nil {
		return false, fmt.Errorf("desk: readings of a case: %w", err)
	}
	return read, nil
}

// CaseByID returns a case of any app: its identifier decides the app.
func CaseByID(ctx context.Context, q rows.Queryer, id privacy.CaseID) (Case, error) {
	return scanCase(q.QueryRowContext(ctx, `SELECT `+caseColumns+` FROM cases WHERE id = ?`, id))
}

// Cases returns a page of an app's cases, newest first, older than the cursor.
func Cases(ctx context.Context, a store.App, before privacy.CaseID, limit int) ([]Case, error) {
	q, app := a.Rows()
	if before == "" {
		before = "cas_~"
	}
	return rows.All(ctx, q, scanCase, `SELECT `+caseColumns+` FROM cases WHERE app = ? AND id < ? ORDER BY id DESC LIMIT ?`, app, before, limit)
}

// Access is the fact that somebody of the staff has read something of a subject.
type Access struct {
	App        privacy.AppID
	ID         string
	Subject    privacy.SubjectID
	Case       privacy.CaseID
	Staff      privacy.StaffID
	Role       string
	Region     string
	Object     privacy.ObjectID // empty: records of the category
	Category   privacy.Category
	Purpose    privacy.Purpose
	Ground     string // under which it was read against a restriction or beyond the purposes; mostly empty
	Reason     string // a code
	PolicyHash privacy.PolicyHash
	At         time.Time
}

const accessColumns = `app, id, subject, case_id, staff, role, region, object, category, purpose, ground, reason, policy_hash, at`

func scanAccess(r rows.Scanner) (Access, error) {
	var a Access
	var at int64
	err := r.Scan(&a.App, &a.ID, &a.Subject, &a.Case, &a.Staff, &a.Role, &a.Region, &a.Object, &a.Category, &a.Purpose, &a.Ground, &a.Reason, &a.PolicyHash, &at)
	a.At = rows.At(at)
	return a, err
}

// Insert writes the row that must exist before the first byte is read. It fails with
// store.ErrNotFound where the case has ended meanwhile: then nothing may be read.
func (a Access) Insert(ctx context.Context, tx *store.Tx, expires time.Time) error {
	return rows.ExecOne(ctx, tx.SQL(), `INSERT INTO accesses (`+accessColumns+`, expires_at) SELECT ?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15
		WHERE EXISTS (SELECT 1 FROM cases WHERE app = ?1 AND id = ?4 AND subject = ?3 AND closes_at > ?14)`,
		a.App, a.ID, a.Subject, a.Case, a.Staff, a.Role, a.Region, a.Object, a.Category, a.Purpose, a.Ground, a.Reason, a.PolicyHash, rows.Ms(a.At), rows.Ms(expires))
}

// Accesses returns a page of who read something of a subject, newest first, older than the cursor.
func Accesses(ctx context.Context, a store.App, s privacy.SubjectID, before string, limit int) ([]Access, error) {
	q, app := a.Rows()
	if before == "" {
		before = "acc_~"
	}
	return rows.All(ctx, q, scanAccess, `SELECT `+accessColumns+` FROM accesses WHERE app = ? AND subject = ? AND id < ? ORDER BY id DESC LIMIT ?`, app, s, before, limit)
}
