package body

import (
	"encoding/json"
	"regexp"
	"strings"

	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
)

// travels returns the transport of the policy under which a placeholder may go out.
func travels(v wire.Value) string {
	switch v.(type) {
	case wire.Text, wire.Unflagged, wire.Number, wire.Coded, wire.Turns, wire.Batch, wire.Single, wire.Letter:
		return "text"
	case wire.Media:
		return "bytes"
	case wire.Base64, wire.DataURL:
		return "base64"
	case wire.Link:
		return "url"
	default:
		return ""
	}
}

// payload returns the content behind a placeholder that stands for one, where the policy lets it
// travel in that form.
func (c *composer) payload(v wire.Value) (disclosure.Payload, privacy.Field) {
	f, _ := wire.FieldOf(v)
	p := c.fill.Content[f]
	want := travels(v)
	switch {
	case want == "" || p.Transport != want:
		c.refuse("wrong-transport")
	case p.IsMedia() != (want != "text"):
		c.refuse("wrong-transport")
	}
	return p, f
}

// words returns what goes out for a placeholder of words, and whether it is a number.
func (c *composer) words(v wire.Value) (string, bool) {
	p, _ := c.payload(v)
	if c.rule != "" {
		return "", false
	}
	switch v := v.(type) {
	case wire.Unflagged:
		clean := unflag(p.Text.Reveal())
		if p.Code == "" && clean == "" {
			c.refuse("empty-text")
		}
		return p.Code + clean, false
	case wire.Number:
		return c.option(p, p.Code, true)
	case wire.Coded:
		word, ok := v.Words[p.Code]
		if !ok {
			word = p.Code
		}
		return c.option(p, word, v.Number)
	default:
		if p.Code != "" {
			return p.Code, false
		}
		return p.Text.Reveal(), false
	}
}

// option returns the word for an option; the person's own words are none.
func (c *composer) option(p disclosure.Payload, word string, number bool) (string, bool) {
	if p.Code == "" {
		c.refuse("not-an-option")
		return "", false
	}
	if number && !isNumber(word) {
		c.refuse("not-a-number")
		return "", false
	}
	return word, number
}

// isNumber reports whether a word is a number as JSON writes it.
func isNumber(word string) bool {
	var n json.Number
	return json.Unmarshal([]byte(word), &n) == nil && n.String() == word
}

// unflag returns the text without words of the form " --flag value", in which some models read
// orders to the service: size, duration and with them the bill would be the writer's to choose.
func unflag(text string) string {
	flag := regexp.MustCompile(`(^|[^A-Za-z0-9-])--+[A-Za-z][A-Za-z0-9_-]*(?:=[!-~]*|\s+(?:[!-,.-~][!-~]*|-[0-9][!-~]*))?`)
	for {
		clean := flag.ReplaceAllStringFunc(text, func(found string) string {
			before, _, _ := strings.Cut(found, "--")
			return strings.TrimSpace(before)
		})
		if clean == text {
			return strings.TrimSpace(clean)
		}
		text = clean
	}
}
