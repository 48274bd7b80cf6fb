package trial

import (
	"slices"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
)

// way is one field on its way to a recipient.
type way struct {
	feature, field string
	category       privacy.Category
	platforms      []terms.Platform
	source         []terms.Platform // of the intake it comes from
}

// from reports whether the field leaves from the platform; "" asks for none.
func (w way) from(platform string) bool {
	p := terms.Platform(platform)
	return platform == "" || terms.On(w.platforms, p) && terms.On(w.source, p)
}

// ofRecipient decides whether anything of the kind that is asked for goes to the recipient.
func ofRecipient(p *policy.Policy, a *ask) (bool, string) {
	r, ok := p.Recipient(privacy.RecipientID(a.Recipient))
	switch {
	case !ok:
		return false, "the policy does not declare the recipient " + a.Recipient
	case a.Platform != "" && !terms.On(r.Platforms, terms.Platform(a.Platform)):
		return false, a.Recipient + " may not be reached from " + a.Platform
	}
	fits := func(w way) bool {
		return (a.Feature == "" || a.Feature == w.feature) && (a.Field == "" || a.Field == w.field) &&
			(a.Category == "" || a.Category == string(w.category)) && w.from(a.Platform)
	}
	all := append(made(p, r), forwarded(p, r)...)
	if i := slices.IndexFunc(all, fits); i >= 0 {
		return true, a.Recipient + " receives " + all[i].field
	}
	return false, "nothing in the policy sends this to " + a.Recipient
}

// made lists what features send to the recipient.
func made(p *policy.Policy, r policy.Recipient) []way {
	var out []way
	for _, f := range p.Features() {
		for _, s := range f.Fields {
			in, _ := f.Input(s.Field)
			if f.Recipient == r.ID {
				out = append(out, way{string(f.ID), string(s.Field), in.Category, f.Platforms, nil})
			}
		}
	}
	return out
}

// forwarded lists what leaves for the recipient out of the intakes.
func forwarded(p *policy.Policy, r policy.Recipient) []way {
	var out []way
	for _, f := range p.Terms().Forwards {
		for _, id := range f.Intakes {
			in, _ := p.Terms().Intake(id)
			for _, field := range f.Fields {
				if f.Recipient == r.ID && holds(every(in), field, "") {
					out = append(out, way{"", field, in.Category, f.Platforms, in.Platforms})
				}
			}
		}
	}
	return out
}
