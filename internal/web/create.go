package web

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/stage"
	"vow.example/vow/internal/web/talk"
)

// effectData is what the effect, consent and upload pages show.
type effectData struct {
	App        client.App
	Feature    client.Feature
	Disclosure client.Disclosure
	Samples    []string
	Again      *client.Upload  // a photo that is still here from a task that failed
	Standing   *client.Consent // consent that holds until its text changes
	Consent    string          // consent given a moment ago, on the upload page
	Problem    *client.Problem
	Session    bool
	Declined   bool              // said no a moment ago
	Materials  []client.Material // drawn things that the feature's choices name
	From       string            // the task whose words the form begins with
	Typed      map[string]string // those words, by field
}

// Links are the policies to read, without those that stand next to a recipient already.
func (d effectData) Links() []client.Link {
	var links []client.Link
	for _, l := range d.Disclosure.Links {
		if !slices.ContainsFunc(d.Disclosure.Who, func(r client.RecipientRef) bool { return r.PolicyURL == l.URL }) {
			links = append(links, l)
		}
	}
	return links
}

// Media lists the inputs that take a file.
func (d effectData) Media() []client.Input {
	return slices.DeleteFunc(slices.Clone(d.Feature.Inputs), func(in client.Input) bool { return in.Kind != "photo" && in.Kind != "video" })
}

// Wider is the scope that a person can ask for beside Scope, or "". A conversation is one act: who starts
// one is not asked at each line of it.
func (d effectData) Wider() string {
	if talks(d.Feature) || len(d.Disclosure.Scopes) < 2 {
		return ""
	}
	return d.Disclosure.Scopes[1]
}

// Scope is how long a yes holds that says nothing about it.
func (d effectData) Scope() string {
	if d.Wider() != "" {
		return d.Disclosure.Scopes[0]
	}
	return d.Disclosure.Scope
}

// First is the input for the first file: it says what holds for every file.
func (d effectData) First() string {
	if m := d.Media(); len(m) > 0 {
		return m[0].Role
	}
	return ""
}

// Credits says who drew the things of a kind that the feature offers, once each.
func (d effectData) Credits(kind string) []string {
	var list []string
	for _, m := range d.Materials {
		if m.Kind == kind && m.Credits != "" && !slices.Contains(list, m.Credits) && d.offers(m) {
			list = append(list, m.Credits)
		}
	}
	return list
}

// offers reports whether a choice of the feature is that drawn thing.
func (d effectData) offers(m client.Material) bool {
	return slices.ContainsFunc(d.Feature.Inputs, func(in client.Input) bool {
		return in.Material == m.Kind && slices.ContainsFunc(in.Choices, func(c client.Choice) bool { return c.Value == m.ID })
	})
}

// prepare reads a feature with its disclosure. Planned features have no page.
func (s *site) prepare(v *stage.Visit) (effectData, error) {
	d := effectData{App: v.App, Samples: s.samples, Session: v.Token != ""}
	var err error
	if d.Feature, err = v.API().Feature(v.Context(), v.R.PathValue("feature")); err != nil {
		return d, err
	}
	if d.Feature.State != "live" {
		return d, &client.Problem{Status: http.StatusNotFound, Code: "not-found"}
	}
	if d.Disclosure, err = v.API().Disclosure(v.Context(), d.Feature.ID, v.Lang); err != nil {
		return d, err
	}
	if slices.ContainsFunc(d.Feature.Inputs, func(in client.Input) bool { return in.Material != "" }) {
		if d.Materials, err = v.API().Materials(v.Context(), v.App.ID, ""); err != nil {
			return d, err
		}
	}
	if v.Token == "" {
		return d, nil
	}
	if d.Standing, err = v.Standing(d.Feature); err != nil {
		return d, err
	}
	if err = d.refill(v); err != nil {
		return d, err
	}
	if id := v.R.URL.Query().Get("again"); strings.HasPrefix(id, "upl_") && len(d.Media()) == 1 {
		if u, err := v.API().GetUpload(v.Context(), id); err == nil && u.State != "deleted" {
			d.Again = &u
		}
	}
	return d, nil
}

func (s *site) effect(v *stage.Visit) error {
	d, err := s.prepare(v)
	if err != nil {
		return err
	}
	d.Declined = v.R.URL.Query().Has("declined")
	if talks(d.Feature) {
		return v.Redirect("/", v.App.ID, "/chat")
	}
	return v.Show(http.StatusOK, "effect", stage.Frame{Title: d.Feature.Title, Tab: "create", Page: "create", Data: d})
}

