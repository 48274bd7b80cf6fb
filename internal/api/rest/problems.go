package rest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"vow.example/vow/client"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/task"
)

// problem is the error document of every route (RFC 9457). It never echoes a value that was sent.
type problem struct {
	client.Problem
	wait time.Duration // until the same request may be answered; zero: nobody knows
}

// GetHeaders returns the headers that belong to the document.
func (p *problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.wait > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(p.wait.Seconds()))))
	}
	return h
}

// GetStatus returns the HTTP status.
func (p *problem) GetStatus() int { return p.Status }

// ContentType returns the media type of problem documents.
func (p *problem) ContentType(string) string { return "application/problem+json" }

// statusOf maps a problem code to its HTTP status.
func statusOf(code string, kind fault.Kind) int {
	switch code {
	case "consent-required", "consent-withdrawn", "age-not-allowed", "guardian-required", "forbidden":
		return http.StatusForbidden
	case "media-unsupported":
		return http.StatusUnsupportedMediaType
	case "media-too-large":
		return http.StatusRequestEntityTooLarge
	case "unauthenticated":
		return http.StatusUnauthorized
	case "rate-limited":
		return http.StatusTooManyRequests
	case "method-not-allowed":
		return http.StatusMethodNotAllowed
	case "processing-restricted":
		return http.StatusLocked
	case "feature-not-in-region":
		return http.StatusUnavailableForLegalReasons
	}
	switch kind {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.Refused:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.Gone:
		return http.StatusGone
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

// installProblems makes huma speak problem documents without echoing values. It is called once,
// when the API is built, before the first request.
func installProblems(base string) {
	if _, ours := huma.NewError(http.StatusNotFound, "").(*problem); ours {
		return // huma keeps these for the whole process; a second server in it speaks alike
	}
	huma.NewError = func(status int, _ string, errs ...error) huma.StatusError {
		return &problem{Problem: validation(base, status, errs)}
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		p, ok := huma.NewError(status, msg, errs...).(*problem)
		if ok && ctx != nil {
			stamp(ctx.Context(), &p.Problem)
		}
		return p
	}
}

// validation describes a request that huma refused: pointer and rule of each field, no values.
func validation(base string, status int, errs []error) client.Problem {
	code := map[int]string{
		http.StatusBadRequest: "validation", http.StatusUnprocessableEntity: "validation", http.StatusNotFound: "not-found",
		http.StatusUnsupportedMediaType: "media-unsupported", http.StatusRequestEntityTooLarge: "media-too-large",
		http.StatusRequestTimeout: "timeout", http.StatusNotAcceptable: "not-acceptable", http.StatusUnauthorized: "unauthenticated",
	}[status]
	if code == "" {
		code = "internal"
	}
	text := ProblemOf(code)
	p := client.Problem{Type: base + "/problems/" + code, Title: text.Title("en"), Status: status, Code: code, Detail: text.Detail("en")}
	for _, err := range errs {
		var d huma.ErrorDetailer
		if errors.As(err, &d) {
			e := d.ErrorDetail()
			p.Errors = append(p.Errors, client.FieldProblem{Pointer: pointer(e.Location), Code: "rule", Detail: e.Message})
		}
	}
	if code == "validation" && len(p.Errors) == 0 {
		p.Errors = append(p.Errors, client.FieldProblem{Pointer: "", Code: "syntax", Detail: "The body is not a JSON object of the documented form."})
	}
	return p
}

// pointer turns huma's "body.inputs[0].role" into a JSON Pointer. It ends before a name that no field of
// ours could have: an unknown member is named by whoever sent it, and may be anything.
func pointer(location string) string {
	location = strings.NewReplacer("[", ".", "]", "").Replace(location)
	parts := strings.Split(location, ".")
	if parts[0] == "body" || parts[0] == "query" || parts[0] == "path" || parts[0] == "header" {
		parts = parts[1:]
	}
	if i := slices.IndexFunc(parts, func(p string) bool { return !plain(p) }); i >= 0 {
		parts = parts[:i]
	}
	if len(parts) == 0 {
		return ""
	}
	return "/" + strings.Join(parts, "/")
}

// plain reports whether a name looks like a field, a header or a place in a list, and not like a value.
func plain(name string) bool {
	const longest = 40
	return name != "" && len(name) <= longest && !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-'
	})
}

