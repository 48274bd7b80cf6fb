package review_test

import (
	"context"
	"testing"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/privacy"
)

// judged reviews two texts with gates that allow everything.
func judged(t *testing.T, main, without string) review.Verdict {
	t.Helper()
	p := load(t, "pixplus")
	req := request(t, p, main)
	req.Others = map[privacy.Field]privacy.Text{"negative_prompt": privacy.NewText(without)}
	gates := map[string]review.Gate{"prompt_rules": &gate{judge: allow}, "media_gate": &gate{judge: allow}}
	v, _, err := review.Run(context.Background(), gates, mac, p, req)
	if err != nil || v.Outcome != review.Cleared {
		t.Fatalf("%+v %v", v, err)
	}
	return v
}

func texts(pairs ...string) map[privacy.Field]privacy.Text {
	m := map[privacy.Field]privacy.Text{}
	for i := 0; i < len(pairs); i += 2 {
		m[privacy.Field(pairs[i])] = privacy.NewText(pairs[i+1])
	}
	return m
}

func TestEveryTextIsClearedInItsOwnFieldOnly(t *testing.T) {
	t.Parallel()
	p, v := load(t, "pixplus"), judged(t, "a fox", "a dog")
	c, err := review.Clear(v, mac, texts("prompt", "a fox", "negative_prompt", "a dog"), p)
	if err != nil || !c.Clears("prompt", privacy.NewText("a fox")) || !c.Clears("negative_prompt", privacy.NewText("a dog")) {
		t.Fatalf("the judged texts are refused: %v", err)
	}
	for field, text := range map[privacy.Field]string{"prompt": "a dog", "negative_prompt": "a fox", "": "a fox", "title": "a fox"} {
		if c.Clears(field, privacy.NewText(text)) {
			t.Errorf("%q passes in the field %q", text, field)
		}
	}
	var zero review.Clearance
	if zero.Clears("prompt", privacy.Text{}) {
		t.Error("the zero clearance clears a text")
	}
}

func TestATextThatWasSwappedMovedOrLeftOutIsNotCleared(t *testing.T) {
	t.Parallel()
	p, v := load(t, "pixplus"), judged(t, "a fox", "a dog")
	for name, given := range map[string]map[privacy.Field]privacy.Text{
		"swapped":             texts("prompt", "a dog", "negative_prompt", "a fox"),
		"another second text": texts("prompt", "a fox", "negative_prompt", "clothes"),
		"the second left out": texts("prompt", "a fox"),
		"the second emptied":  texts("prompt", "a fox", "negative_prompt", ""),
		"a third added":       texts("prompt", "a fox", "negative_prompt", "a dog", "title", "x"),
		"under another field": texts("prompt", "a fox", "title", "a dog"),
		"moved over":          texts("prompt", "a foxa", "negative_prompt", " dog"),
		"joined":              texts("prompt", "a fox\x0015:negative_prompt5:a dog"),
		"none":                nil,
	} {
		if c, err := review.Clear(v, mac, given, p); err == nil || c.Valid() || fault.CodeOf(err) != "review-required" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestASecondTextForTheMainFieldIsNotJudged(t *testing.T) {
	t.Parallel()
	p := load(t, "pixplus")
	req := request(t, p, "a fox")
	req.Others = texts("prompt", "something else")
	gates := map[string]review.Gate{"prompt_rules": &gate{judge: allow}, "media_gate": &gate{judge: allow}}
	if v, _, err := review.Run(context.Background(), gates, mac, p, req); v.Outcome != review.Held || err != nil {
		t.Errorf("%+v %v", v, err)
	}
}
