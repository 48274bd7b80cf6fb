package web

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"vow.example/vow/client"
)

// taskData is the progress page.
type taskData struct {
	App     client.App
	Task    client.Task
	Feature string // title
	Again   string // a photo of a task that ended without a result: it can be used once more
}

// Of picks the sentence that speaks of what was handed over: a text, a photo, or several pictures.
func (d taskData) Of(key string) string {
	switch len(d.Task.Inputs) {
	case 0:
		return key + ".text"
	case 1:
		return key
	}
	return key + ".many"
}

// Sources are the pictures of the task; those that live equally long are one line.
func (d taskData) Sources() []client.Upload {
	return slices.CompactFunc(slices.Clone(d.Task.Inputs), func(a, b client.Upload) bool { return end(a) == end(b) })
}

// end says when an upload goes or went, to the minute.
func end(u client.Upload) string {
	switch {
	case u.Clock.DeletedAt != nil:
		return "gone " + u.Clock.DeletedAt.Format(time.DateTime)[:16]
	case u.Clock.DeleteAt != nil:
		return u.Clock.DeleteAt.Format(time.DateTime)[:16]
	}
	return ""
}

// running lists the states in which the page keeps itself up to date.
func running(state string) bool {
	return slices.Contains([]string{"reviewing", "queued", "sending", "generating", "storing"}, state)
}

// Running reports whether the task still moves by itself.
func (d taskData) Running() bool { return running(d.Task.State) }

// Cancelable reports whether there is anything left to stop.
func (d taskData) Cancelable() bool { return d.Running() || d.Task.State == "awaiting_confirmation" }

