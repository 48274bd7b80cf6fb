package rights

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"testing"
	"time"

	"vow.example/vow/apps"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/erasure/erasuretest"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/queue"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task"
)

// world answers rights on real parts. Nobody works, so every task stays where it is.
type world struct {
	*Service
	t        *testing.T
	clock    *clock.Adjustable
	policies map[privacy.AppID]*policy.Policy
}

func newWorld(t *testing.T) *world {
	t.Helper()
	parts := erasuretest.Open(t, erasuretest.Start())
	policies, err := policy.LoadFS(apps.FS)
	must(t, err)
	db, v, clk, eraser := parts.DB, parts.Vault, parts.Clock, parts.Eraser(book.Fixed(policies))
	tasks := task.New(task.Options{DB: db, Vault: v, Ring: parts.Ring, Eraser: eraser, Policies: book.Fixed(policies), Clock: clk, Log: log.Logger{}, PollEvery: time.Second, GiveUp: time.Minute})
	q, err := queue.New(t.Context(), db.Writer(), tasks.Work)
	must(t, err)
	tasks.Attach(q)
	return &world{&Service{DB: db, Vault: v, Eraser: eraser, Tasks: tasks, Clock: clk}, t, clk, policies}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) person(app privacy.AppID) task.Who {
	w.t.Helper()
	who := task.Who{Policy: w.policies[app], Subject: privacy.SubjectID(privacy.NewID(privacy.PrefixSubject))}
	s := store.Subject{ID: who.Subject, Locale: "en", CreatedAt: w.clock.Now(), ExpiresAt: w.clock.Now().AddDate(0, 6, 0)}
	must(w.t, w.DB.Write(w.t.Context(), func(tx *store.Tx) error { return tx.InsertSubject(w.t.Context(), app, s) }))
	return who
}

func (w *world) upload(who task.Who) store.Object {
	w.t.Helper()
	var b bytes.Buffer
	must(w.t, jpeg.Encode(&b, image.NewNRGBA(image.Rect(0, 0, 32, 32)), nil))
	o, err := w.Tasks.Upload(w.t.Context(), who, task.Incoming{Body: &b})
	must(w.t, err)
	return o
}

// ask has an avatar asked for, after consent.
func (w *world) ask(who task.Who) store.Task {
	w.t.Helper()
	screen, err := who.Policy.Screen("avatar", "en")
	must(w.t, err)
	f, _ := who.Policy.Feature("avatar")
	c := consent.Record{
		ID: privacy.ConsentID(privacy.NewID(privacy.PrefixConsent)), App: who.App(), Subject: who.Subject, Feature: f.ID, Recipient: f.Recipient,
		Decision: consent.Given, Screen: screen.Hash, Language: "en", PolicyHash: who.Policy.Hash(), Version: who.Policy.Version(), Mode: f.Consent, At: w.clock.Now(),
	}
	must(w.t, w.DB.Write(w.t.Context(), func(tx *store.Tx) error { return tx.InsertConsent(w.t.Context(), c, w.clock.Now().AddDate(1, 0, 0)) }))
	k, _, err := w.Tasks.Submit(w.t.Context(), who, task.Request{
		Feature: f.ID, Inputs: map[privacy.Field]privacy.ObjectID{"photo": w.upload(who).Object}, Consent: c.ID, Language: "en",
	})
	must(w.t, err)
	return k
}

func (w *world) state(k store.Task) store.TaskState {
	w.t.Helper()
	k, err := w.DB.App(k.App).TaskByID(w.t.Context(), k.ID)
	must(w.t, err)
	return k.State
}

// holding returns what is held of one category.
func (w *world) holding(who task.Who, c privacy.Category) Holding {
	w.t.Helper()
	list, err := w.Holdings(w.t.Context(), who)
	must(w.t, err)
	for _, h := range list {
		if h.Category == c {
			return h
		}
	}
	return Holding{}
}

