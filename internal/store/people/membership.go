package people

import (
	"context"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/rows"
)

// Membership is the fact that somebody is a member until a moment, as the operator's server reported it.
type Membership struct {
	App     privacy.AppID
	Subject privacy.SubjectID
	Level   string // of the policy's closed list
	Until   time.Time
	At      time.Time // when it was reported

	Starts string    // the event that the policy's clock of the fact counts from
	Due    time.Time // and when it ends, whatever was reported
}

// Put writes who a living subject is a member of, in the place of what was reported before. The row ends with
// the membership or with its clock, whichever is earlier. It fails with store.ErrNotFound where the account is
// gone.
func (m Membership) Put(ctx context.Context, tx *store.Tx) error {
	return rows.ExecOne(ctx, tx.SQL(), `INSERT INTO memberships (app, subject, level, starts, ends_at, due_at, at, expires_at)
		SELECT app, subject, ?3, ?4, ?5, ?6, ?7, min(?5, ?6) FROM subjects WHERE app = ?1 AND subject = ?2 AND expires_at > ?7
		ON CONFLICT (app, subject) DO UPDATE SET level = excluded.level, starts = excluded.starts, ends_at = excluded.ends_at, due_at = excluded.due_at,
			at = excluded.at, expires_at = excluded.expires_at`,
		m.App, m.Subject, m.Level, m.Starts, rows.Ms(m.Until), rows.Ms(m.Due), rows.Ms(m.At))
}

// Record keeps the report itself until a moment. It fails with store.ErrNotFound where the account is gone.
func (m Membership) Record(ctx context.Context, tx *store.Tx, id string, expires time.Time) error {
	return rows.ExecOne(ctx, tx.SQL(), `INSERT INTO subscriptions (app, id, subject, level, ends_at, at, expires_at)
		SELECT app, ?3, subject, ?4, ?5, ?6, ?7 FROM subjects WHERE app = ?1 AND subject = ?2 AND expires_at > ?6`,
		m.App, m.Subject, id, m.Level, rows.Ms(m.Until), rows.Ms(m.At), rows.Ms(expires))
}

// MembershipOf returns what a subject is a member of at a moment, or store.ErrNotFound.
func MembershipOf(ctx context.Context, a store.App, s privacy.SubjectID, now time.Time) (Membership, error) {
	q, app := a.Rows()
	m := Membership{App: app, Subject: s}
	var until, at, due int64
	err := q.QueryRowContext(ctx, `SELECT level, ends_at, at, starts, due_at FROM memberships WHERE app = ? AND subject = ? AND expires_at > ?`, app, s, rows.Ms(now)).Scan(&m.Level, &until, &at, &m.Starts, &due)
	m.Until, m.At, m.Due = rows.At(until), rows.At(at), rows.At(due)
	return m, rows.NotFound(err)
}

// End removes what the subject is a member of. It fails with store.ErrNotFound where that is nothing.
func (m Membership) End(ctx context.Context, tx *store.Tx) error {
	return rows.ExecOne(ctx, tx.SQL(), `DELETE FROM memberships WHERE app = ? AND subject = ?`, m.App, m.Subject)
}
