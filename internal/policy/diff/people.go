package diff

import (
	"cmp"
	"time"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/internal/say"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
)

// owners compares who answers for the app and how to reach them (FIT-9.2-04: ownership, and the
// responsible contact).
func (c *comparison) owners() {
	c.renamed(thing{Controller, "controller", nil}, major(), c.a.Controller, c.b.Controller)
	compare(c, listed[terms.Joint]{
		was: c.a.Joint, is: c.b.Joint, came: major(), went: major(),
		of: func(j terms.Joint) thing { return thing{Controller, j.Name.In("en"), j.Name} },
		both: func(t thing, was, is terms.Joint) {
			c.changed(t, major(), was.Region+" "+was.Email, is.Region+" "+is.Email)
		},
	})
	compare(c, listed[terms.Contact]{
		was: c.a.Contacts, is: c.b.Contacts, came: major(), went: major(),
		of: func(x terms.Contact) thing { return thing{ContactPoint, x.Platform, x.Team} },
		both: func(t thing, was, is terms.Contact) {
			c.renamed(t, major(), was.Team, is.Team)
			c.changed(t, major(), was.Email, is.Email)
			c.changed(t, major(), was.Phone, is.Phone)
		},
	})
}

// renamed notes a text that reads otherwise in any language.
func (c *comparison) renamed(x thing, e effect, was, is policy.Localized) {
	for lang, text := range is {
		if was[lang] != text {
			c.note(x, Changed, e, was, is)
			return
		}
	}
	if len(was) != len(is) {
		c.note(x, Changed, e, was, is)
	}
}

func (c *comparison) recipients() {
	pairs(c.was.Recipients(), c.is.Recipients(), func(r policy.Recipient) string { return string(r.ID) }, func(was, is *policy.Recipient) {
		x := cmp.Or(is, was)
		t := thing{Recipient, string(x.ID), x.Name}
		switch {
		case was == nil && is.Class == policy.Local:
			c.came(t, neutral())
		case was == nil:
			c.came(t, worst())
		case is == nil:
			c.went(t, protects())
		default:
			c.recipient(t, *was, *is)
		}
	})
}

func (c *comparison) recipient(t thing, was, is policy.Recipient) {
	c.renamed(t, major(), was.Name, is.Name)
	c.changed(t, worst(), string(was.Class), string(is.Class))
	if was.Region != is.Region {
		c.note(t, Changed, worst(), countries(single(was.Region)), countries(single(is.Region)))
	}
	c.changed(t, neutral(), was.PolicyURL, is.PolicyURL)
	c.reach(t, words(was.Platforms), words(is.Platforms), material())
	c.copy(t.id, t.name, was.Retention, is.Retention)
	terms := thing{TheirTerms, t.id, t.name}
	c.ends(terms, was.Contract.Ends, is.Contract.Ends)
	for _, promise := range []struct {
		name    string
		had, is bool
	}{
		{"use_limit", was.Contract.UseLimit, is.Contract.UseLimit},
		{"no_training", was.Contract.NoTraining, is.Contract.NoTraining},
		{"equal_protection", was.Contract.EqualProtection, is.Contract.EqualProtection},
	} {
		switch {
		case promise.had && !promise.is:
			c.note(terms, Weaker, reduces(), plain(promise.name), nil)
		case promise.is && !promise.had:
			c.note(terms, Stronger, protects(), nil, plain(promise.name))
		}
	}
}

// ends compares from when on a recipient gets nothing unless the contract was reviewed anew. Another day is
// what every review comes to; no day at all is a promise less.
func (c *comparison) ends(x thing, was, is time.Time) {
	switch {
	case was.Equal(is):
	case is.IsZero():
		c.note(x, Weaker, reduces(), day(was), nil)
	case was.IsZero():
		c.note(x, Stronger, protects(), nil, day(is))
	default:
		c.note(x, Changed, neutral(), day(was), day(is))
	}
}

func day(t time.Time) policy.Localized { return plain("review_by " + t.Format(time.DateOnly)) }

func single(code string) []string {
	if code == "" {
		return nil
	}
	return []string{code}
}

// copy compares what a recipient states about its own copy.
func (c *comparison) copy(id string, name policy.Localized, was, is policy.ProviderRetention) {
	for _, side := range []struct{ what, was, is string }{{"inputs", was.Inputs, is.Inputs}, {"outputs", was.Outputs, is.Outputs}} {
		t := thing{TheirCopy, id + "." + side.what, name}
		switch orderStated(side.was, side.is) {
		case 1:
			c.note(t, Longer, reduces(), stated(side.was), stated(side.is))
		case -1:
			c.note(t, Shorter, protects(), stated(side.was), stated(side.is))
		}
	}
}

