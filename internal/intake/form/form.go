// Package form judges what an app hands over against one closed schema of its policy.
//
// It promises that nothing passes which the schema does not name, that a word is a word and never a
// sentence, an address or an identifier of hardware, and that a refusal names the field and the rule.
// It never repeats a value, never stores, and reads no clock: the moment is given.
package form

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
)

// The codes of refusals.
const (
	CodeField    = "field-not-allowed"
	CodeCategory = "category-not-allowed"
	CodeRule     = "validation"
)

// Wrong is one rule that one field breaks. It never repeats what was sent.
type Wrong struct{ Pointer, Code, Detail string }

// Refusal is why nothing of a call is taken.
type Refusal struct {
	Code   string
	Clause string // of the register; "" where no sentence of a policy stands behind it
	Wrong  []Wrong
}

// Error names code and fields.
func (r *Refusal) Error() string {
	var fields []string
	for _, w := range r.Wrong {
		fields = append(fields, w.Pointer+" "+w.Code)
	}
	return "form: " + r.Code + ": " + strings.Join(fields, ", ")
}

// Refuse returns a refusal for one field.
func Refuse(code, pointer, rule, detail string) *Refusal {
	return &Refusal{Code: code, Wrong: []Wrong{{pointer, rule, detail}}}
}

// Sheet is one schema, ready to judge.
type Sheet struct {
	Terms    *terms.Terms
	Kind     terms.IntakeKind // "" where a vendor sends
	Category privacy.Category
	Clause   string
	Fields   []terms.Field
	Platform terms.Platform // "" where a vendor sends
	At       string         // JSON Pointer of the judged object
	Now      time.Time
}

// Answers are the values that passed. They print as "[personal]".
type Answers struct {
	values  map[string]any
	digests map[string]string
	needs   map[string]string
}

// Values returns what may be kept, by field. It is the caller's to change.
func (a Answers) Values() map[string]any { return maps.Clone(a.values) }

// Digests returns the identifiers of which only a keyed digest may be kept, by field.
func (a Answers) Digests() map[string]string { return maps.Clone(a.digests) }

// Needs returns the permissions that the given fields need, by field.
func (a Answers) Needs() map[string]string { return maps.Clone(a.needs) }

// Format prints "[personal]" whatever the verb or flag.
func (a Answers) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[personal]") }

const mostWrong = 20 // rules that one refusal names

// Judge reads an object. It passes whole or not at all; an absent object is an empty one.
func (s Sheet) Judge(raw json.RawMessage) (Answers, error) {
	if r := s.closed(); r != nil {
		return Answers{}, r
	}
	given, ok := Object(raw)
	if !ok {
		return Answers{}, Refuse(CodeRule, s.At, "object", "A JSON object of fields and values.")
	}
	a := Answers{values: map[string]any{}, digests: map[string]string{}, needs: map[string]string{}}
	var found findings
	for _, name := range slices.Sorted(maps.Keys(given)) {
		f, known := s.field(name)
		if !known {
			found.add(s.stranger(name))
			continue
		}
		if code, detail := a.take(f, given[name], s.Now); code != "" {
			found.add(Refuse(CodeRule, s.At+"/"+f.ID, code, detail))
		}
	}
	for _, f := range s.Fields {
		if _, here := given[f.ID]; f.Required && !here && f.Kind != terms.Address && s.on(f) {
			found.add(Refuse(CodeRule, s.At+"/"+f.ID, "required", "This field is required."))
		}
	}
	if r := found.worst(); r != nil {
		return Answers{}, r
	}
	return a, nil
}

// Addresses returns the fields for which the server takes the network address that it sees.
func (s Sheet) Addresses() []terms.Field {
	return slices.DeleteFunc(slices.Clone(s.Fields), func(f terms.Field) bool { return f.Kind != terms.Address || !s.on(f) })
}

// closed refuses a schema of a category that this server never accepts, whatever else the policy says.
func (s Sheet) closed() *Refusal {
	for _, r := range s.Terms.Refused {
		if r.Category == s.Category && len(r.Fields) == 0 {
			return &Refusal{Code: CodeCategory, Clause: r.Clause, Wrong: []Wrong{{s.At, "category", "This category is never accepted here."}}}
		}
	}
	return nil
}

func (s Sheet) on(f terms.Field) bool {
	return s.Kind == "" || terms.On(f.Platforms, s.Platform)
}

// field returns a field that the schema takes from a body: never an address, never a text where nobody
// writes, never an identifier of hardware outside a login.
func (s Sheet) field(name string) (terms.Field, bool) {
	i := slices.IndexFunc(s.Fields, func(f terms.Field) bool { return f.ID == name })
	if i < 0 {
		return terms.Field{}, false
	}
	f := s.Fields[i]
	switch category := sensitive(name); {
	case !s.on(f) || f.Kind == terms.Address || s.refusedBy(name) != nil:
		return f, false
	case f.Kind == terms.Text || f.Kind == terms.Mail:
		return f, s.Kind == terms.Support || s.Kind == terms.Feedback || s.Kind == terms.Survey || s.Kind == terms.Complaint
	case category == advertising:
		return f, s.Kind == terms.LoginRisk && f.Kind == terms.Digest && s.Platform != terms.IOS // MIX-1.8-01, C-FIT-08
	case category == hardware || f.Kind == terms.Digest:
		return f, s.Kind == terms.LoginRisk && f.Kind == terms.Digest
	default:
		return f, true
	}
}

// Tracking returns the names of advertising identifiers that the schema takes.
func (s Sheet) Tracking() []string {
	var names []string
	for _, f := range s.Fields {
		if _, ok := s.field(f.ID); ok && privacy.NamesAdvertisingID(f.ID) {
			names = append(names, f.ID)
		}
	}
	return names
}

func (s Sheet) refusedBy(name string) *terms.Refused {
	for i, r := range s.Terms.Refused {
		if slices.Contains(r.Fields, name) || len(r.Fields) == 0 && string(r.Category) == name {
			return &s.Terms.Refused[i]
		}
	}
	return nil
}

// stranger refuses a field that the schema does not take. Where a sentence of the policy stands behind
// that, it is named.
func (s Sheet) stranger(name string) *Refusal {
	pointer := s.At
	if plain(name) {
		pointer += "/" + name
	}
	if r := s.refusedBy(name); r != nil {
		return &Refusal{Code: CodeCategory, Clause: r.Clause, Wrong: []Wrong{{pointer, string(r.Category), "This is never accepted here."}}}
	}
	if category := sensitive(name); category != "" {
		r := Refuse(CodeCategory, pointer, string(category), "This category is not accepted here.")
		for _, never := range s.Terms.Refused {
			if never.Category == category {
				r.Clause = never.Clause
			}
		}
		return r
	}
	r := Refuse(CodeField, pointer, "unknown_field", "The policy does not list this field here.")
	r.Clause = s.Clause
	return r
}

// findings gathers refusals of one call.
type findings []*Refusal

func (f *findings) add(r *Refusal) { *f = append(*f, r) }

// worst returns all findings of the gravest code as one refusal, or nil.
func (f findings) worst() *Refusal {
	for _, code := range []string{CodeCategory, CodeField, CodeRule} {
		var all *Refusal
		for _, r := range f {
			switch {
			case r.Code != code:
			case all == nil:
				all = r
			case len(all.Wrong) < mostWrong:
				all.Wrong = append(all.Wrong, r.Wrong...)
			}
		}
		if all != nil {
			return all
		}
	}
	return nil
}
