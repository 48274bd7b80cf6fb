package checks

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/prove/probe"
)

// takesOnly: a photo in another role is refused, and nobody receives anything; the feature works without.
func (j job) takesOnly(others ...string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who, before := p.Person(), p.Traffic()
		for _, role := range others {
			o, _ := j.order(p, who)
			if o.Photos == nil {
				o.Photos = map[string]string{}
			}
			o.Photos[role] = who.Upload(p.NewPhoto()).ID
			o.Consent = who.Decide(j.feature, "granted").ID
			p.Saw("now with a file as: %s", role)
			who.Try(o).Is(422, "validation")
		}
		p.Silent(before)
		o, _ := j.order(p, who)
		who.Make(o)
		p.Saw("without it, the task is made")
	}
}

// takesNoText: a feature that asks for no text refuses one.
func (j job) takesNoText(p *probe.Probe) {
	who, before := p.Person(), p.Traffic()
	o, _ := j.order(p, who)
	o.Prompt, o.Consent = "a text", who.Decide(j.feature, "granted").ID
	who.Try(o).Is(422, "validation")
	p.Silent(before)
}

// noVideo: a film is no photo.
func noVideo(p *probe.Probe) {
	mark := probe.Mark("film")
	film := "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + strings.Repeat(mark, 100)
	p.Person().TryUpload(probe.Photo{File: []byte(film), Type: "video/mp4"}).Is(415, "media-unsupported")
	p.Nowhere("the refused film", []byte(mark))
}

// notOffered: the app has no such feature, wherever one asks.
func notOffered(feature string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who, before := p.Person(), p.Traffic()
		who.Try(probe.Order{Feature: feature, Photos: map[string]string{"photo": who.Upload(p.NewPhoto()).ID}}).Is(404, "feature-unavailable")
		who.Get("/v1/features/" + feature).Is(404)
		who.Get("/v1/features/" + feature + "/disclosure").Is(404)
		who.Get("/v1/features").Is(200).Lacks(`"id":"` + feature + `"`)
		p.Silent(before)
	}
}

// itemsOf lists what is held of the person, one by one.
func itemsOf(who *probe.Person) []client.Item {
	var page client.Page[client.Item]
	who.Get("/v1/privacy/items").Fine().Into(&page)
	return page.Data
}

// waits: a photo that was uploaded is not worked on until the person starts a task.
func (j job) waits(p *probe.Probe) {
	who, before := p.Person(), p.Traffic()
	o, _ := j.order(p, who)
	p.Advance("PT1H")
	items := itemsOf(who)
	p.Must(len(items) == 1 && items[0].Category == "source_photo" && items[0].Task == "", "all that is held is the photo, and it serves no task")
	var tasks client.Page[client.Task]
	who.Get("/v1/tasks").Is(200).Into(&tasks)
	p.Must(len(tasks.Data) == 0, "nothing was started")
	p.Silent(before)
	who.Make(o)
	p.Saw("the person's own task is made")
}

// noFaceFacts ends the check where the list or the copy of the person's things shows a fact about a face.
func noFaceFacts(p *probe.Probe, who *probe.Person) {
	for _, i := range itemsOf(who) {
		if strings.HasPrefix(i.Category, "face_") || i.Category == "hair_mask" {
			p.Failf("%s is held as %s", i.Category, i.ID)
		}
	}
	who.CopyLacks("points of a face", `"left_pupil"`, `"category": "face_`)
}

// pointsOf are the points of the photo's face, as Picwiz hands them out: pairs of numbers as JSON has them.
func pointsOf(p *probe.Probe, f probe.Photo) (marks [][]byte) {
	who := p.PersonOf("picwiz")
	k := who.Make(probe.Order{Feature: "portrait_points", Photos: map[string]string{"photo": who.Upload(f).ID}})
	var doc struct {
		Faces []struct {
			Points map[string][2]float64 `json:"points"`
		} `json:"faces"`
	}
	who.Get("/v1/outputs/" + last(k.Outputs).ID + "/content").Fine().Into(&doc)
	if len(doc.Faces) == 0 || len(doc.Faces[0].Points) < 10 {
		p.Failf("no face was found in the photo")
		return nil
	}
	for _, at := range doc.Faces[0].Points {
		marks = append(marks, []byte(fmt.Sprintf("%v,%v", at[0], at[1])), []byte(fmt.Sprintf("%v, %v", at[0], at[1])))
	}
	return marks
}

// noPoints: the points of the photo's face are nowhere, while the task runs and after it, and nobody
// receives them.
func (j job) noPoints(p *probe.Probe) {
	who := p.Person()
	o, f := j.order(p, who)
	marks := pointsOf(p, f)
	o.Consent = who.Decide(j.feature, "granted").ID
	var k client.Task
	who.Try(o).Fine().Into(&k)
	p.Nowhere("the points of the face while the task runs", marks...)
	p.Must(who.Wait(k.ID).State == "succeeded", "the task is made")
	p.Nowhere("the points of the face after the task", marks...)
	p.NotReceived("the points of the face", marks...)
	noFaceFacts(p, who)
}