func stated(iso string) policy.Localized {
	l, err := policy.ParseLimit(iso)
	if err != nil {
		return policy.Localized{"en": "no period stated", "zh-Hans": "没有说明期限"}
	}
	return limit(l)
}

func (c *comparison) rights() {
	compare(c, listed[terms.Right]{
		was: c.a.Rights, is: c.b.Rights, came: protects(), went: reduces(),
		of: func(r terms.Right) thing { return thing{Right, r.ID, r.Text} },
		both: func(t thing, was, is terms.Right) {
			c.renamed(t, neutral(), was.Text, is.Text)
			c.deadline(thing{Deadline, t.id, t.name}, was.Deadline, is.Deadline)
			c.started(thing{Deadline, t.id, t.name}, was.Starts, is.Starts)
		},
	})
}

func (c *comparison) deadline(t thing, was, is terms.Deadline) {
	switch orderDeadlines(c.a, c.b, was, is) {
	case 1:
		c.note(t, Longer, reduces(), due(was), due(is))
	case -1:
		c.note(t, Shorter, protects(), due(was), due(is))
	}
}

// started compares what starts a right's deadline: an identity check first means later.
func (c *comparison) started(t thing, was, is string) {
	const verified = "verified"
	switch {
	case was != verified && is == verified:
		c.note(t, Longer, reduces(), told(func(l privacy.Lang) string { return say.Pick(l, "from receipt", "自收到起") }), told(func(l privacy.Lang) string { return say.Pick(l, "from the identity check", "自核实身份起") }))
	case was == verified && is != verified:
		c.note(t, Shorter, protects(), told(func(l privacy.Lang) string { return say.Pick(l, "from the identity check", "自核实身份起") }), told(func(l privacy.Lang) string { return say.Pick(l, "from receipt", "自收到起") }))
	}
}

// grounds compares the closed lists of reasons.
func (c *comparison) grounds() {
	c.reasons(Disclosure, c.a.Disclosures, c.b.Disclosures)
	c.reasons(Exemption, c.a.Exemptions, c.b.Exemptions)
	c.reasons(Refusal, c.a.Refusals, c.b.Refusals)
	c.reasons(Override, c.a.Overrides, c.b.Overrides)
	c.reasons(Hold, c.a.Holds.Grounds, c.b.Holds.Grounds)
	hold := thing{Hold, "hold", nil}
	c.number(hold, c.a.Holds.Approvals, c.b.Holds.Approvals, reduces())
	c.deadline(hold, c.a.Holds.Most, c.b.Holds.Most)
	pairs(c.a.Restrictions, c.b.Restrictions, func(g terms.Ground) string { return g.ID }, func(was, is *terms.Ground) {
		switch {
		case was == nil:
			c.came(thing{Restriction, is.ID, is.Text}, protects())
		case is == nil:
			c.went(thing{Restriction, was.ID, was.Text}, reduces())
		}
	})
}

// reasons compares reasons that cost the person something.
func (c *comparison) reasons(area Area, was, is []terms.Ground) {
	compare(c, listed[terms.Ground]{
		was: was, is: is, came: reduces(), went: protects(),
		of: func(g terms.Ground) thing { return thing{area, g.ID, g.Text} },
		both: func(t thing, was, is terms.Ground) {
			c.renamed(t, neutral(), was.Text, is.Text)
			c.reach(t, words(was.Categories), words(is.Categories), reduces())
			c.needs(t, was.Needs, is.Needs)
			c.number(t, was.Approvals, is.Approvals, reduces())
			c.strictness(t, was.Abroad, is.Abroad)
		},
	})
}

// needs compares conditions: one less is weaker.
func (c *comparison) needs(t thing, was, is []string) {
	pairs(was, is, func(s string) string { return s }, func(was, is *string) {
		switch {
		case was == nil:
			c.note(t, Stronger, protects(), nil, plain(*is))
		case is == nil:
			c.note(t, Weaker, reduces(), plain(*was), nil)
		}
	})
}

// strictness compares what opens the way abroad.
func (c *comparison) strictness(t thing, was, is string) {
	rank := map[string]int{"": 0, "consent": 1, "law_and_written_consent": 2, "never": 3}
	switch {
	case rank[is] < rank[was]:
		c.note(t, Weaker, reduces(), plain(was), plain(is))
	case rank[is] > rank[was]:
		c.note(t, Stronger, protects(), plain(was), plain(is))
	}
}
