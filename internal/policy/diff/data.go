package diff

import (
	"cmp"
	"slices"
	"strconv"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/internal/say"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
)

// number notes a number of which less is weaker.
func (c *comparison) number(t thing, was, is int, less effect) {
	switch {
	case is < was:
		c.note(t, Weaker, less, plain(strconv.Itoa(was)), plain(strconv.Itoa(is)))
	case is > was:
		c.note(t, Stronger, protects(), plain(strconv.Itoa(was)), plain(strconv.Itoa(is)))
	}
}

func (c *comparison) purposes() {
	compare(c, listed[terms.Purpose]{
		was: c.a.Purposes, is: c.b.Purposes, came: worst(), went: protects(),
		of: func(u terms.Purpose) thing { return thing{Purpose, string(u.ID), u.Text} },
		both: func(t thing, was, is terms.Purpose) {
			c.renamed(t, neutral(), was.Text, is.Text)
			c.changed(t, material(), was.Basis, is.Basis)
		},
	})
}

func (c *comparison) categories() {
	pairs(c.a.Categories, c.b.Categories, func(k terms.Category) string { return string(k.ID) }, func(was, is *terms.Category) {
		x := cmp.Or(is, was)
		t := thing{Category, string(x.ID), x.Name}
		switch {
		case was == nil:
			c.came(t, major())
			c.out[len(c.out)-1].SensitiveNew = is.Special
		case is == nil:
			c.went(t, protects())
		default:
			c.category(t, *was, *is)
		}
	})
}

func (c *comparison) category(t thing, was, is terms.Category) {
	const memory = "memory"
	switch {
	case was.Storage == memory && is.Storage != memory:
		c.note(t, Weaker, reduces(), plain(was.Storage), plain(is.Storage))
	case was.Storage != memory && is.Storage == memory:
		c.note(t, Stronger, protects(), plain(was.Storage), plain(is.Storage))
	}
	c.changed(t, material(), was.Origin, is.Origin)
	if is.Special && !was.Special {
		c.note(t, Changed, material(), nil, told(func(l privacy.Lang) string { return say.Pick(l, "sensitive", "敏感") }))
		c.out[len(c.out)-1].SensitiveNew = true
	}
	use := thing{CategoryUse, t.id, t.name}
	c.members(use, words(was.Purposes), words(is.Purposes), worst(), protects())
}

// clocks compares the retention schedule, of kinds of data that both versions know.
func (c *comparison) clocks() {
	pairs(c.was.Retention(), c.is.Retention(), rowID, func(was, is *policy.RetentionRow) {
		x := cmp.Or(is, was)
		if !c.was.HasCategory(x.Category) || !c.is.HasCategory(x.Category) {
			return // new, or gone, with its category
		}
		t := thing{Clock, rowID(*x), told(func(lang privacy.Lang) string {
			return c.is.CategoryName(x.Category, lang) + say.Pick(lang, ", ", "，") + say.Since(string(x.Starts), lang)
		})}
		switch {
		case was == nil:
			c.note(t, Added, c.newClock(*is), nil, limit(is.Limit))
		case is == nil:
			c.note(t, Removed, reduces(), limit(was.Limit), nil)
		default:
			c.clock(t, *was, *is)
		}
	})
	c.atMost(thing{TaskAge, "task", nil}, c.was.Limits().MaxTaskAge, c.is.Limits().MaxTaskAge)
}

func rowID(r policy.RetentionRow) string { return string(r.Category) + "." + string(r.Starts) }

// newClock says what a further clock of a known category means: where no older clock is longer or as
// long, things may live longer than before.
func (c *comparison) newClock(row policy.RetentionRow) effect {
	for _, old := range c.was.Retention() {
		if old.Category == row.Category && orderLimits(old.Limit, row.Limit) > 0 {
			return reduces()
		}
	}
	return protects()
}

// clock compares one row. Where a limit was also a promise that the thing is there so long, a shorter
// one takes something away.
func (c *comparison) clock(t thing, was, is policy.RetentionRow) {
	switch orderLimits(was.Limit, is.Limit) {
	case 1:
		c.note(t, Longer, reduces(), limit(was.Limit), limit(is.Limit))
	case -1:
		e := protects()
		if was.Floor {
			e = reduces()
		}
		c.note(t, Shorter, e, limit(was.Limit), limit(is.Limit))
	}
	if was.End != is.End {
		e := protects()
		if is.End != "destroy" {
			e = reduces()
		}
		c.note(t, Changed, e, plain(was.End), plain(is.End))
	}
}

// collection compares what the app may gather beside the inputs of features.
func (c *comparison) collection() {
	compare(c, listed[terms.Intake]{
		was: c.a.Intakes, is: c.b.Intakes, came: material(), went: protects(),
		of:   func(in terms.Intake) thing { return thing{Intake, in.ID, plain(in.ID)} },
		both: c.intake,
	})
	compare(c, listed[terms.Refused]{
		was: c.a.Refused, is: c.b.Refused, came: protects(), went: reduces(),
		of: func(r terms.Refused) thing { return thing{NeverAccepted, string(r.Category), r.Text} },
		both: func(t thing, was, is terms.Refused) {
			c.reach(t, was.Fields, is.Fields, protects())
		},
	})
	compare(c, listed[terms.Inbound]{
		was: c.a.Inbound, is: c.b.Inbound, came: reduces(), went: protects(),
		of: func(in terms.Inbound) thing { return thing{Vendor, in.ID, in.Name} },
		both: func(t thing, was, is terms.Inbound) {
			c.changed(t, worst(), string(was.Purpose), string(is.Purpose))
			c.changed(t, material(), string(was.Category), string(is.Category))
			c.fields(t.id, was.Fields, is.Fields)
		},
	})
}

