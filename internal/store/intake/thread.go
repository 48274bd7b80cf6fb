package intake

import (
	"context"
	"database/sql"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/rows"
)

// Thread is a conversation with support.
type Thread struct {
	ID        string // "thr_…"
	Subject   privacy.SubjectID
	Intake    string
	Platform  string
	At        time.Time
	ChangedAt time.Time
	ClosesAt  time.Time // by itself
	ClosedAt  time.Time // zero: nobody has closed it
	ExpiresAt time.Time
}

// Closed reports whether the conversation has ended, by somebody or by itself.
func (t Thread) Closed(now time.Time) bool { return !t.ClosedAt.IsZero() || !now.Before(t.ClosesAt) }

// The authors of a post.
const (
	BySubject = "subject"
	ByStaff   = "staff"
)

// Post is one thing that was said in a conversation; its words are the vault's.
type Post struct {
	Object privacy.ObjectID
	Thread string
	Author string
	At     time.Time
}

const threadColumns = `id, subject, intake, platform, at, changed_at, closes_at, closed_at, expires_at`

func scanThread(r rows.Scanner) (Thread, error) {
	var t Thread
	var at, changed, closes, expires int64
	var closed sql.NullInt64
	err := r.Scan(&t.ID, &t.Subject, &t.Intake, &t.Platform, &at, &changed, &closes, &closed, &expires)
	t.At, t.ChangedAt, t.ClosesAt, t.ClosedAt, t.ExpiresAt = rows.At(at), rows.At(changed), rows.At(closes), rows.AtNull(closed), rows.At(expires)
	return t, rows.NotFound(err)
}

// InsertThread begins a conversation of a living subject. It fails with store.ErrNotFound where the account
// is gone.
func InsertThread(ctx context.Context, tx *store.Tx, app privacy.AppID, t Thread) error {
	return rows.ExecOne(ctx, tx.SQL(), `INSERT INTO threads (app, `+threadColumns+`)
		SELECT app, ?3, subject, ?4, ?5, ?6, ?6, ?7, NULL, ?8 FROM subjects WHERE app = ?1 AND subject = ?2 AND expires_at > ?6`,
		app, t.Subject, t.ID, t.Intake, t.Platform, rows.Ms(t.At), rows.Ms(t.ClosesAt), rows.Ms(t.ExpiresAt))
}

// InsertPost adds what was said to an open conversation. It fails with store.ErrNotFound where that has
// ended or is not the subject's.
func InsertPost(ctx context.Context, tx *store.Tx, app privacy.AppID, s privacy.SubjectID, p Post) error {
	if err := rows.ExecOne(ctx, tx.SQL(), `UPDATE threads SET changed_at = ?4 WHERE app = ?1 AND subject = ?2 AND id = ?3 AND closed_at IS NULL AND closes_at > ?4`,
		app, s, p.Thread, rows.Ms(p.At)); err != nil {
		return err
	}
	return rows.ExecOne(ctx, tx.SQL(), `INSERT INTO posts (app, subject, thread, object, author, at, expires_at)
		SELECT app, subject, id, ?4, ?5, ?6, expires_at FROM threads WHERE app = ?1 AND subject = ?2 AND id = ?3`,
		app, s, p.Thread, p.Object, p.Author, rows.Ms(p.At))
}

// CloseThread ends a conversation, after which its rows stay no longer than until. It fails with
// store.ErrNotFound where it has ended before, or is not the subject's.
func CloseThread(ctx context.Context, tx *store.Tx, who Owner, id string) error {
	if err := rows.ExecOne(ctx, tx.SQL(), `UPDATE threads SET closed_at = ?4, changed_at = ?4, expires_at = min(expires_at, ?5)
		WHERE app = ?1 AND subject = ?2 AND id = ?3 AND closed_at IS NULL AND closes_at > ?4`, who.App, who.Subject, id, rows.Ms(who.Now), rows.Ms(who.Until)); err != nil {
		return err
	}
	return rows.Exec(ctx, tx.SQL(), `UPDATE posts SET expires_at = min(expires_at, ?) WHERE app = ? AND thread = ?`, rows.Ms(who.Until), who.App, id)
}

// ThreadOf returns a conversation of a subject.
func ThreadOf(ctx context.Context, a store.App, s privacy.SubjectID, id string) (Thread, error) {
	q, app := a.Rows()
	return scanThread(q.QueryRowContext(ctx, `SELECT `+threadColumns+` FROM threads WHERE app = ? AND subject = ? AND id = ?`, app, s, id))
}

// Threads returns a page of a subject's conversations, the newest first, older than the cursor.
func Threads(ctx context.Context, a store.App, s privacy.SubjectID, before string, limit int) ([]Thread, error) {
	q, app := a.Rows()
	if before == "" {
		before = "thr_~"
	}
	return rows.All(ctx, q, scanThread, `SELECT `+threadColumns+` FROM threads WHERE app = ? AND subject = ? AND id < ? ORDER BY id DESC LIMIT ?`, app, s, before, limit)
}

// Posts returns what was said in a conversation, oldest first.
func Posts(ctx context.Context, a store.App, s privacy.SubjectID, thread string) ([]Post, error) {
	q, app := a.Rows()
	return rows.All(ctx, q, func(r rows.Scanner) (Post, error) {
		var p Post
		var at int64
		err := r.Scan(&p.Object, &p.Thread, &p.Author, &at)
		p.At = rows.At(at)
		return p, err
	}, `SELECT object, thread, author, at FROM posts WHERE app = ? AND subject = ? AND thread = ? ORDER BY at, object`, app, s, thread)
}
