package task

import (
	"context"
	"errors"
	"testing"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/store"
)

// slow makes the recipient take a job and say that it runs.
func (o *other) slow() {
	o.set(func(o *other) {
		o.begin = func(driver.Order) (driver.Begun, error) { return driver.Begun{Ticket: driver.Ticket("job-1")}, nil }
		o.poll = func() (driver.Status, error) { return driver.Status{State: driver.Running}, nil }
	})
}

func TestATaskWaitsForItsTurnWithoutAnAttemptAndCanBeCanceled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.other.slow()
	who := w.person("mixoo")
	first := w.work(w.submit(who, w.fill(who, "text_to_image", words("a fox"))), in(store.Generating))
	second := w.submit(who, w.fill(who, "text_to_image", words("a dog")))
	for range 10 {
		again, err := w.turnOnce(second)
		if err != nil || again != turnWait {
			t.Fatalf("%v %v", again, err)
		}
	}
	k := w.task(second)
	if k.State != store.Queued || k.Attempts != 0 || k.WasSent || w.other.calls() != 1 {
		t.Errorf("%+v after %d calls", k, w.other.calls())
	}
	third := w.submit(who, w.fill(who, "text_to_image", words("a cat")))
	_, _ = w.turnOnce(third)
	must(t, w.Cancel(t.Context(), who, third.ID))
	if k := w.task(third); k.State != store.Canceled || k.WasSent || k.CancelOutcome != nothingSent || w.ledgerRow(k).Outcome != "refused" {
		t.Errorf("%+v", k)
	}
	must(t, w.Cancel(t.Context(), who, first.ID))
	w.other.answers(driver.Result{Inline: photo()})
	if k := w.finish(second); k.State != store.Succeeded || w.other.calls() != 2 {
		t.Errorf("after the first: %+v", k)
	}
}

func TestATaskThatWaitsPastItsAgeExpires(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.other.slow()
	who := w.person("mixoo")
	w.work(w.submit(who, w.fill(who, "text_to_image", words("a fox"))), in(store.Generating))
	k := w.work(w.submit(who, w.fill(who, "text_to_image", words("a dog"))), in(store.Queued))
	w.clock.Advance(24 * time.Hour)
	must(t, w.Overdue(t.Context()))
	if k = w.task(k); k.State != store.Expired || k.WasSent {
		t.Errorf("%+v", k)
	}
}

func TestWhatOneTaskIsToldToWaitTheOthersWaitToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.other.answers(driver.Result{Inline: photo()})
	w.other.set(func(o *other) {
		o.before = func(driver.Order) error {
			return &egress.Error{Class: egress.Throttled, Code: "busy", RetryAfter: time.Minute}
		}
	})
	who := w.person("mixoo")
	first, second := w.submit(who, w.fill(who, "veo_3_1", words("a"), "first_frame")), w.submit(who, w.fill(who, "nano_banana", words("b")))
	if again, err := w.turnOnce(first); err != nil || again != time.Minute {
		t.Fatalf("%v %v", again, err)
	}
	if again, err := w.turnOnce(second); err != nil || again != time.Minute || len(w.other.orders) != 1 {
		t.Fatalf("%v %v after %d orders", again, err, len(w.other.orders))
	}
	w.other.set(func(o *other) { o.before = nil })
	w.clock.Advance(time.Minute)
	if k := w.finish(second); k.State != store.Succeeded || k.Attempts != 0 {
		t.Errorf("%+v", k)
	}
}

