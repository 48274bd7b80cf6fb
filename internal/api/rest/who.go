package rest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/task"
)

// Credential is who a request of a person acts for.
type Credential struct {
	task.Who
	Session privacy.SessionID // empty for a visitor, who has an app key only
	Lang    privacy.Lang
}

// Staff is which member of staff a request acts for, and how far that reaches.
type Staff struct {
	ID     privacy.StaffID
	App    privacy.AppID // empty: all apps
	Role   string
	Region string
}

type (
	whoKey     struct{}
	staffKey   struct{}
	langKey    struct{}
	requestKey struct{}
	networkKey struct{}
)

const requestBytes = 9

// WhoOf returns the person that a request acts for. It is nil in operations that are open or for staff.
func WhoOf(ctx context.Context) *Credential {
	c, _ := ctx.Value(whoKey{}).(*Credential)
	return c
}

// StaffOf returns the member of staff that a request acts for. It is nil in every operation that is not for staff.
func StaffOf(ctx context.Context) *Staff {
	s, _ := ctx.Value(staffKey{}).(*Staff)
	return s
}

// LangOf returns the language that a request asks for.
func LangOf(ctx context.Context) privacy.Lang {
	if l, ok := ctx.Value(langKey{}).(privacy.Lang); ok {
		return l
	}
	return "en"
}

// RequestOf returns the id of a request, for logs and problem documents.
func RequestOf(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// stamped gives every request an id and a language, and sets the headers that keep personal answers
// out of caches.
func stamped(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw := make([]byte, requestBytes)
		_, _ = rand.Read(raw) // never fails: crypto/rand ends the program instead
		id := "req_" + hex.EncodeToString(raw)
		wanted := r.URL.Query().Get("lang")
		if wanted == "" {
			wanted = r.Header.Get("Accept-Language")
		}
		ctx := context.WithValue(located(r), requestKey{}, id)
		ctx = context.WithValue(ctx, langKey{}, policy.Match(wanted, []privacy.Lang{"en", "zh-Hans"}))
		h := w.Header()
		h.Set("Request-Id", id)
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// authenticate lets an operation that needs a credential through with a valid one only.
func (s *Server) authenticate(ctx huma.Context, next func(huma.Context)) {
	security := ctx.Operation().Security
	if len(security) == 0 {
		next(ctx)
		return
	}
	if _, ok := security[0][secureStaff]; ok {
		s.authenticateStaff(ctx, next)
		return
	}
	authorization := ctx.Header("Authorization")
	who, err := s.SessionOf(ctx.Context(), authorization)
	if err != nil && s.VisitorOf != nil && ctx.Operation().Metadata[appKeySuffices] == true {
		if visitor := s.VisitorOf(ctx.Context(), authorization); visitor != nil {
			who, err = visitor, nil
		}
	}
	if err != nil {
		s.deny(ctx, err)
		return
	}
	if s.Standing != nil && ctx.Operation().Metadata[alwaysOpen] != true {
		if err := s.Standing(ctx.Context(), who.Who); err != nil {
			s.deny(ctx, err)
			return
		}
	}
	next(huma.WithValue(ctx, whoKey{}, who))
}

func (s *Server) authenticateStaff(ctx huma.Context, next func(huma.Context)) {
	if s.StaffOf == nil {
		s.deny(ctx, fault.New(fault.Refused, "unauthenticated", "This needs the credential of a member of staff."))
		return
	}
	staff, err := s.StaffOf(ctx.Context(), ctx.Header("Authorization"))
	if err != nil {
		s.deny(ctx, err)
		return
	}
	next(huma.WithValue(ctx, staffKey{}, staff))
}

func (s *Server) deny(ctx huma.Context, err error) {
	p := s.problemOf(ctx.Context(), err)
	ctx.SetHeader("Content-Type", "application/problem+json")
	if p.Status == http.StatusUnauthorized {
		ctx.SetHeader("WWW-Authenticate", "Bearer")
	}
	for name, values := range p.GetHeaders() {
		ctx.SetHeader(name, values[0])
	}
	ctx.SetStatus(p.Status)
	s.encode(ctx.Context(), ctx.BodyWriter(), p)
}

// Bearer returns the token of an Authorization header, or "".
func Bearer(authorization string) string {
	scheme, token, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
