package source

import (
	"bytes"
	_ "embed" // for the schema
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

//go:embed schema.json
var schemaJSON []byte

// Schema returns the JSON Schema (draft 2020-12) of a policy file.
func Schema() []byte { return bytes.Clone(schemaJSON) }

const schemaURL = "policy.schema.json"

// validate checks the plain value against the schema and returns every violation.
func validate(plain any, at Positions) []Problem {
	raw, err := jsonschema.UnmarshalJSON(bytes.NewReader(schemaJSON))
	if err != nil {
		return []Problem{{Position: Position{1, 1}, What: "the built-in schema is unreadable: " + err.Error()}}
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(schemaURL, raw); err != nil {
		return []Problem{{Position: Position{1, 1}, What: "the built-in schema is unreadable: " + err.Error()}}
	}
	schema, err := c.Compile(schemaURL)
	if err != nil {
		return []Problem{{Position: Position{1, 1}, What: "the built-in schema is invalid: " + err.Error()}}
	}
	var v *jsonschema.ValidationError
	if !errors.As(schema.Validate(plain), &v) {
		return nil
	}
	r := reporter{at: at, schema: raw}
	r.walk(v)
	return r.problems
}

// reporter turns schema violations into problems with a place and a fix.
type reporter struct {
	at       Positions
	schema   any
	problems []Problem
}

func (r *reporter) walk(v *jsonschema.ValidationError) {
	for _, cause := range v.Causes {
		r.walk(cause)
	}
	if len(v.Causes) > 0 {
		return
	}
	pointer := ""
	for _, t := range v.InstanceLocation {
		pointer += "/" + escape(t)
	}
	switch k := v.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		r.unknown(k.Properties, pointer, v.SchemaURL)
	case *kind.Required:
		for _, name := range k.Missing {
			r.add(r.at.Key(pointer), pointer, fmt.Sprintf("%s is missing", quoted(name)), r.fix(v.SchemaURL, "properties", name))
		}
	case *kind.Enum:
		r.add(r.at.At(pointer), pointer, fmt.Sprintf("%s is not one of the permitted values", shown(k.Got)), "use one of: "+list(k.Want))
	case *kind.PropertyNames:
		r.add(r.at.Key(pointer+"/"+escape(k.Property)), pointer, quoted(k.Property)+" is not a language tag", "use en or zh-Hans")
	default:
		what := k.LocalizedString(message.NewPrinter(language.English))
		r.add(r.at.At(pointer), pointer, what, r.fix(v.SchemaURL))
	}
}

func (r *reporter) add(at Position, pointer, what, fix string) {
	r.problems = append(r.problems, Problem{Position: at, Pointer: pointer, What: what, Fix: fix})
}

func (r *reporter) unknown(names []string, pointer, url string) {
	known, _ := r.lookup(url, "properties").(map[string]any)
	var words []string
	for w := range known {
		words = append(words, w)
	}
	slices.Sort(words)
	for _, name := range names {
		child := pointer + "/" + escape(name)
		fix := "remove it; permitted here: " + strings.Join(words, ", ")
		if near := Nearest(name, words); near != "" {
			fix = "did you mean " + quoted(near) + "?"
		}
		r.add(r.at.Key(child), child, "the key "+quoted(name)+" is unknown", fix)
	}
}

// fix returns the description of the schema node: in this schema a description is an advice.
func (r *reporter) fix(url string, more ...string) string {
	node, _ := r.lookup(url, more...).(map[string]any)
	if ref, ok := node["$ref"].(string); ok && node["description"] == nil {
		node, _ = r.lookup(ref).(map[string]any)
	}
	advice, _ := node["description"].(string)
	return advice
}

func (r *reporter) lookup(url string, more ...string) any {
	_, fragment, _ := strings.Cut(url, "#")
	node := r.schema
	for _, step := range append(strings.Split(strings.Trim(fragment, "/"), "/"), more...) {
		if step == "" {
			continue
		}
		object, _ := node.(map[string]any)
		node = object[strings.NewReplacer("~1", "/", "~0", "~", "%24", "$").Replace(step)]
	}
	return node
}

func quoted(s string) string {
	if len(s) > 60 {
		s = s[:60] + "…"
	}
	return fmt.Sprintf("%q", s)
}

func shown(v any) string {
	if s, ok := v.(string); ok {
		return quoted(s)
	}
	return "this value"
}

func list(values []any) string {
	var words []string
	for _, v := range values {
		words = append(words, fmt.Sprint(v))
	}
	return strings.Join(words, ", ")
}

// Nearest returns the word with at most two edits to s, or "".
func Nearest(s string, words []string) string {
	best, limit := "", 3
	if len(s) > 64 {
		return ""
	}
	for _, w := range words {
		if d := edits(s, w); d < limit && d < len(w) {
			best, limit = w, d
		}
	}
	return best
}

func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		last := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := last
			if a[i-1] != b[j-1] {
				cost++
			}
			last = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
