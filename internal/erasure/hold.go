package erasure

import (
	"context"
	"errors"
	"fmt"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
)

// ErrHeld says that a hold keeps a thing: it is sealed now, and goes when the hold ends.
var ErrHeld = fault.New(fault.Conflict, "held", "A legal order keeps this for now. It is sealed: nobody can open it, and it is erased when the order ends.")

// lets reports whether the reason goes before what a person asked to keep: only the person's own word does.
func (r Reason) lets() bool { return r.wished() || r == AccountErased || r == Restored }

// unheld returns what may be erased now, and seals the rest. It looks again at each row: an order may
// have come since the list was read.
func (e *Eraser) unheld(ctx context.Context, list []store.Object, why Reason) (free []store.Object, err error) {
	var held []store.Object
	for _, o := range list {
		if o.Memory {
			free = append(free, o)
			continue
		}
		now, err := e.DB.App(o.App).Object(ctx, o.Subject, o.Object)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, fmt.Errorf("erasure: look for holds: %w", err)
		}
		if err == nil && now.HeldAt(e.Clock.Now()) && !(now.Hold == store.HoldKeep && why.lets()) && !e.gone(o, why) {
			held = append(held, o)
			continue
		}
		free = append(free, o)
	}
	if len(held) == 0 {
		return free, nil
	}
	err = e.DB.Write(ctx, func(tx *store.Tx) error {
		for _, o := range held {
			if err := tx.SealObject(ctx, o.App, o.Object, string(why), e.Clock.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("erasure: seal: %w", err)
	}
	e.At("erase.sealed")
	return free, nil
}

// gone reports whether a backup has brought back what nobody can open any more: no order keeps that.
func (e *Eraser) gone(o store.Object, why Reason) bool {
	return why == Restored && (e.Ring.ErasedObject(o.App, o.Object) || !e.Ring.HasSubject(o.App, o.Subject))
}

// Forsake ends the key of an account that has ended, which work that came late may have made anew. While
// anything of the account is left the key is not its own to end: an order may keep it, and whoever erases
// the rest ends it with the account.
func (e *Eraser) Forsake(ctx context.Context, app privacy.AppID, s privacy.SubjectID) error {
	left, err := e.DB.App(app).Objects(ctx, s)
	if err != nil {
		return fmt.Errorf("erasure: list what is left: %w", err)
	}
	if len(left) > 0 {
		return nil
	}
	return e.Ring.DestroySubject(app, s)
}

// onlyHeld reports whether orders keep everything that is left of a subject whose account has ended. Then
// every other row goes, and the account's own waits for the end of the last order.
func (e *Eraser) onlyHeld(ctx context.Context, app privacy.AppID, s privacy.SubjectID) (bool, error) {
	left, err := e.DB.App(app).Objects(ctx, s)
	if err != nil {
		return false, fmt.Errorf("erasure: list what is held: %w", err)
	}
	for _, o := range left {
		if !o.HeldAt(e.Clock.Now()) {
			return false, nil
		}
	}
	if len(left) == 0 {
		return false, nil
	}
	if err := e.Ring.BurySubject(app, s); err != nil { // the key stays for the order; the account does not come back
		return false, fmt.Errorf("erasure: remember account: %w", err)
	}
	err = e.DB.Write(ctx, func(tx *store.Tx) error {
		if err := e.Note(ctx, tx, audit.Event{Kind: "subject_sealed", App: app}); err != nil {
			return err
		}
		return tx.EraseSubjectUnderHold(ctx, app, s)
	})
	if err != nil {
		return false, fmt.Errorf("erasure: rows beside a hold: %w", err)
	}
	return true, nil
}
