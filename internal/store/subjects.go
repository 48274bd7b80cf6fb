package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store/rows"
)

// Subject is the fact that a person uses an app, under an app-scoped pseudonym.
type Subject struct {
	ID        privacy.SubjectID
	Locale    privacy.Lang
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Session is the fact that somebody holds a credential for a subject. The credential itself is
// not stored.
type Session struct {
	ID        privacy.SessionID
	App       privacy.AppID
	Subject   privacy.SubjectID
	ExpiresAt time.Time
}

// InsertSubject adds a subject.
func (t *Tx) InsertSubject(ctx context.Context, app privacy.AppID, s Subject) error {
	return t.exec(ctx, `INSERT INTO subjects (app, subject, locale, created_at, seen_at, expires_at) VALUES (?,?,?,?,?,?)`,
		app, s.ID, s.Locale, rows.Ms(s.CreatedAt), rows.Ms(s.CreatedAt), rows.Ms(s.ExpiresAt))
}

// TouchSubject records activity, which moves the account's idle clock. It fails with ErrNotFound
// when the account is gone or ended.
func (t *Tx) TouchSubject(ctx context.Context, app privacy.AppID, id privacy.SubjectID, seen, expires time.Time) error {
	if err := t.execOne(ctx, `UPDATE subjects SET seen_at = ?, expires_at = ? WHERE app = ? AND subject = ? AND expires_at > ?`, rows.Ms(seen), rows.Ms(expires), app, id, rows.Ms(seen)); err != nil {
		return err
	}
	return t.exec(ctx, `UPDATE sessions SET expires_at = ? WHERE app = ? AND subject = ?`, rows.Ms(expires), app, id)
}

// CloseSubject ends an account before it is erased: its sessions are over, and whatever interrupts
// the erasure, the next sweep finishes it.
func (t *Tx) CloseSubject(ctx context.Context, app privacy.AppID, id privacy.SubjectID, now time.Time) error {
	// What the person asked to keep is kept for the person: who leaves lets it go.
	if err := t.exec(ctx, `UPDATE objects SET hold = '', hold_until = NULL WHERE app = ? AND subject = ? AND hold = 'keep'`, app, id); err != nil {
		return err
	}
	for _, name := range []string{"subjects", "sessions"} {
		if err := t.exec(ctx, `UPDATE `+name+` SET expires_at = min(expires_at, ?) WHERE app = ? AND subject = ?`, rows.Ms(now), app, id); err != nil {
			return err
		}
	}
	return nil
}

// Subject returns a subject.
func (a App) Subject(ctx context.Context, id privacy.SubjectID) (Subject, error) {
	s := Subject{ID: id}
	var created, expires int64
	err := a.q.QueryRowContext(ctx, `SELECT locale, created_at, expires_at FROM subjects WHERE app = ? AND subject = ?`, a.id, id).
		Scan(&s.Locale, &created, &expires)
	s.CreatedAt, s.ExpiresAt = rows.At(created), rows.At(expires)
	return s, rows.NotFound(err)
}

// InsertSession adds a session by the digest of its credential.
func (t *Tx) InsertSession(ctx context.Context, s Session, digest []byte, now time.Time) error {
	return t.exec(ctx, `INSERT INTO sessions (app, id, subject, token_digest, created_at, expires_at) VALUES (?,?,?,?,?,?)`,
		s.App, s.ID, s.Subject, digest, rows.Ms(now), rows.Ms(s.ExpiresAt))
}

// DeleteSession ends a session.
func (t *Tx) DeleteSession(ctx context.Context, app privacy.AppID, id privacy.SessionID) error {
	return t.exec(ctx, `DELETE FROM sessions WHERE app = ? AND id = ?`, app, id)
}

// DeleteOtherSessions ends every session of a subject but one.
func (t *Tx) DeleteOtherSessions(ctx context.Context, app privacy.AppID, s privacy.SubjectID, but privacy.SessionID) error {
	return t.exec(ctx, `DELETE FROM sessions WHERE app = ? AND subject = ? AND id <> ?`, app, s, but)
}

// HasSession reports whether a session of the app is there: not ended, and its account not erased.
func (a App) HasSession(ctx context.Context, id privacy.SessionID) (there bool, err error) {
	err = a.q.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM sessions WHERE app = ? AND id = ?)`, a.id, id).Scan(&there)
	return there, err
}

// SessionByDigest returns the session of a credential's digest. It is the one query that does not
// start from an app: the credential decides the app.
func (d *DB) SessionByDigest(ctx context.Context, digest []byte) (Session, error) {
	var s Session
	var expires int64
	err := d.read.QueryRowContext(ctx, `SELECT app, id, subject, expires_at FROM sessions WHERE token_digest = ?`, digest).
		Scan(&s.App, &s.ID, &s.Subject, &expires)
	s.ExpiresAt = rows.At(expires)
	return s, rows.NotFound(err)
}

// ErrHeld says that objects of a subject are left: they go first, each with a receipt.
var ErrHeld = errors.New("store: the subject still has objects")

// EraseSubject removes every row of a subject and unlinks what must remain as evidence. It fails with
// ErrHeld while an object is left, because a piece of work may have stored one a moment ago.
func (t *Tx) EraseSubject(ctx context.Context, app privacy.AppID, id privacy.SubjectID) error {
	held := false
	if err := t.tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM objects WHERE app = ? AND subject = ?)`, app, id).Scan(&held); err != nil {
		return fmt.Errorf("store: objects of the subject: %w", err)
	}
	if held {
		return ErrHeld
	}
	return t.eraseRows(ctx, app, id)
}

