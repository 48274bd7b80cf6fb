package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"vow.example/vow/client"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/effects/material"
	"vow.example/vow/internal/effects/showcase"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/media"
	"vow.example/vow/internal/media/budget"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/task"
)

func (a *API) ownRoutes() {
	rest.Register(a.rest, rest.Op{Method: http.MethodGet, Path: "/v1/apps/{app}/materials", ID: "listMaterials", Tag: "public", Open: true,
		Summary: "Drawn templates, hair and frames that the app's effects use"}, a.listMaterials)
	rest.Register(a.rest, rest.Op{Method: http.MethodGet, Path: "/v1/apps/{app}/materials/{kind}/{id}/{file}", ID: "getMaterial", Tag: "public", Open: true,
		Summary: "A file of a drawn thing, for a thumbnail or to compose on the person's own device", More: materialBody}, a.getMaterial)
	rest.Register(a.rest, rest.Op{Method: http.MethodGet, Path: "/v1/apps/{app}/samples/{feature}/{version}", ID: "getSample", Tag: "public", Open: true,
		Summary: "The picture that stands for a feature where features are listed", More: sampleBody}, a.getSample)
	rest.Register(a.rest, rest.Op{Method: http.MethodHead, Path: "/v1/outputs/{id}/content", ID: "describeOutput", Tag: "library",
		Summary: "The headers of downloadOutput", More: func(o *huma.Operation) { o.Hidden = true }}, a.describeOutput)
	turns := budget.NewTurns(previewLine)
	rest.Register(a.rest, rest.Op{Method: http.MethodPost, Path: "/v1/previews", ID: "createPreview", Tag: "create",
		Summary: "A small preview of a feature of the own engine; nothing of it is stored", More: previewAnswer}, func(ctx context.Context, in *previewInput) (*huma.StreamResponse, error) {
		done, ok := turns.Wait(ctx, string(rest.WhoOf(ctx).Subject))
		if !ok {
			return nil, fault.New(fault.Unavailable, "rate-limited", "Too many of your previews are being made. Wait for one of them.")
		}
		defer done()
		return a.createPreview(ctx, in)
	})
	previewBody(a.rest.Huma.OpenAPI().Paths["/v1/previews"].Post) // after registering: huma must not read the body itself
}

// materialsOf returns the things that an app brought along; nil: none.
func (a *API) materialsOf(app string) fs.FS {
	if a.Materials == nil {
		return nil
	}
	return a.Materials(privacy.AppID(app))
}

func (a *API) listMaterials(ctx context.Context, in *struct {
	AppPath
	Kind string `query:"kind" enum:"template,hair,frame"`
	Lang string `query:"lang" maxLength:"64"`
}) (*rest.Answer[client.Page[client.Material]], error) {
	if _, ok := a.policy(privacy.AppID(in.App)); !ok {
		return nil, rest.NotFound()
	}
	out := client.Page[client.Material]{Data: []client.Material{}}
	for _, kind := range []material.Kind{material.Template, material.Hair, material.Frame} {
		if in.Kind != "" && in.Kind != string(kind) {
			continue
		}
		for _, m := range material.All(a.materialsOf(in.App), kind) {
			if !a.offers(ctx, privacy.AppID(in.App), string(kind), m.ID) {
				continue
			}
			view := client.Material{ID: m.ID, Kind: string(kind), Title: m.Title[string(rest.LangOf(ctx))], Credits: m.Credits, Width: m.Width, Height: m.Height, Files: map[string]string{}}
			for _, file := range kind.Files() {
				view.Files[file] = materialURL(privacy.AppID(in.App), string(kind), m.ID, file)
			}
			out.Data = append(out.Data, view)
		}
	}
	return rest.Reply(out)
}

// offers reports whether a drawn thing is shown in an app at all.
func (a *API) offers(ctx context.Context, app privacy.AppID, kind, id string) bool {
	return a.Offers == nil || a.Offers(ctx, app, kind, id)
}

func materialURL(app privacy.AppID, kind, id, file string) string {
	return "/v1/apps/" + string(app) + "/materials/" + kind + "/" + id + "/" + file
}

