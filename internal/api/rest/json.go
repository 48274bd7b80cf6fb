package rest

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/danielgtaylor/huma/v2"
)

// errTwice says that an object of a body says something twice: whoever looked at the call on its way may
// have read the other one.
var errTwice = errors.New("a member stands twice in one object")

// strict is JSON in which an object says everything once.
func strict() huma.Format {
	f := huma.DefaultJSONFormat
	f.Unmarshal = func(raw []byte, v any) error {
		if saysTwice(raw) {
			return errTwice
		}
		return huma.DefaultJSONFormat.Unmarshal(raw, v)
	}
	return f
}

// saysTwice reports whether any object in raw has two members of one name. What cannot be read has none: it is
// refused as a whole.
func saysTwice(raw []byte) bool {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var open []map[string]bool // the members so far of each object that is not closed yet; nil: an array
	key := false               // whether the next string is a member's name
	for {
		token, err := d.Token()
		if err != nil {
			return false
		}
		if name, ok := token.(string); ok && key {
			members := open[len(open)-1]
			if members[name] {
				return true
			}
			members[name], key = true, false
			continue
		}
		switch token {
		case json.Delim('{'):
			open = append(open, map[string]bool{})
		case json.Delim('['):
			open = append(open, nil)
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
		}
		key = len(open) > 0 && open[len(open)-1] != nil
	}
}
