// Package forward keeps the rows of what waits to leave for recipients that no feature names: reports of
// an app, and messages to its people.
//
// It promises that a row belongs to one living subject of one app and ends with what it is about, that a
// row which may have left is never queued again, and that one is gone at once where its person says no. It
// never keeps a word or a value of what leaves.
package forward

import (
	"context"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/rows"
)

// The states of a Row.
const (
	Queued   = "queued"
	Prepared = "prepared" // its ledger row exists, and nothing is on its way
	Leaving  = "leaving"  // it is on its way, or was when the process ended
)

// Report is the kind of a Row that is a report of the app; every other kind is the sentence of a message.
const Report = "report"

// Row is one thing that waits to leave.
type Row struct {
	App       privacy.AppID
	ID        privacy.TaskID // "fwd_…", another one for each order
	Subject   privacy.SubjectID
	Kind      string
	Intake    string
	Recipient privacy.RecipientID
	Platform  string
	Object    string // the report in the vault; of a message: the name of a device
	Topic     string
	Done      int // so many of its events have left
	State     string
	Transfer  privacy.TransferID
	WasSent   bool  // content of this order left in a call that was not taken
	Bytes     int64 // so much of it
	Tries     int
	NextAt    time.Time // by the machine's clock
	At        time.Time
	ExpiresAt time.Time
}

const columns = `app, id, subject, kind, intake, recipient, platform, object, topic, done, state, transfer, was_sent, bytes, tries, next_at, at, expires_at`

func scan(s rows.Scanner) (Row, error) {
	var r Row
	var next, at, expires int64
	err := s.Scan(&r.App, &r.ID, &r.Subject, &r.Kind, &r.Intake, &r.Recipient, &r.Platform, &r.Object, &r.Topic, &r.Done, &r.State, &r.Transfer,
		&r.WasSent, &r.Bytes, &r.Tries, &next, &at, &expires)
	r.NextAt, r.At, r.ExpiresAt = rows.At(next), rows.At(at), rows.At(expires)
	return r, rows.NotFound(err)
}

const insert = `INSERT INTO outbox (` + columns + `)
	SELECT app, ?3, subject, ?4, ?5, ?6, ?7, id, ?8, 0, 'queued', '', 0, 0, 0, 0, ?9, min(expires_at, ?10) FROM `

// PutReport queues a report that lies in the vault. It ends with the report at the latest.
func PutReport(ctx context.Context, tx *store.Tx, r Row) error {
	return rows.Exec(ctx, tx.SQL(), insert+`objects WHERE app = ?1 AND subject = ?2 AND id = ?11 AND expires_at > ?9 ON CONFLICT DO NOTHING`,
		r.App, r.Subject, r.ID, Report, r.Intake, r.Recipient, r.Platform, "", rows.Ms(r.At), rows.Ms(r.ExpiresAt), r.Object)
}

// PutMessage queues a message to a device. It ends with the device's name at the latest. The same sentence
// about the same topic is queued once.
func PutMessage(ctx context.Context, tx *store.Tx, r Row) error {
	return rows.Exec(ctx, tx.SQL(), insert+`devices WHERE app = ?1 AND subject = ?2 AND id = ?11 AND expires_at > ?9 ON CONFLICT DO NOTHING`,
		r.App, r.Subject, r.ID, r.Kind, "", r.Recipient, r.Platform, r.Topic, rows.Ms(r.At), rows.Ms(r.ExpiresAt), r.Object)
}

// Due returns what may leave now, oldest first, and at most so many for each recipient: what waits for one
// that is slow or takes nothing holds up nobody else's. machine is the time by which traffic waits.
func Due(ctx context.Context, db *store.DB, now, machine time.Time, each int) ([]Row, error) {
	return rows.All(ctx, db.Everywhere(), scan, `SELECT `+columns+` FROM outbox WHERE id IN (SELECT id FROM (
			SELECT id, row_number() OVER (PARTITION BY recipient ORDER BY at, id) AS place FROM outbox WHERE next_at <= ? AND expires_at > ? AND state <> 'leaving')
		WHERE place <= ?) ORDER BY at, id`, rows.Ms(machine), rows.Ms(now), each)
}

// OnTheWay returns what an earlier process may have sent.
func OnTheWay(ctx context.Context, db *store.DB) ([]Row, error) {
	return rows.All(ctx, db.Everywhere(), scan, `SELECT `+columns+` FROM outbox WHERE state = 'leaving' ORDER BY id`)
}

// Waiting returns what waits for a subject.
func Waiting(ctx context.Context, a store.App, s privacy.SubjectID) ([]Row, error) {
	q, app := a.Rows()
	return rows.All(ctx, q, scan, `SELECT `+columns+` FROM outbox WHERE app = ? AND subject = ? AND state <> 'leaving' ORDER BY id`, app, s)
}

