package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store/rows"
)

// Transfer is a ledger row: the entry that was committed before the first byte left, and what
// came of it.
type Transfer struct {
	disclosure.Entry
	Outcome    string // "prepared", "sent", "refused" (nothing left) or "unknown" (the answer was lost)
	Bytes      int64
	KeepsUntil time.Time // by the recipient's own statement; zero: unknown
}

const transferColumns = `app, id, subject, task, consent, feature, recipient, fields, purpose, policy_hash, outcome, bytes, at, keeps_until`

func scanTransfer(r rows.Scanner) (Transfer, error) {
	var t Transfer
	var fields string
	var when int64
	var keeps sql.NullInt64
	err := r.Scan(&t.App, &t.ID, &t.Subject, &t.Task, &t.Consent, &t.Feature, &t.Recipient, &fields, &t.Purpose, &t.PolicyHash,
		&t.Outcome, &t.Bytes, &when, &keeps)
	for _, f := range strings.Split(fields, ",") {
		if f != "" {
			t.Fields = append(t.Fields, privacy.Field(f))
		}
	}
	t.At, t.KeepsUntil = rows.At(when), rows.AtNull(keeps)
	return t, err
}

// InsertTransfer writes the ledger row that must exist before anything leaves.
func (t *Tx) InsertTransfer(ctx context.Context, e disclosure.Entry, expires time.Time) error {
	fields := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		fields[i] = string(f)
	}
	return t.exec(ctx, `INSERT INTO transfers (`+transferColumns+`, expires_at) VALUES (?,?,?,?,?,?,?,?,?,?,'prepared',0,?,NULL,?)`,
		e.App, e.ID, e.Subject, e.Task, e.Consent, e.Feature, e.Recipient, strings.Join(fields, ","), e.Purpose, e.PolicyHash, rows.Ms(e.At), rows.Ms(expires))
}

// FinishTransfer records what came of a ledger row. An outcome that says data left is never taken back.
func (t *Tx) FinishTransfer(ctx context.Context, id privacy.TransferID, outcome string, bytes int64, keepsUntil time.Time) error {
	return t.exec(ctx, `UPDATE transfers SET bytes = max(bytes, ?),
		outcome = CASE WHEN outcome = 'sent' OR (outcome = 'unknown' AND ? <> 'sent') THEN outcome ELSE ? END,
		keeps_until = coalesce(?, keeps_until) WHERE id = ?`, bytes, outcome, outcome, rows.MsOrNull(keepsUntil), id)
}

// Transfers returns a page of a subject's ledger, newest first, older than the cursor.
func (a App) Transfers(ctx context.Context, s privacy.SubjectID, before privacy.TransferID, limit int) ([]Transfer, error) {
	if before == "" {
		before = "trf_~"
	}
	return rows.All(ctx, a.q, scanTransfer, `SELECT `+transferColumns+` FROM transfers WHERE app = ? AND subject = ? AND id < ? ORDER BY id DESC LIMIT ?`,
		a.id, s, before, limit)
}

// TaskTransfers returns the ledger rows of a task, oldest first.
func (a App) TaskTransfers(ctx context.Context, task privacy.TaskID) ([]Transfer, error) {
	return rows.All(ctx, a.q, scanTransfer, `SELECT `+transferColumns+` FROM transfers WHERE app = ? AND task = ? ORDER BY id`, a.id, task)
}

// Ticket is what is known of a task at its recipient. Progress and Ticket are sealed blobs.
type Ticket struct {
	Task     privacy.TaskID
	App      privacy.AppID
	Subject  privacy.SubjectID
	Transfer privacy.TransferID
	Progress []byte // the driver's own notes between the requests of Begin
	Ticket   []byte // the remote task; empty until Begin has returned
	Sent     []privacy.Field
	Hook     []byte // digest of the webhook token
	Polls    int
	Answered bool // with the result itself, which is not stored yet
}

// PutTicket inserts or replaces the ticket of a task. Where the task was erased meanwhile it writes
// nothing: no row may outlive its owner.
func (t *Tx) PutTicket(ctx context.Context, k Ticket, now, expires time.Time) error {
	sent := make([]string, len(k.Sent))
	for i, f := range k.Sent {
		sent[i] = string(f)
	}
	return t.exec(ctx, `INSERT INTO tickets (app, subject, task, transfer, progress, ticket, sent_fields, hook_digest, polls, answered, created_at, expires_at)
		SELECT ?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12 WHERE EXISTS (SELECT 1 FROM tasks WHERE app = ?1 AND id = ?3) ON CONFLICT (task) DO UPDATE SET transfer = excluded.transfer, progress = excluded.progress,
		ticket = excluded.ticket, sent_fields = excluded.sent_fields, hook_digest = excluded.hook_digest, polls = excluded.polls,
		answered = excluded.answered`,
		k.App, k.Subject, k.Task, k.Transfer, notNil(k.Progress), notNil(k.Ticket), strings.Join(sent, ","), notNil(k.Hook), k.Polls, k.Answered, rows.Ms(now), rows.Ms(expires))
}

// DeleteTicket erases the ticket of a task.
func (t *Tx) DeleteTicket(ctx context.Context, app privacy.AppID, task privacy.TaskID) error {
	return t.exec(ctx, `DELETE FROM tickets WHERE app = ? AND task = ?`, app, task)
}

const ticketColumns = `app, subject, task, transfer, progress, ticket, sent_fields, hook_digest, polls, answered`

func scanTicket(r rows.Scanner) (Ticket, error) {
	var k Ticket
	var sent string
	err := r.Scan(&k.App, &k.Subject, &k.Task, &k.Transfer, &k.Progress, &k.Ticket, &sent, &k.Hook, &k.Polls, &k.Answered)
	for _, f := range strings.Split(sent, ",") {
		if f != "" {
			k.Sent = append(k.Sent, privacy.Field(f))
		}
	}
	return k, rows.NotFound(err)
}

// Ticket returns the ticket of a task.
func (a App) Ticket(ctx context.Context, task privacy.TaskID) (Ticket, error) {
	return scanTicket(a.q.QueryRowContext(ctx, `SELECT `+ticketColumns+` FROM tickets WHERE app = ? AND task = ?`, a.id, task))
}

// TicketByHook finds the ticket of a webhook token's digest. The token decides the app.
func (d *DB) TicketByHook(ctx context.Context, digest []byte) (Ticket, error) {
	return scanTicket(d.read.QueryRowContext(ctx, `SELECT `+ticketColumns+` FROM tickets WHERE hook_digest = ?`, digest))
}

func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
