package desk

import (
	"context"
	"net/http"

	"vow.example/vow/client/admin"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/desk"
	"vow.example/vow/internal/privacy"
)

func (a *API) peopleRoutes() {
	rest.Register(a.rest, op(http.MethodPost, "subjects/{id}/underage", "markUnderage", "Somebody is too young: everything of them is erased now"), a.underage)
	rest.Register(a.rest, op(http.MethodPut, "subjects/{id}/restriction", "restrictSubject", "Restrict processing at the person's request, or lift that"), a.restrict)
	rest.Register(a.rest, op(http.MethodPut, "subjects/{id}/objections", "recordObjection", "Write down an objection to a purpose, or the ground that overrides it"), a.objection)
	rest.Register(a.rest, op(http.MethodGet, "staff", "listStaff", "Who works here"), a.staff)
}

func (a *API) underage(ctx context.Context, in *struct {
	rest.IDPath
	AppQuery
}) (*rest.Answer[admin.Marked], error) {
	app, err := appOf(ctx, in.App)
	if err != nil {
		return nil, err
	}
	erased, err := a.desk.MarkUnderage(ctx, by(ctx), desk.Subject{App: app, ID: privacy.SubjectID(in.ID)})
	if err != nil {
		return nil, err
	}
	return rest.Reply(admin.Marked{Erased: erased})
}

func (a *API) restrict(ctx context.Context, in *struct {
	rest.IDPath
	Body admin.Restriction
}) (*rest.Answer[admin.Restriction], error) {
	app, err := appOf(ctx, in.Body.App)
	if err != nil {
		return nil, err
	}
	if err := a.desk.Restrict(ctx, by(ctx), desk.Subject{App: app, ID: privacy.SubjectID(in.ID)}, in.Body.Ground); err != nil {
		return nil, err
	}
	return rest.Reply(in.Body)
}

func (a *API) objection(ctx context.Context, in *struct {
	rest.IDPath
	Body admin.Objection
}) (*rest.Answer[admin.Objection], error) {
	app, err := appOf(ctx, in.Body.App)
	if err != nil {
		return nil, err
	}
	who := desk.Subject{App: app, ID: privacy.SubjectID(in.ID)}
	if err := a.desk.Objection(ctx, by(ctx), who, privacy.Purpose(in.Body.Purpose), in.Body.Override); err != nil {
		return nil, err
	}
	return rest.Reply(in.Body)
}

func (a *API) staff(ctx context.Context, _ *struct{}) (*rest.Answer[[]admin.Staff], error) {
	all, err := a.desk.Staff(ctx, by(ctx))
	if err != nil {
		return nil, err
	}
	out := []admin.Staff{}
	for _, s := range all {
		out = append(out, admin.Staff{ID: string(s.ID), Role: s.Role, Region: s.Region, App: string(s.App), At: s.At})
	}
	return rest.Reply(out)
}
