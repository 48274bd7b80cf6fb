package stage

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/i18n"
	"vow.example/vow/internal/web/page"
)

// MaxForm bounds a form without files, and one field of a form with files.
const MaxForm = 64 << 10

// origin stands for the API of this process; the client never leaves it.
const origin = "http://api.invalid"

// Visit is one request of one person: the language, the app and the credential it came with.
type Visit struct {
	W     http.ResponseWriter
	R     *http.Request
	Lang  string
	App   client.App // empty on a public page
	Token string     // empty: nobody we know

	site     *Site
	explicit bool // the language was asked for in the address, so links keep it
}

// Context ends with the request.
func (v *Visit) Context() context.Context { return v.R.Context() }

// Now is the time of the server's clock.
func (v *Visit) Now() time.Time { return v.site.o.Clock.Now() }

// Demo reports whether the whole server is a guided tour.
func (v *Visit) Demo() bool { return v.site.o.Demo }

// API is a client of our own API with the person's credential. People without one read with the
// app's public key: features and disclosures are the same for everybody.
func (v *Visit) API() *client.Client {
	bearer := v.Token
	switch {
	case bearer != "" || v.App.ID == "":
	case v.site.o.Anonymous != nil:
		bearer = v.site.o.Anonymous(v.App.ID)
	default:
		bearer = v.App.AppKey
	}
	return v.speakAs(bearer)
}

func (v *Visit) speakAs(bearer string) *client.Client {
	return client.New(origin, bearer, v.site.o.Client).WithLanguage(v.Lang)
}

// Fetch reads a public document of the API without any credential. The caller closes it.
func (v *Visit) Fetch(path string) (io.ReadCloser, error) {
	r, err := http.NewRequestWithContext(v.Context(), http.MethodGet, origin+path, nil)
	if err != nil {
		return nil, fmt.Errorf("stage: %s: %w", path, err)
	}
	resp, err := v.site.o.Client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("stage: %s: %w", path, err)
	}
	if resp.StatusCode != http.StatusOK {
		_ = resp.Body.Close()
		return nil, fmt.Errorf("stage: %s: the API answered %d", path, resp.StatusCode)
	}
	return resp.Body, nil
}

// Apps lists the apps of the server.
func (v *Visit) Apps() ([]client.App, error) {
	if v.site.o.Apps != nil {
		return v.site.o.Apps(), nil
	}
	return client.Collect(v.API().Apps(v.Context()))
}

// find returns the app with that id.
func (v *Visit) find(id string) (client.App, error) {
	apps, err := v.Apps()
	if err != nil {
		return client.App{}, err
	}
	for _, a := range apps {
		if a.ID == id {
			return a, nil
		}
	}
	return client.App{}, v.Fail(http.StatusNotFound, "not-found")
}

// InApp is the visit of the same person to one app.
func (v *Visit) InApp(a client.App) *Visit {
	in := *v
	in.App, in.Token = a, v.site.credential(v.R, a)
	return &in
}

// Titles reads the names of the app's features, by their identifiers.
func (v *Visit) Titles() (map[string]string, error) {
	features, err := client.Collect(v.API().Features(v.Context()))
	if err != nil {
		return nil, err
	}
	titles := make(map[string]string, len(features))
	for _, f := range features {
		titles[f.ID] = f.Title
	}
	return titles, nil
}

// FeatureTitle falls back to the word of the register when the feature is no longer offered.
func (v *Visit) FeatureTitle(id string) string {
	if f, err := v.API().Feature(v.Context(), id); err == nil {
		return f.Title
	}
	return id
}

// Parse reads a small form into R.PostForm.
func (v *Visit) Parse() error {
	v.R.Body = http.MaxBytesReader(v.W, v.R.Body, MaxForm)
	if err := v.R.ParseForm(); err != nil {
		return v.Fail(http.StatusBadRequest, "validation")
	}
	return nil
}

// Speak has the rest of the visit, and the links of its page, speak that language.
func (v *Visit) Speak(lang string) { v.Lang, v.explicit = i18n.Match(lang), true }

func (v *Visit) variant() page.Variant { return page.Variant{Lang: v.Lang, Explicit: v.explicit} }

// Link joins an address of our own and keeps the language that was asked for.
func (v *Visit) Link(parts ...string) string { return page.Link(v.variant(), parts...) }

// Redirect leads to the page at that Link.
func (v *Visit) Redirect(parts ...string) error {
	http.Redirect(v.W, v.R, v.Link(parts...), http.StatusSeeOther)
	return nil
}
