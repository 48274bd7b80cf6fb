// Package diff says what a new version of a policy changes, in words and in classes.
//
// It promises that every difference that touches a person's data or rights is named, that nobody
// chooses its class (FIT-9.2-04: a change of main recipients is significant because it is one), and
// that a change which only protects more is told apart from every other. It reads policies and
// nothing else, and it never decides whom a version binds.
package diff

import (
	"slices"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/internal/say"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
)

// Class says how much a change asks of the announcement. The zero Class is Unknown and counts as
// nothing that may be passed over.
type Class int

// The classes, from the least to the most.
const (
	Unknown     Class = iota
	Protects          // it only protects more: it may take effect at once
	Neutral           // wording, or something that asks for its own consent before it does anything
	Material          // collection, sharing, clocks, rights or gates change
	Significant       // service model, ownership, main recipients or the responsible contact change
)

// String returns the word of the API.
func (c Class) String() string {
	switch c {
	case Protects:
		return "protects"
	case Neutral:
		return "neutral"
	case Material:
		return "material"
	case Significant:
		return "significant"
	default:
		return "unknown"
	}
}

// Change is one difference.
type Change struct {
	Kind     Kind
	What     string           // id of what changed: "runninghub", "source_photo.task_failed"
	Name     policy.Localized // the same in plain words
	From, To policy.Localized // empty where there was nothing, or is nothing
	Class    Class
	// Reduces says that the person has less than before: a longer clock, a new recipient or purpose, a
	// later deadline, a right that is gone.
	Reduces bool
	// Reconsent says that a consent screen reads otherwise, so that its consents are void. What is the feature.
	Reconsent bool
	// SensitiveNew says that a sensitive kind of data is handled that was not before.
	SensitiveNew bool
}

// Sentence says the change in one line: "Recipient added: RunningHub", "Clock longer: Photo (24 hours → 2 days)".
func (c Change) Sentence(lang privacy.Lang) string {
	s := c.Kind.Label(lang)
	if name := c.Name.In(lang); name != "" {
		s += say.Pick(lang, ": ", "：") + name
	}
	from, to := c.From.In(lang), c.To.In(lang)
	switch {
	case from != "" && to != "":
		return s + say.Pick(lang, " ("+from+" → "+to+")", "（"+from+" → "+to+"）")
	case from+to != "":
		return s + say.Pick(lang, " ("+from+to+")", "（"+from+to+"）")
	default:
		return s
	}
}

// Diff is everything that a version changes.
type Diff struct {
	From, To string // the versions: "pixplus/v1"
	Changes  []Change
}

// Class returns the highest class of the changes; a version that changes nothing is Neutral.
func (d Diff) Class() Class {
	if len(d.Changes) == 0 {
		return Neutral
	}
	return slices.MaxFunc(d.Changes, func(a, b Change) int { return int(a.Class) - int(b.Class) }).Class
}

// Reduces reports whether the person has less than before in any respect.
func (d Diff) Reduces() bool {
	return slices.ContainsFunc(d.Changes, func(c Change) bool { return c.Reduces })
}

// SensitiveNew reports whether a sensitive kind of data is new.
func (d Diff) SensitiveNew() bool {
	return slices.ContainsFunc(d.Changes, func(c Change) bool { return c.SensitiveNew })
}

// Reconsent returns the features whose consent screen reads otherwise.
func (d Diff) Reconsent() []privacy.FeatureID {
	var list []privacy.FeatureID
	for _, c := range d.Changes {
		if c.Reconsent {
			list = append(list, privacy.FeatureID(c.What))
		}
	}
	return list
}

// Between returns what the version is changes of the version was.
func Between(was, is *policy.Policy) Diff {
	c := &comparison{was: was, is: is, a: was.Terms(), b: is.Terms()}
	return Diff{From: was.Version(), To: is.Version(), Changes: c.all()}
}

// all compares everything. What asks the most of the announcement comes first.
func (c *comparison) all() []Change {
	c.owners()
	c.recipients()
	c.purposes()
	c.categories()
	c.features()
	c.clocks()
	c.rights()
	c.grounds()
	c.collection()
	c.devices()
	c.others()
	c.places()
	c.minors()
	c.notices()
	c.works()
	c.audits()
	c.figures()
	c.texts()
	slices.SortStableFunc(c.out, func(a, b Change) int { return int(b.Class) - int(a.Class) })
	return c.out
}

// comparison gathers the changes.
type comparison struct {
	was, is *policy.Policy
	a, b    *terms.Terms
	out     []Change
}

// effect is what a change means.
type effect struct {
	class   Class
	reduces bool
}

func protects() effect { return effect{class: Protects} }
func neutral() effect  { return effect{class: Neutral} }
func material() effect { return effect{class: Material} }
func reduces() effect  { return effect{class: Material, reduces: true} }
func major() effect    { return effect{class: Significant} }
func worst() effect    { return effect{class: Significant, reduces: true} }

// thing is what a change is about.
type thing struct {
	area Area
	id   string
	name policy.Localized
}

// note adds a change.
func (c *comparison) note(x thing, how Turn, e effect, from, to policy.Localized) {
	c.out = append(c.out, Change{Kind: KindOf(x.area, how), What: x.id, Name: x.name, From: from, To: to, Class: e.class, Reduces: e.reduces})
}

// came and went note a thing that is new, or gone.
func (c *comparison) came(x thing, e effect) { c.note(x, Added, e, nil, nil) }
func (c *comparison) went(x thing, e effect) { c.note(x, Removed, e, nil, nil) }

// changed notes a value that reads otherwise; equal values are no change.
func (c *comparison) changed(x thing, e effect, from, to string) {
	if from != to {
		c.note(x, Changed, e, plain(from), plain(to))
	}
}

// flag notes a switch of the policy itself that was turned.
func (c *comparison) flag(x thing, was, is bool, on, off effect) {
	switch {
	case is && !was:
		c.came(x, on)
	case was && !is:
		c.went(x, off)
	}
}

// members notes what is new in a list of words and what is gone from it.
func (c *comparison) members(x thing, was, is []string, added, removed effect) {
	for _, w := range is {
		if !slices.Contains(was, w) {
			c.note(x, Widened, added, nil, plain(w))
		}
	}
	for _, w := range was {
		if !slices.Contains(is, w) {
			c.note(x, Narrowed, removed, plain(w), nil)
		}
	}
}

// reach notes a list in which nothing means everything: platforms, regions, categories.
func (c *comparison) reach(x thing, was, is []string, wider effect) {
	switch {
	case len(was) == 0 && len(is) > 0:
		c.note(x, Narrowed, protects(), everything(), list(is))
	case len(was) > 0 && len(is) == 0:
		c.note(x, Widened, wider, list(was), everything())
	case len(was) > 0:
		c.members(x, was, is, wider, protects())
	}
}