func TestHoldingsAreCountedFromStorageAndNotFromRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("pixplus")
	first, second := w.upload(who), w.upload(who)
	if h := w.holding(who, "source_photo"); h.Count != 2 || h.Bytes != first.Bytes+second.Bytes || h.Where != "disk" || !h.AllGoneBy.Equal(w.clock.Now().Add(24*time.Hour)) {
		t.Errorf("%+v", h)
	}
	must(t, w.Vault.Erase(t.Context(), first.Ref)) // its row is still there
	if h := w.holding(who, "source_photo"); h.Count != 1 {
		t.Errorf("%+v", h)
	}
	w.clock.Advance(24 * time.Hour) // and no sweep has come by
	if h := w.holding(who, "source_photo"); h.Count != 0 {
		t.Errorf("%+v", h)
	}
	if h := w.holding(who, "account"); h.Count != 1 || h.Where != "database" {
		t.Errorf("%+v", h)
	}
	if h := w.holding(w.person("pixplus"), "source_photo"); h.Count != 0 {
		t.Errorf("somebody else's: %+v", h)
	}
}

func TestFacesAreCountedWhereTheyAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("aifitting")
	w.upload(who)
	if h := w.holding(who, "source_photo"); h.Count != 1 || h.Where != "memory" {
		t.Errorf("%+v", h)
	}
}

func TestErasingContentStopsWorkAndKeepsTheAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, other := w.person("pixplus"), w.person("pixplus")
	k, kept := w.ask(who), w.ask(other)
	w.upload(who)
	receipts, err := w.EraseContent(t.Context(), who)
	if err != nil || len(receipts) != 2 || w.state(k) != store.Canceled {
		t.Errorf("%d receipts, %v", len(receipts), err)
	}
	if h := w.holding(who, "source_photo"); h.Count != 0 || w.holding(who, "account").Count != 1 {
		t.Errorf("%+v", h)
	}
	if w.holding(other, "source_photo").Count != 1 || w.state(kept).Ended() {
		t.Error("somebody else lost something")
	}
	if receipts, err := w.EraseContent(t.Context(), who); err != nil || len(receipts) != 0 {
		t.Errorf("erased twice: %d, %v", len(receipts), err)
	}
}

func TestErasingTheAccountLeavesNothingToCount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("pixplus")
	k := w.ask(who)
	receipts, err := w.EraseAccount(t.Context(), who)
	if err != nil || len(receipts) != 1 {
		t.Errorf("%d receipts, %v", len(receipts), err)
	}
	list, err := w.Holdings(t.Context(), who)
	must(t, err)
	for _, h := range list {
		if h.Count != 0 || h.Bytes != 0 {
			t.Errorf("%+v", h)
		}
	}
	if _, err := w.DB.App(k.App).TaskByID(t.Context(), k.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the task is still there: %v", err)
	}
	if _, err := w.Tasks.Upload(t.Context(), who, task.Incoming{Body: bytes.NewReader(nil)}); err == nil {
		t.Error("an erased account takes uploads")
	}
}

func TestWithdrawingEverythingStopsWhatStandsOnIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("pixplus")
	first, second := w.ask(who), w.ask(who)
	for range 2 { // once more is no error
		must(t, w.WithdrawAll(t.Context(), who))
	}
	if w.state(first) != store.Canceled || w.state(second) != store.Canceled {
		t.Errorf("%s, %s", w.state(first), w.state(second))
	}
	list, err := w.DB.App(who.App()).Consents(t.Context(), who.Subject, "", 10)
	must(t, err)
	for _, c := range list {
		if c.Decision != consent.Withdrawn || c.ChangedAt.IsZero() {
			t.Errorf("%+v", c)
		}
	}
	if err := w.Tasks.Withdraw(t.Context(), w.person("pixplus"), list[0].ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a stranger withdrew: %v", err)
	}
}

func TestDecliningErasesWhatNoTaskHasTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("pixplus")
	k := w.ask(who)
	w.upload(who)
	receipts, err := w.Decline(t.Context(), who)
	if err != nil || len(receipts) != 1 || receipts[0].Reason != string(erasure.Declined) || w.state(k).Ended() {
		t.Errorf("%+v, %v", receipts, err)
	}
	if receipts, err = w.Decline(t.Context(), who); err != nil || len(receipts) != 0 {
		t.Errorf("%+v, %v", receipts, err)
	}
}
