package policy

import (
	"slices"

	"vow.example/vow/internal/policy/internal/compile"
	"vow.example/vow/internal/policy/internal/page"
	"vow.example/vow/internal/policy/internal/source"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
)

// Policy is one app's policy, checked and immutable. Only Load makes one.
type Policy struct {
	doc        source.Doc
	hash       privacy.PolicyHash
	languages  []privacy.Lang
	features   []Feature
	recipients []Recipient
	rows       []RetentionRow
	limits     Limits
	screens    map[screenKey]Screen
	demo       []Finding
	terms      *terms.Terms
	page       page.Page
}

// Terms returns what the policy says beside its features. It is shared: nobody may change it.
func (p *Policy) Terms() *terms.Terms { return p.terms }

// App returns the app's id.
func (p *Policy) App() privacy.AppID { return privacy.AppID(p.doc.App.ID) }

// Name returns the app's name.
func (p *Policy) Name(lang privacy.Lang) string { return localized(p.doc.App.Name).In(lang) }

// Version returns app and version, for example "pixplus/v1".
func (p *Policy) Version() string { return p.doc.App.ID + "/" + p.doc.Version }

// Hash returns the digest of the file's canonical form: comments and layout do not count.
func (p *Policy) Hash() privacy.PolicyHash { return p.hash }

// Updated returns the date or month of the last update, as published.
func (p *Policy) Updated() string { return p.doc.Updated }

// Title returns the title of the policy page.
func (p *Policy) Title(lang privacy.Lang) string { return localized(p.doc.Title).In(lang) }

// Accent returns the app's colour as "#RRGGBB", or "".
func (p *Policy) Accent() string { return p.doc.App.Accent }

// Languages returns the languages in which every text exists, the preferred one first.
func (p *Policy) Languages() []privacy.Lang { return slices.Clone(p.languages) }

// Features returns all features, the planned ones included.
func (p *Policy) Features() []Feature { return slices.Clone(p.features) }

// Feature returns the feature with that id.
func (p *Policy) Feature(id privacy.FeatureID) (Feature, bool) {
	return find(p.features, func(f Feature) bool { return f.ID == id })
}

// Recipients returns everyone who may receive data, the operator's own servers included.
func (p *Policy) Recipients() []Recipient { return slices.Clone(p.recipients) }

// Recipient returns the recipient with that id.
func (p *Policy) Recipient(id privacy.RecipientID) (Recipient, bool) {
	return find(p.recipients, func(r Recipient) bool { return r.ID == id })
}

// Retention returns the retention schedule.
func (p *Policy) Retention() []RetentionRow { return slices.Clone(p.rows) }

// Row returns the clock of the category that the event starts.
func (p *Policy) Row(c privacy.Category, e Event) (RetentionRow, bool) {
	return find(p.rows, func(r RetentionRow) bool { return r.Category == c && r.Starts == e })
}

// StorageOf returns where the category may rest. An undeclared category may rest nowhere, so the
// answer is the stricter one, Memory; its clock is missing too.
func (p *Policy) StorageOf(c privacy.Category) Storage {
	if cat, ok := p.category(c); ok && cat.Storage == string(Disk) {
		return Disk
	}
	return Memory
}

// CategoryName returns the category in plain words, or its word where it is not declared.
func (p *Policy) CategoryName(c privacy.Category, lang privacy.Lang) string {
	return p.page.Category(string(c), lang)
}

// PurposeText returns the purpose in plain words, or its word where it is not declared.
func (p *Policy) PurposeText(u privacy.Purpose, lang privacy.Lang) string {
	return p.page.Purpose(string(u), lang)
}

// RetentionText says one row of the schedule in a sentence of its own.
func (p *Policy) RetentionText(r RetentionRow, lang privacy.Lang) string {
	return p.page.Row(source.Row{
		Category: string(r.Category), Starts: string(r.Starts), Limit: r.Limit.ISO, Floor: r.Floor, End: r.End, ChosenBy: r.ChosenBy,
	}, lang)
}

// NumberText says what a number is about, and the number itself.
func (p *Policy) NumberText(n terms.Figure, lang privacy.Lang) (what, value string) {
	return page.Number(n.ID, n.Kind, n.Value, lang)
}

