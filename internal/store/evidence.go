package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store/rows"
)

// Receipt is the fact that an object was erased, and the leaf that proves it.
type Receipt struct {
	ID         privacy.ReceiptID
	App        privacy.AppID
	Subject    privacy.SubjectID // empty once the account is erased
	Task       privacy.TaskID
	Object     privacy.ObjectID
	Category   privacy.Category
	Rule       string
	Reason     string
	Method     string
	Recipient  privacy.RecipientID // who received it before, if anyone
	KeepsUntil time.Time           // until when that recipient states to keep it
	Leaf       int64
	DueAt      time.Time
	DeletedAt  time.Time
}

const receiptColumns = `app, id, subject, task, object, category, rule, reason, method, recipient, keeps_until, leaf, due_at, deleted_at`

func scanReceipt(r rows.Scanner) (Receipt, error) {
	var c Receipt
	var subject sql.NullString
	var keeps sql.NullInt64
	var due, deleted int64
	err := r.Scan(&c.App, &c.ID, &subject, &c.Task, &c.Object, &c.Category, &c.Rule, &c.Reason, &c.Method, &c.Recipient, &keeps, &c.Leaf, &due, &deleted)
	c.Subject, c.KeepsUntil, c.DueAt, c.DeletedAt = privacy.SubjectID(subject.String), rows.AtNull(keeps), rows.At(due), rows.At(deleted)
	return c, err
}

