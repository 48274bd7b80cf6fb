package intake

import (
	"context"
	"net/http"
	"slices"

	"vow.example/vow/client"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/matter"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
)

// AppPath is the path parameter of one app, with the language of its texts.
type AppPath struct {
	App  string `path:"app" maxLength:"64"`
	Lang string `query:"lang" maxLength:"64" doc:"BCP 47; default: Accept-Language"`
}

// policyRoutes publish what the policy lists, row by row. They are open: a policy is read before a session.
func (g *group) policyRoutes(s *rest.Server) {
	listing(g, s, "purposes", "Why data is used", func(p *policy.Policy, l privacy.Lang) []client.PolicyEntry {
		return rows(p.Terms().Purposes, func(u terms.Purpose) client.PolicyEntry {
			return client.PolicyEntry{ID: string(u.ID), Text: u.Text.In(l), Basis: u.Basis, Clause: u.Clause}
		})
	})
	listing(g, s, "categories", "What may be held, why, and until when", categories)
	listing(g, s, "retention", "The retention schedule", func(p *policy.Policy, l privacy.Lang) []client.RetentionRow {
		return rows(p.Retention(), func(r policy.RetentionRow) client.RetentionRow { return clockRow(p, r, l) })
	})
	listing(g, s, "permissions", "Permissions of the device", func(p *policy.Policy, l privacy.Lang) []client.PolicyPermission {
		return rows(p.Terms().Permissions, func(x terms.Permission) client.PolicyPermission { return permission(x, l) })
	})
	listing(g, s, "sdks", "Embedded kits of others", func(p *policy.Policy, l privacy.Lang) []client.PolicySDK {
		return rows(p.Terms().SDKs, func(k terms.SDK) client.PolicySDK { return kit(k, l) })
	})
	listing(g, s, "recipients", "Who may receive data", func(p *policy.Policy, l privacy.Lang) []client.RecipientRef {
		return rows(p.Recipients(), func(r policy.Recipient) client.RecipientRef {
			return client.RecipientRef{ID: string(r.ID), Name: r.Name.In(l), Kind: string(r.Class), Region: r.Region, PolicyURL: r.PolicyURL}
		})
	})
	listing(g, s, "collection", "What an app may hand over beside the inputs of features", func(p *policy.Policy, l privacy.Lang) []client.PolicySchema {
		return rows(p.Terms().Intakes, func(in terms.Intake) client.PolicySchema { return schema(p, in, l) })
	})
	listing(g, s, "rights", "What people may ask for, and how soon it is done", func(p *policy.Policy, l privacy.Lang) []client.PolicyEntry {
		return rows(p.Terms().Rights, func(r terms.Right) client.PolicyEntry {
			return client.PolicyEntry{ID: r.ID, Text: r.Text.In(l), Deadline: r.Deadline.ISO, Clause: r.Clause}
		})
	})
	listing(g, s, "messages", "What people are written about, and how", messages)
	listing(g, s, "grounds", "The closed lists of reasons", grounds)
	listing(g, s, "contacts", "Who runs the app, and how to reach them", contacts)
	listing(g, s, "refused", "What is never accepted, although a published text mentions it", func(p *policy.Policy, l privacy.Lang) []client.PolicyEntry {
		return rows(p.Terms().Refused, func(r terms.Refused) client.PolicyEntry {
			return client.PolicyEntry{ID: string(r.Category), Text: r.Text.In(l), Fields: r.Fields, Clause: r.Clause}
		})
	})
}

func listing[T any](g *group, s *rest.Server, what, summary string, view func(*policy.Policy, privacy.Lang) []T) {
	o := rest.Op{Method: http.MethodGet, Path: "/v1/apps/{app}/policy/" + what, ID: "listPolicy" + capital(what), Tag: "public", Summary: summary, Open: true}
	rest.Register(s, o, func(ctx context.Context, in *AppPath) (*rest.Answer[client.Page[T]], error) {
		p, ok := g.Policies.InForce(privacy.AppID(in.App), g.Now())
		if !ok {
			return nil, rest.NotFound()
		}
		return rest.Reply(client.Page[T]{Data: view(p, rest.LangOf(ctx))})
	})
}

func capital(word string) string { return string(word[0]-'a'+'A') + word[1:] }

// rows shows every row of a list; an empty one is [] and not null.
func rows[R, T any](list []R, view func(R) T) []T {
	out := make([]T, 0, len(list))
	for _, r := range list {
		out = append(out, view(r))
	}
	return out
}

