package task

import (
	"errors"
	"testing"
	"time"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/store"
)

// entries returns what is noted of a task's recipient.
func (w *world) entries(k store.Task) []store.Held {
	w.t.Helper()
	list, err := w.DB.App(k.App).HeldOf(w.t.Context(), w.ledgerRow(k).ID)
	must(w.t, err)
	return list
}

// leaves counts the leaves of the log.
func (w *world) leaves() int64 {
	w.t.Helper()
	n, err := w.DB.Log().Size(w.t.Context())
	must(w.t, err)
	return n
}

// look does what a sweep does, and the job that it has done.
func (w *world) look() {
	w.t.Helper()
	must(w.t, w.Overdue(w.t.Context()))
	due, err := w.DB.DueHeld(w.t.Context(), w.clock.Now(), 10)
	must(w.t, err)
	for _, h := range due {
		_, err := w.Work(w.t.Context(), h.App, privacy.TaskID(h.ID))
		must(w.t, err)
	}
}

func TestWhatARecipientCannotEraseIsNotedUntilItsOwnTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.other.answers(driver.Result{Inline: photo()})
	w.other.set(func(o *other) {
		o.residue = driver.Residue{Erased: []string{"template"}, Held: []driver.Held{
			{What: "result", For: time.Hour, Reason: "no-erase-call"}, {What: "log", Reason: "no-erase-call"},
		}}
	})
	who := w.person("mixoo")
	k := w.finish(w.submit(who, w.fill(who, "text_to_image", words("a fox"))))
	list := w.entries(k)
	if len(list) != 2 || list[0].What != "result" || list[0].Until.Sub(w.clock.Now()) != time.Hour || list[0].State != store.HeldOpen ||
		!list[1].Until.IsZero() || list[1].State != store.HeldOpen || len(list[0].Ticket) != 0 {
		t.Fatalf("%+v", list)
	}
	if row := w.ledgerRow(k); row.KeepsUntil.Sub(w.clock.Now()) != time.Hour {
		t.Errorf("the ledger says %v", row.KeepsUntil)
	}
	w.clock.Advance(59 * time.Minute)
	w.look()
	if w.entries(k)[0].State != store.HeldOpen {
		t.Error("closed before its time")
	}
	before := w.leaves()
	w.clock.Advance(time.Minute)
	w.look()
	w.look()
	list = w.entries(k)
	if list[0].State != store.HeldClosed || list[0].ClosedAt.IsZero() || list[1].State != store.HeldOpen || w.leaves() != before+1 {
		t.Errorf("%+v, %d leaves", list, w.leaves()-before)
	}
}

func TestAnErasureThatFailsIsTriedAgainUntilItIsDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.other.answers(driver.Result{Inline: photo()})
	w.other.set(func(o *other) {
		o.residue = driver.Residue{Held: []driver.Held{{What: "template", Reason: "erase-failed"}}}
	})
	who := w.person("mixoo")
	k := w.finish(w.submit(who, w.fill(who, "text_to_image", words("a fox"))))
	h := w.entries(k)[0]
	if k.State != store.Succeeded || h.State != store.HeldOverdue || h.Tries != 1 || len(h.Ticket) == 0 || h.NextAt.Sub(w.clock.Now()) != time.Minute {
		t.Fatalf("%+v, %+v", k, h)
	}
	if counts, err := w.DB.HeldCounts(t.Context()); err != nil || counts["tencent_cloud"].Overdue != 1 {
		t.Errorf("%+v %v", counts, err)
	}
	w.look()
	if len(w.other.forgot) != 1 {
		t.Error("tried before its time")
	}
	w.clock.Advance(time.Minute)
	w.look()
	if h = w.entries(k)[0]; h.Tries != 2 || h.NextAt.Sub(w.clock.Now()) != 4*time.Minute {
		t.Errorf("%+v", h)
	}
	w.other.set(func(o *other) { o.refuses = errors.New("down") })
	w.clock.Advance(4 * time.Minute)
	w.look()
	if h = w.entries(k)[0]; h.Tries != 3 || h.State != store.HeldOverdue || h.NextAt.Sub(w.clock.Now()) != 16*time.Minute {
		t.Errorf("%+v", h)
	}
	w.other.set(func(o *other) { o.refuses, o.residue = nil, driver.Residue{Erased: []string{"template"}} })
	w.clock.Advance(16 * time.Minute)
	w.look()
	if h = w.entries(k)[0]; h.State != store.HeldClosed || len(h.Ticket) != 0 || w.other.forgot[3] != "done-1" {
		t.Errorf("%+v, %q", h, w.other.forgot)
	}
}

