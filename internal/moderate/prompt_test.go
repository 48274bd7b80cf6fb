package moderate

import (
	"context"
	"strings"
	"testing"

	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/privacy"
)

func TestARewriteReplacesTheRiskyWordsAndKeepsTheRest(t *testing.T) {
	t.Parallel()
	r := rules(t)
	for _, c := range []struct{ text, want, rule string }{
		{"A woman in a Bikini at the beach", "A woman in a summer dress at the beach, fully clothed", "R-31"},
		{"s3xy b.i.k.i.n.i photo", "elegant summer dress photo, fully clothed", "R-32"},
		{"她穿着比基尼在海边", "她穿着夏日长裙在海边，衣着完整", "R-31"},
		{"性​感 的照片", "优雅 的照片，衣着完整", "R-32"},
		{"my parents kissing", "my parents smiling at", "R-33"},
		{"a sexy robot, fully clothed", "a elegant robot, fully clothed", "R-32"},
	} {
		op := judge(t, r, c.text)
		if got := op.Text.Reveal(); op.Decision != review.Rewrite || got != c.want || op.Rule != c.rule {
			t.Errorf("%q became %q by %q, want %q by %s", c.text, got, op.Rule, c.want, c.rule)
		}
	}
}

func TestMagicPromptsWorkInDemoModeOnly(t *testing.T) {
	t.Parallel()
	demo, real := rules(t, Demo()), rules(t)
	if op := judge(t, demo, "test:block"); op.Decision != review.Block || op.Rule != "R-00" {
		t.Errorf("test:block: %d %s", op.Decision, op.Rule)
	}
	op := judge(t, demo, "test:rewrite")
	if op.Decision != review.Rewrite || op.Text.Reveal() != demoRewrite {
		t.Errorf("test:rewrite: %d %q", op.Decision, op.Text.Reveal())
	}
	if again := judge(t, demo, op.Text.Reveal()); again.Decision != review.Allow {
		t.Errorf("the rewritten magic prompt is not allowed: %d", again.Decision)
	}
	for _, text := range []string{"test:block", "test:rewrite"} {
		if op := judge(t, real, text); op.Decision != review.Allow {
			t.Errorf("%s means something outside of demo mode: %d", text, op.Decision)
		}
	}
}

func TestEveryRuleIsExplainedInBothLanguages(t *testing.T) {
	t.Parallel()
	r := rules(t)
	for _, x := range r.book.Rules {
		for _, lang := range []privacy.Lang{"en", "zh-Hans", "zh-Hant-TW", "fr"} {
			title, text := r.Explain(x.ID, lang)
			if title == "" || text == "" {
				t.Errorf("%s has no words in %s", x.ID, lang)
			}
		}
	}
	if title, _ := r.Explain("R-12", "en"); title != "No undressing or nudity" {
		t.Errorf("R-12 is %q", title)
	}
	if title, _ := r.Explain("R-12", "zh-Hans"); title != "禁止脱衣或裸露" {
		t.Errorf("R-12 is %q", title)
	}
	if title, _ := r.Explain("media_gate.timeout", "en"); title != "The safety check could not be finished" {
		t.Errorf("a failed check is explained as %q", title)
	}
}

func TestATextTooLongToJudgeIsAnErrorThatHoldsTheTask(t *testing.T) {
	t.Parallel()
	long := privacy.NewText(strings.Repeat("a", maxPrompt+1))
	if _, err := rules(t).Judge(context.Background(), review.Request{Prompt: long}); err == nil {
		t.Error("judged")
	}
}

func TestTheEmptyTextIsAllowed(t *testing.T) {
	t.Parallel()
	r := rules(t)
	for _, text := range []string{"", " ", "\u200b", "!!!", "\xff\xfe"} {
		if op := judge(t, r, text); op.Decision != review.Allow {
			t.Errorf("%q: %d", text, op.Decision)
		}
	}
	if r.Name() != "prompt_rules" {
		t.Error("the policies name this gate prompt_rules")
	}
}

func TestABrokenRuleFileIsRefused(t *testing.T) {
	t.Parallel()
	good := words{"en": "x", "zh-Hans": "x"}
	for name, b := range map[string]book{
		"no rules":             {Minors: []string{"kid"}},
		"rule twice":           {Minors: []string{"kid"}, Rules: []rule{{ID: "R", Action: block, Title: good, Text: good}, {ID: "R", Action: block, Title: good, Text: good}}},
		"unknown action":       {Minors: []string{"kid"}, Rules: []rule{{ID: "R", Action: "shrug", Title: good, Text: good}}},
		"rewrite without safe": {Minors: []string{"kid"}, Rules: []rule{{ID: "R", Action: rewrite, Title: good, Text: good, Terms: []string{"x"}}}},
		"no words":             {Minors: []string{"kid"}, Rules: []rule{{ID: "R", Action: block, Title: good, Text: words{"en": "x"}}}},
	} {
		if b.check() == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if _, err := (&book{Allow: []string{"--"}}).entries(&tables{}); err == nil {
		t.Error("a term without letters is accepted")
	}
}

func TestABrokenSkeletonIsRefused(t *testing.T) {
	t.Parallel()
	for _, src := range []string{"looks a", "odd a b", "pair abc", "range a zz", "range a"} {
		if _, err := parseTables([]byte(src)); err == nil {
			t.Errorf("%q is accepted", src)
		}
	}
}