func words[T ~string](list []T) []string {
	return rows(list, func(w T) string { return string(w) })
}

func clockRow(p *policy.Policy, r policy.RetentionRow, l privacy.Lang) client.RetentionRow {
	return client.RetentionRow{
		Category: string(r.Category), Starts: string(r.Starts), Limit: r.Limit.ISO, Storage: string(r.Storage), Text: p.RetentionText(r, l), ChosenBy: r.ChosenBy,
	}
}

func categories(p *policy.Policy, l privacy.Lang) []client.PolicyCategory {
	return rows(p.Terms().Categories, func(c terms.Category) client.PolicyCategory {
		out := client.PolicyCategory{
			ID: string(c.ID), Name: c.Name.In(l), Storage: string(p.StorageOf(c.ID)), Purposes: words(c.Purposes), Origin: c.Origin, Special: c.Special,
			Clocks: []client.RetentionRow{}, Clause: c.Clause,
		}
		for _, r := range p.Retention() {
			if r.Category == c.ID {
				out.Clocks = append(out.Clocks, clockRow(p, r, l))
			}
		}
		return out
	})
}

func grounds(p *policy.Policy, l privacy.Lang) []client.PolicyEntry {
	t := p.Terms()
	out := []client.PolicyEntry{}
	for _, list := range []struct {
		name string
		all  []terms.Ground
	}{{"disclosures", t.Disclosures}, {"exemptions", t.Exemptions}, {"refusals", t.Refusals}, {"restrictions", t.Restrictions}, {"overrides", t.Overrides}, {"holds", t.Holds.Grounds}} {
		for _, ground := range list.all {
			out = append(out, client.PolicyEntry{ID: ground.ID, List: list.name, Text: ground.Text.In(l), Needs: ground.Needs, Clause: ground.Clause})
		}
	}
	return out
}

// contacts lists the operator, those who operate the app with it, and how to reach them.
func contacts(p *policy.Policy, l privacy.Lang) []client.PolicyContact {
	t := p.Terms()
	out := []client.PolicyContact{{Kind: "controller", Name: t.Controller.In(l)}}
	for _, j := range t.Joint {
		out = append(out, client.PolicyContact{Kind: "joint", Name: j.Name.In(l), Email: j.Email, Region: j.Region, Clause: j.Clause})
	}
	for _, c := range t.Contacts {
		out = append(out, client.PolicyContact{Kind: "contact", Name: c.Team.In(l), Email: c.Email, Phone: c.Phone, Platform: c.Platform})
	}
	return out
}

// messages lists the kinds of messages with the channels that they go over.
func messages(p *policy.Policy, _ privacy.Lang) []client.PolicyMessage {
	return rows(matter.Of(p.Terms().Notices), func(m matter.Matter) client.PolicyMessage {
		out := client.PolicyMessage{Kind: m.Kind, Channels: []string{}, CanBeOff: []string{}, Clause: m.Clause}
		for _, w := range m.Ways {
			if !w.Sent {
				continue
			}
			out.Channels = append(out.Channels, w.Channel)
			if w.Switch != "" {
				out.Switch = w.Switch
			}
			if matter.MayBeOff(m.Kind, w.Channel) {
				out.CanBeOff = append(out.CanBeOff, w.Channel)
			}
		}
		return out
	})
}

func permission(x terms.Permission, l privacy.Lang) client.PolicyPermission {
	return client.PolicyPermission{ID: x.ID, Name: x.Name.In(l), Text: x.Text.In(l), Help: x.Help.In(l), Platforms: words(x.Platforms), Clause: x.Clause}
}

func kit(k terms.SDK, l privacy.Lang) client.PolicySDK {
	return client.PolicySDK{
		ID: k.ID, Name: k.Name, Company: k.Company, PolicyURL: k.PolicyURL, Text: k.Text.In(l), Platforms: words(k.Platforms), Purpose: string(k.Purpose),
		Fields: k.Fields, Recipient: string(k.Recipient), Version: k.Version, Pending: k.Pending(), Clause: k.Clause,
	}
}

