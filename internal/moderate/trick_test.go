package moderate

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"vow.example/vow/internal/guard/review"
)

// trick hides a word the way people try to.
type trick func(t *rapid.T, word string) string

// between puts one of the separators between letters, each with even odds or always.
func between(always bool, separators ...string) trick {
	return func(t *rapid.T, word string) string {
		var b strings.Builder
		for i, r := range []rune(word) {
			if i > 0 && (always || rapid.Bool().Draw(t, "split")) {
				b.WriteString(rapid.SampledFrom(separators).Draw(t, "separator"))
			}
			b.WriteRune(r)
		}
		return b.String()
	}
}

// replace swaps letters for others with even odds.
func replace(pairs ...string) trick {
	return func(t *rapid.T, word string) string {
		var b strings.Builder
		for _, r := range word {
			s := string(r)
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == s && rapid.Bool().Draw(t, "swap") {
					s = pairs[i+1]
				}
			}
			b.WriteString(s)
		}
		return b.String()
	}
}

func upper(t *rapid.T, word string) string {
	return strings.Map(func(r rune) rune {
		if rapid.Bool().Draw(t, "upper") {
			return []rune(strings.ToUpper(string(r)))[0]
		}
		return r
	}, word)
}

func fullwidth(t *rapid.T, word string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f && rapid.Bool().Draw(t, "wide") {
			return r + 0xfee0
		}
		return r
	}, word)
}

func repeat(t *rapid.T, word string) string {
	var b strings.Builder
	for _, r := range word {
		n := 1
		if rapid.Bool().Draw(t, "repeat") {
			n = rapid.IntRange(1, 4).Draw(t, "times")
		}
		b.WriteString(strings.Repeat(string(r), n))
	}
	return b.String()
}

func tricks() map[string]trick {
	return map[string]trick{
		"as it is":       func(_ *rapid.T, w string) string { return w },
		"zero width":     between(false, "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u180e", "\ufe0f"),
		"spaced out":     between(true, " ", ".", "-", "_", "  ", "/", "·", "•", "\n", " . ", "~", "🔥"),
		"upper case":     upper,
		"full width":     fullwidth,
		"repeated":       repeat,
		"accents":        between(false, "\u0301", "\u0336", "\u0308", "\u20dd"),
		"leetspeak":      replace("a", "4", "e", "3", "i", "1", "o", "0", "s", "5", "t", "7"),
		"signs":          replace("a", "@", "s", "$", "i", "!"),
		"cyrillic":       replace("a", "а", "e", "е", "o", "о", "p", "р", "c", "с", "x", "х", "y", "у", "i", "і"),
		"greek":          replace("o", "ο", "a", "α", "u", "υ", "k", "κ", "t", "τ", "i", "ι"),
		"mathematical":   replace("a", "𝐚", "e", "𝑒", "n", "𝓃", "d", "𝖉", "u", "ᵘ", "s", "ⓢ", "o", "🄾"),
		"small capitals": replace("a", "ᴀ", "b", "ʙ", "d", "ᴅ", "e", "ᴇ", "k", "ᴋ", "n", "ɴ", "u", "ᴜ"),
	}
}

// terms returns the terms of the rules that break or change a text.
func terms(t *testing.T, r *PromptRules) []*entry {
	t.Helper()
	entries, err := r.book.entries(r.tables)
	if err != nil {
		t.Fatal(err)
	}
	var terms []*entry
	for _, e := range entries {
		if e.kind == termKind || e.kind == replaceKind {
			terms = append(terms, e)
		}
	}
	return terms
}

func (e *entry) written() string {
	var b strings.Builder
	for i, r := range e.text {
		if i > 0 && e.starts[i] && !isHan(r) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func TestATermIsNeverAllowedHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	r := rules(t)
	all := terms(t, r)
	for name, hide := range tricks() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				e := rapid.SampledFrom(all).Draw(t, "term")
				frame := rapid.SampledFrom([]string{"%", "please draw % now", "画一张%的图", "a photo, %."}).Draw(t, "frame")
				hidden := hide(t, e.written())
				if slices.Contains(r.book.Allow, hidden) {
					t.Skip("another word: rapped is not raped")
				}
				text := strings.ReplaceAll(frame, "%", hidden)
				if op := judge(t, r, text); op.Decision == review.Allow {
					t.Fatalf("%q (%s) is allowed", text, e.written())
				}
			})
		})
	}
}

func TestAWordIsFoundWhereverItIsTornApart(t *testing.T) {
	t.Parallel()
	r := rules(t)
	all := terms(t, r)
	rapid.Check(t, func(t *rapid.T) {
		e := rapid.SampledFrom(all).Draw(t, "term")
		if e.whole {
			t.Skip("such words are pieced together from single letters only")
		}
		torn := between(false, " ", "-", "...", "\n")(t, e.written())
		if op := judge(t, r, torn); op.Decision == review.Allow {
			t.Fatalf("%q is allowed", torn)
		}
	})
}

func FuzzARewriteIsReadableAndJudgedTextNeverPanics(f *testing.F) {
	for _, file := range []string{"prohibited.txt", "risky.txt", "benign.txt"} {
		for _, line := range lines(f, file) {
			f.Add(line)
		}
	}
	r := rules(f)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > maxPrompt {
			t.Skip()
		}
		op := judge(t, r, text)
		switch op.Decision {
		case review.Allow:
		case review.Block:
			if title, words := r.Explain(op.Rule, "zh-Hans"); title == "" || words == "" {
				t.Errorf("rule %s has no words", op.Rule)
			}
		case review.Rewrite:
			if utf8.ValidString(text) && !utf8.ValidString(op.Text.Reveal()) {
				t.Errorf("%q became %q", text, op.Text.Reveal())
			}
		default:
			t.Errorf("decision %d", op.Decision)
		}
	})
}
