// Package talk keeps the rows of conversations: which tasks belong to one, in which order.
//
// It promises that an app and a subject see their own only. It never holds a word that was said.
package talk

import (
	"context"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/rows"
)

// Chat is the fact that a subject has a conversation.
type Chat struct {
	ID        privacy.ChatID
	Subject   privacy.SubjectID
	At        time.Time
	TouchedAt time.Time // of the latest turn
	ExpiresAt time.Time
	Turns     int
}

// Turn is one question of a conversation, and the task that answers it.
type Turn struct {
	Seq  int
	Task privacy.TaskID
	At   time.Time
}

const columns = `id, subject, at, touched_at, expires_at, (SELECT count(*) FROM turns WHERE turns.app = chats.app AND turns.chat = chats.id)`

func scan(r rows.Scanner) (Chat, error) {
	var c Chat
	var at, touched, expires int64
	err := r.Scan(&c.ID, &c.Subject, &at, &touched, &expires, &c.Turns)
	c.At, c.TouchedAt, c.ExpiresAt = rows.At(at), rows.At(touched), rows.At(expires)
	return c, rows.NotFound(err)
}

// Insert adds a conversation of a living subject, if there are fewer than most that have not expired. It fails
// with store.ErrNotFound where the account is gone or has that many.
func Insert(ctx context.Context, tx *store.Tx, app privacy.AppID, c Chat, most int) error {
	return rows.ExecOne(ctx, tx.SQL(), `INSERT INTO chats (app, id, subject, at, touched_at, expires_at)
		SELECT ?1,?2,?3,?4,?5,?6 FROM subjects WHERE app = ?1 AND subject = ?3 AND expires_at > ?4
		AND (SELECT count(*) FROM chats WHERE app = ?1 AND subject = ?3 AND expires_at > ?4) < ?7`,
		app, c.ID, c.Subject, rows.Ms(c.At), rows.Ms(c.TouchedAt), rows.Ms(c.ExpiresAt), most)
}

// Find returns a subject's conversation that has not expired, or fails with store.ErrNotFound.
func Find(ctx context.Context, a store.App, s privacy.SubjectID, id privacy.ChatID, now time.Time) (Chat, error) {
	q, app := a.Rows()
	return scan(q.QueryRowContext(ctx, `SELECT `+columns+` FROM chats WHERE app = ? AND subject = ? AND id = ? AND expires_at > ?`, app, s, id, rows.Ms(now)))
}

// Page is which part of a list is wanted.
type Page struct {
	Before privacy.ChatID // empty: from the newest
	Limit  int
}

// List returns a subject's conversations, the newest first.
func List(ctx context.Context, a store.App, s privacy.SubjectID, p Page, now time.Time) ([]Chat, error) {
	q, app := a.Rows()
	return rows.All(ctx, q, scan, `SELECT `+columns+` FROM chats WHERE app = ?1 AND subject = ?2 AND expires_at > ?3 AND (?4 = '' OR id < ?4)
		ORDER BY id DESC LIMIT ?5`, app, s, rows.Ms(now), p.Before, p.Limit)
}

// AddTurn puts a task at the end of a conversation, which lives on with it. It fails with
// store.ErrNotFound where the conversation is gone.
func AddTurn(ctx context.Context, tx *store.Tx, app privacy.AppID, c Chat, t Turn) error {
	if err := rows.ExecOne(ctx, tx.SQL(), `UPDATE chats SET touched_at = ?, expires_at = max(expires_at, ?) WHERE app = ? AND subject = ? AND id = ?`,
		rows.Ms(t.At), rows.Ms(c.ExpiresAt), app, c.Subject, c.ID); err != nil {
		return err
	}
	return rows.Exec(ctx, tx.SQL(), `INSERT INTO turns (app, subject, chat, seq, task, at, expires_at)
		SELECT ?1, ?2, ?3, coalesce(max(seq), 0) + 1, ?4, ?5, ?6 FROM turns WHERE app = ?1 AND chat = ?3`,
		app, c.Subject, c.ID, t.Task, rows.Ms(t.At), rows.Ms(c.ExpiresAt))
}

// Turns returns the turns of a conversation, the oldest first.
func Turns(ctx context.Context, a store.App, id privacy.ChatID) ([]Turn, error) {
	q, app := a.Rows()
	return rows.All(ctx, q, func(r rows.Scanner) (Turn, error) {
		var t Turn
		var at int64
		err := r.Scan(&t.Seq, &t.Task, &at)
		t.At = rows.At(at)
		return t, err
	}, `SELECT seq, task, at FROM turns WHERE app = ? AND chat = ? ORDER BY seq`, app, id)
}

// Erase removes a conversation with the order of its turns. It fails with store.ErrNotFound where it is
// gone.
func Erase(ctx context.Context, tx *store.Tx, app privacy.AppID, s privacy.SubjectID, id privacy.ChatID) error {
	if err := rows.Exec(ctx, tx.SQL(), `DELETE FROM turns WHERE app = ? AND subject = ? AND chat = ?`, app, s, id); err != nil {
		return err
	}
	return rows.ExecOne(ctx, tx.SQL(), `DELETE FROM chats WHERE app = ? AND subject = ? AND id = ?`, app, s, id)
}
