package checks

import (
	"bytes"
	"strings"

	"vow.example/vow/client"
	"vow.example/vow/internal/prove/probe"
)

// ownedResult: the result is read by its owner, and neither without a credential nor by anybody else.
func ownedResult(j job) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := p.Person()
		o, _ := j.order(p, who)
		k := who.Make(o)
		path := "/v1/outputs/" + last(k.Outputs).ID + "/content"
		who.Get(path).Is(200)
		onlyOwn(p, path)
		onlyOwn(p, "/v1/tasks/"+k.ID)
		p.Ask("GET", path, nil).Is(401, "unauthenticated")
		p.PersonOf("pixplus").Get(path).Is(404, "not-found")
	}
}

// worksList: a work is on its owner's list until it is deleted, and then not.
func worksList(p *probe.Probe) {
	who := p.Person()
	o, _ := fitAvatar().order(p, who)
	out := last(who.Make(o).Outputs).ID
	who.Get("/v1/outputs").Is(200).Holds(out)
	who.Send("DELETE", "/v1/outputs/"+out, nil).Fine()
	who.Get("/v1/outputs").Is(200).Lacks(out)
}

// favourites: a mark lists the work among the favourites; without it the work stays and the list does not
// show it.
func favourites(j job) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := p.Person()
		o, _ := j.order(p, who)
		out := last(who.Make(o).Outputs).ID
		who.Get("/v1/outputs?favorite=true").Is(200).Lacks(out)
		who.Send("PUT", "/v1/outputs/"+out+"/favorite", nil).Is(204)
		who.Get("/v1/outputs?favorite=true").Is(200).Holds(out)
		who.Send("DELETE", "/v1/outputs/"+out+"/favorite", nil).Is(204)
		who.Get("/v1/outputs?favorite=true").Is(200).Lacks(out)
		who.Get("/v1/outputs").Is(200).Holds(out)
	}
}

// erasedAll: a request to erase everything is done when it is answered: nothing is anywhere.
func (j job) erasedAll(p *probe.Probe) {
	who, word := p.Person(), probe.Mark("letter")
	o, _ := j.order(p, who)
	file := content(who, who.Make(o))
	who.Send("POST", "/v1/support", client.Letter{Platform: "web", Text: word}).Fine()
	p.Somewhere("the work", piece(file))
	p.Somewhere("the letter", []byte(word))
	var r client.RightsRequest
	who.Send("POST", "/v1/privacy/requests", client.RightsRequestCreate{Kind: "erase"}).Fine().Into(&r)
	p.Must(r.State == "done" && len(r.Receipts) > 0, "the request is %s with %d receipts", r.State, len(r.Receipts))
	who.Get("/v1/me").Is(401)
	p.Nowhere("the work and the letter", piece(file), []byte(word))
}

// shareable: only the owner makes a link; whoever has it sees the work, until the owner takes it back, or
// the work ends.
func (j job) shareable(p *probe.Probe) {
	who := p.Person()
	o, _ := j.order(p, who)
	k := who.Make(o)
	path := "/v1/outputs/" + last(k.Outputs).ID
	p.Person().Send("POST", path+"/share", nil).Is(404, "not-found")
	link := shares(who, path)
	p.Ask("GET", link, nil).Is(200)
	p.Must(bytes.Equal(p.Ask("GET", link+"/content", nil).Is(200).Body, content(who, k)), "whoever has the link sees the work")
	who.Get("/v1/privacy/transfers").Is(200).Holds(`"outcome":"shared"`)
	who.Send("DELETE", path+"/share", nil).Is(204)
	p.Ask("GET", link, nil).Is(410, "share-ended")
	p.Ask("GET", link+"/content", nil).Is(410, "share-ended")
	again := shares(who, path)
	p.Ask("GET", again+"/content", nil).Is(200)
	who.Send("DELETE", path, nil).Fine()
	p.Ask("GET", again+"/content", nil).Is(410, "share-ended")
}

