package checks

import (
	"bytes"
	"slices"
	"strings"

	"vow.example/vow/client"
	"vow.example/vow/internal/prove"
	"vow.example/vow/internal/prove/probe"
)

// proof is a shorter way to write an entry.
func proof(promise, how string, check func(*probe.Probe)) prove.Proof {
	return prove.Proof{Promise: promise, How: how, Check: check}
}

// later is an entry without a check.
func later(promise, why string) prove.Proof { return prove.Proof{Promise: promise, Missing: why} }

// says is the check of a text that people are shown: pairs of English and Chinese.
func says(promise string, pairs ...string) prove.Proof {
	return proof(promise, "The published policy, readable without a session, says it in both languages.", func(p *probe.Probe) { p.Says(pairs...) })
}

// both runs checks one after the other.
func both(list ...func(*probe.Probe)) func(*probe.Probe) {
	return func(p *probe.Probe) {
		for _, check := range list {
			if p.OK() {
				check(p)
			}
		}
	}
}

// refuses is the check that the program takes no policy file with this change: pairs of old and new.
func refuses(what, message string, pairs ...string) func(*probe.Probe) {
	return func(p *probe.Probe) { p.Refuses(what, message, pairs...) }
}

// job is a feature of an app with what it needs.
type job struct {
	feature string
	photo   string // role of the photo; "" takes none
	also    string // role of a second photo; "" takes none
	prompt  string
	params  map[string]string
	more    map[string]any // further members of the request
	to      string         // who receives it; "" nobody
}

// order uploads what the job needs and returns the order.
func (j job) order(p *probe.Probe, who *probe.Person) (probe.Order, probe.Photo) {
	o := probe.Order{Feature: j.feature, Prompt: j.prompt, Params: j.params, More: j.more}
	if j.photo == "" {
		return o, probe.Photo{}
	}
	f := p.NewPhoto()
	o.Photos = map[string]string{j.photo: who.Upload(f).ID}
	if j.also != "" {
		o.Photos[j.also] = who.Upload(p.NewPhoto()).ID
	}
	return o, f
}

// withoutConsent: the task is refused with its screen, and nobody receives anything.
func (j job) withoutConsent(p *probe.Probe) {
	who, before := p.Person(), p.Traffic()
	o, _ := j.order(p, who)
	who.Try(o).Is(403, "consent-required").Holds("disclosure")
	p.Silent(before)
}

// staleScreen: agreeing to another text than the one in force is refused.
func (j job) staleScreen(p *probe.Probe) {
	who := p.Person()
	screen := who.Screen(j.feature, "en")
	who.Send("POST", "/v1/consents", client.ConsentCreate{
		Feature: j.feature, Recipient: last(screen.Who).ID, Decision: "granted", DisclosureHash: "sha256:" + strings.Repeat("0", 64),
	}).Is(409, "consent-stale")
}

// eachTime: whoever agrees for one task is asked again for the next, named or not.
func (j job) eachTime(p *probe.Probe) {
	who := p.Person()
	screen := who.Screen(j.feature, "en")
	var yes client.Consent
	who.Send("POST", "/v1/consents", client.ConsentCreate{
		Feature: j.feature, Recipient: last(screen.Who).ID, Decision: "granted", DisclosureHash: screen.Hash, Scope: "single_job",
	}).Fine().Into(&yes)
	o, _ := j.order(p, who)
	o.Consent = yes.ID
	var first client.Task
	who.Try(o).Fine().Into(&first)
	first = who.Wait(first.ID)
	p.Must(first.State == "succeeded", "the task that names the yes has ended as %s", first.State)
	before := p.Traffic()
	for _, named := range []string{yes.ID, ""} {
		next, _ := j.order(p, who)
		next.Consent = named
		who.Try(next).Is(403, "consent-required")
	}
	p.Silent(before)
}

// declined: the upload is erased at once, nothing is sent, no task runs.
func (j job) declined(p *probe.Probe) {
	who, before := p.Person(), p.Traffic()
	o, f := j.order(p, who)
	who.Decide(j.feature, "declined")
	for _, id := range o.Photos {
		who.Get("/v1/uploads/"+id).Is(410, "erased")
	}
	who.Try(o).Is(403, "consent-required")
	p.Silent(before)
	if j.photo != "" {
		p.Nowhere("the declined photo", f.Marks()...)
	}
}

// withdrawn: after the withdrawal a task is refused and nobody receives anything; the ledger keeps what
// was.
func (j job) withdrawn(p *probe.Probe) {
	who := p.Person()
	o, _ := j.order(p, who)
	done := who.Make(o)
	earlier := who.Get("/v1/privacy/transfers").Fine().Body
	o, _ = j.order(p, who)
	o.Consent = who.Decide(j.feature, "granted").ID
	before := p.Traffic()
	who.Send("DELETE", "/v1/consents/"+o.Consent, nil).Fine()
	who.Try(o).Is(403, "consent-withdrawn", "consent-required")
	p.Silent(before)
	p.Must(bytes.Equal(earlier, who.Get("/v1/privacy/transfers").Fine().Body), "the list of transfers still shows the earlier task %s", done.ID)
}

