package policy_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/policy/render"
	"vow.example/vow/internal/privacy"
)

func feature(t *testing.T, p *policy.Policy, id privacy.FeatureID) policy.Feature {
	t.Helper()
	f, ok := p.Feature(id)
	if !ok {
		t.Fatalf("%s has no feature %s", p.App(), id)
	}
	return f
}

func TestANumberPermitsItsStepsAndNothingElse(t *testing.T) {
	t.Parallel()
	seconds, ok := feature(t, policytest.AIFitting(t), "video_making").Input("seconds")
	if !ok || seconds.Kind != policy.Number || seconds.Min != 2 || seconds.Max != 8 || seconds.Step != 1 || seconds.Default != "4" || !seconds.IsSetting() {
		t.Fatalf("%+v", seconds)
	}
	strength, _ := feature(t, policytest.Picwiz(t), "denoise").Input("strength")
	template, _ := feature(t, policytest.AIFitting(t), "face_swap").Input("template")
	photo, _ := feature(t, policytest.AIFitting(t), "face_swap").Input("photo")
	for _, tc := range []struct {
		in    policy.Input
		value string
		want  bool
	}{
		{seconds, "2", true}, {seconds, "8", true}, {seconds, "8.0", true}, {seconds, "2.5", false}, {seconds, "9", false}, {seconds, "1", false},
		{seconds, "", false}, {seconds, "4s", false}, {seconds, "+4", false}, {seconds, "4e0", false}, {seconds, "0x4", false}, {seconds, "NaN", false},
		{seconds, "Inf", false}, {seconds, " 4", false}, {seconds, "4.", false}, {seconds, "-4", false}, {seconds, "٤", false}, {seconds, strings.Repeat("4", 400), false},
		{strength, "0.35", true}, {strength, "0.1", true}, {strength, "1", true}, {strength, "0", true}, {strength, "0.07", false}, {strength, "1.05", false},
		{template, template.Default, true}, {template, "nobody", false}, {template, "", false}, {photo, "", false},
	} {
		if got := tc.in.Permits(tc.value); got != tc.want {
			t.Errorf("%s %q: %v", tc.in.Field, tc.value, got)
		}
	}
	if template.Material != "template" || photo.IsSetting() || seconds.Material != "" {
		t.Error("materials or kinds are misread")
	}
}

func TestPicturesComeInTheOrderOfTheFeature(t *testing.T) {
	t.Parallel()
	var pictures []string
	f := feature(t, policytest.AIFitting(t), "video_making")
	for _, in := range f.Inputs {
		if in.Kind == policy.Photo {
			pictures = append(pictures, string(in.Field))
			if in.Required != (in.Field == "photo") {
				t.Errorf("%s: required %v", in.Field, in.Required)
			}
		}
	}
	if !slices.Equal(pictures, []string{"photo", "photo_2", "photo_3", "photo_4"}) || f.ResultKind() != "video" || !f.IsLocal() || !f.Live {
		t.Errorf("%v %+v", pictures, f)
	}
}

func TestAPinnedSettingOfTheOwnEngineStandsOnTheScreen(t *testing.T) {
	t.Parallel()
	src := policytest.Mutate(t, policytest.Source(t, "aifitting"), "    effect: face_swap\n",
		"    effect: face_swap\n    fixed: [{setting: grain, value: 0.50, text: {en: \"the grain is {value}\", zh-Hans: \"颗粒度为 {value}\"}}]\n")
	p := policytest.Load(t, src)
	f := feature(t, p, "face_swap")
	if len(f.Fixed) != 1 || f.Fixed[0].Setting != "grain" || f.Fixed[0].Value != "0.5" {
		t.Errorf("%+v", f.Fixed)
	}
	s, err := p.Screen("face_swap", "zh-Hans")
	if err != nil || !slices.Equal(s.Fixed, []string{"颗粒度为 0.5"}) {
		t.Errorf("%v, %v", s.Fixed, err)
	}
}

