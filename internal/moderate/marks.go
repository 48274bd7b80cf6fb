package moderate

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"vow.example/vow/internal/privacy"
)

// Mark is a place in a text, in characters: from the first to before the last.
type Mark struct{ From, To int }

// Marks finds what a rule is about in a text of that field, so that whoever wrote it sees which words to
// change: in order, without overlap. It is asked while the text is shown to its owner, and nothing of the
// answer is kept. A text that the rule is not about, or as a whole, has no marks.
func (r *PromptRules) Marks(id string, field privacy.Field, text string) []Mark {
	var spans []Mark // in bytes
	switch {
	case len(text) > maxPrompt:
	case id == ruleScript:
		spans = slices.DeleteFunc(every(text, regexp.MustCompile(`\S+`)), func(m Mark) bool { return !strings.ContainsFunc(text[m.From:m.To], foreign) })
	case id == ruleDemo && r.demo:
		spans = every(text, regexp.MustCompile("test:(?:block|rewrite)"))
	case id == ruleKept && field == leaveOut:
		spans = places(r.leftOut(text))
	case field != leaveOut:
		spans = r.culprits(id, text)
	}
	return inCharacters(text, spans)
}

// culprits finds what breaks, or bends, a rule in a text of things to make.
func (r *PromptRules) culprits(id, text string) []Mark {
	i := slices.IndexFunc(r.book.Rules, func(x rule) bool { return x.ID == id })
	if i < 0 {
		return nil
	}
	found := r.inspect(text)
	switch {
	case id == ruleMinor:
		return r.beside(found, text)
	case r.book.Rules[i].Action == rewrite:
		return places(found.risky)
	default:
		return places(slices.DeleteFunc(found.broken, func(h hit) bool { return h.rule != i }))
	}
}

// beside finds what names a child, and what must not stand in one text with it.
func (r *PromptRules) beside(found finding, text string) []Mark {
	sexual := slices.DeleteFunc(slices.Concat(found.broken, found.risky), func(h hit) bool { return !r.book.Rules[h.rule].Sexual })
	if len(sexual) == 0 {
		return nil
	}
	spans := places(append(sexual, found.minors...))
	for _, at := range every(text, r.ages) {
		if m := r.ages.FindStringSubmatch(text[at.From:at.To]); m != nil && young(m) {
			spans = append(spans, at)
		}
	}
	return spans
}

func places(hits []hit) (spans []Mark) {
	for _, h := range hits {
		spans = append(spans, Mark{h.from, h.to})
	}
	return spans
}

// every finds each place of a pattern.
func every(text string, pattern *regexp.Regexp) (spans []Mark) {
	for _, at := range pattern.FindAllStringIndex(text, -1) {
		spans = append(spans, Mark{at[0], at[1]})
	}
	return spans
}

// inCharacters sorts and joins places that touch, and counts characters instead of bytes.
func inCharacters(text string, spans []Mark) (marks []Mark) {
	slices.SortFunc(spans, func(a, b Mark) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	var joined []Mark
	for _, s := range spans {
		if n := len(joined); n > 0 && s.From <= joined[n-1].To {
			joined[n-1].To = max(joined[n-1].To, s.To)
			continue
		}
		joined = append(joined, s)
	}
	for _, s := range joined {
		marks = append(marks, Mark{utf8.RuneCountInString(text[:s.From]), utf8.RuneCountInString(text[:s.To])})
	}
	return marks
}