// shares makes a link and returns its path.
func shares(who *probe.Person, path string) string {
	var s client.Share
	who.Send("POST", path+"/share", nil).Is(201).Into(&s)
	return "/s/" + s.Token
}

// unpublished: no link to a work can be made, and its address opens nothing.
func unpublished(j job) func(*probe.Probe) {
	return func(p *probe.Probe) {
		ownedResult(j)(p)
		who := p.Person()
		o, _ := j.order(p, who)
		out := last(who.Make(o).Outputs).ID
		who.Send("POST", "/v1/outputs/"+out+"/share", nil).Is(404, "feature-unavailable")
		p.Ask("GET", "/s/"+out, nil).Is(404)
	}
}

// staffNeedCase: staff read a work within a case only, each in its role, and the person sees it.
func staffNeedCase(j job) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := p.Person()
		o, _ := j.order(p, who)
		out := last(who.Make(o).Outputs).ID
		p.Send("POST", "/v1/admin/reads", map[string]any{"object": out, "purpose": "requested_feature", "reason": "r-1"}, "Authorization", "Bearer "+string(officer)).Is(403, "case-required")
		staff("rk_demo_developer").send(p, "POST", "cases", map[string]any{"subject": who.Subject, "kind": "support", "reason": "ticket-1"}).Is(403, "forbidden")
		in := officer.opens(p, who, "support")
		officer.reads(p, in, out, "advertising", nil).Is(403, "purpose-not-allowed")
		who.Get("/v1/privacy/access").Is(200).Lacks(out)
		officer.reads(p, in, out, "requested_feature", nil).Is(200)
		who.Get("/v1/privacy/access").Is(200).Holds(out)
	}
}

// smallGroups: the counts that anybody gets hide what few people did.
func smallGroups(j job) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := p.Person()
		o, _ := j.order(p, who)
		who.Make(o)
		day := p.Now().Format("2006-01-02")
		a := auditor.send(p, "GET", "statistics?app="+p.App+"&from="+day+"&to="+day, nil).Is(200).Lacks(who.Subject, "sub_")
		var s struct {
			Days []struct {
				Hidden bool `json:"hidden"`
				Groups []struct {
					People int `json:"people"`
				} `json:"groups"`
			} `json:"days"`
		}
		a.Into(&s)
		for _, d := range s.Days {
			for _, g := range d.Groups {
				p.Must(g.People >= 10, "a group is named with %d people", g.People)
			}
			p.Must(d.Hidden || len(d.Groups) > 0, "the person's own group is hidden, or large enough")
		}
		p.Must(len(s.Days) > 0, "the day is counted")
	}
}

// hostileFiles: what is no picture, or unpacks beyond bounds, is refused by name and leaves nothing.
func hostileFiles(p *probe.Probe) {
	who := p.Person()
	word := probe.Mark("file")
	who.TryUpload(probe.Photo{File: []byte("%PDF-1.7 " + word), Type: "image/png"}).Is(415, "media-unsupported", "media-unreadable")
	who.TryUpload(probe.Photo{File: []byte("<svg xmlns='http://www.w3.org/2000/svg'><image href='http://169.254.169.254/'/>" + word + "</svg>"), Type: "image/svg+xml"}).Is(415, "media-unsupported", "media-unreadable")
	f := p.NewPhoto()
	if len(f.File) < 64 {
		return
	}
	bomb := append([]byte{}, f.File...)
	copy(bomb[16:24], []byte{0, 1, 0, 0, 0, 1, 0, 0}) // 65536 × 65536 pixels, says the header
	a := who.TryUpload(probe.Photo{File: bomb, Type: "image/png"})
	p.Must(a.Status == 413 || a.Status == 422, "a picture that says to be 65536 pixels wide and high is answered with %d %s", a.Status, a.Code())
	who.TryUpload(f).Is(201)
	p.Nowhere("what was refused", []byte(word))
	p.Must(!strings.Contains(string(a.Body), word), "the refusal repeats nothing")
}
