package policies

import (
	"net/http"
	"slices"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/stage"
)

// listsData is the two lists: what is collected, and what is shared with whom.
type listsData struct {
	App       client.App
	Collected []collected
	Shared    []shared
}

// collected is one kind of data that an app may hold.
type collected struct {
	client.PolicyCategory
	What []string // exactly, where the app hands over named fields
	Why  []string // purposes in plain words
}

// shared is what one recipient gets for one feature.
type shared struct {
	Recipient client.RecipientRef
	Feature   string // title; empty: it gets what the policy forwards, whatever is used
	What      []string
	Why       string
}

func lists(v *stage.Visit) error {
	d := listsData{App: v.App}
	purposes, err := purposesOf(v)
	if err != nil {
		return err
	}
	if d.Collected, err = collectedOf(v, purposes); err != nil {
		return err
	}
	if d.Shared, err = sharedOf(v); err != nil {
		return err
	}
	return v.Show(http.StatusOK, "lists", stage.Frame{Title: v.Text("policy.lists"), Tab: "privacy", Data: d})
}

func collectedOf(v *stage.Visit, purposes map[string]string) ([]collected, error) {
	categories, err := v.API().PolicyCategories(v.Context(), v.App.ID)
	if err != nil {
		return nil, err
	}
	schemas, err := v.API().PolicyCollection(v.Context(), v.App.ID)
	if err != nil {
		return nil, err
	}
	list := make([]collected, len(categories))
	for i, c := range categories {
		list[i].PolicyCategory = c
		for _, s := range schemas {
			if s.Category == c.ID {
				list[i].What = append(list[i].What, fields(s)...)
			}
		}
		slices.Sort(list[i].What)
		list[i].What = slices.Compact(list[i].What)
		for _, u := range c.Purposes {
			list[i].Why = append(list[i].Why, purposes[u])
		}
	}
	return list, nil
}

// fields names every field of a schema, also those of its events.
func fields(s client.PolicySchema) (names []string) {
	all := slices.Clone(s.Fields)
	for _, e := range s.Events {
		all = append(all, e.Fields...)
	}
	for _, f := range all {
		if f.Name == "" {
			f.Name = f.ID
		}
		names = append(names, f.Name)
	}
	return names
}

// sharedOf lists what leaves for each feature, in the words of its consent screen, and then the recipients
// that no feature names.
func sharedOf(v *stage.Visit) ([]shared, error) {
	g := guest(v)
	var list []shared
	named := map[string]bool{}
	for f, err := range g.API().Features(v.Context()) {
		if err != nil {
			return nil, err
		}
		if f.Recipient.Kind == "local" || f.State != "live" {
			continue
		}
		screen, err := g.API().Disclosure(v.Context(), f.ID, v.Lang)
		if err != nil {
			return nil, err
		}
		row := shared{Recipient: f.Recipient, Feature: f.Title, Why: screen.Why}
		for _, w := range screen.What {
			row.What = append(row.What, w.Text)
		}
		list, named[f.Recipient.ID] = append(list, row), true
	}
	recipients, err := v.API().PolicyRecipients(v.Context(), v.App.ID)
	for _, r := range recipients {
		if !named[r.ID] && r.Kind != "local" && r.Kind != "internal_review" {
			list = append(list, shared{Recipient: r})
		}
	}
	return list, err
}
