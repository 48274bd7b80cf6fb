package center

import (
	"net/http"
	"slices"
	"strings"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/stage"
)

// right is one right as the pages offer it.
type right struct {
	ID     string
	Path   string             // below the app
	Policy client.PolicyEntry // what the policy says about it; empty: it is open all the same
}

// known lists the rights in the order of the centre, each with the words by which policies call it.
func known() []struct {
	id, path string
	words    []string
} {
	return []struct {
		id, path string
		words    []string
	}{
		{"access", "/privacy/rights/access", []string{"access"}},
		{"correct", "/privacy/rights/correct", []string{"correct"}},
		{"some", "/privacy/items", []string{"delete_result", "delete_work"}},
		{"all", "/privacy/delete?scope=account", []string{"erase"}},
		{"restrict", "/privacy/rights/restrict", []string{"restrict"}},
		{"object", "/privacy/rights/object", []string{"object"}},
		{"move", "/privacy/rights/move", []string{"portability", "port"}},
		{"withdraw", "/privacy/rights/withdraw", []string{"withdraw"}},
		{"person", "/privacy/rights/person", []string{"complain", "human_decision"}},
	}
}

// readRights lists the rights with what the policy says about each. Having processing restricted needs a
// ground of the policy; the others are open in every app.
func readRights(v *stage.Visit) ([]right, error) {
	entries, err := v.API().PolicyRights(v.Context(), v.App.ID)
	if err != nil {
		return nil, err
	}
	grounds, err := restrictions(v)
	if err != nil {
		return nil, err
	}
	var list []right
	for _, k := range known() {
		if k.id == "restrict" && len(grounds) == 0 {
			continue
		}
		list = append(list, right{k.id, k.path, named(entries, k.words...)})
	}
	return list, nil
}

// named finds the first entry that has one of the names.
func named(list []client.PolicyEntry, words ...string) client.PolicyEntry {
	for _, word := range words {
		if i := slices.IndexFunc(list, func(e client.PolicyEntry) bool { return e.ID == word }); i >= 0 {
			return list[i]
		}
	}
	return client.PolicyEntry{}
}

// entryOf reads what the policy says about a right.
func entryOf(v *stage.Visit, words ...string) (client.PolicyEntry, error) {
	entries, err := v.API().PolicyRights(v.Context(), v.App.ID)
	return named(entries, words...), err
}

// restrictions lists the grounds on which a person may have processing restricted.
func restrictions(v *stage.Visit) ([]client.PolicyEntry, error) {
	all, err := v.API().PolicyGrounds(v.Context(), v.App.ID)
	return slices.DeleteFunc(all, func(e client.PolicyEntry) bool { return e.List != "restrictions" }), err
}

// rightData is the page of one right: what will happen, by when, what stays, and then the form.
type rightData struct {
	right
	App      client.App
	Session  bool
	Me       client.Me
	Size     client.ExportSize
	Grounds  []client.PolicyEntry
	Purposes []client.PolicyEntry
	Standing int // consents that can be withdrawn
	Problem  *client.Problem
}

// Objects reports whether the person objects to a purpose.
func (d rightData) Objects(purpose string) bool { return slices.Contains(d.Me.Objections, purpose) }

// Ground is the ground of a restriction in plain words.
func (d rightData) Ground() string {
	for _, g := range d.Grounds {
		if g.ID == d.Me.Restriction {
			return g.Text
		}
	}
	return d.Me.Restriction
}

func showRight(v *stage.Visit) error { return rightPage(v, http.StatusOK, nil) }

func rightPage(v *stage.Visit, status int, p *client.Problem) error {
	d := rightData{App: v.App, Session: v.Token != "", Problem: p}
	list, err := readRights(v)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(r right) bool { return r.ID == v.R.PathValue("right") })
	if i < 0 {
		return v.Fail(http.StatusNotFound, "not-found")
	}
	d.right = list[i]
	if !strings.Contains(d.Path, "/rights/") {
		return v.Redirect("/", v.App.ID, d.Path)
	}
	if d.Session {
		if err := d.read(v); err != nil {
			return err
		}
	}
	return v.Show(status, "right", stage.Frame{Title: v.Text("center.right." + d.ID + ".title"), Tab: "privacy", Narrow: true, Data: d})
}

// read reads what the form of a right needs.
func (d *rightData) read(v *stage.Visit) (err error) {
	api, ctx := v.API(), v.Context()
	switch d.ID {
	case "access", "move":
		d.Size, err = api.ExportSize(ctx)
		return err
	case "withdraw":
		var all held
		all.Consents, err = client.Collect(api.Consents(ctx))
		d.Standing = all.Standing()
		return err
	case "restrict":
		if d.Grounds, err = restrictions(v); err != nil {
			return err
		}
	case "object":
		if d.Purposes, err = api.PolicyPurposes(ctx, v.App.ID); err != nil {
			return err
		}
	}
	d.Me, err = api.Me(ctx)
	return err
}

// useRight does what the form of a right says. It is done when the answer comes.
func useRight(v *stage.Visit) error {
	if err := v.Parse(); err != nil {
		return err
	}
	id := v.R.PathValue("right")
	if v.Token == "" {
		return v.Redirect("/", v.App.ID, "/privacy/rights/", id)
	}
	act := map[string]func(*stage.Visit) (string, error){"correct": correct, "restrict": restrict, "object": object}[id]
	if act == nil {
		return v.Fail(http.StatusNotFound, "not-found")
	}
	what, err := act(v)
	if err == nil {
		return v.Redirect("/", v.App.ID, "/privacy?done=", what, "#rights")
	}
	p := stage.AsProblem(err)
	if p.Status == http.StatusUnauthorized || p.Status >= http.StatusInternalServerError {
		return err
	}
	return rightPage(v, p.Status, v.Describe(p))
}

// correct corrects what a person may correct by themselves: the language, and the password of a login.
func correct(v *stage.Visit) (string, error) {
	form := v.R.PostForm
	if form.Has("new_password") {
		return "corrected", v.API().ChangePassword(v.Context(), client.PasswordChange{Password: form.Get("password"), NewPassword: form.Get("new_password")})
	}
	_, err := v.API().UpdateMe(v.Context(), client.MeUpdate{Locale: form.Get("locale")})
	return "corrected", err
}

func restrict(v *stage.Visit) (string, error) {
	if v.R.PostForm.Has("lift") {
		_, err := v.API().LiftRestriction(v.Context())
		return "lifted", err
	}
	_, err := v.API().Restrict(v.Context(), client.RestrictionCreate{Ground: v.R.PostForm.Get("ground")})
	return "restricted", err
}

// object sets every purpose that the page showed: a box without a mark takes an objection back.
func object(v *stage.Visit) (string, error) {
	set := map[string]bool{}
	for _, purpose := range v.R.PostForm["shown"] {
		set[purpose] = slices.Contains(v.R.PostForm["object"], purpose)
	}
	_, err := v.API().SetObjections(v.Context(), set)
	return "objected", err
}
