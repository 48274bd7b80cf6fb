package duty

import (
	"fmt"

	"vow.example/vow/internal/policy/internal/report"
	"vow.example/vow/internal/policy/internal/source"
)

// openGrounds are names behind which anything fits.
const openGrounds = "other others misc miscellaneous any anything deemed_fit deemed_fitting as_appropriate necessary unspecified general"

// leastApprovals is how many people must agree before a clock is stopped.
const leastApprovals = 2

// grounds checks every closed list of reasons.
func (c *checker) grounds() {
	d := c.Doc
	lists := []struct {
		steps []any
		list  []source.Ground
	}{
		{[]any{"grounds"}, d.Grounds}, {[]any{"exemptions"}, d.Exemptions}, {[]any{"refusals"}, d.Refusals},
		{[]any{"restrictions"}, d.Restrictions}, {[]any{"overrides"}, d.Overrides}, {[]any{"holds", "grounds"}, d.Holds.Grounds},
	}
	for _, l := range lists {
		seen := map[string]bool{}
		for i, g := range l.list {
			at := report.Under(l.steps, i)
			if seen[g.ID] {
				c.Refuse("the ground "+g.ID+" is given twice", "keep one of the two", report.Under(at, "id")...)
			}
			seen[g.ID] = true
			c.ground(g, at)
		}
	}
}

func (c *checker) ground(g source.Ground, steps []any) {
	if report.Is(openGrounds, g.ID) {
		c.Refuse(fmt.Sprintf("the ground %q is open: anything fits behind it", g.ID), "name the reason; a list of grounds is closed", report.Under(steps, "id")...)
	}
	for lang, s := range g.Text {
		if report.Empty(s) {
			c.Refuse("the ground "+g.ID+" says nothing", "write in plain words when it applies", report.Under(steps, "text", lang)...)
		}
	}
	for j, id := range g.Categories {
		if _, ok := c.Category(id); !ok {
			c.Refuse(id+" is not declared as a category", "add it to categories, or remove it here", report.Under(steps, "categories", j)...)
		}
	}
	if g.Abroad != "" && len(c.Doc.Regions.Storage) == 0 {
		c.Refuse("the ground "+g.ID+" speaks of abroad, but no region is pinned", "pin regions.storage, or remove it", report.Under(steps, "abroad")...)
	}
}

// holds demands two people and an end for whatever stops a clock.
func (c *checker) holds() {
	h := c.Doc.Holds
	if len(h.Grounds) == 0 && h.Most == "" && h.Approvals == 0 {
		return // nothing is ever held
	}
	if len(h.Grounds) == 0 {
		c.Refuse("a hold has no ground", "list the grounds, or remove the block", "holds", "grounds")
	}
	if h.Approvals < leastApprovals {
		c.Refuse("one person alone could stop a clock", fmt.Sprintf("write approvals: %d or more", leastApprovals), "holds", "approvals")
	}
	for i, g := range h.Grounds {
		if g.Approvals > 0 && g.Approvals < leastApprovals {
			c.Refuse("one person alone could stop a clock on the ground "+g.ID, fmt.Sprintf("write approvals: %d or more, or leave it out", leastApprovals), "holds", "grounds", i, "approvals")
		}
	}
	if p, err := source.ReadPeriod(h.Most); err != nil || p.Immediate {
		c.Refuse(fmt.Sprintf("a hold of %q has no end", h.Most), "write an ISO 8601 duration such as P180D; a hold is renewed, never endless", "holds", "most")
	}
}
