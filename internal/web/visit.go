package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/i18n"
	"vow.example/vow/internal/web/page"
)

// origin stands for the API of this process; the transport never leaves it.
const origin = "http://api.invalid"

// visit is one request of one person: the language, the app and the credential it came with.
type visit struct {
	s        *site
	w        http.ResponseWriter
	r        *http.Request
	lang     string
	explicit bool // the language was asked for in the address, so links keep it
	app      client.App
	token    string
}

// page runs h for a public page.
func (s *site) page(h func(*visit) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := s.visit(w, r)
		v.answer(h(v))
	})
}

// appPage runs h for a page of the app that the address names.
func (s *site) appPage(h func(*visit) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := s.visit(w, r)
		app, err := v.find(r.PathValue("app"))
		if err != nil {
			v.answer(err)
			return
		}
		v.app = app
		v.token = s.credential(r, app)
		err = h(v)
		if app.Cookieless && v.token != "" && r.Method == http.MethodGet && !v.wantsJSON() && unknown(err) {
			v.token = "" // the tab's session has ended: it sees what a stranger sees, and forgets
			err = h(v)
		}
		v.answer(err)
	})
}

// unknown reports whether the API does not know the credential.
func unknown(err error) bool {
	return err != nil && asProblem(err).Status == http.StatusUnauthorized
}

func (s *site) visit(w http.ResponseWriter, r *http.Request) *visit {
	v := &visit{s: s, w: w, r: r, lang: i18n.Match(r.Header.Get("Accept-Language"))}
	if wanted := r.URL.Query().Get("lang"); wanted != "" {
		v.lang, v.explicit = i18n.Match(wanted), true
	}
	w.Header().Set("Cache-Control", "no-store")
	return v
}

// find returns the app with that id.
func (v *visit) find(id string) (client.App, error) {
	apps, err := v.apps()
	if err != nil {
		return client.App{}, err
	}
	for _, a := range apps {
		if a.ID == id {
			return a, nil
		}
	}
	return client.App{}, &client.Problem{Status: http.StatusNotFound, Code: "not-found"}
}

func (v *visit) apps() ([]client.App, error) {
	if v.s.o.Apps != nil {
		return v.s.o.Apps(), nil
	}
	return client.Collect(v.api().Apps(v.ctx()))
}

// answer turns an error into a page. A session that the API no longer knows is forgotten first, so
// that the next view starts clean.
func (v *visit) answer(err error) {
	if err == nil {
		return
	}
	p := asProblem(err)
	if p.Status == http.StatusUnauthorized && v.token != "" && !v.app.Cookieless {
		v.dropCookie()
		if v.r.Method == http.MethodGet {
			http.Redirect(v.w, v.r, v.r.URL.RequestURI(), http.StatusSeeOther)
			return
		}
	}
	if v.wantsJSON() {
		writeProblem(v.w, p)
		return
	}
	v.showProblem(p)
}

func (v *visit) wantsJSON() bool {
	return strings.HasPrefix(v.r.URL.Path, "/"+v.app.ID+"/api/")
}

func (v *visit) fail(status int, code string) error {
	return &client.Problem{Status: status, Code: code}
}

func asProblem(err error) *client.Problem {
	var p *client.Problem
	if errors.As(err, &p) {
		return p
	}
	return &client.Problem{Status: http.StatusInternalServerError, Code: "internal"}
}

func writeProblem(w http.ResponseWriter, p *client.Problem) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

// api is a client of our own API with the person's credential. People without one read with the
// app's public key: features and disclosures are the same for everybody.
func (v *visit) api() *client.Client {
	bearer := v.token
	switch {
	case bearer != "" || v.app.ID == "":
	case v.s.o.Anonymous != nil:
		bearer = v.s.o.Anonymous(v.app.ID)
	default:
		bearer = v.app.AppKey
	}
	return client.New(origin, bearer, v.s.client).WithLanguage(v.lang)
}

func (v *visit) ctx() context.Context { return v.r.Context() }

func (v *visit) variant() page.Variant { return page.Variant{Lang: v.lang, Explicit: v.explicit} }

// link joins an address of our own and keeps the language that was asked for.
func (v *visit) link(parts ...string) string { return page.Link(v.variant(), parts...) }

func (v *visit) redirect(parts ...string) error {
	http.Redirect(v.w, v.r, v.link(parts...), http.StatusSeeOther)
	return nil
}
