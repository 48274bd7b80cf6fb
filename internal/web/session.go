package web

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"vow.example/vow/client"
)

// cookieLife is what the cookie registers of the policies say.
const cookieLife = 30 * 24 * time.Hour

// secureCookies reports whether people reach us over https.
func (s *site) secureCookies() bool { return strings.HasPrefix(s.o.PublicURL, "https://") }

// cookieName gives every app a cookie of its own: nobody is the same person in two apps.
func (s *site) cookieName(app string) string {
	if s.secureCookies() {
		return "__Host-sid-" + app
	}
	return "sid-" + app
}

// credential is what a request came with. An app without cookies reads none, not even one that a
// browser sends anyway: its pages say who somebody is by a header that only a script can set.
func (s *site) credential(r *http.Request, app client.App) string {
	if app.Cookieless {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return ""
		}
		return strings.TrimSpace(token)
	}
	c, err := r.Cookie(s.cookieName(app.ID))
	if err != nil {
		return ""
	}
	return c.Value
}

// setCookie is the only place that sets a cookie; for an app without cookies it does nothing.
func (v *visit) setCookie(value string, seconds int) {
	if v.app.Cookieless {
		return
	}
	http.SetCookie(v.w, &http.Cookie{Name: v.s.cookieName(v.app.ID), Value: value, Path: "/", MaxAge: seconds,
		HttpOnly: true, Secure: v.s.secureCookies(), SameSite: http.SameSiteLaxMode})
}

func (v *visit) dropCookie() { v.setCookie("", -1) }

// begin makes sure that there is a session: it is made at the first act of a person, not by
// looking at a page. Without cookies only a script can keep one, so it has to bring it.
func (v *visit) begin() error {
	if v.token != "" {
		return nil
	}
	if v.app.Cookieless {
		return v.fail(http.StatusUnauthorized, "unauthenticated")
	}
	made, err := v.newSession()
	if err != nil {
		return err
	}
	v.token = made.AccessToken
	life := min(made.ExpiresAt.Sub(v.s.o.Clock.Now()), cookieLife)
	v.setCookie(v.token, max(int(life/time.Second), 60))
	return nil
}

func (v *visit) newSession() (client.Session, error) {
	return client.New(origin, "", v.s.client).WithLanguage(v.lang).NewSession(v.ctx(), client.SessionCreate{App: v.app.ID})
}

// handSession gives a new session to the script of one browser tab. Only apps without cookies do:
// elsewhere no script ever sees a token.
func (v *visit) handSession() error {
	made, err := v.newSession()
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/json")
	v.w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(v.w).Encode(made)
	return nil
}

// forward passes a script's call to the API with the credential of the cookie. Only headers of a
// closed list pass, so a script can neither see nor choose a credential; sessions are not
// reachable, because their answer carries the token. An app without cookies is the exception: there
// the script of the tab asks for a session, keeps the token and sends it along.
func (s *site) forward(v *visit) error {
	rest := v.r.PathValue("rest")
	first, _, _ := strings.Cut(rest, "/")
	if v.app.Cookieless && rest == "sessions" && v.r.Method == http.MethodPost {
		return v.handSession()
	}
	if !slices.Contains([]string{"features", "consents", "uploads", "previews", "tasks", "outputs", "privacy", "me", "receipts"}, first) {
		return v.fail(http.StatusNotFound, "not-found")
	}
	if !v.app.Cookieless && v.r.Method != http.MethodGet && v.r.Method != http.MethodHead {
		if err := v.begin(); err != nil {
			return err
		}
	}
	out := v.r.Clone(v.r.Context())
	out.URL.Path, out.URL.RawPath = "/v1/"+rest, ""
	out.RequestURI = out.URL.RequestURI()
	out.Header = http.Header{}
	for _, name := range []string{"Accept", "Accept-Language", "Content-Type", "Content-Length", "Idempotency-Key", "Last-Event-Id", "Range"} {
		if values := v.r.Header.Values(name); len(values) > 0 {
			out.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	if v.token != "" {
		out.Header.Set("Authorization", "Bearer "+v.token)
	}
	s.o.API.ServeHTTP(v.w, out)
	return nil
}
