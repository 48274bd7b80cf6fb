package erasure

import (
	"context"
	"errors"
	"fmt"

	"vow.example/vow/internal/log"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
)

// Recover completes, after a restart, what the end of the process interrupted: objects that lived
// in memory, and stored bytes without a row. What the ring remembers as erased and a backup has
// brought back is erased again. Erasures whose row is left are due: the sweep that follows finishes
// them.
func (e *Eraser) Recover(ctx context.Context) error {
	if err := e.returned(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	lost, err := e.DB.MemoryObjects(ctx)
	if err != nil {
		return fmt.Errorf("erasure: memory objects: %w", err)
	}
	for _, o := range lost {
		if _, err := e.Object(ctx, o, Restarted, nil); err != nil {
			return err
		}
	}
	var failed error
	n, err := e.Vault.SweepOrphans(ctx, func(object string) bool {
		known, err := e.DB.HasObject(ctx, privacy.ObjectID(object))
		failed = errors.Join(failed, err)
		return known || err != nil
	})
	if err := errors.Join(err, failed); err != nil {
		return fmt.Errorf("erasure: orphans: %w", err)
	}
	if n > 0 {
		e.Log.Info("erased stored bytes that no row knew", log.Count(n))
	}
	return nil
}

const lookBatch = 1000

// returned erases what was erased before and is there again: accounts first, with all that is theirs.
func (e *Eraser) returned(ctx context.Context) error {
	objects, subjects := e.Ring.Tombstones()
	if subjects > 0 {
		n, err := e.returnedAccounts(ctx)
		if err != nil {
			return err
		}
		if n > 0 {
			e.Log.Info("erased accounts again that an earlier state of the disk had brought back", log.Count(n))
		}
	}
	if objects == 0 {
		return nil
	}
	n, err := e.returnedObjects(ctx)
	if err == nil && n > 0 {
		e.Log.Info("erased objects again that an earlier state of the disk had brought back", log.Count(n))
	}
	return err
}

// returnedAccounts erases accounts that are open although the ring remembers their end. One that is
// closed is being erased, or waits for the end of an order: the sweep knows it.
func (e *Eraser) returnedAccounts(ctx context.Context) (n int, err error) {
	e.accounts.Lock()
	defer e.accounts.Unlock()
	for last := privacy.SubjectID(""); ; {
		list, err := e.DB.SubjectsAfter(ctx, last, lookBatch)
		if err != nil {
			return n, fmt.Errorf("erasure: look for accounts: %w", err)
		}
		for _, s := range list {
			last = s.Subject
			if !s.ExpiresAt.After(e.Clock.Now()) || !e.Ring.ErasedSubject(s.App, s.Subject) {
				continue
			}
			if _, err := e.subject(ctx, s.App, s.Subject, Restored); err != nil {
				return n, err
			}
			n++
		}
		if len(list) < lookBatch {
			return n, nil
		}
	}
}

// returnedObjects erases objects whose header is there although the ring remembers their end.
func (e *Eraser) returnedObjects(ctx context.Context) (n int, err error) {
	for last := privacy.ObjectID(""); ; {
		list, err := e.DB.ObjectsAfter(ctx, last, lookBatch)
		if err != nil {
			return n, fmt.Errorf("erasure: look for objects: %w", err)
		}
		for _, o := range list {
			last = o.Object
			back, err := e.isBack(ctx, o)
			if err == nil && back {
				_, err = e.Object(ctx, o, Restored, nil)
				n++
			}
			if err != nil {
				return n, err
			}
		}
		if len(list) < lookBatch {
			return n, nil
		}
	}
}

// isBack reports whether a backup has brought an object back. What is due, or was being erased when the
// process ended, the sweep erases under its own reason; what has lost its header waits for whoever was
// erasing it.
func (e *Eraser) isBack(ctx context.Context, o store.Object) (bool, error) {
	if o.Memory || o.Ending != "" || !o.Due().After(e.Clock.Now()) || !e.Ring.ErasedObject(o.App, o.Object) {
		return false, nil
	}
	left, err := e.Vault.Left(ctx, o.Ref)
	if err != nil {
		return false, fmt.Errorf("erasure: look for what came back: %w", err)
	}
	return left, nil
}
