package openai

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/driver"
)

// longest is how much of an answer is taken.
const longest = 1 << 20

// The places of a chat: one message of the person each, and the turns before it.
const (
	newest  = "user"
	earlier = "history"
)

// chat makes a streamed call. The operator's words are the system message, each field in a place
// called "user" is one message of the person, and a field in one called "history" is the turns before.
func chat(ctx context.Context, s driver.Sender, w driver.Workflow) (driver.Begun, error) {
	messages, others := wire.Array{}, []privacy.Field{}
	if system := w.Set["system"]; system != "" {
		messages = append(messages, wire.Object{"role": wire.Literal("system"), "content": wire.Literal(system)})
	}
	before, said := wire.Array{}, wire.Array{}
	for _, f := range s.Fields() {
		switch w.Nodes[f].Name {
		case newest:
			said = append(said, wire.Object{"role": wire.Literal("user"), "content": wire.Text(f)})
		case earlier:
			before = append(before, wire.Turns(f))
		default:
			others = append(others, f)
		}
	}
	switch {
	case len(said) == 0:
		return driver.Begun{}, driver.Fail(egress.Bug, "no-message")
	case len(before) > 1:
		return driver.Begun{}, driver.Fail(egress.Bug, "twice")
	}
	messages = slices.Concat(messages, before, said)
	list, err := members(s, w, others)
	if err != nil {
		return driver.Begun{}, err
	}
	body := wire.JSON{
		"messages": messages, "stream": wire.Bool(true),
		"stream_options": wire.Object{"include_usage": wire.Bool(true)},
	}
	for _, m := range list {
		body[m.Name] = m.Value
	}
	r := request(w)
	r.Body, r.Reply = body, wire.Events
	a := answer{show: s.Show}
	raw, err := s.Stream(ctx, r, a.take)
	if err != nil {
		return driver.Begun{}, a.broken(refused(err, raw))
	}
	return a.whole()
}

// answer is a streamed answer as far as it has come.
type answer struct {
	show   func(privacy.Text)
	text   strings.Builder
	reason string // why the model stopped
	done   bool   // the closing word has come
}

// take reads one event. The usage at the end is not read.
func (a *answer) take(data []byte) error {
	if strings.TrimSpace(string(data)) == "[DONE]" {
		a.done = true
		return nil
	}
	if a.done {
		return driver.Fail(egress.UnknownOutcome, "after-done")
	}
	var chunk struct {
		Error   json.RawMessage
		Choices []struct {
			Delta  struct{ Content string }
			Reason string `json:"finish_reason"`
		}
	}
	if err := json.Unmarshal(data, &chunk); err != nil {
		return driver.Fail(egress.UnknownOutcome, "chunk")
	}
	if len(chunk.Error) > 0 && string(chunk.Error) != "null" {
		if err := refusal(data, egress.Failed); err != nil {
			return err
		}
		return driver.Fail(egress.Failed, "unlisted")
	}
	for _, c := range chunk.Choices[:min(1, len(chunk.Choices))] {
		if c.Reason != "" {
			a.reason = c.Reason
		}
		if c.Delta.Content == "" {
			continue
		}
		if a.text.Len()+len(c.Delta.Content) > longest {
			return driver.Fail(egress.Failed, "too-long")
		}
		a.text.WriteString(c.Delta.Content)
		a.show(privacy.NewText(c.Delta.Content))
	}
	return nil
}

// broken returns the error of a stream that broke. Once something was shown, the call is not made
// again: the person would read two beginnings.
func (a *answer) broken(err error) error {
	var e *egress.Error
	if a.text.Len() == 0 || !errors.As(err, &e) || !e.Class.Retryable() {
		return err
	}
	final := *e
	final.Class = egress.Failed
	return &final
}

// whole returns the result of a stream that ended.
func (a *answer) whole() (driver.Begun, error) {
	switch {
	case !a.done:
		return driver.Begun{}, driver.Fail(egress.UnknownOutcome, "no-done")
	case a.reason == "content_filter":
		return driver.Begun{Status: &driver.Status{State: driver.Failed, Class: egress.ContentRefused, Code: a.reason}}, nil
	case a.reason != "stop" && a.reason != "length":
		return driver.Begun{Status: &driver.Status{State: driver.Failed, Class: egress.Failed, Code: "finish-reason"}}, nil
	}
	return said(a.text.String()), nil
}
