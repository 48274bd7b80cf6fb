package task

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/privacy"
	sim "vow.example/vow/internal/sim/runninghub"
	"vow.example/vow/internal/store"
)

func TestAnEndThatWasInterruptedInAnEarlierHourCanStillBeReached(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("pixplus")
	r := w.ask(who, "words")
	k := w.submit(who, r)
	j, err := w.load(t.Context(), k.App, k.ID)
	must(t, err)
	if _, _, err := w.clocks(t.Context(), j, ending{state: store.Failed}, w.clock.Now()); err != nil { // and then the process dies
		t.Fatal(err)
	}
	w.clock.Advance(3 * time.Hour)
	must(t, w.fail(t.Context(), j, failure{code: "internal"}))
	if k = w.task(k); k.State != store.Failed {
		t.Fatalf("the task is %s", k.State)
	}
	w.later(24 * time.Hour)
	if w.held() != 0 {
		t.Errorf("%d things outlived their 24 hours", w.held())
	}
}

func TestANewTryNeverProlongsASourceAndItsReceiptNamesWhoHadItBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("pixplus")
	first := w.ask(who, "test:fail")
	if k := w.finish(w.submit(who, first)); k.State != store.Failed || !k.WasSent {
		t.Fatalf("%+v", k)
	}
	w.later(23 * time.Hour)
	second := Request{Feature: "avatar", Inputs: first.Inputs, Consent: w.agree(who, "avatar"), Texts: words("bad words"), Language: "en"}
	w.rewrites(privacy.NewText("bad words"), privacy.NewText("good words"))
	k := w.work(w.submit(who, second), in(store.AwaitingConfirmation))
	w.later(time.Hour)
	if _, err := w.DB.App(k.App).Object(t.Context(), who.Subject, first.Inputs["photo"]); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the source outlived the 24 hours of its first task: %v", err)
	}
	if got := w.receipt(who, first.Inputs["photo"]); got.Recipient != abroad || got.Task != k.ID {
		t.Errorf("the receipt says %+v", got)
	}
	must(t, w.Confirm(t.Context(), who, k.ID, true))
	if k = w.finish(k); k.State != store.Failed || k.ErrorCode != "upload-again" || k.WasSent {
		t.Errorf("%+v", k)
	}
}

func TestATaskThatEndsInTheMiddleOfBeingSentLeavesATrueLedger(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("pixplus")
	for point, c := range map[string]struct {
		outcome string
		sent    bool
	}{"send.prepared": {"refused", false}, "send.done": {"sent", true}} {
		r := w.ask(who, "")
		k := w.submit(who, r)
		w.sim.Inject(sim.Injection{Fault: sim.QueueFull, Path: "/task/openapi/create", Times: 1})
		ctx, stop := context.WithCancel(t.Context())
		w.when(point, stop)
		_, _ = w.Work(ctx, k.App, k.ID) // the server stops
		before := w.ledgerRow(k)
		o, err := w.DB.App(k.App).Object(t.Context(), who.Subject, r.Inputs["photo"])
		must(t, err)
		must(t, w.Vault.Erase(t.Context(), o.Ref)) // the source dies between two attempts
		k = w.finish(k)
		after := w.ledgerRow(k)
		if before.Outcome != "prepared" || after.Outcome != c.outcome || k.WasSent != c.sent || k.ErrorCode != "upload-again" {
			t.Errorf("%s: the ledger says %s, then %s; the task %+v", point, before.Outcome, after.Outcome, k)
		}
		if got := w.receipt(who, o.Object); (got.Recipient == abroad) != c.sent {
			t.Errorf("%s: the receipt names %q", point, got.Recipient)
		}
	}
}

func TestAStopThatCameBeforeTheEndWinsAndNoResultIsLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("pixplus")
	k := w.submit(who, w.ask(who, ""))
	w.when("settle.start", func() {
		w.when("settle.rewrapped", func() {
			w.write(func(tx *store.Tx) error {
				return tx.RequestStop(t.Context(), k.App, k.ID, "consent-withdrawn", w.clock.Now())
			})
		})
	})
	if k = w.finish(k); k.State != store.Canceled || k.ErrorCode != "consent-withdrawn" || !k.WasSent {
		t.Errorf("%+v", k)
	}
	if list := w.outputs(who); len(list) != 0 || w.held() != 0 {
		t.Errorf("%d results, %d things on the disk", len(list), w.held())
	}
}

func TestACancelReachesTheWorkAndSaysWhatHappened(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("pixplus")
	for point, want := range map[string]string{"review.start": nothingSent, "send.recorded": stoppedThere} {
		k := w.submit(who, w.ask(who, "test:slow"))
		var canceled sync.WaitGroup
		w.when(point, func() {
			asked := make(chan struct{})
			w.when("stop.requested", func() { close(asked) })
			canceled.Go(func() {
				if err := w.Cancel(t.Context(), who, k.ID); err != nil {
					t.Error(err)
				}
			})
			<-asked
		})
		k = w.work(k, func(k store.Task) bool { return !k.CancelAt.IsZero() })
		canceled.Wait()
		if k = w.task(k); k.State != store.Canceled || k.CancelOutcome != want || k.WasSent != (want == stoppedThere) {
			t.Errorf("%s: %+v", point, k)
		}
		if err := w.Cancel(t.Context(), who, k.ID); fault.CodeOf(err) != "not-cancelable" {
			t.Errorf("%s: canceled twice: %v", point, err)
		}
	}
}

