package stage

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
	"time"

	"vow.example/vow/client"
)

// cookieLife is what the cookie registers of the policies say.
const cookieLife = 30 * 24 * time.Hour

// refusal begins what stands in the place of a credential after somebody said to be too young. It is
// drawn anew each time, says nothing about anybody, and goes when the browser closes.
const refusal = "no_"

// prefix is "__Host-" where people reach us over https.
func (s *Site) prefix() string {
	if s.secureCookies() {
		return "__Host-"
	}
	return ""
}

// cookieName gives every app a cookie of its own: nobody is the same person in two apps.
func (s *Site) cookieName(app string) string { return s.prefix() + "sid-" + app }

// rememberName is the cookie that signs in again, for apps whose policy registers one.
func (s *Site) rememberName(app string) string { return s.prefix() + "remember-" + app }

// held is what a request holds in the place of a credential. An app without cookies reads none, not even
// one that a browser sends anyway: its pages say who somebody is by a header that only a script can set.
func (s *Site) held(r *http.Request, app client.App) string {
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

// credential is what a request came with; what stands for a refusal is none.
func (s *Site) credential(r *http.Request, app client.App) string {
	if held := s.held(r, app); !strings.HasPrefix(held, refusal) {
		return held
	}
	return ""
}

// setCookie is the only place that sets a cookie; for an app without cookies it does nothing. No seconds:
// until the browser closes.
func (v *Visit) setCookie(name, value string, seconds int) {
	if v.App.Cookieless {
		return
	}
	http.SetCookie(v.W, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: seconds,
		HttpOnly: true, Secure: v.site.secureCookies(), SameSite: http.SameSiteLaxMode})
}

func (v *Visit) dropCookie() { v.setCookie(v.site.cookieName(v.App.ID), "", -1) }

// Asks reports whether the app's policy asks that before data is handled.
func (v *Visit) Asks(what string) bool { return slices.Contains(v.App.Asks, what) }

// Offers reports whether the app's policy allows that besides the features.
func (v *Visit) Offers(what string) bool { return slices.Contains(v.App.Offers, what) }

// Begin makes sure that there is a session: it is made at the first act of a person, not by
// looking at a page. Without cookies only a script can keep one, so it has to bring it.
func (v *Visit) Begin() error {
	if v.Token != "" {
		return nil
	}
	if v.App.Cookieless {
		return v.Fail(http.StatusUnauthorized, "unauthenticated")
	}
	_, err := v.Enter(client.SessionCreate{})
	return err
}

// Enter opens a session with what a person said, and makes it that of this visit. Where the app asks for
// the age band nobody gets one before it is said, so that nothing at all is written of whoever is too young.
func (v *Visit) Enter(in client.SessionCreate) (client.Session, error) {
	if v.Refused() {
		return client.Session{}, v.Fail(http.StatusForbidden, "age-not-allowed")
	}
	if in.AgeBand == "" && in.Login == "" && v.Asks("age") {
		return client.Session{}, v.Fail(http.StatusForbidden, "age-required")
	}
	in.App, in.Platform = v.App.ID, "web"
	made, err := v.speakAs("").NewSession(v.Context(), in)
	if err == nil {
		v.adopt(made)
	}
	return made, err
}

// Return opens a session with what this device kept, and keeps what replaces it.
func (v *Visit) Return() (client.Session, error) {
	made, err := v.speakAs("").SignInRemembered(v.Context(), client.RememberedSession{App: v.App.ID, Platform: "web", Token: v.Remembered()})
	if err != nil {
		if AsProblem(err).Status == http.StatusUnauthorized {
			v.DropRemembered() // it is worth nothing any more
		}
		return made, err
	}
	v.adopt(made)
	if made.Remembered != nil {
		v.Remember(*made.Remembered)
	}
	return made, nil
}

func (v *Visit) adopt(made client.Session) {
	v.Token = made.AccessToken
	v.setCookie(v.site.cookieName(v.App.ID), v.Token, v.seconds(made.ExpiresAt, cookieLife))
}

// seconds is how long a cookie lives: until then, and never longer than the register says.
func (v *Visit) seconds(until time.Time, most time.Duration) int {
	return max(int(min(until.Sub(v.Now()), most)/time.Second), 60)
}

// Remembered is what this device kept to sign in again with one click; empty: nothing.
func (v *Visit) Remembered() string {
	if v.App.Cookieless || !v.Offers("one_click") {
		return ""
	}
	c, err := v.R.Cookie(v.site.rememberName(v.App.ID))
	if err != nil {
		return ""
	}
	return c.Value
}

// Remember keeps on this device what signs in again; its life is that of the register.
func (v *Visit) Remember(k client.Keepsake) {
	v.setCookie(v.site.rememberName(v.App.ID), k.Token, v.seconds(k.ExpiresAt, k.ExpiresAt.Sub(v.Now())))
}

// DropRemembered has this device forget what signs in again.
func (v *Visit) DropRemembered() {
	if v.Offers("one_click") {
		v.setCookie(v.site.rememberName(v.App.ID), "", -1)
	}
}

// Refused reports whether somebody said in this browser to be too young for the app.
func (v *Visit) Refused() bool { return strings.HasPrefix(v.site.held(v.R, v.App), refusal) }

// Refuse has this browser remember, until it closes, that somebody was too young, and nothing about them.
func (v *Visit) Refuse(mark string) {
	v.Token = ""
	v.setCookie(v.site.cookieName(v.App.ID), mark, 0)
}

// NewRefusal draws what stands for a refusal, here and (as a keyed digest) at the server.
func NewRefusal() string { return refusal + rand.Text() }

// SignOut ends what this browser knows of the session; what signs in again stays.
func (v *Visit) SignOut() {
	v.dropCookie()
	v.W.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	v.Token = ""
}

// Forget ends what this browser knows of the person.
func (v *Visit) Forget() {
	v.SignOut()
	v.DropRemembered()
}
