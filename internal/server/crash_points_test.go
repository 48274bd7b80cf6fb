package server

import (
	"net/http"

	"vow.example/vow/client"
	"vow.example/vow/client/admin"
)

// The two main jobs.
const (
	pixplus   = "pixplus"
	aifitting = "aifitting"
)

// crashes is every place to die at. What follows says what is left of the person's request.
func crashes() []crash {
	list := []crash{
		{pixplus, "upload.sealed", 0, upload, nothingKept},
		{pixplus, "upload.sideways", 0, uploadSideways, nothingKept},
		{pixplus, "upload.recorded", 0, upload, uploadKept},
		{aifitting, "upload.sealed", 0, upload, nothingKept},
		{aifitting, "upload.recorded", 0, upload, nothingKept}, // memory only
		{pixplus, "receive.sealed", 0, job(""), askAgain},
		{pixplus, "receive.accepted", 0, job(""), succeeds},
		{aifitting, "receive.accepted", 0, job(""), failsWith("upload-again", false)},
		{pixplus, "send.saved", 1, job(""), failsWith("provider-interrupted", true)}, // before the photo, which nobody can know
		{pixplus, "send.saved", 2, job(""), succeeds},                                // after the photo
		{pixplus, "send.saved", 3, job(""), failsWith("provider-interrupted", true)}, // before the task, as above
		{pixplus, "send.done", 0, job(""), failsWith("provider-interrupted", true)},
		{pixplus, "settle.rewrapped", 0, job("test:fail"), failsWith("provider-refused", true)},
		{pixplus, "settle.done", 0, job("test:fail"), failsWith("provider-refused", true)},
		{pixplus, "settle.done", 0, job("test:block"), blocked},
		{pixplus, "review.proposed", 0, job("test:rewrite"), proposed},
		{pixplus, "confirm.recorded", 0, confirm, succeeds},
		{pixplus, "stop.requested", 0, cancel, canceled("stopped_at_recipient")},
		{pixplus, "stop.asked", 0, cancel, canceled("")},
		{pixplus, "withdraw.recorded", 0, withdraw, canceled("stopped_at_recipient")},
		{pixplus, "erase.marked", 0, discard, discarded},
		{pixplus, "erase.destroyed", 0, discardUpload, discarded},
		{pixplus, "erase.marked", 0, decline, discarded},
		{pixplus, "erase.sealed", 0, discardHeld, goesWithTheHold},
		{pixplus, "account.ended", 0, leave, gone},
		{pixplus, "account.objects", 0, leave, gone},
		{pixplus, "account.key", 0, leave, gone},
		{pixplus, "account.rows", 0, leave, gone},
		{aifitting, "account.key", 0, leave, gone},
	}
	for _, point := range []string{
		"review.start", "review.judged", "review.cleared", "send.prepared", "send.recorded", "collect.done",
		"result.sealed", "result.recorded", "settle.start", "settle.rewrapped", "erase.destroyed", "settle.done",
	} {
		list = append(list, crash{pixplus, point, 0, job("a happy portrait"), succeeds})
	}
	for _, point := range []string{"review.start", "review.judged", "review.cleared", "make.start", "erase.destroyed", "make.analysed", "result.sealed"} {
		list = append(list, crash{aifitting, point, 0, job(""), failsWith("upload-again", false)})
	}
	for _, point := range []string{"result.recorded", "settle.start", "settle.rewrapped", "settle.done"} {
		list = append(list, crash{aifitting, point, 0, job(""), succeeds})
	}
	return append(list, ownCrashes()...)
}

// What the person does.

func upload(v *victim) {
	v.send("POST", "/v1/uploads", "image/jpeg", v.photo.picture, nil)
}

func uploadSideways(v *victim) {
	v.photo = newCanary(v.t, "sideways", 6)
	upload(v)
}

func (v *victim) submit(prompt string) {
	v.source, v.agreed = v.upload(v.photo.picture).ID, v.agree("avatar")
	v.ask(prompt)
}

// ask sends the request under its key, and notes the task if there was an answer.
func (v *victim) ask(prompt string) {
	r := v.order(prompt)
	var k client.Task
	if r.status == http.StatusAccepted {
		r.want(http.StatusAccepted, &k)
		v.task = k.ID
	}
}

func job(prompt string) func(*victim) { return func(v *victim) { v.submit(prompt) } }

func confirm(v *victim) {
	v.submit("test:rewrite")
	v.until(v.task, "awaiting_confirmation")
	v.post("/v1/tasks/"+v.task+"/confirm", map[string]bool{"accept": true})
}

func cancel(v *victim) {
	v.submit("test:slow")
	v.until(v.task, "generating")
	v.post("/v1/tasks/"+v.task+"/cancel", struct{}{})
}

func withdraw(v *victim) {
	v.submit("test:slow")
	v.until(v.task, "generating")
	v.delete("/v1/consents/" + v.agreed)
}

func discard(v *victim) {
	v.submit("")
	k := v.until(v.task, "succeeded")
	v.output = k.Outputs[0].ID
	v.delete("/v1/outputs/" + v.output)
}

func discardUpload(v *victim) {
	v.output = v.upload(v.photo.picture).ID
	v.delete("/v1/uploads/" + v.output)
}

// hold has an authority's order keep something: staff ask for it on a ground with a paper, and two others agree.
func (v *victim) hold(object string) string {
	v.t.Helper()
	var me client.Me
	v.get("/v1/me").want(http.StatusOK, &me)
	var o admin.Order
	v.staff("officer", "holds", admin.OrderCreate{App: pixplus, Subject: me.ID, Ground: "legal", Object: object, Document: "Court-1"}).want(http.StatusCreated, &o)
	for _, by := range []string{"officer2", "officer3"} {
		v.staff(by, "holds/"+o.ID+"/approve", nil).want(http.StatusOK, &o)
	}
	if o.State != "in_force" {
		v.t.Fatalf("the hold is %s", o.State)
	}
	return o.ID
}

// staff acts as somebody of the demonstration's staff.
func (v *victim) staff(by, path string, body any) reply {
	v.t.Helper()
	at := &person{t: v.t, url: v.url, header: v.header, token: "rk_demo_" + by}
	if body == nil {
		return at.send("POST", "/v1/admin/"+path, "", nil, nil)
	}
	return at.post("/v1/admin/"+path, body)
}

// discardHeld has the person erase an upload that an authority has ordered to be kept.
func discardHeld(v *victim) {
	v.output = v.upload(v.photo.picture).ID
	v.held = v.hold(v.output)
	v.delete("/v1/uploads/" + v.output)
}

func decline(v *victim) {
	v.output = v.upload(v.photo.picture).ID
	v.decide("avatar", "declined")
}

func leave(v *victim) {
	v.upload(v.photo.picture)
	v.agree("avatar")
	v.delete("/v1/me")
}
