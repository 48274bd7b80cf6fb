package checks

import (
	"maps"
	"net/url"
	"slices"

	"vow.example/vow/client"
	"vow.example/vow/internal/prove/probe"
)

// staff is the credential of somebody who works at the desk of a demonstration.
type staff string

// The people at the desk.
const (
	officer   staff = "rk_demo_officer"
	officer2  staff = "rk_demo_officer2"
	officer3  staff = "rk_demo_officer3"
	moderator staff = "rk_demo_moderator"
	auditor   staff = "rk_demo_auditor"
	owner     staff = "rk_demo_owner"
	backend   staff = "rk_demo_backend" // the operator's own server
)

// send makes a call of the member of staff about the check's app; a body without an app gets it.
func (s staff) send(p *probe.Probe, method, path string, body map[string]any) probe.Answer {
	var doc any
	if body != nil {
		if _, said := body["app"]; !said {
			body["app"] = p.App
		}
		doc = body
	}
	return p.Send(method, "/v1/admin/"+path, doc, "Authorization", "Bearer "+string(s))
}

// named is the identifier in an answer.
func named(a probe.Answer) string {
	var doc struct {
		ID string `json:"id"`
	}
	a.Fine().Into(&doc)
	return doc.ID
}

// opens opens a case about somebody.
func (s staff) opens(p *probe.Probe, who *probe.Person, kind string) string {
	return named(s.send(p, "POST", "cases", map[string]any{"subject": who.Subject, "kind": kind, "reason": "ticket-1"}))
}

// reads reads one object within a case.
func (s staff) reads(p *probe.Probe, inCase, object, purpose string, more map[string]any) probe.Answer {
	body := map[string]any{"object": object, "purpose": purpose, "reason": "ticket-1", "app": nil}
	for k, v := range more {
		body[k] = v
	}
	delete(body, "app")
	return p.Send("POST", "/v1/admin/cases/"+inCase+"/read", body, "Authorization", "Bearer "+string(s))
}

// counts asks how much of a category may serve a purpose.
func (s staff) counts(p *probe.Probe, category, purpose string) probe.Answer {
	q := url.Values{"app": {p.App}, "category": {category}, "purpose": {purpose}}
	return s.send(p, "GET", "reads?"+q.Encode(), nil)
}

// serves: the category may be looked at for the first purposes and for none of the others.
func serves(category string, purposes []string, others ...string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		for _, u := range purposes {
			auditor.counts(p, category, u).Is(200)
		}
		for _, u := range others {
			auditor.counts(p, category, u).Is(403, "purpose-not-allowed")
		}
	}
}

// neverInBulk: rows of these categories leave in no export, for whatever purpose.
func neverInBulk(purpose string, categories ...string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		for _, c := range categories {
			officer.send(p, "POST", "exports", map[string]any{"category": c, "purpose": purpose}).Is(403, "purpose-not-allowed")
		}
	}
}

// onlyInACase: staff read an upload within a case and for its purpose only, and the person sees it.
func onlyInACase(purpose string, others ...string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := p.Person()
		up := who.Upload(p.NewPhoto()).ID
		officer.send(p, "POST", "reads", map[string]any{"object": up, "purpose": purpose, "reason": "r-1", "app": nil}).Is(422)
		p.Send("POST", "/v1/admin/reads", map[string]any{"object": up, "purpose": purpose, "reason": "r-1"}, "Authorization", "Bearer "+string(officer)).Is(403, "case-required")
		in := officer.opens(p, who, "support")
		for _, u := range others {
			officer.reads(p, in, up, u, nil).Is(403, "purpose-not-allowed")
		}
		officer.reads(p, in, up, purpose, nil).Is(200)
		who.Get("/v1/privacy/access").Is(200).Holds(up, `"purpose":"`+purpose+`"`, in)
	}
}

// held: a hold needs a ground, its paper and two other people; then the upload outlives its clock sealed,
// is read by nobody without an override, is shown to the person, and dies when the hold ends.
func held(ground, limit string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who, f := p.Person(), p.NewPhoto()
		up := who.Upload(f).ID
		ask := func(ground, document string) probe.Answer {
			return officer.send(p, "POST", "holds", map[string]any{"subject": who.Subject, "ground": ground, "object": up, "document": document})
		}
		ask("because", "Court-1").Is(422, "ground-required")
		ask(ground, "").Is(422)
		id := named(ask(ground, "Court-1"))
		officer.send(p, "POST", "holds/"+id+"/approve", nil).Is(403, "same-person")
		officer2.send(p, "POST", "holds/"+id+"/approve", nil).Is(200)
		officer3.send(p, "POST", "holds/"+id+"/approve", nil).Is(200).Holds("in_force")
		p.Advance(limit)
		who.Get("/v1/uploads/"+up).Is(409, "held")
		p.Somewhere("the held photo", f.Coded)
		officer.reads(p, officer.opens(p, who, "legal"), up, "requested_feature", nil).Is(423, "processing-restricted")
		who.Get("/v1/privacy/measures").Is(200).Holds(up, ground)
		officer.send(p, "POST", "holds/"+id+"/end", nil).Is(200)
		p.Advance("PT1S") // a sweep
		p.Advance("PT1M") // the next sweep
		p.Nowhere("the photo after the hold", f.Marks()...)
	}
}

