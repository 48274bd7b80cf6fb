package erasure

import (
	"context"
	"fmt"

	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/store"
)

// bury has the ring remember objects as erased, with one write for all of them. Memory needs none.
func (e *Eraser) bury(list []store.Object) error {
	var dead []keyring.Erased
	for _, o := range list {
		if !o.Memory {
			dead = append(dead, keyring.Erased{App: o.App, Class: string(o.Category), Object: o.Object})
		}
	}
	if err := e.Ring.Bury(dead...); err != nil {
		return fmt.Errorf("erasure: remember: %w", err)
	}
	return nil
}

// buryDue remembers a whole batch with one write, so that the erasures that follow need none. A copy in a
// backup may say a later deadline than the one that has come, so these are remembered like all others. It
// looks again at each row: an order may have come since the list was read.
func (e *Eraser) buryDue(ctx context.Context, due []store.Object) error {
	if len(due) < 2 {
		return nil // the erasure itself does it
	}
	var free []store.Object
	for _, o := range due {
		now, err := e.DB.App(o.App).Object(ctx, o.Subject, o.Object)
		if err == nil && !now.HeldAt(e.Clock.Now()) {
			free = append(free, o)
		}
	}
	return e.bury(free)
}
