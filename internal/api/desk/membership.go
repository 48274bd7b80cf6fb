package desk

import (
	"context"
	"net/http"

	"vow.example/vow/client/admin"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/desk"
	"vow.example/vow/internal/privacy"
)

func (a *API) membershipRoutes() {
	rest.Register(a.rest, op(http.MethodPut, "subjects/{id}/membership", "setMembership",
		"Report that somebody is a member until a moment: for the operator's own server, which has it from an app store"), a.setMembership)
	rest.Register(a.rest, op(http.MethodDelete, "subjects/{id}/membership", "endMembership",
		"Report that a membership has ended before its time"), a.endMembership)
}

func (a *API) setMembership(ctx context.Context, in *struct {
	rest.IDPath
	Body admin.SetMembership
}) (*rest.Answer[admin.Membership], error) {
	app, err := appOf(ctx, in.Body.App)
	if err != nil {
		return nil, err
	}
	m, err := a.desk.SetMembership(ctx, by(ctx), desk.Subject{App: app, ID: privacy.SubjectID(in.ID)}, in.Body.Level, in.Body.Until)
	if err != nil {
		return nil, err
	}
	return rest.Reply(admin.Membership{App: string(m.App), Subject: string(m.Subject), Level: m.Level, Until: rest.TimeOrNil(m.Until)})
}

func (a *API) endMembership(ctx context.Context, in *struct {
	rest.IDPath
	AppQuery
}) (*rest.Answer[admin.Membership], error) {
	app, err := appOf(ctx, in.App)
	if err != nil {
		return nil, err
	}
	if err := a.desk.EndMembership(ctx, by(ctx), desk.Subject{App: app, ID: privacy.SubjectID(in.ID)}); err != nil {
		return nil, err
	}
	return rest.Reply(admin.Membership{App: string(app), Subject: in.ID, Level: "free"})
}
