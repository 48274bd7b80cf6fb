package checks

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"vow.example/vow/client"
	"vow.example/vow/internal/prove/probe"
)

// screenSays: the screen of a feature has every part, and of these periods those that its kind of work
// has: all of them where a face is worked on.
func screenSays(periods ...string) func(job, *probe.Probe) {
	return func(j job, p *probe.Probe) {
		who := p.Person()
		for _, lang := range []string{"en", "zh-Hans"} {
			d := who.Screen(j.feature, lang)
			whole := len(d.What) > 0 && len(d.Who) > 0 && d.Why != "" && len(d.Keep) > 0 && len(d.Links) >= 2
			p.Must(whole, "the screen of %s in %s says what, who, why, how long, and links both policies", j.feature, lang)
			for _, line := range d.Keep {
				if line.Text == "" || line.Where == "" || line.What == "" {
					p.Failf("a line about how long %s is kept is blank", line.What)
				}
			}
		}
		text, err := json.Marshal(who.Screen(j.feature, "en").Keep)
		p.Check(err)
		for _, words := range periods {
			if j.photo == "" && strings.Contains(words, "deleted as soon") || j.feature == "image_to_video" && strings.HasPrefix(words, "up to") {
				continue // the first is of faces; a film's copy is said in the line below
			}
			p.Must(bytes.Contains(text, []byte(words)), "it says “%s”", words)
		}
	}
}

// linking: the screen links an address.
func linking(address string) func(job, *probe.Probe) {
	return func(j job, p *probe.Probe) { j.linksTo(address)(p) }
}

// linksTo: the screen links all of these addresses.
func (j job) linksTo(addresses ...string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		links := p.Person().Screen(j.feature, "en").Links
		for _, a := range addresses {
			p.Must(slices.ContainsFunc(links, func(l client.Link) bool { return l.URL == a && l.Text != "" }), "the screen of %s links %s", j.feature, a)
		}
	}
}

// button: what the person presses reads so.
func (j job) button(en, zh string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := p.Person()
		p.Must(who.Screen(j.feature, "en").AcceptLabel == en && who.Screen(j.feature, "zh-Hans").AcceptLabel == zh, "the button reads “%s” and “%s”", en, zh)
	}
}

// noDecision: only a decision that was made is one: what is missing or another word is refused, and the
// task still needs consent.
func (j job) noDecision(p *probe.Probe) {
	who, before := p.Person(), p.Traffic()
	screen := who.Screen(j.feature, "en")
	for _, said := range []string{"", "default", "true"} {
		body := map[string]string{"feature": j.feature, "recipient": last(screen.Who).ID, "disclosure_hash": screen.Hash}
		if said != "" {
			body["decision"] = said
		}
		who.Send("POST", "/v1/consents", body).Is(422)
	}
	o, _ := j.order(p, who)
	who.Try(o).Is(403, "consent-required")
	p.Silent(before)
	who.Make(o)
	p.Saw("with the decision the task is made")
}

// namesVersion: a consent names the version of the policy that was shown.
func (j job) namesVersion(p *probe.Probe) {
	version := p.Policy("en").Version
	p.Must(p.Person().Decide(j.feature, "granted").PolicyVersion == version, "a consent refers to %s", version)
}

// stoppedEarly: a task that waits for the person's word is stopped: nothing was sent, the photo is gone.
func (j job) stoppedEarly(p *probe.Probe) {
	j.prompt = "a woman in a bikini"
	who, before := p.Person(), p.Traffic()
	o, f := j.order(p, who)
	o.Consent = who.Decide(j.feature, "granted").ID
	var k client.Task
	who.Try(o).Fine().Into(&k)
	p.Must(who.Wait(k.ID, "awaiting_confirmation").State == "awaiting_confirmation", "the task waits before anything is sent")
	who.Send("POST", "/v1/tasks/"+k.ID+"/cancel", nil).Is(200)
	k = who.Task(k.ID)
	p.Must(k.State == "canceled" && k.CancelOutcome == "nothing_sent" && !k.WasSent, "it was stopped, and says that nothing was sent")
	p.Silent(before)
	for _, id := range o.Photos {
		who.Get("/v1/uploads/"+id).Is(410, "erased")
		p.Nowhere("the photo of the stopped task", f.Marks()...)
	}
}

// noTraining: a consent to a generation is that and nothing else.
func (j job) noTraining(p *probe.Probe) {
	who := p.Person()
	o, _ := j.order(p, who)
	who.Make(o)
	screen := who.Screen(j.feature, "en")
	var page client.Page[client.Consent]
	who.Get("/v1/consents").Is(200).Into(&page)
	p.Must(len(page.Data) == 1 && page.Data[0].Feature == j.feature, "the only consent on record is that to %s", j.feature)
	for _, feature := range []string{"training", "model_training"} {
		body := client.ConsentCreate{Feature: feature, Recipient: last(screen.Who).ID, Decision: "granted", DisclosureHash: screen.Hash}
		a := who.Send("POST", "/v1/consents", body)
		p.Must(a.Status == 404 || a.Status == 422, "there is nothing to consent to under the name %s (%d)", feature, a.Status)
	}
}
