package server

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vow.example/vow/apps"
	"vow.example/vow/client"
	"vow.example/vow/internal/clock"
	sim "vow.example/vow/internal/sim/runninghub"
)

func TestAWithdrawalStopsATaskBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	s := &stage{}
	h := newHouse(t, s.at)
	p := h.person(t, pixplus)
	queued, asked := s.hold("review.cleared"), s.hold("stop.requested")
	u, consent := p.upload(newCanary(t, "withdraw", 1).picture).ID, p.agree("avatar")
	var k client.Task
	p.post("/v1/tasks", order(u, consent, "")).want(http.StatusAccepted, &k)
	queued.wait(t)
	answer := make(chan reply, 1)
	go func() { answer <- p.delete("/v1/consents/" + consent) }()
	asked.wait(t)
	queued.release()
	asked.release()
	(<-answer).want(http.StatusOK, nil)
	k = p.task(k.ID)
	if k.State != "canceled" || k.Error.Code != "consent-withdrawn" || k.WasSent || k.CancelOutcome != "nothing_sent" {
		t.Errorf("%s, %+v, was_sent %t, %q", k.State, k.Error, k.WasSent, k.CancelOutcome)
	}
	if n := len(h.wire.arrivals("")); n > 0 {
		t.Errorf("the recipient was called %d times", n)
	}
}

func TestAfterAWithdrawalTheRecipientHearsNothingMore(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.sim.Inject(sim.Injection{Fault: sim.QueueFull, Times: 1000})
	p := h.person(t, pixplus)
	u, consent := p.upload(newCanary(t, "silent", 1).picture).ID, p.agree("avatar")
	var k client.Task
	p.post("/v1/tasks", order(u, consent, "")).want(http.StatusAccepted, &k)
	for end := time.Now().Add(patience); len(h.wire.arrivals("create")) == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the recipient was never asked")
		}
	}
	p.delete("/v1/consents/"+consent).want(http.StatusOK, nil)
	heard := len(h.wire.arrivals(""))
	k = p.task(k.ID)
	if k.State != "canceled" || !k.WasSent || k.Error.Code != "consent-withdrawn" || k.CancelOutcome == "nothing_sent" {
		t.Errorf("%s, %+v, was_sent %t, %q", k.State, k.Error, k.WasSent, k.CancelOutcome)
	}
	time.Sleep(900 * time.Millisecond) // the next attempt would come after 500 ms
	if n := len(h.wire.arrivals("")); n != heard {
		t.Errorf("%d more calls after the withdrawal", n-heard)
	}
	p.post("/v1/tasks", order(p.upload(newCanary(t, "silent", 1).picture).ID, consent, "")).refused(http.StatusForbidden, "consent-withdrawn")
}

func TestACancelSaysWhichOfThreeThingsHappened(t *testing.T) {
	t.Parallel()
	s := &stage{}
	h := newHouse(t, s.at)
	p := h.person(t, pixplus)
	photo := newCanary(t, "cancel", 1).picture
	stop := func(id, outcome string, wasSent bool) {
		t.Helper()
		var k client.Task
		p.post("/v1/tasks/"+id+"/cancel", struct{}{}).want(http.StatusOK, &k)
		if k.State != "canceled" || k.CancelOutcome != outcome || k.WasSent != wasSent || len(k.Outputs) > 0 {
			t.Errorf("%s, %q, was_sent %t, want %q", k.State, k.CancelOutcome, k.WasSent, outcome)
		}
		p.post("/v1/tasks/"+id+"/cancel", struct{}{}).refused(http.StatusConflict, "not-cancelable")
	}
	waiting := p.until(p.begin(photo, "test:rewrite").ID, "awaiting_confirmation")
	stop(waiting.ID, "nothing_sent", false)
	if n := len(h.wire.arrivals("")); n > 0 {
		t.Errorf("nothing sent, in %d calls", n)
	}
	slow := p.until(p.begin(photo, "test:slow").ID, "generating")
	stop(slow.ID, "stopped_at_recipient", true)
	made := s.hold("collect.done")
	late := p.begin(photo, "")
	made.wait(t)
	asked := s.hold("stop.requested")
	go func() {
		<-asked.arrived
		made.release()
		asked.release()
	}()
	stop(late.ID, "may_finish_there", true)
	for _, o := range rows(t, h.core, pixplus) {
		if strings.HasPrefix(string(o.Object), "out_") {
			t.Error("the result of a canceled task is kept")
		}
	}
}

