package body

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"vow.example/vow/internal/guard/egress/internal/rule"
	"vow.example/vow/internal/guard/egress/wire"
)

// Bounds of a batch of usage events and of a message. They are those of the strictest recipient, so
// that nothing is cut silently on the other side.
const (
	mostEvents = 25
	mostParams = 25
	longTitle  = 200
	longBody   = 10_000
)

// event is one usage event as its composer wrote it.
type event struct {
	Name   string         `json:"name"`
	At     time.Time      `json:"at"`
	Params map[string]any `json:"params"`
}

// letter is one message as its composer wrote it.
type letter struct {
	Title string `json:"title"`
	Body  string `json:"body"`
}

// record returns what goes out for a placeholder of composed records, and whether it is JSON already.
func (c *composer) record(v wire.Value) (text string, isJSON bool) {
	written, _ := c.words(v)
	if c.rule != "" {
		return "", false
	}
	var err error
	switch v := v.(type) {
	case wire.Batch:
		text, err = batch(written, v)
		isJSON = true
	case wire.Single:
		text, err = single(written, v)
		isJSON = v.Part != "name"
	case wire.Letter:
		text, err = message(written)
		isJSON = true
	}
	if err != nil {
		c.refuse(rule.Of(err))
		return "", false
	}
	return text, isJSON
}

// events reads a batch. What is not exactly a list of events with closed values is refused: a word
// of a person could hide in anything else.
func events(written string) ([]event, error) {
	var list []event
	if err := strict(written, &list); err != nil {
		return nil, rule.Broken("events")
	}
	if len(list) == 0 || len(list) > mostEvents {
		return nil, rule.Broken("events-count")
	}
	isName := regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`).MatchString
	for _, e := range list {
		if !isName(e.Name) || e.At.Year() < 2000 || e.At.Year() > 2200 {
			return nil, rule.Broken("event")
		}
		if len(e.Params) > mostParams {
			return nil, rule.Broken("event-params")
		}
		for name, value := range e.Params {
			if !isName(name) || !isClosed(value) {
				return nil, rule.Broken("event-param")
			}
		}
	}
	return list, nil
}

// isClosed reports whether a value is one that a policy can list: a number, a truth value, or a code
// without room for an address or for an identifier of ours.
func isClosed(value any) bool {
	switch v := value.(type) {
	case bool:
		return true
	case json.Number:
		return len(v) <= 20
	case string:
		ours := regexp.MustCompile(`(?i)(?:^|[^a-z0-9])(?:sub|ses|tsk|upl|out|prm|con|trf|rcp|rrq)_[0-9a-z]{6,}`)
		return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._:/+-]{0,99}$`).MatchString(v) && !ours.MatchString(v)
	default:
		return false
	}
}

// batch writes events in the recipient's members.
func batch(written string, v wire.Batch) (string, error) {
	list, err := events(written)
	if err != nil {
		return "", err
	}
	var out []string
	for _, e := range list {
		name, ok := v.Words[e.Name]
		if !ok {
			name = e.Name
		}
		members := map[string]string{v.Name: quote(name)}
		if v.At != "" {
			members[v.At] = since(e.At, v.Unit)
		}
		if v.Params != "" {
			members[v.Params] = params(e.Params)
		}
		out = append(out, object(members))
	}
	return "[" + strings.Join(out, ",") + "]", nil
}

// single writes a part of the only event.
func single(written string, v wire.Single) (string, error) {
	list, err := events(written)
	switch {
	case err != nil:
		return "", err
	case len(list) != 1:
		return "", rule.Broken("events-count")
	}
	switch v.Part {
	case "at":
		return since(list[0].At, v.Unit), nil
	case "params":
		return params(list[0].Params), nil
	}
	word, ok := v.Words[list[0].Name]
	if !ok {
		return "", rule.Broken("event-unknown-there")
	}
	return word, nil
}

func message(written string) (string, error) {
	var m letter
	if err := strict(written, &m); err != nil {
		return "", rule.Broken("message")
	}
	if m.Title == "" || m.Body == "" || utf8.RuneCountInString(m.Title) > longTitle || utf8.RuneCountInString(m.Body) > longBody {
		return "", rule.Broken("message")
	}
	return object(map[string]string{"title": quote(m.Title), "body": quote(m.Body)}), nil
}

// strict decodes one JSON value that has no member besides those of v, and nothing behind it.
func strict(written string, v any) error {
	d := json.NewDecoder(bytes.NewReader([]byte(written)))
	d.DisallowUnknownFields()
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("body: more than one value")
	}
	return nil
}

// since is a time as whole units since 1970.
func since(at time.Time, unit time.Duration) string {
	return strconv.FormatInt(at.UnixNano()/int64(max(unit, 1)), 10)
}

// params writes closed values as a JSON object.
func params(values map[string]any) string {
	members := map[string]string{}
	for name, value := range values {
		switch v := value.(type) {
		case bool:
			members[name] = strconv.FormatBool(v)
		case json.Number:
			members[name] = v.String()
		case string:
			members[name] = quote(v)
		}
	}
	return object(members)
}

// object writes members, whose values are JSON, sorted by name.
func object(members map[string]string) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(members)) {
		out = append(out, quote(name)+":"+members[name])
	}
	return "{" + strings.Join(out, ",") + "}"
}
