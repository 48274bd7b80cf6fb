package task

import (
	"context"
	"errors"
	"testing"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/privacy"
	sim "vow.example/vow/internal/sim/runninghub"
	"vow.example/vow/internal/store"
)

func TestAPictureGoesToOneRecipientComesBackAndItsSourceDies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("pixplus")
	r := w.ask(who, "a friendly portrait")
	k := w.finish(w.submit(who, r))
	if k.State != store.Succeeded || !k.WasSent || k.Percent != 100 {
		t.Fatalf("%+v", k)
	}
	if row := w.ledgerRow(k); row.Outcome != "sent" || row.Recipient != abroad || len(row.Fields) != 3 || row.KeepsUntil.IsZero() {
		t.Errorf("the ledger says %+v", row)
	}
	if w.held() != 2 { // the result and the prompt
		t.Errorf("%d things are held", w.held())
	}
	list := w.outputs(who)
	if len(list) != 1 || len(list[0].Notices) != 1 || list[0].Notices[0] != "ai_generated" {
		t.Errorf("the result is not said to come from a machine: %+v", list)
	}
	if got := w.receipt(who, r.Inputs["photo"]); got.Recipient != abroad || got.Reason != "task_ended" {
		t.Errorf("the receipt says %+v", got)
	}
	w.later(24 * time.Hour)
	if w.held() != 1 {
		t.Error("the prompt outlived its 24 hours")
	}
	w.later(6*24*time.Hour - time.Minute)
	if w.held() != 1 {
		t.Error("the result died before its seven days")
	}
	w.later(time.Minute)
	if w.held() != 0 {
		t.Error("the result outlived its seven days")
	}
}

func TestTheOwnEngineSendsNothingAndEndsTheSourceBeforeThePictureIsMade(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("aifitting")
	r := w.ask(who, "")
	k := w.submit(who, r)
	analysed := false
	w.when("make.analysed", func() {
		_, err := w.DB.App(who.App()).Object(t.Context(), who.Subject, r.Inputs["photo"])
		analysed = errors.Is(err, store.ErrNotFound)
	})
	if k = w.finish(k); k.State != store.Succeeded || k.WasSent {
		t.Fatalf("%+v", k)
	}
	if got := w.receipt(who, r.Inputs["photo"]); !analysed || got.Method != "memory_wiped" || got.Recipient != "" {
		t.Errorf("analysed %v, %+v", analysed, got)
	}
	if n := len(w.sim.Received().Requests); n != 0 {
		t.Errorf("%d requests reached a recipient", n)
	}
}

func TestANewWordingIsConfirmedOrNothingHappens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for accept, want := range map[bool]store.TaskState{true: store.Succeeded, false: store.Canceled} {
		w.rewrites(privacy.NewText("a wild scene"), privacy.NewText("a calm scene"))
		who := w.person("pixplus")
		k := w.submit(who, w.ask(who, "a wild scene"))
		k = w.work(k, in(store.AwaitingConfirmation))
		if text, err := w.Proposed(t.Context(), k); err != nil || text.Reveal() != "a calm scene" {
			t.Fatalf("the proposal is wrong: %v", err)
		}
		if again, err := w.turnOnce(k); err != nil || again != 0 {
			t.Fatalf("a task that waits for a person was worked on: %v, %v", again, err)
		}
		must(t, w.Confirm(t.Context(), who, k.ID, accept))
		if k = w.finish(k); k.State != want || k.WasSent != accept {
			t.Errorf("accept %v: %s, sent %v", accept, k.State, k.WasSent)
		}
		if err := w.Confirm(t.Context(), who, k.ID, true); fault.KindOf(err) != fault.Conflict {
			t.Errorf("confirmed twice: %v", err)
		}
	}
}

func TestABlockedRequestNeverLeaves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for decision, want := range map[review.Decision]store.TaskState{review.Block: store.Blocked, review.Hold: store.Failed} {
		w.says(review.Opinion{Decision: decision, Rule: "r.1"})
		who := w.person("pixplus")
		if k := w.finish(w.submit(who, w.ask(who, "something"))); k.State != want || k.WasSent || k.Rule == "" {
			t.Errorf("%+v", k)
		}
		if n := len(w.sim.Received().Requests); n != 0 {
			t.Errorf("%d requests arrived", n)
		}
	}
}

func TestARecipientThatIsBusyIsAskedAgainAndNothingIsSentTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("pixplus")
	w.sim.Inject(sim.Injection{Fault: sim.QueueFull, Path: "/task/openapi/create", Times: 2})
	if k := w.finish(w.submit(who, w.ask(who, ""))); k.State != store.Succeeded {
		t.Fatalf("%+v", k)
	}
	if w.calls("upload") != 1 || w.calls("create") != 3 {
		t.Errorf("%d uploads, %d creates", w.calls("upload"), w.calls("create"))
	}
}

func TestALostAnswerIsNeverRepeatedAndCountsAsSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("pixplus")
	w.sim.Inject(sim.Injection{Fault: sim.LostReply, Path: "/task/openapi/create", Times: 1})
	k := w.finish(w.submit(who, w.ask(who, "")))
	if k.State != store.Failed || k.ErrorCode != "provider-interrupted" || !k.WasSent || w.calls("create") != 1 {
		t.Errorf("%+v, %d creates", k, w.calls("create"))
	}
	if row := w.ledgerRow(k); row.Outcome != "unknown" {
		t.Errorf("the ledger says %s", row.Outcome)
	}
}

func TestAResultThatNeverComesIsAFailureThatSaysWhatWasSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("pixplus")
	w.sim.Inject(sim.Injection{Fault: sim.WrongType, Path: "/task/openapi/status", Times: 1})
	w.sim.Inject(sim.Injection{Fault: sim.OutputsEmpty, Path: "/task/openapi/outputs", Times: 1})
	k := w.finish(w.submit(who, w.ask(who, "")))
	if k.State != store.Failed || !k.WasSent || k.ErrorCode == "" {
		t.Errorf("%+v", k)
	}
}

func TestAServerThatStopsInTheMiddleGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("pixplus")
	for _, point := range []string{"review.start", "send.prepared", "send.saved", "collect.done", "result.sealed"} {
		before := w.calls("create")
		k := w.submit(who, w.ask(who, ""))
		ctx, stop := context.WithCancel(t.Context())
		w.when(point, stop)
		for !errors.Is(ctx.Err(), context.Canceled) {
			_, _ = w.Work(ctx, k.App, k.ID) // the end of the server is an error, and no end of the task
			time.Sleep(time.Millisecond)
		}
		if now := w.task(k); now.State.Ended() {
			t.Errorf("%s: the task ended as %s, %s", point, now.State, now.ErrorCode)
			continue
		}
		k = w.finish(k)
		sent := w.calls("create") - before
		if honest := k.State == store.Succeeded || k.WasSent && k.ErrorCode == "provider-interrupted"; !honest || sent > 1 {
			t.Errorf("%s: %s, %s, %d creates", point, k.State, k.ErrorCode, sent)
		}
	}
}
