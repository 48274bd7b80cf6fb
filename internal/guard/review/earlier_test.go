package review_test

import (
	"context"
	"testing"

	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/privacy"
)

// shown is a gate that remembers the fields that it was shown.
type shown struct{ fields map[privacy.Field]string }

func (*shown) Name() string { return "prompt_rules" }

func (g *shown) Judge(_ context.Context, r review.Request) (review.Opinion, error) {
	for f, text := range r.Others {
		g.fields[f] = text.Reveal()
	}
	return review.Opinion{Decision: review.Allow}, nil
}

func TestEarlierTurnsAreNotJudgedAgainAndTheClearanceHoldsForExactlyThese(t *testing.T) {
	t.Parallel()
	p := load(t, "pixplus")
	g := &shown{fields: map[privacy.Field]string{}}
	r := request(t, p, "and now?")
	others := map[privacy.Field]privacy.Text{review.Earlier: privacy.NewText("what was said"), "negative_prompt": privacy.NewText("rain")}
	r.Others = others
	v, _, err := review.Run(t.Context(), map[string]review.Gate{"prompt_rules": g, "media_gate": g}, mac, p, r)
	if err != nil || v.Outcome != review.Cleared {
		t.Fatalf("%+v, %v", v, err)
	}
	if _, saw := g.fields[review.Earlier]; saw || g.fields["negative_prompt"] != "rain" || len(others) != 2 {
		t.Errorf("the gate saw %v, and the request has %d texts left", g.fields, len(others))
	}
	texts := func(earlier string) map[privacy.Field]privacy.Text {
		all := prompt("and now?")
		all["negative_prompt"] = privacy.NewText("rain")
		if earlier != "" {
			all[review.Earlier] = privacy.NewText(earlier)
		}
		return all
	}
	c, err := review.Clear(v, mac, texts("what was said"), p)
	if err != nil || !c.Clears(review.Earlier, privacy.NewText("what was said")) || c.Clears(review.Earlier, privacy.NewText("something else")) {
		t.Errorf("%v", err)
	}
	for _, changed := range []string{"", "something else"} {
		if _, err := review.Clear(v, mac, texts(changed), p); err == nil {
			t.Errorf("other earlier turns are cleared: %q", changed)
		}
	}
}
