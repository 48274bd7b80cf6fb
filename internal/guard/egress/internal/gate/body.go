package gate

import (
	"maps"
	"math"
	"slices"
	"strings"

	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
)

func (p *reading) body(b wire.Body) {
	switch b := b.(type) {
	case nil:
	case wire.JSON:
		p.value(wire.Object(b), 0)
	case wire.Form:
		p.form(b)
	case wire.Multipart:
		p.parts(b)
	default:
		p.refuse("body")
	}
}

func (p *reading) form(f wire.Form) {
	for _, name := range slices.Sorted(maps.Keys(f)) {
		p.literal(name)
		p.flat(f[name])
	}
}

// flat accepts a value that is one word or text: not a tree, and not a file inside a string.
func (p *reading) flat(v wire.Value) {
	switch v.(type) {
	case wire.Object, wire.Array, wire.Base64, wire.DataURL, wire.Letter:
		p.refuse("value")
	default:
		p.value(v, 0)
	}
}

func (p *reading) parts(m wire.Multipart) {
	for _, part := range m {
		if part.Name == "" || strings.ContainsAny(part.Name, "\"\r\n\\") {
			p.refuse("part-name")
		}
		p.literal(part.Name)
		switch v := part.Value.(type) {
		case wire.Media:
			p.fields = append(p.fields, privacy.Field(v))
		case wire.Blank:
			p.fileName(string(v))
		case wire.Object, wire.Array:
			p.refuse("part-value")
		default:
			p.flat(v)
		}
	}
}

// fileName accepts the plain name of a file at the recipient: no folder, nothing hidden, nothing
// that would break out of the part's head. It is scanned as every literal is.
func (p *reading) fileName(name string) {
	const longest = 200
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
	if name == "" || len(name) > longest || name[0] == '.' || strings.Trim(name, plain) != "" {
		p.refuse("file-name")
	}
	p.literal(name)
}

func (p *reading) value(v wire.Value, depth int) {
	if depth > maxDepth {
		p.refuse("too-deep")
		return
	}
	switch v := v.(type) {
	case wire.Literal:
		p.literal(string(v))
	case wire.Int, wire.Bool:
	case wire.Float:
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			p.refuse("value")
		}
	case wire.Object:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			p.literal(name)
			p.value(v[name], depth+1)
		}
	case wire.Array:
		for _, item := range v {
			if turns, ok := item.(wire.Turns); ok { // items of the list, and of nothing else
				p.fields = append(p.fields, privacy.Field(turns))
				continue
			}
			p.value(item, depth+1)
		}
	case wire.Secret:
		p.secret(string(v))
	case wire.Callback:
		p.callback(string(v))
	case wire.Coded:
		for _, word := range slices.Sorted(maps.Values(v.Words)) {
			p.literal(word)
		}
		p.fields = append(p.fields, v.Field)
	case wire.Batch, wire.Single:
		p.events(v)
	case wire.Text, wire.Unflagged, wire.Number, wire.Base64, wire.DataURL, wire.Link, wire.Letter:
		f, _ := wire.FieldOf(v)
		p.fields = append(p.fields, f)
	default: // Media, Blank, Bearer, BearerIfSet and AddressKey have no place here; an unknown value has none anywhere
		p.refuse("value")
	}
}

// events accepts a batch of usage events, or parts of the only one: those name the same field, which
// is wanted once.
func (p *reading) events(v wire.Value) {
	var words map[string]string
	switch v := v.(type) {
	case wire.Batch:
		words = v.Words
		for _, member := range []string{v.Name, v.At, v.Params} {
			p.literal(member)
		}
		if v.Name == "" || v.At != "" && v.Unit <= 0 || v.Name == v.At || v.Name == v.Params || v.At == v.Params && v.At != "" {
			p.refuse("value")
		}
		p.fields = append(p.fields, v.Field)
	case wire.Single:
		words = v.Words
		if !slices.Contains([]string{"name", "at", "params"}, v.Part) || v.Part == "at" && v.Unit <= 0 {
			p.refuse("value")
		}
		if !p.singles[v.Field] {
			p.fields = append(p.fields, v.Field)
		}
		p.singles[v.Field] = true
	}
	for _, word := range slices.Sorted(maps.Values(words)) {
		p.literal(word)
	}
}
