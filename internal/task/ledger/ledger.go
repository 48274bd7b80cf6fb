// Package ledger keeps what a recipient still holds after the work, and when it read through a link.
//
// It promises that everything a recipient could not erase is an entry with its reason; that an
// erasure there that failed is tried again with growing pauses until it is done, under a ticket that
// is sealed meanwhile; that an entry whose stated time has come is closed with a leaf in the log;
// and that a link is read only after its row is committed. It never sends content.
package ledger

import (
	"context"
	"errors"
	"slices"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress/medialink"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task/sealed"
)

// Prefix is that of an entry's identifier.
const Prefix = "hld"

// The reasons for an entry.
const (
	NoEraseCall = driver.NoEraseCall
	EraseFailed = driver.EraseFailed
	LostReply   = "lost-reply"
)

const (
	job        = "job" // where it is not known what exactly is held
	inputs     = "inputs"
	firstPause = time.Minute
	mostPause  = 24 * time.Hour
	batch      = 100
)

// Recipients erases at a recipient.
type Recipients interface {
	Forget(ctx context.Context, r privacy.RecipientID, t driver.Ticket) (driver.Residue, error)
}

// Options are the parts that a Ledger works with.
type Options struct {
	DB         *store.DB
	Eraser     *erasure.Eraser
	Recipients Recipients
	Clock      clock.Clock
	Log        log.Logger
	Box        sealed.Box
	At         func(point string) // called where a crash may hit
}

// Ledger writes and settles entries. It is safe for concurrent use.
type Ledger struct{ Options }

// New returns a Ledger.
func New(o Options) *Ledger { return &Ledger{o} }

// Forget erases at the recipient what can be erased there, and writes an entry for the rest. It
// returns until when, at the latest, the recipient states to keep something.
func (l *Ledger) Forget(ctx context.Context, e disclosure.Entry, remote driver.Ticket) (time.Time, error) {
	residue, err := l.forget(ctx, e.Recipient, remote)
	l.At("forget.asked")
	if err != nil {
		residue = driver.Residue{Held: []driver.Held{{What: job, Reason: EraseFailed}}}
	}
	if slices.ContainsFunc(residue.Held, func(h driver.Held) bool { return h.Reason == EraseFailed }) {
		l.Log.Error("incident: the recipient could not be made to erase; it is tried again", log.Task(e.Task), log.Recipient(e.Recipient), log.Code(err))
	}
	return l.latest(residue), l.settle(ctx, e, remote, residue)
}

// forgetTime bounds one attempt to erase at a recipient: a task does not end before it, and what is
// left is tried again.
const forgetTime = time.Minute

func (l *Ledger) forget(ctx context.Context, r privacy.RecipientID, remote driver.Ticket) (driver.Residue, error) {
	ctx, cancel := context.WithTimeout(ctx, forgetTime)
	defer cancel()
	return l.Recipients.Forget(ctx, r, remote)
}

// Lost notes that a recipient may have made a job of which nothing is known but that.
func (l *Ledger) Lost(ctx context.Context, e disclosure.Entry) error {
	return l.settle(ctx, e, nil, driver.Residue{Held: []driver.Held{{What: job, Reason: LostReply}}})
}

// Owe notes that what a recipient has is still to be erased there, and asks it nothing now.
func (l *Ledger) Owe(ctx context.Context, e disclosure.Entry, remote driver.Ticket) error {
	return l.settle(ctx, e, remote, driver.Residue{Held: []driver.Held{{What: job, Reason: EraseFailed}}})
}

// Unsure writes the row of a task that has none although something of it may have left: an earlier state of
// the rows was put back. Where there is a row already it writes nothing.
func (l *Ledger) Unsure(ctx context.Context, k store.Task, pol *policy.Policy) error {
	f, _ := pol.Feature(k.Feature)
	e := disclosure.Entry{
		ID: privacy.TransferID(privacy.NewID(privacy.PrefixTransfer)), App: k.App, Subject: k.Subject, Task: k.ID, Consent: k.Consent, Feature: k.Feature,
		Recipient: k.Recipient, Purpose: f.Purpose, PolicyHash: pol.Hash(), At: l.Clock.Now(),
	}
	for _, in := range f.Inputs {
		e.Fields = append(e.Fields, in.Field)
	}
	until, err := l.Eraser.EvidenceUntil(e.App, "disclosure_record")
	if err != nil {
		return err
	}
	return l.DB.Write(ctx, func(tx *store.Tx) error {
		if list, err := tx.App(e.App).TaskTransfers(ctx, e.Task); err != nil || len(list) > 0 {
			return err
		}
		if err := tx.InsertTransfer(ctx, e, until); err != nil {
			return err
		}
		if err := tx.FinishTransfer(ctx, e.ID, "unknown", 0, time.Time{}); err != nil {
			return err
		}
		return l.add(ctx, tx, e, nil, []driver.Held{{What: job, Reason: LostReply}})
	})
}

