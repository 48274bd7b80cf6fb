package server

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/privacy"
)

// What is true after the server is back.

// order posts the same request under the same key, as a client does that got no answer.
func (v *victim) order(prompt string) reply {
	body, err := json.Marshal(order(v.source, v.agreed, prompt))
	if err != nil {
		v.t.Fatal(err)
	}
	return v.send("POST", "/v1/tasks", "application/json", body, http.Header{"Idempotency-Key": {crashKey}})
}

// accepted finds the task that was accepted before the crash, also where the answer was lost.
func (v *victim) accepted() string {
	v.t.Helper()
	var list client.Page[client.Task]
	v.get("/v1/tasks").want(http.StatusOK, &list)
	if len(list.Data) != 1 {
		v.t.Fatalf("%d tasks are left of one accepted request", len(list.Data))
	}
	if v.task == "" {
		v.task = list.Data[0].ID
	}
	return v.task
}

// blobs counts what is on disk.
func (v *victim) blobs(h *house) (n int) {
	for range h.core.blobs.List(v.t.Context()) {
		n++
	}
	return n
}

func nothingKept(v *victim, h *house) {
	v.t.Helper()
	if n := v.blobs(h) + len(rows(v.t, h.core, pixplus)) + len(rows(v.t, h.core, aifitting)); n > 0 {
		v.t.Errorf("%d things are left of an upload that was never confirmed", n)
	}
}

func uploadKept(v *victim, h *house) {
	v.t.Helper()
	if n := v.blobs(h); n != 1 || len(rows(v.t, h.core, pixplus)) != 1 {
		v.t.Errorf("%d blobs, want the upload", n)
	}
}

// askAgain repeats a request that was not accepted: nothing of it may be in the way.
func askAgain(v *victim, h *house) {
	v.t.Helper()
	var list client.Page[client.Task]
	if v.get("/v1/tasks").want(http.StatusOK, &list); len(list.Data) > 0 {
		v.t.Error("a request that was not accepted has left a task")
	}
	v.ask("")
	succeeds(v, h)
}

func succeeds(v *victim, h *house) {
	v.t.Helper()
	k := v.until(v.accepted(), "succeeded")
	if local := k.Recipient.Kind == "local"; k.WasSent == local || len(k.Outputs) != 1 {
		v.t.Errorf("succeeded with was_sent %t and %d results", k.WasSent, len(k.Outputs))
	}
	if got := v.get(k.Outputs[0].ContentURL); !v.photo.shown(got.body) {
		v.t.Error("the result is not the picture that was asked for")
	}
	for _, o := range taskRows(v, h) {
		if privacy.HasPrefix(string(o), privacy.PrefixUpload) {
			v.t.Error("the source outlives the success")
		}
	}
	var receipts client.Page[client.Receipt]
	v.get("/v1/privacy/receipts").want(http.StatusOK, &receipts)
	if !slices.ContainsFunc(receipts.Data, func(r client.Receipt) bool {
		return r.ObjectKind == "source_photo" && slices.Contains(k.Receipts, r.ID)
	}) {
		v.t.Error("the source has no receipt")
	}
	if k.Recipient.Kind != "local" && len(v.wire.arrivals("create")) != 1 {
		v.t.Error("the recipient made it without a task")
	}
}

// taskRows lists the objects of the task that still have a row.
func taskRows(v *victim, h *house) (list []privacy.ObjectID) {
	for app := range h.core.apps.policies {
		for _, o := range rows(v.t, h.core, app) {
			if o.Task == privacy.TaskID(v.task) {
				list = append(list, o.Object)
			}
		}
	}
	return list
}

