package duty

import (
	"slices"
	"strings"

	"vow.example/vow/internal/policy/internal/source"
)

// Handing says how much of a kind of data a ground of disclosure hands over.
type Handing int

// What a ground hands over.
const (
	Unlisted Handing = iota // it does not list that kind of data
	Withheld                // it does, and all the same nobody gets it: people make it or hand it in themselves
	Written                 // only what was written where people are told beforehand that this very ground hands it on
	Whole                   // whatever of it still exists
)

// Hands is the one answer to what a ground of disclosure hands over: the check of a policy, its tests and the
// desk all ask here, so that none of them can say otherwise than the next.
func Hands(doc *source.Doc, ground, category string) Handing {
	i := slices.IndexFunc(doc.Grounds, func(g source.Ground) bool { return g.ID == ground })
	if i < 0 {
		return Unlisted
	}
	g := doc.Grounds[i]
	known := slices.ContainsFunc(doc.Categories, func(c source.Category) bool { return c.ID == category })
	switch {
	case !known || len(g.Categories) > 0 && !slices.Contains(g.Categories, category):
		return Unlisted
	case demanded(g) || !personal(doc, category) || shared(doc, category):
		return Whole
	case slices.ContainsFunc(doc.Collection, func(in source.Intake) bool { return in.Category == category && in.PassedOn == ground }):
		return Written
	default:
		return Withheld
	}
}

// demanded reports whether a ground is a demand of the law, with a document behind it.
func demanded(g source.Ground) bool { return slices.Contains(g.Needs, "document") }

// personal reports whether people make or hand over that kind of data themselves, or it shows a face.
func personal(doc *source.Doc, category string) bool {
	if strings.HasPrefix(category, "face_") {
		return true
	}
	if slices.ContainsFunc(doc.Categories, func(c source.Category) bool { return c.ID == category && c.Origin == "subject" }) {
		return true
	}
	return slices.ContainsFunc(doc.Features, func(f source.Feature) bool {
		return f.Result == category || slices.ContainsFunc(inputs(doc, f), func(in source.Input) bool { return in.Category == category })
	})
}

// shared reports whether a live feature lets another company see that kind of data.
func shared(doc *source.Doc, category string) bool {
	return slices.ContainsFunc(doc.Features, func(f source.Feature) bool {
		outside := slices.ContainsFunc(doc.Recipients, func(r source.Recipient) bool { return r.ID == f.Recipient && r.Class == "third_party_ai" })
		sends := slices.ContainsFunc(inputs(doc, f), func(in source.Input) bool {
			return in.Category == category && slices.ContainsFunc(f.Send, func(s source.Sent) bool { return s.Field == in.Field })
		})
		return outside && f.State == "live" && (f.Result == category || sends)
	})
}

// inputs lists what a feature asks for.
func inputs(doc *source.Doc, f source.Feature) []source.Input {
	return slices.DeleteFunc(slices.Clone(doc.Inputs), func(in source.Input) bool {
		return !slices.Contains(f.Required, in.Key()) && !slices.Contains(f.Optional, in.Key())
	})
}

// withheld refuses a ground that names what nobody gets on it: people would read that it leaves, and it does not.
func (c *checker) withheld() {
	for i, g := range c.Doc.Grounds {
		for j, id := range g.Categories {
			if Hands(c.Doc, g.ID, id) == Withheld {
				c.Refuse("the ground "+g.ID+" names "+id+", but what people make or write themselves is handed to nobody on it",
					"remove it; or demand a document; or name the ground under passed_on of the complaint in which people write it", "grounds", i, "categories", j)
			}
		}
	}
}

// passed checks what is said of a complaint: on which ground it is handed on.
func (c *checker) passed() {
	for i, in := range c.Doc.Collection {
		at := []any{"collection", i, "passed_on"}
		k := slices.IndexFunc(c.Doc.Grounds, func(g source.Ground) bool { return g.ID == in.PassedOn })
		switch {
		case in.Kind == complaint && in.Category != complaint:
			c.Refuse("the complaint "+in.ID+" is kept as "+in.Category, "write category: complaint, so that nothing else is handed on with it", "collection", i, "category")
		case in.PassedOn == "":
		case in.Kind != complaint:
			c.Refuse(in.ID+" is of kind "+in.Kind+" and handed on", "write kind: complaint, or remove passed_on; what people tell support stays there", at...)
		case k < 0:
			c.Refuse("the ground "+in.PassedOn+" is not declared", "add it to grounds, with a text for people, or remove it here", at...)
		case !slices.Contains(c.Doc.Grounds[k].Needs, "request"):
			c.Refuse("the ground "+in.PassedOn+" hands a complaint on unasked", "add request to its needs: only who asked for it gets it", at...)
		case !slices.Contains(c.Doc.Grounds[k].Categories, in.Category):
			c.Refuse("the ground "+in.PassedOn+" does not name "+in.Category, "add it to the categories of the ground, or name another ground", at...)
		}
	}
}

// complaint is the kind of what people write about somebody else, and its category.
const complaint = "complaint"
