package checks

import (
	"bytes"
	"strings"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/prove/probe"
)

// bothNeeded: what goes abroad needs the law's document and the person's written consent; with one of them
// it is refused.
func (g ground) bothNeeded(p *probe.Probe) {
	who := p.Person()
	g.asked(p, officer, who).Is(403, "region-not-allowed")
	crossing(who)
	g.with("document", nil).asked(p, officer, who).Is(422, "ground-required")
	g.archive(p, who)
	x := first(who.Transfers())
	p.Must(x.Purpose == g.id && x.Outcome == "sent", "with both it is handed over, and the person sees the row")
	p.Must(strings.HasPrefix(x.Consent, "con_"), "the row names the consent %s beside the law", x.Consent)
}

// nobodyFromAbroad: staff of another region open no case, also not with the person's consent.
func nobodyFromAbroad(p *probe.Probe) {
	who := p.Person()
	open := map[string]any{"subject": who.Subject, "kind": "support", "reason": "ticket-1"}
	abroad.send(p, "POST", "cases", open).Is(403, "region-not-allowed")
	crossing(who)
	abroad.send(p, "POST", "cases", open).Is(403, "region-not-allowed")
	officer.send(p, "POST", "cases", open).Is(201)
}

// consents agrees that staff hand these kinds of data to a receiver, and returns the record.
func consents(who *probe.Person, receiver string, categories ...string) string {
	return named(who.Send("POST", "/v1/privacy/disclosure-consents", client.DisclosureConsent{Receiver: receiver, Categories: categories}))
}

// withConsent: under this ground nothing leaves before the person's consent to just that.
func withConsent(ground, category string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := p.Person()
		g := complete("disclosure", ground, category).with("document", nil)
		g.asked(p, officer, who).Is(403, "consent-required")
		g.with("consent", consents(who, "Somebody else", category)).asked(p, officer, who).Is(403, "consent-required")
		p.Must(len(who.Transfers()) == 0, "nothing has left")
		g.with("consent", consents(who, "The court", category)).archive(p, who)
		p.Must(first(who.Transfers()).Purpose == ground, "with consent to this receiver and this kind of data it is handed over, and the person sees the row")
	}
}

// neverShared: these kinds of data leave under no consent.
func neverShared(categories ...string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who := p.Person()
		for _, c := range categories {
			p.Saw("now with: %s", c)
			g := complete("disclosure", "your_consent", c).with("document", nil)
			g.with("consent", consents(who, "The court", c)).asked(p, officer, who).Is(403, "purpose-not-allowed", "recipient-not-allowed")
		}
	}
}

// readOnce: a reading by staff is one row, one that is refused is none, and without a case there is none.
func readOnce(p *probe.Probe) {
	who := p.Person()
	up := who.Upload(p.NewPhoto()).ID
	rows := func() int {
		var page client.Page[client.Access]
		who.Get("/v1/privacy/access").Fine().Into(&page)
		return len(page.Data)
	}
	in := officer.opens(p, who, "support")
	officer.reads(p, in, up, "support", nil).Is(403, "purpose-not-allowed")
	p.Must(rows() == 0, "a reading that was refused is no row")
	officer.reads(p, in, up, "requested_feature", nil).Is(200)
	p.Must(rows() == 1, "one reading is one row")
	who.Get("/v1/privacy/access").Fine().Holds(`"role":"officer"`, `"reason":"ticket-1"`, up, in)
}

// shortAddress: of the address that the server saw, the beginning is kept.
func (s sheet) shortAddress(p *probe.Probe) {
	who := s.person(p)
	p.Must(s.taken(p, who, probe.Mark("fact")) == 1, "the listed facts are taken")
	who.CopyHolds("the beginning of the address that the server saw", "127.0.0.0/24")
	who.CopyLacks("the whole address", "127.0.0.1")
}

// nobody: facts about the device reach nobody, now or later.
func (s sheet) nobody(p *probe.Probe) {
	who, before, mark := s.person(p), p.Traffic(), probe.Mark("fact")
	p.Must(s.taken(p, who, mark) == 1, "the listed facts are taken")
	p.Advance("PT2H")
	p.Silent(before)
	p.NotReceived("facts about the device", []byte(mark))
}

