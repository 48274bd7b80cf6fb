// Package web serves the pages that people see. It holds the routes of all of them, and itself the
// way from an effect over the consent sheet and the progress to the result.
//
// It promises that the pages know nothing the public JSON API does not say, that every privacy
// right works without JavaScript, that a credential stays in an HttpOnly cookie and never reaches
// a script (an app without cookies leaves it to one tab, which forgets it when it closes), and that
// no page loads anything from elsewhere. It never stores a byte, never sees a policy file, and never
// decides whether something may be sent.
package web

import (
	"fmt"
	"io/fs"
	"net/http"
	"strings"

	"vow.example/vow/client"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/web/center"
	"vow.example/vow/internal/web/inprocess"
	"vow.example/vow/internal/web/people"
	"vow.example/vow/internal/web/policies"
	"vow.example/vow/internal/web/public"
	"vow.example/vow/internal/web/stage"
	"vow.example/vow/internal/web/talk"
)

// Check is one step of the verification of a receipt.
type Check = public.Check

// Options are what the pages need from the rest of the server.
type Options struct {
	// API is the public JSON API of the same process.
	API http.Handler
	// Clock is the server's clock; pages show times by it.
	Clock clock.Clock
	// Demo turns the start page into a guided tour and marks recipients as simulated.
	Demo bool
	// PublicURL is the address people use. With https the cookies are Secure.
	PublicURL string
	// Apps lists the apps of the server; nil asks the API.
	Apps func() []client.App
	// Anonymous returns the bearer for reads of an app without a session; nil uses the app's
	// publishable key where the API shows it.
	Anonymous func(app string) string
	// Samples holds photos (*.jpg) that people may try instead of their own; may be nil.
	Samples fs.FS
	// VerifyReceipt checks a receipt step by step.
	VerifyReceipt func(client.Receipt) ([]Check, bool)
}

// site is the web app; it has no state but what it was built from.
type site struct {
	o       Options
	stage   *stage.Site
	public  *public.Pages
	samples []string
}

// New returns the handler of all pages. It serves every path that is not the API's own.
func New(o Options) (http.Handler, error) {
	if o.API == nil || o.Clock == nil {
		return nil, fmt.Errorf("web: an API and a clock are required")
	}
	s := &site{o: o}
	if err := s.build(); err != nil {
		return nil, err
	}
	guard := http.NewCrossOriginProtection()
	if o.PublicURL != "" {
		if err := guard.AddTrustedOrigin(strings.TrimRight(o.PublicURL, "/")); err != nil {
			return nil, fmt.Errorf("web: public URL: %w", err)
		}
	}
	guard.SetDenyHandler(s.stage.Page(func(v *stage.Visit) error { return v.Fail(http.StatusForbidden, "forbidden") }))
	return secure(guard.Handler(s.routes())), nil
}

// build makes the stage and the groups of pages that stand on it.
func (s *site) build() (err error) {
	if s.o.Samples != nil {
		if s.samples, err = fs.Glob(s.o.Samples, "*.jpg"); err != nil {
			return fmt.Errorf("web: samples: %w", err)
		}
	}
	inside := &http.Client{Transport: inprocess.Transport{Handler: s.o.API}, CheckRedirect: neverFollow}
	s.stage, err = stage.New(stage.Options{
		Client: inside, Clock: s.o.Clock, Demo: s.o.Demo, PublicURL: s.o.PublicURL, Apps: s.o.Apps, Anonymous: s.o.Anonymous,
	})
	if err != nil {
		return err
	}
	s.public, err = public.New(public.Options{Samples: s.samples, VerifyReceipt: s.o.VerifyReceipt})
	return err
}

func missing(v *stage.Visit) error { return v.Fail(http.StatusNotFound, "not-found") }

func neverFollow(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// routes sends the reserved first segments to the public pages and all others to an app. Two muxes
// because "/{app}/policy" and "/receipts/{id}" would overlap in one.
func (s *site) routes() http.Handler {
	free, apps := s.publicRoutes(), s.appRoutes()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		switch first {
		case "", "static", "docs", "receipts", "problems", "tour", "g":
			free.ServeHTTP(w, r)
		default:
			apps.ServeHTTP(w, r)
		}
	})
}

