package checks

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"vow.example/vow/client"
	"vow.example/vow/client/admin"
	"vow.example/vow/internal/prove/probe"
)

// risky starts a task whose text the review answers with another wording, and returns it while it waits.
func (j job) risky(p *probe.Probe, text string) (*probe.Person, client.Task) {
	who := p.Person()
	j.prompt = text
	o, _ := j.order(p, who)
	o.Consent = who.Decide(j.feature, "granted").ID
	var k client.Task
	who.Try(o).Fine().Into(&k)
	k = who.Wait(k.ID, "awaiting_confirmation")
	p.Must(k.State == "awaiting_confirmation" && k.Review != nil && k.Review.ShownPrompt != "" && k.Review.ShownPrompt != text, "the person is shown another wording")
	if k.Review == nil {
		k.Review = &client.ReviewResult{}
	}
	return who, k
}

// heldTexts are the digests of every text that a recipient holds.
func heldTexts(p *probe.Probe, recipient string) (sums []string) {
	for _, h := range p.Received(recipient).Holds {
		sums = append(sums, h.SHA256)
	}
	return sums
}

func digestOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// rewritten: a risky text is sent in the shown wording, once the person agrees, and never as it was.
func (j job) rewritten(texts ...string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		for _, text := range texts {
			before := p.Traffic()
			who, k := j.risky(p, text)
			p.Silent(before)
			who.Send("POST", "/v1/tasks/"+k.ID+"/confirm", map[string]bool{"accept": true}).Is(200)
			p.Must(who.Wait(k.ID).State == "succeeded", "after the person agreed it is made")
			held := heldTexts(p, j.to)
			p.Must(slices.Contains(held, digestOf(k.Review.ShownPrompt)), "%s holds the shown wording", j.to)
			p.Must(!slices.Contains(held, digestOf(text)), "%s does not hold the text as it was", j.to)
		}
	}
}

// notReworded: where the person declines the wording, the task ends and nothing is sent.
func (j job) notReworded(text string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		before := p.Traffic()
		who, k := j.risky(p, text)
		who.Send("POST", "/v1/tasks/"+k.ID+"/confirm", map[string]bool{"accept": false}).Is(200)
		k = who.Wait(k.ID)
		p.Must((k.State == "blocked" || k.State == "canceled") && !k.WasSent, "it ends as %s and says that nothing was sent", k.State)
		p.Silent(before)
	}
}

// noTemplates: an app without drawn things takes none, of no kind.
func noTemplates(p *probe.Probe) {
	for _, kind := range []string{"template", "frame"} {
		developer.send(p, "POST", "templates", map[string]any{"kind": kind, "id": "gold"}).Is(422, "feature-unavailable")
	}
	developer.send(p, "POST", "templates", map[string]any{"kind": "face_swap", "id": "gold"}).Is(422)
}

// templateStates: of an app that has drawn things, one that is handed in goes off the list, is judged by
// somebody else, and comes back only approved. The place where it is tried is Picwiz.
func templateStates(p *probe.Probe) {
	const app, kind, id = "picwiz", "frame", "walnut"
	step := func(by staff, path string, more ...string) probe.Answer {
		body := map[string]any{"app": app, "kind": kind, "id": id}
		for i := 0; i+1 < len(more); i += 2 {
			body[more[i]] = more[i+1]
		}
		return by.send(p, "POST", path, body)
	}
	listed := func() bool {
		var list []admin.Template
		officer.send(p, "GET", "templates?app="+app, nil).Fine().Into(&list)
		return slices.ContainsFunc(list, func(t admin.Template) bool { return t.ID == id && t.Kind == kind && t.State == "published" })
	}
	framed := job{feature: "portrait_frame", photo: "photo", params: map[string]string{"frame": id}}
	order := func(who *probe.Person) probe.Order {
		o, _ := framed.order(p, who)
		o.Consent = who.Decide(framed.feature, "granted").ID
		return o
	}
	p.Must(listed(), "the frame is published")
	step(developer, "templates").Is(201)
	p.Must(!listed(), "handed in again, it is off the list")
	who := p.PersonOf(app)
	who.Try(order(who)).Is(404)
	step(moderator, "templates/publish").Is(409)
	step(developer, "templates/review", "verdict", "approved").Is(403)
	step(moderator, "templates/review", "verdict", "rejected").Is(200)
	step(moderator, "templates/publish").Is(409)
	step(developer, "templates").Is(201)
	step(moderator, "templates/review", "verdict", "approved").Is(200)
	step(moderator, "templates/publish").Is(200)
	p.Must(listed(), "approved by somebody else and published, it is on the list again")
	who.Try(order(who)).Is(202)
}
