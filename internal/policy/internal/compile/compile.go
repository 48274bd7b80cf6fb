// Package compile turns what a policy file says beside its features into terms.
//
// It promises that a block which the file leaves out becomes the strictest answer: nothing is accepted,
// nothing is forwarded, nobody is asked less. It reads a checked document only, and it never decides
// anything.
package compile

import (
	"cmp"
	"slices"
	"time"

	"vow.example/vow/internal/policy/internal/source"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
)

// Terms returns the terms of a document that passed every check.
func Terms(doc *source.Doc) *terms.Terms {
	return &terms.Terms{
		Calendar: calendar(doc.Calendar), Acceptance: acceptance(doc.Acceptance),
		Permissions: each(doc.Permissions, permission), Switches: each(doc.Switches, choice), Memberships: each(doc.Memberships, membership),
		Intakes: each(doc.Collection, intake), Refused: each(doc.Refused, refused), Inbound: each(doc.Inbound, inbound),
		Forwards: each(doc.Forwards, func(f source.Forward) terms.Forward { return forward(doc, f) }), SDKs: each(doc.SDKs, sdk),
		StaffRegions: staff(doc), Disclosures: each(doc.Grounds, ground), Exemptions: each(doc.Exemptions, ground),
		Refusals: each(doc.Refusals, ground), Restrictions: each(doc.Restrictions, ground), Overrides: each(doc.Overrides, ground),
		Holds: hold(doc.Holds), Transfers: transfers(doc), MinGroup: doc.Statistics, Minors: minors(doc.Minors),
		Rights: each(doc.Rights, right), Notices: notices(doc.Notices), Controller: Text(doc.Controller.Name),
		Joint: each(doc.Controller.Joint, joint), Contacts: each(doc.Contacts, contact), Purposes: each(doc.Purposes, purpose),
		Categories: each(doc.Categories, category), Cookies: each(doc.Cookies.List, cookie),
		Share:   terms.Share{Works: doc.Share.Works == "link", Text: Text(doc.Share.Text), Clause: doc.Share.Clause},
		Answers: answers(doc.Answers), Cipher: doc.Cipher, Numbers: each(doc.Numbers(), number), Audits: audits(doc.Audits),
	}
}

// Text turns a text of the file into the one that the program speaks.
func Text(t source.Text) terms.Localized {
	if len(t) == 0 {
		return nil
	}
	out := make(terms.Localized, len(t))
	for lang, s := range t {
		out[privacy.Lang(lang)] = s
	}
	return out
}

// Platforms turns a list of the file into platforms; an empty list still means all.
func Platforms(list []string) []terms.Platform { return words[terms.Platform](list) }

func each[S, T any](list []S, turn func(S) T) []T {
	var out []T
	for _, x := range list {
		out = append(out, turn(x))
	}
	return out
}

func words[T ~string](list []string) []T {
	return each(list, func(s string) T { return T(s) })
}

// Deadline reads a period or working days. The check has refused what is neither; an empty text gives
// the zero Deadline.
func Deadline(s string) terms.Deadline {
	p, working, err := source.ReadDeadline(s)
	if err != nil {
		return terms.Deadline{}
	}
	return terms.Deadline{Immediate: p.Immediate, Years: p.Years, Months: p.Months, Days: p.Days, Time: p.Time, Working: working, ISO: s}
}

// calendar reads a checked calendar. A zone that is not given is UTC.
func calendar(c source.Calendar) terms.Calendar {
	out := terms.Calendar{Zone: time.UTC}
	if zone, err := time.LoadLocation(c.TimeZone); err == nil {
		out.Zone = zone
	}
	for _, day := range c.Holidays {
		if d, err := time.ParseInLocation(time.DateOnly, day, out.Zone); err == nil {
			out.Holidays = append(out.Holidays, d)
		}
	}
	return out
}

func acceptance(a *source.Acceptance) *terms.Acceptance {
	if a == nil {
		return nil
	}
	return &terms.Acceptance{Text: Text(a.Text), Accept: Text(a.Accept), Decline: Text(a.Decline), Highlights: slices.Clone(a.Highlights), Clause: a.Clause}
}

func permission(p source.Permission) terms.Permission {
	return terms.Permission{ID: p.ID, Name: Text(p.Name), Text: Text(p.Text), Help: Text(p.Help), Platforms: Platforms(p.Platforms), Clause: p.Clause}
}

func choice(s source.Switch) terms.Switch {
	return terms.Switch{ID: s.ID, Name: Text(s.Name), Text: Text(s.Text), Default: s.Default, Clause: s.Clause}
}

func membership(m source.Membership) terms.Membership {
	return terms.Membership{ID: m.ID, Name: Text(m.Name), Clause: m.Clause}
}

// staff returns from where people of the operator may read. A pinned store that says nothing about
// staff pins them as well.
func staff(doc *source.Doc) []string {
	if len(doc.Staff.Regions) > 0 {
		return slices.Clone(doc.Staff.Regions)
	}
	return slices.Clone(doc.Regions.Storage)
}

// transfers returns what opens the pin; where there is one and the file says nothing, nothing does.
func transfers(doc *source.Doc) string {
	if len(doc.Regions.Storage) == 0 {
		return doc.Transfers
	}
	return cmp.Or(doc.Transfers, "never")
}

func ground(g source.Ground) terms.Ground {
	return terms.Ground{
		ID: g.ID, Text: Text(g.Text), Categories: words[privacy.Category](g.Categories), Needs: slices.Clone(g.Needs),
		Approvals: g.Approvals, Abroad: g.Abroad, Clause: g.Clause,
	}
}

func hold(h source.Hold) terms.Hold {
	return terms.Hold{Grounds: each(h.Grounds, ground), Approvals: h.Approvals, Most: Deadline(h.Most), Clause: h.Clause}
}

func minors(m source.Minors) terms.Minors {
	return terms.Minors{MinAge: m.MinAge, Guardian: m.Below == "guardian", GuardianBelow: m.GuardianBelow, Ask: m.Ask, Clause: m.Clause}
}

func number(n source.Number) terms.Figure {
	return terms.Figure{ID: n.ID, Kind: n.Kind, Value: n.Value, Chosen: n.ChosenBy}
}

func right(r source.Right) terms.Right {
	return terms.Right{ID: r.ID, Text: Text(r.Text), Deadline: Deadline(r.Deadline), Starts: cmp.Or(r.Starts, "received"), Chosen: r.ChosenBy, Clause: r.Clause}
}

// notices puts the channel in the app first: it needs no address, so it always works.
func notices(n source.Notices) terms.Notices {
	channels := slices.Clone(n.Channels)
	if !slices.Contains(channels, "in_app") {
		channels = append([]string{"in_app"}, channels...)
	}
	return terms.Notices{
		Lead: Deadline(n.Lead), Channels: channels, Major: slices.Clone(n.Major), Kinds: slices.Clone(n.Kinds),
		Reductions: cmp.Or(n.Reductions, "consent"), Popup: n.Popup, Gateways: each(n.Gateways, gateway), Clause: n.Clause,
	}
}
