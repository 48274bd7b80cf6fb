package people

import (
	"context"
	_ "embed" // for the page of a link
	"html/template"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"vow.example/vow/client"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/people"
	"vow.example/vow/internal/people/export"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/task"
)

//go:embed share.html
var sharePage string

func (g *group) workRoutes() {
	rest.Register(g.rest, rest.Op{Method: http.MethodPut, Path: "/v1/outputs/{id}/favorite", ID: "favorite", Tag: "library", Status: http.StatusNoContent,
		Summary: "Mark a work; the mark changes no clock"}, g.favourite)
	rest.Register(g.rest, rest.Op{Method: http.MethodDelete, Path: "/v1/outputs/{id}/favorite", ID: "unfavorite", Tag: "library", Always: true, Status: http.StatusNoContent,
		Summary: "Take a mark away"}, g.unfavourite)
	rest.Register(g.rest, rest.Op{Method: http.MethodPost, Path: "/v1/outputs/{id}/share", ID: "shareOutput", Tag: "library", Status: http.StatusCreated,
		Summary: "Make a link to one work, by your own act; an earlier link of it ends"}, g.share)
	rest.Register(g.rest, rest.Op{Method: http.MethodDelete, Path: "/v1/outputs/{id}/share", ID: "unshareOutput", Tag: "library", Always: true, Status: http.StatusNoContent,
		Summary: "End the link of a work at once"}, g.unshare)
	page := template.Must(template.New("share").Parse(sharePage))
	g.rest.Mux.HandleFunc("GET /s/{token}", func(w http.ResponseWriter, r *http.Request) { g.shared(w, r, page) })
	g.rest.Mux.HandleFunc("GET /s/{token}/content", g.sharedContent)
}

func (g *group) favourite(ctx context.Context, in *rest.IDPath) (*struct{}, error) {
	return nil, g.People.Favourite(ctx, rest.WhoOf(ctx).Who, privacy.ObjectID(in.ID))
}

func (g *group) unfavourite(ctx context.Context, in *rest.IDPath) (*struct{}, error) {
	return nil, g.People.Unfavourite(ctx, rest.WhoOf(ctx).Who, privacy.ObjectID(in.ID))
}

func (g *group) share(ctx context.Context, in *rest.IDPath) (*rest.Answer[client.Share], error) {
	who := rest.WhoOf(ctx)
	token, err := g.People.Share(ctx, who.Who, privacy.ObjectID(in.ID))
	if err != nil {
		return nil, err
	}
	o, err := g.DB.App(who.App()).Object(ctx, who.Subject, privacy.ObjectID(in.ID))
	if err != nil {
		return nil, rest.NotFound()
	}
	due := o.Due()
	return rest.Reply(client.Share{Token: token, URL: g.rest.Base + "/s/" + token, Clock: client.Clock{Rule: o.Rule, Starts: string(o.Starts), DeleteAt: &due}})
}

func (g *group) unshare(ctx context.Context, in *rest.IDPath) (*struct{}, error) {
	return nil, g.People.Unshare(ctx, rest.WhoOf(ctx).Who, privacy.ObjectID(in.ID))
}

// sharedView is the page of a link.
type sharedView struct {
	Lang, App, Label, Text, Content string
	Video                           bool
}