// InsertReceipt records an erasure.
func (t *Tx) InsertReceipt(ctx context.Context, c Receipt, expires time.Time) error {
	return t.exec(ctx, `INSERT INTO receipts (`+receiptColumns+`, expires_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
		c.App, c.ID, c.Subject, c.Task, c.Object, c.Category, c.Rule, c.Reason, c.Method, c.Recipient, rows.MsOrNull(c.KeepsUntil), c.Leaf,
		rows.Ms(c.DueAt), rows.Ms(c.DeletedAt), rows.Ms(expires))
}

// Receipt returns a receipt of any app: receipts are public, and name nobody.
func (d *DB) Receipt(ctx context.Context, id privacy.ReceiptID) (Receipt, error) {
	c, err := scanReceipt(d.read.QueryRowContext(ctx, `SELECT `+receiptColumns+` FROM receipts WHERE id = ?`, id))
	return c, rows.NotFound(err)
}

// ReceiptOf returns the receipt of an erased object of a subject.
func (a App) ReceiptOf(ctx context.Context, s privacy.SubjectID, object privacy.ObjectID) (Receipt, error) {
	c, err := scanReceipt(a.q.QueryRowContext(ctx, `SELECT `+receiptColumns+` FROM receipts WHERE app = ? AND subject = ? AND object = ?`, a.id, s, object))
	return c, rows.NotFound(err)
}

// Receipts returns a page of a subject's receipts, newest first, older than the cursor.
func (a App) Receipts(ctx context.Context, s privacy.SubjectID, before privacy.ReceiptID, limit int) ([]Receipt, error) {
	if before == "" {
		before = "rcp_~"
	}
	return rows.All(ctx, a.q, scanReceipt, `SELECT `+receiptColumns+` FROM receipts WHERE app = ? AND subject = ? AND id < ? ORDER BY id DESC LIMIT ?`,
		a.id, s, before, limit)
}

// TaskReceipts returns the receipts of what a task has erased, oldest first.
func (a App) TaskReceipts(ctx context.Context, task privacy.TaskID) ([]Receipt, error) {
	return rows.All(ctx, a.q, scanReceipt, `SELECT `+receiptColumns+` FROM receipts WHERE app = ? AND task = ? ORDER BY id`, a.id, task)
}

// Tree is the audit log inside a transaction. It implements audit.Tree.
type Tree struct {
	t       *Tx
	owner   privacy.SubjectID
	expires time.Time
}

// Tree returns the audit log for events about owner (empty: nobody in particular). Payloads
// appended through it are erased with their owner and expire at the given time.
func (t *Tx) Tree(owner privacy.SubjectID, expires time.Time) Tree {
	return Tree{t: t, owner: owner, expires: expires}
}

// Size returns the number of leaves.
func (t Tree) Size(ctx context.Context) (int64, error) { return logSize(ctx, t.t.tx) }

// Hashes returns stored hashes by index.
func (t Tree) Hashes(ctx context.Context, indexes []int64) ([]tlog.Hash, error) {
	return logHashes(ctx, t.t.tx, indexes)
}

// Append adds a leaf and the hashes it completes.
func (t Tree) Append(ctx context.Context, leaf audit.Leaf, hashes []tlog.Hash) error {
	if err := t.t.exec(ctx, `INSERT INTO audit_leaves (leaf, data, salt, payload, app, subject, object, expires_at) VALUES (?,?,?,?,?,?,?,?)`,
		leaf.Index, leaf.Data, leaf.Salt, leaf.Payload, leaf.App, t.owner, leaf.Object, rows.Ms(t.expires)); err != nil {
		return err
	}
	first := tlog.StoredHashIndex(0, leaf.Index)
	for i, h := range hashes {
		if err := t.t.exec(ctx, `INSERT INTO audit_hashes (idx, hash) VALUES (?,?)`, first+int64(i), h[:]); err != nil {
			return err
		}
	}
	return nil
}

// Log is the audit log outside a transaction, for proofs and exports.
type Log struct{ q rows.Queryer }

// Log returns the committed audit log.
func (d *DB) Log() Log { return Log{d.read} }

// Size returns the number of leaves.
func (l Log) Size(ctx context.Context) (int64, error) { return logSize(ctx, l.q) }

// Hashes returns stored hashes by index.
func (l Log) Hashes(ctx context.Context, indexes []int64) ([]tlog.Hash, error) {
	return logHashes(ctx, l.q, indexes)
}

// Leaf returns one leaf with whatever remains of its opening.
func (l Log) Leaf(ctx context.Context, index int64) (audit.Leaf, error) {
	list, err := l.leaves(ctx, index, index+1)
	if err != nil {
		return audit.Leaf{}, err
	}
	if len(list) == 0 {
		return audit.Leaf{}, ErrNotFound
	}
	return list[0], nil
}

// ReadLeaves returns the records of the leaves from (inclusive) to (exclusive).
func (l Log) ReadLeaves(ctx context.Context, from, to int64) ([][]byte, error) {
	list, err := l.leaves(ctx, from, to)
	data := make([][]byte, len(list))
	for i, leaf := range list {
		data[i] = leaf.Data
	}
	return data, err
}

func (l Log) leaves(ctx context.Context, from, to int64) ([]audit.Leaf, error) {
	return rows.All(ctx, l.q, func(r rows.Scanner) (audit.Leaf, error) {
		var f audit.Leaf
		err := r.Scan(&f.Index, &f.Data, &f.Salt, &f.Payload)
		return f, err
	}, `SELECT leaf, data, salt, payload FROM audit_leaves WHERE leaf >= ? AND leaf < ? ORDER BY leaf`, from, to)
}

func logSize(ctx context.Context, q rows.Queryer) (int64, error) {
	var n int64
	if err := q.QueryRowContext(ctx, `SELECT coalesce(max(leaf) + 1, 0) FROM audit_leaves`).Scan(&n); err != nil {
		return 0, fmt.Errorf("store: log size: %w", err)
	}
	return n, nil
}

func logHashes(ctx context.Context, q rows.Queryer, indexes []int64) ([]tlog.Hash, error) {
	list := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		var raw []byte
		if err := q.QueryRowContext(ctx, `SELECT hash FROM audit_hashes WHERE idx = ?`, index).Scan(&raw); err != nil {
			return nil, fmt.Errorf("store: log hash: %w", err)
		}
		if len(raw) != tlog.HashSize {
			return nil, errors.New("store: log hash has the wrong size")
		}
		copy(list[i][:], raw)
	}
	return list, nil
}
