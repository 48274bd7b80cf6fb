package desk

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"vow.example/vow/client"
	"vow.example/vow/client/admin"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/desk"
	"vow.example/vow/internal/privacy"
	facts "vow.example/vow/internal/store/desk"
)

func (a *API) orderRoutes() {
	for _, kind := range []string{facts.Hold, facts.Disclosure, facts.Override, facts.Exemption} {
		path, name := kind+"s", strings.ToUpper(kind[:1])+kind[1:]
		rest.Register(a.rest, creates(path, "ask"+name, "Ask for this on a ground of the policy; other people have to agree"), a.ask(kind))
		rest.Register(a.rest, op(http.MethodGet, path, "list"+name+"s", "Those of an app, newest first"), a.list(kind))
		rest.Register(a.rest, op(http.MethodPost, path+"/{id}/approve", "approve"+name, "Agree; not to what one asked for, and not twice"), a.approve(kind))
	}
	rest.Register(a.rest, op(http.MethodPost, "holds/{id}/end", "endHold", "End a hold: what it alone kept dies now"), a.endHold)
	archive := op(http.MethodPost, "disclosures/{id}/archive", "takeArchive", "Take the archive of an approved disclosure, once; the person sees the row first")
	archive.More = binary("application/zip")
	rest.Register(a.rest, archive, a.archive)
}

func (a *API) ask(kind string) func(context.Context, *struct{ Body admin.OrderCreate }) (*rest.Answer[admin.Order], error) {
	return func(ctx context.Context, in *struct{ Body admin.OrderCreate }) (*rest.Answer[admin.Order], error) {
		b := in.Body
		app, err := appOf(ctx, b.App)
		if err != nil {
			return nil, err
		}
		wanted := desk.Ask{
			Subject: desk.Subject{App: app, ID: privacy.SubjectID(b.Subject)}, Kind: kind, Ground: b.Ground, Object: privacy.ObjectID(b.Object),
			Document: b.Document, Consent: privacy.ConsentID(b.Consent), Abroad: b.Abroad,
			Words: desk.Words{
				Receiver: privacy.NewText(b.Receiver), Reason: privacy.NewText(b.Reason), Rule: privacy.NewText(b.Rule),
				Request: privacy.NewText(b.Request), Performance: privacy.NewText(b.Performance),
			},
		}
		for _, c := range b.Categories {
			wanted.Categories = append(wanted.Categories, privacy.Category(c))
		}
		if b.Until != nil {
			wanted.Until = *b.Until
		}
		o, err := a.desk.Ask(ctx, by(ctx), wanted)
		if err != nil {
			return nil, err
		}
		return rest.Reply(orderView(o))
	}
}

func (a *API) list(kind string) func(context.Context, *AppQuery) (*rest.Answer[client.Page[admin.Order]], error) {
	return func(ctx context.Context, in *AppQuery) (*rest.Answer[client.Page[admin.Order]], error) {
		app, err := appOf(ctx, in.App)
		if err != nil {
			return nil, err
		}
		all, err := a.desk.ListOrders(ctx, by(ctx), app, kind)
		if err != nil {
			return nil, err
		}
		return rest.Reply(rest.Page(all, len(all), func(o facts.Order) string { return o.ID }, orderView))
	}
}

func (a *API) approve(kind string) func(context.Context, *rest.IDPath) (*rest.Answer[admin.Order], error) {
	return func(ctx context.Context, in *rest.IDPath) (*rest.Answer[admin.Order], error) {
		o, err := a.desk.Approve(ctx, by(ctx), kind, in.ID)
		if err != nil {
			return nil, err
		}
		return rest.Reply(orderView(o))
	}
}

func (a *API) endHold(ctx context.Context, in *rest.IDPath) (*rest.Answer[admin.Order], error) {
	o, err := a.desk.EndHold(ctx, by(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return rest.Reply(orderView(o))
}

func (a *API) archive(ctx context.Context, in *struct {
	rest.IDPath
	Override string `query:"override" maxLength:"64" doc:"An override in force, where something is restricted or sealed"`
}) (*huma.StreamResponse, error) {
	archive, err := a.desk.Archive(ctx, by(ctx), in.ID, in.Override)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(h huma.Context) {
		h.SetHeader("Content-Type", "application/zip")
		h.SetHeader("Content-Disposition", `attachment; filename="disclosure.zip"`)
		if err := archive.Write(h.BodyWriter()); err != nil {
			a.rest.Log.Info("an archive broke off")
		}
	}}, nil
}
