// Package talk is the pages of conversations: what was asked and answered, and the field for the next
// question.
//
// It promises that everything works without scripts, which only read along while an answer is written,
// and that no answer stands without its notices. It never keeps a word.
package talk

import (
	"net/http"
	"slices"
	"strings"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/stage"
)

// most is how many conversations the page lists.
const most = 50

// data is what the page shows.
type data struct {
	App      client.App
	Feature  client.Feature
	Voice    *client.Feature // turns speech into text; nil: the app has none
	Standing bool            // the consent to the chat is given, and holds
	Chats    []client.Chat
	Chat     *client.Chat // nil: a new one
	Answer   string       // the task that writes an answer right now
	Problem  *client.Problem
	Door     string // the page that opens what the problem keeps shut
	Draft    string // what was typed and not taken
	Most     int    // characters of a question
}

// IsChat reports whether the feature goes on with a conversation, so that it has a page of its own.
func IsChat(f client.Feature) bool {
	return f.Makes == "text" && slices.ContainsFunc(f.Inputs, func(in client.Input) bool { return in.Role == "history" })
}

// Show is the page of a conversation, or of a new one.
func Show(v *stage.Visit) error {
	d, err := read(v, v.R.PathValue("id"))
	if err != nil {
		return err
	}
	return show(v, http.StatusOK, d)
}

func show(v *stage.Visit, status int, d data) error {
	f := stage.Frame{Title: d.Feature.Title, Tab: "create", Page: "chat", Narrow: true, Data: d}
	if d.Answer != "" {
		f.Refresh = 2
	}
	return v.Show(status, "chat", f)
}

// read reads what the page shows; no id is a new conversation.
func read(v *stage.Visit, id string) (data, error) {
	d := data{App: v.App}
	if err := d.features(v); err != nil || v.Token == "" {
		if err == nil && id != "" {
			err = v.Fail(http.StatusNotFound, "not-found")
		}
		return d, err
	}
	stands, err := v.Standing(d.Feature)
	if err != nil {
		return d, err
	}
	d.Standing = stands != nil
	for c, err := range v.API().Chats(v.Context()) {
		if err != nil {
			return d, err
		}
		if d.Chats = append(d.Chats, c); len(d.Chats) == most {
			break
		}
	}
	if id == "" {
		return d, nil
	}
	c, err := v.API().Chat(v.Context(), id)
	if err != nil {
		return d, err
	}
	d.Chat = &c
	if n := len(c.Turns); n > 0 && running(c.Turns[n-1].State) {
		d.Answer = c.Turns[n-1].Task
	}
	return d, nil
}

// features finds the app's chat, and what turns speech into text.
func (d *data) features(v *stage.Visit) error {
	list, err := client.Collect(v.API().Features(v.Context()))
	if err != nil {
		return err
	}
	for i, f := range list {
		switch {
		case f.State != "live":
		case IsChat(f):
			d.Feature = f
			for _, in := range f.Inputs {
				if in.Kind == "text" && in.Role != "history" {
					d.Most = in.MaxLength
				}
			}
		case slices.ContainsFunc(f.Inputs, func(in client.Input) bool { return in.Kind == "voice" }):
			d.Voice = &list[i]
		}
	}
	if d.Feature.ID == "" {
		return v.Fail(http.StatusNotFound, "not-found")
	}
	return nil
}

func running(state string) bool {
	return slices.Contains([]string{"reviewing", "awaiting_confirmation", "queued", "sending", "generating", "storing"}, state)
}

// Say takes a question. The first one of all asks for consent before.
func Say(v *stage.Visit) error {
	if err := v.Parse(); err != nil {
		return err
	}
	text, id := strings.TrimSpace(v.R.PostForm.Get("text")), v.R.PathValue("id")
	d, err := read(v, id)
	if err != nil {
		return err
	}
	if !d.Standing {
		return v.Redirect("/", v.App.ID, "/e/", d.Feature.ID, "/consent")
	}
	if text == "" {
		return v.Redirect("/", v.App.ID, "/chat/", id)
	}
	if id, err = say(v, id, text); err != nil {
		return notSaid(v, d, err, text)
	}
	return v.Redirect("/", v.App.ID, "/chat/", id, "#last")
}

// say asks the question, in a new conversation where there is none yet.
func say(v *stage.Visit, id, text string) (string, error) {
	if id == "" {
		c, err := v.API().NewChat(v.Context())
		if err != nil {
			return "", err
		}
		id = c.ID
	}
	_, err := v.API().Say(v.Context(), id, client.ChatSay{Text: text})
	return id, err
}

// notSaid shows the page again with what was typed, and why it was not taken.
func notSaid(v *stage.Visit, d data, err error, text string) error {
	p := stage.AsProblem(err)
	if p.Status == http.StatusUnauthorized {
		return err
	}
	d.Problem, d.Draft, d.Door = v.Describe(p), text, v.Door(p.Code, v.R.URL.Path)
	return show(v, p.Status, d)
}

// Stop ends the answer that is being written.
func Stop(v *stage.Visit) error {
	d, err := read(v, v.R.PathValue("id"))
	if err != nil {
		return err
	}
	if d.Answer != "" {
		if _, err := v.API().CancelTask(v.Context(), d.Answer); err != nil && stage.AsProblem(err).Code != "not-cancelable" {
			return err
		}
	}
	return v.Redirect("/", v.App.ID, "/chat/", d.Chat.ID, "#last")
}

// Delete ends a conversation with every word of it.
func Delete(v *stage.Visit) error {
	if _, err := v.API().DeleteChat(v.Context(), v.R.PathValue("id")); err != nil {
		return err
	}
	return v.Redirect("/", v.App.ID, "/chat?deleted=1")
}
