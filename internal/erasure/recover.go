package erasure

import (
	"context"
	"errors"
	"fmt"

	"vow.example/vow/internal/log"
	"vow.example/vow/internal/privacy"
)

// Recover completes, after a restart, what the end of the process interrupted: objects that lived
// in memory, and stored bytes without a row. Erasures whose row is left are due: the sweep that
// follows finishes them.
func (e *Eraser) Recover(ctx context.Context) error {
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