// ready is prepare for a page that leads to a task. While an effect is not available nothing is
// asked and nothing taken: its own page says why.
func (s *site) ready(v *stage.Visit, h func(*stage.Visit, effectData) error) error {
	d, err := s.prepare(v)
	if err != nil {
		return err
	}
	if !d.Feature.Available || v.App.Cookieless { // without cookies only a script can go on, and it needs no such page
		return v.Redirect("/", v.App.ID, "/e/", d.Feature.ID)
	}
	return h(v, d)
}

// sheet is the consent sheet alone, for a script whose sheet went stale.
func (s *site) sheet(v *stage.Visit) error {
	d, err := s.prepare(v)
	if err != nil {
		return err
	}
	return v.Part("effect", "sheet", d)
}

func (s *site) consent(v *stage.Visit) error {
	return s.ready(v, func(v *stage.Visit, d effectData) error {
		return v.Show(http.StatusOK, "consent", stage.Frame{Title: d.Disclosure.Title, Tab: "create", Narrow: true, Data: d})
	})
}

// decide records a decision made without scripts. A "no" of somebody we do not know is recorded
// nowhere: there is nobody to record it about.
func (s *site) decide(v *stage.Visit) error {
	if err := v.Parse(); err != nil {
		return err
	}
	return s.ready(v, decided)
}

func decided(v *stage.Visit, d effectData) error {
	in := client.ConsentCreate{Feature: d.Feature.ID, Recipient: d.Feature.Recipient.ID, Decision: "declined",
		DisclosureHash: v.R.PostForm.Get("hash"), Scope: cmp.Or(v.R.PostForm.Get("scope"), d.Scope())}
	if v.R.PostForm.Get("decision") != "granted" {
		if v.Token != "" {
			if _, err := v.API().CreateConsent(v.Context(), in); err != nil && stage.AsProblem(err).Code != "consent-stale" {
				return err
			}
		}
		return v.Redirect("/", v.App.ID, "/e/", d.Feature.ID, "?declined=1")
	}
	if err := v.Begin(); err != nil {
		return err
	}
	in.Decision = "granted"
	made, err := v.API().CreateConsent(v.Context(), in)
	if p := (*client.Problem)(nil); errors.As(err, &p) && p.Code == "consent-stale" {
		d.Problem = p
		return v.Show(http.StatusConflict, "consent", stage.Frame{Title: d.Disclosure.Title, Tab: "create", Narrow: true, Data: d})
	}
	if err != nil {
		return err
	}
	if talks(d.Feature) {
		return v.Redirect("/", v.App.ID, "/chat")
	}
	return v.Redirect("/", v.App.ID, "/e/", d.Feature.ID, "/upload?consent=", made.ID, d.Carry("&"))
}

// talks reports whether a feature has its place on the page of conversations.
func talks(f client.Feature) bool {
	return talk.IsChat(f) || slices.ContainsFunc(f.Inputs, func(in client.Input) bool { return in.Kind == "voice" })
}

func (s *site) upload(v *stage.Visit) error {
	return s.ready(v, func(v *stage.Visit, d effectData) error {
		return showUpload(v, http.StatusOK, d, v.R.URL.Query().Get("consent"))
	})
}

func showUpload(v *stage.Visit, status int, d effectData, consent string) error {
	if talks(d.Feature) { // what is said is recorded there, and nowhere else
		return v.Redirect("/", v.App.ID, "/chat")
	}
	if strings.HasPrefix(consent, "con_") {
		d.Consent = consent
	}
	if d.Consent == "" && d.Standing == nil {
		return v.Redirect("/", v.App.ID, "/e/", d.Feature.ID, "/consent", d.Carry("?"))
	}
	return v.Show(status, "upload", stage.Frame{Title: d.Feature.Title, Tab: "create", Narrow: true, Data: d})
}

// create takes the form of the upload page: files stream through to the API, then the task is
// made. When the task is refused, what was uploaded is erased again.
func (s *site) create(v *stage.Visit) error {
	if err := v.Begin(); err != nil {
		return err
	}
	return s.ready(v, s.submit)
}