func TestAResumedSendTellsANewTokenAndGoesOnWithWhatWasSaved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.other.slow()
	tries := 0
	w.other.set(func(o *other) {
		o.before = func(driver.Order) error {
			if tries++; tries == 1 {
				return &egress.Error{Class: egress.Transient, Code: "busy"}
			}
			return nil
		}
	})
	who := w.person("mixoo")
	k := w.work(w.submit(who, w.fill(who, "text_to_image", words("a fox"))), in(store.Generating))
	orders := w.other.orders
	if len(orders) != 2 || orders[0].Webhook == "" || orders[1].Webhook == "" || orders[0].Webhook == orders[1].Webhook || orders[0].Key != orders[1].Key {
		t.Fatalf("%+v", orders)
	}
	token := func(i int) string { return orders[i].Webhook[len(w.HookURL)+1:] }
	if err := w.Hook(t.Context(), token(0)); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the old token is believed: %v", err)
	}
	must(t, w.Hook(t.Context(), token(1)))
	must(t, w.Cancel(t.Context(), who, k.ID))
}

func TestAPausedRecipientTakesNoNewTask(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("mixoo")
	r := w.fill(who, "text_to_image", words("a fox"))
	w.other.set(func(o *other) { o.paused["tencent_cloud"] = true })
	_, _, err := w.Submit(t.Context(), who, r)
	if fault.CodeOf(err) != "recipient-paused" || fault.KindOf(err) != fault.Unavailable || w.held() != 0 {
		t.Errorf("%v, %d things on the disk", err, w.held())
	}
	f, _ := who.Policy.Feature("text_to_image")
	local, _ := w.person("aifitting").Policy.Feature("avatar")
	if w.Refuses(f) != "paused" || w.Refuses(local) != "" {
		t.Errorf("%q %q", w.Refuses(f), w.Refuses(local))
	}
	w.other.set(func(o *other) { o.paused = nil })
	w.other.answers(driver.Result{Inline: photo()})
	if k := w.finish(w.submit(who, r)); k.State != store.Succeeded {
		t.Errorf("%+v", k)
	}
}

func TestAfterARestartTheJobsThatAreThereHaveTheirPlaces(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.other.slow()
	who := w.person("mixoo")
	first := w.work(w.submit(who, w.fill(who, "text_to_image", words("a fox"))), in(store.Generating))
	w.Providers.Release(first.ID) // as a new process does not know it
	_, err := w.Recover(t.Context())
	must(t, err)
	second := w.submit(who, w.fill(who, "text_to_image", words("a dog")))
	if again, err := w.turnOnce(second); err != nil || again != turnWait || w.other.calls() != 1 {
		t.Errorf("%v %v after %d calls", again, err, w.other.calls())
	}
	must(t, w.StopAll(t.Context(), who, "canceled"))
	for _, h := range w.Providers.Health() {
		if h.InFlight != 0 {
			t.Errorf("%s has %d jobs", h.Recipient, h.InFlight)
		}
	}
}

func TestSeveralTextsAreSealedReviewedAndSentEachInItsField(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.other.answers(driver.Result{Inline: photo()})
	who := w.person("mixoo")
	r := w.fill(who, "text_to_image", words("a fox"))
	r.Texts["negative_prompt"], r.Key = privacy.NewText("blur"), "k-1"
	k := w.submit(who, r)
	if w.held() != 2 {
		t.Errorf("%d texts are sealed", w.held())
	}
	if list, err := w.DB.App(k.App).TaskObjects(t.Context(), k.ID); err != nil || len(list) != 2 || list[0].Category == list[1].Category {
		t.Errorf("%+v %v", list, err)
	}
	again := r
	again.Texts = map[privacy.Field]privacy.Text{"prompt": privacy.NewText("a fox"), "negative_prompt": privacy.NewText("clothes")}
	if _, _, err := w.Submit(t.Context(), who, again); fault.CodeOf(err) != "idempotency-mismatch" {
		t.Errorf("another text under the same key: %v", err)
	}
	if k = w.finish(k); k.State != store.Succeeded {
		t.Fatalf("%+v", k)
	}
	if got := w.other.got[0]; got["prompt"] != "a fox" || got["negative_prompt"] != "blur" {
		t.Errorf("sent %v", got)
	}
}

