package stage

import (
	"net/http"
	"strings"
	"time"

	"vow.example/vow/client"
)

// cookieLife is what the cookie registers of the policies say.
const cookieLife = 30 * 24 * time.Hour

// cookieName gives every app a cookie of its own: nobody is the same person in two apps.
func (s *Site) cookieName(app string) string {
	if s.secureCookies() {
		return "__Host-sid-" + app
	}
	return "sid-" + app
}

// credential is what a request came with. An app without cookies reads none, not even one that a
// browser sends anyway: its pages say who somebody is by a header that only a script can set.
func (s *Site) credential(r *http.Request, app client.App) string {
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
func (v *Visit) setCookie(value string, seconds int) {
	if v.App.Cookieless {
		return
	}
	http.SetCookie(v.W, &http.Cookie{Name: v.site.cookieName(v.App.ID), Value: value, Path: "/", MaxAge: seconds,
		HttpOnly: true, Secure: v.site.secureCookies(), SameSite: http.SameSiteLaxMode})
}

func (v *Visit) dropCookie() { v.setCookie("", -1) }

// Begin makes sure that there is a session: it is made at the first act of a person, not by
// looking at a page. Without cookies only a script can keep one, so it has to bring it.
func (v *Visit) Begin() error {
	if v.Token != "" {
		return nil
	}
	if v.App.Cookieless {
		return v.Fail(http.StatusUnauthorized, "unauthenticated")
	}
	made, err := v.NewSession()
	if err != nil {
		return err
	}
	v.Token = made.AccessToken
	life := min(made.ExpiresAt.Sub(v.Now()), cookieLife)
	v.setCookie(v.Token, max(int(life/time.Second), 60))
	return nil
}

// NewSession makes a session with the app and leaves it to the caller where its token goes. Pages
// call Begin.
func (v *Visit) NewSession() (client.Session, error) {
	return v.speakAs("").NewSession(v.Context(), client.SessionCreate{App: v.App.ID})
}

// Forget ends what this browser knows of the person.
func (v *Visit) Forget() {
	v.dropCookie()
	v.W.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	v.Token = ""
}