func (s *site) submit(v *stage.Visit, d effectData) error {
	in := client.TaskCreate{Feature: d.Feature.ID, Params: map[string]string{}}
	made, err := s.receive(v, &in)
	if err == nil {
		var task client.Task
		if task, err = v.API().CreateTask(v.Context(), in, ""); err == nil {
			return v.Redirect("/", v.App.ID, "/tasks/", task.ID)
		}
	}
	for _, id := range made {
		if _, gone := v.API().DeleteUpload(v.Context(), id); gone != nil {
			return gone
		}
	}
	p := stage.AsProblem(err)
	if p.Status >= 500 {
		return err
	}
	d.Problem = v.Describe(p)
	return showUpload(v, p.Status, d, in.Consent)
}

// receive reads the parts of the form in order and returns the uploads it made.
func (s *site) receive(v *stage.Visit, in *client.TaskCreate) (made []string, err error) {
	parts, err := v.R.MultipartReader()
	if err != nil {
		return nil, &client.Problem{Status: http.StatusUnsupportedMediaType, Code: "media-unsupported"}
	}
	samples, photos := map[string]string{}, map[string]string{}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return made, &client.Problem{Status: http.StatusBadRequest, Code: "media-unreadable"}
		}
		kind, role, _ := strings.Cut(part.FormName(), ".")
		if kind == "file" {
			if part.FileName() == "" || photos[role] != "" {
				continue
			}
			up, err := v.API().Upload(v.Context(), part, part.Header.Get("Content-Type"))
			if err != nil {
				return made, err
			}
			made, photos[role] = append(made, up.ID), up.ID
			continue
		}
		if err := field(in, part, samples, photos); err != nil {
			return made, err
		}
	}
	for role, name := range samples {
		if photos[role] != "" {
			continue
		}
		up, err := s.uploadSample(v, name)
		if err != nil {
			return made, err
		}
		made, photos[role] = append(made, up), up
	}
	for role, id := range photos {
		in.Inputs = append(in.Inputs, client.TaskInput{Role: role, Upload: id})
	}
	return made, nil
}

// field reads one part that is no file.
func field(in *client.TaskCreate, part *multipart.Part, samples, photos map[string]string) error {
	b, err := io.ReadAll(io.LimitReader(part, stage.MaxForm))
	if err != nil {
		return &client.Problem{Status: http.StatusBadRequest, Code: "validation"}
	}
	kind, role, _ := strings.Cut(part.FormName(), ".")
	switch value := string(b); kind {
	case "consent":
		in.Consent = value
	case "text":
		if role == "negative_prompt" {
			in.NegativePrompt = value
		} else {
			in.Prompt = value
		}
	case "param":
		if value != "" {
			in.Params[role] = value
		}
	case "sample":
		if strings.HasPrefix(value, "upl_") {
			photos[role] = value
		} else if value != "" {
			samples[role] = value
		}
	}
	return nil
}

// uploadSample hands over one of our sample photos as if it were the person's own.
func (s *site) uploadSample(v *stage.Visit, name string) (string, error) {
	if !slices.Contains(s.samples, name) {
		return "", &client.Problem{Status: http.StatusUnprocessableEntity, Code: "validation"}
	}
	b, err := fs.ReadFile(s.o.Samples, name)
	if err != nil {
		return "", err
	}
	up, err := v.API().Upload(v.Context(), bytes.NewReader(b), "image/jpeg")
	return up.ID, err
}

// sample serves a sample photo to the page.
func (s *site) sample(v *stage.Visit) error {
	name := v.R.PathValue("file")
	if !slices.Contains(s.samples, name) {
		return v.Fail(http.StatusNotFound, "not-found")
	}
	v.W.Header().Set("Cache-Control", "public, max-age=3600")
	http.ServeFileFS(v.W, v.R, s.o.Samples, name)
	return nil
}

// material passes on a file of a drawn thing, or the sample of an effect, which the API has under the
// same name. It is nobody's, so no credential goes along.
func (s *site) material(v *stage.Visit) error {
	out := v.R.Clone(v.R.Context())
	out.URL.Path, out.URL.RawPath, out.URL.RawQuery = "/v1/apps"+v.R.URL.Path, "", ""
	out.RequestURI, out.Header = out.URL.RequestURI(), http.Header{}
	s.o.API.ServeHTTP(v.W, out)
	return nil
}
