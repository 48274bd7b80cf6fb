package people

import (
	"context"
	"net/http"

	"vow.example/vow/client"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/people"
	"vow.example/vow/internal/people/screens"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

// readingOf shows the policy as it is read before it is accepted, where the app asks for that.
func readingOf(p *policy.Policy, lang privacy.Lang) (client.Reading, bool, error) {
	r, asked, err := screens.ReadingOf(p, lang)
	if err != nil || !asked {
		return client.Reading{}, false, err
	}
	out := client.Reading{
		Version: r.Version, Hash: r.Hash, Language: string(r.Language), Title: r.Title, Text: r.Text, AcceptLabel: r.Accept, DeclineLabel: r.Decline, Highlights: r.Highlights,
	}
	for _, s := range r.Sections {
		out.Sections = append(out.Sections, client.PolicySection{ID: s.ID, Title: s.Title, Body: s.Body})
	}
	return out, true, nil
}

func (g *group) entryRoutes() {
	rest.Register(g.rest, rest.Op{Method: http.MethodPost, Path: "/v1/account", ID: "createAccount", Tag: "session", Status: http.StatusNoContent,
		Summary: "Give this account a login and a password, and nothing else"}, g.setLogin)
	rest.Register(g.rest, rest.Op{Method: http.MethodPut, Path: "/v1/account", ID: "changePassword", Tag: "session", Always: true, Status: http.StatusNoContent,
		Summary: "Replace the password; every other session ends, and remembered devices are forgotten"}, g.changePassword)
	rest.Register(g.rest, rest.Op{Method: http.MethodDelete, Path: "/v1/account", ID: "deleteLogin", Tag: "session", Always: true, Status: http.StatusNoContent,
		Summary: "Take login and password away, by the password; DELETE /v1/me erases everything"}, g.eraseLogin)
	rest.Register(g.rest, rest.Op{Method: http.MethodPut, Path: "/v1/me/remembered", ID: "rememberDevice", Tag: "session",
		Summary: "Have this device remembered, so that it signs in again with one click"}, g.remember)
	rest.Register(g.rest, rest.Op{Method: http.MethodDelete, Path: "/v1/me/remembered", ID: "forgetDevices", Tag: "session", Always: true, Summary: "Forget every remembered device"}, g.forget)
}

func (g *group) setLogin(ctx context.Context, in *struct{ Body client.Account }) (*struct{}, error) {
	return nil, g.People.SetLogin(ctx, rest.WhoOf(ctx).Who, people.Credentials{
		Login: privacy.NewText(in.Body.Login), Password: privacy.NewText(in.Body.Password), Network: rest.NetworkOf(ctx),
	})
}

func (g *group) changePassword(ctx context.Context, in *struct{ Body client.PasswordChange }) (*struct{}, error) {
	who := rest.WhoOf(ctx)
	return nil, g.People.ChangePassword(ctx, who.Who, who.Session, privacy.NewText(in.Body.Password), privacy.NewText(in.Body.NewPassword))
}

func (g *group) eraseLogin(ctx context.Context, in *struct{ Body client.LoginRemoval }) (*struct{}, error) {
	return nil, g.People.EraseLogin(ctx, rest.WhoOf(ctx).Who, privacy.NewText(in.Body.Password))
}

func (g *group) remember(ctx context.Context, in *struct{ Body client.RememberCreate }) (*rest.Answer[client.Keepsake], error) {
	k, err := g.People.Remember(ctx, rest.WhoOf(ctx).Who, platform(in.Body.Platform))
	if err != nil {
		return nil, err
	}
	return rest.Reply(client.Keepsake{Cookie: k.Cookie, Token: k.Token, ExpiresAt: k.ExpiresAt})
}

func (g *group) forget(ctx context.Context, _ *struct{}) (*rest.Answer[client.Forgotten], error) {
	n, err := g.People.Forget(ctx, rest.WhoOf(ctx).Who)
	if err != nil {
		return nil, err
	}
	return rest.Reply(client.Forgotten{Devices: n})
}

func (g *group) guardianRoutes() {
	rest.Register(g.rest, rest.Op{Method: http.MethodPost, Path: "/v1/me/guardian", ID: "guardianStep", Tag: "session", Always: true,
		Summary: "Name a guardian by an address, or hand in the code that the guardian was shown"}, g.guardianStep)
	rest.Register(g.rest, rest.Op{Method: http.MethodGet, Path: "/v1/guardian/{link}", ID: "getGuardianRequest", Tag: "public", Open: true,
		Summary: "What a guardian is asked"}, g.guardianRequest)
	rest.Register(g.rest, rest.Op{Method: http.MethodPost, Path: "/v1/guardian/{link}", ID: "decideAsGuardian", Tag: "public", Open: true,
		Summary: "Agree as the guardian and get the code, or decline and have everything of the person erased"}, g.decideAsGuardian)
}

func (g *group) guardianStep(ctx context.Context, in *struct{ Body client.GuardianStep }) (*rest.Answer[client.GuardianState], error) {
	who := rest.WhoOf(ctx)
	switch {
	case in.Body.Code != "":
		if err := g.People.ConfirmGuardian(ctx, who.Who, in.Body.Code); err != nil {
			return nil, err
		}
		return rest.Reply(client.GuardianState{State: "confirmed"})
	case in.Body.Email == "":
		return nil, rest.Invalid("/email", "required", "Name an address of the guardian, or hand in the guardian's code.")
	}
	link, err := g.People.AskGuardian(ctx, who.Who, privacy.NewText(in.Body.Email))
	if err != nil {
		return nil, err
	}
	out := client.GuardianState{State: "asked", Link: link}
	if link != "" {
		out.URL = g.rest.Base + "/g/" + link
	}
	return rest.Reply(out)
}

// GuardianPath is a guardian's link.
type GuardianPath struct {
	Link string `path:"link" maxLength:"64"`
}

func (g *group) guardianRequest(ctx context.Context, in *struct {
	GuardianPath
	rest.LangQuery
}) (*rest.Answer[client.GuardianRequest], error) {
	lang := rest.LangOf(ctx)
	r, err := g.People.GuardianRequest(ctx, in.Link, lang)
	if err != nil {
		return nil, err
	}
	return rest.Reply(guardianView(r, lang))
}

func guardianView(r people.Request, lang privacy.Lang) client.GuardianRequest {
	out := client.GuardianRequest{
		App: string(r.Policy.App()), Name: r.Policy.Name(lang), State: r.State, Statement: r.Screen.Statement, Hash: r.Screen.Hash, Version: r.Screen.Version,
		PolicyURL: "/" + string(r.Policy.App()) + "/policy", Items: []client.GuardianItem{},
	}
	for _, i := range r.Screen.Items {
		out.Items = append(out.Items, client.GuardianItem{ID: i.ID, Text: i.Text})
	}
	return out
}

func (g *group) decideAsGuardian(ctx context.Context, in *struct {
	GuardianPath
	Body client.GuardianDecision
}) (*rest.Answer[client.GuardianAnswer], error) {
	contact := privacy.NewText(in.Body.Email)
	if in.Body.Decision == "declined" {
		if err := g.People.GuardianRefuses(ctx, in.Link, contact); err != nil {
			return nil, err
		}
		return rest.Reply(client.GuardianAnswer{State: "declined"})
	}
	code, err := g.People.GuardianAgrees(ctx, in.Link, people.Agreement{Contact: contact, Hash: in.Body.Hash, Items: in.Body.Items})
	if err != nil {
		return nil, err
	}
	return rest.Reply(client.GuardianAnswer{State: "shown", Code: code})
}
