package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"vow.example/vow/client"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task/result"
)

func (a *API) libraryRoutes() {
	rest.Register(a.rest, rest.Op{Method: http.MethodGet, Path: "/v1/outputs", ID: "listOutputs", Tag: "library", Summary: "Results, newest first"}, a.listOutputs)
	rest.Register(a.rest, rest.Op{Method: http.MethodGet, Path: "/v1/outputs/{id}", ID: "getOutput", Tag: "library", Summary: "One result and its clock"}, a.getOutput)
	rest.Register(a.rest, rest.Op{Method: http.MethodGet, Path: "/v1/outputs/{id}/content", ID: "downloadOutput", Tag: "library", Summary: "The result itself", More: binaryBody}, a.downloadOutput)
	rest.Register(a.rest, rest.Op{Method: http.MethodDelete, Path: "/v1/outputs/{id}", ID: "deleteOutput", Tag: "library", Summary: "Erase a result now; there is no trash"}, a.deleteObject)
}

func (a *API) listOutputs(ctx context.Context, in *rest.Paging) (*rest.Answer[client.Page[client.Output]], error) {
	who := rest.WhoOf(ctx)
	rows, err := a.DB.App(who.App()).Outputs(ctx, who.Subject, privacy.ObjectID(in.Cursor), in.Limit+1)
	if err != nil {
		return nil, err
	}
	all := rest.Page(rows, in.Limit, func(o store.Object) string { return string(o.Object) }, func(o store.Object) client.Output { return outputView(o, a.produce(ctx, o)) })
	living := all.Data[:0]
	for _, o := range all.Data {
		if a.Clock.Now().Before(*o.Clock.DeleteAt) {
			living = append(living, o)
		}
	}
	all.Data = living
	return rest.Reply(all)
}

// output finds a living result of the caller.
func (a *API) output(ctx context.Context, id string) (store.Object, error) {
	who := rest.WhoOf(ctx)
	if !privacy.HasPrefix(id, privacy.PrefixOutput) {
		return store.Object{}, rest.NotFound()
	}
	o, err := a.DB.App(who.App()).Object(ctx, who.Subject, privacy.ObjectID(id))
	if errors.Is(err, store.ErrNotFound) || err == nil && !a.readable(ctx, o) {
		return o, a.erased(ctx, who, privacy.ObjectID(id))
	}
	return o, err
}

func (a *API) getOutput(ctx context.Context, in *rest.IDPath) (*rest.Answer[client.Output], error) {
	o, err := a.output(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return rest.Reply(outputView(o, a.produce(ctx, o)))
}

// produce is the pseudonym in the file of a result, or "" once its task is gone. Only apps whose
// files name who made them have one: for the others nothing is looked up.
func (a *API) produce(ctx context.Context, o store.Object) string {
	p, ok := a.policy(o.App)
	if !ok || !p.Label().TC260 {
		return ""
	}
	k, err := a.DB.App(o.App).TaskByID(ctx, o.Task)
	if err != nil {
		return ""
	}
	return k.Produce
}

func binaryBody(o *huma.Operation) {
	binary := &huma.MediaType{Schema: &huma.Schema{Type: "string", Format: "binary"}}
	other := &huma.MediaType{Schema: &huma.Schema{Type: "object"}}
	o.Responses = map[string]*huma.Response{
		"200": {Description: "The result: a picture, a video, facts about a picture, a text, or feature points, which are erased when they are read", Content: map[string]*huma.MediaType{
			"image/jpeg": binary, "image/png": binary, "image/webp": binary, "image/gif": binary, "video/mp4": binary, "application/json": other, result.PointsJSON: other,
			"text/plain": {Schema: &huma.Schema{Type: "string"}},
		}},
		"206": {Description: "The part that the header Range asks for; players of videos do", Content: map[string]*huma.MediaType{"video/mp4": binary}},
	}
}

func (a *API) downloadOutput(ctx context.Context, in *rest.IDPath) (*huma.StreamResponse, error) {
	o, err := a.output(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if result.KindOf(o.MediaType) == result.Points {
		return a.handOver(ctx, o)
	}
	lease, err := a.Vault.Lend(ctx, o.Ref, o.Due(), vault.ForSubject)
	if err != nil {
		return nil, err
	}
	content, err := lease.Open()
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(h huma.Context) {
		defer content.Close()
		mediaType := o.MediaType
		if mediaType == result.Plain {
			mediaType += "; charset=utf-8"
		}
		h.SetHeader("Content-Type", mediaType)
		h.SetHeader("Content-Disposition", `inline; filename="result`+ending(o.MediaType)+`"`)
		r, w := humago.Unwrap(h)
		http.ServeContent(w, r, "", time.Time{}, whole{content, o.Bytes})
	}}, nil
}

// handOver answers with a result that could be read once. It is erased already.
func (a *API) handOver(ctx context.Context, o store.Object) (*huma.StreamResponse, error) {
	data, err := a.Tasks.HandOver(ctx, rest.WhoOf(ctx).Who, o)
	if err != nil {
		return nil, err
	}
	return a.onceOnly(ctx, data, o.MediaType), nil
}

// whole is a result that can be read from any place: only what is asked for is decrypted.
type whole struct {
	io.Reader
	size int64
}

// Seek sets where the next Read begins. A content that cannot be read from the middle is refused there.
func (c whole) Seek(offset int64, whence int) (int64, error) {
	if s, ok := c.Reader.(io.Seeker); ok {
		return s.Seek(offset, whence)
	}
	if whence == io.SeekEnd && offset == 0 {
		return c.size, nil
	}
	if whence == io.SeekStart && offset == 0 {
		return 0, nil
	}
	return 0, errors.New("api: this result can be read from its beginning only")
}

func ending(mediaType string) string {
	switch mediaType {
	case "image/jpeg":
		return ".jpg"
	case "image/png":
		return ".png"
	case "image/webp":
		return ".webp"
	case "image/gif":
		return ".gif"
	case "video/mp4":
		return ".mp4"
	case result.JSON, result.PointsJSON:
		return ".json"
	case result.Plain:
		return ".txt"
	default:
		return ""
	}
}
