package moderate

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/privacy"
)

// The rules that code applies; data/rules.yaml holds their words.
const (
	ruleDemo    = "R-00"
	ruleKept    = "R-15"
	ruleMinor   = "R-01"
	ruleScript  = "R-91"
	ruleHeld    = "R-99"
	maxPrompt   = 16 << 10
	adult       = 18
	demoRewrite = "a safe version of the text"
)

// errTooLong says that a text is longer than any policy permits.
var errTooLong = errors.New("moderate: text is too long to judge")

// PromptRules judges texts by fixed rules. It is safe for concurrent use.
type PromptRules struct {
	book   *book
	tables *tables
	match  *matcher
	kept   *matcher
	ages   *regexp.Regexp
	demo   bool
}

// Option changes how PromptRules works.
type Option func(*PromptRules)

// Demo turns on the magic prompts test:block and test:rewrite of the public API's test mode.
func Demo() Option { return func(r *PromptRules) { r.demo = true } }

// NewPromptRules returns the gate with the rules that are built in.
func NewPromptRules(opts ...Option) (*PromptRules, error) {
	b, t, err := loadBook()
	if err != nil {
		return nil, err
	}
	entries, err := b.entries(t)
	if err != nil {
		return nil, err
	}
	kept, err := b.kept(t)
	if err != nil {
		return nil, err
	}
	r := &PromptRules{book: b, tables: t, match: newMatcher(entries), kept: newMatcher(kept), ages: regexp.MustCompile(agePattern)}
	for _, o := range opts {
		o(r)
	}
	return r, nil
}

// Name returns the word by which a policy names this step.
func (*PromptRules) Name() string { return "prompt_rules" }

// Judge allows the texts, rewrites the prompt, or blocks with the rule. Only the prompt is ever
// rewritten: another text that is risky is blocked. A text of things to leave out may name what is
// bad, and may not name what keeps people dressed.
func (r *PromptRules) Judge(_ context.Context, req review.Request) (review.Opinion, error) {
	for _, field := range slices.Sorted(maps.Keys(req.Others)) {
		text := req.Others[field].Reveal()
		judge := r.judge
		if field == leaveOut {
			judge = r.judgeLeftOut
		}
		op, err := judge(text)
		if err != nil {
			return op, err
		}
		if op.Decision != review.Allow {
			return review.Opinion{Decision: review.Block, Rule: op.Rule, Field: field}, nil
		}
	}
	op, err := r.judge(req.Prompt.Reveal())
	op.Field = review.Main
	return op, err
}

// leaveOut is the field of a text that says what a result must not show.
const leaveOut privacy.Field = "negative_prompt"

// judgeLeftOut judges a text of things to leave out.
func (r *PromptRules) judgeLeftOut(text string) (review.Opinion, error) {
	if len(text) > maxPrompt {
		return review.Opinion{}, errTooLong
	}
	if len(r.leftOut(text)) > 0 {
		return review.Opinion{Decision: review.Block, Rule: ruleKept}, nil
	}
	if unreadable(text) {
		return review.Opinion{Decision: review.Block, Rule: ruleScript}, nil
	}
	return review.Opinion{Decision: review.Allow}, nil
}

// leftOut finds what a text of things to leave out may not name.
func (r *PromptRules) leftOut(text string) (hits []hit) {
	harmless := ofKind(r.kept.find(r.tables.read(text, plain)), allowKind)
	for m := plain; m < modes; m++ {
		for _, h := range ofKind(r.kept.find(r.tables.read(text, m)), termKind) {
			if !covered(h, harmless) {
				hits = append(hits, h)
			}
		}
	}
	return hits
}

// judge judges a text of things to make.
func (r *PromptRules) judge(text string) (review.Opinion, error) {
	if len(text) > maxPrompt {
		return review.Opinion{}, errTooLong
	}
	if r.demo && strings.Contains(text, "test:block") {
		return review.Opinion{Decision: review.Block, Rule: ruleDemo}, nil
	}
	if r.demo && strings.Contains(text, "test:rewrite") {
		return review.Opinion{Decision: review.Rewrite, Rule: ruleDemo, Text: privacy.NewText(demoRewrite)}, nil
	}
	found := r.inspect(text)
	if found.blocked != "" {
		return review.Opinion{Decision: review.Block, Rule: found.blocked}, nil
	}
	if len(found.risky) > 0 {
		safe := r.reword(text, found.risky)
		return review.Opinion{Decision: review.Rewrite, Rule: r.book.Rules[found.risky[0].rule].ID, Text: privacy.NewText(safe)}, nil
	}
	return review.Opinion{Decision: review.Allow}, nil
}

// Explain returns a rule's title and reason in plain words. A rule it does not know (a failed
// check) is explained as such. The language falls back to English.
func (r *PromptRules) Explain(id string, lang privacy.Lang) (title, text string) {
	x, tag := r.said(id, lang)
	return x.Title[tag], x.Text[tag]
}

// Advise says in plain words what a person can change, so that the rule has nothing to say any more.
func (r *PromptRules) Advise(id string, lang privacy.Lang) string {
	x, tag := r.said(id, lang)
	return x.Change[tag]
}

// said finds the words about a rule.
func (r *PromptRules) said(id string, lang privacy.Lang) (x rule, tag string) {
	i := slices.IndexFunc(r.book.Rules, func(x rule) bool { return x.ID == id })
	if i < 0 {
		i = slices.IndexFunc(r.book.Rules, func(x rule) bool { return x.ID == ruleHeld })
	}
	if strings.HasPrefix(string(lang), "zh") {
		return r.book.Rules[i], "zh-Hans"
	}
	return r.book.Rules[i], "en"
}

