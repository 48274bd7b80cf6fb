// Package people is the group of routes about who a person is to an app: sessions, the age band, a
// guardian, the policy's acceptance, settings, a login, marks and links of works, and the copy of
// everything.
//
// It promises that whoever is too young, or declines, is answered after everything is gone, and that no
// answer carries a digest or a secret but the one that was just made. It never decides: the service does.
package people

import (
	"context"
	"net/http"
	"slices"

	"vow.example/vow/client"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/people"
	"vow.example/vow/internal/people/export"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
)

// Options are the parts that the group speaks for.
type Options struct {
	People *people.Service
	Export *export.Exporter
	AppOf  func(appKey, app string) (*policy.Policy, bool) // in force, by publishable key or by id
	DB     *store.DB
}

// group is the routes with their parts.
type group struct {
	Options
	rest *rest.Server
}

// Routes returns what registers the group.
func Routes(o Options) func(*rest.Server) {
	return func(s *rest.Server) {
		g := &group{o, s}
		g.sessionRoutes()
		g.meRoutes()
		g.entryRoutes()
		g.guardianRoutes()
		g.guardianPages()
		g.settingRoutes()
		g.workRoutes()
		g.exportRoutes()
	}
}

func (g *group) sessionRoutes() {
	rest.Register(g.rest, rest.Op{Method: http.MethodPost, Path: "/v1/sessions", ID: "createSession", Tag: "session", Open: true, Status: http.StatusCreated,
		Summary: "Start a session: an anonymous one, or with login and password"}, g.createSession)
	rest.Register(g.rest, rest.Op{Method: http.MethodPost, Path: "/v1/sessions/remembered", ID: "createRememberedSession", Tag: "session", Open: true, Status: http.StatusCreated,
		Summary: "Sign in again with one click"}, g.signInRemembered)
}

func (g *group) createSession(ctx context.Context, in *struct{ Body client.SessionCreate }) (*rest.Answer[client.Session], error) {
	p, ok := g.AppOf(in.Body.AppKey, in.Body.App)
	if !ok {
		return nil, fault.New(fault.Refused, "unauthenticated", "No app has this key or id.")
	}
	e := people.Entry{
		Policy: p, Locale: rest.LangOf(ctx), Platform: platform(in.Body.Platform), Band: in.Body.AgeBand, Device: privacy.NewText(in.Body.Device),
		Login: privacy.NewText(in.Body.Login), Password: privacy.NewText(in.Body.Password), Network: rest.NetworkOf(ctx),
	}
	if in.Body.Locale != "" {
		e.Locale = policy.Match(in.Body.Locale, p.Languages())
	}
	return g.enter(ctx, e)
}

func (g *group) signInRemembered(ctx context.Context, in *struct{ Body client.RememberedSession }) (*rest.Answer[client.Session], error) {
	p, ok := g.AppOf(in.Body.AppKey, in.Body.App)
	if !ok || in.Body.Token == "" {
		return nil, fault.New(fault.Refused, "unauthenticated", "No app has this key or id, or there is no token.")
	}
	return g.enter(ctx, people.Entry{
		Policy: p, Locale: rest.LangOf(ctx), Platform: platform(in.Body.Platform), Device: privacy.NewText(in.Body.Device), Remembered: in.Body.Token,
	})
}

func platform(word string) terms.Platform {
	if word == "" {
		return terms.Web
	}
	return terms.Platform(word)
}

// enter opens the session and says what has to happen next.
func (g *group) enter(ctx context.Context, e people.Entry) (*rest.Answer[client.Session], error) {
	a, err := g.People.Enter(ctx, e)
	if err != nil {
		return nil, err
	}
	out := client.Session{
		ID: string(a.ID), Subject: string(a.Subject), AccessToken: a.Token, ExpiresAt: a.ExpiresAt, Locale: string(a.Locale), ReducedSecurity: a.Reduced,
	}
	if a.Again.Token != "" {
		out.Remembered = &client.Keepsake{Cookie: a.Again.Cookie, Token: a.Again.Token, ExpiresAt: a.Again.ExpiresAt}
	}
	out.Standing, err = standing(g.People.PresentOf(ctx, a.App, a.Subject))
	if err != nil {
		return nil, err
	}
	return rest.Reply(out)
}

// standing turns the answer of Standing into the word of the API. What is no refusal stays an error.
func standing(err error) (string, error) {
	if err == nil {
		return "", nil
	}
	if kind := fault.KindOf(err); kind == fault.Refused || kind == fault.Gone {
		return fault.CodeOf(err), nil
	}
	return "", err
}

