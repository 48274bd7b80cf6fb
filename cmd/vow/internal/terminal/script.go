package terminal

import (
	"context"
	"encoding/json"
	"io"

	"vow.example/vow/client"
	"vow.example/vow/cmd/vow/internal/photojob"
)

// Script writes one JSON object per line. Questions go to the Person. It implements photojob.UI.
type Script struct {
	enc    *json.Encoder
	person *Person
	unread func() // shows the disclosure to the person, once, before the first question
}

// NewScript returns the face for a script: lines on out; questions, where a person is there to
// answer them, through person.
func NewScript(out io.Writer, person *Person) *Script {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	return &Script{enc: enc, person: person}
}

// Line is one line of progress.
type Line struct {
	Event string `json:"event"` // disclosure, state, transfer, result, note
	Data  any    `json:"data"`
}

// Disclosure prints the disclosure.
func (s *Script) Disclosure(f client.Feature, d client.Disclosure) {
	s.print("disclosure", d)
	s.unread = func() { s.person.Disclosure(f, d) }
}

// Confirm asks the person, who must have read the disclosure: the lines may have gone to a file.
func (s *Script) Confirm(ctx context.Context, question string) (bool, error) {
	if s.unread != nil {
		s.unread()
		s.unread = nil
	}
	return s.person.Confirm(ctx, question)
}

// State prints the state.
func (s *Script) State(t client.TaskState) { s.print("state", t) }

// Transfer prints the transfer.
func (s *Script) Transfer(t client.TransferState) { s.print("transfer", t) }

// Words prints the result.
func (s *Script) Words(w photojob.Words) { s.print("result", w) }

// Note prints a remark.
func (s *Script) Note(text string) { s.print("note", text) }

// Last prints the result as the last line.
func (s *Script) Last(result any) error { return s.enc.Encode(result) }

// print has nobody to tell when a line cannot be written: Last reports a broken pipe.
func (s *Script) print(event string, data any) { _ = s.enc.Encode(Line{event, data}) }
