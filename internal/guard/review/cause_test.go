package review_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/privacy"
)

// A gate has read the content. Whatever it puts where the name of a field belongs, a verdict keeps only
// names that the policy declares for the feature.
func TestAGateCannotPutContentIntoAVerdict(t *testing.T) {
	t.Parallel()
	p := load(t, "pixplus")
	for name, c := range map[string]struct {
		field privacy.Field
		want  privacy.Field
	}{
		"a text of the feature":       {"prompt", "prompt"},
		"a picture of the feature":    {"photo", "photo"},
		"nothing":                     {"", ""},
		"the words themselves":        {"my secret words", ""},
		"a word of them":              {"secret", ""},
		"a field of another feature":  {"voice", ""},
		"what was said in a chat":     {review.Earlier, ""},
		"a field with something else": {"prompt\x00secret", ""},
	} {
		for decision, outcome := range map[review.Decision]review.Outcome{review.Block: review.Blocked, review.Hold: review.Held, review.Allow: review.Cleared} {
			op := review.Opinion{Decision: decision, Rule: "R-12", Field: c.field}
			gates := map[string]review.Gate{"prompt_rules": &gate{judge: says(op)}, "media_gate": &gate{judge: allow}}
			v, _, err := review.Run(t.Context(), gates, mac, p, request(t, p, "my secret words"))
			want := c.want
			if outcome == review.Cleared {
				want = "" // a cleared request has no culprit
			}
			if err != nil || v.Outcome != outcome || v.Field != want {
				t.Errorf("%s, %s: %q, %v, %v", name, outcome, v.Field, v.Outcome, err)
			}
			if raw, err := json.Marshal(v); err != nil || strings.Contains(string(raw), "secret") {
				t.Errorf("%s: the verdict holds content: %s", name, raw)
			}
		}
	}
}

func TestARewrittenTextIsTheMainOne(t *testing.T) {
	t.Parallel()
	p := load(t, "pixplus")
	rules := func(_ context.Context, text string) (review.Opinion, error) {
		if text == "in a coat" {
			return review.Opinion{Decision: review.Allow}, nil
		}
		return review.Opinion{Decision: review.Rewrite, Rule: "R-31", Field: "photo", Text: privacy.NewText("in a coat")}, nil
	}
	gates := map[string]review.Gate{"prompt_rules": &gate{judge: rules}, "media_gate": &gate{judge: allow}}
	v, text, err := review.Run(t.Context(), gates, mac, p, request(t, p, "in a bikini"))
	if err != nil || text == nil || v.Outcome != review.Rewritten || v.Field != review.Main {
		t.Errorf("%+v, %v", v, err)
	}
}
