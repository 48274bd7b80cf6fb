package erasure

import (
	"context"
	"time"

	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/tally"
)

// tally counts an object whose row the transaction has erased, where the policy says that counts remain. Only
// a clock that ran out leaves one: what a person's word, the end of an account or a restart erases leaves nothing.
func (e *Eraser) tally(ctx context.Context, tx *store.Tx, o store.Object, why Reason) error {
	if why != AtDeadline && why != NeverUsed || !e.aggregates(o) {
		return nil
	}
	until, err := e.EvidenceUntil(o.App, tally.Category)
	if err != nil {
		until = time.Time{} // no version that binds gives counts a clock of their own
	}
	return tally.Add(ctx, tx, o, e.Clock.Now(), until)
}

// aggregates reports whether the clock of an object ends in counts. Every version that may bind its owner
// must say so: to destroy is stricter.
func (e *Eraser) aggregates(o store.Object) (yes bool) {
	for _, p := range e.Policies.Binding(o.App, e.Clock.Now()) {
		row, ok := p.Row(o.Category, o.Starts)
		if !ok {
			continue
		}
		if row.End != "aggregate" {
			return false
		}
		yes = true
	}
	return yes
}
