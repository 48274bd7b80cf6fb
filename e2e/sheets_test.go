package e2e

import (
	"bytes"
	"slices"
	"testing"

	"vow.example/vow/client"
	"vow.example/vow/internal/effects/samples"
)

// filled is an order that gives a feature everything it can take.
func (m *member) filled(f client.Feature) (client.TaskCreate, bool) {
	m.t.Helper()
	in := client.TaskCreate{Feature: f.ID, Params: map[string]string{}}
	for _, input := range f.Inputs {
		switch {
		case input.Kind == "photo":
			photo, err := samples.Open(samples.Astronaut)
			if err != nil {
				m.t.Fatal(err)
			}
			up, err := m.api.Upload(m.t.Context(), bytes.NewReader(photo), "image/jpeg")
			if err != nil {
				m.t.Fatal(err)
			}
			in.Inputs = append(in.Inputs, client.TaskInput{Role: input.Role, Upload: up.ID})
		case input.Role == "negative_prompt":
			in.NegativePrompt = "text"
		case input.Kind == "text":
			in.Prompt = "a boat on a lake"
		case input.Kind == "choice" || input.Kind == "number":
			in.Params[input.Role] = input.Default
			if input.Default == "" && len(input.Choices) > 0 {
				in.Params[input.Role] = input.Choices[0].Value
			}
		default:
			return in, false
		}
	}
	return in, true
}

// TestEverySheetListsWhatItsRecipientReceives goes through every effect that sends something: the fields on
// the sheet, in the ledger and in what the recipient read are three equal sets, in both languages.
func TestEverySheetListsWhatItsRecipientReceives(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for app, least := range map[string]int{"pixplus": 5, "mixoo": 15} {
		m, seen := s.member(app), 0
		features, err := client.Collect(m.api.Features(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range features {
			if f.State != "live" || f.Recipient.Kind == "local" {
				continue
			}
			in, ok := m.filled(f)
			if !ok {
				t.Errorf("%s takes something that this test cannot give", f.ID)
				continue
			}
			seen++
			s.equal(m, f, in)
		}
		if seen < least {
			t.Errorf("%s: %d effects were looked at, want %d or more", app, seen, least)
		}
	}
}

// equal runs one effect and compares.
func (s *stage) equal(m *member, f client.Feature, in client.TaskCreate) {
	s.t.Helper()
	before := len(s.receivedBy(f.Recipient.ID).Requests)
	in.Consent = m.agree(f.ID)
	task, err := m.api.CreateTask(s.t.Context(), in, "")
	if err != nil {
		s.t.Errorf("%s: %v", f.ID, err)
		return
	}
	done := m.reach(task.ID, "succeeded")
	var received, ledger []string
	for _, r := range s.receivedBy(f.Recipient.ID).Requests[before:] {
		received = append(received, r.Fields...)
	}
	for _, t := range done.Transfers {
		ledger = append(ledger, t.Fields...)
	}
	for _, lang := range []string{"en", "zh-Hans"} {
		d, err := m.api.WithLanguage(lang).Disclosure(s.t.Context(), f.ID, lang)
		if err != nil {
			s.t.Fatal(err)
		}
		var sheet []string
		for _, w := range d.What {
			sheet = append(sheet, w.Field)
		}
		if !slices.Equal(sorted(sheet), sorted(ledger)) || !slices.Equal(sorted(ledger), sorted(received)) || len(ledger) == 0 {
			s.t.Errorf("%s %s: the sheet (%s) lists %v, the ledger %v, %s received %v", m.app, f.ID, lang, sorted(sheet), sorted(ledger), f.Recipient.ID, sorted(received))
		}
	}
}
