// Package erasure ends the life of what the vault holds, in the one order that keeps the promise:
// remember that it is erased, destroy the key, erase the bytes, erase the row, append the audit leaf,
// write the receipt.
//
// It promises that a receipt exists only for an object whose key is gone, that an erasure interrupted
// at any point is completed by the next sweep, and that what a backup brings back is erased again
// before anybody is answered. It never asks whether something should be erased: deadlines, people and
// policies do.
package erasure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
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
	HandedOver     Reason = "handed_over" // it may be read once, and was
	Restarted      Reason = "restart"     // it lived in memory only
	Restored       Reason = "restored"    // it was erased before, and came back with a backup
)

// wished reports whether a person's word stands behind the reason. No clock and no open task would
// lead to such an erasure again, so it is written down before it begins.
func (r Reason) wished() bool { return r == SubjectRequest || r == Declined }

// Policies says which policies rule at a moment.
type Policies interface {
	// InForce returns the policy of an app that is in force.
	InForce(app privacy.AppID, at time.Time) (*policy.Policy, bool)
	// Binding returns every policy of an app that may bind somebody.
	Binding(app privacy.AppID, at time.Time) []*policy.Policy
}

// Options are the parts that an Eraser works with.
type Options struct {
	DB       *store.DB
	Vault    *vault.Vault
	Ring     *keyring.Ring
	Clock    clock.Clock
	Log      log.Logger
	Policies Policies
	// At, where set, is called with the name of every point that a crash may hit.
	At func(point string)
}

// Eraser erases objects and subjects.
type Eraser struct {
	Options
	accounts sync.Mutex // an account is erased by one caller: the person or the sweeper
}

// New returns an Eraser.
func New(o Options) *Eraser {
	if o.At == nil {
		o.At = func(string) {}
	}
	return &Eraser{Options: o}
}

// Object erases one object and returns its receipt. more, where given, runs in the transaction
// that erases the row.
func (e *Eraser) Object(ctx context.Context, o store.Object, why Reason, more func(*store.Tx) error) (store.Receipt, error) {
	list, err := e.Objects(ctx, []store.Object{o}, why, more)
	if err != nil {
		return store.Receipt{}, err
	}
	if len(list) == 0 {
		return store.Receipt{}, ErrHeld
	}
	return list[0], nil
}