// letterTakesOnly: a letter takes its text, and beside it none of these.
func letterTakesOnly(others ...string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who, extra := p.Person(), probe.Mark("extra")
		for _, name := range others {
			who.Send("POST", "/v1/support", map[string]any{"platform": "ios", "text": "a question", name: extra + "@mail.example"}).Is(422)
		}
		p.Nowhere("what came beside the letter", []byte(extra))
		who.Send("POST", "/v1/support", map[string]any{"platform": "ios", "text": "a question"}).Is(201)
	}
}

// saidInBoth is said in both languages.
func saidInBoth(pairs ...string) func(*probe.Probe) {
	return func(p *probe.Probe) { p.Says(pairs...) }
}

// cancelled: an account that is cancelled leaves nothing, of everything that it had.
func (j job) cancelled(p *probe.Probe) {
	who, before := p.Person(), began(p, wizBucket)
	t, fact := j.lives(p, who), probe.Mark("fact")
	p.Must(wizDevice().taken(p, who, fact) == 1, "facts about the device are held too")
	names := added(before, began(p, wizBucket))
	p.Must(len(names) >= 2, "photos and result lie in the bucket")
	p.Somewhere("the fact about the device", []byte(fact))
	p.Somewhere("the letter", []byte(t.letter))
	who.Send("DELETE", "/v1/me", nil).Is(200)
	who.Get("/v1/me").Is(401)
	p.Nowhere("whatever the person left, at once", append(t.marks(), []byte(fact))...)
	p.Advance("PT24H")
	p.Send("POST", "/v1/sessions", map[string]string{"app": p.App, "login": t.login, "password": t.password}).Is(401)
	p.Must(left(names, began(p, wizBucket)) == 0, "the bucket has lost all of it")
	p.Restart()
	p.Nowhere("whatever the person left, after a crash", append(t.marks(), []byte(fact))...)
}

// keepsOldTerms: a change needs thirty days; they run for each person from when it was shown, and until
// then the old clocks hold. The change makes the clock of facts about the device longer, from 30 to 45.
func keepsOldTerms(from, to string) func(*probe.Probe) {
	return alone(func(p *probe.Probe) {
		early, late := p.Person(), p.Person()
		text := nextEdition(p, today(p), from, to)
		publishes(p, text, 29*day).Is(422, "policy-refused").Holds("too early")
		publishes(p, text, 30*day+time.Minute).Is(201)
		p.Must(len(notices(early)) == 1, "one person is told now")
		p.Advance("P20D")
		p.Must(len(notices(late)) == 1, "another one twenty days later")
		p.Advance("P9D")
		p.Facts("retention").Is(200).Lacks("P45D")
		p.Advance("P2D")
		p.Facts("retention").Is(200).Holds("P45D")
		marks := map[*probe.Person][]byte{}
		for _, who := range []*probe.Person{early, late} {
			m := probe.Mark("fact")
			p.Must(wizDevice().taken(p, who, m) == 1, "facts about the device are taken on day 31")
			marks[who] = []byte(m)
		}
		p.Advance("P30DT1H")
		p.Nowhere("what was taken of the one whose thirty days were not over", marks[late])
		p.Somewhere("what was taken of the one whose thirty days were over", marks[early])
		p.Advance("P15D")
		p.Nowhere("what was taken of the first one, at the new time", marks[early])
	})
}

// goesOn: whoever goes on after the date has accepted; before it, nobody has.
func goesOn(from, to string) func(*probe.Probe) {
	return alone(func(p *probe.Probe) {
		who := p.Person()
		publishes(p, nextEdition(p, today(p), from, to), 30*day+time.Minute).Is(201)
		n := answers(p, who, "seen")
		p.Must(!n.Binds, "before its date the version does not bind")
		who.Get("/v1/tasks").Is(200)
		p.Must(!first(notices(who)).Binds, "going on before the date is no acceptance")
		p.Advance("P31D")
		who.Get("/v1/tasks").Is(200)
		p.Must(first(notices(who)).Binds, "after the date going on is: the version binds")
		who.CopyHolds("that the person went on under the new version", "continued")
	})
}

// isPage reports whether an answer is a page.
func isPage(a probe.Answer) bool {
	return strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") && bytes.Contains(a.Body, []byte("<html"))
}