// finding is what the views of a text showed.
type finding struct {
	blocked string // the rule, or empty
	risky   []hit  // wording to replace, in order of the text
	broken  []hit  // wording that breaks a rule
	minors  []hit  // words that name a child
}

// inspect reads the text in every mode and joins what the rules say.
func (r *PromptRules) inspect(text string) finding {
	straight := r.tables.read(text, plain)
	plainHits := r.match.find(straight)
	harmless := ofKind(plainHits, allowKind)
	var broken, risky, minors []hit
	child := r.namesChild(text, straight)
	for m := plain; m < modes; m++ {
		hits := plainHits
		if m != plain {
			hits = r.match.find(r.tables.read(text, m))
		}
		hits = slices.DeleteFunc(slices.Clone(hits), func(h hit) bool { return covered(h, harmless) })
		minors = append(minors, ofKind(hits, minorKind)...)
		broken = append(broken, ofKind(hits, termKind)...)
		risky = append(risky, ofKind(hits, replaceKind)...)
		for _, h := range r.pairs(hits, ofKind(plainHits, unlessKind)) {
			if r.book.Rules[h.rule].Action == rewrite {
				risky = append(risky, h)
			} else if !covered(h, harmless) {
				broken = append(broken, h)
			}
		}
	}
	blocked := r.worst(broken, risky, child || len(minors) > 0)
	if blocked == "" && unreadable(text) {
		blocked = ruleScript
	}
	return finding{blocked: blocked, risky: r.inOrder(risky), broken: broken, minors: minors}
}

// worst returns the first rule that stops the text: children first, then the order of the file.
func (r *PromptRules) worst(broken, risky []hit, child bool) string {
	for _, h := range slices.Concat(broken, risky) {
		if child && r.book.Rules[h.rule].Sexual {
			return ruleMinor
		}
	}
	first := len(r.book.Rules)
	for _, h := range broken {
		first = min(first, h.rule)
	}
	if first < len(r.book.Rules) {
		return r.book.Rules[first].ID
	}
	return ""
}

// pairs joins first and second parts that stand close together into one hit each.
func (r *PromptRules) pairs(hits, unless []hit) []hit {
	then := ofKind(hits, thenKind)
	slices.SortFunc(then, func(a, b hit) int { return cmp.Compare(a.first, b.first) })
	var out []hit
	for _, a := range ofKind(hits, firstKind) {
		near := r.book.Rules[a.rule].Pairs[a.group].Near
		i, _ := slices.BinarySearchFunc(then, a.last, func(b hit, last int) int { return cmp.Compare(b.first, last+1) })
		for ; i < len(then) && then[i].first-a.last-1 <= near; i++ {
			b := then[i]
			if a.rule == b.rule && a.group == b.group && !separated(unless, a, b) {
				joined := a
				joined.to, joined.last = b.to, b.last
				out = append(out, joined)
			}
		}
	}
	return out
}

// separated reports whether a word between a and b gives the pair another meaning.
func separated(unless []hit, a, b hit) bool {
	return slices.ContainsFunc(unless, func(u hit) bool {
		return u.rule == a.rule && u.group == a.group && u.from >= a.to && u.to <= b.from
	})
}

func ofKind(hits []hit, k kind) []hit {
	var out []hit
	for _, h := range hits {
		if h.kind == k {
			out = append(out, h)
		}
	}
	return out
}

// covered reports whether h lies within a harmless phrase.
func covered(h hit, harmless []hit) bool {
	return slices.ContainsFunc(harmless, func(a hit) bool { return h.kind != allowKind && a.from <= h.from && h.to <= a.to })
}

// unreadable reports whether the text has letters of scripts that no rule covers. One may be a
// symbol; two are a word that nobody has judged.
func unreadable(text string) bool {
	n := 0
	for _, c := range norm.NFKC.String(text) {
		if foreign(c) {
			n++
		}
	}
	return n > 1
}

func foreign(c rune) bool {
	return unicode.IsLetter(c) && c != 'の' && !unicode.In(c, unicode.Latin, unicode.Han, unicode.Common, unicode.Inherited)
}

// agePattern finds ages in figures and words.
const agePattern = `(?i)\b(\d{1,2})\s*-?\s*(?:years?|yrs?|yo|y)\b|\baged?\s+(\d{1,2})\b|(\d{1,2})\s*[岁歲]|` +
	`(?:^|[^二三四五六七八九十百])((?:十[一二三四五六七]?|[一二两三四五六七八九]))[岁歲]|` +
	`\b((?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen))[\s-]+years?[\s-]+old`

// namesChild reports whether the text gives an age below eighteen.
func (r *PromptRules) namesChild(text string, v view) bool {
	var folded strings.Builder
	for _, a := range v.atoms {
		if a.before != none {
			folded.WriteByte(' ')
		}
		folded.WriteRune(a.r)
	}
	for _, s := range []string{text, folded.String()} {
		for _, m := range r.ages.FindAllStringSubmatch(s, -1) {
			if young(m) {
				return true
			}
		}
	}
	return false
}

// young reports whether a match of agePattern is an age below eighteen.
func young(m []string) bool {
	if m[4] != "" || m[5] != "" {
		return true
	}
	n, err := strconv.Atoi(m[1] + m[2] + m[3])
	return err == nil && n < adult
}
