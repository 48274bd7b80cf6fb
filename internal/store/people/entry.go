package people

import (
	"context"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/rows"
)

// Login is the fact that a subject can come back by a login and a password.
type Login struct {
	Subject  privacy.SubjectID
	Login    []byte // keyed digest
	Password []byte // sealed hash
}

const loginColumns = `subject, login, password`

func scanLogin(r rows.Scanner) (Login, error) {
	var l Login
	err := r.Scan(&l.Subject, &l.Login, &l.Password)
	return l, rows.NotFound(err)
}

// LoginBy returns the login of an app with that digest, where its account lives.
func LoginBy(ctx context.Context, a store.App, digest []byte, now time.Time) (Login, error) {
	q, app := a.Rows()
	return scanLogin(q.QueryRowContext(ctx, `SELECT `+loginColumns+` FROM logins WHERE app = ?1 AND login = ?2
		AND subject IN (SELECT subject FROM subjects WHERE app = ?1 AND expires_at > ?3)`, app, digest, rows.Ms(now)))
}

// LoginOf returns the login of a subject.
func LoginOf(ctx context.Context, a store.App, s privacy.SubjectID) (Login, error) {
	q, app := a.Rows()
	return scanLogin(q.QueryRowContext(ctx, `SELECT `+loginColumns+` FROM logins WHERE app = ? AND subject = ?`, app, s))
}

// InsertLogin adds the login of a living subject. It fails with store.ErrNotFound where the account is
// gone, has a login, or the login belongs to somebody else.
func InsertLogin(ctx context.Context, tx *store.Tx, app privacy.AppID, l Login, now time.Time) error {
	return rows.ExecOne(ctx, tx.SQL(), `INSERT INTO logins (app, subject, login, password, at, expires_at)
		SELECT app, subject, ?3, ?4, ?5, expires_at FROM subjects WHERE app = ?1 AND subject = ?2 AND expires_at > ?5 ON CONFLICT DO NOTHING`,
		app, l.Subject, l.Login, l.Password, rows.Ms(now))
}

// SetPassword replaces the password of a login.
func SetPassword(ctx context.Context, tx *store.Tx, app privacy.AppID, l Login) error {
	return rows.ExecOne(ctx, tx.SQL(), `UPDATE logins SET password = ? WHERE app = ? AND subject = ?`, l.Password, app, l.Subject)
}

// EraseLogin removes the login of a subject. It fails with store.ErrNotFound where there is none.
func EraseLogin(ctx context.Context, tx *store.Tx, app privacy.AppID, s privacy.SubjectID) error {
	return rows.ExecOne(ctx, tx.SQL(), `DELETE FROM logins WHERE app = ? AND subject = ?`, app, s)
}

// Remembered is the fact that one device may sign in again with one click.
type Remembered struct {
	App       privacy.AppID
	ID        string
	Subject   privacy.SubjectID
	Token     []byte // digest
	Platform  string // the kind of device that it was given to
	At        time.Time
	ExpiresAt time.Time
}

// InsertRemembered adds a device of a living subject. It fails with store.ErrNotFound where the account
// is gone.
func InsertRemembered(ctx context.Context, tx *store.Tx, r Remembered) error {
	return rows.ExecOne(ctx, tx.SQL(), `INSERT INTO remembered (app, id, subject, token, platform, at, expires_at)
		SELECT ?1,?2,?3,?4,?5,?6,?7 FROM subjects WHERE app = ?1 AND subject = ?3 AND expires_at > ?6`,
		r.App, r.ID, r.Subject, r.Token, r.Platform, rows.Ms(r.At), rows.Ms(r.ExpiresAt))
}

// TakeRemembered returns the device with that token and erases it in the same transaction: a token signs
// in once.
func TakeRemembered(ctx context.Context, tx *store.Tx, app privacy.AppID, token []byte) (Remembered, error) {
	r := Remembered{App: app, Token: token}
	var at, expires int64
	err := tx.SQL().QueryRowContext(ctx, `DELETE FROM remembered WHERE app = ? AND token = ? RETURNING id, subject, platform, at, expires_at`, app, token).
		Scan(&r.ID, &r.Subject, &r.Platform, &at, &expires)
	r.At, r.ExpiresAt = rows.At(at), rows.At(expires)
	return r, rows.NotFound(err)
}

// KeepNewest forgets all but the newest devices of a subject.
func KeepNewest(ctx context.Context, tx *store.Tx, r Remembered, most int) error {
	return rows.Exec(ctx, tx.SQL(), `DELETE FROM remembered WHERE app = ?1 AND subject = ?2 AND id NOT IN
		(SELECT id FROM remembered WHERE app = ?1 AND subject = ?2 ORDER BY at DESC, id DESC LIMIT ?3)`, r.App, r.Subject, most)
}

// EraseRemembered forgets every device of a subject and returns how many there were.
func EraseRemembered(ctx context.Context, tx *store.Tx, app privacy.AppID, s privacy.SubjectID) (int, error) {
	return rows.ExecCount(ctx, tx.SQL(), `DELETE FROM remembered WHERE app = ? AND subject = ?`, app, s)
}
