package moderate

import (
	"context"
	"strings"
	"testing"

	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/privacy"
)

// leavingOut judges a text of things to leave out, beside a harmless prompt.
func leavingOut(t *testing.T, r *PromptRules, text string) review.Opinion {
	t.Helper()
	op, err := r.Judge(context.Background(), review.Request{
		Prompt: privacy.NewText("a woman in a garden"), Others: map[privacy.Field]privacy.Text{leaveOut: privacy.NewText(text)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return op
}

func TestBadContentMayBeLeftOut(t *testing.T) {
	t.Parallel()
	r := rules(t)
	for _, text := range []string{
		"", "nudity", "nsfw", "nude, naked, topless", "blood, gore, violence", "裸体", "色情, 血腥", "low quality, blurry, extra fingers, bad hands",
		"ugly, deformed, watermark, text, logo", "模糊, 低质量, 多余的手指", "sexy pose", "gun, knife", "clothes line", "ill-lit, braces, embrace, suitable light",
		"address signs, addressed letters", "枪", "dress code sign",
	} {
		if op := leavingOut(t, r, text); op.Decision != review.Allow {
			t.Errorf("%q: %+v", text, op)
		}
	}
}

func TestWhatKeepsPeopleDressedMayNotBeLeftOut(t *testing.T) {
	t.Parallel()
	r := rules(t)
	for _, text := range []string{
		"clothes", "Clothing", "c l o t h e s", "cl0thes", "сlothes", "bra", "BRA, panties", "dress", "swimsuit", "bikini", "any fabric",
		"fully clothed", "dressed people", "towel", "censor bars", "sfw", "衣服", "衣 服", "內衣", "裙子", "胸罩", "穿着", "马赛克", "遮挡", "blurry, low quality, underwear",
		"nudity, clothes", "t-shirt", "jeans",
	} {
		if op := leavingOut(t, r, text); op.Decision != review.Block || op.Rule != ruleKept {
			t.Errorf("%q: %+v", text, op)
		}
	}
	if title, why := r.Explain(ruleKept, "zh-Hans"); title == "" || !strings.Contains(why, "衣物") {
		t.Errorf("%q %q", title, why)
	}
}

func TestAScriptThatNobodyHasJudgedIsBlockedInEveryText(t *testing.T) {
	t.Parallel()
	if op := leavingOut(t, rules(t), "одежда"); op.Decision != review.Block {
		t.Errorf("%+v", op)
	}
	long := review.Request{Others: map[privacy.Field]privacy.Text{leaveOut: privacy.NewText(strings.Repeat("x", maxPrompt+1))}}
	if _, err := rules(t).Judge(context.Background(), long); err == nil {
		t.Error("a text that is too long to judge passes")
	}
}

func TestAnyOtherTextIsJudgedLikeAPromptAndNeverRewritten(t *testing.T) {
	t.Parallel()
	r := rules(t, Demo())
	for text, want := range map[string]review.Decision{"a fox": review.Allow, "a nude woman": review.Block, "test:rewrite": review.Block} {
		op, err := r.Judge(context.Background(), review.Request{Prompt: privacy.NewText("a fox"), Others: map[privacy.Field]privacy.Text{"title": privacy.NewText(text)}})
		if err != nil || op.Decision != want {
			t.Errorf("%q: %+v %v", text, op, err)
		}
	}
}