func TestAStaleDisclosureIsShownAgain(t *testing.T) {
	t.Parallel()
	clk := clock.NewFast(1)
	o, plan := newOutside(t, clk), plot{dir: t.TempDir(), root: newRoot(), clock: clk, log: io.Discard}
	h := rebuild(t, o, plan)
	p := h.person(t, aifitting)
	photo := newCanary(t, "stale", 1).picture
	p.post("/v1/consents", client.ConsentCreate{Feature: "avatar", Recipient: "own_servers", Decision: "granted", DisclosureHash: "sha256:" + strings.Repeat("0", 64)}).
		refused(http.StatusConflict, "consent-stale")
	p.agree("avatar")
	var k client.Task
	p.post("/v1/tasks", order(p.upload(photo).ID, "", "")).want(http.StatusAccepted, &k) // a standing consent
	p.until(k.ID, "succeeded")
	if err := h.close(); err != nil {
		t.Fatal(err)
	}
	plan.apps = reworded(t)
	h = rebuild(t, o, plan)
	p.url = h.url
	h.later(t, 2*time.Hour) // a version pops up before it takes effect
	p.readNotices()
	problem := p.post("/v1/tasks", order(p.upload(photo).ID, "", "")).refused(http.StatusConflict, "consent-stale")
	if problem.DisclosureHash == "" || problem.Links["disclosure"] == "" {
		t.Errorf("the refusal does not show the new text: %+v", problem)
	}
	p.agree("avatar")
	p.post("/v1/tasks", order(p.upload(photo).ID, "", "")).want(http.StatusAccepted, nil)
}

// readNotices sees what the app tells, so that everything else works again.
func (p *person) readNotices() {
	p.t.Helper()
	c := client.New(p.url, p.token, nil)
	list, err := c.Notices(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	for _, n := range list {
		if _, err := c.AcknowledgeNotice(p.t.Context(), n.ID, "seen"); err != nil {
			p.t.Fatal(err)
		}
	}
}

// reworded writes the apps down with a second version that changes one sentence of a consent screen.
func reworded(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, apps.FS); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, aifitting, "policy.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const was = "only to make the result you asked for"
	if !strings.Contains(string(text), was) {
		t.Fatal("the sentence is not there")
	}
	next := strings.NewReplacer(was, "just to make the result you asked for", "version: v1", "version: v2").Replace(string(text))
	if err := os.WriteFile(file, []byte(next), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestThePersonsOwnLimitOnlyShortens(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	p := h.person(t, pixplus)
	photo := newCanary(t, "limit", 1).picture
	made := map[string]client.Output{}
	for _, limit := range []string{"PT2H", "P30D"} {
		ask := order(p.upload(photo).ID, p.agree("avatar"), "")
		ask.ExpiresIn = limit
		var k client.Task
		p.post("/v1/tasks", ask).want(http.StatusAccepted, &k)
		made[limit] = p.until(k.ID, "succeeded").Outputs[0]
	}
	for limit, want := range map[string]time.Duration{"PT2H": 2 * time.Hour, "P30D": 7 * 24 * time.Hour} {
		if got := made[limit].Clock.DeleteAt.Sub(made[limit].CreatedAt); got != want {
			t.Errorf("%s: gone after %s, want %s", limit, got, want)
		}
	}
	h.later(t, 117*time.Minute)
	p.get(made["PT2H"].ContentURL).want(http.StatusOK, nil)
	h.later(t, 3*time.Minute)
	p.get(made["PT2H"].ContentURL).refused(http.StatusGone, "erased")
	p.get(made["P30D"].ContentURL).want(http.StatusOK, nil)
	ask := order(p.upload(photo).ID, p.agree("avatar"), "")
	ask.ExpiresIn = "-PT1H"
	p.post("/v1/tasks", ask).refused(http.StatusUnprocessableEntity, "validation")
}

func TestARewordedPromptIsSentOnlyWhenConfirmed(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	p := h.person(t, pixplus)
	photo := newCanary(t, "reworded", 1).picture
	no := p.until(p.begin(photo, "a test:rewrite portrait").ID, "awaiting_confirmation")
	if no.Review.ShownPrompt == "" || no.Review.Explanation == "" {
		t.Errorf("the wording is not shown: %+v", no.Review)
	}
	p.post("/v1/tasks/"+no.ID+"/confirm", map[string]bool{"accept": false}).want(http.StatusOK, &no)
	if no.State != "canceled" || no.WasSent || len(h.wire.arrivals("")) > 0 {
		t.Errorf("declined: %s, was_sent %t", no.State, no.WasSent)
	}
	yes := p.until(p.begin(photo, "a test:rewrite portrait").ID, "awaiting_confirmation")
	p.post("/v1/tasks/"+yes.ID+"/confirm", map[string]bool{"accept": true}).want(http.StatusOK, nil)
	if done := p.until(yes.ID, "succeeded"); done.Review.Outcome != "rewritten" || done.Review.Explanation == "" {
		t.Errorf("the task does not say that its words were changed: %+v", done.Review)
	}
	sent := h.wire.arrivals("create")
	if len(sent) != 1 || strings.Contains(string(sent[0].body), "test:rewrite") || !strings.Contains(string(sent[0].body), yes.Review.ShownPrompt) {
		t.Error("the recipient did not get the wording that was confirmed")
	}
	first := 0
	for _, plain := range openable(t, h.core) {
		if strings.Contains(string(plain), "test:rewrite") {
			first++
		}
	}
	if first != 0 { // the confirmed task erased it, and the declined one left nothing behind
		t.Errorf("the first wording is kept %d times", first)
	}
	p.post("/v1/tasks/"+yes.ID+"/confirm", map[string]bool{"accept": true}).refused(http.StatusConflict, "conflict")
}

func TestARecipientThatIsBusyGetsThePhotoOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.sim.Inject(sim.Injection{Fault: sim.Unavailable, Path: "/task/openapi/create", Times: 1})
	h.sim.Inject(sim.Injection{Fault: sim.QueueFull, Times: 1})
	p := h.person(t, pixplus)
	k := p.until(p.begin(newCanary(t, "busy", 1).picture, "").ID, "succeeded")
	if u, c := len(h.wire.arrivals("upload")), len(h.wire.arrivals("create")); u != 1 || c != 3 {
		t.Errorf("%d photos in %d attempts, want 1 in 3", u, c)
	}
	if len(k.Transfers) != 1 || k.Transfers[0].Outcome != "sent" || k.Transfers[0].Recipient.ID != "runninghub" {
		t.Errorf("the ledger says %+v", k.Transfers)
	}
}

func TestALostAnswerIsNeverSentAgain(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"upload", "create"} {
		for _, fault := range []sim.Fault{sim.LostReply, sim.GatewayError, sim.CutReply, sim.WrongType} {
			t.Run(call+" "+string(fault), func(t *testing.T) {
				t.Parallel()
				h := newHouse(t, nil)
				h.sim.Inject(sim.Injection{Fault: fault, Path: "/task/openapi/" + call, Times: 1})
				p := h.person(t, pixplus)
				k := p.until(p.begin(newCanary(t, "lost", 1).picture, "").ID, "failed")
				if k.Error.Code != "provider-interrupted" || !k.Error.WasSent || len(h.wire.arrivals(call)) != 1 {
					t.Errorf("%+v after %d calls", k.Error, len(h.wire.arrivals(call)))
				}
				if len(k.Transfers) != 1 || k.Transfers[0].Outcome != "unknown" {
					t.Errorf("the ledger says %+v", k.Transfers)
				}
			})
		}
	}
}

