// Package report writes down what came of a run: a table for a terminal, a page for a browser, a document
// for a program.
//
// It promises that the page needs nothing from elsewhere and that every promise is on it, the broken and
// the missing ones first to be seen. It never changes a result.
package report

import (
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"vow.example/vow/internal/prove"
)

//go:embed page.html
var files embed.FS

// Statuses are all statuses, the worst first.
func Statuses() []prove.Status {
	return []prove.Status{prove.Broken, prove.NotYet, prove.Unseen, prove.Kept, prove.People, prove.Shown}
}

// Document is the form for programs.
type Document struct {
	At      time.Time            `json:"at"`
	Version string               `json:"version"`
	Counts  map[prove.Status]int `json:"counts"`
	Results []prove.Result       `json:"results"`
}

// New sums a run up.
func New(at time.Time, version string, list []prove.Result) Document {
	return Document{At: at.UTC(), Version: version, Counts: prove.Count(list), Results: list}
}

// OK reports whether no promise was seen broken.
func (d Document) OK() bool { return d.Counts[prove.Broken] == 0 }

// Unseen counts what this server could not show.
func (d Document) Unseen() int { return d.Counts[prove.Unseen] }

// JSON writes the document.
func (d Document) JSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(d)
}

// apps returns the apps in the order of their results.
func (d Document) apps() (list []string) {
	for _, r := range d.Results {
		if !slices.Contains(list, r.App) {
			list = append(list, r.App)
		}
	}
	return list
}

// count counts the results of an app with a status; "" counts every app.
func (d Document) count(app string, s prove.Status) (n int) {
	for _, r := range d.Results {
		if r.Status == s && (app == "" || r.App == app) {
			n++
		}
	}
	return n
}

// Text writes the table for a terminal: what is broken or missing by name, the rest as counts.
func (d Document) Text(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 4, 3, ' ', 0)
	fmt.Fprint(t, "app")
	for _, s := range Statuses() {
		fmt.Fprintf(t, "\t%s", s)
	}
	fmt.Fprintln(t)
	for _, app := range append(d.apps(), "") {
		name := app
		if app == "" {
			name = "all"
		}
		fmt.Fprint(t, name)
		for _, s := range Statuses() {
			fmt.Fprintf(t, "\t%d", d.count(app, s))
		}
		fmt.Fprintln(t)
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	var b strings.Builder
	for _, r := range d.Results {
		if r.Status == prove.Broken || r.Status == prove.NotYet {
			fmt.Fprintf(&b, "\n%-10s %s  %s\n           %s\n", strings.ToUpper(string(r.Status)), r.ID, r.Text, r.Why)
		}
	}
	if n := d.Unseen(); n > 0 {
		fmt.Fprintf(&b, "\n%d were not seen: this server can be called, but its disks not searched and itself not ended.\nWithout --url a scratch server is started, on which they are.\n", n)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// HTML writes the page.
func (d Document) HTML(w io.Writer) error {
	page, err := template.New("page.html").Funcs(template.FuncMap{
		"statuses": Statuses, "count": d.count, "apps": d.apps,
		"class": func(s prove.Status) string { return strings.ReplaceAll(string(s), " ", "-") },
	}).ParseFS(files, "page.html")
	if err != nil {
		return fmt.Errorf("report: page: %w", err)
	}
	if err := page.Execute(w, d); err != nil {
		return fmt.Errorf("report: page: %w", err)
	}
	return nil
}
