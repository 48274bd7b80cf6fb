package api

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task"
)

// credential is who a request acts for.
type credential struct {
	task.Who
	session privacy.SessionID
	lang    privacy.Lang
}

type (
	whoKey     struct{}
	langKey    struct{}
	requestKey struct{}
)

const (
	tokenBytes   = 32
	requestBytes = 9
	touchEvery   = time.Hour
)

func whoOf(ctx context.Context) *credential {
	c, _ := ctx.Value(whoKey{}).(*credential)
	return c
}

func langOf(ctx context.Context) privacy.Lang {
	if l, ok := ctx.Value(langKey{}).(privacy.Lang); ok {
		return l
	}
	return "en"
}

func requestOf(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// stamped gives every request an id and a language, logs its outcome, and sets the headers that
// keep personal answers out of caches.
func (a *API) stamped(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw := make([]byte, requestBytes)
		_, _ = rand.Read(raw) // never fails: crypto/rand ends the program instead
		id := "req_" + hex.EncodeToString(raw)
		wanted := r.URL.Query().Get("lang")
		if wanted == "" {
			wanted = r.Header.Get("Accept-Language")
		}
		ctx := context.WithValue(r.Context(), requestKey{}, id)
		ctx = context.WithValue(ctx, langKey{}, policy.Match(wanted, []privacy.Lang{"en", "zh-Hans"}))
		h := w.Header()
		h.Set("Request-Id", id)
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// authenticate lets secured operations through with a valid session only.
func (a *API) authenticate(ctx huma.Context, next func(huma.Context)) {
	if len(ctx.Operation().Security) == 0 {
		next(ctx)
		return
	}
	who, err := a.session(ctx.Context(), ctx.Header("Authorization"))
	if err != nil && ctx.Operation().Metadata[appKeySuffices] == true {
		who, err = a.visitor(ctx.Context(), ctx.Header("Authorization"), err)
	}
	if err != nil {
		p, _ := a.fail(ctx.Context(), err).(*problem)
		ctx.SetHeader("Content-Type", "application/problem+json")
		ctx.SetHeader("WWW-Authenticate", "Bearer")
		ctx.SetStatus(p.Status)
		if err := json.NewEncoder(ctx.BodyWriter()).Encode(p); err != nil {
			a.Log.Info("the client left before the answer", log.Request(requestOf(ctx.Context())))
		}
		return
	}
	next(huma.WithValue(ctx, whoKey{}, who))
}

// session finds who a bearer token belongs to. The token decides the app.
func (a *API) session(ctx context.Context, header string) (*credential, error) {
	denied := fault.New(fault.Refused, "unauthenticated", "Start a session first and send its token as Authorization: Bearer.")
	token := bearer(header)
	if token == "" {
		return nil, denied
	}
	s, err := a.DB.SessionByDigest(ctx, a.Digest(token))
	if errors.Is(err, store.ErrNotFound) {
		return nil, denied
	}
	if err != nil {
		return nil, err
	}
	now := a.Clock.Now()
	pol, ok := a.Policies[s.App]
	if !ok || !now.Before(s.ExpiresAt) {
		return nil, denied
	}
	who := &credential{Who: task.Who{Policy: pol, Subject: s.Subject}, session: s.ID, lang: langOf(ctx)}
	if err := a.touch(ctx, who, s, now); errors.Is(err, store.ErrNotFound) {
		return nil, denied // the account has ended since
	} else if err != nil {
		return nil, err
	}
	return who, nil
}

// bearer returns the token of an Authorization header, or "".
func bearer(header string) string {
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// visitor is somebody who has no session yet and reads what an app offers, with its publishable key.
func (a *API) visitor(ctx context.Context, header string, denied error) (*credential, error) {
	app, ok := a.Keys[bearer(header)]
	if !ok {
		return nil, denied
	}
	return &credential{Who: task.Who{Policy: a.Policies[app]}, lang: langOf(ctx)}, nil
}

// touch moves the idle clock of an account in use, at most once per hour.
func (a *API) touch(ctx context.Context, who *credential, s store.Session, now time.Time) error {
	until, err := a.idleUntil(who.Policy, now)
	if err != nil || until.Sub(s.ExpiresAt) < touchEvery {
		return err
	}
	return a.DB.Write(ctx, func(tx *store.Tx) error { return tx.TouchSubject(ctx, s.App, s.Subject, now, until) })
}

func newToken() string {
	raw := make([]byte, tokenBytes)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the program instead
	return "at_" + base64.RawURLEncoding.EncodeToString(raw)
}

// writeProblem answers a plain handler's request with a problem document.
func (a *API) writeProblem(w http.ResponseWriter, r *http.Request, err error) {
	p, _ := a.fail(r.Context(), err).(*problem)
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	if err := json.NewEncoder(w).Encode(p); err != nil {
		a.Log.Info("the client left before the answer", log.Request(requestOf(r.Context())))
	}
}
