package api

import (
	"testing"

	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
)

func TestARefusalIsPinnedOnAnInputOnlyWhereNoOtherCanBeMeant(t *testing.T) {
	t.Parallel()
	all := policytest.PixPlus(t)
	for name, c := range map[string]struct {
		feature privacy.FeatureID
		code    string
		prompt  privacy.ObjectID
		want    privacy.Field
	}{
		"no face in the one photo":           {"avatar", "no-face", "", "photo"},
		"a photo that cannot be used":        {"avatar", "picture-refused", "txt_1", "photo"},
		"content, of a photo alone":          {"avatar", "content-refused", "", "photo"},
		"content, of a photo and a text":     {"avatar", "content-refused", "txt_1", ""},
		"content, of a text alone":           {"image_generation", "content-refused", "txt_1", "prompt"},
		"a photo where none is handed over":  {"image_generation", "no-face", "txt_1", ""},
		"a recipient that cannot be reached": {"avatar", "provider-unavailable", "", ""},
		"our own review":                     {"avatar", "review-blocked", "txt_1", "style"},
	} {
		f, ok := all.Feature(c.feature)
		if !ok {
			t.Fatal(c.feature)
		}
		if got := culprit(store.Task{ErrorCode: c.code, Prompt: c.prompt}, review.Verdict{Field: "style"}, f); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	two, ok := policytest.Mixoo(t).Feature("face_swap")
	if got := culprit(store.Task{ErrorCode: "no-face"}, review.Verdict{}, two); !ok || got != "" {
		t.Errorf("of two pictures %q is accused", got)
	}
}
