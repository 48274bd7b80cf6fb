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
	"vow.example/vow/internal/store/works"
	"vow.example/vow/internal/task/result"
)

func (a *API) libraryRoutes() {
	rest.Register(a.rest, rest.Op{Method: http.MethodGet, Path: "/v1/outputs", ID: "listOutputs", Tag: "library", Summary: "Results, newest first"}, a.listOutputs)
	rest.Register(a.rest, rest.Op{Method: http.MethodGet, Path: "/v1/outputs/{id}", ID: "getOutput", Tag: "library", Summary: "One result and its clock"}, a.getOutput)
	rest.Register(a.rest, rest.Op{Method: http.MethodGet, Path: "/v1/outputs/{id}/content", ID: "downloadOutput", Tag: "library", Summary: "The result itself", More: binaryBody}, a.downloadOutput)
	rest.Register(a.rest, rest.Op{Method: http.MethodDelete, Path: "/v1/outputs/{id}", ID: "deleteOutput", Always: true, Tag: "library", Summary: "Erase a result now; there is no trash"}, a.deleteObject)
}

// Shelf are the parameters of the list of works.
type Shelf struct {
	rest.Paging
	Kind     string `query:"kind" enum:"image,video" doc:"Only works of this kind"`
	Favorite bool   `query:"favorite" doc:"Only marked works"`
}

func (a *API) listOutputs(ctx context.Context, in *Shelf) (*rest.Answer[client.Page[client.Output]], error) {
	who := rest.WhoOf(ctx)
	app, filter := a.DB.App(who.App()), works.Filter{Favourite: in.Favorite, Before: privacy.ObjectID(in.Cursor), Limit: in.Limit + 1, Now: a.Clock.Now()}
	if in.Kind != "" {
		filter.Kind = in.Kind + "/"
	}
	ids, err := works.WorkIDs(ctx, app, who.Subject, filter)
	if err != nil {
		return nil, err
	}
	out := client.Page[client.Output]{Data: []client.Output{}}
	for i, id := range ids {
		if i == in.Limit {
			out.HasMore, out.NextCursor = true, string(ids[i-1])
			break
		}
		o, err := app.Object(ctx, who.Subject, id)
		if errors.Is(err, store.ErrNotFound) {
			continue // erased a moment ago
		}
		if err != nil {
			return nil, err
		}
		view, err := a.work(ctx, o)
		if err != nil {
			return nil, err
		}
		out.Data = append(out.Data, view)
	}
	return rest.Reply(out)
}

// work shows a result with what its owner has done with it.
func (a *API) work(ctx context.Context, o store.Object) (client.Output, error) {
	marks, err := works.MarksOf(ctx, a.DB.App(o.App), o.Object, a.Clock.Now())
	view := outputView(rest.WhoOf(ctx).Policy, o, a.produce(ctx, o))
	view.Favorite, view.Shared = marks.Favourite, marks.Shared
	return view, err
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
	view, err := a.work(ctx, o)
	if err != nil {
		return nil, err
	}
	return rest.Reply(view)
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
		"200": {Description: "The result: a picture, a video, facts about a picture, a text, or feature points. What says once is erased when it is read", Content: map[string]*huma.MediaType{
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
	if readOnce(rest.WhoOf(ctx).Policy, o) {
		return a.handOver(ctx, o)
	}
	lease, err := a.Vault.Lend(ctx, o.Ref, o.Due(), vault.Reading{Why: vault.ForSubject})
	if err != nil {
		return nil, err
	}
	content, err := lease.Open()
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(h huma.Context) {
		defer content.Close()
		h.SetHeader("Content-Type", typed(o.MediaType))
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
	return a.onceOnly(ctx, data, typed(o.MediaType)), nil
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

// typed is the header Content-Type of a result.
func typed(mediaType string) string {
	if mediaType == result.Plain {
		return mediaType + "; charset=utf-8"
	}
	return mediaType
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
