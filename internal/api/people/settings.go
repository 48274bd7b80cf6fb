package people

import (
	"context"
	"net/http"

	"vow.example/vow/client"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/people"
	"vow.example/vow/internal/policy/matter"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/task"
)

// The states of a device's permission.
const (
	granting = "granted"
	denied   = "denied"
	unknown  = "unknown"
)

const mostSettings = 64 // in one call

func (g *group) settingRoutes() {
	rest.Register(g.rest, rest.Op{Method: http.MethodGet, Path: "/v1/me/privacy-settings", ID: "listSettings", Tag: "session", Always: true, Summary: "The policy's switches, as they stand"}, g.settings)
	rest.Register(g.rest, rest.Op{Method: http.MethodPut, Path: "/v1/me/privacy-settings", ID: "setSettings", Tag: "session", Always: true, Summary: "Set switches; what is off is not taken"}, g.setSettings)
	rest.Register(g.rest, rest.Op{Method: http.MethodGet, Path: "/v1/me/messages", ID: "listMessages", Tag: "session", Always: true, Summary: "What the person is written to about, where, and what of it is switched off"}, g.messages)
	rest.Register(g.rest, rest.Op{Method: http.MethodPut, Path: "/v1/me/messages", ID: "setMessages", Tag: "session", Always: true, Summary: "Switch kinds of messages off, or on again; what is off and waits is not sent"}, g.setMessages)
	rest.Register(g.rest, rest.Op{Method: http.MethodGet, Path: "/v1/me/permissions", ID: "listPermissions", Tag: "session", Always: true, Summary: "The device's permissions that the policy names"}, g.permissions)
	rest.Register(g.rest, rest.Op{Method: http.MethodPut, Path: "/v1/me/permissions", ID: "setPermissions", Tag: "session", Always: true, Summary: "Report permissions of the device; one that is taken back counts at once"}, g.setPermissions)
	rest.Register(g.rest, rest.Op{Method: http.MethodPut, Path: "/v1/me/objections", ID: "setObjections", Tag: "session", Always: true, Summary: "Object to purposes, or take that back"}, g.setObjections)
	rest.Register(g.rest, rest.Op{Method: http.MethodPut, Path: "/v1/me/restriction", ID: "restrictProcessing", Tag: "session", Always: true, Summary: "Have processing restricted, for a ground of the policy"}, g.restrict)
}

func (g *group) settings(ctx context.Context, _ *rest.LangQuery) (*rest.Answer[client.Page[client.Setting]], error) {
	who := rest.WhoOf(ctx)
	p, err := g.People.Profile(ctx, who.Who)
	if err != nil {
		return nil, err
	}
	state, out := people.Switches(who.Who, p), client.Page[client.Setting]{Data: []client.Setting{}}
	for _, w := range who.Policy.Terms().Switches {
		out.Data = append(out.Data, client.Setting{ID: w.ID, Name: w.Name.In(who.Lang), Text: w.Text.In(who.Lang), On: state[w.ID], Default: w.Default})
	}
	return rest.Reply(out)
}

func (g *group) setSettings(ctx context.Context, in *struct{ Body map[string]bool }) (*rest.Answer[client.Me], error) {
	if len(in.Body) > mostSettings {
		return nil, tooMany()
	}
	return g.afterwards(ctx, g.People.SetSwitches(ctx, rest.WhoOf(ctx).Who, in.Body))
}

func (g *group) messages(ctx context.Context, _ *struct{}) (*rest.Answer[client.Page[client.MessageKind]], error) {
	who := rest.WhoOf(ctx)
	p, err := g.People.Profile(ctx, who.Who)
	if err != nil {
		return nil, err
	}
	out := client.Page[client.MessageKind]{Data: []client.MessageKind{}}
	for _, m := range matter.Of(who.Policy.Terms().Notices) {
		view := client.MessageKind{Kind: m.Kind}
		for _, w := range m.Ways {
			view.Ways = append(view.Ways, client.MessageWay{
				Channel: w.Channel, Sent: w.Sent, CanBeOff: w.Sent && matter.MayBeOff(m.Kind, w.Channel), Off: people.MessageOff(p, m.Kind, w.Channel), Switch: w.Switch,
			})
		}
		out.Data = append(out.Data, view)
	}
	return rest.Reply(out)
}

