// Package page fills the texts of a policy file: the articles of the policy page, and the sentences about
// one clock, one purpose or one right.
//
// It promises that numbers, names and lists come from the same document that the server obeys, and it
// names every place that nothing fills. It never decides anything.
package page

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"vow.example/vow/internal/policy/internal/say"
	"vow.example/vow/internal/policy/internal/source"
	"vow.example/vow/internal/privacy"
)

// Page says what a document says.
type Page struct{ doc *source.Doc }

// Of returns the texts of a checked document.
func Of(doc *source.Doc) Page { return Page{doc} }

// Section is one article of the page.
type Section struct {
	ID, Title string
	Body      []string
}

// Sections returns the articles of the policy page in one language.
func (p Page) Sections(lang privacy.Lang) []Section {
	out := make([]Section, 0, len(p.doc.Page))
	for _, s := range p.doc.Page {
		section := Section{ID: s.ID, Title: in(s.Title, lang)}
		for _, paragraph := range s.Body {
			lines, _ := p.paragraph(in(paragraph, lang), lang)
			section.Body = append(section.Body, lines...)
		}
		out = append(out, section)
	}
	return out
}

// slot matches {word} and {word argument argument}.
func slot() *regexp.Regexp { return regexp.MustCompile(`\{[^{}]*\}`) }

// paragraph fills one paragraph; "{list x}" becomes one paragraph per item. It also returns the
// slots that nothing fills.
func (p Page) paragraph(text string, lang privacy.Lang) (lines, unknown []string) {
	if name, ok := strings.CutPrefix(text, "{list "); ok && strings.HasSuffix(name, "}") {
		items, ok := p.list(strings.TrimSuffix(name, "}"), lang)
		if !ok {
			return nil, []string{text}
		}
		return items, nil
	}
	filled := slot().ReplaceAllStringFunc(p.remarked(text, lang), func(s string) string {
		value, ok := p.word(strings.Fields(strings.Trim(s, "{}")), lang)
		if !ok {
			unknown = append(unknown, s)
		}
		return value
	})
	return []string{filled}, unknown
}

// word returns what one slot stands for.
func (p Page) word(args []string, lang privacy.Lang) (string, bool) {
	switch len(args) {
	case 1:
		return p.plainWord(args[0], lang)
	case 2:
		return p.lookedUp(args[0], args[1], lang)
	case 3:
		if args[0] == "keeps" {
			return p.keeps(args[1], args[2], lang)
		}
	}
	return "", false
}

func (p Page) plainWord(name string, lang privacy.Lang) (string, bool) {
	contact := p.doc.Contacts[0]
	value := ""
	switch name {
	case "app":
		value = in(p.doc.App.Name, lang)
	case "accept":
		value = in(p.doc.Screens[0].Accept, lang)
	case "features":
		value = p.featureNames(lang)
	case "min_age":
		value = fmt.Sprint(p.doc.Minors.MinAge)
	case "guardian_below":
		if p.doc.Minors.GuardianBelow > 0 {
			value = fmt.Sprint(p.doc.Minors.GuardianBelow)
		}
	case "updated":
		value = p.doc.Updated
	case "effective":
		value = p.doc.Effective
	case "team":
		value = in(contact.Team, lang)
	case "email":
		value = contact.Email
	case "phone":
		value = contact.Phone
	case "cookies":
		value = p.cookieText(lang)
	case "regions":
		value = say.Regions(p.doc.Regions.Storage, lang)
	case "lead":
		value, _ = period(p.doc.Notices.Lead, lang)
	case "joint", "joint_email":
		value = p.jointWord(name, lang)
	}
	return value, value != ""
}

func (p Page) jointWord(name string, lang privacy.Lang) string {
	if len(p.doc.Controller.Joint) == 0 {
		return ""
	}
	if joint := p.doc.Controller.Joint[0]; name == "joint_email" {
		return joint.Email
	}
	return in(p.doc.Controller.Joint[0].Name, lang)
}

func (p Page) lookedUp(kind, name string, lang privacy.Lang) (string, bool) {
	switch kind {
	case "recipient", "policy_url":
		r, ok := p.recipient(name)
		if kind == "policy_url" {
			return r.PolicyURL, ok && r.PolicyURL != ""
		}
		return in(r.Name, lang), ok
	case "email":
		contact, ok := find(p.doc.Contacts, func(c source.Contact) bool { return c.Platform == name })
		return contact.Email, ok
	case "limit":
		category, event, _ := strings.Cut(name, ".")
		row, ok := find(p.doc.Retention, func(r source.Row) bool { return r.Category == category && r.Starts == event })
		words, _ := period(row.Limit, lang)
		return words, ok
	case "right", "deadline":
		right, ok := find(p.doc.Rights, func(r source.Right) bool { return r.ID == name })
		words, err := say.Deadline(right.Deadline, lang)
		if kind == "right" && words != "" && right.Deadline != source.Immediate {
			words = say.Within(words, lang)
		}
		return words, ok && err == nil
	case "incident":
		iso := map[string]string{"people": p.doc.Incidents.People, "regulator": p.doc.Incidents.Regulator}[name]
		return period(iso, lang)
	case "audit":
		return p.audit(name, lang)
	}
	return "", false
}

func (p Page) audit(name string, lang privacy.Lang) (string, bool) {
	switch name {
	case "every":
		return period(p.doc.Audits.Every, lang)
	case "scope":
		return say.Audited(p.doc.Audits.Scope, lang), len(p.doc.Audits.Scope) > 0
	}
	return "", false
}

func (p Page) keeps(recipient, direction string, lang privacy.Lang) (string, bool) {
	r, ok := p.recipient(recipient)
	if r.Keeps == nil {
		r.Keeps = &source.Keeps{}
	}
	period, known := map[string]string{"inputs": r.Keeps.Inputs, "outputs": r.Keeps.Outputs}[direction]
	return say.UpTo(period, lang), ok && known
}

// Unfilled returns the places of the policy page that nothing fills.
func (p Page) Unfilled(at source.Positions) []source.Problem {
	var found []source.Problem
	for i, s := range p.doc.Page {
		for j, text := range s.Body {
			for lang := range text {
				pointer := fmt.Sprintf("/page/%d/body/%d/%s", i, j, lang)
				_, unknown := p.paragraph(text[lang], privacy.Lang(lang))
				for _, u := range unknown {
					found = append(found, source.Problem{
						Position: at.At(pointer), Pointer: pointer, What: "nothing in the file fills " + u,
						Fix: "use a slot such as {app}, {limit source_photo.task_failed}, {recipient runninghub} or {list retention}",
					})
				}
			}
		}
	}
	return found
}

func in(t source.Text, lang privacy.Lang) string {
	if s, ok := t[string(lang)]; ok {
		return s
	}
	return t["en"]
}

// period says a limit in words, and whether it is one.
func period(iso string, lang privacy.Lang) (string, bool) {
	p, err := source.ReadPeriod(iso)
	if err != nil {
		return "", false
	}
	return say.Period(p, lang), true
}

func (p Page) recipient(id string) (source.Recipient, bool) {
	return find(p.doc.Recipients, func(r source.Recipient) bool { return r.ID == id })
}

func find[T any](list []T, is func(T) bool) (T, bool) {
	if i := slices.IndexFunc(list, is); i >= 0 {
		return list[i], true
	}
	var zero T
	return zero, false
}
