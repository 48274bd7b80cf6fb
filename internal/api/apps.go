package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/api/editions"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/people"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
)

func (a *API) appRoutes() {
	rest.Register(a.rest, rest.Op{Method: http.MethodGet, Path: "/healthz", ID: "health", Tag: "public", Summary: "Is the server up", Open: true},
		func(context.Context, *struct{}) (*rest.Answer[health], error) {
			return rest.Reply(health{Status: "ok", Version: version})
		})
	rest.Register(a.rest, rest.Op{Method: http.MethodGet, Path: "/v1/apps", ID: "listApps", Tag: "public", Summary: "Apps of this server", Open: true}, a.listApps)
	rest.Register(a.rest, rest.Op{Method: http.MethodGet, Path: "/v1/apps/{app}", ID: "getApp", Tag: "public", Summary: "One app", Open: true}, a.getApp)
	rest.Register(a.rest, rest.Op{Method: http.MethodGet, Path: "/v1/apps/{app}/policy", ID: "getPolicy", Tag: "public", Summary: "The policy in force, as text", Open: true}, a.getPolicy)
}

type health struct {
	Status  string `json:"status" enum:"ok"`
	Version string `json:"version"`
}

// AppPath is the path parameter of one app.
type AppPath struct {
	App string `path:"app" maxLength:"64"`
}

func (a *API) listApps(ctx context.Context, _ *struct{}) (*rest.Answer[client.Page[client.App]], error) {
	out := client.Page[client.App]{Data: []client.App{}}
	for _, id := range a.Order {
		if p, ok := a.policy(id); ok {
			out.Data = append(out.Data, a.app(p, rest.LangOf(ctx)))
		}
	}
	return rest.Reply(out)
}

func (a *API) getApp(ctx context.Context, in *AppPath) (*rest.Answer[client.App], error) {
	p, ok := a.policy(privacy.AppID(in.App))
	if !ok {
		return nil, rest.NotFound()
	}
	return rest.Reply(a.app(p, rest.LangOf(ctx)))
}

func (a *API) app(p *policy.Policy, lang privacy.Lang) client.App {
	out := client.App{
		ID: string(p.App()), Name: p.Name("en"), PolicyVersion: p.Version(), PolicyHash: "sha256:" + string(p.Hash()),
		MinAge: p.MinAge(), GuardianBelow: p.Terms().Minors.GuardianBelow, Demo: a.Demo != nil, Cookieless: p.Cookieless(),
		Operator: p.Terms().Controller.In(lang), Asks: asks(p), Offers: offers(p),
	}
	for _, l := range p.Languages() {
		out.Languages = append(out.Languages, string(l))
	}
	for key, id := range a.Keys {
		if id == p.App() && a.Demo != nil {
			out.AppKey = key
		}
	}
	return out
}

// asks lists what a person is asked before data is handled.
func asks(p *policy.Policy) []string {
	t, list := p.Terms(), []string{}
	for word, asked := range map[string]bool{"age": t.Minors.Ask, "guardian": t.Minors.Ask && t.Minors.NeedsGuardian(terms.Minor), "acceptance": t.Acceptance != nil} {
		if asked {
			list = append(list, word)
		}
	}
	slices.Sort(list)
	return list
}

// offers lists what the policy allows besides the features.
func offers(p *policy.Policy) []string {
	list := []string{}
	if p.HasCategory("favorite") {
		list = append(list, "favorites")
	}
	if _, ok := people.RememberCookie(p); ok {
		list = append(list, "one_click")
	}
	if p.Terms().Share.Works {
		list = append(list, "sharing")
	}
	return list
}

func (a *API) getPolicy(ctx context.Context, in *struct {
	AppPath
	Lang string `query:"lang" maxLength:"64"`
}) (*rest.Answer[client.PolicyDocument], error) {
	p, ok := a.policy(privacy.AppID(in.App))
	if !ok {
		return nil, rest.NotFound()
	}
	return rest.Reply(editions.Document(p, rest.LangOf(ctx)))
}

func (a *API) sessionRoutes() {
	rest.Register(a.rest, rest.Op{Method: http.MethodDelete, Path: "/v1/sessions/current", ID: "endSession", Tag: "session", Summary: "Sign out", Always: true, Status: http.StatusNoContent}, a.endSession)
	rest.Register(a.rest, rest.Op{Method: http.MethodDelete, Path: "/v1/me", ID: "eraseMe", Tag: "session", Summary: "Erase the account and everything of it, now", Always: true}, a.eraseMe)
}

// idleUntil is when an account in use now would be erased if it were never used again.
func (a *API) idleUntil(p *policy.Policy, now time.Time) (time.Time, error) {
	d, err := retention.For(p, "account", policy.LastActive, now)
	return d.At(), err
}

func (a *API) endSession(ctx context.Context, _ *struct{}) (*struct{}, error) {
	who := rest.WhoOf(ctx)
	return nil, a.DB.Write(ctx, func(tx *store.Tx) error { return tx.DeleteSession(ctx, who.App(), who.Session) })
}

func (a *API) eraseMe(ctx context.Context, _ *struct{}) (*rest.Answer[client.RightsRequest], error) {
	return a.request(ctx, "erase", "account")
}
