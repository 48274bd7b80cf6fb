package moderate

import (
	"cmp"
	"slices"
	"strings"
)

// inOrder sorts risky wording by place, longest first, and drops what overlaps.
func (r *PromptRules) inOrder(risky []hit) []hit {
	slices.SortStableFunc(risky, func(a, b hit) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to), cmp.Compare(a.rule, b.rule), cmp.Compare(a.group, b.group))
	})
	var out []hit
	for _, h := range risky {
		if len(out) == 0 || h.from >= out[len(out)-1].to {
			out = append(out, h)
		}
	}
	return out
}

// reword replaces each risky wording by its safe wording and says once, at the end, what the
// picture should be like instead. The same text always gives the same result.
func (r *PromptRules) reword(text string, risky []hit) string {
	var b strings.Builder
	var endings []string
	at := 0
	for _, h := range risky {
		x := r.book.Rules[h.rule]
		tag := "en"
		if isHan(h.text[0]) {
			tag = "zh-Hans"
		}
		b.WriteString(text[at:h.from])
		b.WriteString(r.safe(x, h, tag))
		at = h.to
		if end := x.Append[tag]; end != "" && !slices.Contains(endings, end) {
			endings = append(endings, end)
		}
	}
	b.WriteString(text[at:])
	out := strings.TrimSpace(b.String())
	for _, end := range endings {
		if !strings.Contains(out, strings.Trim(end, " ,，")) {
			out += end
		}
	}
	return out
}

func (r *PromptRules) safe(x rule, h hit, tag string) string {
	if h.kind == replaceKind {
		return x.Replace[h.group].With
	}
	return x.Pairs[h.group].With[tag]
}
