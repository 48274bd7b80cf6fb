package checks

import (
	"html"
	"maps"
	"slices"
	"strings"

	"vow.example/vow/client"
	"vow.example/vow/internal/prove/probe"
)

// complaint is a form on which people complain about something of somebody else's, and the ground on which what
// they wrote there is handed on.
type complaint struct {
	source, ground string
	words, contact string // fields: of what they complain, and how to reach them
	more           map[string]any
}

// writes has somebody complain, told on which ground it is handed on.
func (c complaint) writes(who *probe.Person, words, contact string) client.Complaint {
	var out client.Complaint
	c.sends(who, words, contact, map[string]any{"passed_on": c.ground}).Is(201).Into(&out)
	return out
}

// sends sends a complaint with further members, whatever the answer.
func (c complaint) sends(who *probe.Person, words, contact string, members map[string]any) probe.Answer {
	data := maps.Clone(c.more)
	data[c.words], data[c.contact] = words, contact
	body := map[string]any{"platform": "android", "data": data}
	maps.Copy(body, members)
	return who.Send("POST", "/v1/complaints/"+c.source, body)
}

// asks asks for one complaint to be handed over.
func (c complaint) asks(id string) ground {
	return complete("disclosure", c.ground, "complaint").with("object", id).with("document", nil).with("rule", nil).with("performance", nil)
}

// saidFirst: the page says in both languages, above its first field, on which ground it is handed on, and a call
// that does not name that ground back leaves nothing.
func (c complaint) saidFirst(p *probe.Probe) {
	for _, lang := range []string{"en", "zh-Hans"} {
		var listed client.Page[client.PolicySchema]
		p.Ask("GET", "/v1/apps/"+p.App+"/policy/collection?lang="+lang, nil).Fine().Into(&listed)
		i := slices.IndexFunc(listed.Data, func(s client.PolicySchema) bool { return s.ID == c.source })
		if i < 0 || listed.Data[i].PassedOn == nil {
			p.Failf("the policy lists no complaint %s that is handed on", c.source)
			return
		}
		said := listed.Data[i].PassedOn
		p.Must(said.ID == c.ground && slices.Equal(said.Needs, []string{"request"}), "it is handed on on the ground %s, which needs the other's request", said.ID)
		b := p.Browse()
		b.Kept["sid-"+p.App] = p.Person().Token
		page := html.UnescapeString(string(b.Look("/complaints/" + c.source + "?lang=" + lang).Is(200).Body))
		before, _, form := strings.Cut(page, `name="`+c.words+`"`)
		p.Must(form && strings.Contains(before, said.Text), "the page says so above its first field: “%s”", said.Text)
	}
	who, mark := p.Person(), probe.Word()
	for _, told := range []map[string]any{nil, {"passed_on": "consent"}, {"passed_on": c.ground, "data": map[string]any{c.words: mark, "phone_number": "1"}}} {
		c.sends(who, mark, mark+"@example.org", told).Is(422, "validation", "category-not-allowed")
	}
	p.Nowhere("a complaint whose writer was not told", []byte(mark))
}

// handedOn: one complaint goes to whoever asked for it, once, after somebody else agreed; nothing else of its
// writer is with it, and nothing else opens it.
func (c complaint) handedOn(others ...string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who, stranger := p.Person(), p.Person()
		mine, contact, other, letter, chat := probe.Word(), probe.Word(), probe.Word(), probe.Word(), probe.Word()
		one, two := c.writes(who, mine, contact+"@example.org"), c.writes(who, other, contact+"@example.org")
		who.Send("POST", "/v1/support", map[string]any{"platform": "android", "text": letter}).Fine()
		utters(who, begins(who), "Please remember "+chat)
		p.Somewhere("what the person wrote", []byte(mine), []byte(contact), []byte(other), []byte(letter), []byte(chat))
		who.CopyHolds("the complaint", mine, contact)
		officer.send(p, "GET", "complaints?app="+p.App, nil).Is(200).Holds(one.ID, who.Subject).Lacks(mine, contact)
		auditor.send(p, "GET", "complaints?app="+p.App, nil).Is(403, "forbidden")
		ask := c.asks(one.ID)
		ask.with("request", nil).asked(p, officer, who).Is(409, "conflict")
		ask.with("object", nil).asked(p, officer, who).Is(422, "validation")
		ask.asked(p, officer, stranger).Is(404, "not-found")
		for _, g := range others {
			another := complete("disclosure", g, "complaint").with("object", one.ID)
			another.asked(p, officer, who).Is(403, "purpose-not-allowed", "recipient-not-allowed", "consent-required")
		}
		ask.opensNot("support_message", "chat_message", "account")
		order := named(ask.asked(p, officer, who).Is(201))
		path := "disclosures/" + order
		officer.send(p, "POST", path+"/archive", nil).Is(403, "second-person-required")
		officer2.send(p, "POST", path+"/approve", nil).Is(200)
		who.Get("/v1/privacy/transfers").Is(200).Lacks(c.ground)
		files := officer.send(p, "POST", path+"/archive", nil).Is(200).Files()
		all := ""
		for _, content := range files {
			all += string(content)
		}
		p.Must(len(files) == 1 && strings.Contains(all, mine) && strings.Contains(all, contact), "whom it is about gets the complaint and its contact: %d file", len(files))
		for _, word := range []string{other, letter, chat, "android"} {
			p.Must(!strings.Contains(all, word), "and nothing else of its writer")
		}
		row := first(who.Transfers())
		p.Must(row.Recipient.ID == c.ground && len(row.Fields) == 1, "its writer's ledger has the row: %s to %s", strings.Join(row.Fields, ", "), row.Recipient.ID)
		officer.send(p, "POST", path+"/archive", nil).Is(409, "conflict")
		who.Send("DELETE", "/v1/privacy/items/"+two.ID, nil).Fine()
		c.asks(two.ID).asked(p, officer, who).Is(410, "erased")
	}
}

// notElsewhere: beside another form, whose page says nothing of the kind, the ground opens its own form's
// complaints only.
func (c complaint) notElsewhere(form, before string) func(*probe.Probe) {
	return alone(func(p *probe.Probe) {
		who := p.Person()
		told := c.writes(who, "mine", "me@example.org")
		publishes(p, nextEdition(p, today(p), before, form+before), 8*day).Is(201)
		answers(p, who, "seen")
		p.Advance("P9D")
		var other client.Complaint
		who.Send("POST", "/v1/complaints/noise", map[string]any{"platform": "android", "text": "too loud"}).Is(201).Into(&other)
		c.asks(other.ID).asked(p, officer, who).Is(403, "recipient-not-allowed")
		c.asks(told.ID).asked(p, officer, who).Is(201)
	})
}

// ends: a complaint is there shortly before its time, and nowhere at it.
func (c complaint) ends(still, rest string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		mark := probe.Word()
		c.writes(p.Person(), mark, mark+"@example.org")
		p.Advance(still)
		p.Somewhere("a complaint", []byte(mark))
		p.Advance(rest)
		p.Nowhere("a complaint", []byte(mark))
	}
}
