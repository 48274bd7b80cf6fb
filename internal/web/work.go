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
	"vow.example/vow/internal/web/stage"
)

// taskData is the progress page.
type taskData struct {
	App     client.App
	Task    client.Task
	Feature string // title
	Again   string // a photo of a task that ended without a result: it can be used once more
	Slow    bool   // it takes much longer than usual
	Notify  string // how to allow messages of the browser; empty: the app's policy knows none
	Typed   *typed // the text that the review was about, while it is kept
}

// Minutes is how long it usually takes where that is worth counting in minutes, or 0.
func (d taskData) Minutes() int {
	if s := d.Task.Progress.UsualSeconds; s >= 120 {
		return (s + 30) / 60
	}
	return 0
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
func (s *site) task(v *stage.Visit) error {
	t, err := v.API().Task(v.Context(), v.R.PathValue("id"))
	if err != nil {
		return err
	}
	if t.State == "succeeded" && len(t.Outputs) > 0 && v.R.URL.Query().Get("view") != "steps" {
		return v.Redirect("/", v.App.ID, "/works/", t.Outputs[0].ID)
	}
	d := taskData{App: v.App, Task: t, Feature: v.FeatureTitle(t.Feature)}
	for _, u := range t.Inputs {
		if !d.Cancelable() && u.State != "deleted" {
			d.Again = u.ID
		}
	}
	f := stage.Frame{Title: d.Feature, Tab: "create", Page: "task", Narrow: true}
	if d.Running() {
		at := t.Progress.SlowAt
		f.Refresh, d.Slow = 2, at != nil && v.Now().After(*at)
		if d.Notify, err = notifications(v); err != nil {
			return err
		}
	}
	if t.State == "blocked" || t.State == "awaiting_confirmation" {
		if d.Typed, err = words(v, t); err != nil {
			return err
		}
	}
	f.Data = d
	return v.Show(http.StatusOK, "task", f)
}

// notifications says how messages of the browser are allowed, or "" where the app's policy has none on
// the web.
func notifications(v *stage.Visit) (string, error) {
	list, err := v.API().Permissions(v.Context())
	if err != nil {
		return "", err
	}
	for _, p := range list.Data {
		if p.ID == "notifications" && (len(p.Platforms) == 0 || slices.Contains(p.Platforms, "web")) {
			return p.Help, nil
		}
	}
	return "", nil
}

func (s *site) cancel(v *stage.Visit) error {
	id := v.R.PathValue("id")
	_, err := v.API().CancelTask(v.Context(), id)
	if err != nil && stage.AsProblem(err).Code != "not-cancelable" {
		return err
	}
	return v.Redirect("/", v.App.ID, "/tasks/", id)
}

func (s *site) confirm(v *stage.Visit) error {
	if err := v.Parse(); err != nil {
		return err
	}
	id := v.R.PathValue("id")
	if _, err := v.API().ConfirmTask(v.Context(), id, v.R.PostForm.Get("accept") == "yes"); err != nil {
		return err
	}
	return v.Redirect("/", v.App.ID, "/tasks/", id)
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
	Favorites  bool              // the app has such a thing
	Sharing    bool              // the app's policy lets people share this
	Link       string            // to the work; shown once
}

// maxWords bounds a text result on a page.
const maxWords = 256 << 10

// read takes in a result that the page itself shows in words.
func read(v *stage.Visit, d *workData) error {
	if k := d.Output.Kind; k != "attributes" && k != "text" {
		return nil
	}
	body, _, err := v.API().Content(v.Context(), d.Output.ID)
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
func (d workData) Ending() string { return client.Ending(d.Output.MediaType) }

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
	App       client.App
	Problem   *client.Problem
	Receipt   *client.Receipt
	Transfers []client.Transfer // of the task that made it: what others still have
}

func (s *site) work(v *stage.Visit) error { return showWork(v, "") }

// showWork shows a result, with the link to it that was made a moment ago.
func showWork(v *stage.Visit, link string) error {
	out, err := v.API().Output(v.Context(), v.R.PathValue("id"))
	if p := (*client.Problem)(nil); errors.As(err, &p) && p.Status == http.StatusGone && p.Code != "app-closed" {
		return showGone(v, http.StatusGone, goneData{Problem: p})
	}
	if err != nil {
		return err
	}
	if out.Once {
		return showDevice(v, out)
	}
	shown := out.Kind == "image" || out.Kind == "video"
	d := workData{App: v.App, Output: out, Feature: out.Feature, Favorites: v.Offers("favorites"), Sharing: shown && v.Offers("sharing"), Link: link}
	if f, err := v.API().Feature(v.Context(), out.Feature); err == nil {
		d.Feature, d.Film = f.Title, f.Makes == "video" && out.Kind == "image"
	}
	if d.Task, err = v.API().Task(v.Context(), out.Task); err != nil && stage.AsProblem(err).Status >= 500 {
		return err
	}
	if err := read(v, &d); err != nil {
		return err
	}
	return v.Show(http.StatusOK, "work", stage.Frame{Title: v.Text("work.title"), Tab: "works", Page: "work", Data: d})
}

func showGone(v *stage.Visit, status int, d goneData) error {
	d.App = v.App
	return v.Show(status, "gone", stage.Frame{Title: v.Text("gone.title"), Tab: "works", Narrow: true, Data: d})
}

func (s *site) deleteWork(v *stage.Visit) error {
	d, err := erased(v, v.R.PathValue("id"))
	if err != nil {
		return err
	}
	v.W.Header().Set("Clear-Site-Data", `"cache"`)
	return showGone(v, http.StatusOK, d)
}

// erased erases a result, and looks up what others still have of the task that made it.
func erased(v *stage.Visit, id string) (d goneData, err error) {
	out, err := v.API().Output(v.Context(), id)
	if err != nil {
		return d, err
	}
	receipt, err := v.API().DeleteOutput(v.Context(), id)
	if err != nil {
		return d, err
	}
	d.Receipt = &receipt
	if task, err := v.API().Task(v.Context(), out.Task); err == nil { // it may be gone, too
		d.Transfers = task.Transfers
	}
	return d, nil
}
