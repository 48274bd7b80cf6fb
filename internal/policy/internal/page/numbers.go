package page

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"vow.example/vow/internal/policy/internal/say"
	"vow.example/vow/internal/policy/internal/source"
	"vow.example/vow/internal/privacy"
)

// operator is the word of chosen_by for a number that the published text does not give.
const operator = "operator"

// numbers says each number that is no clock and no deadline, in a sentence of its own.
func (p Page) numbers(lang privacy.Lang) []string {
	return each(p.doc.Numbers(), func(n source.Number) string {
		what, value := Number(n.ID, n.Kind, n.Value, lang)
		return what + colon(lang) + value + ours(n.ChosenBy, lang)
	})
}

// Number says what a number is about, and the number itself.
func Number(id, kind, value string, lang privacy.Lang) (what, words string) {
	about := map[string][2]string{
		"minors.min_age":        {"Age below which the app is closed, or opens with a guardian's consent only", "低于该年龄不得使用，或须经监护人同意"},
		"minors.guardian_below": {"Age below which a guardian must consent", "低于该年龄须经监护人同意"},
		"notices.lead":          {"How long before it takes effect a material change is announced", "重大变更在生效前提前告知"},
		"limits.max_task_age":   {"Time after which a task that still runs is ended", "任务仍在运行时，超过该时间即终止"},
		"limits.most":           {"Longest that anything is kept", "任何数据的最长保存时间"},
		"holds.approvals":       {"People who must agree before something is kept beyond its clock", "超期保存须同意的人数"},
		"holds.most":            {"Longest that one such order lasts", "一次超期保存的最长时间"},
		"statistics":            {"Smallest group that statistics show", "统计数据所示的最小群体"},
		"cookies.lifetime":      {"Longest life of a cookie", "Cookie 的最长有效期"},
		"incidents.people":      {"Time until people are told of an incident", "安全事件告知用户的时限"},
		"incidents.regulator":   {"Time until a regulator is told of an incident", "安全事件报告监管部门的时限"},
		"audits.every":          {"Longest time between two security audits", "两次安全审计的最长间隔"},
	}
	what = id
	if w, ok := about[id]; ok {
		what = say.Pick(lang, w[0], w[1])
	}
	switch kind {
	case "years":
		return what, fmt.Sprintf(say.Pick(lang, "%s years", "%s 岁"), value)
	case "people":
		return what, fmt.Sprintf(say.Pick(lang, "%s people", "%s 人"), value)
	}
	words, _ = period(value, lang)
	return what, words
}

// ours remarks on a number that the operator chose.
func ours(chosen string, lang privacy.Lang) string {
	if chosen == operator {
		return say.Ours(lang)
	}
	return ""
}

// remarked puts the remark about a number of the operator's behind the clause that tells it, so that it
// parts no number from its unit. A paragraph that tells the same number twice has the remark once.
func (p Page) remarked(text string, lang privacy.Lang) string {
	said := map[string]bool{}
	var marks []int
	for _, at := range slot().FindAllStringIndex(text, -1) {
		name := strings.Trim(text[at[0]:at[1]], "{}")
		if said[name] || !p.isOurs(strings.Fields(name)) {
			continue
		}
		said[name] = true
		if end := at[1] + clause(text[at[1]:]); len(marks) == 0 || marks[len(marks)-1] != end {
			marks = append(marks, end)
		}
	}
	var out strings.Builder
	from := 0
	for _, end := range marks {
		out.WriteString(text[from:end] + say.Ours(lang))
		from = end
	}
	return out.String() + text[from:]
}

// isOurs reports whether a slot tells a number that the operator chose. A register tells it line by line.
func (p Page) isOurs(args []string) bool {
	names := map[string]string{"min_age": "minors.min_age", "guardian_below": "minors.guardian_below", "lead": "notices.lead", "cookies": "cookies.lifetime"}
	switch {
	case len(args) == 1:
		n, ok := p.doc.Number(names[args[0]])
		return ok && n.ChosenBy == operator
	case len(args) != 2:
		return false
	}
	switch args[0] {
	case "incident", "audit":
		n, ok := p.doc.Number(args[0] + "s." + args[1])
		return ok && n.ChosenBy == operator
	case "limit":
		category, event, _ := strings.Cut(args[1], ".")
		row, _ := find(p.doc.Retention, func(r source.Row) bool { return r.Category == category && r.Starts == event })
		return row.ChosenBy == operator
	case "right", "deadline":
		right, _ := find(p.doc.Rights, func(r source.Right) bool { return r.ID == args[1] })
		return right.ChosenBy == operator
	}
	return false
}

// clause returns where the clause ends that a text begins in. A full stop ends one before a space only,
// and what stands in a slot or in brackets is one word.
func clause(text string) int {
	depth := 0
	for i, r := range text {
		next, _ := utf8.DecodeRuneInString(text[i+utf8.RuneLen(r):])
		switch {
		case strings.ContainsRune("{(（", r):
			depth++
		case strings.ContainsRune("})）", r):
			depth = max(depth-1, 0)
		case depth > 0:
		case strings.ContainsRune("，；。：", r):
			return i
		case strings.ContainsRune(".,;:", r) && (next == ' ' || next == utf8.RuneError):
			return i
		}
	}
	return len(text)
}
