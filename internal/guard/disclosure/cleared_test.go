package disclosure_test

import (
	"context"
	"errors"
	"testing"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/privacy"
)

type allow struct{ name string }

func (a allow) Name() string { return a.name }

func (allow) Judge(context.Context, review.Request) (review.Opinion, error) {
	return review.Opinion{Decision: review.Allow}, nil
}

func TestOnlyTheTextThatWasClearedMayLeave(t *testing.T) {
	t.Parallel()
	p, mac := load(t, "pixplus"), func(s string) string { return "mac of " + s }
	text := privacy.NewText("a fox")
	gates := map[string]review.Gate{"prompt_rules": allow{"prompt_rules"}, "media_gate": allow{"media_gate"}}
	verdict, _, err := review.Run(t.Context(), gates, mac, p, review.Request{Task: task, Feature: feature(t, p, "avatar"), Prompt: text})
	if err != nil {
		t.Fatal(err)
	}
	clearance, err := review.Clear(verdict, mac, map[privacy.Field]privacy.Text{"prompt": text}, p)
	if err != nil {
		t.Fatal(err)
	}
	for words, want := range map[string]error{"a fox": nil, "another text": disclosure.ErrRefused, "": disclosure.ErrRefused} {
		c := avatar(t, p)
		c.Clearance = clearance
		c.Content["prompt"] = disclosure.Text(privacy.NewText(words))
		l := newLedger()
		if _, err := disclosure.Prepare(t.Context(), l, clock.Real{}, c); !errors.Is(err, want) {
			t.Errorf("%q: %v", words, err)
		}
		if (len(l.rows) == 0) != (want != nil) {
			t.Errorf("%q: %d rows in the ledger", words, len(l.rows))
		}
	}
}
