package probe

import (
	"bytes"
	"crypto/rand"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"slices"

	"vow.example/vow/client"
	"vow.example/vow/internal/effects/samples"
)

// Person is one subject of one app, as an app on a phone would act for them.
type Person struct {
	App, Subject, Token string

	p      *Probe
	header []string
}

// Person starts a session with the check's app and says what the app asks first: the age band, and
// agreement to the policy where it wants one.
func (p *Probe) Person() *Person { return p.PersonOf(p.App) }

// PersonOf is Person for another app.
func (p *Probe) PersonOf(app string) *Person {
	who := p.Stranger(app)
	if a := who.Send("PUT", "/v1/me/age", map[string]string{"band": "over"}); a.Status != 404 && a.Status != 409 { // the app does not ask
		a.Fine()
	}
	who.Accept()
	return who
}

// Stranger starts a session and says nothing yet.
func (p *Probe) Stranger(app string) *Person {
	var s client.Session
	p.Send("POST", "/v1/sessions", map[string]string{"app": app}).Fine().Into(&s)
	if s.AccessToken == "" || s.Subject == "" {
		p.Failf("a session of %s has neither token nor name", app)
	}
	return &Person{App: app, Subject: s.Subject, Token: s.AccessToken, p: p}
}

// With adds a header to every later call.
func (w *Person) With(name, value string) *Person {
	w.header = append(w.header, name, value)
	return w
}

func (w *Person) headers() []string {
	return append(slices.Clone(w.header), "Authorization", "Bearer "+w.Token)
}

// Send makes a call of the person with a JSON body; nil sends none.
func (w *Person) Send(method, path string, doc any) Answer {
	return w.p.Send(method, path, doc, w.headers()...)
}

// Get reads.
func (w *Person) Get(path string) Answer { return w.Send("GET", path, nil) }

// Accept agrees to the policy in force where the app asks for that, and does nothing elsewhere.
func (w *Person) Accept() {
	var r client.Reading
	if w.Get("/v1/me/acceptance").Fine().Into(&r); !r.Required || r.Accepted {
		return
	}
	w.Send("POST", "/v1/me/acceptance", client.Acceptance{Version: r.Version, Hash: r.Hash, Decision: "accepted"}).Fine()
}

// Photo is a picture made for one check: its pixels and its hidden facts are found wherever they turn up.
type Photo struct {
	File   []byte
	Type   string
	Pixels []byte // a row of decoded pixels that no other picture has
	Coded  []byte // a piece of the coded file that an upload keeps
	Hidden string // in the metadata
}

// Marks are what to search for.
func (f Photo) Marks() [][]byte { return [][]byte{f.Pixels, f.Coded, []byte(f.Hidden)} }

// NewPhoto draws a picture with a face, a band of noise and metadata that tells who, where and with what.
func (p *Probe) NewPhoto() Photo {
	raw, err := samples.Open(samples.Astronaut)
	p.Check(err)
	src, err := jpeg.Decode(bytes.NewReader(raw))
	if err != nil {
		p.Check(err)
		return Photo{}
	}
	img := image.NewNRGBA(src.Bounds())
	draw.Draw(img, img.Rect, src, src.Bounds().Min, draw.Src)
	const band, row, pixels = 16, 8, 16
	for y := range band {
		line := make([]byte, 3*img.Rect.Dx())
		_, _ = rand.Read(line) // never fails: crypto/rand ends the program instead
		for x := range img.Rect.Dx() {
			img.SetNRGBA(x, y, color.NRGBA{line[3*x], line[3*x+1], line[3*x+2], 255})
		}
	}
	f := Photo{Type: "image/png", Hidden: Mark("meta")}
	at := img.PixOffset(img.Rect.Dx()/2, row)
	f.Pixels = slices.Clone(img.Pix[at : at+4*pixels])
	var b bytes.Buffer
	p.Check(png.Encode(&b, img))
	f.File = withText(b.Bytes(), f.Hidden)
	f.Coded = slices.Clone(b.Bytes()[2048 : 2048+48])
	return f
}

// Mark makes up a word that nothing else contains: of small letters alone, as a random draw with digits is
// refused where a word is expected.
func Mark(what string) string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the program instead
	for i, b := range raw {
		raw[i] = 'a' + b%26
	}
	return "zq" + what + string(raw) + "qz"
}

// Upload hands the photo over and returns the upload.
func (w *Person) Upload(f Photo) client.Upload {
	var u client.Upload
	w.TryUpload(f).Fine().Into(&u)
	return u
}

// TryUpload hands the photo over, whatever the answer.
func (w *Person) TryUpload(f Photo) Answer {
	return w.p.Ask("POST", "/v1/uploads", bytes.NewReader(f.File), append(w.headers(), "Content-Type", f.Type)...)
}

// Screen returns the consent screen of a feature.
func (w *Person) Screen(feature, lang string) client.Disclosure {
	var d client.Disclosure
	w.Get("/v1/features/" + feature + "/disclosure?lang=" + lang).Fine().Into(&d)
	return d
}

// Decide says yes or no to the screen and returns the record.
func (w *Person) Decide(feature, decision string) client.Consent {
	screen := w.Screen(feature, "en")
	var c client.Consent
	if len(screen.Who) == 0 {
		w.p.Failf("the screen of %s names nobody", feature)
		return c
	}
	w.Send("POST", "/v1/consents", client.ConsentCreate{
		Feature: feature, Recipient: screen.Who[len(screen.Who)-1].ID, Decision: decision, DisclosureHash: screen.Hash,
	}).Fine().Into(&c)
	return c
}

// Order is what a task is asked with.
type Order struct {
	Feature string
	Photos  map[string]string // upload by role
	Prompt  string
	Params  map[string]string
	Consent string
	More    map[string]any // further members of the request
}

func (o Order) body() map[string]any {
	b := map[string]any{"feature": o.Feature}
	if o.Consent != "" {
		b["consent"] = o.Consent
	}
	if o.Prompt != "" {
		b["prompt"] = o.Prompt
	}
	if len(o.Params) > 0 {
		b["params"] = o.Params
	}
	inputs := []map[string]string{}
	for role, upload := range o.Photos {
		inputs = append(inputs, map[string]string{"role": role, "upload": upload})
	}
	if len(inputs) > 0 {
		b["inputs"] = inputs
	}
	for name, v := range o.More {
		b[name] = v
	}
	return b
}

// Try asks for a task, whatever the answer.
func (w *Person) Try(o Order) Answer { return w.Send("POST", "/v1/tasks", o.body()) }

// Task reads a task.
func (w *Person) Task(id string) client.Task {
	var k client.Task
	w.Get("/v1/tasks/" + id).Fine().Into(&k)
	return k
}

// Wait waits until the task has ended, or until it is in one of the states.
func (w *Person) Wait(id string, states ...string) client.Task {
	var k client.Task
	w.p.Until("the end of "+id, func() bool {
		k = w.Task(id)
		return slices.Contains(states, k.State) || slices.Contains([]string{"succeeded", "failed", "blocked", "canceled", "expired"}, k.State)
	})
	return k
}

// Run agrees to the feature, asks for the task and waits for its end.
func (w *Person) Run(o Order) client.Task {
	o.Consent = w.Decide(o.Feature, "granted").ID
	var k client.Task
	w.Try(o).Fine().Into(&k)
	return w.Wait(k.ID)
}

// Make is Run for a task that must succeed.
func (w *Person) Make(o Order) client.Task {
	k := w.Run(o)
	if w.p.OK() && k.State != "succeeded" {
		w.p.Failf("the task of %s ended as %s", o.Feature, k.State)
	}
	return k
}
