package page

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"vow.example/vow/internal/policy/internal/say"
	"vow.example/vow/internal/policy/internal/source"
	"vow.example/vow/internal/privacy"
)

// list returns one line per item of a register in the file.
func (p Page) list(name string, lang privacy.Lang) ([]string, bool) {
	d := p.doc
	var out []string
	switch name {
	case "categories":
		out = each(d.Categories, func(c source.Category) string {
			return in(c.Name, lang) + say.Pick(lang, ": to ", "：") + p.purposes(c.Purposes, lang)
		})
	case "purposes":
		out = each(d.Purposes, func(u source.Purpose) string { return in(u.Text, lang) })
	case "retention":
		out = each(d.Retention, func(r source.Row) string { return p.Row(r, lang) })
	case "recipients":
		out = each(d.Features, func(f source.Feature) string { return p.receives(f, lang) })
	case "companies":
		out = p.companies(lang)
	case "numbers":
		out = p.numbers(lang)
	case "rights":
		out = each(d.Rights, func(r source.Right) string { return rightText(r, lang) })
	default:
		out = p.termList(name, lang)
	}
	return out, len(out) > 0
}

// termList returns the lines about what a policy says beside its features.
func (p Page) termList(name string, lang privacy.Lang) []string {
	d := p.doc
	switch name {
	case "sdks":
		return each(d.SDKs, func(k source.SDK) string { return p.kit(k, lang) })
	case "permissions":
		return each(d.Permissions, func(x source.Permission) string {
			return in(x.Name, lang) + say.On(x.Platforms, lang) + colon(lang) + in(x.Text, lang) + say.Stop(lang) + in(x.Help, lang)
		})
	case "switches":
		return each(d.Switches, func(x source.Switch) string { return in(x.Name, lang) + colon(lang) + in(x.Text, lang) })
	case "collection":
		return each(d.Collection, func(x source.Intake) string { return p.collected(x, lang) })
	case "refused":
		return each(d.Refused, func(x source.Refused) string { return in(x.Text, lang) })
	case "forwards":
		return each(d.Forwards, func(x source.Forward) string { return p.forwarded(x, lang) })
	}
	grounds := map[string][]source.Ground{
		"grounds": d.Grounds, "refusals": d.Refusals, "exemptions": d.Exemptions, "restrictions": d.Restrictions,
		"overrides": d.Overrides, "holds": d.Holds.Grounds,
	}
	return each(grounds[name], func(g source.Ground) string { return in(g.Text, lang) })
}

func each[S any](list []S, text func(S) string) []string {
	var out []string
	for _, x := range list {
		out = append(out, text(x))
	}
	return out
}

func colon(lang privacy.Lang) string { return say.Pick(lang, ": ", "：") }

func (p Page) purposes(ids []string, lang privacy.Lang) string {
	return strings.Join(each(ids, func(id string) string { return p.Purpose(id, lang) }), say.Pick(lang, "; ", "；"))
}

// Purpose returns the purpose in plain words, or its word where it is not declared.
func (p Page) Purpose(id string, lang privacy.Lang) string {
	if u, ok := find(p.doc.Purposes, func(u source.Purpose) bool { return u.ID == id }); ok {
		return in(u.Text, lang)
	}
	return id
}

// Category returns the category in plain words, or its word where it is not declared.
func (p Page) Category(id string, lang privacy.Lang) string {
	if c, ok := find(p.doc.Categories, func(c source.Category) bool { return c.ID == id }); ok {
		return in(c.Name, lang)
	}
	return id
}

func (p Page) companies(lang privacy.Lang) []string {
	var out []string
	for _, r := range p.doc.Recipients {
		if r.Class == "third_party_ai" {
			out = append(out, in(r.Name, lang)+colon(lang)+say.Copies(r.Keeps, lang)+theirs(r.PolicyURL, lang))
		}
	}
	return out
}

func theirs(url string, lang privacy.Lang) string {
	return say.Pick(lang, ". Its policy: ", "。其政策：") + url
}

func (p Page) kit(k source.SDK, lang privacy.Lang) string {
	text := k.Name + say.Pick(lang, " (", "（") + k.Company + say.Pick(lang, ")", "）") + say.On(k.Platforms, lang) + colon(lang) + in(k.Text, lang)
	if len(k.Fields) > 0 {
		text += say.Pick(lang, ". It handles: ", "。处理：") + say.Fields(k.Fields, lang)
	}
	return text + theirs(k.PolicyURL, lang)
}

// collected says what one intake takes, for what and under which condition.
func (p Page) collected(x source.Intake, lang privacy.Lang) string {
	text := say.Kind(x.Kind, lang) + say.On(x.Platforms, lang) + colon(lang) + say.Fields(Names(x, lang), lang) +
		say.Pick(lang, "; to ", "；用于") + p.Purpose(x.Purpose, lang)
	for _, condition := range p.Conditions(x.Switch, x.Permission, lang) {
		text += say.Pick(lang, "; ", "；") + condition
	}
	if g, ok := find(p.doc.Grounds, func(g source.Ground) bool { return g.ID == x.PassedOn }); ok {
		text += say.PassedOn(in(g.Text, lang), lang)
	}
	return text
}