// OperatorChose names every number that the operator chose because the published text gives none: clocks,
// deadlines of rights and the others.
func (p *Policy) OperatorChose() []string {
	const operator = "operator"
	out := []string{}
	for _, r := range p.rows {
		if r.ChosenBy == operator {
			out = append(out, "retention."+string(r.Category)+"."+string(r.Starts))
		}
	}
	for _, r := range p.terms.Rights {
		if r.Chosen == operator {
			out = append(out, "rights."+r.ID)
		}
	}
	for _, n := range p.terms.Numbers {
		if n.Chosen == operator {
			out = append(out, n.ID)
		}
	}
	return out
}

// Sections returns the articles of the policy page. Numbers, names and lists come from the same file
// that the server obeys.
func (p *Policy) Sections(lang privacy.Lang) []Section {
	filled := p.page.Sections(lang)
	out := make([]Section, len(filled))
	for i, s := range filled {
		out[i] = Section(s)
	}
	return out
}

// HasCategory reports whether the app may hold the category at all.
func (p *Policy) HasCategory(c privacy.Category) bool {
	_, ok := p.category(c)
	return ok
}

func (p *Policy) category(c privacy.Category) (source.Category, bool) {
	return find(p.doc.Categories, func(cat source.Category) bool { return cat.ID == string(c) })
}

// Purposes returns the declared purposes.
func (p *Policy) Purposes() []privacy.Purpose {
	out := make([]privacy.Purpose, len(p.doc.Purposes))
	for i, u := range p.doc.Purposes {
		out[i] = privacy.Purpose(u.ID)
	}
	return out
}

// PurposeAllowed decides whether the category may be read for the purpose, and says why.
func (p *Policy) PurposeAllowed(c privacy.Category, purpose privacy.Purpose) (bool, string) {
	cat, ok := p.category(c)
	switch {
	case !ok:
		return false, "the policy of " + p.doc.App.ID + " does not declare the category " + string(c)
	case slices.Contains(p.doc.Forbidden.Purposes, string(purpose)):
		return false, "the policy of " + p.doc.App.ID + " forbids the purpose " + string(purpose)
	case !slices.Contains(cat.Purposes, string(purpose)):
		return false, "the policy of " + p.doc.App.ID + " does not list the purpose " + string(purpose) + " for " + string(c)
	}
	return true, "the policy of " + p.doc.App.ID + " lists the purpose " + string(purpose) + " for " + string(c)
}

// Limits returns the operational bounds.
func (p *Policy) Limits() Limits { return p.limits }

// MinAge returns the age in years below which the app refuses, or asks for a guardian.
func (p *Policy) MinAge() int { return p.doc.Minors.MinAge }

// FacesStay reports whether a picture of a person may go to nobody.
func (p *Policy) FacesStay() bool { return len(p.doc.Faces.SharedWith) == 0 }

// Cookies returns the names of the cookies that the app's pages may set.
func (p *Policy) Cookies() []string {
	var names []string
	for _, c := range p.doc.Cookies.List {
		names = append(names, c.Name)
	}
	return names
}

// Cookieless reports whether the app's pages may set no cookie at all.
func (p *Policy) Cookieless() bool { return p.doc.Cookies.Mode == "none" }

// Label returns how results are marked. A policy that says nothing gives the plain mark.
func (p *Policy) Label() Label {
	if l := p.doc.Label; l != nil {
		return Label{Text: localized(l.Text), TC260: l.TC260, Producer: l.Producer}
	}
	return Label{Text: Localized{"en": "AI-generated", "zh-Hans": "AI 生成"}}
}

// StorageRegions returns the countries that storage is pinned to; empty means not pinned.
func (p *Policy) StorageRegions() []string { return slices.Clone(p.doc.Regions.Storage) }

// StorageClause returns the promise that pins storage; empty where the file names none.
func (p *Policy) StorageClause() string { return p.doc.Regions.Clause }

// DemoOnly returns what is fit for a demonstration only: example addresses, unsigned terms.
func (p *Policy) DemoOnly() []Finding { return slices.Clone(p.demo) }

func find[T any](list []T, is func(T) bool) (T, bool) {
	if i := slices.IndexFunc(list, is); i >= 0 {
		return list[i], true
	}
	var zero T
	return zero, false
}

func localized(t source.Text) Localized { return compile.Text(t) }
