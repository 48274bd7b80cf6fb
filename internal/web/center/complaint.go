package center

import (
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/stage"
)

// complaintData is the page on which people complain about something of somebody else's.
type complaintData struct {
	App     client.App
	Source  client.PolicySchema
	Keeps   []client.RetentionRow
	Asked   []asked
	Problem *client.Problem
	Done    string // number of the complaint that was sent just now
	First   string // the page that a stranger goes to first, or what they typed here would be lost; "": nowhere
}

// asked is one field of the form, with what was typed already.
type asked struct {
	client.PolicyField
	Value string
}

// Label is the name of the field as a label begins.
func (a asked) Label() string {
	r, size := utf8.DecodeRuneInString(a.Name)
	if size == 0 {
		return a.ID
	}
	return string(unicode.ToUpper(r)) + a.Name[size:]
}

// Long reports whether the field takes more than one line.
func (a asked) Long() bool { return a.Kind == "text" && a.Max > 500 }

func complaint(v *stage.Visit) error {
	return showComplaint(v, http.StatusOK, complaintData{Done: number(v.R.URL.Query().Get("done"), "itk")}, nil)
}

func showComplaint(v *stage.Visit, status int, d complaintData, typed map[string]any) error {
	source, err := sourceOf(v)
	switch {
	case err != nil:
		return err
	case source == nil:
		return v.Fail(http.StatusNotFound, "not-found")
	}
	d.App, d.Source = v.App, *source
	if v.Token == "" && v.Asks("age") {
		d.First = v.Door("age-required", v.R.URL.Path)
	}
	for _, f := range source.Fields {
		if len(f.Platforms) == 0 || slices.Contains(f.Platforms, "web") {
			value, _ := typed[f.ID].(string)
			d.Asked = append(d.Asked, asked{f, value})
		}
	}
	categories, err := v.API().PolicyCategories(v.Context(), v.App.ID)
	if err != nil {
		return err
	}
	for _, c := range categories {
		if c.ID == source.Category {
			d.Keeps = c.Clocks
		}
	}
	return v.Show(status, "complaint", stage.Frame{Title: v.Text("complain.title"), Tab: "privacy", Narrow: true, Data: d})
}

// sourceOf finds the source of complaints that the address names; nil: there is none.
func sourceOf(v *stage.Visit) (*client.PolicySchema, error) {
	schemas, err := v.API().PolicyCollection(v.Context(), v.App.ID)
	for _, s := range complaints(schemas) {
		if s.ID == v.R.PathValue("source") {
			return &s, err
		}
	}
	return nil, err
}

// complaints lists the sources in which people complain on the web.
func complaints(list []client.PolicySchema) []client.PolicySchema {
	return slices.DeleteFunc(slices.Clone(list), func(s client.PolicySchema) bool {
		return s.Kind != "complaint" || len(s.Platforms) > 0 && !slices.Contains(s.Platforms, "web")
	})
}

// complain sends it. The form has said on which ground it is handed on, and names it.
func complain(v *stage.Visit) error {
	if err := v.Parse(); err != nil {
		return err
	}
	source, err := sourceOf(v)
	switch {
	case err != nil:
		return err
	case source == nil:
		return v.Fail(http.StatusNotFound, "not-found")
	}
	if err := v.Begin(); err != nil {
		return err
	}
	letter := client.Letter{Platform: "web", PassedOn: v.R.PostForm.Get("passed_on"), Data: map[string]any{}}
	for _, f := range source.Fields {
		if typed := strings.TrimSpace(v.R.PostForm.Get(f.ID)); typed != "" {
			letter.Data[f.ID] = typed
		}
	}
	sent, err := v.API().Complain(v.Context(), source.ID, letter)
	if err == nil {
		return v.Redirect("/", v.App.ID, "/complaints/", source.ID, "?done=", sent.ID)
	}
	d := complaintData{}
	if d.Problem, err = refused(v, err); err != nil {
		return err
	}
	return showComplaint(v, d.Problem.Status, d, letter.Data)
}
