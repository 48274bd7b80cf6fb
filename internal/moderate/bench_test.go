package moderate

import (
	"strings"
	"testing"
)

// worst are texts that are expensive for naive matchers.
func worst() map[string]string {
	fill := func(s string) string { return strings.Repeat(s, maxPrompt/len(s)) }
	return map[string]string{
		"pairs": fill("no dress "), "digits": fill("4"), "letters": fill("a"), "bikinis": fill("bikini "),
		"signs": fill("n*"), "marks": fill("é\u0301\u0302"), "han": fill("脱衣"), "allowed": fill("naked eye "),
	}
}

func BenchmarkJudge(b *testing.B) {
	r := rules(b)
	for name, text := range worst() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				judge(b, r, text)
			}
		})
	}
	b.Run("usual", func(b *testing.B) {
		for b.Loop() {
			judge(b, r, "watercolor portrait of an old fisherman with soft light, 把背景换成海边")
		}
	})
}

func BenchmarkNewPromptRules(b *testing.B) {
	for b.Loop() {
		rules(b)
	}
}