// Fail turns an error into a problem document in the request's language. Register does it for every
// operation; handlers outside it use WriteProblem.
func (s *Server) Fail(ctx context.Context, err error) error { return s.problemOf(ctx, err) }

func (s *Server) problemOf(ctx context.Context, err error) *problem {
	var done *problem
	if errors.As(err, &done) {
		return done
	}
	var f *fault.Error
	if !errors.As(err, &f) {
		f = fault.New(fault.Internal, "internal", "")
	}
	lang := LangOf(ctx)
	text := ProblemOf(f.Code())
	p := client.Problem{Type: s.Base + "/problems/" + f.Code(), Status: statusOf(f.Code(), f.Kind()), Code: f.Code(), Title: text.Title(lang), Detail: text.Detail(lang)}
	if lang == "en" && f.Detail() != "" {
		p.Detail = f.Detail() // the precise sentence is in English; other languages have the documented one
	}
	members(&p, f, WhoOf(ctx))
	stamp(ctx, &p)
	wait, _ := f.Extra()["retry_after"].(time.Duration)
	return &problem{Problem: p, wait: wait}
}

// WriteProblem answers a plain handler's request with a problem document.
func (s *Server) WriteProblem(w http.ResponseWriter, r *http.Request, err error) {
	p := s.problemOf(r.Context(), err)
	maps.Copy(w.Header(), p.GetHeaders())
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	s.encode(r.Context(), w, p)
}

func (s *Server) encode(ctx context.Context, w io.Writer, p *problem) {
	if err := json.NewEncoder(w).Encode(p); err != nil {
		s.Log.Info("the client left before the answer", log.Request(RequestOf(ctx)))
	}
}

// members copies the additional members of a fault into the document.
func members(p *client.Problem, f *fault.Error, who *Credential) {
	for key, value := range f.Extra() {
		switch v := value.(type) {
		case []task.FieldError:
			for _, e := range v {
				p.Errors = append(p.Errors, client.FieldProblem{Pointer: e.Pointer, Code: e.Code, Detail: e.Detail})
			}
		case []string:
			if key == "accepted" {
				p.Accepted = v
			}
		case int64:
			if key == "max_bytes" {
				p.MaxBytes = v
			}
		case time.Time:
			switch key {
			case "deleted_at":
				p.DeletedAt = &v
			case "retry_at":
				p.RetryAt = &v
			}
		case bool:
			if key == "was_sent" {
				p.WasSent = &v
			}
		case string:
			word(p, key, v, who)
		}
	}
	if strings.HasPrefix(p.Code, "consent-") && p.WasSent == nil {
		nothing := false
		p.WasSent = &nothing
	}
}

func word(p *client.Problem, key, v string, who *Credential) {
	switch key {
	case "recipient":
		p.Recipient = v
	case "rule":
		p.Rule = v
	case "state":
		p.State = v
	case "receipt":
		p.Receipt = v
	case "policy":
		p.Links = map[string]string{"policy": v}
	case "explanation":
		p.Explanation = v
	case "feature":
		if who == nil || p.Links != nil {
			return
		}
		p.Links = map[string]string{"disclosure": "/v1/features/" + v + "/disclosure"}
		if screen, err := who.Policy.Screen(privacy.FeatureID(v), who.Lang); err == nil {
			p.DisclosureHash = screen.Hash
		}
		if f, ok := who.Policy.Feature(privacy.FeatureID(v)); ok {
			for _, s := range f.Fields {
				p.MissingFields = append(p.MissingFields, string(s.Field))
			}
		}
	}
}

func stamp(ctx context.Context, p *client.Problem) {
	if id := RequestOf(ctx); id != "" {
		p.RequestID, p.Instance = id, "urn:request:"+id
	}
}

// NotFound is the answer for things that are not there, or not the caller's.
func NotFound() error {
	return fault.New(fault.NotFound, "not-found", "There is no such thing here.")
}

// Invalid is the answer to a request that breaks a rule: pointer is the JSON Pointer of the field,
// code the rule and detail a sentence about it, none of which may repeat what was sent.
func Invalid(pointer, code, detail string) error {
	return fault.New(fault.Invalid, "validation", "The request breaks a rule. See errors.").
		With("errors", []task.FieldError{{Pointer: pointer, Code: code, Detail: detail}})
}