func schema(p *policy.Policy, in terms.Intake, l privacy.Lang) client.PolicySchema {
	field := func(f terms.Field) client.PolicyField { return field(f, l) }
	out := client.PolicySchema{
		ID: in.ID, Kind: string(in.Kind), Category: string(in.Category), Purpose: string(in.Purpose), Platforms: words(in.Platforms), Switch: in.Switch,
		Permission: in.Permission, Fields: rows(in.Fields, field), Clause: in.Clause,
		Events: rows(in.Events, func(e terms.EventSchema) client.PolicyEvent {
			return client.PolicyEvent{ID: e.ID, Fields: rows(e.Fields, field)}
		}),
	}
	if ground, ok := p.PassedOn(in.ID); ok {
		out.PassedOn = &client.PolicyEntry{ID: ground.ID, List: "disclosures", Text: ground.Text.In(l), Needs: ground.Needs, Clause: ground.Clause}
	}
	return out
}

func field(f terms.Field, l privacy.Lang) client.PolicyField {
	return client.PolicyField{
		ID: f.ID, Name: f.Name.In(l), Kind: string(f.Kind), Max: f.Max, Least: f.Least, Most: f.Most, Choices: f.Choices, Required: f.Required,
		Platforms: words(f.Platforms), Permission: f.Permission,
	}
}

func (g *group) bootstrap(ctx context.Context, in *PlatformQuery) (*rest.Answer[client.Bootstrap], error) {
	who, platform := rest.WhoOf(ctx), terms.Platform(in.Platform)
	t := who.Policy.Terms()
	out := client.Bootstrap{
		App: string(who.App()), PolicyVersion: who.Policy.Version(), Platform: in.Platform, SDKs: []client.PolicySDK{}, Permissions: []client.PolicyPermission{},
		Collection: []client.PolicySchema{}, Notices: []string{},
	}
	for _, k := range t.SDKs {
		if !k.Pending() && terms.On(k.Platforms, platform) && !follows(k, platform) {
			out.SDKs = append(out.SDKs, kit(k, who.Lang))
		}
	}
	for _, x := range t.Permissions {
		if terms.On(x.Platforms, platform) {
			out.Permissions = append(out.Permissions, permission(x, who.Lang))
		}
	}
	for _, s := range t.Intakes {
		if terms.On(s.Platforms, platform) {
			out.Collection = append(out.Collection, schema(who.Policy, on(s, platform), who.Lang))
		}
	}
	return g.personal(ctx, who, out)
}

// personal adds what depends on the person; a visitor sees what the policy presets.
func (g *group) personal(ctx context.Context, who *rest.Credential, out client.Bootstrap) (*rest.Answer[client.Bootstrap], error) {
	var permissions, switches map[string]bool
	var err error
	if who.Subject != "" {
		if permissions, switches, err = g.Intake.Choices(ctx, who.Who); err != nil {
			return nil, err
		}
		if g.Pending != nil {
			if out.Notices, err = g.Pending(ctx, who.Who); err != nil {
				return nil, err
			}
		}
	}
	out.Switches = rows(who.Policy.Terms().Switches, func(w terms.Switch) client.PolicySwitch {
		state, said := switches[w.ID]
		return client.PolicySwitch{ID: w.ID, Name: w.Name.In(who.Lang), Text: w.Text.In(who.Lang), On: said && state || !said && w.Default, Clause: w.Clause}
	})
	for _, f := range who.Policy.Features() {
		if !f.Live || !terms.On(f.Platforms, terms.Platform(out.Platform)) {
			continue
		}
		state := client.FeatureState{ID: string(f.ID), Available: true, Permissions: f.Permissions}
		if i := slices.IndexFunc(f.Permissions, func(p string) bool { granted, reported := permissions[p]; return reported && !granted }); i >= 0 {
			state.Available, state.Needs = false, f.Permissions[i]
		}
		out.Features = append(out.Features, state)
	}
	if out.Features == nil {
		out.Features = []client.FeatureState{}
	}
	return rest.Reply(out)
}

// follows reports whether a kit reads an advertising identifier on iOS, where nothing does (MIX-1.8-01).
func follows(k terms.SDK, platform terms.Platform) bool {
	return platform == terms.IOS && slices.ContainsFunc(k.Fields, privacy.NamesAdvertisingID)
}

// on leaves of a schema what a platform may use.
func on(in terms.Intake, platform terms.Platform) terms.Intake {
	fits := func(list []terms.Field) []terms.Field {
		return slices.DeleteFunc(slices.Clone(list), func(f terms.Field) bool { return !terms.On(f.Platforms, platform) })
	}
	in.Fields = fits(in.Fields)
	in.Events = rows(in.Events, func(e terms.EventSchema) terms.EventSchema {
		return terms.EventSchema{ID: e.ID, Fields: fits(e.Fields)}
	})
	return in
}
