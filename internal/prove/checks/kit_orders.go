package checks

import (
	"maps"

	"vow.example/vow/client/admin"
	"vow.example/vow/internal/prove/probe"
)

// abroad is an officer in another region.
const abroad staff = "rk_demo_cn"

// ground is a reason on one of a policy's closed lists, with what is asked under it.
type ground struct {
	kind string // hold, disclosure, override or exemption
	id   string
	data map[string]any // beside the subject
}

// complete fills in everything that any ground needs, apart from a person's consent.
func complete(kind, id string, categories ...string) ground {
	data := map[string]any{
		"document": "Court-2026/17", "receiver": "The court", "reason": "They asked.", "rule": "Rule 4 of the service agreement.",
		"request": "Please hand it over.", "performance": "The other party has paid.",
	}
	if len(categories) > 0 {
		data["categories"] = categories
	}
	return ground{kind, id, data}
}

// with changes what is asked; a nil value takes a member away.
func (g ground) with(name string, value any) ground {
	g.data = maps.Clone(g.data)
	if g.data[name] = value; value == nil {
		delete(g.data, name)
	}
	return g
}

// asked asks for it, whatever the answer.
func (g ground) asked(p *probe.Probe, by staff, who *probe.Person) probe.Answer {
	body := maps.Clone(g.data)
	body["subject"], body["ground"] = who.Subject, g.id
	return by.send(p, "POST", g.kind+"s", body)
}

// needs: without one of these members the order is refused so, and with them it is taken.
func (g ground) needs(status int, code string, members ...string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := p.Person()
		for _, m := range members {
			p.Saw("now without: %s", m)
			g.with(m, nil).asked(p, officer, who).Is(status, code)
		}
		g.asked(p, officer, who).Is(201)
	}
}

// noOther: the list is closed: these words are no grounds, and this one is.
func (g ground) noOther(words ...string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := p.Person()
		for _, w := range words {
			other := g
			other.id = w
			other.asked(p, officer, who).Is(422, "ground-required")
		}
		g.asked(p, officer, who).Is(201)
	}
}

// opensNot: under this ground these kinds of data are refused, and its own is taken.
func (g ground) opensNot(categories ...string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := p.Person()
		for _, c := range categories {
			p.Saw("now with: %s", c)
			g.with("categories", []string{c}).asked(p, officer, who).Is(403, "purpose-not-allowed", "recipient-not-allowed")
		}
		g.asked(p, officer, who).Is(201)
	}
}

// handedOver: a disclosure is handed over once so many others have agreed, and not before; its row is
// there for the person to see, and the order is spent.
func (g ground) handedOver(others int) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := p.Person()
		var o admin.Order
		g.asked(p, officer, who).Is(201).Into(&o)
		p.Must(o.Needed == others, "%s needs the agreement of %d others", g.id, o.Needed)
		path := g.kind + "s/" + o.ID
		officer.send(p, "POST", path+"/approve", nil).Is(403, "same-person")
		for _, by := range []staff{officer2, officer3}[:others] {
			officer.send(p, "POST", path+"/archive", nil).Is(403, "second-person-required")
			by.send(p, "POST", path+"/approve", nil).Is(200)
		}
		who.Get("/v1/privacy/transfers").Lacks(g.id)
		officer.send(p, "POST", path+"/archive", nil).Is(200)
		who.Get("/v1/privacy/transfers").Is(200).Holds(g.id)
		officer.send(p, "POST", path+"/archive", nil).Is(409, "conflict")
	}
}

// fromAbroad: staff of another region open no case about a person, until the person has agreed in writing;
// then the person sees what was read.
func fromAbroad(category, purpose string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := p.Person()
		open := map[string]any{"subject": who.Subject, "kind": "support", "reason": "ticket-1"}
		abroad.send(p, "POST", "cases", open).Is(403, "region-not-allowed")
		crossing(who)
		id := named(abroad.send(p, "POST", "cases", open).Is(201))
		p.Send("POST", "/v1/admin/cases/"+id+"/records", map[string]any{"category": category, "purpose": purpose, "reason": "ticket-1"}, "Authorization", "Bearer "+string(abroad)).Is(200)
		who.Get("/v1/privacy/access").Is(200).Holds(`"region":"CN"`, category)
	}
}

// crossing is the person's own written consent that data crosses the border.
func crossing(who *probe.Person) {
	var text struct {
		Hash string `json:"hash"`
	}
	who.Get("/v1/privacy/transfer-consent").Fine().Into(&text)
	who.Send("POST", "/v1/privacy/transfer-consent", map[string]string{"name": "Ann Example", "hash": text.Hash}).Fine()
}