// failsWith requires an honest failure. PixPlus keeps the source for another try, a day at most; a
// face is gone.
func failsWith(code string, wasSent bool) func(*victim, *house) {
	return func(v *victim, h *house) {
		v.t.Helper()
		k := v.until(v.accepted(), "failed")
		if k.Error == nil || k.Error.Code != code || k.Error.WasSent != wasSent || k.WasSent != wasSent {
			v.t.Errorf("failed with %+v, was_sent %t", k.Error, k.WasSent)
		}
		if k.Recipient.Kind == "local" {
			if n := len(v.wire.arrivals("")); n > 0 || len(taskRows(v, h)) > 0 || v.blobs(h) > 0 {
				v.t.Error("a face left, or something of it is left")
			}
			return
		}
		source := k.Inputs[0]
		if source.State == "deleted" || source.Clock.DeleteAt.After(k.EndedAt.Add(24*time.Hour)) {
			v.t.Errorf("the source is not kept for a day: %+v", source.Clock)
		}
		h.later(v.t, 24*time.Hour)
		v.get("/v1/uploads/"+source.ID).refused(http.StatusGone, "erased")
		if n := v.blobs(h); n > 0 {
			v.t.Errorf("%d blobs after a day", n)
		}
	}
}

func blocked(v *victim, _ *house) {
	v.t.Helper()
	if k := v.until(v.accepted(), "blocked"); k.WasSent || len(v.wire.arrivals("")) > 0 {
		v.t.Error("a blocked request was sent")
	}
}

func proposed(v *victim, h *house) {
	v.t.Helper()
	if k := v.until(v.accepted(), "awaiting_confirmation"); k.Review == nil || k.Review.ShownPrompt == "" {
		v.t.Error("no wording is proposed")
	}
	v.post("/v1/tasks/"+v.task+"/confirm", map[string]bool{"accept": true}).want(http.StatusOK, nil)
	succeeds(v, h)
}

// canceled requires that a stop which was asked for happens; want is its outcome, where one only
// is honest.
func canceled(want string) func(*victim, *house) {
	return func(v *victim, _ *house) {
		v.t.Helper()
		k := v.until(v.accepted(), "canceled")
		if !k.WasSent || k.CancelOutcome == "nothing_sent" || want != "" && k.CancelOutcome != want {
			v.t.Errorf("outcome %q, was_sent %t", k.CancelOutcome, k.WasSent)
		}
		if len(v.wire.arrivals("cancel")) == 0 {
			v.t.Error("the recipient was not asked to stop")
		}
		if len(k.Outputs) > 0 {
			v.t.Error("a canceled task has a result")
		}
	}
}

func discarded(v *victim, h *house) {
	v.t.Helper()
	path := "/v1/uploads/"
	if privacy.HasPrefix(v.output, privacy.PrefixOutput) {
		path = "/v1/outputs/"
	}
	p := v.get(path+v.output).refused(http.StatusGone, "erased")
	var r client.Receipt
	v.get("/v1/receipts/"+p.Receipt).want(http.StatusOK, &r)
	if r.Reason != "subject_request" && r.Reason != "declined" || r.Object != v.output {
		v.t.Errorf("the receipt says %q about %s", r.Reason, r.Object)
	}
	for id, err := range h.core.blobs.List(v.t.Context()) {
		if err != nil || id == v.output {
			v.t.Errorf("%s is left on disk", id)
		}
	}
}

// goesWithTheHold requires that a wish which an order holds up is not lost: nobody reads the thing meanwhile, and it
// goes when the order ends.
func goesWithTheHold(v *victim, h *house) {
	v.t.Helper()
	v.get("/v1/uploads/"+v.output).refused(http.StatusConflict, "held")
	if n := v.blobs(h); n != 1 {
		v.t.Errorf("%d things are kept, want the one of the order", n)
	}
	v.staff("officer", "holds/"+v.held+"/end", nil).want(http.StatusOK, nil)
	h.later(v.t, 0)
	discarded(v, h)
}

// gone requires that an account whose erasure was begun is erased.
func gone(v *victim, h *house) {
	v.t.Helper()
	v.get("/v1/me").refused(http.StatusUnauthorized, "unauthenticated")
	if n := v.blobs(h); n > 0 {
		v.t.Errorf("%d blobs of an erased account", n)
	}
	empty(v.t, h)
}
