package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store/rows"
)

// The states of an entry about what a recipient holds.
const (
	HeldOpen    = "open"
	HeldOverdue = "overdue" // erasing it there has failed, and is tried again
	HeldClosed  = "closed"
)

// Held is the fact that a recipient keeps something after the work.
type Held struct {
	ID        string
	App       privacy.AppID
	Subject   privacy.SubjectID // empty once the account is erased
	Task      privacy.TaskID
	Transfer  privacy.TransferID
	Recipient privacy.RecipientID
	What      string // "inputs", "result", "template", "log", "job"
	Reason    string // "no-erase-call", "erase-failed" or "lost-reply"
	Until     time.Time
	State     string
	Tries     int
	NextAt    time.Time // of the reminder, or of the next try; zero: never
	Ticket    []byte    // sealed; only while erasing is tried
	At        time.Time
	ClosedAt  time.Time
}

const heldColumns = `app, id, subject, task, transfer, recipient, what, reason, until, state, tries, next_at, ticket, at, closed_at`

func scanHeld(r rows.Scanner) (Held, error) {
	var h Held
	var subject sql.NullString
	var until, next, closed sql.NullInt64
	var when int64
	err := r.Scan(&h.App, &h.ID, &subject, &h.Task, &h.Transfer, &h.Recipient, &h.What, &h.Reason, &until, &h.State, &h.Tries, &next, &h.Ticket, &when, &closed)
	h.Subject, h.Until, h.NextAt, h.At, h.ClosedAt = privacy.SubjectID(subject.String), rows.AtNull(until), rows.AtNull(next), rows.At(when), rows.AtNull(closed)
	return h, err
}

// InsertHeld writes an entry. Where the ledger row that it belongs to was erased meanwhile it writes
// nothing, unless there is something left to erase at the recipient: that entry names nobody then.
func (t *Tx) InsertHeld(ctx context.Context, h Held, expires time.Time) error {
	return t.exec(ctx, `INSERT INTO held (`+heldColumns+`, expires_at)
		SELECT ?1,?2,iif(here,?3,NULL),iif(here,?4,''),iif(here,?5,''),?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16
		FROM (SELECT EXISTS (SELECT 1 FROM transfers WHERE app = ?1 AND id = ?5) AS here) WHERE here OR ?10 = 'overdue'`,
		h.App, h.ID, h.Subject, h.Task, h.Transfer, h.Recipient, h.What, h.Reason, rows.MsOrNull(h.Until), h.State, h.Tries, rows.MsOrNull(h.NextAt),
		notNil(h.Ticket), rows.Ms(h.At), rows.MsOrNull(h.ClosedAt), rows.Ms(expires))
}

// UpdateHeld writes the changing facts of an entry that is not closed.
func (t *Tx) UpdateHeld(ctx context.Context, h Held) error {
	return t.exec(ctx, `UPDATE held SET reason = ?, until = ?, state = ?, tries = ?, next_at = ?, ticket = ?, closed_at = ? WHERE id = ? AND state <> 'closed'`,
		h.Reason, rows.MsOrNull(h.Until), h.State, h.Tries, rows.MsOrNull(h.NextAt), notNil(h.Ticket), rows.MsOrNull(h.ClosedAt), h.ID)
}

// DropHeld erases an entry that names nobody and has nothing left to do.
func (t *Tx) DropHeld(ctx context.Context, id string) error {
	return t.exec(ctx, `DELETE FROM held WHERE id = ? AND subject IS NULL`, id)
}

// unlinkHeld takes a subject out of its entries: those that wait for nothing go, and those whose
// erasure at the recipient is still owed stay without a name.
func (t *Tx) unlinkHeld(ctx context.Context, app privacy.AppID, id privacy.SubjectID) error {
	if err := t.exec(ctx, `DELETE FROM held WHERE app = ? AND subject = ? AND state <> 'overdue'`, app, id); err != nil {
		return err
	}
	return t.exec(ctx, `UPDATE held SET subject = NULL, task = '', transfer = '' WHERE app = ? AND subject = ?`, app, id)
}

