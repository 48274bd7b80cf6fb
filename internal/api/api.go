// Package api is the public HTTP API: JSON in, JSON or a problem document out, OpenAPI 3.1
// generated from the handlers.
//
// It promises that the credential decides the app and the subject, that an error names the field
// and the rule and never echoes a value, and that every task error says whether anything was sent.
// It never decides about consent, review, retention or disclosure: it asks the rooms that do.
package api

import (
	"context"
	"io/fs"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"vow.example/vow/client"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/rights"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task"
)

// Options are the parts that the API speaks for.
type Options struct {
	DB        *store.DB
	Vault     *vault.Vault
	Tasks     *task.Service
	Eraser    *erasure.Eraser
	Rights    *rights.Service
	Policies  map[privacy.AppID]*policy.Policy
	Order     []privacy.AppID          // in which apps are listed
	Keys      map[string]privacy.AppID // publishable app keys
	Signer    *audit.Signer
	Origin    string // of the audit log's checkpoints
	PublicURL string
	Clock     clock.Clock
	Log       log.Logger
	Demo      *Demo // nil outside demo mode
	Digest    func(token string) []byte
	Explain   func(rule string, lang privacy.Lang) string
	Materials func(privacy.AppID) fs.FS // drawn things that an app brought along; nil: none
}

// API serves the routes.
type API struct {
	Options
	base string
	huma huma.API
}

const version = "1.0.0"

// New returns the handler of every API route.
func New(o Options) (http.Handler, error) {
	a := &API{Options: o, base: strings.TrimSuffix(o.PublicURL, "/")}
	huma.DefaultArrayNullable = false // absent means unknown; generators choke on null
	installProblems(a.base)
	mux := http.NewServeMux()
	config := huma.DefaultConfig("Vow API", version)
	config.DocsPath, config.SchemasPath = "", "" // the docs page is our own: the default loads scripts from elsewhere
	config.CreateHooks = nil                     // no $schema member in answers
	config.Info.Description = "Run AI photo features under a policy that is executed, not hoped for."
	config.Servers = []*huma.Server{{URL: a.base}}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", Description: "access_token of POST /v1/sessions"},
	}
	a.huma = humago.New(mux, config)
	a.huma.UseMiddleware(a.authenticate)
	a.routes(mux)
	a.documentProblems()
	return a.stamped(mux), nil
}

func (a *API) routes(mux *http.ServeMux) {
	a.appRoutes()
	a.sessionRoutes()
	a.createRoutes()
	a.taskRoutes()
	a.libraryRoutes()
	a.ownRoutes()
	a.privacyRoutes()
	mux.HandleFunc("POST /hooks/{token}", a.hook)
	mux.HandleFunc("GET /log/{path...}", a.logTile)
	if a.Demo != nil {
		a.demoRoutes()
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { a.unknown(mux, w, r) })
}

// unknown answers what no route takes: a path that is not there, or a method that the path does not know.
func (a *API) unknown(mux *http.ServeMux, w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete} {
		if _, pattern := mux.Handler(&http.Request{Method: method, Host: r.Host, URL: r.URL}); pattern != "/" {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) == 0 {
		a.writeProblem(w, r, notFound())
		return
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	a.writeProblem(w, r, fault.New(fault.Invalid, "method-not-allowed", "This path does not know this method. See the header Allow."))
}

// documentProblems says, for every operation, that any other answer is a problem document.
func (a *API) documentProblems() {
	doc := a.huma.OpenAPI()
	schema := doc.Components.Schemas.Schema(reflect.TypeFor[problem](), true, "Problem")
	other := &huma.Response{
		Description: "A problem document (RFC 9457)",
		Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: schema}},
	}
	for _, path := range doc.Paths {
		for _, o := range []*huma.Operation{path.Get, path.Post, path.Put, path.Patch, path.Delete} {
			if o == nil {
				continue
			}
			delete(o.Responses, "422")
			delete(o.Responses, "500")
			o.Responses["default"] = other
		}
	}
}

// op describes one operation; secured ones need a session.
type op struct {
	method, path, id, tag, summary string
	status                         int
	open                           bool
	appKey                         bool // an app key is enough: nothing personal is read
	more                           func(*huma.Operation)
}

const appKeySuffices = "app key suffices"

// register adds an operation whose errors become problem documents.
func register[I, O any](a *API, o op, f func(context.Context, *I) (*O, error)) {
	operation := huma.Operation{
		Method: o.method, Path: o.path, OperationID: o.id, Tags: []string{o.tag}, Summary: o.summary,
		DefaultStatus: o.status, Errors: []int{http.StatusUnprocessableEntity},
	}
	if !o.open {
		operation.Security = []map[string][]string{{"bearer": {}}}
	}
	if o.appKey {
		operation.Metadata = map[string]any{appKeySuffices: true}
	}
	if o.more != nil {
		o.more(&operation)
	}
	huma.Register(a.huma, operation, func(ctx context.Context, in *I) (*O, error) {
		out, err := f(ctx, in)
		if err != nil {
			return nil, a.fail(ctx, err)
		}
		return out, nil
	})
}

// answer is a JSON body.
type answer[T any] struct{ Body T }

func reply[T any](v T) (*answer[T], error) { return &answer[T]{v}, nil }

// Paging are the parameters of every list.
type Paging struct {
	Cursor string `query:"cursor" maxLength:"64" doc:"next_cursor of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

// page cuts a list that was read with one row more than the limit.
func page[R, T any](rows []R, limit int, id func(R) string, view func(R) T) client.Page[T] {
	out := client.Page[T]{Data: []T{}}
	for i, r := range rows {
		if i == limit {
			out.HasMore, out.NextCursor = true, id(rows[i-1])
			break
		}
		out.Data = append(out.Data, view(r))
	}
	return out
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
