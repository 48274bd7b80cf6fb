package store

import (
	"context"
	"errors"
	"testing"

	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

func TestAConsentForOneTaskServesOneTask(t *testing.T) {
	t.Parallel()
	db := open(t)
	must(t, write(t, db, func(ctx context.Context, tx *Tx) error {
		standing := consent.Record{ID: "con_2", App: "pixplus", Subject: "sub_1", Decision: consent.Given, Mode: policy.PerFeature, At: at0()}
		return errors.Join(tx.InsertConsent(ctx, standing, at0()), tx.InsertConsent(ctx,
			consent.Record{ID: "con_1", App: "pixplus", Subject: "sub_1", Decision: consent.Given, Mode: policy.PerTask, At: at0()}, at0()))
	}))
	use := func(con privacy.ConsentID, id privacy.TaskID) error {
		return write(t, db, func(ctx context.Context, tx *Tx) error { return tx.UseConsent(ctx, "pixplus", con, id) })
	}
	must(t, use("con_1", "tsk_1"))
	must(t, use("con_1", "tsk_1"))
	if err := use("con_1", "tsk_2"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a second task used it: %v", err)
	}
	must(t, use("con_2", "tsk_1"))
	must(t, use("con_2", "tsk_2")) // one that stands serves every task
	if c, err := db.App("pixplus").Consent(t.Context(), "sub_1", "con_2"); err != nil || c.Task != "" {
		t.Errorf("one that stands was used up by %q: %v", c.Task, err)
	}
	change := func() error {
		return write(t, db, func(ctx context.Context, tx *Tx) error {
			return tx.ChangeConsent(ctx, "pixplus", "sub_1", "con_1", consent.Withdrawn, at0())
		})
	}
	must(t, change())
	if err := change(); !errors.Is(err, ErrNotFound) {
		t.Errorf("withdrawn twice: %v", err)
	}
}
