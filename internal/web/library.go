package web

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/web/stage"
)

// worksData is the grid of results, or of those that are marked.
type worksData struct {
	App       client.App
	Outputs   []client.Output
	Gone      []client.Receipt // of results that were erased lately
	Titles    map[string]string
	Films     map[string]bool // features whose pictures move
	Filter    string          // "", "image" or "video"
	Only      bool            // the page of favourites
	Favorites bool            // the app has such a thing
	Total     int             // before the filter
	Size      client.ExportSize
	Deleted   int // a moment ago
}

// moves reports whether a result is a video or a picture that moves.
func (d worksData) moves(o client.Output) bool { return o.Kind == "video" || d.Films[o.Feature] }

func (s *site) works(v *stage.Visit) error { return showWorks(v, false) }

// favorites is the page of marked results. An app whose policy knows no marks has no such page.
func (s *site) favorites(v *stage.Visit) error {
	if !v.Offers("favorites") {
		return v.Fail(http.StatusNotFound, "not-found")
	}
	return showWorks(v, true)
}

func showWorks(v *stage.Visit, only bool) error {
	d := worksData{App: v.App, Titles: map[string]string{}, Films: map[string]bool{}, Only: only, Favorites: v.Offers("favorites")}
	if show := v.R.URL.Query().Get("show"); show == "image" || show == "video" {
		d.Filter = show
	}
	if v.R.URL.Query().Has("deleted") {
		d.Deleted = 1
	}
	if err := d.read(v); err != nil {
		return err
	}
	title := v.Text("works.title")
	if only {
		title = v.Text("fav.title")
	}
	return v.Show(http.StatusOK, "works", stage.Frame{Title: title, Tab: "works", Page: "work", Data: d})
}

// read takes in what the grid shows.
func (d *worksData) read(v *stage.Visit) error {
	features, err := client.Collect(v.API().Features(v.Context()))
	if err != nil {
		return err
	}
	for _, f := range features {
		d.Titles[f.ID], d.Films[f.ID] = f.Title, f.Makes == "video"
	}
	if v.Token == "" {
		return nil
	}
	if d.Outputs, err = client.Collect(v.API().Outputs(v.Context())); err != nil {
		return err
	}
	if d.Only {
		d.Outputs = slices.DeleteFunc(d.Outputs, func(o client.Output) bool { return !o.Favorite })
	}
	d.Total = len(d.Outputs)
	if d.Total > 0 {
		if d.Size, err = v.API().ExportSize(v.Context()); err != nil {
			return err
		}
	}
	if !d.Only && d.Filter == "" {
		if d.Gone, err = goneLately(v); err != nil {
			return err
		}
	}
	if d.Filter != "" {
		d.Outputs = slices.DeleteFunc(d.Outputs, func(o client.Output) bool {
			return d.moves(o) != (d.Filter == "video") || (d.Filter == "image" && o.Kind != "image")
		})
	}
	return nil
}

// What was erased stays in the grid for a while, so that a person sees that it is gone and has its receipt.
const (
	goneFor  = 7 * 24 * time.Hour
	goneMost = 8
)

// goneLately returns the receipts of the results that were erased last, newest first.
func goneLately(v *stage.Visit) (list []client.Receipt, err error) {
	since := v.Now().Add(-goneFor)
	for r, err := range v.API().Receipts(v.Context()) {
		if err != nil {
			return nil, err
		}
		if r.DeletedAt.Before(since) || len(list) == goneMost {
			break
		}
		if privacy.HasPrefix(r.Object, privacy.PrefixOutput) {
			list = append(list, r)
		}
	}
	return list, nil
}

// mostAtOnce bounds how many results one form erases.
const mostAtOnce = 200

// manyData asks before several results go.
type manyData struct {
	App  client.App
	IDs  []string
	Back string
}

// deleteWorks asks first, and then erases what was picked.
func (s *site) deleteWorks(v *stage.Visit) error {
	if err := v.Parse(); err != nil {
		return err
	}
	form := v.R.PostForm
	ids := slices.Compact(slices.Sorted(slices.Values(form["id"])))
	if len(ids) == 0 || len(ids) > mostAtOnce {
		return v.Redirect(v.Next())
	}
	if !form.Has("sure") {
		d := manyData{App: v.App, IDs: ids, Back: v.Next()}
		return v.Show(http.StatusOK, "deletemany", stage.Frame{Title: v.Text("works.many.title", "n", len(ids)), Tab: "works", Narrow: true, Data: d})
	}
	for _, id := range ids {
		if _, err := v.API().DeleteOutput(v.Context(), id); err != nil {
			if status := stage.AsProblem(err).Status; status != http.StatusGone && status != http.StatusNotFound {
				return err // what is gone already is what was wished for
			}
		}
	}
	v.W.Header().Set("Clear-Site-Data", `"cache"`)
	return v.Redirect("/", v.App.ID, "/works?deleted=1")
}

// favorite sets the mark of a result, or takes it away; no clock changes.
func (s *site) favorite(v *stage.Visit) error {
	if err := v.Parse(); err != nil {
		return err
	}
	id := v.R.PathValue("id")
	act := v.API().Favorite
	if v.R.PostForm.Get("mark") == "no" {
		act = v.API().Unfavorite
	}
	if err := act(v.Context(), id); err != nil {
		return err
	}
	if v.R.PostForm.Has("next") {
		return v.Redirect(v.Next(), "#t-", url.PathEscape(id))
	}
	return v.Redirect("/", v.App.ID, "/works/", id)
}

// share makes a link to a result and shows it, once.
func (s *site) share(v *stage.Visit) error {
	made, err := v.API().Share(v.Context(), v.R.PathValue("id"))
	if err != nil {
		return err
	}
	return showWork(v, made.URL)
}

// unshare ends the link of a result.
func (s *site) unshare(v *stage.Visit) error {
	id := v.R.PathValue("id")
	if err := v.API().Unshare(v.Context(), id); err != nil {
		return err
	}
	return v.Redirect("/", v.App.ID, "/works/", id, "#share")
}
