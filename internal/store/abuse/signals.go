// Package abuse keeps what speaks against an account: signs of abuse, and suspensions with who decided
// them.
//
// It promises that every row belongs to one app and ends by its clock, with the account at the latest,
// and that an account is suspended once at a time. It never holds a login, an address or a word that
// somebody wrote: identifiers, codes, counts and times only.
package abuse

import (
	"context"
	"database/sql"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/rows"
)

// Signal is the fact that somebody tried something more often than a limit allows.
type Signal struct {
	App     privacy.AppID
	ID      string
	Subject privacy.SubjectID // empty: nobody is known
	Kind    string
	Tries   int
	At      time.Time // when they began
	SeenAt  time.Time // when they were last written down
}

const signalColumns = `app, id, coalesce(subject, ''), kind, tries, at, seen_at`

func scanSignal(r rows.Scanner) (Signal, error) {
	var s Signal
	var at, seen int64
	err := r.Scan(&s.App, &s.ID, &s.Subject, &s.Kind, &s.Tries, &at, &seen)
	s.At, s.SeenAt = rows.At(at), rows.At(seen)
	return s, rows.NotFound(err)
}

// Put writes the signal, or what it has come to since it was first written. Where the account is gone
// meanwhile, nothing is written.
func (s Signal) Put(ctx context.Context, tx *store.Tx, expires time.Time) error {
	return rows.Exec(ctx, tx.SQL(), `INSERT INTO signals (app, id, subject, kind, tries, at, seen_at, expires_at) SELECT ?1,?2,?3,?4,?5,?6,?7,?8
		WHERE ?3 IS NULL OR EXISTS (SELECT 1 FROM subjects WHERE app = ?1 AND subject = ?3 AND expires_at > ?7)
		ON CONFLICT (id) DO UPDATE SET tries = max(tries, excluded.tries), seen_at = max(seen_at, excluded.seen_at)`,
		s.App, s.ID, sql.NullString{String: string(s.Subject), Valid: s.Subject != ""}, s.Kind, s.Tries, rows.Ms(s.At), rows.Ms(s.SeenAt), rows.Ms(expires))
}

// Signals returns a page of an app's signals whose clock still runs, newest first, older than the cursor.
func Signals(ctx context.Context, a store.App, now time.Time, before string, limit int) ([]Signal, error) {
	q, app := a.Rows()
	if before == "" {
		before = "sig_~"
	}
	return rows.All(ctx, q, scanSignal, `SELECT `+signalColumns+` FROM signals WHERE app = ? AND expires_at > ? AND id < ? ORDER BY id DESC LIMIT ?`,
		app, rows.Ms(now), before, limit)
}
