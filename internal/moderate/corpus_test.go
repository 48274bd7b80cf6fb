package moderate

import (
	"context"
	"os"
	"strings"
	"testing"

	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/privacy"
)

// lines reads a corpus file, one text per line.
func lines(t testing.TB, name string) []string {
	t.Helper()
	src, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(src), "\n"), "\n")
}

func rules(t testing.TB, opts ...Option) *PromptRules {
	t.Helper()
	r, err := NewPromptRules(opts...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// failer is what a test and a property check have in common.
type failer interface {
	Helper()
	Fatal(args ...any)
}

func judge(t failer, r *PromptRules, text string) review.Opinion {
	t.Helper()
	op, err := r.Judge(context.Background(), review.Request{Prompt: privacy.NewText(text)})
	if err != nil {
		t.Fatal(err)
	}
	return op
}

func TestEveryProhibitedTextOfTheCorpusIsBlockedByItsRule(t *testing.T) {
	t.Parallel()
	r, corpus := rules(t), lines(t, "prohibited.txt")
	if len(corpus) < 150 {
		t.Fatalf("the corpus has %d texts, want 150", len(corpus))
	}
	for _, line := range corpus {
		want, text, _ := strings.Cut(line, "\t")
		if op := judge(t, r, text); op.Decision != review.Block || op.Rule != want {
			t.Errorf("%q: decision %d by %q, want a block by %s", text, op.Decision, op.Rule, want)
		}
	}
}

func TestEveryRiskyTextOfTheCorpusIsRewrittenIntoATextThatPasses(t *testing.T) {
	t.Parallel()
	r := rules(t)
	for _, text := range lines(t, "risky.txt") {
		op := judge(t, r, text)
		if op.Decision != review.Rewrite {
			t.Errorf("%q: decision %d by %q, want a rewrite", text, op.Decision, op.Rule)
			continue
		}
		if again := judge(t, r, op.Text.Reveal()); again.Decision != review.Allow {
			t.Errorf("%q became %q, which is not allowed (%s)", text, op.Text.Reveal(), again.Rule)
		}
		if second := judge(t, r, text); second.Text.Reveal() != op.Text.Reveal() {
			t.Errorf("%q is rewritten in two ways", text)
		}
	}
}

func TestNoHarmlessTextOfTheCorpusIsBlockedOrChanged(t *testing.T) {
	t.Parallel()
	r, corpus := rules(t), lines(t, "benign.txt")
	if len(corpus) < 120 {
		t.Fatalf("the corpus has %d texts, want 120", len(corpus))
	}
	for _, text := range corpus {
		if op := judge(t, r, text); op.Decision != review.Allow {
			t.Errorf("%q: decision %d by %q, want it allowed", text, op.Decision, op.Rule)
		}
	}
}
