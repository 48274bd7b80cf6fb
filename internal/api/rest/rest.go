// Package rest is the kit that every group of routes of the public API is made of: operations and
// their credentials, pages, and problem documents.
//
// It promises that every operation of every group is documented, asks for its credential before its
// handler runs, and answers an error with a problem document that names the field and the rule. It
// never echoes a value that was sent, and it decides nothing about a person: it asks the hooks that
// the API gives it who a credential belongs to.
package rest

import (
	"context"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/task"
)

// Server is what groups of routes register on. It is set up by the API: its hooks are filled in,
// Open is called, every group registers its operations, and Handler ends it.
type Server struct {
	Huma huma.API       // set by Open
	Mux  *http.ServeMux // for what is no operation, such as a recipient's hint; set by Open
	Base string         // the public address, without a slash at its end
	Log  log.Logger

	SessionOf func(ctx context.Context, authorization string) (*Credential, error) // whose session it is
	VisitorOf func(ctx context.Context, authorization string) *Credential          // whose app key it is; nil: nobody's
	StaffOf   func(ctx context.Context, authorization string) (*Staff, error)      // nil: there are no staff, and their operations answer 401

	// Standing, where set, is asked before every operation of a person that is not always open: an error is the answer.
	Standing func(ctx context.Context, who task.Who) error
}

const (
	secureSession = "bearer"
	secureStaff   = "staff"
)

// Open makes the server ready for operations.
func (s *Server) Open(version string) {
	huma.DefaultArrayNullable = false // absent means unknown; generators choke on null
	huma.ValidateStrictCasing = true  // what is judged is what is read: a member in other letters is another one
	installProblems(s.Base)
	config := huma.DefaultConfig("Vow API", version)
	config.DocsPath, config.SchemasPath = "", "" // the docs page is our own: the default loads scripts from elsewhere
	config.CreateHooks = nil                     // no $schema member in answers
	config.Formats = map[string]huma.Format{"application/json": strict(), "json": strict()}
	config.Info.Description = "Run AI photo features under a policy that is executed, not hoped for."
	config.Servers = []*huma.Server{{URL: s.Base}}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		secureSession: {Type: "http", Scheme: "bearer", Description: "access_token of POST /v1/sessions"},
	}
	s.Mux = http.NewServeMux()
	s.Huma = humago.New(s.Mux, config)
	s.Huma.UseMiddleware(s.authenticate)
}

// Handler returns the whole API, after every group has registered: it also answers what no route takes.
func (s *Server) Handler() http.Handler {
	s.Mux.HandleFunc("/", s.unknown)
	s.documentProblems()
	return stamped(s.untracked(s.Mux))
}

// unknown answers what no route takes: a path that is not there, or a method that the path does not know.
func (s *Server) unknown(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if _, pattern := s.Mux.Handler(&http.Request{Method: method, Host: r.Host, URL: r.URL}); pattern != "/" {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) == 0 {
		s.WriteProblem(w, r, NotFound())
		return
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	s.WriteProblem(w, r, fault.New(fault.Invalid, "method-not-allowed", "This path does not know this method. See the header Allow."))
}

// documentProblems says, for every operation, that any other answer is a problem document.
func (s *Server) documentProblems() {
	doc := s.Huma.OpenAPI()
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

// Op describes one operation. Without Open, AppKey or Staff it needs a session.
type Op struct {
	Method, Path, ID, Tag, Summary string
	Status                         int
	Open                           bool // no credential at all
	AppKey                         bool // an app key is enough: nothing personal is read
	Always                         bool // open whatever a person's standing: rights, and what changes the standing
	Staff                          bool // the credential of a member of staff, and of nobody else
	More                           func(*huma.Operation)
}

// What is noted beside an operation.
const (
	appKeySuffices = "app key suffices"
	alwaysOpen     = "always open"
)

// Register adds an operation whose errors become problem documents.
func Register[I, O any](s *Server, o Op, f func(context.Context, *I) (*O, error)) {
	operation := huma.Operation{
		Method: o.Method, Path: o.Path, OperationID: o.ID, Tags: []string{o.Tag}, Summary: o.Summary,
		DefaultStatus: o.Status, Errors: []int{http.StatusUnprocessableEntity},
	}
	switch {
	case o.Staff:
		operation.Security = []map[string][]string{{secureStaff: {}}}
		s.Huma.OpenAPI().Components.SecuritySchemes[secureStaff] = &huma.SecurityScheme{Type: "http", Scheme: "bearer", Description: "the credential of a member of staff"}
	case !o.Open:
		operation.Security = []map[string][]string{{secureSession: {}}}
	}
	operation.Metadata = map[string]any{appKeySuffices: o.AppKey, alwaysOpen: o.Always || o.AppKey}
	if o.More != nil {
		o.More(&operation)
	}
	huma.Register(s.Huma, operation, func(ctx context.Context, in *I) (*O, error) {
		out, err := f(ctx, in)
		if err != nil {
			return nil, s.Fail(ctx, err)
		}
		return out, nil
	})
}

// Answer is a JSON body.
type Answer[T any] struct{ Body T }

// Reply answers with v as JSON.
func Reply[T any](v T) (*Answer[T], error) { return &Answer[T]{v}, nil }
