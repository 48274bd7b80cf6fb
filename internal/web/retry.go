package web

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/stage"
)

// typed is a text of a task as its owner sees it, in pieces: those that a rule was about are marked.
type typed struct {
	Field  string
	Pieces []piece
}

type piece struct {
	Text   string
	Marked bool
}

// Marks are the marked pieces, for who cannot see which they are.
func (t typed) Marks() (words []string) {
	for _, p := range t.Pieces {
		if p.Marked {
			words = append(words, p.Text)
		}
	}
	return words
}

// pieces cuts a text at its marks. Marks that are out of order or out of the text are left out.
func pieces(t client.TaskText) typed {
	all, at, out := []rune(t.Text), 0, typed{Field: t.Field}
	add := func(to int, marked bool) {
		if to > at {
			out.Pieces = append(out.Pieces, piece{string(all[at:to]), marked})
			at = to
		}
	}
	for _, m := range t.Marks {
		if m.From >= at && m.To <= len(all) {
			add(m.From, false)
			add(m.To, true)
		}
	}
	add(len(all), false)
	return out
}

// words reads what was typed into the text that a review was about, while it is kept.
func words(v *stage.Visit, t client.Task) (*typed, error) {
	if t.Review == nil || t.Review.Field == "" {
		return nil, nil
	}
	list, err := v.API().TaskTexts(v.Context(), t.ID)
	if err != nil {
		return nil, err
	}
	for _, text := range list {
		if text.Field == t.Review.Field {
			out := pieces(text)
			return &out, nil
		}
	}
	return nil, nil
}

// About says what the part is that a rule or a refusal is about: "text", "medium", or "" where nobody
// knows.
func (d taskData) About() string {
	field := ""
	if d.Task.Review != nil {
		field = d.Task.Review.Field
	}
	if d.Task.Error != nil {
		field = cmp.Or(field, d.Task.Error.Field)
	}
	switch {
	case field == "":
		return ""
	case strings.HasSuffix(field, "prompt"): // as the API names texts
		return "text"
	default:
		return "medium"
	}
}

// Retry is the query of an effect page that begins with what this task had.
func (d taskData) Retry() string {
	q := url.Values{"from": {d.Task.ID}}
	if d.Again != "" {
		q.Set("again", d.Again)
	}
	return "?" + q.Encode()
}

// refill puts the words of an earlier task of the same person back into the form. Where they are gone,
// or somebody else's, the form is empty: the address tells nobody whether such a task exists.
func (d *effectData) refill(v *stage.Visit) error {
	id := v.R.URL.Query().Get("from")
	if v.Token == "" || !strings.HasPrefix(id, "tsk_") {
		return nil
	}
	list, err := v.API().TaskTexts(v.Context(), id)
	if p := stage.AsProblem(err); err != nil && p.Status == http.StatusNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	d.From, d.Typed = id, map[string]string{}
	for _, t := range list {
		d.Typed[t.Field] = t.Text
	}
	return nil
}

// Carry is what the pages before the form hand on, without scripts: which task to begin with.
func (d effectData) Carry(sign string) string {
	if d.From == "" {
		return ""
	}
	return sign + "from=" + url.QueryEscape(d.From)
}
