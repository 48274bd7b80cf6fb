package policy

import (
	"fmt"
	"regexp"
	"strings"

	"vow.example/vow/internal/policy/internal/say"
	"vow.example/vow/internal/policy/internal/source"
	"vow.example/vow/internal/privacy"
)

// Sections returns the articles of the policy page. Numbers, names and lists come from the same
// file that the server obeys.
func (p *Policy) Sections(lang privacy.Lang) []Section {
	out := make([]Section, 0, len(p.doc.Page))
	for _, s := range p.doc.Page {
		section := Section{ID: s.ID, Title: localized(s.Title).In(lang)}
		for _, paragraph := range s.Body {
			lines, _ := p.paragraph(localized(paragraph).In(lang), lang)
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
func (p *Policy) paragraph(text string, lang privacy.Lang) (lines, unknown []string) {
	if name, ok := strings.CutPrefix(text, "{list "); ok && strings.HasSuffix(name, "}") {
		items, ok := p.list(strings.TrimSuffix(name, "}"), lang)
		if !ok {
			return nil, []string{text}
		}
		return items, nil
	}
	filled := slot().ReplaceAllStringFunc(text, func(s string) string {
		value, ok := p.word(strings.Fields(strings.Trim(s, "{}")), lang)
		if !ok {
			unknown = append(unknown, s)
		}
		return value
	})
	return []string{filled}, unknown
}

// word returns what one slot stands for.
func (p *Policy) word(args []string, lang privacy.Lang) (string, bool) {
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

func (p *Policy) plainWord(name string, lang privacy.Lang) (string, bool) {
	contact := p.doc.Contacts[0]
	value := ""
	switch name {
	case "app":
		value = p.Name(lang)
	case "accept":
		value = localized(p.doc.Screens[0].Accept).In(lang)
	case "features":
		value = p.featureNames(lang)
	case "min_age":
		value = fmt.Sprint(p.MinAge())
	case "updated":
		value = p.doc.Updated
	case "effective":
		value = p.doc.Effective
	case "team":
		value = localized(contact.Team).In(lang)
	case "email":
		value = contact.Email
	case "phone":
		value = contact.Phone
	case "cookies":
		value = p.cookieText(lang)
	case "regions":
		value = say.Regions(p.doc.Regions.Storage, lang)
	case "lead":
		if l, err := ParseLimit(p.doc.Notices.Lead); err == nil {
			value = l.Words(lang)
		}
	case "joint", "joint_email":
		value = p.jointWord(name, lang)
	}
	return value, value != ""
}

func (p *Policy) jointWord(name string, lang privacy.Lang) string {
	if len(p.doc.Controller.Joint) == 0 {
		return ""
	}
	if joint := p.doc.Controller.Joint[0]; name == "joint_email" {
		return joint.Email
	}
	return localized(p.doc.Controller.Joint[0].Name).In(lang)
}

func (p *Policy) lookedUp(kind, name string, lang privacy.Lang) (string, bool) {
	switch kind {
	case "recipient", "policy_url":
		r, ok := p.Recipient(privacy.RecipientID(name))
		if kind == "policy_url" {
			return r.PolicyURL, ok && r.PolicyURL != ""
		}
		return r.Name.In(lang), ok
	case "email":
		contact, ok := find(p.doc.Contacts, func(c source.Contact) bool { return c.Platform == name })
		return contact.Email, ok
	case "limit":
		category, event, _ := strings.Cut(name, ".")
		row, ok := p.Row(privacy.Category(category), Event(event))
		return row.Limit.Words(lang), ok
	case "right", "deadline":
		right, ok := find(p.doc.Rights, func(r source.Right) bool { return r.ID == name })
		words, err := say.Deadline(right.Deadline, lang)
		if kind == "right" && words != "" && right.Deadline != source.Immediate {
			words = say.Within(words, lang)
		}
		return words, ok && err == nil
	case "incident":
		iso := map[string]string{"people": p.doc.Incidents.People, "regulator": p.doc.Incidents.Regulator}[name]
		l, err := ParseLimit(iso)
		return l.Words(lang), err == nil
	}
	return "", false
}

func (p *Policy) keeps(recipient, direction string, lang privacy.Lang) (string, bool) {
	r, ok := p.Recipient(privacy.RecipientID(recipient))
	period, known := map[string]string{"inputs": r.Retention.Inputs, "outputs": r.Retention.Outputs}[direction]
	return upTo(period, lang), ok && known
}

func upTo(period string, lang privacy.Lang) string {
	l, err := ParseLimit(period)
	if err != nil {
		return say.Pick(lang, "it states no period", "对方没有说明期限")
	}
	return fmt.Sprintf(say.Pick(lang, "for up to %s", "最长 %s"), l.Words(lang))
}

// copies says how long a recipient keeps what it received, and what it made of it.
func copies(k ProviderRetention, lang privacy.Lang) string {
	return fmt.Sprintf(say.Pick(lang, "received: %s; result: %s", "收到的内容：%s；结果：%s"), upTo(k.Inputs, lang), upTo(k.Outputs, lang))
}

// list returns one line per item of a register in the file.
func (p *Policy) list(name string, lang privacy.Lang) ([]string, bool) {
	var out []string
	switch name {
	case "categories":
		for _, c := range p.doc.Categories {
			out = append(out, localized(c.Name).In(lang)+say.Pick(lang, ": to ", "：")+p.purposeList(c, lang))
		}
	case "purposes":
		for _, u := range p.Purposes() {
			out = append(out, p.PurposeText(u, lang))
		}
	case "retention":
		for _, row := range p.rows {
			out = append(out, p.RetentionText(row, lang))
		}
	case "recipients":
		for _, f := range p.features {
			out = append(out, p.receives(f, lang))
		}
	case "companies":
		for _, r := range p.recipients {
			if r.Class == ThirdPartyAI {
				out = append(out, r.Name.In(lang)+say.Pick(lang, ": ", "：")+copies(r.Retention, lang)+say.Pick(lang, ". Its policy: ", "。其政策：")+r.PolicyURL)
			}
		}
	case "rights":
		for _, r := range p.doc.Rights {
			out = append(out, p.rightText(r, lang))
		}
	case "sdks":
		for _, k := range p.doc.SDKs {
			out = append(out, k.Name+say.Pick(lang, " (", "（")+k.Company+say.Pick(lang, "): ", "）：")+localized(k.Text).In(lang)+say.Pick(lang, ". Its policy: ", "。其政策：")+k.PolicyURL)
		}
	case "grounds":
		for _, g := range p.doc.Grounds {
			out = append(out, localized(g.Text).In(lang))
		}
	}
	return out, len(out) > 0
}

func (p *Policy) purposeList(c source.Category, lang privacy.Lang) string {
	texts := make([]string, len(c.Purposes))
	for i, u := range c.Purposes {
		texts[i] = p.PurposeText(privacy.Purpose(u), lang)
	}
	return strings.Join(texts, say.Pick(lang, "; ", "；"))
}

// PurposeText returns the purpose in plain words, or its word where it is not declared.
func (p *Policy) PurposeText(u privacy.Purpose, lang privacy.Lang) string {
	if d, ok := find(p.doc.Purposes, func(d source.Purpose) bool { return d.ID == string(u) }); ok {
		return localized(d.Text).In(lang)
	}
	return string(u)
}

// receives says what one feature sends to whom.
func (p *Policy) receives(f Feature, lang privacy.Lang) string {
	r, _ := p.Recipient(f.Recipient)
	var fields []string
	for _, line := range lines(f, lang) {
		fields = append(fields, line.Text)
	}
	planned := ""
	if !f.Live {
		planned = say.Pick(lang, " (planned)", "（计划中）")
	}
	return f.Title.In(lang) + planned + say.Pick(lang, ": ", "：") + called(r, f.Model, lang) +
		say.Pick(lang, " receives ", "收到") + strings.Join(fields, say.Pick(lang, "; ", "；"))
}

func (p *Policy) rightText(r source.Right, lang privacy.Lang) string {
	words, _ := say.Deadline(r.Deadline, lang)
	if r.Deadline != source.Immediate {
		words = say.Within(words, lang)
	}
	text := localized(r.Text).In(lang) + say.Pick(lang, ": ", "：") + words
	if r.ChosenBy == "operator" {
		text += say.Ours(lang)
	}
	return text
}

// RetentionText says one row of the schedule in a sentence of its own.
func (p *Policy) RetentionText(row RetentionRow, lang privacy.Lang) string {
	name := p.CategoryName(row.Category, lang)
	var text string
	switch {
	case row.Limit.Immediate:
		text = fmt.Sprintf(say.Pick(lang, "%s: deleted at once %s", "%s：%s立即删除"), name, say.Moment(string(row.Starts), lang))
	case row.Floor:
		text = fmt.Sprintf(say.Pick(lang, "%s: kept for %s %s, then deleted", "%[1]s：%[3]s保存 %[2]s，然后删除"), name, row.Limit.Words(lang), say.Since(string(row.Starts), lang))
	default:
		text = fmt.Sprintf(say.Pick(lang, "%s: deleted no later than %s %s", "%[1]s：%[3]s最长 %[2]s删除"), name, row.Limit.Words(lang), say.Since(string(row.Starts), lang))
	}
	if row.End == "aggregate" {
		text += say.Pick(lang, "; only counts without identifiers remain", "；仅保留不含标识的计数")
	}
	if row.Storage == Memory {
		text += say.Pick(lang, "; in memory only", "；只在内存中")
	}
	if row.ChosenBy == "operator" {
		text += say.Ours(lang)
	}
	return text
}

func (p *Policy) featureNames(lang privacy.Lang) string {
	var names []string
	for _, f := range p.features {
		name := f.Title.In(lang)
		if !f.Live {
			name += say.Pick(lang, " (planned)", "（计划中）")
		}
		names = append(names, name)
	}
	return strings.Join(names, say.Pick(lang, ", ", "、"))
}

func (p *Policy) cookieText(lang privacy.Lang) string {
	if len(p.doc.Cookies.List) == 0 {
		return say.Pick(lang, "none", "无")
	}
	var out []string
	for _, c := range p.doc.Cookies.List {
		life := say.Pick(lang, "until you close the browser", "至关闭浏览器")
		if l, err := ParseLimit(c.Lifetime); err == nil {
			life = l.Words(lang)
		}
		out = append(out, c.Name+say.Pick(lang, " (", "（")+localized(c.Text).In(lang)+say.Pick(lang, ", ", "，")+life+say.Pick(lang, ")", "）"))
	}
	return strings.Join(out, say.Pick(lang, "; ", "；"))
}

// slots returns the places of the policy page that nothing fills.
func (p *Policy) slots(at source.Positions) []source.Problem {
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