// pictureURL is where the picture of a choice is, or "" where the choice is no drawn thing.
func pictureURL(app privacy.AppID, kind, id string) string {
	if kind == "" {
		return ""
	}
	return materialURL(app, kind, id, "picture")
}

func materialBody(o *huma.Operation) {
	binary := &huma.MediaType{Schema: &huma.Schema{Type: "string", Format: "binary"}}
	o.Responses = map[string]*huma.Response{"200": {Description: "The file", Content: map[string]*huma.MediaType{
		"image/jpeg": binary, "image/png": binary, "application/json": {Schema: &huma.Schema{Type: "object"}},
	}}}
}

type materialAnswer struct {
	ContentType  string `header:"Content-Type"`
	CacheControl string `header:"Cache-Control"`
	Body         []byte
}

func (a *API) getMaterial(ctx context.Context, in *struct {
	AppPath
	Kind string `path:"kind" enum:"template,hair,frame"`
	ID   string `path:"id" maxLength:"40"`
	File string `path:"file" enum:"picture,mask,record"`
}) (*materialAnswer, error) {
	if _, ok := a.policy(privacy.AppID(in.App)); !ok {
		return nil, rest.NotFound()
	}
	if !a.offers(ctx, privacy.AppID(in.App), in.Kind, in.ID) {
		return nil, rest.NotFound()
	}
	data, mediaType, err := material.Read(a.materialsOf(in.App), material.Kind(in.Kind), in.ID, in.File)
	if err != nil {
		return nil, rest.NotFound()
	}
	return &materialAnswer{mediaType, "public, max-age=3600", data}, nil
}

// sampleOf finds the picture of a feature: none, where it cannot be shown or shows a drawn thing that the
// app does not offer now.
func (a *API) sampleOf(ctx context.Context, app privacy.AppID, f policy.Feature) (showcase.Sample, bool) {
	for _, in := range f.Inputs {
		if in.Material != "" && in.Default != "" && !a.offers(ctx, app, in.Material, in.Default) {
			return showcase.Sample{}, false
		}
	}
	s, ok, err := showcase.Of(a.materialsOf(string(app)), string(f.ID))
	return s, ok && err == nil
}

// sampleView tells of the picture of a feature; nil: it has none.
func (a *API) sampleView(ctx context.Context, who *rest.Credential, f policy.Feature, view client.Feature) *client.Sample {
	s, ok := a.sampleOf(ctx, who.App(), f)
	if !ok {
		return nil
	}
	return &client.Sample{
		URL: "/v1/apps/" + view.App + "/samples/" + view.ID + "/" + s.Version, Width: s.Width, Height: s.Height,
		Text: sampleText(view, s.Illustration, who.Lang), Illustration: s.Illustration,
	}
}

func sampleBody(o *huma.Operation) {
	o.Responses = map[string]*huma.Response{"200": {Description: "The picture", Content: map[string]*huma.MediaType{
		showcase.MediaType: {Schema: &huma.Schema{Type: "string", Format: "binary"}},
	}}}
}

// getSample serves a sample for ever under its version, and none under another.
func (a *API) getSample(ctx context.Context, in *struct {
	AppPath
	Feature string `path:"feature" maxLength:"64"`
	Version string `path:"version" maxLength:"40"`
}) (*materialAnswer, error) {
	p, ok := a.policy(privacy.AppID(in.App))
	if !ok {
		return nil, rest.NotFound()
	}
	f, ok := p.Feature(privacy.FeatureID(in.Feature))
	if !ok {
		return nil, rest.NotFound()
	}
	s, ok := a.sampleOf(ctx, p.App(), f)
	if !ok || s.Version != in.Version {
		return nil, rest.NotFound()
	}
	return &materialAnswer{showcase.MediaType, "public, max-age=31536000, immutable", s.Data}, nil
}

// previewInput takes the body as a stream, like an upload.
type previewInput struct {
	ContentType string `header:"Content-Type"`
	body        io.Reader
}

// Resolve keeps the stream for the handler.
func (p *previewInput) Resolve(ctx huma.Context) []error {
	p.body = ctx.BodyReader()
	return nil
}