// reaches: the named recipient alone receives the task, and of the person only the fields of the screen.
func (j job) reaches(p *probe.Probe) {
	who := p.Person()
	o, f := j.order(p, who)
	screen := who.Screen(j.feature, "en")
	p.Must(last(screen.Who).ID == j.to, "the screen of %s names %s", j.feature, j.to)
	before := p.Traffic()
	who.Make(o)
	p.Reached(before, j.to)
	p.Within(j.to, before[j.to], linesOf(screen)...)
	p.NotReceived("the person's pseudonym or token", []byte(who.Subject), []byte(who.Token))
	if j.photo != "" {
		p.WasReceived(j.to, "the photo", f.Coded)
		p.NotReceived("what the camera wrote beside the pixels", []byte(f.Hidden))
	}
}

// nobody: the task succeeds and nobody receives anything.
func (j job) nobody(p *probe.Probe) {
	who, before := p.Person(), p.Traffic()
	o, _ := j.order(p, who)
	who.Make(o)
	p.Silent(before)
	p.Saw("%s ran on this server", j.feature)
}

// linesOf lists the fields of a screen.
func linesOf(d client.Disclosure) []string {
	var fields []string
	for _, line := range d.What {
		fields = append(fields, line.Field)
	}
	slices.Sort(fields)
	return slices.Compact(fields)
}

func last[T any](list []T) (x T) {
	if len(list) > 0 {
		x = list[len(list)-1]
	}
	return x
}

// content returns the stored bytes of the task's first result, as its owner reads them.
func content(who *probe.Person, k client.Task) []byte {
	if len(k.Outputs) == 0 {
		return nil
	}
	return who.Get("/v1/outputs/" + k.Outputs[0].ID + "/content").Fine().Body
}

// piece returns bytes of a file by which it is found again: from the part near its beginning where the
// band of noise of its photo is coded, as the rest is like that of every other photo of these checks.
func piece(file []byte) []byte {
	const n, begins = 48, 2600
	at := len(file) / 2
	if len(file) > 4*begins {
		at = begins
	}
	if len(file) < 4*n {
		return file
	}
	return file[at : at+n]
}

// sourceGone: the source of a task that has ended so is there before the time and gone at it: by reading,
// on disk and for every key.
func (j job) sourceGone(by string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := p.Person()
		o, f := j.order(p, who)
		who.Make(o)
		for _, id := range o.Photos {
			p.Advance(by)
			who.Get("/v1/uploads/"+id).Is(410, "erased")
		}
		p.Nowhere("the photo", f.Marks()...)
	}
}

// sourceGoneAtOnce: when the task is done the source is gone, with no clock moved.
func (j job) sourceGoneAtOnce(p *probe.Probe) {
	who := p.Person()
	o, f := j.order(p, who)
	p.Saw("the photo was uploaded as %s", o.Photos[j.photo])
	who.Make(o)
	who.Get("/v1/uploads/"+o.Photos[j.photo]).Is(410, "erased")
	p.Nowhere("the photo", f.Marks()...)
}

// resultGone: the result can be read until shortly before its time and is gone at it.
func (j job) resultGone(still, rest string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := p.Person()
		o, _ := j.order(p, who)
		k := who.Make(o)
		file := content(who, k)
		out := last(k.Outputs).ID
		if still != "" {
			p.Advance(still)
			who.Get("/v1/outputs/" + out + "/content").Is(200)
			p.Somewhere("the result", piece(file))
		}
		p.Advance(rest)
		who.Get("/v1/outputs/"+out+"/content").Is(410, "erased")
		p.Nowhere("the result", piece(file))
	}
}

// promptGone: the words of a task are nowhere once their time is over.
func (j job) promptGone(after string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := p.Person()
		word := probe.Mark("word")
		j.prompt = "a garden with the sign " + word
		o, _ := j.order(p, who)
		who.Make(o)
		p.Advance(after)
		p.Nowhere("the text", []byte(word))
	}
}

// deletedNow: the person's own deletion needs no clock.
func (j job) deletedNow(p *probe.Probe) {
	who := p.Person()
	o, _ := j.order(p, who)
	k := who.Make(o)
	file := content(who, k)
	out := last(k.Outputs).ID
	p.Somewhere("the result", piece(file))
	who.Send("DELETE", "/v1/outputs/"+out, nil).Fine()
	who.Get("/v1/outputs/"+out+"/content").Is(410, "erased")
	p.Nowhere("the result", piece(file))
}

// blocked: a prohibited text ends the task before anybody receives anything.
func (j job) blocked(words ...string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		for _, w := range words {
			who, before := p.Person(), p.Traffic()
			j.prompt = w
			o, _ := j.order(p, who)
			k := who.Run(o)
			p.Must(k.State == "blocked" || k.State == "awaiting_confirmation" || k.State == "failed", "a prohibited text ends as %s", k.State)
			p.Must(!k.WasSent, "the task says that nothing was sent")
			p.Silent(before)
		}
	}
}

// onlyOwn: another person, of this app or another, does not find what is mine.
func onlyOwn(p *probe.Probe, path string) {
	p.Person().Get(path).Is(404, "not-found")
}