func TestAWithdrawalBetweenReviewAndSendingSendsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("pixplus")
	r := w.ask(who, "")
	k := w.submit(who, r)
	var withdrawn sync.WaitGroup
	w.when("review.cleared", func() {
		recorded := make(chan struct{})
		w.when("withdraw.recorded", func() { close(recorded) })
		withdrawn.Go(func() {
			if err := w.Withdraw(t.Context(), who, r.Consent); err != nil {
				t.Error(err)
			}
		})
		<-recorded
	})
	k = w.finish(k)
	withdrawn.Wait()
	if k.ErrorCode != "consent-withdrawn" || k.WasSent || len(w.sim.Received().Requests) != 0 {
		t.Errorf("%+v, %d requests", k, len(w.sim.Received().Requests))
	}
	must(t, w.Withdraw(t.Context(), who, r.Consent)) // once more is no error
}

func TestAPanicInAStepEndsTheTask(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("aifitting")
	k := w.submit(who, w.ask(who, ""))
	w.when("make.analysed", func() { panic("a bug") })
	if k = w.finish(k); k.State != store.Failed || k.ErrorClass != "bug" || k.WasSent {
		t.Errorf("%+v", k)
	}
}

func TestAHostileFileThatMakesUsPanicIsRefused(t *testing.T) {
	t.Parallel()
	_, err := contained(nil, nil)
	if fault.CodeOf(err) != "media-unreadable" {
		t.Errorf("%v", err)
	}
}

func TestAnUploadOrARequestOfAnAccountThatEndsMeanwhileLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("pixplus")
	w.when("upload.sealed", func() {
		w.write(func(tx *store.Tx) error {
			return tx.CloseSubject(t.Context(), who.App(), who.Subject, w.clock.Now())
		})
	})
	_, err := w.Upload(t.Context(), who, Incoming{Body: bytes.NewReader(photo())})
	if fault.CodeOf(err) != "unauthenticated" || w.held() != 0 || w.Ring.HasSubject(who.App(), who.Subject) {
		t.Errorf("%v, %d things on the disk", err, w.held())
	}

	who = w.person("pixplus")
	r := w.ask(who, "words")
	w.when("receive.sealed", func() {
		_, err := w.Eraser.Subject(t.Context(), who.App(), who.Subject)
		must(t, err)
	})
	if _, _, err := w.Submit(t.Context(), who, r); fault.CodeOf(err) != "unauthenticated" || w.held() != 0 {
		t.Errorf("%v, %d things on the disk", err, w.held())
	}
}

func TestWorkOnAnErasedAccountLeavesNoRowBehind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, point := range []string{"review.judged", "send.saved", "send.recorded", "result.sealed"} {
		who := w.person("pixplus")
		k := w.submit(who, w.ask(who, "words"))
		gone := false
		w.when(point, func() {
			gone = true
			_, err := w.Eraser.Subject(t.Context(), who.App(), who.Subject)
			must(t, err)
		})
		for !gone {
			_, _ = w.turnOnce(k) // fails, or finds nothing, once the account is gone
			time.Sleep(time.Millisecond)
		}
		_, _ = w.turnOnce(k)
		rows, err := w.DB.App(k.App).CountRows(t.Context(), who.Subject)
		must(t, err)
		for _, r := range rows {
			if r.Count != 0 {
				t.Errorf("%s: %d rows of %s", point, r.Count, r.Category)
			}
		}
		events, err := w.DB.App(k.App).Events(t.Context(), k.ID, 0)
		if _, ticket := w.DB.App(k.App).Ticket(t.Context(), k.ID); err != nil || len(events) != 0 || !errors.Is(ticket, store.ErrNotFound) || w.held() != 0 {
			t.Errorf("%s: %d events, ticket %v, %d things on the disk, %v", point, len(events), ticket, w.held(), err)
		}
	}
}

func TestALateUploadToASealedAccountLeavesWhatAnOrderKeeps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("pixplus")
	kept := w.upload(who)
	w.write(func(tx *store.Tx) error {
		return tx.HoldObject(t.Context(), kept.Ref, store.HoldOrder, w.clock.Now().Add(time.Hour))
	})
	w.when("upload.sealed", func() {
		_, err := w.Eraser.Subject(t.Context(), who.App(), who.Subject)
		must(t, err)
	})
	_, err := w.Upload(t.Context(), who, Incoming{Body: bytes.NewReader(photo())})
	if fault.CodeOf(err) != "unauthenticated" || w.held() != 1 || !w.Vault.Holds(t.Context(), kept.Ref) || !w.Ring.HasSubject(who.App(), who.Subject) {
		t.Errorf("%v, %d things on the disk", err, w.held())
	}
	w.later(time.Hour)
	if _, err := w.Eraser.Sweep(t.Context(), w.clock.Now()); err != nil || w.held() != 0 || w.Ring.HasSubject(who.App(), who.Subject) {
		t.Errorf("after the order: %v, %d things", err, w.held())
	}
}
