package diff

import (
	"cmp"
	"slices"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

// features compares what the app does. One that is new asks for its own consent before it does
// anything; it is material where it sends something.
func (c *comparison) features() {
	pairs(live(c.was), live(c.is), func(f policy.Feature) string { return string(f.ID) }, func(was, is *policy.Feature) {
		x := cmp.Or(is, was)
		t := thing{Feature, string(x.ID), x.Title}
		switch {
		case was == nil && is.IsLocal():
			c.came(t, neutral())
		case was == nil:
			c.came(t, material())
		case is == nil:
			c.went(t, neutral())
		default:
			c.feature(t, *was, *is)
			c.screen(t, was.ID)
		}
	})
}

func live(p *policy.Policy) []policy.Feature {
	return slices.DeleteFunc(p.Features(), func(f policy.Feature) bool { return !f.Live })
}

func (c *comparison) feature(t thing, was, is policy.Feature) {
	c.route(t, was, is)
	c.sent(t, was, is)
	c.changed(t, worst(), string(was.Purpose), string(is.Purpose))
	c.changed(t, material(), string(was.Result), string(is.Result))
	review := thing{Review, t.id, t.name}
	c.members(review, was.Review, is.Review, protects(), material())
	asks := thing{Consent, t.id, t.name}
	switch {
	case was.Consent == policy.PerTask && is.Consent != policy.PerTask:
		c.note(asks, Weaker, reduces(), plain(string(was.Consent)), plain(string(is.Consent)))
	case was.Consent != is.Consent:
		c.note(asks, Stronger, protects(), plain(string(was.Consent)), plain(string(is.Consent)))
	}
	c.flag(thing{Mark, t.id, t.name}, was.LabelAI, is.LabelAI, protects(), material())
	if was.Once != is.Once {
		c.note(t, Changed, material(), nil, nil)
	}
	if !sameLists(was.Permissions, is.Permissions) {
		c.members(t, was.Permissions, is.Permissions, material(), protects())
	}
	c.reach(t, words(was.Platforms), words(is.Platforms), neutral())
}

// route compares who gets the feature's data.
func (c *comparison) route(t thing, was, is policy.Feature) {
	from, _ := c.was.Recipient(was.Recipient)
	to, _ := c.is.Recipient(is.Recipient)
	switch {
	case was.Recipient == is.Recipient:
	case is.IsLocal():
		c.note(t, Stronger, protects(), from.Name, to.Name)
	default:
		c.note(t, Changed, worst(), from.Name, to.Name)
	}
	c.changed(t, material(), was.Model, is.Model)
	if was.Recipient == is.Recipient && (was.Retention != from.Retention || is.Retention != to.Retention) {
		c.copy(t.id, t.name, was.Retention, is.Retention)
	}
}

// sent compares the fields that leave, and how each travels.
func (c *comparison) sent(t thing, was, is policy.Feature) {
	pairs(was.Fields, is.Fields, func(s policy.SentField) string { return string(s.Field) }, func(from, to *policy.SentField) {
		x := cmp.Or(to, from)
		field := thing{SentField, t.id + "." + string(x.Field), t.name}
		added := reduces()
		if is.IsLocal() {
			added = material()
		}
		switch {
		case from == nil:
			c.note(field, Added, added, nil, to.Text)
		case to == nil:
			c.note(field, Removed, protects(), from.Text, nil)
		default:
			c.changed(field, material(), from.Transport, to.Transport)
		}
	})
}

// screen notes a consent screen that reads otherwise: what was agreed to on it is void.
func (c *comparison) screen(t thing, id privacy.FeatureID) {
	for _, lang := range c.is.Languages() {
		was, errWas := c.was.Screen(id, lang)
		is, errIs := c.is.Screen(id, lang)
		if errWas != nil || errIs != nil || was.Hash != is.Hash {
			c.note(thing{Screen, t.id, t.name}, Changed, neutral(), nil, nil)
			c.out[len(c.out)-1].Reconsent = true
			return
		}
	}
}