func (g *group) meRoutes() {
	for _, op := range []struct {
		rest.Op
		do func(context.Context, *struct{}) (*rest.Answer[client.Me], error)
	}{
		{rest.Op{Method: http.MethodGet, Path: "/v1/me", ID: "getMe", Summary: "What the settings page shows"}, g.getMe},
		{rest.Op{Method: http.MethodDelete, Path: "/v1/me/restriction", ID: "liftRestriction", Summary: "End a restriction of processing"}, g.lift},
	} {
		op.Tag, op.Always = "session", true
		rest.Register(g.rest, op.Op, op.do)
	}
	rest.Register(g.rest, rest.Op{Method: http.MethodPatch, Path: "/v1/me", ID: "updateMe", Tag: "session", Always: true, Summary: "Correct what you may correct"}, g.updateMe)
	rest.Register(g.rest, rest.Op{Method: http.MethodPut, Path: "/v1/me/age", ID: "setAge", Tag: "session", Always: true, Summary: "Say which age band you belong to; nothing else is asked, and the answer binds"}, g.setAge)
	rest.Register(g.rest, rest.Op{Method: http.MethodGet, Path: "/v1/me/acceptance", ID: "getReading", Tag: "session", Always: true, Summary: "The policy as it is shown for acceptance"}, g.getReading)
	rest.Register(g.rest, rest.Op{Method: http.MethodPost, Path: "/v1/me/acceptance", ID: "decideAboutPolicy", Tag: "session", Always: true, Summary: "Accept the policy, or decline it and have the account erased"}, g.decide)
}

func (g *group) getMe(ctx context.Context, _ *struct{}) (*rest.Answer[client.Me], error) {
	out, err := g.me(ctx)
	if err != nil {
		return nil, err
	}
	return rest.Reply(out)
}

// noMembership is the level of whoever is a member of nothing.
const noMembership = "free"

// me describes the caller.
func (g *group) me(ctx context.Context) (client.Me, error) {
	who := rest.WhoOf(ctx)
	s, err := g.DB.App(who.App()).Subject(ctx, who.Subject)
	if err != nil {
		return client.Me{}, rest.NotFound()
	}
	p, err := g.People.Profile(ctx, who.Who)
	if err != nil {
		return client.Me{}, err
	}
	out := client.Me{
		ID: string(s.ID), UserID: string(s.ID), App: string(who.App()), Membership: noMembership, Locale: string(s.Locale), CreatedAt: s.CreatedAt,
		AgeBand: p.Band, Guardian: p.Guardian, AcceptedVersion: p.Version, Accepted: p.Accepted, Restricted: p.Restriction != "", Restriction: p.Restriction, Login: p.Login,
		Switches: people.Switches(who.Who, p), Permissions: map[string]string{}, Objections: []string{},
	}
	if level, ok := who.Policy.Terms().Level(p.Member); ok {
		out.Membership, out.MembershipName, out.MembershipUntil = level.ID, level.Name.In(rest.LangOf(ctx)), rest.TimeOrNil(p.MemberUntil)
	}
	for id, granted := range p.Permissions {
		if out.Permissions[id] = denied; granted {
			out.Permissions[id] = granting
		}
	}
	for _, o := range p.Objections {
		out.Objections = append(out.Objections, string(o))
	}
	slices.Sort(out.Objections)
	out.Standing, err = standing(g.People.Present(ctx, who.Who))
	return out, err
}

// afterwards describes the caller after a change.
func (g *group) afterwards(ctx context.Context, err error) (*rest.Answer[client.Me], error) {
	if err != nil {
		return nil, err
	}
	return g.getMe(ctx, nil)
}

func (g *group) updateMe(ctx context.Context, in *struct{ Body client.MeUpdate }) (*rest.Answer[client.Me], error) {
	who := rest.WhoOf(ctx)
	if in.Body.Locale == "" {
		return g.getMe(ctx, nil)
	}
	return g.afterwards(ctx, g.People.SetLocale(ctx, who.Who, policy.Match(in.Body.Locale, who.Policy.Languages())))
}

func (g *group) setAge(ctx context.Context, in *struct{ Body client.AgeStatement }) (*rest.Answer[client.Me], error) {
	return g.afterwards(ctx, g.People.SetAge(ctx, rest.WhoOf(ctx).Who, in.Body.Band, privacy.NewText(in.Body.Device)))
}

func (g *group) getReading(ctx context.Context, _ *rest.LangQuery) (*rest.Answer[client.Reading], error) {
	who := rest.WhoOf(ctx)
	p, err := g.People.Profile(ctx, who.Who)
	if err != nil {
		return nil, err
	}
	r, required, err := readingOf(who.Policy, who.Lang)
	if err != nil {
		return nil, err
	}
	r.Required, r.Accepted = required, p.Accepted
	return rest.Reply(r)
}

func (g *group) decide(ctx context.Context, in *struct{ Body client.Acceptance }) (*rest.Answer[client.Me], error) {
	who := rest.WhoOf(ctx)
	if in.Body.Decision == "accepted" {
		return g.afterwards(ctx, g.People.Decide(ctx, who.Who, in.Body.Version, in.Body.Hash))
	}
	me, err := g.me(ctx) // afterwards there is nobody to describe
	if err != nil {
		return nil, err
	}
	if err := g.People.Decline(ctx, who.Who); err != nil {
		return nil, err
	}
	return rest.Reply(client.Me{
		ID: me.ID, UserID: me.UserID, App: me.App, Membership: noMembership, Locale: me.Locale, CreatedAt: me.CreatedAt, Standing: "account-erased",
		Switches: map[string]bool{}, Permissions: map[string]string{}, Objections: []string{},
	})
}