// SetPrepared records the ledger row of an order. It fails with store.ErrNotFound where the row is gone.
func SetPrepared(ctx context.Context, tx *store.Tx, r Row, t privacy.TransferID) error {
	return rows.ExecOne(ctx, tx.SQL(), `UPDATE outbox SET state = 'prepared', transfer = ? WHERE app = ? AND id = ? AND state = 'queued'`, t, r.App, r.ID)
}

// SetLeaving records that an order is about to leave. It fails with store.ErrNotFound where the person has
// said no, or is gone: then nothing may.
func SetLeaving(ctx context.Context, tx *store.Tx, r Row) error {
	return rows.ExecOne(ctx, tx.SQL(), `UPDATE outbox SET state = 'leaving' WHERE app = ? AND id = ? AND state <> 'queued'`, r.App, r.ID)
}

// Wait has an order wait for its next try, under the same ledger row.
func Wait(ctx context.Context, tx *store.Tx, r Row) error {
	return rows.Exec(ctx, tx.SQL(), `UPDATE outbox SET state = CASE transfer WHEN '' THEN 'queued' ELSE 'prepared' END, was_sent = ?, bytes = ?, tries = ?, next_at = ? WHERE app = ? AND id = ?`,
		r.WasSent, r.Bytes, r.Tries, rows.Ms(r.NextAt), r.App, r.ID)
}

// Advance makes the rest of a report the next order, under a name of its own.
func Advance(ctx context.Context, tx *store.Tx, r Row, next privacy.TaskID) error {
	return rows.Exec(ctx, tx.SQL(), `UPDATE outbox SET id = ?, done = ?, state = 'queued', transfer = '', was_sent = 0, bytes = 0, tries = 0, next_at = 0 WHERE app = ? AND id = ?`,
		next, r.Done, r.App, r.ID)
}

// Drop ends the waiting of a thing.
func Drop(ctx context.Context, tx *store.Tx, r Row) error {
	return rows.Exec(ctx, tx.SQL(), `DELETE FROM outbox WHERE app = ? AND id = ?`, r.App, r.ID)
}

// Name is by what a recipient tells one person's events.
type Name struct {
	App           privacy.AppID
	Subject       privacy.SubjectID
	Recipient     privacy.RecipientID
	Name          string
	At, ExpiresAt time.Time
}

// KeepName writes a name of a living subject, unless there is one, and returns the one that counts.
func KeepName(ctx context.Context, tx *store.Tx, n Name) (string, error) {
	if err := rows.Exec(ctx, tx.SQL(), `DELETE FROM analytics_ids WHERE app = ? AND subject = ? AND recipient = ? AND expires_at <= ?`, n.App, n.Subject, n.Recipient, rows.Ms(n.At)); err != nil {
		return "", err
	}
	if err := rows.Exec(ctx, tx.SQL(), `INSERT INTO analytics_ids (app, subject, recipient, name, at, expires_at)
		SELECT app, subject, ?3, ?4, ?5, ?6 FROM subjects WHERE app = ?1 AND subject = ?2 AND expires_at > ?5 ON CONFLICT DO NOTHING`,
		n.App, n.Subject, n.Recipient, n.Name, rows.Ms(n.At), rows.Ms(n.ExpiresAt)); err != nil {
		return "", err
	}
	var name string
	err := tx.SQL().QueryRowContext(ctx, `SELECT name FROM analytics_ids WHERE app = ? AND subject = ? AND recipient = ?`, n.App, n.Subject, n.Recipient).Scan(&name)
	return name, rows.NotFound(err)
}

// Names returns by what recipients tell the events of a subject.
func Names(ctx context.Context, a store.App, s privacy.SubjectID) ([]Name, error) {
	q, app := a.Rows()
	return rows.All(ctx, q, func(r rows.Scanner) (Name, error) {
		n := Name{App: app, Subject: s}
		var at, expires int64
		err := r.Scan(&n.Recipient, &n.Name, &at, &expires)
		n.At, n.ExpiresAt = rows.At(at), rows.At(expires)
		return n, err
	}, `SELECT recipient, name, at, expires_at FROM analytics_ids WHERE app = ? AND subject = ? ORDER BY recipient`, app, s)
}

// DropName erases by what a recipient tells a subject's events. The next name has nothing to do with it.
func DropName(ctx context.Context, tx *store.Tx, n Name) error {
	return rows.Exec(ctx, tx.SQL(), `DELETE FROM analytics_ids WHERE app = ? AND subject = ? AND recipient = ?`, n.App, n.Subject, n.Recipient)
}