func (g *group) setMessages(ctx context.Context, in *struct{ Body []client.MessageChoice }) (*rest.Answer[client.Page[client.MessageKind]], error) {
	if len(in.Body) > mostSettings {
		return nil, tooMany()
	}
	var set []people.MessageChoice
	for _, c := range in.Body {
		set = append(set, people.MessageChoice(c))
	}
	if err := g.People.SetMessages(ctx, rest.WhoOf(ctx).Who, set); err != nil {
		return nil, err
	}
	return g.messages(ctx, nil)
}

func tooMany() error { return rest.Invalid("", "too_many", "At most 64 at one time.") }

func (g *group) permissions(ctx context.Context, _ *rest.LangQuery) (*rest.Answer[client.Page[client.DevicePermission]], error) {
	who := rest.WhoOf(ctx)
	p, err := g.People.Profile(ctx, who.Who)
	if err != nil {
		return nil, err
	}
	out := client.Page[client.DevicePermission]{Data: []client.DevicePermission{}}
	for _, w := range who.Policy.Terms().Permissions {
		view := client.DevicePermission{ID: w.ID, Name: w.Name.In(who.Lang), Text: w.Text.In(who.Lang), Help: w.Help.In(who.Lang), Platforms: []string{}, State: unknown}
		for _, on := range w.Platforms {
			view.Platforms = append(view.Platforms, string(on))
		}
		if granted, told := p.Permissions[w.ID]; told {
			if view.State = denied; granted {
				view.State = granting
			}
		}
		out.Data = append(out.Data, view)
	}
	return rest.Reply(out)
}

func (g *group) setPermissions(ctx context.Context, in *struct {
	Platform string `query:"platform" enum:"ios,android,web" doc:"Where the app runs; absent: anywhere"`
	Body     map[string]string
}) (*rest.Answer[client.Me], error) {
	set := map[string]bool{}
	for id, state := range in.Body {
		if state != granting && state != denied {
			return nil, rest.Invalid("", "not_a_state", "A permission is granted or denied.")
		}
		set[id] = state == granting
	}
	if len(set) > mostSettings {
		return nil, tooMany()
	}
	if err := g.mayTell(ctx, rest.WhoOf(ctx).Who, set); err != nil {
		return nil, err
	}
	return g.afterwards(ctx, g.People.SetPermissions(ctx, rest.WhoOf(ctx).Who, terms.Platform(in.Platform), set))
}

// mayTell refuses what the device tells of whom nothing may be handled. What is taken back counts all the same:
// a permission that was granted does not outlive a restriction, a suspension or a notice that waits (WIZ-6-02).
func (g *group) mayTell(ctx context.Context, who task.Who, set map[string]bool) error {
	refusal := g.People.Present(ctx, who)
	if refusal == nil {
		return nil
	}
	p, err := g.People.Profile(ctx, who)
	if err != nil {
		return err
	}
	for id, granted := range set {
		if granted || !p.Permissions[id] {
			return refusal
		}
	}
	if len(set) == 0 {
		return refusal
	}
	return nil
}

func (g *group) setObjections(ctx context.Context, in *struct{ Body map[string]bool }) (*rest.Answer[client.Me], error) {
	if len(in.Body) > mostSettings {
		return nil, tooMany()
	}
	set := map[privacy.Purpose]bool{}
	for id, v := range in.Body {
		set[privacy.Purpose(id)] = v
	}
	return g.afterwards(ctx, g.People.Object(ctx, rest.WhoOf(ctx).Who, set))
}

func (g *group) restrict(ctx context.Context, in *struct{ Body client.RestrictionCreate }) (*rest.Answer[client.Me], error) {
	return g.afterwards(ctx, g.People.Restrict(ctx, rest.WhoOf(ctx).Who, in.Body.Ground))
}

func (g *group) lift(ctx context.Context, _ *struct{}) (*rest.Answer[client.Me], error) {
	return g.afterwards(ctx, g.People.Lift(ctx, rest.WhoOf(ctx).Who))
}