func (s *site) publicRoutes() *http.ServeMux {
	m := http.NewServeMux()
	m.Handle("GET /{$}", s.stage.Page(s.public.Start))
	m.Handle("GET /tour/strip", s.stage.Page(s.public.Strip))
	m.Handle("POST /tour/clock", s.stage.Page(s.public.MoveClock))
	m.Handle("GET /docs", s.stage.Page(s.public.Docs))
	m.Handle("GET /receipts/{id}", s.stage.Page(s.public.Receipt))
	m.Handle("GET /receipts/{id}/file", s.stage.Page(s.public.ReceiptFile))
	m.Handle("GET /g/{link}", s.stage.Page(people.GuardianLink))
	m.Handle("POST /g/{link}", s.stage.Page(people.GuardianDecides))
	m.Handle("GET /problems/{$}", s.stage.Page(s.public.ProblemIndex))
	m.Handle("GET /problems/{code}", s.stage.Page(s.public.Problem))
	m.Handle("GET /static/samples/{file}", s.stage.Page(s.sample))
	m.Handle("GET /static/{version}/{file}", http.HandlerFunc(s.stage.ServeAsset))
	m.Handle("/", s.stage.Page(missing))
	return m
}

func (s *site) appRoutes() *http.ServeMux {
	m := http.NewServeMux()
	app := func(pattern string, h func(*stage.Visit) error) { m.Handle(pattern, s.stage.AppPage(h)) }
	app("GET /{app}/{$}", s.public.Home)
	app("GET /{app}", func(v *stage.Visit) error { return v.Redirect("/", v.App.ID, "/") })
	app("GET /{app}/e/{feature}", s.effect)
	app("GET /{app}/e/{feature}/sheet", s.sheet)
	app("GET /{app}/e/{feature}/consent", s.consent)
	app("POST /{app}/e/{feature}/consent", s.decide)
	app("GET /{app}/e/{feature}/upload", s.upload)
	app("POST /{app}/e/{feature}/upload", s.create)
	app("GET /{app}/materials/{kind}/{id}/{file}", s.material)
	app("GET /{app}/samples/{feature}/{version}", s.material)
	app("GET /{app}/tasks/{id}", s.task)
	app("POST /{app}/tasks/{id}/cancel", s.cancel)
	app("POST /{app}/tasks/{id}/confirm", s.confirm)
	app("GET /{app}/chat", talk.Show)
	app("POST /{app}/chat", talk.Say)
	app("GET /{app}/chat/{id}", talk.Show)
	app("POST /{app}/chat/{id}", talk.Say)
	app("POST /{app}/chat/{id}/stop", talk.Stop)
	app("POST /{app}/chat/{id}/delete", talk.Delete)
	app("GET /{app}/works", s.works)
	app("POST /{app}/works/delete", s.deleteWorks)
	app("POST /{app}/works/zip", s.zipWorks)
	app("GET /{app}/favorites", s.favorites)
	app("GET /{app}/works/{id}", s.work)
	app("POST /{app}/works/{id}/delete", s.deleteWork)
	app("POST /{app}/works/{id}/favorite", s.favorite)
	app("POST /{app}/works/{id}/share", s.share)
	app("POST /{app}/works/{id}/unshare", s.unshare)
	center.Routes(app)
	policies.Routes(app)
	app("GET /{app}/welcome", people.Welcome)
	app("POST /{app}/welcome", people.Answer)
	app("GET /{app}/age", people.Age)
	app("GET /{app}/declined", people.Declined)
	app("GET /{app}/guardian", people.Guardian)
	app("POST /{app}/guardian", people.GuardianStep)
	app("GET /{app}/sign-in", people.SignIn)
	app("POST /{app}/sign-in", people.DoSignIn)
	app("GET /{app}/settings", people.Settings)
	app("POST /{app}/settings/{what}", people.Change)
	app("POST /{app}/sign-out", people.SignOut)
	app("/{app}/api/v1/{rest...}", s.forward)
	m.Handle("/", s.stage.Page(missing))
	return m
}

// secure sets the headers of every answer. Forms of our own pages pass CrossOriginProtection by
// Sec-Fetch-Site, so "no-referrer", which blanks Origin on form posts, does no harm.
func secure(next http.Handler) http.Handler {
	const csp = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; " +
		"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", csp)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(self), microphone=(self), geolocation=(), browsing-topics=()")
		next.ServeHTTP(w, r)
	})
}