func TestFacePointsAreHandedOutOnceAndTheScreenSaysSo(t *testing.T) {
	t.Parallel()
	p := policytest.Picwiz(t)
	f := feature(t, p, "portrait_points")
	if !f.Once || f.ResultKind() != "points" || f.LabelAI || p.StorageOf(f.Result) != policy.Memory {
		t.Errorf("%+v", f)
	}
	kept := func(id privacy.FeatureID) (texts []string) {
		s, err := p.Screen(id, "en")
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range s.Keep {
			if k.What == "face points" {
				texts = append(texts, k.Text)
			}
		}
		return texts
	}
	for id, want := range map[privacy.FeatureID][]string{
		"portrait_points": {"in memory only; erased once your device has them, and after 24 hours if it never asks"},
		"face_swap":       {"in memory only; deleted when the analysis ends"},
		"denoise":         nil,
	} {
		if got := kept(id); !slices.Equal(got, want) {
			t.Errorf("%s keeps points: %q", id, got)
		}
	}
	for _, other := range p.Features() {
		if other.Once && other.ID != f.ID {
			t.Errorf("%s is handed out once", other.ID)
		}
	}
}

func TestTheMarkIsTheOneOfThePolicyOrThePlainOne(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		p        *policy.Policy
		en, zh   string
		tc260    bool
		producer string
	}{
		"written": {policytest.AIFitting(t), "AI-generated", "AI 生成", true, "Chengdu Yunmi Technology Co., Ltd."},
		"plain":   {policytest.Picwiz(t), "AI-generated", "AI 生成", false, ""},
		"another": {policytest.Load(t, policytest.Mutate(t, policytest.Minimal(), "training: never\n", "training: never\nlabel: {text: {en: Drawn by AI}}\n")), "Drawn by AI", "Drawn by AI", false, ""},
	} {
		l := tc.p.Label()
		if l.Text.In("en") != tc.en || l.Text.In("zh-Hans") != tc.zh || l.TC260 != tc.tc260 || l.Producer != tc.producer {
			t.Errorf("%s: %+v", name, l)
		}
	}
}

func TestOnlyPicwizSetsNoCookie(t *testing.T) {
	t.Parallel()
	if p := policytest.Picwiz(t); !p.Cookieless() || len(p.Cookies()) != 0 {
		t.Errorf("Picwiz sets %v", p.Cookies())
	}
	for _, p := range []*policy.Policy{policytest.PixPlus(t), policytest.AIFitting(t), policytest.Mixoo(t)} {
		if p.Cookieless() || len(p.Cookies()) == 0 {
			t.Errorf("%s lists no cookie", p.App())
		}
	}
}

func TestPicwizKeepsItsPromises(t *testing.T) {
	t.Parallel()
	p := policytest.Picwiz(t)
	if !p.FacesStay() || p.MinAge() != 13 || p.Terms().Minors.Guardian || !slices.Equal(p.StorageRegions(), []string{"US"}) || len(p.Recipients()) != 2 || len(p.DemoOnly()) != 1 {
		t.Error("faces, age, place or recipients differ from the register")
	}
	for _, f := range p.Features() {
		if !f.IsLocal() || f.Live == (f.ID == "image_generation") {
			t.Errorf("%s: %+v", f.ID, f)
		}
	}
	for _, c := range []privacy.Category{"source_photo", "generated_image", "face_landmarks", "hair_mask", "generation_params", "prompt"} {
		for _, e := range []policy.Event{policy.Unused, policy.AnalysisEnded, policy.TaskSucceeded, policy.TaskFailed, policy.ResultStored} {
			if row, ok := p.Row(c, e); ok && row.Limit.ISO != "PT24H" && !row.Limit.Immediate {
				t.Errorf("%s lives for %s", row.ID, row.Limit.ISO)
			}
		}
	}
	var page bytes.Buffer
	if err := render.Markdown(&page, p, "en", "policy"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Alibaba Cloud OSS (Alibaba Cloud Computing Co., Ltd.)", "It is not built into the app", "Cookies that our pages set: none",
		"within 15 working days", "with everything in it: within 24 hours", "at least 30 days before it takes effect", "huakehuake@gmail.com", "United States",
	} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}