// Names lists the fields of an intake, those of its events included, each once and in plain words where
// the file has them.
func Names(x source.Intake, lang privacy.Lang) []string {
	var out []string
	add := func(f source.IntakeField) {
		if name := cmp.Or(in(f.Name, lang), f.ID); !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	for _, f := range x.Fields {
		add(f)
	}
	for _, e := range x.Events {
		for _, f := range e.Fields {
			add(f)
		}
	}
	return out
}

// Conditions says what must be on or granted first.
func (p Page) Conditions(toggle, permission string, lang privacy.Lang) []string {
	var out []string
	if s, ok := find(p.doc.Switches, func(s source.Switch) bool { return s.ID == toggle }); ok {
		out = append(out, fmt.Sprintf(say.Pick(lang, "only while “%s” is on", "仅在“%s”开启时"), in(s.Name, lang)))
	}
	if x, ok := find(p.doc.Permissions, func(x source.Permission) bool { return x.ID == permission }); ok {
		out = append(out, fmt.Sprintf(say.Pick(lang, "only while the permission “%s” is granted", "仅在已授予“%s”权限时"), in(x.Name, lang)))
	}
	return out
}

func (p Page) forwarded(x source.Forward, lang privacy.Lang) string {
	r, _ := p.recipient(x.Recipient)
	platforms := x.Platforms
	if len(platforms) == 0 {
		platforms = r.Platforms
	}
	text := in(r.Name, lang) + say.On(platforms, lang) + say.Pick(lang, " receives ", "收到") + say.Fields(x.Fields, lang) +
		say.Pick(lang, "; to ", "；用于") + p.Purpose(x.Purpose, lang)
	for _, condition := range p.Conditions(x.Switch, "", lang) {
		text += say.Pick(lang, "; ", "；") + condition
	}
	return text + theirs(r.PolicyURL, lang)
}

// receives says what one feature sends to whom.
func (p Page) receives(f source.Feature, lang privacy.Lang) string {
	r, _ := p.recipient(f.Recipient)
	var plain, marked []string
	for _, s := range f.Send {
		line, faces := Told(p.doc, f, s)
		plain = append(plain, in(line, lang))
		if len(faces) > 0 {
			marked = append(marked, in(faces, lang))
		}
	}
	return in(f.Title, lang) + planned(f, lang) + colon(lang) + say.Called(in(r.Name, lang), f.Model, lang) +
		say.Pick(lang, " receives ", "收到") + strings.Join(append(plain, marked...), say.Pick(lang, "; ", "；"))
}

// Told returns the words for one field that a feature sends, and the remark about faces in it.
func Told(doc *source.Doc, f source.Feature, s source.Sent) (line, faces source.Text) {
	var input source.Input
	for _, key := range slices.Concat(f.Required, f.Optional) {
		if x, _ := find(doc.Inputs, func(i source.Input) bool { return i.Key() == key }); x.Field == s.Field {
			input = x
		}
	}
	line = make(source.Text, len(input.Line))
	for lang, text := range input.Line {
		line[lang] = strings.ReplaceAll(text, "{how}", say.How(s.Transport, input.Kind, privacy.Lang(lang)))
	}
	return line, input.Faces
}

func planned(f source.Feature, lang privacy.Lang) string {
	if f.State == "live" {
		return ""
	}
	return say.Pick(lang, " (planned)", "（计划中）")
}

func rightText(r source.Right, lang privacy.Lang) string {
	words, _ := say.Deadline(r.Deadline, lang)
	if r.Deadline != source.Immediate {
		words = say.Within(words, lang)
	}
	return in(r.Text, lang) + colon(lang) + words + ours(r.ChosenBy, lang)
}

// Row says one row of the schedule in a sentence of its own.
func (p Page) Row(row source.Row, lang privacy.Lang) string {
	name := p.Category(row.Category, lang)
	limit, _ := period(row.Limit, lang)
	var text string
	switch {
	case row.Limit == source.Immediate:
		text = fmt.Sprintf(say.Pick(lang, "%s: deleted at once %s", "%s：%s立即删除"), name, say.Moment(row.Starts, lang))
	case row.Floor:
		text = fmt.Sprintf(say.Pick(lang, "%s: kept for %s %s, then deleted", "%[1]s：%[3]s保存 %[2]s，然后删除"), name, limit, say.Since(row.Starts, lang))
	default:
		text = fmt.Sprintf(say.Pick(lang, "%s: deleted no later than %s %s", "%[1]s：%[3]s最长 %[2]s删除"), name, limit, say.Since(row.Starts, lang))
	}
	if row.End == "aggregate" {
		text += say.Pick(lang, "; only counts without identifiers remain", "；仅保留不含标识的计数")
	}
	if c, ok := find(p.doc.Categories, func(c source.Category) bool { return c.ID == row.Category }); !ok || c.Storage != "disk" {
		text += say.Pick(lang, "; in memory only", "；只在内存中")
	}
	return text + ours(row.ChosenBy, lang)
}

func (p Page) featureNames(lang privacy.Lang) string {
	return strings.Join(each(p.doc.Features, func(f source.Feature) string { return in(f.Title, lang) + planned(f, lang) }), say.Pick(lang, ", ", "、"))
}

func (p Page) cookieText(lang privacy.Lang) string {
	if len(p.doc.Cookies.List) == 0 {
		return say.Pick(lang, "none", "无")
	}
	return strings.Join(each(p.doc.Cookies.List, func(c source.Cookie) string {
		life, ok := period(c.Lifetime, lang)
		if !ok {
			life = say.Pick(lang, "until you close the browser", "至关闭浏览器")
		}
		return c.Name + say.Pick(lang, " (", "（") + in(c.Text, lang) + say.Pick(lang, ", ", "，") + life + say.Pick(lang, ")", "）")
	}), say.Pick(lang, "; ", "；"))
}