func TestATextThatIsSwappedAfterTheReviewIsNeverSent(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(k *store.Task){
		"swapped":  func(k *store.Task) { k.Prompt, k.Texts["negative_prompt"] = k.Texts["negative_prompt"], k.Prompt },
		"replaced": func(k *store.Task) { k.Texts["negative_prompt"] = k.Prompt },
		"left out": func(k *store.Task) { k.Texts = nil },
	} {
		w := newWorld(t)
		w.other.answers(driver.Result{Inline: photo()})
		who := w.person("mixoo")
		r := w.fill(who, "text_to_image", words("a fox"))
		r.Texts["negative_prompt"] = privacy.NewText("blur")
		k := w.submit(who, r)
		ctx, stop := context.WithCancel(t.Context())
		w.when("review.cleared", stop)
		_, _ = w.Work(ctx, k.App, k.ID)
		j, err := w.load(t.Context(), k.App, k.ID)
		must(t, err)
		change(&j.Task)
		if _, err := w.disclosable(t.Context(), j); fault.CodeOf(err) != "review-required" || w.other.calls() != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestATextOfWhichTheFeatureKnowsNothingIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("mixoo")
	r := w.fill(who, "nano_banana", words("a fox"))
	r.Texts["negative_prompt"] = privacy.NewText("blur")
	_, _, err := w.Submit(t.Context(), who, r)
	var told *fault.Error
	if !errors.As(err, &told) {
		t.Fatal(err)
	}
	if list, _ := told.Extra()["errors"].([]FieldError); len(list) != 1 || list[0].Pointer != "/negative_prompt" || list[0].Code != "not_an_input" {
		t.Errorf("%v", err)
	}
}

func TestSeveralPicturesServeOneTask(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.other.answers(driver.Result{Inline: photo()})
	who := w.person("mixoo")
	k := w.finish(w.submit(who, w.fill(who, "face_swap", nil, "template_photo", "photo")))
	if k.State != store.Succeeded || len(w.other.links) != 2 || w.ledgerRow(k).Outcome != "sent" {
		t.Errorf("%+v, links %d", k, len(w.other.links))
	}
}

// comes moves the clock to a moment.
func (w *world) comes(at time.Time) { w.clock.Advance(at.Sub(w.clock.Now())) }

func TestALapsedContractTakesNoNewTask(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("mixoo")
	f, _ := who.Policy.Feature("text_to_image")
	w.comes(f.Contract.Ends.Add(-time.Hour))
	who = w.person("mixoo")
	r := w.fill(who, "text_to_image", words("a fox"))
	w.other.answers(driver.Result{Inline: photo()})
	if k := w.finish(w.submit(who, r)); k.State != store.Succeeded {
		t.Fatalf("an hour before: %+v", k)
	}
	was := w.other.calls()
	w.comes(f.Contract.Ends)
	r.Key = "another"
	_, _, err := w.Submit(t.Context(), who, r)
	if fault.CodeOf(err) != "recipient-lapsed" || fault.KindOf(err) != fault.Unavailable || w.other.calls() != was {
		t.Errorf("%v, %d requests", err, w.other.calls()-was)
	}
	if w.Refuses(f) != "lapsed" {
		t.Errorf("%q", w.Refuses(f))
	}
}

func TestATaskThatWaitsWhenTheContractLapsesSendsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f, _ := w.person("mixoo").Policy.Feature("text_to_image")
	w.comes(f.Contract.Ends.Add(-time.Hour))
	who := w.person("mixoo")
	w.other.answers(driver.Result{Inline: photo()})
	k := w.submit(who, w.fill(who, "text_to_image", words("a fox")))
	w.other.set(func(o *other) { o.paused["tencent_cloud"] = true }) // it was accepted, and waits for its turn
	w.work(k, in(store.Queued))
	w.other.set(func(o *other) { o.paused = nil })
	w.comes(f.Contract.Ends)
	k = w.finish(k)
	if k.State != store.Failed || k.ErrorCode != "recipient-lapsed" || k.WasSent || w.other.calls() != 0 {
		t.Errorf("%+v, %d requests", k, w.other.calls())
	}
}