// TestASecondTryDoesNotMoveTheFirstClock repeats a failed task with the same photo, hours later.
func TestASecondTryDoesNotMoveTheFirstClock(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	p := h.person(t, pixplus)
	first := p.until(p.begin(newCanary(t, "second", 1).picture, "test:fail").ID, "failed")
	u := first.Inputs[0]
	h.later(t, 5*time.Hour)
	var again client.Task
	p.post("/v1/tasks", order(u.ID, p.agree("avatar"), "test:fail")).want(http.StatusAccepted, &again)
	p.until(again.ID, "failed")
	var now client.Upload
	p.get("/v1/uploads/"+u.ID).want(http.StatusOK, &now)
	if !now.Clock.DeleteAt.Equal(*u.Clock.DeleteAt) {
		t.Errorf("the clock moved from %s to %s", u.Clock.DeleteAt, now.Clock.DeleteAt)
	}
	h.later(t, 19*time.Hour)
	p.get("/v1/uploads/"+u.ID).refused(http.StatusGone, "erased")
}

// TestOneThingThatCannotBeErasedKeepsNothingElseAlive puts a folder where a file should be.
func TestOneThingThatCannotBeErasedKeepsNothingElseAlive(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	p := h.person(t, pixplus)
	photo := newCanary(t, "stuck", 1).picture
	stuck, other := p.upload(photo).ID, p.upload(photo).ID
	file := filepath.Join(h.core.dataDir, "objects", "objects", stuck[len(stuck)-2:], stuck)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(file, 0o700); err != nil {
		t.Fatal(err)
	}
	h.clock.Advance(25 * time.Hour)
	if _, err := h.core.sweeper.Sweep(t.Context()); err == nil {
		t.Error("the failure is not reported")
	}
	left := rows(t, h.core, pixplus)
	if len(left) != 1 || string(left[0].Object) != stuck {
		t.Errorf("%d rows are left, want the stuck one", len(left))
	}
	for id := range h.core.blobs.List(t.Context()) {
		if id == other {
			t.Error("the other thing is alive")
		}
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	h.later(t, 0)
	if left := rows(t, h.core, pixplus); len(left) > 0 {
		t.Errorf("%d rows are left after the repair", len(left))
	}
}
