package server

import (
	"bytes"
	"net/http"
	"testing"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/privacy"
)

// errandKept is what a company's work leaves with us until a deadline.
type errandKept struct {
	source, result, text, prompt string
	feature                      string
	photo                        *canary
	is                           func([]byte) bool // the result
	from                         time.Time
}

// TestForgetProofWithCompanies sends canaries through a link, in base64 and for an answer that holds the
// result, a measurement of faces included. It moves the process's streams, so it runs alone.
func TestForgetProofWithCompanies(t *testing.T) {
	f := startForgetting(t, "alibaba_cloud", "zhipu", "gemini")
	var all []errandKept
	for _, feature := range []string{"colorize", "image_to_video", "nano_banana", "face_detection"} {
		all = append(all, f.farErrand(feature))
	}
	last := all[len(all)-1].from
	f.at(last.Add(23 * time.Hour))
	for _, k := range all {
		f.opens("the result of "+k.feature, k.result, k.is)
		f.opens("the source of "+k.feature, k.source, source(k.photo))
		if k.prompt != "" {
			f.opens("the text of "+k.feature, k.text, holds(k.prompt))
		}
	}
	f.at(last.Add(24 * time.Hour))
	for _, k := range all {
		f.gone("the result of "+k.feature, k.result, k.is)
		f.gone("the source of "+k.feature, k.source, source(k.photo))
		if k.prompt != "" {
			f.gone("the text of "+k.feature, k.text, holds(k.prompt))
		}
	}
	f.empty()
	f.nothingFound()
	for id, c := range f.companies {
		if odd := c.Received().Violations; len(odd) > 0 {
			t.Errorf("%s saw %q", id, odd)
		}
	}
	if len(f.wire.arrivals("")) > 0 {
		t.Error("RunningHub got something of Mixoo")
	}
}

// farErrand has a company work on a canary, and searches for everything that came up on the way.
func (f *forgetting) farErrand(id string) errandKept {
	f.t.Helper()
	feature := featureOf(f.t, id)
	company := f.companies[feature.Recipient]
	photo := f.watch.picture(f.t, newCanary(f.t, id, 1))
	p := f.visitor(mixoo, id)
	order := p.fill(feature, photo.picture, "canary-prompt-of-"+id)
	if order.Prompt != "" {
		f.watch.secret("prompt", []byte(order.Prompt))
	}
	k := errandKept{feature: id, photo: photo, prompt: order.Prompt, source: order.Inputs[0].Upload}
	f.step("after an upload for " + id)
	before := len(company.wire.links())

	sending, storing := f.stage.hold("send.done"), f.stage.hold("result.recorded")
	var task client.Task
	p.post("/v1/tasks", order).want(http.StatusAccepted, &task)
	sending.wait(f.t)
	for _, link := range company.wire.links()[before:] {
		f.watch.secret("link of "+id, []byte(link[len("/m/"):]))
	}
	f.step("with the answer to " + id)
	sending.release()
	storing.wait(f.t)
	f.step("with the result of " + id)
	storing.release()
	task = p.until(task.ID, "succeeded")

	k.from, k.result = *task.EndedAt, task.Outputs[0].ID
	shown := p.get(task.Outputs[0].ContentURL)
	shown.want(http.StatusOK, nil)
	k.is = func(plain []byte) bool { return bytes.Equal(plain, shown.body) }
	f.watch.secret("the result of "+id, piece(shown.body))
	f.step("after a download of " + id)
	f.opens("the result of "+id, k.result, k.is)
	f.opens("the source of "+id, k.source, source(photo))
	if k.prompt != "" {
		k.text = f.textOf(holds(k.prompt))
		f.opens("the text of "+id, k.text, holds(k.prompt))
	}
	if linked := len(company.wire.links()) > before; linked != (feature.Recipient != "zhipu") {
		f.t.Errorf("control: %s read through a link: %t", id, linked)
	}
	if id == "face_detection" && task.Outputs[0].MediaType != "application/json" {
		f.t.Errorf("control: a measurement is %s", task.Outputs[0].MediaType)
	}
	f.reported(task, feature.Recipient)
	return k
}

// piece is a part of a result that nothing else contains.
func piece(result []byte) []byte {
	if len(result) <= 64 {
		return result
	}
	return result[len(result)/2 : len(result)/2+32]
}

// reported requires that the ledger names the company, what it got and when it read.
func (f *forgetting) reported(task client.Task, to privacy.RecipientID) {
	f.t.Helper()
	row := task.Transfers[0]
	if row.Recipient.ID != string(to) || row.Outcome != "sent" || (len(row.Fetches) > 0) != (to != "zhipu") {
		f.t.Errorf("the ledger says %+v", row)
	}
}