// shared shows a work to whoever has the link.
func (g *group) shared(w http.ResponseWriter, r *http.Request, page *template.Template) {
	found, ok := g.sharedBy(w, r)
	if !ok {
		return
	}
	lang := rest.LangOf(r.Context())
	view := sharedView{
		Lang: string(lang), App: found.Policy.Name(lang), Label: found.Policy.Label().Text.In(lang), Content: "/s/" + r.PathValue("token") + "/content",
		Text: "Shown by the person who made it, who can end this link at any time.", Video: strings.HasPrefix(found.MediaType, "video/"),
	}
	if lang == "zh-Hans" {
		view.Text = "由作者本人分享，作者可随时结束此链接。"
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; img-src 'self'; media-src 'self'; frame-ancestors 'none'")
	if err := page.Execute(w, view); err != nil {
		g.rest.Log.Info("the client left before the answer", log.Request(rest.RequestOf(r.Context())))
	}
}

// sharedBy finds the work behind the link of a request, or answers why there is none.
func (g *group) sharedBy(w http.ResponseWriter, r *http.Request) (people.SharedWork, bool) {
	w.Header().Set("X-Robots-Tag", "noindex, nofollow")
	w.Header().Set("Referrer-Policy", "no-referrer")
	found, err := g.People.SharedBy(r.Context(), r.PathValue("token"))
	if err != nil {
		g.rest.WriteProblem(w, r, err)
	}
	return found, err == nil
}

// sharedContent streams a shared work.
func (g *group) sharedContent(w http.ResponseWriter, r *http.Request) {
	found, ok := g.sharedBy(w, r)
	if !ok {
		return
	}
	content, err := g.People.Open(r.Context(), found)
	if err != nil {
		g.rest.WriteProblem(w, r, err)
		return
	}
	defer content.Close()
	w.Header().Set("Content-Type", found.MediaType)
	w.Header().Set("Content-Length", strconv.FormatInt(found.Bytes, 10))
	if _, err := io.Copy(w, content); err != nil {
		g.rest.Log.Info("the client left before the answer", log.Request(rest.RequestOf(r.Context())))
	}
}

func (g *group) exportRoutes() {
	rest.Register(g.rest, rest.Op{Method: http.MethodGet, Path: "/v1/privacy/export", ID: "exportMe", Tag: "privacy", Always: true, More: exportBody,
		Summary: "A copy of everything that is held of me, as a ZIP file; with dry_run its size"}, g.export)
	rest.Register(g.rest, rest.Op{Method: http.MethodHead, Path: "/v1/privacy/export", ID: "describeExport", Tag: "privacy", Always: true, Status: http.StatusOK,
		Summary: "The size of exportMe", More: func(o *huma.Operation) { o.Hidden = true }}, g.describeExport)
	rest.Register(g.rest, rest.Op{Method: http.MethodGet, Path: "/v1/privacy/export/schema", ID: "getExportSchema", Tag: "public", Open: true,
		Summary: "The JSON Schema of data.json in a copy"}, exportSchema)
}

func exportBody(o *huma.Operation) {
	o.Responses = map[string]*huma.Response{"200": {Description: "The copy, or its size", Content: map[string]*huma.MediaType{
		"application/zip":  {Schema: &huma.Schema{Type: "string", Format: "binary"}},
		"application/json": {Schema: &huma.Schema{Type: "object"}},
	}}}
}

// sizeHeader tells how many bytes the files of a copy take together.
const sizeHeader = "Vow-Export-Bytes"

func (g *group) export(ctx context.Context, in *struct {
	DryRun bool `query:"dry_run" doc:"Answer with the size only"`
}) (*huma.StreamResponse, error) {
	who := rest.WhoOf(ctx).Who
	if in.DryRun {
		return g.exportSize(ctx, who)
	}
	made, err := g.Export.Begin(ctx, who) // before the first header: no room is a problem, and no empty file
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(h huma.Context) {
		h.SetHeader(sizeHeader, strconv.FormatInt(made.Size().Bytes, 10))
		h.SetHeader("Content-Type", "application/zip")
		h.SetHeader("Content-Disposition", `attachment; filename="`+string(who.App())+`-my-data.zip"`)
		if err := made.Write(h.Context(), insist(h.BodyWriter(), patience)); err != nil {
			g.rest.Log.Error("a copy of somebody's data broke off", log.Request(rest.RequestOf(ctx)), log.Code(err))
			panic(http.ErrAbortHandler) // half a copy must not pass for a whole one
		}
	}}, nil
}

func (g *group) exportSize(ctx context.Context, who task.Who) (*huma.StreamResponse, error) {
	size, err := g.Export.Size(ctx, who)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(h huma.Context) {
		h.SetHeader(sizeHeader, strconv.FormatInt(size.Bytes, 10))
		h.SetHeader("Content-Type", "application/json")
		if err := g.rest.Huma.Marshal(h.BodyWriter(), "application/json", client.ExportSize{Files: size.Files, Bytes: size.Bytes, Rows: size.Rows}); err != nil {
			g.rest.Log.Info("the client left before the answer", log.Request(rest.RequestOf(ctx)))
		}
	}}, nil
}

// patience is how long a copy waits for a reader who takes nothing: others wait for its turn.
const patience = time.Minute

// insisting is a writer to somebody who has to take what is written in time, piece by piece.
type insisting struct {
	io.Writer
	control *http.ResponseController
	wait    time.Duration
}

// insist gives every write a deadline of its own. Where the connection knows none there is none.
func insist(w io.Writer, wait time.Duration) io.Writer {
	rw, ok := w.(http.ResponseWriter)
	if !ok {
		return w
	}
	return insisting{w, http.NewResponseController(rw), wait}
}

func (i insisting) Write(p []byte) (int, error) {
	_ = i.control.SetWriteDeadline(clock.Real{}.Now().Add(i.wait))
	return i.Writer.Write(p)
}

func (g *group) describeExport(ctx context.Context, _ *struct{}) (*struct {
	Size int64 `header:"Vow-Export-Bytes"`
}, error) {
	size, err := g.Export.Size(ctx, rest.WhoOf(ctx).Who)
	if err != nil {
		return nil, err
	}
	return &struct {
		Size int64 `header:"Vow-Export-Bytes"`
	}{size.Bytes}, nil
}

// schemaAnswer is a JSON Schema.
type schemaAnswer struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

func exportSchema(context.Context, *struct{}) (*schemaAnswer, error) {
	return &schemaAnswer{"application/schema+json", export.Schema()}, nil
}
