package ask

import (
	"slices"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
)

func texts(pairs ...string) map[privacy.Field]privacy.Text {
	all := map[privacy.Field]privacy.Text{}
	for i := 0; i < len(pairs); i += 2 {
		all[privacy.Field(pairs[i])] = privacy.NewText(pairs[i+1])
	}
	return all
}

func TestEveryRuleOfARequestIsLookedAt(t *testing.T) {
	t.Parallel()
	talk, mixoo := policytest.Load(t, policytest.Talk()), policytest.Mixoo(t)
	voice := map[privacy.Field]privacy.ObjectID{"voice": "upl_1"}
	for name, c := range map[string]struct {
		p    *policy.Policy
		f    privacy.FeatureID
		g    Given
		want string
	}{
		"a first turn":                    {talk, "ai_chat", Given{Texts: texts("message", "hello")}, ""},
		"a later turn":                    {talk, "ai_chat", Given{Texts: texts("message", "hello"), Earlier: privacy.NewText("[]")}, ""},
		"no words":                        {talk, "ai_chat", Given{}, "/message required"},
		"too many words":                  {talk, "ai_chat", Given{Texts: texts("message", strings.Repeat("a", 4001))}, "/message too_long"},
		"turns of the client's own":       {talk, "ai_chat", Given{Texts: texts("message", "hello", "history", "[]")}, "/history not_an_input"},
		"too long a conversation":         {talk, "ai_chat", Given{Texts: texts("message", "hello"), Earlier: privacy.NewText(strings.Repeat("a", 60_001))}, "/history too_long"},
		"turns for a feature without":     {talk, "speech_to_text", Given{Inputs: voice, Earlier: privacy.NewText("[]")}, "/history not_an_input"},
		"a recording":                     {talk, "speech_to_text", Given{Inputs: voice}, ""},
		"no recording":                    {talk, "speech_to_text", Given{}, "/inputs required"},
		"a recording for a conversation":  {talk, "ai_chat", Given{Texts: texts("message", "hello"), Inputs: voice}, "/inputs not_an_input"},
		"a text as an upload":             {talk, "ai_chat", Given{Texts: texts("message", "hello"), Inputs: map[privacy.Field]privacy.ObjectID{"message": "upl_1"}}, "/inputs not_an_input"},
		"an option nobody offers":         {talk, "ai_chat", Given{Texts: texts("message", "hello"), Params: map[privacy.Field]string{"style": "x"}}, "/params not_an_input"},
		"a life that is too short":        {talk, "ai_chat", Given{Texts: texts("message", "hello"), ExpiresIn: "PT1M"}, "/expires_in duration"},
		"a life that is none":             {talk, "ai_chat", Given{Texts: texts("message", "hello"), ExpiresIn: "soon"}, "/expires_in duration"},
		"a choice that is none":           {mixoo, "text_to_image", Given{Texts: texts("prompt", "a fox"), Params: map[privacy.Field]string{"style": "7"}}, "/params/style not_a_choice"},
		"a text that the feature ignores": {talk, "ai_chat", Given{Texts: texts("message", "hello", "prompt", "a fox")}, "/prompt not_an_input"},
	} {
		f, ok := c.p.Feature(c.f)
		if !ok {
			t.Fatalf("%s: no feature %s", name, c.f)
		}
		_, wrong := Check(f, c.g)
		var got []string
		for _, w := range wrong {
			got = append(got, w.Pointer+" "+w.Code)
			if w.Detail == "" || strings.Contains(w.Detail, "hello") {
				t.Errorf("%s: the detail is %q", name, w.Detail)
			}
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	f, _ := talk.Feature("ai_chat")
	if limit, wrong := Check(f, Given{Texts: texts("message", "x"), ExpiresIn: "PT12H"}); limit != 12*time.Hour || len(wrong) != 0 {
		t.Errorf("%v, %v", limit, wrong)
	}
}

func TestDefaultsStandWhereNothingWasPicked(t *testing.T) {
	t.Parallel()
	f := policy.Feature{Inputs: []policy.Input{{Field: "style", Kind: policy.Option, Default: "ink"}, {Field: "n", Kind: policy.Number, Default: "2"}, {Field: "prompt", Kind: policy.Prompt}}}
	if got := Defaults(f, map[privacy.Field]string{"n": "3", "prompt": "x"}); len(got) != 2 || got["style"] != "ink" || got["n"] != "3" {
		t.Errorf("%v", got)
	}
}

func TestAnUploadMayBeAsLargeAsTheWidestInputTakesAndAsLongAsTheNarrowest(t *testing.T) {
	t.Parallel()
	a, b := policy.Input{Category: "a", MaxBytes: 1, MaxPixels: 9, MaxSeconds: 5}, policy.Input{Category: "b", MaxBytes: 2, MaxPixels: 3, MaxSeconds: 60}
	for _, got := range []*policy.Input{wider(&a, b), wider(&b, a)} {
		if got.Category != "b" || got.MaxBytes != 2 || got.MaxPixels != 9 || got.MaxSeconds != 5 {
			t.Errorf("%+v", got)
		}
	}
	talk := policytest.Load(t, policytest.Talk())
	if in := Wanted(talk, "audio/ogg"); in == nil || in.MaxSeconds != 60 || Wanted(talk, "image/png") != nil || !slices.Contains(Accepts(talk), "audio/webm") {
		t.Errorf("%+v", in)
	}
}