// markedTooYoung: the mark of a moderator erases everything of a person at once, with no clock moved.
func markedTooYoung(p *probe.Probe) {
	who, f := p.Person(), p.NewPhoto()
	up := who.Upload(f).ID
	who.Get("/v1/uploads/" + up).Is(200)
	p.Somewhere("the photo", f.Coded)
	moderator.send(p, "POST", "subjects/"+who.Subject+"/underage?app="+p.App, nil).Is(200)
	who.Get("/v1/uploads/" + up).Is(401)
	who.Get("/v1/me").Is(401)
	p.Nowhere("the photo", f.Marks()...)
	moderator.send(p, "POST", "subjects/"+who.Subject+"/underage?app="+p.App, nil).Is(404)
}

// writesOnlyFor: people are written to for a kind on the list, and for no other.
func writesOnlyFor(kind string, others ...string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := p.Person()
		tell := func(kind string) probe.Answer {
			return owner.send(p, "POST", "messages", map[string]any{"type": kind, "subject": who.Subject, "text": map[string]string{"en": "A short word.", "zh-Hans": "一句话。"}})
		}
		for _, k := range others {
			tell(k).Is(422, "message-kind-not-allowed")
		}
		id := named(tell(kind))
		who.Get("/v1/notices").Is(200).Holds(id, kind).Lacks(others...)
	}
}

// restricted: while processing is restricted on a ground, nothing is taken or started, and the rights stay.
func (j job) restricted(grounds ...string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		for _, ground := range grounds {
			who := p.Person()
			o, _ := j.order(p, who)
			o.Consent = who.Decide(j.feature, "granted").ID
			who.Send("PUT", "/v1/me/restriction", map[string]string{"ground": ground}).Is(200)
			before := p.Traffic()
			who.Try(o).Is(423, "processing-restricted").Holds(ground)
			who.Send("POST", "/v1/telemetry", map[string]any{"platform": "ios", "app_state": "foreground", "data": map[string]any{}}).Is(423, "processing-restricted")
			p.Silent(before)
			who.Get("/v1/privacy/export").Is(200)
			who.Send("DELETE", "/v1/me/restriction", nil).Fine()
			var k client.Task
			who.Try(o).Is(202).Into(&k)
			who.Wait(k.ID) // so that nobody receives anything later on
		}
	}
}

// overridden: staff touch restricted data under a ground of the list alone, agreed to by somebody else.
func overridden(ground string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := p.Person()
		up := who.Upload(p.NewPhoto()).ID
		who.Send("PUT", "/v1/me/restriction", map[string]string{"ground": "accuracy_contested"}).Fine()
		in := officer.opens(p, who, "legal")
		officer.reads(p, in, up, "requested_feature", nil).Is(423, "processing-restricted")
		ask := func(ground string) probe.Answer {
			return officer.send(p, "POST", "overrides", map[string]any{"subject": who.Subject, "ground": ground, "reason": "a claim before a court", "document": "Court-1"})
		}
		ask("because").Is(422, "ground-required")
		id := named(ask(ground))
		officer.reads(p, in, up, "requested_feature", map[string]any{"override": id}).Is(403, "second-person-required")
		officer.send(p, "POST", "overrides/"+id+"/approve", nil).Is(403, "same-person")
		officer2.send(p, "POST", "overrides/"+id+"/approve", nil).Is(200)
		officer.reads(p, in, up, "requested_feature", map[string]any{"override": id}).Is(200)
		who.Get("/v1/privacy/access").Is(200).Holds(up, ground)
	}
}

// kept: a person whose processing is restricted on this ground may have one thing kept beyond its clock,
// sealed; everything else dies on time.
func kept(ground, limit string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who, f, other := p.Person(), p.NewPhoto(), p.NewPhoto()
		up, rest := who.Upload(f).ID, who.Upload(other).ID
		who.Send("PUT", "/v1/me/restriction", map[string]string{"ground": ground}).Fine()
		var m client.Measure
		who.Send("POST", "/v1/privacy/keeps", map[string]string{"object": up}).Is(201).Into(&m)
		p.Advance(limit)
		who.Get("/v1/privacy/items").Is(200).Lacks(rest)
		p.Nowhere("the photo that nobody asked to keep", other.Marks()...)
		p.Somewhere("the kept photo", f.Coded)
		officer.reads(p, officer.opens(p, who, "legal"), up, "requested_feature", nil).Is(423, "processing-restricted")
		who.Send("DELETE", "/v1/privacy/keeps/"+m.ID, nil).Is(200)
		p.Advance("PT1M") // the next sweep
		p.Nowhere("the photo that was let go", f.Marks()...)
	}
}

// bases: every purpose says its legal basis; want are purposes with theirs.
func bases(want map[string]string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		var page client.Page[client.PolicyEntry]
		p.Facts("purposes").Is(200).Into(&page)
		want := maps.Clone(want)
		for _, e := range page.Data {
			p.Must(slices.Contains([]string{"consent", "contract", "legal_obligation", "legitimate_interests"}, e.Basis), "%s rests on %s", e.ID, e.Basis)
			if b, ok := want[e.ID]; ok {
				p.Must(b == e.Basis, "%s rests on %s", e.ID, b)
			}
			delete(want, e.ID)
		}
		p.Must(len(want) == 0, "the policy lists all the purposes")
	}
}
