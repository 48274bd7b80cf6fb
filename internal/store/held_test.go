package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"vow.example/vow/internal/privacy"
)

// heldBy is an entry about the transfer of a subject.
func heldBy(s privacy.SubjectID, what, state string) Held {
	return Held{
		ID: "hld_" + what + string(s), App: "pixplus", Subject: s, Task: privacy.TaskID("tsk_" + s), Transfer: privacy.TransferID("trf_" + s),
		Recipient: "abroad", What: what, Reason: "no-erase-call", State: state, At: at0(), NextAt: at0().Add(time.Hour), Ticket: []byte("sealed"),
	}
}

func fetchOf(s privacy.SubjectID, k privacy.TaskID) LinkFetch {
	return LinkFetch{App: "pixplus", Subject: s, Task: k, Transfer: privacy.TransferID("trf_" + s), Recipient: "abroad", Field: "photo", Number: 1, Bytes: 9, At: at0()}
}

func TestWhatARecipientHoldsIsListedUnderItsTransferAndRemindedOf(t *testing.T) {
	t.Parallel()
	db, ctx := open(t), context.Background()
	must(t, write(t, db, func(ctx context.Context, tx *Tx) error { return fill(ctx, tx, "sub_1") }))
	list, err := db.App("pixplus").HeldOf(ctx, "trf_sub_1")
	if err != nil || len(list) != 1 || list[0].What != "result" || !list[0].Until.IsZero() || string(list[0].Ticket) != "sealed" || !list[0].At.Equal(at0()) {
		t.Fatalf("%+v %v", list, err)
	}
	if other, err := db.App("aifitting").HeldOf(ctx, "trf_sub_1"); err != nil || len(other) != 0 {
		t.Errorf("another app sees %d entries, %v", len(other), err)
	}
	if due, err := db.DueHeld(ctx, at0(), 10); err != nil || len(due) != 0 {
		t.Errorf("%d entries before their time, %v", len(due), err)
	}
	due, err := db.DueHeld(ctx, at0().Add(time.Hour), 10)
	if err != nil || len(due) != 1 {
		t.Fatalf("%d entries in time, %v", len(due), err)
	}
	h := due[0]
	h.State, h.ClosedAt, h.NextAt, h.Ticket = HeldClosed, at0(), time.Time{}, nil
	must(t, write(t, db, func(ctx context.Context, tx *Tx) error { return tx.UpdateHeld(ctx, h) }))
	if h, err = db.App("pixplus").HeldByID(ctx, h.ID); err != nil || h.State != HeldClosed || len(h.Ticket) != 0 {
		t.Errorf("%+v %v", h, err)
	}
	h.State = HeldOpen
	must(t, write(t, db, func(ctx context.Context, tx *Tx) error { return tx.UpdateHeld(ctx, h) }))
	if h, err = db.App("pixplus").HeldByID(ctx, h.ID); err != nil || h.State != HeldClosed {
		t.Errorf("a closed entry was opened again: %v", err)
	}
	if counts, err := db.HeldCounts(ctx); err != nil || counts["abroad"] != (HeldCount{}) {
		t.Errorf("%+v %v", counts, err)
	}
}

func TestAnErasureThatIsStillOwedOutlivesTheAccountWithoutItsName(t *testing.T) {
	t.Parallel()
	db, ctx := open(t), context.Background()
	must(t, write(t, db, func(ctx context.Context, tx *Tx) error { return fill(ctx, tx, "sub_1") }))
	must(t, write(t, db, func(ctx context.Context, tx *Tx) error {
		return tx.InsertHeld(ctx, heldBy("sub_1", "template", HeldOverdue), at0().AddDate(1, 0, 0))
	}))
	must(t, write(t, db, func(ctx context.Context, tx *Tx) error { return tx.EraseSubject(ctx, "pixplus", "sub_1") }))
	h, err := db.App("pixplus").HeldByID(ctx, "hld_templatesub_1")
	if err != nil || h.Subject != "" || h.Task != "" || h.Transfer != "" || len(h.Ticket) == 0 {
		t.Errorf("%+v %v", h, err)
	}
	if _, err := db.App("pixplus").HeldByID(ctx, "hld_resultsub_1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("an entry that waits for nothing stays: %v", err)
	}
	if counts, err := db.HeldCounts(ctx); err != nil || counts["abroad"].Overdue != 1 {
		t.Errorf("%+v %v", counts, err)
	}
	must(t, write(t, db, func(ctx context.Context, tx *Tx) error { // a work that was under way comes late
		late := heldBy("sub_1", "late", HeldOverdue)
		return errors.Join(tx.InsertHeld(ctx, late, at0().AddDate(1, 0, 0)), tx.InsertHeld(ctx, heldBy("sub_1", "later", HeldOpen), at0().AddDate(1, 0, 0)))
	}))
	if h, err := db.App("pixplus").HeldByID(ctx, "hld_latesub_1"); err != nil || h.Subject != "" || h.Transfer != "" {
		t.Errorf("%+v %v", h, err)
	}
	if _, err := db.App("pixplus").HeldByID(ctx, "hld_latersub_1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a row without an owner: %v", err)
	}
	must(t, write(t, db, func(ctx context.Context, tx *Tx) error { return tx.DropHeld(ctx, "hld_latesub_1") }))
	if _, err := db.App("pixplus").HeldByID(ctx, "hld_latesub_1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("it is not dropped: %v", err)
	}
}

func TestALinkIsReadOnlyWhileItsTaskRuns(t *testing.T) {
	t.Parallel()
	db, ctx := open(t), context.Background()
	must(t, write(t, db, func(ctx context.Context, tx *Tx) error { return fill(ctx, tx, "sub_1") }))
	read := func(f LinkFetch) error {
		return write(t, db, func(ctx context.Context, tx *Tx) error { return tx.InsertLinkFetch(ctx, f, at0().AddDate(1, 0, 0)) })
	}
	f := fetchOf("sub_1", "tsk_sub_1")
	f.Number = 2
	must(t, read(f))
	list, err := db.App("pixplus").LinkFetches(ctx, "trf_sub_1")
	if err != nil || len(list) != 2 || list[1].Number != 2 || list[1].Field != "photo" || list[1].Bytes != 9 {
		t.Errorf("%+v %v", list, err)
	}
	for name, wrong := range map[string]LinkFetch{
		"another person": fetchOf("sub_2", "tsk_sub_1"), "another task": fetchOf("sub_1", "tsk_other"),
	} {
		if err := read(wrong); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, write(t, db, func(ctx context.Context, tx *Tx) error {
		return tx.RequestStop(ctx, "pixplus", "tsk_sub_1", "canceled", at0())
	}))
	if err := read(f); !errors.Is(err, ErrNotFound) {
		t.Errorf("after a stop: %v", err)
	}
}