// task shows progress; a task that has a result leads there.
func (s *site) task(v *visit) error {
	t, err := v.api().Task(v.ctx(), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	if t.State == "succeeded" && len(t.Outputs) > 0 && v.r.URL.Query().Get("view") != "steps" {
		return v.redirect("/", v.app.ID, "/works/", t.Outputs[0].ID)
	}
	d := taskData{App: v.app, Task: t, Feature: v.featureTitle(t.Feature)}
	for _, u := range t.Inputs {
		if !d.Cancelable() && u.State != "deleted" {
			d.Again = u.ID
		}
	}
	f := frame{Title: d.Feature, Tab: "create", Page: "task", Narrow: true, Data: d}
	if d.Running() {
		f.Refresh = 2
	}
	return v.show(http.StatusOK, "task", f)
}

// featureTitle falls back to the word of the register when the feature is no longer offered.
func (v *visit) featureTitle(id string) string {
	if f, err := v.api().Feature(v.ctx(), id); err == nil {
		return f.Title
	}
	return id
}

func (s *site) cancel(v *visit) error {
	id := v.r.PathValue("id")
	_, err := v.api().CancelTask(v.ctx(), id)
	if err != nil && asProblem(err).Code != "not-cancelable" {
		return err
	}
	return v.redirect("/", v.app.ID, "/tasks/", id)
}

func (s *site) confirm(v *visit) error {
	if err := v.parse(); err != nil {
		return err
	}
	id := v.r.PathValue("id")
	if _, err := v.api().ConfirmTask(v.ctx(), id, v.r.PostForm.Get("accept") == "yes"); err != nil {
		return err
	}
	return v.redirect("/", v.app.ID, "/tasks/", id)
}

// worksData is the grid of results.
type worksData struct {
	App     client.App
	Outputs []client.Output
	Titles  map[string]string
	Films   map[string]bool // features whose pictures move
}

func (s *site) works(v *visit) error {
	d := worksData{App: v.app, Titles: map[string]string{}, Films: map[string]bool{}}
	if v.token != "" {
		var err error
		if d.Outputs, err = client.Collect(v.api().Outputs(v.ctx())); err != nil {
			return err
		}
	}
	features, err := client.Collect(v.api().Features(v.ctx()))
	if err != nil {
		return err
	}
	for _, f := range features {
		d.Titles[f.ID], d.Films[f.ID] = f.Title, f.Makes == "video"
	}
	return v.show(http.StatusOK, "works", frame{Title: v.text("works.title"), Tab: "works", Page: "work", Data: d})
}

// titles reads the names of the app's features.
func (v *visit) titles(out *map[string]string) error {
	features, err := client.Collect(v.api().Features(v.ctx()))
	if err != nil {
		return err
	}
	*out = make(map[string]string, len(features))
	for _, f := range features {
		(*out)[f.ID] = f.Title
	}
	return nil
}

// workData is the result page.
type workData struct {
	App        client.App
	Output     client.Output
	Task       client.Task
	Feature    string
	Film       bool              // a picture that moves
	Attributes client.Attributes // of a result that is facts about a picture
	Words      string            // of a result that is text
}

// maxWords bounds a text result on a page.
const maxWords = 256 << 10

// read takes in a result that the page itself shows in words.
func (v *visit) read(d *workData) error {
	if k := d.Output.Kind; k != "attributes" && k != "text" {
		return nil
	}
	body, _, err := v.api().Content(v.ctx(), d.Output.ID)
	if err != nil {
		return err
	}
	defer body.Close()
	raw, err := io.ReadAll(io.LimitReader(body, maxWords))
	if err != nil {
		return err
	}
	if d.Output.Kind == "text" {
		d.Words = string(raw)
		return nil
	}
	return json.Unmarshal(raw, &d.Attributes)
}

// face is one line of the table of measurements.
type face struct {
	Number      int
	Age, Gender string
	Quality     int // below 0: not measured
}

// Ending is the file ending of the result.
func (d workData) Ending() string {
	switch kind, _, _ := strings.Cut(d.Output.MediaType, ";"); kind {
	case "image/jpeg":
		return ".jpg"
	case "image/png":
		return ".png"
	case "image/webp":
		return ".webp"
	case "image/gif":
		return ".gif"
	case "video/mp4":
		return ".mp4"
	case "text/plain":
		return ".txt"
	case "application/json", "application/vnd.vow.points+json":
		return ".json"
	}
	return ""
}

// Faces lists what was measured, face by face.
func (d workData) Faces() []face {
	a := d.Attributes
	list := make([]face, max(len(a.Ages), len(a.Genders), len(a.Quality)))
	for i := range list {
		list[i].Number, list[i].Quality = i+1, -1
		if i < len(a.Ages) {
			list[i].Age = strings.ReplaceAll(a.Ages[i], "-", "–")
		}
		if i < len(a.Genders) {
			list[i].Gender = a.Genders[i]
		}
		if i < len(a.Quality) {
			list[i].Quality = a.Quality[i]
		}
	}
	return list
}

// Count is how many faces were found; below 0: they were not counted.
func (d workData) Count() int {
	if d.Attributes.FaceCount == nil {
		return -1
	}
	return *d.Attributes.FaceCount
}

// Before says whether the pictures that the result was made from are gone: "gone", "kept", or ""
// where there were none.
func (d workData) Before() string {
	switch {
	case len(d.Task.Inputs) == 0:
		return ""
	case slices.ContainsFunc(d.Task.Inputs, func(u client.Upload) bool { return u.Clock.DeletedAt == nil }):
		return "kept"
	}
	return "gone"
}

// goneData is the grey card of a result that is no longer there.
type goneData struct {
	App     client.App
	Problem *client.Problem
	Receipt *client.Receipt
}

func (s *site) work(v *visit) error {
	out, err := v.api().Output(v.ctx(), v.r.PathValue("id"))
	if p := (*client.Problem)(nil); errors.As(err, &p) && p.Status == http.StatusGone {
		return v.showGone(http.StatusGone, goneData{Problem: p})
	}
	if err != nil {
		return err
	}
	if out.ContentURL == "" || out.Clock.DeletedAt != nil {
		return v.showGone(http.StatusGone, goneData{Problem: &client.Problem{Code: "erased", DeletedAt: out.Clock.DeletedAt, Receipt: out.Clock.Receipt}})
	}
	if out.Once {
		return v.showDevice(out)
	}
	d := workData{App: v.app, Output: out, Feature: out.Feature}
	if f, err := v.api().Feature(v.ctx(), out.Feature); err == nil {
		d.Feature, d.Film = f.Title, f.Makes == "video" && out.Kind == "image"
	}
	if d.Task, err = v.api().Task(v.ctx(), out.Task); err != nil && asProblem(err).Status >= 500 {
		return err
	}
	if err := v.read(&d); err != nil {
		return err
	}
	return v.show(http.StatusOK, "work", frame{Title: v.text("work.title"), Tab: "works", Page: "work", Data: d})
}

func (v *visit) showGone(status int, d goneData) error {
	d.App = v.app
	return v.show(status, "gone", frame{Title: v.text("gone.title"), Tab: "works", Narrow: true, Data: d})
}

func (s *site) deleteWork(v *visit) error {
	receipt, err := v.api().DeleteOutput(v.ctx(), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	v.w.Header().Set("Clear-Site-Data", `"cache"`)
	return v.showGone(http.StatusOK, goneData{Receipt: &receipt})
}
