// Package register reads the promises of the apps: what each published policy says, clause by clause.
//
// It promises that every promise has an id of its own, a kind and a level, in the order of the published
// text. It never says whether a promise is kept.
package register

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/goccy/go-yaml"
)

// Level says who keeps a promise.
type Level string

// The levels.
const (
	Enforced  Level = "enforced"  // the software makes breaking it impossible, or does it by itself
	Workflow  Level = "workflow"  // people do it; the software tracks and records it
	Published Level = "published" // people are told
)

// Promise is one clause.
type Promise struct {
	App              string   `yaml:"-"`
	ID               string   `yaml:"id"`
	Text             string   `yaml:"promise"`
	Kind             string   `yaml:"kind"`
	Data             []string `yaml:"data"`
	Recipient        []string `yaml:"recipient"`
	Feature          []string `yaml:"feature"`
	Fields           []string `yaml:"fields"`
	Deadline         string   `yaml:"deadline"`
	ProposedDeadline string   `yaml:"proposed_deadline"`
	ClockStarts      string   `yaml:"clock_starts"`
	Enforce          string   `yaml:"enforce"`
	Evidence         string   `yaml:"evidence"`
	Level            Level    `yaml:"level"`
	Derived          bool     `yaml:"derived"`
}

// Load reads <app>/promises.yaml of every app in files, sorted by app.
func Load(files fs.FS) ([]Promise, error) {
	names, err := fs.Glob(files, "*/promises.yaml")
	if err != nil {
		return nil, fmt.Errorf("register: %w", err)
	}
	slices.Sort(names)
	var all []Promise
	seen := map[string]bool{}
	for _, name := range names {
		list, err := one(files, name)
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			if seen[p.ID] {
				return nil, fmt.Errorf("register: %s stands twice", p.ID)
			}
			seen[p.ID] = true
		}
		all = append(all, list...)
	}
	return all, nil
}

func one(files fs.FS, name string) ([]Promise, error) {
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, fmt.Errorf("register: %w", err)
	}
	var doc struct {
		App     string    `yaml:"app"`
		Clauses []Promise `yaml:"clauses"`
	}
	if err := yaml.NewDecoder(bytes.NewReader(raw), yaml.DisallowUnknownField()).Decode(&doc); err != nil {
		return nil, fmt.Errorf("register: %s: %w", name, err)
	}
	if doc.App != path.Dir(name) {
		return nil, fmt.Errorf("register: %s is of the app %q", name, doc.App)
	}
	for i := range doc.Clauses {
		p := &doc.Clauses[i]
		p.App = doc.App
		switch {
		case p.ID == "" || p.Text == "" || p.Kind == "":
			return nil, fmt.Errorf("register: %s: promise %d lacks an id, a text or a kind", name, i+1)
		case p.Level != Enforced && p.Level != Workflow && p.Level != Published:
			return nil, fmt.Errorf("register: %s: the level %q is unknown", p.ID, p.Level)
		}
	}
	return doc.Clauses, nil
}
