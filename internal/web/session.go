package web

import (
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

func (s *site) readCookie(r *http.Request, app string) string {
	c, err := r.Cookie(s.cookieName(app))
	if err != nil {
		return ""
	}
	return c.Value
}

func (s *site) setCookie(w http.ResponseWriter, app, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{Name: s.cookieName(app), Value: value, Path: "/", MaxAge: seconds,
		HttpOnly: true, Secure: s.secureCookies(), SameSite: http.SameSiteLaxMode})
}

func (s *site) dropCookie(w http.ResponseWriter, app string) { s.setCookie(w, app, "", -1) }

// begin makes sure that there is a session: it is made at the first act of a person, not by
// looking at a page.
func (v *visit) begin() error {
	if v.token != "" {
		return nil
	}
	made, err := client.New(origin, "", v.s.client).WithLanguage(v.lang).NewSession(v.ctx(), client.SessionCreate{App: v.app.ID})
	if err != nil {
		return err
	}
	v.token = made.AccessToken
	life := min(made.ExpiresAt.Sub(v.s.o.Clock.Now()), cookieLife)
	v.s.setCookie(v.w, v.app.ID, v.token, max(int(life/time.Second), 60))
	return nil
}

// forward passes a script's call to the API with the credential of the cookie. Only headers of a
// closed list pass, so a script can neither see nor choose a credential; sessions are not
// reachable at all, because their answer carries the token.
func (s *site) forward(v *visit) error {
	rest := v.r.PathValue("rest")
	first, _, _ := strings.Cut(rest, "/")
	if !slices.Contains([]string{"features", "consents", "uploads", "tasks", "outputs", "privacy", "me", "receipts"}, first) {
		return v.fail(http.StatusNotFound, "not-found")
	}
	if v.r.Method != http.MethodGet && v.r.Method != http.MethodHead {
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
