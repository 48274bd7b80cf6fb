// Package erasure ends the life of what the vault holds, in the one order that keeps the promise:
// destroy the key, erase the bytes, erase the row, append the audit leaf, write the receipt.
//
// It promises that a receipt exists only for an object whose key is gone, and that an erasure
// interrupted at any point is completed by the next sweep. It never asks whether something should
// be erased: deadlines, people and policies do.
package erasure

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
)

// Reason says why something was erased.
type Reason string

// The reasons.
const (
	AtDeadline     Reason = "deadline"
	TaskEnded      Reason = "task_ended"
	SubjectRequest Reason = "subject_request"
	Declined       Reason = "declined"
	AccountErased  Reason = "account_erased"
	NeverUsed      Reason = "unused"
	Restarted      Reason = "restart" // it lived in memory only
)

// Eraser erases objects and subjects.
type Eraser struct {
	db       *store.DB
	vault    *vault.Vault
	ring     *keyring.Ring
	clock    clock.Clock
	log      log.Logger
	policies map[privacy.AppID]*policy.Policy
}

// New returns an Eraser.
func New(db *store.DB, v *vault.Vault, ring *keyring.Ring, clk clock.Clock, logger log.Logger, policies map[privacy.AppID]*policy.Policy) *Eraser {
	return &Eraser{db: db, vault: v, ring: ring, clock: clk, log: logger, policies: policies}
}

// Object erases one object and returns its receipt. more, where given, runs in the transaction
// that erases the row.
func (e *Eraser) Object(ctx context.Context, o store.Object, why Reason, more func(*store.Tx) error) (store.Receipt, error) {
	list, err := e.Objects(ctx, []store.Object{o}, why, more)
	if err != nil {
		return store.Receipt{}, err
	}
	return list[0], nil
}

// Objects erases several objects in one transaction.
func (e *Eraser) Objects(ctx context.Context, list []store.Object, why Reason, more func(*store.Tx) error) ([]store.Receipt, error) {
	ctx = context.WithoutCancel(ctx) // once a key is gone, the row and the receipt must follow
	for _, o := range list {
		if err := e.vault.Erase(ctx, o.Ref); err != nil {
			return nil, fmt.Errorf("erasure: destroy key: %w", err)
		}
	}
	receipts := make([]store.Receipt, len(list))
	err := e.db.Write(ctx, func(tx *store.Tx) error {
		for i, o := range list {
			r, err := e.record(ctx, tx, o, why)
			if err != nil {
				return err
			}
			receipts[i] = r
		}
		if more == nil {
			return nil
		}
		return more(tx)
	})
	if err != nil {
		return nil, fmt.Errorf("erasure: record: %w", err)
	}
	return receipts, nil
}

// record erases the row, appends the leaf and writes the receipt.
func (e *Eraser) record(ctx context.Context, tx *store.Tx, o store.Object, why Reason) (store.Receipt, error) {
	now := e.clock.Now()
	if err := tx.DeleteObject(ctx, o.App, o.Object); errors.Is(err, store.ErrNotFound) {
		return tx.App(o.App).ReceiptOf(ctx, o.Subject, o.Object) // another path was faster
	} else if err != nil {
		return store.Receipt{}, err
	}
	r := store.Receipt{
		ID: privacy.ReceiptID(privacy.NewID(privacy.PrefixReceipt)), App: o.App, Subject: o.Subject, Task: o.Task,
		Object: o.Object, Category: o.Category, Rule: o.Rule, Reason: string(why), Method: "key_destroyed",
		DueAt: o.Due(), DeletedAt: now,
	}
	if o.Memory {
		r.Method = "memory_wiped"
	}
	if err := e.copies(ctx, tx, o, &r); err != nil {
		return r, err
	}
	expires, err := e.EvidenceUntil(o.App, "audit_entry")
	if err != nil {
		return r, err
	}
	// The payload names no subject: it must open the receipt after the account is gone.
	r.Leaf, err = audit.Append(ctx, tx.Tree(o.Subject, expires), audit.Erasure{
		Receipt: r.ID, App: o.App, Task: o.Task, Object: string(o.Object), Category: o.Category, Rule: o.Rule,
		Reason: r.Reason, Method: r.Method, DueAt: r.DueAt, At: now, PolicyHash: o.PolicyHash,
	}.Event())
	if err != nil {
		return r, err
	}
	if err := tx.InsertReceipt(ctx, r, expires); err != nil {
		return r, err
	}
	return r, e.tell(ctx, tx, o, r)
}

// copies notes on the receipt who else had the object, and until when they state to keep it.
func (e *Eraser) copies(ctx context.Context, tx *store.Tx, o store.Object, r *store.Receipt) error {
	if o.Task == "" {
		return nil
	}
	list, err := tx.App(o.App).TaskTransfers(ctx, o.Task)
	if err != nil {
		return err
	}
	for _, t := range list {
		if t.Outcome != "refused" {
			r.Recipient, r.KeepsUntil = t.Recipient, t.KeepsUntil
		}
	}
	return nil
}

