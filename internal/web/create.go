package web

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"

	"vow.example/vow/client"
)

// maxForm bounds a form without files, and one field of a form with files.
const maxForm = 64 << 10

// effectData is what the effect, consent and upload pages show.
type effectData struct {
	App        client.App
	Feature    client.Feature
	Disclosure client.Disclosure
	Samples    []string
	Again      *client.Upload  // a photo that is still here from a task that failed
	Standing   *client.Consent // consent that holds until the policy changes
	Consent    string          // consent given a moment ago, on the upload page
	Problem    *client.Problem
	Session    bool
	Declined   bool              // said no a moment ago
	Materials  []client.Material // drawn things that the feature's choices name
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
func (v *visit) prepare() (effectData, error) {
	d := effectData{App: v.app, Samples: v.s.samples, Session: v.token != ""}
	var err error
	if d.Feature, err = v.api().Feature(v.ctx(), v.r.PathValue("feature")); err != nil {
		return d, err
	}
	if d.Feature.State != "live" {
		return d, &client.Problem{Status: http.StatusNotFound, Code: "not-found"}
	}
	if d.Disclosure, err = v.api().Disclosure(v.ctx(), d.Feature.ID, v.lang); err != nil {
		return d, err
	}
	if slices.ContainsFunc(d.Feature.Inputs, func(in client.Input) bool { return in.Material != "" }) {
		if d.Materials, err = v.api().Materials(v.ctx(), v.app.ID, ""); err != nil {
			return d, err
		}
	}
	if v.token == "" {
		return d, nil
	}
	if d.Standing, err = v.standing(d); err != nil {
		return d, err
	}
	if id := v.r.URL.Query().Get("again"); strings.HasPrefix(id, "upl_") && len(d.Media()) == 1 {
		if u, err := v.api().GetUpload(v.ctx(), id); err == nil && u.State != "deleted" {
			d.Again = &u
		}
	}
	return d, nil
}

// standing finds a consent that still covers exactly this disclosure.
func (v *visit) standing(d effectData) (*client.Consent, error) {
	if d.Feature.Consent != "once_per_version" {
		return nil, nil
	}
	for c, err := range v.api().Consents(v.ctx()) {
		if err != nil {
			return nil, err
		}
		if c.Feature == d.Feature.ID && c.Decision == "granted" && c.WithdrawnAt == nil &&
			c.Scope == "until_policy_changes" && c.PolicyVersion == d.Disclosure.PolicyVersion {
			return &c, nil
		}
	}
	return nil, nil
}

func (s *site) effect(v *visit) error {
	d, err := v.prepare()
	if err != nil {
		return err
	}
	d.Declined = v.r.URL.Query().Has("declined")
	return v.show(http.StatusOK, "effect", frame{Title: d.Feature.Title, Tab: "create", Page: "create", Data: d})
}

// ready is prepare for a page that leads to a task. While an effect is not available nothing is
// asked and nothing taken: its own page says why.
func (v *visit) ready(h func(effectData) error) error {
	d, err := v.prepare()
	if err != nil {
		return err
	}
	if !d.Feature.Available || v.app.Cookieless { // without cookies only a script can go on, and it needs no such page
		return v.redirect("/", v.app.ID, "/e/", d.Feature.ID)
	}
	return h(d)
}

// sheet is the consent sheet alone, for a script whose sheet went stale.
func (s *site) sheet(v *visit) error {
	d, err := v.prepare()
	if err != nil {
		return err
	}
	return v.part("effect", "sheet", d)
}

func (s *site) consent(v *visit) error {
	return v.ready(func(d effectData) error {
		return v.show(http.StatusOK, "consent", frame{Title: d.Disclosure.Title, Tab: "create", Narrow: true, Data: d})
	})
}

// decide records a decision made without scripts. A "no" of somebody we do not know is recorded
// nowhere: there is nobody to record it about.
func (s *site) decide(v *visit) error {
	if err := v.parse(); err != nil {
		return err
	}
	return v.ready(v.decide)
}

func (v *visit) decide(d effectData) error {
	in := client.ConsentCreate{Feature: d.Feature.ID, Recipient: d.Feature.Recipient.ID, Decision: "declined",
		DisclosureHash: v.r.PostForm.Get("hash"), Scope: d.Disclosure.Scope}
	if v.r.PostForm.Get("decision") != "granted" {
		if v.token != "" {
			if _, err := v.api().CreateConsent(v.ctx(), in); err != nil && asProblem(err).Code != "consent-stale" {
				return err
			}
		}
		return v.redirect("/", v.app.ID, "/e/", d.Feature.ID, "?declined=1")
	}
	if err := v.begin(); err != nil {
		return err
	}
	in.Decision = "granted"
	made, err := v.api().CreateConsent(v.ctx(), in)
	if p := (*client.Problem)(nil); errors.As(err, &p) && p.Code == "consent-stale" {
		d.Problem = p
		return v.show(http.StatusConflict, "consent", frame{Title: d.Disclosure.Title, Tab: "create", Narrow: true, Data: d})
	}
	if err != nil {
		return err
	}
	return v.redirect("/", v.app.ID, "/e/", d.Feature.ID, "/upload?consent=", made.ID)
}

func (s *site) upload(v *visit) error {
	return v.ready(func(d effectData) error { return v.showUpload(http.StatusOK, d, v.r.URL.Query().Get("consent")) })
}

func (v *visit) showUpload(status int, d effectData, consent string) error {
	if strings.HasPrefix(consent, "con_") {
		d.Consent = consent
	}
	if d.Consent == "" && d.Standing == nil {
		return v.redirect("/", v.app.ID, "/e/", d.Feature.ID, "/consent")
	}
	return v.show(status, "upload", frame{Title: d.Feature.Title, Tab: "create", Narrow: true, Data: d})
}

// create takes the form of the upload page: files stream through to the API, then the task is
// made. When the task is refused, what was uploaded is erased again.
func (s *site) create(v *visit) error {
	if err := v.begin(); err != nil {
		return err
	}
	return v.ready(v.create)
}

func (v *visit) create(d effectData) error {
	in := client.TaskCreate{Feature: d.Feature.ID, Params: map[string]string{}}
	made, err := v.receive(&in)
	if err == nil {
		var task client.Task
		if task, err = v.api().CreateTask(v.ctx(), in, ""); err == nil {
			return v.redirect("/", v.app.ID, "/tasks/", task.ID)
		}
	}
	for _, id := range made {
		if _, gone := v.api().DeleteUpload(v.ctx(), id); gone != nil {
			return gone
		}
	}
	p := asProblem(err)
	if p.Status >= 500 {
		return err
	}
	d.Problem = v.describe(p)
	return v.showUpload(p.Status, d, in.Consent)
}

// receive reads the parts of the form in order and returns the uploads it made.
func (v *visit) receive(in *client.TaskCreate) (made []string, err error) {
	parts, err := v.r.MultipartReader()
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
			up, err := v.api().Upload(v.ctx(), part, part.Header.Get("Content-Type"))
			if err != nil {
				return made, err
			}
			made, photos[role] = append(made, up.ID), up.ID
			continue
		}
		if err := v.field(in, part, samples, photos); err != nil {
			return made, err
		}
	}
	for role, name := range samples {
		if photos[role] != "" {
			continue
		}
		up, err := v.uploadSample(name)
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
func (v *visit) field(in *client.TaskCreate, part *multipart.Part, samples, photos map[string]string) error {
	b, err := io.ReadAll(io.LimitReader(part, maxForm))
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
func (v *visit) uploadSample(name string) (string, error) {
	if !slices.Contains(v.s.samples, name) {
		return "", &client.Problem{Status: http.StatusUnprocessableEntity, Code: "validation"}
	}
	b, err := fs.ReadFile(v.s.o.Samples, name)
	if err != nil {
		return "", err
	}
	up, err := v.api().Upload(v.ctx(), bytes.NewReader(b), "image/jpeg")
	return up.ID, err
}

// sample serves a sample photo to the page.
func (s *site) sample(v *visit) error {
	name := v.r.PathValue("file")
	if !slices.Contains(s.samples, name) {
		return v.fail(http.StatusNotFound, "not-found")
	}
	v.w.Header().Set("Cache-Control", "public, max-age=3600")
	http.ServeFileFS(v.w, v.r, s.o.Samples, name)
	return nil
}

// material passes on a file of a drawn thing. It is nobody's, so no credential goes along.
func (s *site) material(v *visit) error {
	out := v.r.Clone(v.r.Context())
	out.URL.Path, out.URL.RawPath, out.URL.RawQuery = "/v1/apps/"+v.app.ID+"/materials/"+v.r.PathValue("kind")+"/"+v.r.PathValue("id")+"/"+v.r.PathValue("file"), "", ""
	out.RequestURI, out.Header = out.URL.RequestURI(), http.Header{}
	s.o.API.ServeHTTP(v.w, out)
	return nil
}

// parse reads a small form.
func (v *visit) parse() error {
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxForm)
	if err := v.r.ParseForm(); err != nil {
		return v.fail(http.StatusBadRequest, "validation")
	}
	return nil
}