// Kept notes that a recipient has received something for which it has no erase call, and for how long
// it states to keep that; 0: it states nothing.
func (l *Ledger) Kept(ctx context.Context, e disclosure.Entry, stated time.Duration) error {
	return l.settle(ctx, e, nil, driver.Residue{Held: []driver.Held{{What: inputs, For: stated, Reason: NoEraseCall}}})
}

func (l *Ledger) latest(r driver.Residue) (until time.Time) {
	for _, h := range r.Held {
		if end := l.Clock.Now().Add(h.For); h.For > 0 && end.After(until) {
			until = end
		}
	}
	return until
}

// settle brings the entries of a ledger row in line with what a recipient holds now.
func (l *Ledger) settle(ctx context.Context, e disclosure.Entry, remote driver.Ticket, residue driver.Residue) error {
	return l.DB.Write(ctx, func(tx *store.Tx) error {
		known, err := tx.App(e.App).HeldOf(ctx, e.ID)
		if err != nil {
			return err
		}
		for _, h := range known {
			if err := l.renew(ctx, tx, h, remote, residue); err != nil {
				return err
			}
			residue.Held = slices.DeleteFunc(slices.Clone(residue.Held), func(r driver.Held) bool { return r.What == h.What })
		}
		return l.add(ctx, tx, e, remote, residue.Held)
	})
}

// renew changes an entry whose erasure was owed, by what the recipient said now. One that only noted
// a lost answer is owed from now on where erasing has failed.
func (l *Ledger) renew(ctx context.Context, tx *store.Tx, h store.Held, remote driver.Ticket, residue driver.Residue) error {
	at := slices.IndexFunc(residue.Held, func(r driver.Held) bool { return r.What == h.What })
	switch owed := h.State == store.HeldOverdue; {
	case owed && at < 0:
		return l.close(ctx, tx, h, "erased")
	case owed, h.State == store.HeldOpen && at >= 0 && residue.Held[at].Reason == EraseFailed:
		return tx.UpdateHeld(ctx, l.fill(h, remote, residue.Held[at]))
	default:
		return nil
	}
}

// add writes an entry for everything that has none yet.
func (l *Ledger) add(ctx context.Context, tx *store.Tx, e disclosure.Entry, remote driver.Ticket, held []driver.Held) error {
	expires, err := l.Eraser.EvidenceUntil(e.App, "disclosure_record")
	if err != nil {
		return err
	}
	for _, r := range held {
		h := l.fill(store.Held{
			ID: privacy.NewID(Prefix), App: e.App, Subject: e.Subject, Task: e.Task, Transfer: e.ID, Recipient: e.Recipient, What: r.What, At: l.Clock.Now(),
		}, remote, r)
		if err := tx.InsertHeld(ctx, h, expires); err != nil {
			return err
		}
	}
	return nil
}

// fill sets what an entry says and what happens to it next.
func (l *Ledger) fill(h store.Held, remote driver.Ticket, r driver.Held) store.Held {
	now := l.Clock.Now()
	h.Reason, h.State, h.Until, h.NextAt, h.Ticket = r.Reason, store.HeldOpen, time.Time{}, time.Time{}, nil
	if r.For > 0 {
		h.Until = now.Add(r.For)
		h.NextAt = h.Until
	}
	if r.Reason == EraseFailed {
		h.State, h.Tries, h.Ticket = store.HeldOverdue, h.Tries+1, l.Box.Seal(remote)
		h.NextAt = now.Add(pause(h.Tries))
	}
	return h
}

// pause grows from try to try: a minute, four, sixteen, to a day.
func pause(tries int) time.Duration {
	return min(firstPause<<min(2*(tries-1), 20), mostPause)
}