// tell adds the erasure to the event stream of the task the object belonged to.
func (e *Eraser) tell(ctx context.Context, tx *store.Tx, o store.Object, r store.Receipt) error {
	if o.Task == "" {
		return nil
	}
	k, err := tx.App(o.App).TaskByID(ctx, o.Task)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return tx.AddEvent(ctx, k, "deleted", map[string]string{"object": string(o.Object), "receipt": string(r.ID)}, r.DeletedAt)
}

// EvidenceUntil returns until when a row of a record category of the app is kept, when written now.
func (e *Eraser) EvidenceUntil(app privacy.AppID, c privacy.Category) (time.Time, error) {
	d, err := retention.For(e.policies[app], c, policy.ItemWritten, e.clock.Now())
	if err != nil {
		return time.Time{}, err
	}
	return d.At(), nil
}

// Subject erases everything of a subject: objects first, each with a receipt, then the subject's
// key, then every row. Nothing that a backup or a forgotten copy still holds can be opened.
func (e *Eraser) Subject(ctx context.Context, app privacy.AppID, s privacy.SubjectID) ([]store.Receipt, error) {
	list, err := e.db.App(app).Objects(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("erasure: list objects: %w", err)
	}
	receipts, err := e.Objects(ctx, list, AccountErased, nil)
	if err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx)
	if err := e.ring.DestroySubject(app, s); err != nil {
		return nil, fmt.Errorf("erasure: destroy subject key: %w", err)
	}
	expires, err := e.EvidenceUntil(app, "audit_entry")
	if err != nil {
		return nil, err
	}
	err = e.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := audit.Append(ctx, tx.Tree("", expires), audit.Event{Kind: "subject_erased", App: app, At: e.clock.Now(), PolicyHash: e.policies[app].Hash()}); err != nil {
			return err
		}
		return tx.EraseSubject(ctx, app, s)
	})
	if err != nil {
		return nil, fmt.Errorf("erasure: erase rows: %w", err)
	}
	return receipts, e.db.Checkpoint(ctx)
}

const sweepBatch = 200

// Sweep erases everything that is due at now and returns how many things went. It implements
// retention.Due.
func (e *Eraser) Sweep(ctx context.Context, now time.Time) (int, error) {
	total := 0
	for {
		due, err := e.db.DueObjects(ctx, now, sweepBatch)
		if err != nil {
			return total, fmt.Errorf("erasure: due objects: %w", err)
		}
		for _, o := range due {
			why := AtDeadline
			if !o.IdleAt.IsZero() && !o.IdleAt.After(now) {
				why = NeverUsed
			}
			if _, err := e.Object(ctx, o, why, nil); err != nil {
				return total, err
			}
			total++
		}
		if len(due) < sweepBatch {
			break
		}
	}
	n, err := e.sweepRows(ctx, now)
	return total + n, err
}

func (e *Eraser) sweepRows(ctx context.Context, now time.Time) (int, error) {
	if _, err := e.ring.DestroyEpochs(now); err != nil {
		return 0, fmt.Errorf("erasure: destroy epochs: %w", err)
	}
	idle, err := e.db.ExpiredSubjects(ctx, now, sweepBatch)
	if err != nil {
		return 0, fmt.Errorf("erasure: idle accounts: %w", err)
	}
	for _, s := range idle {
		if _, err := e.Subject(ctx, s.App, s.Subject); err != nil {
			return 0, err
		}
	}
	rows := 0
	err = e.db.Write(ctx, func(tx *store.Tx) error {
		rows, err = tx.EraseExpired(ctx, now)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("erasure: expired rows: %w", err)
	}
	if rows > 0 {
		err = e.db.Checkpoint(ctx)
	}
	return rows + len(idle), err
}

// Recover completes, after a restart, what the end of the process interrupted: objects that lived
// in memory, erasures whose row is left, and stored bytes without a row.
func (e *Eraser) Recover(ctx context.Context) error {
	lost, err := e.db.MemoryObjects(ctx)
	if err != nil {
		return fmt.Errorf("erasure: memory objects: %w", err)
	}
	for _, o := range lost {
		if _, err := e.Object(ctx, o, Restarted, nil); err != nil {
			return err
		}
	}
	var failed error
	n, err := e.vault.SweepOrphans(ctx, func(object string) bool {
		known, err := e.db.HasObject(ctx, privacy.ObjectID(object))
		failed = errors.Join(failed, err)
		return known || err != nil
	})
	if err := errors.Join(err, failed); err != nil {
		return fmt.Errorf("erasure: orphans: %w", err)
	}
	if n > 0 {
		e.log.Info("erased stored bytes that no row knew", log.Count(n))
	}
	return nil
}
