package web

import (
	"errors"
	"net/http"
	"slices"

	"vow.example/vow/client"
)

// taskData is the progress page.
type taskData struct {
	App     client.App
	Task    client.Task
	Feature string // title
	Again   string // a photo of a task that ended without a result: it can be used once more
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
}

func (s *site) works(v *visit) error {
	d := worksData{App: v.app}
	if v.token != "" {
		var err error
		if d.Outputs, err = client.Collect(v.api().Outputs(v.ctx())); err != nil {
			return err
		}
	}
	if err := v.titles(&d.Titles); err != nil {
		return err
	}
	return v.show(http.StatusOK, "works", frame{Title: v.text("works.title"), Tab: "works", Data: d})
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
	App     client.App
	Output  client.Output
	Task    client.Task
	Feature string
}

// Source is the photo that the result was made from, or nil where none was needed.
func (d workData) Source() *client.Upload {
	if len(d.Task.Inputs) == 0 {
		return nil
	}
	return &d.Task.Inputs[0]
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
	d := workData{App: v.app, Output: out, Feature: v.featureTitle(out.Feature)}
	if d.Task, err = v.api().Task(v.ctx(), out.Task); err != nil && asProblem(err).Status >= 500 {
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