// Objects erases several objects in one transaction. A person's wish is committed before the first
// key goes, so that an interrupted erasure is finished by the next sweep. What a hold keeps is sealed
// instead: it has no receipt yet, nobody reads it any more, and the sweep erases it when the hold ends.
func (e *Eraser) Objects(ctx context.Context, list []store.Object, why Reason, more func(*store.Tx) error) ([]store.Receipt, error) {
	ctx = context.WithoutCancel(ctx) // once a key is gone, the row and the receipt must follow
	list, err := e.unheld(ctx, list, why)
	if err != nil {
		return nil, err
	}
	if why.wished() && len(list) > 0 {
		if err := e.mark(ctx, list, why); err != nil {
			return nil, err
		}
	}
	if err := e.destroy(ctx, list); err != nil {
		return nil, err
	}
	e.At("erase.destroyed")
	receipts := make([]store.Receipt, len(list))
	err = e.DB.Write(ctx, func(tx *store.Tx) error {
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

// destroy ends the keys. The ring remembers the objects first: nothing that comes back of them later is
// opened. Where it cannot write that down the headers go all the same, and the erasure is not done.
func (e *Eraser) destroy(ctx context.Context, list []store.Object) error {
	failed := e.bury(list)
	for _, o := range list {
		if err := e.Vault.Erase(ctx, o.Ref); err != nil {
			return errors.Join(failed, fmt.Errorf("erasure: destroy key: %w", err))
		}
	}
	return failed
}

// mark writes down that the objects are to be erased now.
func (e *Eraser) mark(ctx context.Context, list []store.Object, why Reason) error {
	err := e.DB.Write(ctx, func(tx *store.Tx) error {
		for _, o := range list {
			if err := tx.EndObject(ctx, o.App, o.Object, string(why), e.Clock.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("erasure: write the wish: %w", err)
	}
	e.At("erase.marked")
	return nil
}

// record erases the row, appends the leaf and writes the receipt.
func (e *Eraser) record(ctx context.Context, tx *store.Tx, o store.Object, why Reason) (store.Receipt, error) {
	now := e.Clock.Now()
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
	if err := errors.Join(e.copies(ctx, tx, o, &r), e.tally(ctx, tx, o, why)); err != nil {
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

// copies notes on the receipt who else had the object, and until when they state to keep it: in the
// task it served, or in an earlier try that failed after sending.
func (e *Eraser) copies(ctx context.Context, tx *store.Tx, o store.Object, r *store.Receipt) error {
	for _, id := range append(slices.Clone(o.Earlier), o.Task) {
		list, err := tx.App(o.App).TaskTransfers(ctx, id)
		if err != nil {
			return err
		}
		k, err := tx.App(o.App).TaskByID(ctx, id)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		for _, t := range list {
			if t.Outcome == "refused" || t.Outcome == "prepared" && !k.WasSent {
				continue // nothing left
			}
			r.Recipient = t.Recipient
			if t.KeepsUntil.After(r.KeepsUntil) {
				r.KeepsUntil = t.KeepsUntil
			}
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

// Subject erases everything of a subject: objects first, each with a receipt, then the subject's
// key, then every row. Nothing that a backup or a forgotten copy still holds can be opened. The
// account ends before anything is erased, so that an interruption is finished by the next sweep.
func (e *Eraser) Subject(ctx context.Context, app privacy.AppID, s privacy.SubjectID) ([]store.Receipt, error) {
	e.accounts.Lock()
	defer e.accounts.Unlock()
	return e.subject(context.WithoutCancel(ctx), app, s, AccountErased)
}

// subject does the work of Subject; the caller holds the accounts.
func (e *Eraser) subject(ctx context.Context, app privacy.AppID, s privacy.SubjectID, why Reason) (receipts []store.Receipt, err error) {
	if _, err := e.DB.App(app).Subject(ctx, s); errors.Is(err, store.ErrNotFound) {
		return nil, nil // another path was faster
	}
	if err := e.DB.Write(ctx, func(tx *store.Tx) error { return tx.CloseSubject(ctx, app, s, e.Clock.Now()) }); err != nil {
		return nil, fmt.Errorf("erasure: end account: %w", err)
	}
	e.At("account.ended")
	for {
		list, err := e.DB.App(app).Objects(ctx, s)
		if err != nil {
			return receipts, fmt.Errorf("erasure: list objects: %w", err)
		}
		more, err := e.Objects(ctx, list, why, nil)
		if receipts = append(receipts, more...); err != nil {
			return receipts, err
		}
		e.At("account.objects")
		if sealed, err := e.onlyHeld(ctx, app, s); err != nil || sealed {
			return receipts, errors.Join(err, e.DB.Checkpoint(ctx))
		}
		if err := e.Ring.DestroySubject(app, s); err != nil {
			return receipts, fmt.Errorf("erasure: destroy subject key: %w", err)
		}
		e.At("account.key")
		if err = e.rows(ctx, app, s); err == nil {
			break
		}
		if !errors.Is(err, store.ErrHeld) { // held: work that was under way has stored something since
			return receipts, fmt.Errorf("erasure: erase rows: %w", err)
		}
	}
	e.At("account.rows")
	return receipts, e.DB.Checkpoint(ctx)
}

// rows erases every row of a subject whose objects and key are gone.
func (e *Eraser) rows(ctx context.Context, app privacy.AppID, s privacy.SubjectID) error {
	return e.DB.Write(ctx, func(tx *store.Tx) error {
		if err := e.Note(ctx, tx, audit.Event{Kind: "subject_erased", App: app}); err != nil {
			return err
		}
		return tx.EraseSubject(ctx, app, s)
	})
}

const sweepBatch = 200

// Sweep erases what is due at now, a batch of it, and returns how many things went. What fails is
// reported and does not keep anything else alive: the hour's keys die whatever happened before. It
// implements retention.Due.
func (e *Eraser) Sweep(ctx context.Context, now time.Time) (int, error) {
	total, failed := e.sweepObjects(ctx, now)
	if _, err := e.Ring.DestroyEpochs(now); err != nil {
		failed = errors.Join(failed, fmt.Errorf("erasure: destroy epochs: %w", err))
	}
	accounts, err := e.sweepAccounts(ctx, now)
	failed = errors.Join(failed, err)
	rows, err := e.sweepRows(ctx, now)
	return total + accounts + rows, errors.Join(failed, err)
}

func (e *Eraser) sweepObjects(ctx context.Context, now time.Time) (total int, failed error) {
	due, err := e.DB.DueObjects(ctx, now, sweepBatch)
	if err != nil {
		return 0, fmt.Errorf("erasure: due objects: %w", err)
	}
	if err := e.buryDue(ctx, due); err != nil {
		failed = err // each is tried again by itself
	}
	for _, o := range due {
		why := AtDeadline
		switch {
		case o.Ending != "":
			why = Reason(o.Ending) // begun by a person, and interrupted
		case !o.IdleAt.IsZero() && !o.IdleAt.After(now.Add(retention.Margin)):
			why = NeverUsed
		}
		_, err := e.Object(ctx, o, why, nil)
		if errors.Is(err, ErrHeld) {
			continue // an order came while this batch was under way
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			failed = errors.Join(failed, err)
			continue
		}
		total++
	}
	return total, failed
}

func (e *Eraser) sweepAccounts(ctx context.Context, now time.Time) (total int, failed error) {
	idle, err := e.DB.ExpiredSubjects(ctx, now, sweepBatch)
	if err != nil {
		return 0, fmt.Errorf("erasure: idle accounts: %w", err)
	}
	if len(idle) == 0 || !e.accounts.TryLock() {
		return 0, nil // a person's own erasure is under way; what it leaves, the next sweep takes
	}
	defer e.accounts.Unlock()
	for _, s := range idle {
		if _, err := e.subject(context.WithoutCancel(ctx), s.App, s.Subject, AccountErased); err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		total++
	}
	return total, failed
}

func (e *Eraser) sweepRows(ctx context.Context, now time.Time) (rows int, err error) {
	if found, err := e.DB.HasExpired(ctx, now); err != nil || !found {
		return 0, err
	}
	err = e.DB.Write(ctx, func(tx *store.Tx) error {
		rows, err = tx.EraseExpired(ctx, now)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("erasure: expired rows: %w", err)
	}
	if rows > 0 {
		err = e.DB.Checkpoint(ctx)
	}
	return rows, err
}