// HeldOf returns the entries of a ledger row, oldest first.
func (a App) HeldOf(ctx context.Context, id privacy.TransferID) ([]Held, error) {
	return rows.All(ctx, a.q, scanHeld, `SELECT `+heldColumns+` FROM held WHERE app = ? AND transfer = ? AND transfer <> '' ORDER BY id`, a.id, id)
}

// HeldByID returns an entry for the pipeline, which knows no session.
func (a App) HeldByID(ctx context.Context, id string) (Held, error) {
	h, err := scanHeld(a.q.QueryRowContext(ctx, `SELECT `+heldColumns+` FROM held WHERE app = ? AND id = ?`, a.id, id))
	return h, rows.NotFound(err)
}

// DueHeld returns the entries of every app whose reminder or next try has come.
func (d *DB) DueHeld(ctx context.Context, now time.Time, limit int) ([]Held, error) {
	return rows.All(ctx, d.read, scanHeld, `SELECT `+heldColumns+` FROM held WHERE next_at <= ? ORDER BY next_at LIMIT ?`, rows.Ms(now), limit)
}

// HeldCount counts the entries about one recipient that are not closed.
type HeldCount struct{ Open, Overdue int }

// HeldCounts counts them for every recipient.
func (d *DB) HeldCounts(ctx context.Context) (map[privacy.RecipientID]HeldCount, error) {
	rows, err := d.read.QueryContext(ctx, `SELECT recipient, count(*) FILTER (WHERE state = 'open'), count(*) FILTER (WHERE state = 'overdue') FROM held GROUP BY recipient`)
	if err != nil {
		return nil, fmt.Errorf("store: count held: %w", err)
	}
	defer rows.Close()
	counts := map[privacy.RecipientID]HeldCount{}
	for rows.Next() {
		var r privacy.RecipientID
		var c HeldCount
		if err := rows.Scan(&r, &c.Open, &c.Overdue); err != nil {
			return nil, fmt.Errorf("store: count held: %w", err)
		}
		counts[r] = c
	}
	return counts, rows.Err()
}

// LinkFetch is the fact that a recipient read a picture through a link of ours.
type LinkFetch struct {
	App       privacy.AppID
	Subject   privacy.SubjectID
	Task      privacy.TaskID
	Transfer  privacy.TransferID
	Recipient privacy.RecipientID
	Field     privacy.Field
	Number    int
	Bytes     int64
	At        time.Time
}

// InsertLinkFetch writes the row that must exist before the first byte is served. It fails with
// ErrNotFound when the task has ended, or is gone: then nothing may be served.
func (t *Tx) InsertLinkFetch(ctx context.Context, f LinkFetch, expires time.Time) error {
	return t.execOne(ctx, `INSERT INTO link_fetches (app, subject, task, transfer, recipient, field, number, bytes, at, expires_at)
		SELECT ?1,?2,?3,?4,?5,?6,?7,?8,?9,?10 WHERE EXISTS (SELECT 1 FROM tasks WHERE app = ?1 AND subject = ?2 AND id = ?3 AND ended_at IS NULL AND cancel_at IS NULL)
		AND EXISTS (SELECT 1 FROM transfers WHERE app = ?1 AND id = ?4 AND task = ?3)`,
		f.App, f.Subject, f.Task, f.Transfer, f.Recipient, f.Field, f.Number, f.Bytes, rows.Ms(f.At), rows.Ms(expires))
}

// LinkFetches returns the readings under a ledger row, oldest first.
func (a App) LinkFetches(ctx context.Context, id privacy.TransferID) ([]LinkFetch, error) {
	return rows.All(ctx, a.q, func(r rows.Scanner) (LinkFetch, error) {
		var f LinkFetch
		var when int64
		err := r.Scan(&f.App, &f.Subject, &f.Task, &f.Transfer, &f.Recipient, &f.Field, &f.Number, &f.Bytes, &when)
		f.At = rows.At(when)
		return f, err
	}, `SELECT app, subject, task, transfer, recipient, field, number, bytes, at FROM link_fetches WHERE app = ? AND transfer = ? ORDER BY at, number`, a.id, id)
}
