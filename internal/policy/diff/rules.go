package diff

import (
	"cmp"
	"slices"
	"strings"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/terms"
)

// others compares embedded kits and what analytics companies get.
func (c *comparison) others() {
	compare(c, listed[terms.SDK]{
		was: c.a.SDKs, is: c.b.SDKs, came: material(), went: protects(),
		of:   func(k terms.SDK) thing { return thing{SDK, k.ID, plain(k.Name)} },
		both: c.kit,
	})
	compare(c, listed[terms.Forward]{
		was: c.a.Forwards, is: c.b.Forwards, came: reduces(), went: protects(),
		of: func(f terms.Forward) thing { return thing{Forward, string(f.Recipient), plain(string(f.Recipient))} },
		both: func(t thing, was, is terms.Forward) {
			c.members(t, was.Fields, is.Fields, reduces(), protects())
			c.members(t, was.Intakes, is.Intakes, reduces(), protects())
			c.reach(t, words(was.Platforms), words(is.Platforms), reduces())
			c.gate(t, was.Switch, is.Switch)
			c.changed(t, worst(), string(was.Purpose), string(is.Purpose))
		},
	})
}

func (c *comparison) kit(t thing, was, is terms.SDK) {
	c.changed(t, material(), was.Company, is.Company)
	c.changed(t, material(), string(was.Recipient), string(is.Recipient))
	c.changed(t, worst(), string(was.Purpose), string(is.Purpose))
	c.changed(t, neutral(), was.PolicyURL, is.PolicyURL)
	c.changed(t, neutral(), was.Version, is.Version)
	c.members(t, was.Fields, is.Fields, material(), protects())
	c.reach(t, words(was.Platforms), words(is.Platforms), material())
}

// places compares where data is, who may read it from where, and what opens the way abroad.
func (c *comparison) places() {
	c.regions(thing{Storage, "storage", nil}, c.was.StorageRegions(), c.is.StorageRegions())
	c.regions(thing{Staff, "staff", nil}, c.a.StaffRegions, c.b.StaffRegions)
	c.strictness(thing{Transfer, "transfers", nil}, c.a.Transfers, c.b.Transfers)
}

// regions compares pins; an empty one pins nothing.
func (c *comparison) regions(t thing, was, is []string) {
	more := func(from, to []string) bool {
		return len(from) > 0 && (len(to) == 0 || slices.ContainsFunc(to, func(s string) bool { return !slices.Contains(from, s) }))
	}
	switch {
	case more(was, is):
		c.note(t, Widened, reduces(), countries(was), countries(is))
	case more(is, was):
		c.note(t, Narrowed, protects(), countries(was), countries(is))
	}
}

// minors compares the age rule.
func (c *comparison) minors() {
	t := thing{Minors, "age", nil}
	c.number(t, c.was.MinAge(), c.is.MinAge(), material())
	c.flag(thing{Minors, "guardian", nil}, c.a.Minors.Guardian, c.b.Minors.Guardian, material(), protects())
	c.number(thing{Minors, "guardian_below", nil}, c.a.Minors.GuardianBelow, c.b.Minors.GuardianBelow, material())
	c.flag(thing{Minors, "ask", nil}, c.a.Minors.Ask, c.b.Minors.Ask, protects(), material())
	c.flag(thing{Faces, "faces", nil}, c.was.FacesStay(), c.is.FacesStay(), protects(), worst())
}

// notices compares how changes themselves are announced.
func (c *comparison) notices() {
	was, is := c.a.Notices, c.b.Notices
	lead := thing{Announcement, "lead", nil}
	switch orderDeadlines(c.a, c.b, was.Lead, is.Lead) {
	case 1:
		c.note(lead, Longer, protects(), due(was.Lead), due(is.Lead))
	case -1:
		c.note(lead, Shorter, reduces(), due(was.Lead), due(is.Lead))
	}
	c.members(thing{Announcement, "channels", nil}, was.Channels, is.Channels, neutral(), material())
	c.members(thing{Announcement, "major_channels", nil}, was.Major, is.Major, neutral(), material())
	c.members(thing{Announcement, "kinds", nil}, was.Kinds, is.Kinds, material(), protects())
	c.flag(thing{Announcement, "popup", nil}, was.Popup, is.Popup, protects(), material())
	c.flag(thing{Announcement, "consent", nil}, was.Reductions == "consent", is.Reductions == "consent", protects(), reduces())
	c.gateways(was.Gateways, is.Gateways)
	asked := thing{Acceptance, "acceptance", nil}
	c.flag(asked, c.a.Acceptance != nil, c.b.Acceptance != nil, protects(), material())
	if c.a.Acceptance != nil && c.b.Acceptance != nil {
		c.renamed(asked, neutral(), c.a.Acceptance.Text, c.b.Acceptance.Text)
	}
}

