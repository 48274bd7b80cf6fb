package desk

import (
	"context"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"vow.example/vow/client"
	"vow.example/vow/client/admin"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/desk"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/desk"
	"vow.example/vow/internal/store/intake"
)

func (a *API) caseRoutes() {
	rest.Register(a.rest, creates("cases", "openCase", "Open a case: nothing of a person is read outside one"), a.openCase)
	rest.Register(a.rest, op(http.MethodGet, "cases", "listCases", "The cases of an app, newest first"), a.listCases)
	rest.Register(a.rest, op(http.MethodGet, "complaints", "listComplaints", "The complaints of an app, newest first, without what they say"), a.listComplaints)
	rest.Register(a.rest, op(http.MethodPost, "cases/{id}/close", "closeCase", "End a case"), a.closeCase)
	read := op(http.MethodPost, "cases/{id}/read", "readInCase", "Read one object within a case; the reading is recorded first, and the person sees it")
	read.More = binary("image/jpeg", "image/png", "image/webp", "video/mp4", "application/json", "text/plain")
	rest.Register(a.rest, read, a.read)
	rest.Register(a.rest, op(http.MethodPost, "cases/{id}/records", "readRecordsInCase", "Read the records of one category within a case, without content"), a.records)
	rest.Register(a.rest, op(http.MethodGet, "reads", "countForPurpose", "Count what is held of a category that may serve a purpose, without looking at anybody"), a.count)
	outside := op(http.MethodPost, "reads", "readWithoutCase", "Read without a case: always refused")
	outside.More = binary("application/octet-stream")
	rest.Register(a.rest, outside, a.readOutside)
}

func caseView(c facts.Case) admin.Case {
	return admin.Case{ID: string(c.ID), App: string(c.App), Subject: string(c.Subject), Kind: c.Kind, Reason: c.Reason, Staff: string(c.Staff), At: c.At, ClosesAt: c.ClosesAt}
}

func (a *API) openCase(ctx context.Context, in *struct{ Body admin.CaseCreate }) (*rest.Answer[admin.Case], error) {
	app, err := appOf(ctx, in.Body.App)
	if err != nil {
		return nil, err
	}
	c, err := a.desk.OpenCase(ctx, by(ctx), desk.Subject{App: app, ID: privacy.SubjectID(in.Body.Subject)}, in.Body.Kind, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return rest.Reply(caseView(c))
}

func (a *API) listCases(ctx context.Context, in *struct {
	AppQuery
	rest.Paging
}) (*rest.Answer[client.Page[admin.Case]], error) {
	app, err := appOf(ctx, in.App)
	if err != nil {
		return nil, err
	}
	list, err := a.desk.Cases(ctx, by(ctx), app, privacy.CaseID(in.Cursor), in.Limit+1)
	if err != nil {
		return nil, err
	}
	return rest.Reply(rest.Page(list, in.Limit, func(c facts.Case) string { return string(c.ID) }, caseView))
}

func (a *API) listComplaints(ctx context.Context, in *struct {
	AppQuery
	rest.Paging
}) (*rest.Answer[client.Page[admin.FiledComplaint]], error) {
	app, err := appOf(ctx, in.App)
	if err != nil {
		return nil, err
	}
	list, err := a.desk.Complaints(ctx, by(ctx), app, in.Cursor, in.Limit+1)
	if err != nil {
		return nil, err
	}
	return rest.Reply(rest.Page(list, in.Limit, func(c intake.Complaint) string { return string(c.Object) }, complaintView))
}

func complaintView(c intake.Complaint) admin.FiledComplaint {
	return admin.FiledComplaint{ID: string(c.Object), Subject: string(c.Subject), Source: c.Source, At: c.At, DeleteBy: c.ExpiresAt}
}

func (a *API) closeCase(ctx context.Context, in *rest.IDPath) (*rest.Answer[admin.Case], error) {
	c, err := a.desk.CloseCase(ctx, by(ctx), privacy.CaseID(in.ID))
	if err != nil {
		return nil, err
	}
	return rest.Reply(caseView(c))
}

func reading(id string, r admin.Read) desk.Read {
	return desk.Read{
		Case: privacy.CaseID(id), Object: privacy.ObjectID(r.Object), Category: privacy.Category(r.Category), Purpose: privacy.Purpose(r.Purpose),
		Reason: r.Reason, Override: r.Override, Exemption: r.Exemption,
	}
}

func (a *API) read(ctx context.Context, in *struct {
	rest.IDPath
	Body admin.Read
}) (*huma.StreamResponse, error) {
	if in.Body.Object == "" {
		return nil, rest.Invalid("/object", "required", "Name the object. Records of a category have a route of their own.")
	}
	o, body, err := a.desk.Open(ctx, by(ctx), reading(in.ID, in.Body))
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(h huma.Context) {
		defer body.Close()
		h.SetHeader("Content-Type", o.MediaType)
		h.SetHeader("Content-Disposition", "attachment")
		if _, err := io.Copy(h.BodyWriter(), body); err != nil {
			a.rest.Log.Info("a reading by staff broke off")
		}
	}}, nil
}

func (a *API) readOutside(ctx context.Context, in *struct{ Body admin.Read }) (*huma.StreamResponse, error) {
	_, body, err := a.desk.Open(ctx, by(ctx), reading("", in.Body))
	if err == nil {
		_ = body.Close() // nothing is given out: there is no case
		return nil, rest.NotFound()
	}
	return nil, err
}

func (a *API) records(ctx context.Context, in *struct {
	rest.IDPath
	Body admin.Read
}) (*rest.Answer[admin.Records], error) {
	if in.Body.Category == "" || in.Body.Object != "" {
		return nil, rest.Invalid("/category", "required", "Name the category. One object has a route of its own.")
	}
	found, err := a.desk.Records(ctx, by(ctx), reading(in.ID, in.Body))
	if err != nil {
		return nil, err
	}
	out := admin.Records{Rows: map[string][]map[string]any{}, Objects: []admin.Object{}}
	for name, list := range found.Rows {
		for _, row := range list {
			out.Rows[name] = append(out.Rows[name], row)
		}
	}
	for _, o := range found.Objects {
		out.Objects = append(out.Objects, objectView(o))
	}
	return rest.Reply(out)
}

func objectView(o store.Object) admin.Object {
	return admin.Object{
		ID: string(o.Object), Category: string(o.Category), MediaType: o.MediaType, Bytes: o.Bytes,
		WrittenAt: o.WrittenAt, DeleteAt: o.GoneBy(), Sealed: o.GoneBy().After(o.Due()),
	}
}

func (a *API) count(ctx context.Context, in *struct {
	AppQuery
	Category string `query:"category" maxLength:"64" required:"true"`
	Purpose  string `query:"purpose" maxLength:"64" required:"true"`
}) (*rest.Answer[admin.Count], error) {
	app, err := appOf(ctx, in.App)
	if err != nil {
		return nil, err
	}
	n, fields, err := a.desk.Count(ctx, by(ctx), app, privacy.Category(in.Category), privacy.Purpose(in.Purpose))
	if err != nil {
		return nil, err
	}
	return rest.Reply(admin.Count{Category: in.Category, Purpose: in.Purpose, Things: n.Things, People: n.People, Hidden: n.Hidden, Fields: append([]string{}, fields...)})
}
