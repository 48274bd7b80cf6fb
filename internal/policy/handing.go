package policy

import (
	"vow.example/vow/internal/policy/internal/duty"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
)

// Handing says how much of a kind of data a ground of disclosure hands over.
type Handing = duty.Handing

// What a ground of disclosure hands over.
const (
	Unlisted = duty.Unlisted // it does not list that kind of data
	Withheld = duty.Withheld // people make it or hand it in themselves: nobody gets it
	Written  = duty.Written  // only what was written where people are told beforehand that this ground hands it on
	Whole    = duty.Whole    // whatever of it still exists
)

// Hands returns how much of a category a ground of disclosure hands over.
func (p *Policy) Hands(ground string, c privacy.Category) Handing {
	return duty.Hands(&p.doc, ground, string(c))
}

// PassedOn returns the ground on which what is written in a source is handed on.
func (p *Policy) PassedOn(source string) (terms.Ground, bool) {
	in, ok := p.terms.Intake(source)
	if !ok || in.PassedOn == "" {
		return terms.Ground{}, false
	}
	return find(p.terms.Disclosures, func(g terms.Ground) bool { return g.ID == in.PassedOn })
}