// gateways compares who carries messages to people.
func (c *comparison) gateways(was, is []terms.Gateway) {
	pairs(was, is, func(g terms.Gateway) string { return string(g.Recipient) + g.Channel }, func(was, is *terms.Gateway) {
		x := cmp.Or(is, was)
		t := thing{Announcement, string(x.Recipient), plain(string(x.Recipient))}
		switch {
		case was == nil:
			c.came(t, material())
		case is == nil:
			c.went(t, protects())
		default:
			c.reach(t, words(was.Platforms), words(is.Platforms), material())
			c.gate(t, was.Switch, is.Switch)
			c.gate(t, was.Permission, is.Permission)
			c.changed(t, worst(), string(was.Purpose), string(is.Purpose))
		}
	})
}

// works compares what happens with results, and what is made of many people's data.
func (c *comparison) works() {
	c.flag(thing{Sharing, "works", nil}, c.a.Share.Works, c.b.Share.Works, material(), neutral())
	switch was, is := c.a.MinGroup, c.b.MinGroup; {
	case was == 0 && is > 0:
		c.came(thing{Statistics, "statistics", nil}, reduces())
	case was > 0 && is == 0:
		c.went(thing{Statistics, "statistics", nil}, protects())
	default:
		c.number(thing{Statistics, "group", nil}, was, is, reduces())
	}
	switch was, is := c.a.Cipher, c.b.Cipher; {
	case was != "" && is == "":
		c.note(thing{Cipher, "cipher", nil}, Weaker, reduces(), plain(was), nil)
	case was == "" && is != "":
		c.note(thing{Cipher, "cipher", nil}, Stronger, protects(), nil, plain(is))
	default:
		c.changed(thing{Cipher, "cipher", nil}, material(), was, is)
	}
	was, is := c.was.Label(), c.is.Label()
	c.flag(thing{Mark, "tc260", nil}, was.TC260, is.TC260, neutral(), material())
	c.renamed(thing{Mark, "label", nil}, neutral(), was.Text, is.Text)
	c.flag(thing{Answers, "answers", nil}, c.a.Answers != nil, c.b.Answers != nil, protects(), material())
}

// audits compares how often the operator's security is looked at, and what of it. A later one is a safeguard
// less.
func (c *comparison) audits() {
	was, is := c.a.Audits, c.b.Audits
	t := thing{Audits, "audits", nil}
	if was.Promised() != is.Promised() {
		c.flag(t, was.Promised(), is.Promised(), protects(), reduces())
		return
	}
	c.deadline(t, was.Every, is.Every)
	c.members(t, was.Scope, is.Scope, protects(), reduces())
}

// figures compares the periods that stand in no list: how soon an incident is told, and the longest that
// anything is kept. A later one, and none any more, is a safeguard less.
func (c *comparison) figures() {
	for _, t := range []thing{
		{Incident, "incidents.people", policy.Localized{"en": "people", "zh-Hans": "用户"}},
		{Incident, "incidents.regulator", policy.Localized{"en": "regulators", "zh-Hans": "监管部门"}},
		{Cap, "limits.most", nil},
	} {
		was, had := c.a.Number(t.id)
		is, has := c.b.Number(t.id)
		c.flag(t, had, has, protects(), reduces())
		if had && has {
			c.period(t, was.Value, is.Value)
		}
	}
}

func (c *comparison) period(t thing, was, is string) {
	a, errA := policy.ParseLimit(was)
	b, errB := policy.ParseLimit(is)
	if errA != nil || errB != nil {
		return // the check has refused what is no period
	}
	c.atMost(t, a, b)
}

// atMost compares a longest time: a longer one is a safeguard less.
func (c *comparison) atMost(t thing, was, is policy.Limit) {
	switch orderLimits(was, is) {
	case 1:
		c.note(t, Longer, reduces(), limit(was), limit(is))
	case -1:
		c.note(t, Shorter, protects(), limit(was), limit(is))
	}
}

// texts compares the wording of the page, by article.
func (c *comparison) texts() {
	for _, lang := range c.is.Languages() {
		pairs(c.was.Sections(lang), c.is.Sections(lang), func(s policy.Section) string { return s.ID }, func(was, is *policy.Section) {
			x := cmp.Or(is, was)
			t := thing{Text, x.ID, c.title(x.ID)}
			switch {
			case c.has(t.id):
			case was == nil:
				c.came(t, neutral())
			case is == nil:
				c.went(t, neutral())
			case was.Title != is.Title || !slices.Equal(was.Body, is.Body):
				c.note(t, Changed, neutral(), nil, nil)
			}
		})
	}
	if c.was.Name("en") != c.is.Name("en") {
		c.changed(thing{Text, "name", nil}, neutral(), c.was.Name("en"), c.is.Name("en"))
	}
}

// title is the heading of an article in every language, the newer one where both have it.
func (c *comparison) title(id string) policy.Localized {
	all := policy.Localized{}
	for _, p := range []*policy.Policy{c.was, c.is} {
		for _, lang := range p.Languages() {
			for _, s := range p.Sections(lang) {
				if s.ID == id {
					all[lang] = s.Title
				}
			}
		}
	}
	return all
}

// has reports whether an article was noted in another language already.
func (c *comparison) has(id string) bool {
	return slices.ContainsFunc(c.out, func(x Change) bool { return x.What == id && strings.HasPrefix(string(x.Kind), string(Text)+".") })
}