// faceless: the same face is worked on twice, and between and after nothing about it is held.
func (j job) faceless(p *probe.Probe) {
	who, f := p.Person(), p.NewPhoto()
	for range 2 {
		who.Make(probe.Order{Feature: j.feature, Photos: map[string]string{j.photo: who.Upload(f).ID}, Params: j.params})
		noFaceFacts(p, who)
	}
	p.Nowhere("the photo", f.Marks()...)
}

// strangers: two people who hand in the same face learn nothing of each other.
func (j job) strangers(p *probe.Probe) {
	f := p.NewPhoto()
	var people [2]*probe.Person
	var ids [2][]string
	for i := range people {
		who := p.Person()
		u := who.Upload(f)
		k := who.Make(probe.Order{Feature: j.feature, Photos: map[string]string{j.photo: u.ID}, Params: j.params})
		people[i], ids[i] = who, []string{who.Subject, u.ID, k.ID, last(k.Outputs).ID}
	}
	for i, who := range people {
		who.CopyHolds("their own identifiers", ids[i]...)
		who.CopyLacks("the other's identifiers", ids[1-i]...)
		who.Get("/v1/tasks/" + ids[1-i][2]).Is(404)
	}
}

// failedSource: the photo of a failed task is there for a while and gone at its time, also after a crash.
func (j job) failedSource(still, rest string) func(*probe.Probe) {
	j.prompt = "test:fail"
	return func(p *probe.Probe) {
		who := p.Person()
		o, f := j.order(p, who)
		p.Must(who.Run(o).State == "failed", "the task failed")
		up := "/v1/uploads/" + o.Photos[j.photo]
		p.Advance(still)
		who.Get(up).Is(200)
		p.Somewhere("the photo", f.Marks()...)
		p.Advance(rest)
		who.Get(up).Is(410, "erased")
		p.Nowhere("the photo", f.Marks()...)
		p.Restart()
		who.Get(up).Is(410, "erased")
		p.Nowhere("the photo after the crash", f.Marks()...)
	}
}

// unusedSource: a photo that no task used goes the same way.
func unusedSource(still, rest string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who, f := p.Person(), p.NewPhoto()
		up := "/v1/uploads/" + who.Upload(f).ID
		p.Advance(still)
		who.Get(up).Is(200)
		p.Somewhere("the unused photo", f.Marks()...)
		p.Advance(rest)
		who.Get(up).Is(410, "erased")
		p.Nowhere("the unused photo", f.Marks()...)
	}
}

// retried: after a failure the same photo serves another task.
func (j job) retried(p *probe.Probe) {
	who, good := p.Person(), j.prompt
	j.prompt = "test:fail"
	o, _ := j.order(p, who)
	p.Must(who.Run(o).State == "failed", "the task failed")
	o.Prompt, o.Consent = good, ""
	p.Must(who.Run(o).State == "succeeded", "the same photo served the retry")
}

// usedOnce: after a success the photo serves nothing more.
func (j job) usedOnce(p *probe.Probe) {
	who := p.Person()
	o, _ := j.order(p, who)
	who.Make(o)
	o.Consent = who.Decide(j.feature, "granted").ID
	a := who.Try(o)
	p.Must(slices.Contains([]int{404, 409, 410}, a.Status), "a second task with the same photo is refused with %d %s", a.Status, a.Code())
}

// heldThere: what the recipient keeps is said on the screen and in the ledger, and nobody gets its address.
func (j job) heldThere(period string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := p.Person()
		o, _ := j.order(p, who)
		k := who.Make(o)
		list := who.Transfers()
		if len(list) != 1 || list[0].ProviderKeepsUntil == nil || k.EndedAt == nil {
			p.Failf("the ledger does not say until when the recipient keeps its copy")
			return
		}
		kept := list[0].ProviderKeepsUntil.Sub(*k.EndedAt).Round(time.Hour)
		p.Must(kept == 15*24*time.Hour && period == "P15D", "the ledger says that %s keeps its copy for %v after the end", j.to, kept)
		p.Must(slices.ContainsFunc(list[0].Held, func(h client.Held) bool { return h.What == "result" && h.State == "open" && h.Until != nil }), "the result there is an open entry with its end")
		screen, err := json.Marshal(who.Screen(j.feature, "en").Keep)
		p.Check(err)
		p.Must(strings.Contains(string(screen), "15 days"), "the screen says fifteen days")
		var page client.Page[client.DemoRecipient]
		p.Ask("GET", "/demo/recipients", nil).Fine().Into(&page)
		for _, r := range page.Data {
			who.Get("/v1/tasks/" + k.ID).Fine().Lacks(r.URL)
			who.Get("/v1/outputs/" + last(k.Outputs).ID).Fine().Lacks(r.URL)
		}
		p.Must(strings.HasPrefix(last(k.Outputs).ContentURL, "/v1/outputs/"), "the result is read from this server")
		p.Advance("P15DT1H")
		p.Must(first(who.Transfers()).ID == list[0].ID && slices.ContainsFunc(first(who.Transfers()).Held, func(h client.Held) bool { return h.What == "result" && h.State == "closed" }), "after that the entry says that it is gone there, as stated")
	}
}