func (c *comparison) intake(t thing, was, is terms.Intake) {
	gate := thing{IntakeGate, t.id, t.name}
	c.gate(gate, was.Switch, is.Switch)
	c.gate(gate, was.Permission, is.Permission)
	c.changed(t, worst(), string(was.Purpose), string(is.Purpose))
	c.changed(t, material(), string(was.Category), string(is.Category))
	c.passedOn(t, was.PassedOn, is.PassedOn)
	c.reach(t, words(was.Platforms), words(is.Platforms), material())
	c.fields(t.id, was.Fields, is.Fields)
	compare(c, listed[terms.EventSchema]{
		was: was.Events, is: is.Events, came: material(), went: protects(),
		of:   func(e terms.EventSchema) thing { return within(t.id, e.ID) },
		both: func(t thing, was, is terms.EventSchema) { c.fields(t.id, was.Fields, is.Fields) },
	})
}

// passedOn compares to whom what people write can be handed on.
func (c *comparison) passedOn(t thing, was, is string) {
	switch {
	case was == "" && is != "":
		c.note(t, Widened, reduces(), nil, plain(is))
	case was != "" && is == "":
		c.note(t, Narrowed, protects(), plain(was), nil)
	default:
		c.changed(t, reduces(), was, is)
	}
}

// gate compares the choice or permission that a collection waits for.
func (c *comparison) gate(t thing, was, is string) {
	switch {
	case was != "" && is == "":
		c.note(t, Removed, reduces(), plain(was), nil)
	case was == "" && is != "":
		c.note(t, Added, protects(), nil, plain(is))
	default:
		c.changed(t, material(), was, is)
	}
}

// within is a part of what an app collects.
func within(of, id string) thing { return thing{IntakeField, of + "." + id, plain(of + "." + id)} }

// fields compares what one intake accepts.
func (c *comparison) fields(of string, was, is []terms.Field) {
	compare(c, listed[terms.Field]{
		was: was, is: is, came: material(), went: protects(),
		of:   func(f terms.Field) thing { return within(of, f.ID) },
		both: c.field,
	})
}

func (c *comparison) field(t thing, was, is terms.Field) {
	switch {
	case was.Kind != is.Kind && is.Kind == terms.Digest:
		c.note(t, Stronger, protects(), plain(string(was.Kind)), plain(string(is.Kind)))
	case was.Kind != is.Kind:
		c.note(t, Weaker, material(), plain(string(was.Kind)), plain(string(is.Kind)))
	case is.Max > was.Max || is.Least < was.Least || is.Most > was.Most:
		c.note(t, Widened, material(), nil, nil)
	case is.Max != was.Max || is.Least != was.Least || is.Most != was.Most:
		c.note(t, Narrowed, protects(), nil, nil)
	}
	c.reach(t, was.Choices, is.Choices, material())
	c.reach(t, words(was.Platforms), words(is.Platforms), material())
	c.gate(thing{IntakeGate, t.id, t.name}, was.Permission, is.Permission)
	c.flag(thing{IntakeGate, t.id, t.name}, !was.Required, !is.Required, protects(), material())
}

// devices compares permissions, choices and cookies.
func (c *comparison) devices() {
	compare(c, listed[terms.Permission]{
		was: c.a.Permissions, is: c.b.Permissions, came: material(), went: protects(),
		of: func(p terms.Permission) thing { return thing{Permission, p.ID, p.Name} },
		both: func(t thing, was, is terms.Permission) {
			c.renamed(t, neutral(), was.Text, is.Text)
			c.reach(t, words(was.Platforms), words(is.Platforms), material())
		},
	})
	pairs(c.a.Switches, c.b.Switches, func(s terms.Switch) string { return s.ID }, func(was, is *terms.Switch) {
		x := cmp.Or(is, was)
		t := thing{Choice, x.ID, x.Name}
		switch {
		case was == nil:
			c.came(t, protects())
		case is == nil:
			c.went(t, reduces())
		case is.Default != was.Default && is.Default:
			c.note(t, Weaker, reduces(), plain("off"), plain("on"))
		case is.Default != was.Default:
			c.note(t, Stronger, protects(), plain("on"), plain("off"))
		}
	})
	c.flag(thing{Cookie, "cookieless", nil}, !c.was.Cookieless(), !c.is.Cookieless(), reduces(), protects())
	compare(c, listed[terms.Cookie]{
		was: c.a.Cookies, is: c.b.Cookies, came: material(), went: protects(),
		of: func(k terms.Cookie) thing { return thing{Cookie, k.Name, plain(k.Name)} },
		both: func(t thing, was, is terms.Cookie) {
			c.changed(t, worst(), string(was.Purpose), string(is.Purpose))
			c.changed(t, material(), was.Lifetime, is.Lifetime)
		},
	})
}

// sameLists reports whether two lists hold the same words.
func sameLists(a, b []string) bool {
	x, y := slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(x, y)
}