func previewBody(o *huma.Operation) {
	binary := &huma.Schema{Type: "string", Format: "binary"}
	o.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: &huma.Schema{
		Type: "object", Required: []string{"request"}, AdditionalProperties: binary,
		Description: "The part request holds JSON: feature, consent, params. Every other part is a picture, named by its role: at most 1 MiB and one megapixel.",
		Properties:  map[string]*huma.Schema{"request": {Type: "string"}},
	}}}}
}

func previewAnswer(o *huma.Operation) {
	binary := &huma.MediaType{Schema: &huma.Schema{Type: "string", Format: "binary"}}
	o.Responses = map[string]*huma.Response{"200": {Description: "The preview", Content: map[string]*huma.MediaType{"image/jpeg": binary, "image/webp": binary}}}
}

const (
	previewBytes = 1 << 20 // of one picture
	previewParts = 8
	previewLine  = 4 // previews of one person, of which one is being made
)

func (a *API) createPreview(ctx context.Context, in *previewInput) (*huma.StreamResponse, error) {
	who := rest.WhoOf(ctx)
	asked, pictures, err := previewForm(in)
	defer func() {
		for _, data := range pictures {
			clear(data)
		}
	}()
	if err != nil {
		return nil, err
	}
	params := map[privacy.Field]string{}
	for name, value := range asked.Params {
		params[privacy.Field(name)] = value
	}
	data, mediaType, err := a.Tasks.Preview(ctx, who.Who, task.Request{
		Feature: privacy.FeatureID(asked.Feature), Params: params, Consent: privacy.ConsentID(asked.Consent), Language: who.Lang,
	}, pictures)
	if err != nil {
		return nil, err
	}
	return a.onceOnly(ctx, data, mediaType), nil
}

// describeOutput answers HEAD. A result that can be read once is not touched: only GET hands it over.
func (a *API) describeOutput(ctx context.Context, in *rest.IDPath) (*huma.StreamResponse, error) {
	o, err := a.output(ctx, in.ID)
	if err != nil || !readOnce(rest.WhoOf(ctx).Policy, o) {
		return a.downloadOutput(ctx, in)
	}
	return a.onceOnly(ctx, nil, typed(o.MediaType)), nil
}

// onceOnly answers with content that exists nowhere else any more.
func (a *API) onceOnly(ctx context.Context, data []byte, mediaType string) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(h huma.Context) {
		defer clear(data)
		h.SetHeader("Content-Type", mediaType)
		if _, err := h.BodyWriter().Write(data); err != nil {
			a.Log.Info("the client left before the answer", log.Request(rest.RequestOf(ctx)))
		}
	}}
}

// previewForm reads the parts of a preview: the request first, then small pictures by their role.
func previewForm(in *previewInput) (asked client.PreviewCreate, pictures map[privacy.Field][]byte, err error) {
	_, params, err := mime.ParseMediaType(in.ContentType)
	if err != nil || params["boundary"] == "" {
		return asked, nil, rest.Invalid("/request", "multipart", "The body is a multipart form.")
	}
	form, pictures := multipart.NewReader(in.body, params["boundary"]), map[privacy.Field][]byte{}
	for range previewParts {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return asked, pictures, nil
		}
		if err != nil {
			return asked, pictures, rest.Invalid("/request", "multipart", "The multipart body cannot be read.")
		}
		data, err := io.ReadAll(io.LimitReader(part, previewBytes+1))
		switch role := privacy.Field(part.FormName()); {
		case err != nil:
			return asked, pictures, rest.Invalid("/request", "multipart", "The multipart body breaks off before its end.")
		case len(data) > previewBytes:
			return asked, pictures, fault.New(fault.Invalid, media.CodeTooLarge, "A picture for a preview has at most 1 MiB.").With("max_bytes", previewBytes)
		case role == "request":
			d := json.NewDecoder(bytes.NewReader(data))
			d.DisallowUnknownFields()
			if asked.Feature != "" || d.Decode(&asked) != nil || d.More() {
				return asked, pictures, rest.Invalid("/request", "json", "The part request is JSON with feature, consent and params.")
			}
		case pictures[role] != nil:
			return asked, pictures, rest.Invalid("/inputs", "twice", "A picture of every role is given once.")
		default:
			pictures[role] = data
		}
	}
	return asked, pictures, rest.Invalid("/request", "too_many", "A preview has at most seven pictures.")
}
