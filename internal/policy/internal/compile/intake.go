package compile

import (
	"cmp"
	"slices"

	"vow.example/vow/internal/policy/internal/source"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
)

func intake(in source.Intake) terms.Intake {
	return terms.Intake{
		ID: in.ID, Kind: terms.IntakeKind(in.Kind), Category: privacy.Category(in.Category), PassedOn: in.PassedOn, Platforms: Platforms(in.Platforms),
		Switch: in.Switch, Permission: in.Permission, Purpose: privacy.Purpose(in.Purpose), Fields: each(in.Fields, field),
		Events: each(in.Events, func(e source.IntakeEvent) terms.EventSchema {
			return terms.EventSchema{ID: e.ID, Fields: each(e.Fields, field)}
		}),
		Clause: in.Clause,
	}
}

func field(f source.IntakeField) terms.Field {
	out := terms.Field{
		ID: f.ID, Name: Text(f.Name), Kind: terms.FieldKind(f.Kind), Max: f.Max, Choices: slices.Clone(f.Choices), Required: f.Required,
		Platforms: Platforms(f.Platforms), Permission: f.Permission,
	}
	if f.Least != nil {
		out.Least = *f.Least
	}
	if f.Most != nil {
		out.Most = *f.Most
	}
	return out
}

func refused(r source.Refused) terms.Refused {
	return terms.Refused{Category: privacy.Category(r.Category), Fields: slices.Clone(r.Fields), Text: Text(r.Text), Clause: r.Clause}
}

func inbound(in source.Inbound) terms.Inbound {
	return terms.Inbound{
		ID: in.ID, Name: Text(in.Name), Category: privacy.Category(in.Category), Purpose: privacy.Purpose(in.Purpose),
		Fields: each(in.Fields, field), Clause: in.Clause,
	}
}

// forward narrows a forward that names no platform to those of its recipient.
func forward(doc *source.Doc, f source.Forward) terms.Forward {
	platforms := f.Platforms
	if i := slices.IndexFunc(doc.Recipients, func(r source.Recipient) bool { return r.ID == f.Recipient }); i >= 0 && len(platforms) == 0 {
		platforms = doc.Recipients[i].Platforms
	}
	return terms.Forward{
		Recipient: privacy.RecipientID(f.Recipient), Intakes: slices.Clone(f.Intakes), Platforms: Platforms(platforms), Switch: f.Switch,
		Fields: slices.Clone(f.Fields), Purpose: privacy.Purpose(f.Purpose), Clause: f.Clause,
	}
}

func gateway(g source.Gateway) terms.Gateway {
	return terms.Gateway{
		Recipient: privacy.RecipientID(g.Recipient), Channel: g.Channel, Platforms: Platforms(g.Platforms), Switch: g.Switch,
		Permission: g.Permission, Purpose: privacy.Purpose(g.Purpose), Clause: g.Clause,
	}
}

func sdk(k source.SDK) terms.SDK {
	out := terms.SDK{
		ID: cmp.Or(k.ID, k.Name), Name: k.Name, Company: k.Company, PolicyURL: k.PolicyURL, Text: Text(k.Text), Platforms: Platforms(k.Platforms),
		Purpose: privacy.Purpose(k.Purpose), Fields: slices.Clone(k.Fields), Recipient: privacy.RecipientID(k.Recipient), Version: k.Version,
		Checked: k.Checked, CheckedVersion: k.CheckedAt, Clause: k.Clause,
	}
	if c := k.Certificate; c != nil {
		out.Certificate = terms.Certificate{Name: c.Name, Reference: c.Reference, Expires: c.Expires}
	}
	return out
}

func joint(j source.Joint) terms.Joint {
	return terms.Joint{Name: Text(j.Name), Region: j.Region, Email: j.Email, Clause: j.Clause}
}

func contact(c source.Contact) terms.Contact {
	return terms.Contact{Platform: c.Platform, Team: Text(c.Team), Email: c.Email, Phone: c.Phone}
}

func purpose(u source.Purpose) terms.Purpose {
	return terms.Purpose{ID: privacy.Purpose(u.ID), Text: Text(u.Text), Basis: u.Basis, Clause: u.Clause}
}

func category(c source.Category) terms.Category {
	return terms.Category{
		ID: privacy.Category(c.ID), Name: Text(c.Name), Storage: c.Storage, Purposes: words[privacy.Purpose](c.Purposes),
		Origin: c.Origin, Special: c.Special, Stays: c.Stays, Clause: c.Clause,
	}
}

func cookie(c source.Cookie) terms.Cookie {
	return terms.Cookie{Name: c.Name, Purpose: privacy.Purpose(c.Purpose), Lifetime: c.Lifetime, Text: Text(c.Text)}
}

func audits(a source.Audits) terms.Audits {
	return terms.Audits{Every: Deadline(a.Every), Scope: slices.Clone(a.Scope), Clause: a.Clause}
}

func answers(a *source.Answers) *terms.Answers {
	if a == nil {
		return nil
	}
	return &terms.Answers{AI: Text(a.AI), Medical: Text(a.Medical), Legal: Text(a.Legal), Clause: a.Clause}
}
