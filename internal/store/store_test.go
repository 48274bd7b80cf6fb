package store

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
)

func at0() time.Time { return time.Date(2026, 11, 21, 14, 0, 0, 0, time.UTC) }

func open(t *testing.T) *DB {
	t.Helper()
	db, err := Open(context.Background(), filepath.Join(t.TempDir(), "vow.db"), [64]byte{1, 2, 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func write(t *testing.T, db *DB, f func(context.Context, *Tx) error) error {
	t.Helper()
	return db.Write(context.Background(), func(tx *Tx) error { return f(context.Background(), tx) })
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func object(app privacy.AppID, s privacy.SubjectID, id string) Object {
	return Object{
		Ref:     vault.Ref{App: app, Subject: s, Object: privacy.ObjectID(id), Category: "source_photo", MediaType: "image/jpeg", Bytes: 10, Epoch: at0()},
		Storage: policy.Disk, Stripped: []string{"exif", "gps"}, WrittenAt: at0(), Orientation: 1,
	}
}

func deadline(t *testing.T, e policy.Event, at time.Time) retention.Deadline {
	t.Helper()
	d, err := retention.For(policytest.PixPlus(t), "source_photo", e, at)
	must(t, err)
	return d
}

func task(app privacy.AppID, s privacy.SubjectID, id string) Task {
	return Task{ID: privacy.TaskID(id), App: app, Subject: s, Feature: "avatar", Recipient: "runninghub", State: Reviewing, Language: "en",
		Params: map[privacy.Field]string{"style": "cartoon"}, CreatedAt: at0(), OverdueAt: at0().Add(time.Hour), ExpiresAt: at0().AddDate(0, 1, 0)}
}

func TestATableOrColumnWithoutAClassStopsTheServer(t *testing.T) {
	t.Parallel()
	for name, statement := range map[string]string{
		"table notes has no class":                            `CREATE TABLE notes (text TEXT)`,
		"column objects.caption has no class":                 `ALTER TABLE objects ADD COLUMN caption TEXT`,
		"table idempotency is missing":                        `DROP TABLE idempotency`,
		"personal table sessions lacks an owner or an expiry": `DROP TABLE sessions; CREATE TABLE sessions (app TEXT, id TEXT, expires_at INTEGER)`,
		"personal table verdicts lacks an owner or an expiry": `DROP TABLE verdicts; CREATE TABLE verdicts (app TEXT, subject TEXT, task TEXT)`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			must(t, CheckSchema(context.Background(), db.Writer()))
			_, err := db.Writer().Exec(statement)
			must(t, err)
			if err := CheckSchema(context.Background(), db.Writer()); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestTheFileCannotBeReadWithoutItsKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "vow.db")
	db, err := Open(context.Background(), path, [64]byte{7})
	must(t, err)
	must(t, write(t, db, func(ctx context.Context, tx *Tx) error {
		return tx.InsertSubject(ctx, "pixplus", Subject{ID: "sub_marker_in_a_row", Locale: "en", CreatedAt: at0(), ExpiresAt: at0()})
	}))
	must(t, db.Close())
	raw, err := os.ReadFile(path)
	must(t, err)
	if bytes.Contains(raw, []byte("sub_marker_in_a_row")) || bytes.Contains(raw, []byte("SQLite format")) {
		t.Error("the file shows its content")
	}
	if _, err := Open(context.Background(), path, [64]byte{8}); err == nil {
		t.Error("another key opens the file")
	}
}

func TestADeadlineMayOnlyMoveEarlier(t *testing.T) {
	t.Parallel()
	db, o := open(t), object("pixplus", "sub_1", "upl_1")
	late, early := deadline(t, policy.TaskFailed, at0()), deadline(t, policy.TaskFailed, at0().Add(-time.Hour))
	must(t, write(t, db, func(ctx context.Context, tx *Tx) error { return tx.InsertObject(ctx, o, late, retention.Deadline{}) }))
	must(t, write(t, db, func(ctx context.Context, tx *Tx) error { return tx.SetDeadline(ctx, "pixplus", o.Ref, early) }))
	must(t, write(t, db, func(ctx context.Context, tx *Tx) error { return tx.SetDeadline(ctx, "pixplus", o.Ref, late) }))
	got, err := db.App("pixplus").Object(context.Background(), "sub_1", "upl_1")
	must(t, err)
	if !got.ExpiresAt.Equal(early.At()) {
		t.Errorf("the deadline moved to %v", got.ExpiresAt)
	}
	if _, err := db.Writer().Exec(`UPDATE objects SET expires_at = expires_at + 1`); err == nil {
		t.Error("the database lets a deadline move later")
	}
}

func TestNothingIsStoredWithoutADeadline(t *testing.T) {
	t.Parallel()
	db := open(t)
	err := write(t, db, func(ctx context.Context, tx *Tx) error {
		return tx.InsertObject(ctx, object("pixplus", "sub_1", "upl_1"), retention.Deadline{}, retention.Deadline{})
	})
	if err == nil {
		t.Error("an object without a deadline was stored")
	}
}

func TestAnUnusedObjectDiesByItsIdleClockUntilATaskTakesIt(t *testing.T) {
	t.Parallel()
	db, o, ctx := open(t), object("pixplus", "sub_1", "upl_1"), context.Background()
	ceiling, err := retention.Ceiling(policytest.PixPlus(t), "source_photo", at0())
	must(t, err)
	idle, ok := retention.Idle(policytest.PixPlus(t), "source_photo", at0())
	if !ok {
		t.Fatal("no idle clock")
	}
	must(t, write(t, db, func(ctx context.Context, tx *Tx) error { return tx.InsertObject(ctx, o, ceiling, idle) }))
	got, err := db.App("pixplus").Object(ctx, "sub_1", "upl_1")
	must(t, err)
	if !got.Due().Equal(idle.At()) || len(got.Stripped) != 2 {
		t.Errorf("due %v, want %v; stripped %v", got.Due(), idle.At(), got.Stripped)
	}
	if due, err := db.DueObjects(ctx, idle.At(), 10); err != nil || len(due) != 1 {
		t.Errorf("due %d, %v", len(due), err)
	}
	take := func(id privacy.TaskID) error {
		return write(t, db, func(ctx context.Context, tx *Tx) error {
			return tx.TakeObject(ctx, "pixplus", "sub_1", "upl_1", id, "photo", "avatar")
		})
	}
	must(t, take("tsk_1"))
	if got, err = db.App("pixplus").Object(ctx, "sub_1", "upl_1"); err != nil || !got.Due().Equal(ceiling.At()) {
		t.Errorf("due %v, want the ceiling %v", got.Due(), ceiling.At())
	}
	if err := take("tsk_2"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a second task took the same object: %v", err)
	}
}

func TestAnAppSeesOnlyItsOwnRows(t *testing.T) {
	t.Parallel()
	db, ctx := open(t), context.Background()
	must(t, write(t, db, func(ctx context.Context, tx *Tx) error {
		if err := tx.InsertObject(ctx, object("pixplus", "sub_1", "upl_1"), deadline(t, policy.TaskFailed, at0()), retention.Deadline{}); err != nil {
			return err
		}
		if err := tx.InsertTask(ctx, task("pixplus", "sub_1", "tsk_1")); err != nil {
			return err
		}
		return tx.InsertConsent(ctx, consent.Record{ID: "con_1", App: "pixplus", Subject: "sub_1", Feature: "avatar", Recipient: "runninghub", Decision: consent.Given, At: at0()}, at0().AddDate(1, 0, 0))
	}))
	for _, who := range []struct {
		app privacy.AppID
		s   privacy.SubjectID
	}{{"aifitting", "sub_1"}, {"pixplus", "sub_2"}} {
		other := db.App(who.app)
		if _, err := other.Object(ctx, who.s, "upl_1"); !errors.Is(err, ErrNotFound) {
			t.Errorf("%v sees the object: %v", who, err)
		}
		if _, err := other.Task(ctx, who.s, "tsk_1"); !errors.Is(err, ErrNotFound) {
			t.Errorf("%v sees the task: %v", who, err)
		}
		if _, err := other.Consent(ctx, who.s, "con_1"); !errors.Is(err, consent.ErrNoRecord) {
			t.Errorf("%v sees the consent: %v", who, err)
		}
		if _, err := other.StandingConsent(ctx, who.s, "avatar", "runninghub"); !errors.Is(err, consent.ErrNoRecord) {
			t.Errorf("%v sees the standing consent: %v", who, err)
		}
	}
	if k, err := db.App("pixplus").Task(ctx, "sub_1", "tsk_1"); err != nil || k.Params["style"] != "cartoon" {
		t.Errorf("the owner: %v %v", k.Params, err)
	}
}

func TestAnEndedTaskIsNeverOverwritten(t *testing.T) {
	t.Parallel()
	db, k := open(t), task("pixplus", "sub_1", "tsk_1")
	must(t, write(t, db, func(ctx context.Context, tx *Tx) error { return tx.InsertTask(ctx, k) }))
	k.State, k.EndedAt, k.WasSent = Canceled, at0(), true
	must(t, write(t, db, func(ctx context.Context, tx *Tx) error { return tx.UpdateTask(ctx, k) }))
	k.State, k.WasSent = Succeeded, false
	if err := write(t, db, func(ctx context.Context, tx *Tx) error { return tx.UpdateTask(ctx, k) }); !errors.Is(err, ErrNotFound) {
		t.Errorf("overwritten: %v", err)
	}
	got, err := db.App("pixplus").TaskByID(context.Background(), "tsk_1")
	if err != nil || got.State != Canceled || !got.WasSent {
		t.Errorf("%+v %v", got, err)
	}
}

func TestATransferThatLeftIsNeverTakenBack(t *testing.T) {
	t.Parallel()
	db := open(t)
	e := disclosure.Entry{ID: "trf_1", App: "pixplus", Subject: "sub_1", Task: "tsk_1", Fields: []privacy.Field{"photo", "prompt"}, At: at0()}
	must(t, write(t, db, func(ctx context.Context, tx *Tx) error { return tx.InsertTransfer(ctx, e, at0().AddDate(1, 0, 0)) }))
	for _, step := range []struct{ say, want string }{{"unknown", "unknown"}, {"refused", "unknown"}, {"sent", "sent"}, {"refused", "sent"}, {"unknown", "sent"}} {
		must(t, write(t, db, func(ctx context.Context, tx *Tx) error {
			return tx.FinishTransfer(ctx, "trf_1", step.say, 9, time.Time{})
		}))
		list, err := db.App("pixplus").TaskTransfers(context.Background(), "tsk_1")
		must(t, err)
		if list[0].Outcome != step.want || list[0].Bytes != 9 || len(list[0].Fields) != 2 {
			t.Errorf("after %s: %+v, want %s", step.say, list[0], step.want)
		}
	}
}

func TestARolledBackTransactionLeavesNothing(t *testing.T) {
	t.Parallel()
	db, stop := open(t), errors.New("stop")
	err := write(t, db, func(ctx context.Context, tx *Tx) error {
		must(t, tx.InsertTask(ctx, task("pixplus", "sub_1", "tsk_1")))
		_, err := audit.Append(ctx, tx.Tree("sub_1", at0()), audit.Event{Kind: "task_received", App: "pixplus", At: at0()})
		must(t, err)
		return stop
	})
	if !errors.Is(err, stop) {
		t.Fatal(err)
	}
	size, err := db.Log().Size(context.Background())
	if _, taskErr := db.App("pixplus").TaskByID(context.Background(), "tsk_1"); err != nil || size != 0 || !errors.Is(taskErr, ErrNotFound) {
		t.Errorf("left: %d leaves, %v %v", size, taskErr, err)
	}
}

func TestErasingASubjectLeavesNoRowOfItAndTheLogStillProves(t *testing.T) {
	t.Parallel()
	db, ctx := open(t), context.Background()
	must(t, write(t, db, func(ctx context.Context, tx *Tx) error { return fill(ctx, tx, "sub_1") }))
	must(t, write(t, db, func(ctx context.Context, tx *Tx) error { return fill(ctx, tx, "sub_2") }))
	size, err := db.Log().Size(ctx)
	must(t, err)
	before, err := audit.Root(ctx, db.Log(), size)
	must(t, err)
	must(t, write(t, db, func(ctx context.Context, tx *Tx) error { return tx.EraseSubject(ctx, "pixplus", "sub_1") }))
	for name, table := range schema() {
		if !table.personal {
			continue
		}
		for s, want := range map[string]bool{"sub_1": false, "sub_2": true} {
			var n int
			must(t, db.read.QueryRow(`SELECT count(*) FROM `+name+` WHERE subject = ?`, s).Scan(&n))
			if name != "objects" && (n > 0) != want {
				t.Errorf("%s has %d rows of %s", name, n, s)
			}
		}
	}
	after, err := audit.Root(ctx, db.Log(), size)
	must(t, err)
	if before != after {
		t.Error("erasing changed the log")
	}
	if leaf, err := db.Log().Leaf(ctx, 1); err != nil || len(leaf.Payload) == 0 {
		t.Errorf("the receipt's leaf lost its payload: %v", err)
	}
	if leaf, err := db.Log().Leaf(ctx, 0); err != nil || len(leaf.Payload) != 0 {
		t.Errorf("an event of the subject kept its payload: %v", err)
	}
	if _, err := db.Receipt(ctx, "rcp_sub_1"); err != nil {
		t.Errorf("the receipt is gone: %v", err)
	}
}

// fill writes one row of everything for a subject.
func fill(ctx context.Context, tx *Tx, s privacy.SubjectID) error {
	k, year := task("pixplus", s, "tsk_"+string(s)), at0().AddDate(1, 0, 0)
	for _, err := range []error{
		tx.InsertSubject(ctx, "pixplus", Subject{ID: s, Locale: "en", CreatedAt: at0(), ExpiresAt: year}),
		tx.InsertSession(ctx, Session{ID: privacy.SessionID("ses_" + s), App: "pixplus", Subject: s, ExpiresAt: year}, []byte(s), at0()),
		tx.InsertTask(ctx, k),
		tx.AddEvent(ctx, k, "state", map[string]int{"percent": 5}, at0()),
		tx.InsertVerdict(ctx, k, review.Verdict{Outcome: review.Cleared, At: at0()}),
		tx.InsertConsent(ctx, consent.Record{ID: privacy.ConsentID("con_" + s), App: "pixplus", Subject: s, At: at0()}, year),
		tx.InsertTransfer(ctx, disclosure.Entry{ID: privacy.TransferID("trf_" + s), App: "pixplus", Subject: s, Task: k.ID, At: at0()}, year),
		tx.InsertHeld(ctx, heldBy(s, "result", HeldOpen), year),
		tx.InsertLinkFetch(ctx, fetchOf(s, k.ID), year),
		tx.PutTicket(ctx, Ticket{Task: k.ID, App: "pixplus", Subject: s, Hook: []byte(s)}, at0(), year),
		tx.Idempotent(ctx, k, []byte(s), []byte("r"), string(k.ID), at0(), year),
	} {
		if err != nil {
			return err
		}
	}
	if _, err := audit.Append(ctx, tx.Tree(s, year), audit.Event{Kind: "task_received", App: "pixplus", Subject: s, At: at0()}); err != nil {
		return err
	}
	leaf, err := audit.Append(ctx, tx.Tree(s, year), audit.Erasure{
		Receipt: privacy.ReceiptID("rcp_" + s), App: "pixplus", Object: "upl_" + string(s), Category: "source_photo", Rule: "r", Reason: "deadline", Method: "key_destroyed", At: at0(),
	}.Event())
	if err != nil {
		return err
	}
	if err := tx.InsertReceipt(ctx, Receipt{ID: privacy.ReceiptID("rcp_" + s), App: "pixplus", Subject: s, Object: privacy.ObjectID("upl_" + s), Leaf: leaf, DueAt: at0(), DeletedAt: at0()}, year); err != nil {
		return err
	}
	return fillRest(ctx, tx, s, year)
}

func TestExpiredRowsGoAndLivingOnesStay(t *testing.T) {
	t.Parallel()
	db, ctx := open(t), context.Background()
	must(t, write(t, db, func(ctx context.Context, tx *Tx) error { return fill(ctx, tx, "sub_1") }))
	erase := func(now time.Time) (n int) {
		must(t, write(t, db, func(ctx context.Context, tx *Tx) (err error) { n, err = tx.EraseExpired(ctx, now); return err }))
		return n
	}
	if n := erase(at0()); n != 0 {
		t.Errorf("%d rows went before their time", n)
	}
	if n := erase(at0().AddDate(1, 0, 0)); n == 0 {
		t.Error("nothing went in time")
	}
	if list, err := db.ExpiredSubjects(ctx, at0().AddDate(1, 0, 0), 10); err != nil || len(list) != 1 {
		t.Errorf("idle accounts: %d %v", len(list), err)
	}
	if _, err := db.Log().Hashes(ctx, []int64{tlog.StoredHashIndex(0, 0)}); err != nil {
		t.Errorf("a hash of the log is gone: %v", err)
	}
}

func TestAnIdempotencyKeyFindsItsTaskUntilItExpires(t *testing.T) {
	t.Parallel()
	db, k := open(t), task("pixplus", "sub_1", "tsk_1")
	must(t, write(t, db, func(ctx context.Context, tx *Tx) error {
		return tx.Idempotent(ctx, k, []byte("key"), []byte("request"), "tsk_1", at0(), at0().AddDate(0, 0, 1))
	}))
	if id, request, err := db.App("pixplus").Replay(context.Background(), []byte("key"), at0()); err != nil || id != "tsk_1" || string(request) != "request" {
		t.Errorf("%s %s %v", id, request, err)
	}
	if _, _, err := db.App("pixplus").Replay(context.Background(), []byte("key"), at0().AddDate(0, 0, 1)); !errors.Is(err, ErrNotFound) {
		t.Errorf("an expired key still works: %v", err)
	}
	if err := write(t, db, func(ctx context.Context, tx *Tx) error {
		return tx.Idempotent(ctx, k, []byte("key"), []byte("other"), "tsk_2", at0(), at0())
	}); err == nil {
		t.Error("the same key was stored twice")
	}
}
