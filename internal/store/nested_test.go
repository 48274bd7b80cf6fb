package store

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestATransactionInsideOfAnotherIsRefusedAndDoesNotWait(t *testing.T) {
	t.Parallel()
	db, other := open(t), open(t)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	nothing := func(*Tx) error { return nil }
	err := db.Write(ctx, func(tx *Tx) error {
		must(t, other.Write(tx.Within(ctx), nothing))
		if _, err := tx.App("pixplus").Subject(tx.Within(ctx), "sub_1"); !errors.Is(err, ErrNotFound) {
			t.Errorf("reading inside: %v", err)
		}
		return db.Write(tx.Within(ctx), nothing)
	})
	if !errors.Is(err, ErrNested) || ctx.Err() != nil {
		t.Errorf("got %v", err)
	}
	must(t, db.Write(ctx, nothing))
}