// EraseSubjectUnderHold removes every row of a subject that no legal order needs: what the order keeps
// stays with its order, sealed, and so does the account's row, which the sweep erases when the order ends.
func (t *Tx) EraseSubjectUnderHold(ctx context.Context, app privacy.AppID, id privacy.SubjectID) error {
	return t.eraseRows(ctx, app, id, "subjects", "orders", "approvals")
}

func (t *Tx) eraseRows(ctx context.Context, app privacy.AppID, id privacy.SubjectID, but ...string) error {
	for _, name := range tables(sweeps, withAccount) {
		if slices.Contains(but, name) {
			continue
		}
		if err := t.exec(ctx, `DELETE FROM `+name+` WHERE app = ? AND subject = ?`, app, id); err != nil {
			return err
		}
	}
	if err := t.unlinkHeld(ctx, app, id); err != nil {
		return err
	}
	if err := t.exec(ctx, `UPDATE receipts SET subject = NULL, task = '' WHERE app = ? AND subject = ?`, app, id); err != nil {
		return err
	}
	// An erasure's payload names no subject and must still open its receipt; every other one goes,
	// and with it the identifier of what it was about.
	const opens = `CASE WHEN leaf IN (SELECT leaf FROM receipts WHERE app = ?1) THEN `
	return t.exec(ctx, `UPDATE audit_leaves SET subject = NULL, salt = `+opens+`salt END, payload = `+opens+`payload END, object = `+opens+`object END
		WHERE app = ?1 AND subject = ?2`, app, id)
}

// ExpiredSubjects returns accounts whose idle clock has run out and of which nothing is held.
func (d *DB) ExpiredSubjects(ctx context.Context, now time.Time, limit int) ([]Session, error) {
	return rows.All(ctx, d.read, func(r rows.Scanner) (Session, error) {
		var s Session
		err := r.Scan(&s.App, &s.Subject)
		return s, err
	}, `SELECT app, subject FROM subjects WHERE expires_at <= ?1 AND NOT EXISTS (
		SELECT 1 FROM objects o WHERE o.app = subjects.app AND o.subject = subjects.subject AND o.hold_until > ?1) LIMIT ?2`, rows.Ms(now), limit)
}

// SubjectsAfter returns accounts of every app, with their end, in the order of their pseudonyms, from
// behind one of them on.
func (d *DB) SubjectsAfter(ctx context.Context, id privacy.SubjectID, limit int) ([]Session, error) {
	return rows.All(ctx, d.read, func(r rows.Scanner) (Session, error) {
		var s Session
		var expires int64
		err := r.Scan(&s.App, &s.Subject, &expires)
		s.ExpiresAt = rows.At(expires)
		return s, err
	}, `SELECT app, subject, expires_at FROM subjects WHERE subject > ? ORDER BY subject LIMIT ?`, id, limit)
}

// HasExpired reports whether EraseExpired would find anything. It only reads, so that a sweep with
// nothing to do takes the writer from nobody.
func (d *DB) HasExpired(ctx context.Context, now time.Time) (bool, error) {
	query := `SELECT EXISTS (SELECT 1 FROM audit_leaves WHERE expires_at <= ?1 AND payload IS NOT NULL)`
	for _, name := range tables(sweeps, sweepsOnly) {
		query += ` OR EXISTS (SELECT 1 FROM ` + name + ` WHERE expires_at <= ?1)`
	}
	found := false
	if err := d.read.QueryRowContext(ctx, query, rows.Ms(now)).Scan(&found); err != nil {
		return false, fmt.Errorf("store: expired rows: %w", err)
	}
	return found, nil
}

// EraseExpired removes rows past their expiry from every table that needs no more than that, and
// returns how many went. Objects and subjects have their own path: their keys go first.
func (t *Tx) EraseExpired(ctx context.Context, now time.Time) (int, error) {
	total := 0
	for _, name := range tables(sweeps, sweepsOnly) {
		res, err := t.tx.ExecContext(ctx, `DELETE FROM `+name+` WHERE expires_at <= ?`, rows.Ms(now))
		if err != nil {
			return total, err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return total, err
		}
		total += int(n)
	}
	res, err := t.tx.ExecContext(ctx, `UPDATE audit_leaves SET salt = NULL, payload = NULL, subject = NULL, object = NULL
		WHERE expires_at <= ? AND payload IS NOT NULL`, rows.Ms(now))
	if err != nil {
		return total, err
	}
	n, err := res.RowsAffected()
	return total + int(n), err
}

// RowCount counts the rows of one record category of a subject.
type RowCount struct {
	Category  privacy.Category
	Count     int
	OldestAt  time.Time
	AllGoneBy time.Time
}

// CountRows counts what the database holds of a subject, by record category.
func (a App) CountRows(ctx context.Context, s privacy.SubjectID) ([]RowCount, error) {
	var list []RowCount
	declared := schema()
	for _, name := range slices.Sorted(maps.Keys(declared)) {
		c := declared[name]
		if c.category == "" {
			continue
		}
		row := RowCount{Category: c.category}
		var oldest, gone sql.NullInt64
		err := a.q.QueryRowContext(ctx, `SELECT count(*), min(`+cmp.Or(c.since, "NULL")+`), max(expires_at) FROM `+name+` WHERE app = ? AND subject = ?`, a.id, s).
			Scan(&row.Count, &oldest, &gone)
		if err != nil {
			return nil, err
		}
		row.OldestAt, row.AllGoneBy = rows.AtNull(oldest), rows.AtNull(gone)
		list = append(list, row)
	}
	return list, nil
}
