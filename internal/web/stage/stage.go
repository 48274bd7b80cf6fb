// Package stage is what every page of the web app stands on: one request of one person, and the
// frame, the words, the session and the problems around the content of a page.
//
// It promises that a credential stays in an HttpOnly cookie of its own per app (an app without
// cookies leaves it to one tab), that a page is complete before its first byte is written, that no
// answer is kept in a cache, and that whatever goes wrong becomes a page in the person's language.
// It never knows a single page, never stores a byte, and never makes a session for somebody who
// only looks.
package stage

import (
	"fmt"
	"net/http"
	"strings"

	"vow.example/vow/client"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/web/i18n"
	"vow.example/vow/internal/web/page"
)

// Options are what all pages share.
type Options struct {
	// Client reaches the public API of the same process, and nothing else.
	Client *http.Client
	// Clock is the server's clock; pages show times by it.
	Clock clock.Clock
	// Demo marks every page as part of the guided tour.
	Demo bool
	// PublicURL is the address people use. With https the cookies are Secure.
	PublicURL string
	// Apps lists the apps of the server; nil asks the API.
	Apps func() []client.App
	// Anonymous returns the bearer for reads of an app without a session; nil uses the app's
	// publishable key where the API shows it.
	Anonymous func(app string) string
}

// Site runs pages. It has no state but what it was built from.
type Site struct {
	o     Options
	pages *page.Book
}

// New reads the templates and the words of every language.
func New(o Options) (*Site, error) {
	if o.Client == nil || o.Clock == nil {
		return nil, fmt.Errorf("stage: a client of the API and a clock are required")
	}
	pages, err := page.Load(o.Clock.Now)
	if err != nil {
		return nil, err
	}
	return &Site{o: o, pages: pages}, nil
}

// Page runs h for a public page. What h returns as an error becomes a page.
func (s *Site) Page(h func(*Visit) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := s.visit(w, r)
		v.answer(h(v))
	})
}

// AppPage runs h for a page of the app that the path value "app" names, with the credential that
// the request came with.
func (s *Site) AppPage(h func(*Visit) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := s.visit(w, r)
		app, err := v.find(r.PathValue("app"))
		if err != nil {
			v.answer(err)
			return
		}
		v.App = app
		v.Token = s.credential(r, app)
		err = h(v)
		if app.Cookieless && v.Token != "" && r.Method == http.MethodGet && !v.WantsJSON() && unknown(err) {
			v.Token = "" // the tab's session has ended: it sees what a stranger sees, and forgets
			err = h(v)
		}
		v.answer(err)
	})
}

// ServeAsset serves the static file that the path values "version" and "file" name.
func (s *Site) ServeAsset(w http.ResponseWriter, r *http.Request) { s.pages.ServeAsset(w, r) }

func (s *Site) visit(w http.ResponseWriter, r *http.Request) *Visit {
	v := &Visit{W: w, R: r, Lang: i18n.Match(r.Header.Get("Accept-Language")), site: s}
	if wanted := r.URL.Query().Get("lang"); wanted != "" {
		v.Lang, v.explicit = i18n.Match(wanted), true
	}
	w.Header().Set("Cache-Control", "no-store")
	return v
}

// secureCookies reports whether people reach us over https.
func (s *Site) secureCookies() bool { return strings.HasPrefix(s.o.PublicURL, "https://") }
