package form

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"

	"vow.example/vow/internal/privacy"
)

// Object reads a JSON object. Nothing at all is an empty object; anything else is none, and neither is one
// that says something twice.
func Object(raw json.RawMessage) (map[string]json.RawMessage, bool) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return map[string]json.RawMessage{}, true
	}
	var m map[string]json.RawMessage
	if err := json.Unmarshal(raw, &m); err != nil || m == nil || members(raw) != len(m) {
		return nil, false
	}
	return m, true
}

// members counts the members of an object that is known to be one, twins too: of two the first would be judged
// by nobody.
func members(raw json.RawMessage) (n int) {
	d := json.NewDecoder(bytes.NewReader(raw))
	_, err := d.Token()
	for ; err == nil && d.More(); n++ {
		var value json.RawMessage
		if _, err = d.Token(); err == nil {
			err = d.Decode(&value)
		}
	}
	return n
}

// Envelope reads a body whose members are listed. Another member is refused by name.
func Envelope(raw []byte, members ...string) (map[string]json.RawMessage, error) {
	m, ok := Object(raw)
	if !ok || len(bytes.TrimSpace(raw)) == 0 {
		return nil, Refuse(CodeRule, "", "syntax", "The body is not a JSON object of the documented form.")
	}
	var found findings
	for name := range m {
		if slices.Contains(members, name) {
			continue
		}
		pointer := ""
		if plain(name) {
			pointer = "/" + name
		}
		if category := sensitive(name); category != "" {
			found.add(Refuse(CodeCategory, pointer, string(category), "This category is not accepted here."))
			continue
		}
		found.add(Refuse(CodeField, pointer, "unknown_field", "The body has no such member."))
	}
	if r := found.worst(); r != nil {
		return nil, r
	}
	return m, nil
}

// String reads a JSON string. What is absent reads as the empty one.
func String(raw json.RawMessage) (string, bool) {
	if len(raw) == 0 {
		return "", true
	}
	var s *string
	if err := json.Unmarshal(raw, &s); err != nil || s == nil {
		return "", false
	}
	return *s, true
}

// Tracks reports whether a JSON text names an advertising identifier anywhere: as a key other than the
// permitted ones, or as a value.
func Tracks(raw []byte, permitted []string) bool {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var open []bool // objects (true) and arrays that are not closed yet
	key := false    // whether the next string is a key
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) || err != nil {
			return false // what cannot be read is refused as a whole
		}
		switch t := token.(type) {
		case json.Delim:
			switch t {
			case '{', '[':
				open = append(open, t == '{')
			default:
				open = open[:len(open)-1]
			}
			key = len(open) > 0 && open[len(open)-1]
			continue
		case string:
			if privacy.NamesAdvertisingID(t) && (!key || !slices.Contains(permitted, t)) {
				return true
			}
		}
		key = len(open) > 0 && open[len(open)-1] && !key
	}
}
