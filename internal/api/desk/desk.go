// Package desk is the group of routes for staff, and the routes on which people see what staff did.
//
// It promises that every route for staff takes the credential of a member of staff and nothing else, and
// that content leaves only after its reading was recorded. It never decides anything: it asks the desk.
package desk

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"vow.example/vow/client/admin"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/desk"
	"vow.example/vow/internal/privacy"
	facts "vow.example/vow/internal/store/desk"
)

// API serves the routes.
type API struct {
	desk *desk.Service
	rest *rest.Server
}

// Routes returns what registers the routes.
func Routes(d *desk.Service) func(*rest.Server) {
	return func(s *rest.Server) {
		a := &API{d, s}
		a.caseRoutes()
		a.orderRoutes()
		a.peopleRoutes()
		a.suspensionRoutes()
		a.membershipRoutes()
		a.appRoutes()
		a.auditRoutes()
		a.templateRoutes()
		a.ownRoutes()
	}
}

// Staff answers whose credential a header holds, for api.Options.StaffOf.
func Staff(d *desk.Service) func(ctx context.Context, authorization string) (*rest.Staff, error) {
	return func(ctx context.Context, authorization string) (*rest.Staff, error) {
		s, err := d.StaffOf(ctx, rest.Bearer(authorization))
		if err != nil {
			return nil, err
		}
		return &rest.Staff{ID: s.ID, App: s.App, Role: s.Role, Region: s.Region}, nil
	}
}

// op describes an operation for staff.
func op(method, path, id, summary string) rest.Op {
	return rest.Op{Method: method, Path: "/v1/admin/" + path, ID: id, Tag: "staff", Summary: summary, Staff: true}
}

// creates is op for what answers with something new.
func creates(path, id, summary string) rest.Op {
	o := op(http.MethodPost, path, id, summary)
	o.Status = http.StatusCreated
	return o
}

// by returns who acts.
func by(ctx context.Context) facts.Staff {
	s := rest.StaffOf(ctx)
	return facts.Staff{ID: s.ID, Role: s.Role, Region: s.Region, App: s.App}
}

// appOf returns the app that a request is about: the one it names, or the only one that the member of
// staff works for.
func appOf(ctx context.Context, named string) (privacy.AppID, error) {
	if named != "" {
		return privacy.AppID(named), nil
	}
	if own := by(ctx).App; own != "" {
		return own, nil
	}
	return "", rest.Invalid("/app", "required", "Name the app: you work for several.")
}

// AppQuery is the app parameter of every list.
type AppQuery struct {
	App string `query:"app" maxLength:"64" doc:"left out by staff of one app"`
}

// binary documents an answer that is content.
func binary(mediaTypes ...string) func(*huma.Operation) {
	return func(o *huma.Operation) {
		content := map[string]*huma.MediaType{}
		for _, t := range mediaTypes {
			content[t] = &huma.MediaType{Schema: &huma.Schema{Type: "string", Format: "binary"}}
		}
		o.Responses = map[string]*huma.Response{"200": {Description: "The content itself. That it was read is recorded already.", Content: content}}
	}
}

func words[T ~string](list []T) []string {
	plain := make([]string, len(list))
	for i, w := range list {
		plain[i] = string(w)
	}
	return plain
}

func languages(in map[string]string) map[privacy.Lang]string {
	out := map[privacy.Lang]string{}
	for lang, text := range in {
		out[privacy.Lang(lang)] = text
	}
	return out
}

func orderView(o facts.Order) admin.Order {
	return admin.Order{
		ID: o.ID, App: string(o.App), Subject: string(o.Subject), Kind: o.Kind, Ground: o.Ground, Object: string(o.Object), Categories: words(o.Categories),
		Document: o.Document, Consent: string(o.Consent), Abroad: o.Abroad, Staff: string(o.Staff), Approvals: words(o.Approvals), Needed: o.Needed,
		State: o.State, At: o.At, Until: o.Until, EndedAt: rest.TimeOrNil(o.EndedAt),
	}
}