func TestARecipientThatIsNotReachedToEraseIsAnIncidentAndTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.other.answers(driver.Result{Inline: photo()})
	w.other.set(func(o *other) { o.refuses = &egress.Error{Class: egress.Transient, Code: "network"} })
	who := w.person("mixoo")
	k := w.finish(w.submit(who, w.fill(who, "text_to_image", words("a fox"))))
	if h := w.entries(k)[0]; k.State != store.Succeeded || h.What != "job" || h.State != store.HeldOverdue {
		t.Fatalf("%+v %+v", k, h)
	}
	w.other.set(func(o *other) {
		o.refuses, o.residue = nil, driver.Residue{Held: []driver.Held{{What: "log", For: time.Hour, Reason: "no-erase-call"}}}
	})
	w.clock.Advance(time.Minute)
	w.look()
	list := w.entries(k)
	if len(list) != 2 || list[0].State != store.HeldClosed || list[1].What != "log" || list[1].State != store.HeldOpen {
		t.Errorf("%+v", list)
	}
}

func TestAnErasureOwedOutlivesTheAccountAndEndsWithoutATrace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.other.answers(driver.Result{Inline: photo()})
	w.other.set(func(o *other) { o.refuses = errors.New("down") })
	who := w.person("mixoo")
	k := w.finish(w.submit(who, w.fill(who, "text_to_image", words("a fox"))))
	id := w.entries(k)[0].ID
	_, err := w.Eraser.Subject(t.Context(), who.App(), who.Subject)
	must(t, err)
	h, err := w.DB.App(k.App).HeldByID(t.Context(), id)
	if err != nil || h.Subject != "" || h.Transfer != "" || h.Task != "" {
		t.Fatalf("%+v %v", h, err)
	}
	w.clock.Advance(time.Minute)
	w.look()
	if h, err = w.DB.App(k.App).HeldByID(t.Context(), id); err != nil || h.Tries != 2 {
		t.Fatalf("%+v %v", h, err)
	}
	w.other.set(func(o *other) { o.refuses = nil })
	w.clock.Advance(time.Hour)
	w.look()
	if _, err := w.DB.App(k.App).HeldByID(t.Context(), id); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("it stays: %v", err)
	}
}

func TestALostAnswerLeavesAnEntryAndWhatWasUploadedIsErased(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.other.answers(driver.Result{Inline: photo()})
	w.other.set(func(o *other) { o.answerAs = 502 })
	who := w.person("mixoo")
	k := w.finish(w.submit(who, w.fill(who, "text_to_image", words("a fox"))))
	if k.ErrorCode != "provider-interrupted" || !k.WasSent || w.ledgerRow(k).Outcome != "unknown" {
		t.Fatalf("%+v", k)
	}
	list := w.entries(k)
	if len(list) != 1 || list[0].What != "job" || list[0].Reason != "lost-reply" || list[0].State != store.HeldOpen || !list[0].Until.IsZero() {
		t.Errorf("%+v", list)
	}
	if len(w.other.forgot) != 1 || w.other.forgot[0] != "upload-1" {
		t.Errorf("forgot %q", w.other.forgot)
	}
}

func TestALostAnswerDoesNotHideThatErasingFailed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.other.answers(driver.Result{Inline: photo()})
	w.other.set(func(o *other) { o.answerAs, o.refuses = 502, &egress.Error{Class: egress.Transient, Code: "timeout"} })
	who := w.person("mixoo")
	k := w.finish(w.submit(who, w.fill(who, "text_to_image", words("a fox"))))
	list := w.entries(k)
	if len(list) != 1 || list[0].What != "job" || list[0].Reason != "erase-failed" || list[0].State != store.HeldOverdue || len(list[0].Ticket) == 0 {
		t.Fatalf("%+v", list)
	}
	w.other.set(func(o *other) { o.refuses = nil })
	w.clock.Advance(time.Hour)
	w.look()
	if list := w.entries(k); len(list) != 1 || list[0].State != store.HeldClosed || len(w.other.forgot) != 2 {
		t.Errorf("%+v, forgot %q", list, w.other.forgot)
	}
}

func TestAJobThatCannotBeAskedAboutIsForgottenToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.other.slow()
	w.other.set(func(o *other) {
		o.poll = func() (driver.Status, error) {
			return driver.Status{}, &egress.Error{Class: egress.Gone, Code: "http-404", WasSent: true}
		}
	})
	who := w.person("mixoo")
	k := w.finish(w.submit(who, w.fill(who, "text_to_image", words("a fox"))))
	if k.ErrorCode != "provider-lost" || !k.WasSent || len(w.other.forgot) != 1 || w.other.forgot[0] != "job-1" {
		t.Errorf("%+v, forgot %q", k, w.other.forgot)
	}
}