// close ends an entry with a leaf. One that names nobody any more goes.
func (l *Ledger) close(ctx context.Context, tx *store.Tx, h store.Held, why string) error {
	h.State, h.ClosedAt, h.NextAt, h.Ticket = store.HeldClosed, l.Clock.Now(), time.Time{}, nil
	if err := tx.UpdateHeld(ctx, h); err != nil {
		return err
	}
	err := l.Eraser.Note(ctx, tx, audit.Event{
		Kind: "held_closed", App: h.App, Subject: h.Subject, Object: h.ID, Task: h.Task,
		Data: map[string]string{"recipient": string(h.Recipient), "what": h.What, "why": why},
	})
	return errors.Join(err, tx.DropHeld(ctx, h.ID))
}

// Remind closes the entries whose stated time has come, and has nudge look after those whose next
// try is due: a sweep waits for no recipient. What fails does not hold up the others.
func (l *Ledger) Remind(ctx context.Context, nudge func(app privacy.AppID, id string) error) error {
	due, err := l.DB.DueHeld(ctx, l.Clock.Now(), batch)
	for _, h := range due {
		if h.State == store.HeldOverdue && (h.Until.IsZero() || l.Clock.Now().Before(h.Until)) {
			err = errors.Join(err, nudge(h.App, h.ID))
			continue
		}
		err = errors.Join(err, l.DB.Write(ctx, func(tx *store.Tx) error { return l.close(ctx, tx, h, "stated") }))
	}
	return err
}

// Retry tries once more to erase at the recipient what an entry is about.
func (l *Ledger) Retry(ctx context.Context, app privacy.AppID, id string) error {
	h, err := l.DB.App(app).HeldByID(ctx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && (h.State != store.HeldOverdue || l.Clock.Now().Before(h.NextAt)) {
		return nil
	}
	if err != nil {
		return err
	}
	remote, err := l.Box.Open(h.Ticket)
	if err != nil {
		return err
	}
	residue, err := l.forget(ctx, h.Recipient, remote)
	l.At("retry.asked")
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		l.Log.Error("the recipient could not be made to erase; it is tried again", log.Recipient(h.Recipient), log.Count(h.Tries), log.Code(err))
		return l.DB.Write(ctx, func(tx *store.Tx) error {
			return tx.UpdateHeld(ctx, l.fill(h, remote, driver.Held{What: h.What, Reason: EraseFailed}))
		})
	}
	if h.Transfer == "" { // its account is gone
		return l.DB.Write(ctx, func(tx *store.Tx) error { return l.unnamed(ctx, tx, h, remote, residue) })
	}
	return l.settle(ctx, disclosure.Entry{ID: h.Transfer, App: h.App, Subject: h.Subject, Task: h.Task, Recipient: h.Recipient}, remote, residue)
}

// unnamed settles an entry that names nobody: it goes once nothing is left to try.
func (l *Ledger) unnamed(ctx context.Context, tx *store.Tx, h store.Held, remote driver.Ticket, residue driver.Residue) error {
	if at := slices.IndexFunc(residue.Held, func(r driver.Held) bool { return r.What == h.What }); at >= 0 && residue.Held[at].Reason == EraseFailed {
		return tx.UpdateHeld(ctx, l.fill(h, remote, residue.Held[at]))
	}
	return l.close(ctx, tx, h, "erased")
}

// Links writes the row of a link that is about to be read. It implements medialink.Fetches.
type Links struct {
	DB     *store.DB
	Eraser *erasure.Eraser
}

// Fetched commits the row and its leaf. Where the task has ended it fails, and nothing is served.
func (l Links) Fetched(ctx context.Context, f medialink.Fetch) error {
	until, err := l.Eraser.EvidenceUntil(f.App, "disclosure_record")
	if err != nil {
		return err
	}
	leaf, err := l.Eraser.EvidenceUntil(f.App, "audit_entry")
	if err != nil {
		return err
	}
	row := store.LinkFetch{
		App: f.App, Subject: f.Subject, Task: f.Task, Transfer: f.Transfer, Recipient: f.Recipient, Field: f.Field, Number: f.Number, Bytes: f.Bytes, At: f.At,
	}
	return l.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.InsertLinkFetch(ctx, row, until); err != nil {
			return err
		}
		_, err := audit.Append(ctx, tx.Tree(f.Subject, leaf), audit.Event{
			Kind: "link_read", App: f.App, Subject: f.Subject, Object: string(f.Transfer), Task: f.Task, At: f.At, PolicyHash: l.Eraser.HashOf(f.App),
			Data: map[string]string{"recipient": string(f.Recipient), "field": string(f.Field)},
		})
		return err
	})
}
