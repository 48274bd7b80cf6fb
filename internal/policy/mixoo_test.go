package policy_test

import (
	"slices"
	"strings"
	"testing"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
)

// pairs are the seventeen pairs of section 3 of Mixoo's policy (MIX-3-22): recipient, model, what
// is made, and the exact fields with their way of travelling.
func pairs() map[privacy.FeatureID]string {
	return map[privacy.FeatureID]string{
		"face_detection":      "alibaba_cloud//attributes: photo=url",
		"age_estimation":      "alibaba_cloud//attributes: photo=url",
		"gender_estimation":   "alibaba_cloud//attributes: photo=url",
		"quality_score":       "alibaba_cloud//attributes: photo=url",
		"face_swap":           "alibaba_cloud//image: photo=url template_photo=url",
		"cartoonize":          "alibaba_cloud//image: photo=url style=text",
		"colorize":            "alibaba_cloud//image: photo=url",
		"sketch":              "alibaba_cloud//image: photo=url style=text",
		"super_resolution":    "alibaba_cloud//image: photo=url scale=text",
		"text_to_image":       "tencent_cloud//image: negative_prompt=text prompt=text resolution=text style=text",
		"age_change":          "tencent_cloud//image: photo=url",
		"image_to_video":      "zhipu/CogVideoX-3/video: duration=text fps=text photo=base64 prompt=text quality=text size=text",
		"image_to_video_volc": "volcengine/Seedance 1.0 Pro/video: duration=text photo=url prompt=text ratio=text resolution=text",
		"nano_banana":         "gemini/Nano Banana/image: aspect_ratio=text photo=url prompt=text second_photo=url third_photo=url",
		"nano_banana_pro":     "gemini/Nano Banana Pro/image: aspect_ratio=text photo=url prompt=text resolution=text second_photo=url third_photo=url",
		"nano_banana_2":       "gemini/Nano Banana 2/image: aspect_ratio=text photo=url prompt=text resolution=text second_photo=url third_photo=url",
		"veo_3_1":             "gemini/Veo 3.1/video: aspect_ratio=text duration=text first_frame=base64 last_frame=base64 prompt=text resolution=text",
	}
}

func TestMixooHasSeventeenPairsWithExactFields(t *testing.T) {
	t.Parallel()
	p, want := policytest.Mixoo(t), pairs()
	var own []privacy.FeatureID
	for _, f := range p.Features() {
		if !f.Live || f.Consent != policy.PerFeature || !slices.Equal(f.Review, []string{"prompt_rules", "media_gate"}) {
			t.Errorf("%s: live %v, consent %s, review %v", f.ID, f.Live, f.Consent, f.Review)
		}
		if f.IsLocal() {
			own = append(own, f.ID)
			continue
		}
		var fields []string
		for _, s := range f.Fields {
			fields = append(fields, string(s.Field)+"="+s.Transport)
		}
		slices.Sort(fields)
		got := string(f.Recipient) + "/" + f.Model + "/" + f.ResultKind() + ": " + strings.Join(fields, " ")
		if got != want[f.ID] {
			t.Errorf("%s is\n%s, want\n%s", f.ID, got, want[f.ID])
		}
		delete(want, f.ID)
	}
	if len(want) != 0 || !slices.Equal(own, []privacy.FeatureID{"portrait_enhance", "stylize", "stylize_video", "fantasy_transform"}) {
		t.Errorf("missing %v, own engine %v", want, own)
	}
}

func TestAScreenOfMixooNamesTheWholeChainInOrder(t *testing.T) {
	t.Parallel()
	p := policytest.Mixoo(t)
	for _, f := range p.Features() {
		for _, lang := range p.Languages() {
			s, err := p.Screen(f.ID, lang)
			if err != nil {
				t.Fatal(err)
			}
			r, _ := p.Recipient(f.Recipient)
			review, maker := strings.Index(s.Summary, s.Who[0].Name.In(lang)), strings.Index(s.Summary, r.Name.In(lang))
			if len(s.Who) != 2 || s.Who[0].ID != "internal_review" || s.Who[1].ID != f.Recipient || review < 0 || maker < review {
				t.Errorf("%s %s: %v, %q", f.ID, lang, s.Who, s.Summary)
			}
			if s.Model != f.Model || !strings.Contains(s.Summary, f.Model) {
				t.Errorf("%s %s does not name the model %q: %q", f.ID, lang, f.Model, s.Summary)
			}
			for _, k := range s.Keep {
				if !f.IsLocal() && strings.Contains(k.What, "face points") {
					t.Errorf("%s speaks of face points, which nobody here finds", f.ID)
				}
			}
		}
	}
}

func TestAScreenSaysHowAPictureTravels(t *testing.T) {
	t.Parallel()
	p := policytest.Mixoo(t)
	for _, tc := range []struct {
		feature privacy.FeatureID
		field   privacy.Field
		en, zh  string
	}{
		{"cartoonize", "photo", "a short-lived link", "链接"},
		{"nano_banana", "third_photo", "a short-lived link", "链接"},
		{"image_to_video", "photo", "the picture itself", "图片本身"},
		{"veo_3_1", "last_frame", "the picture itself", "图片本身"},
		{"stylize", "photo", "the picture itself", "图片本身"},
	} {
		for lang, want := range map[privacy.Lang]string{"en": tc.en, "zh-Hans": tc.zh} {
			s, _ := p.Screen(tc.feature, lang)
			if !slices.ContainsFunc(s.What, func(l policy.Line) bool { return l.Field == tc.field && strings.Contains(l.Text, want) }) {
				t.Errorf("%s %s: %v", tc.feature, lang, s.What)
			}
		}
	}
}

func TestWhatGoesAlongForEveryoneStandsOnTheScreenAndIsNoField(t *testing.T) {
	t.Parallel()
	p := policytest.Mixoo(t)
	f, _ := p.Feature("age_change")
	s, _ := p.Screen("age_change", "en")
	if len(f.Fixed) != 1 || f.Fixed[0].Value != "60" || len(s.Fixed) != 1 || !strings.Contains(s.Fixed[0], "60") || f.Sends("age") || len(s.What) != 2 {
		t.Errorf("%+v %v %v", f.Fixed, s.Fixed, s.What)
	}
	other, _ := p.Screen("cartoonize", "en")
	if len(other.Fixed) != 0 {
		t.Error(other.Fixed)
	}
}

func TestAScreenSpeaksOnlyOfChecksThatFindSomething(t *testing.T) {
	t.Parallel()
	p := policytest.Mixoo(t)
	for id, want := range map[privacy.FeatureID][2]bool{"colorize": {false, true}, "text_to_image": {true, false}, "nano_banana": {true, true}} {
		s, _ := p.Screen(id, "en")
		if text, picture := strings.Contains(s.Why, "checks your text"), strings.Contains(s.Why, "Every picture"); text != want[0] || picture != want[1] {
			t.Errorf("%s: %q", id, s.Why)
		}
	}
}

func TestTheClocksOfMixooRunADay(t *testing.T) {
	t.Parallel()
	p := policytest.Mixoo(t)
	for category, events := range map[privacy.Category][]policy.Event{
		"source_photo": {policy.Unused, policy.TaskSucceeded, policy.TaskFailed}, "prompt": {policy.TaskSucceeded, policy.TaskFailed},
		"negative_prompt": {policy.TaskSucceeded, policy.TaskFailed}, "generation_params": {policy.TaskSucceeded, policy.TaskFailed},
		"generated_image": {policy.ResultStored}, "generated_video": {policy.ResultStored}, "face_attributes": {policy.ResultStored},
	} {
		for _, e := range events {
			if row, ok := p.Row(category, e); !ok || row.Limit.ISO != "PT24H" || row.Floor {
				t.Errorf("%s %s: %+v", category, e, row)
			}
		}
	}
	if row, _ := p.Row("face_landmarks", policy.TaskFailed); !row.Limit.Immediate || row.Storage != policy.Memory || p.StorageOf("face_attributes") != policy.Disk {
		t.Errorf("%+v", row)
	}
	if p.HasCategory("advertising_id") || p.HasCategory("face_template") || p.Limits().MaxTaskAge.ISO != "PT6H" || p.MinAge() != 13 {
		t.Error("the bounds differ from the register")
	}
	for _, purpose := range []privacy.Purpose{"training", "advertising", "profiling", "tracking", "sale", "improvement"} {
		if ok, _ := p.PurposeAllowed("source_photo", purpose); ok {
			t.Errorf("a photo may serve %s", purpose)
		}
	}
}

func TestTheTermsOfEachCompanyAreRecorded(t *testing.T) {
	t.Parallel()
	p := policytest.Mixoo(t)
	for _, r := range p.Recipients() {
		k := r.Contract
		if r.Class == policy.ThirdPartyAI && (!k.UseLimit || !k.NoTraining || !k.EqualProtection || k.Reviewed == "" || r.PolicyURL == "" || (r.ID == "gemini") != (k.Tier == "paid")) {
			t.Errorf("%s: %+v", r.ID, k)
		}
	}
	if got := len(p.DemoOnly()); got != 14 {
		t.Errorf("%d findings, want two addresses, a link and eleven unsigned terms: %v", got, p.DemoOnly())
	}
	f, _ := p.Feature("age_estimation")
	swap, _ := p.Feature("face_swap")
	if f.Retention.Outputs != "unknown" || swap.Retention.Outputs != "PT30M" {
		t.Errorf("measurement %+v, picture %+v", f.Retention, swap.Retention)
	}
}

func TestOneFieldHasTheFormThatItsCompanyAccepts(t *testing.T) {
	t.Parallel()
	p := policytest.Mixoo(t)
	longest := func(id privacy.FeatureID) int { f, _ := p.Feature(id); in, _ := f.Input("prompt"); return in.MaxLength }
	if longest("text_to_image") != 256 || longest("image_to_video") != 512 || longest("nano_banana") != 1000 {
		t.Error("the lengths of texts differ")
	}
	cartoon, _ := p.Feature("cartoonize")
	sketch, _ := p.Feature("sketch")
	a, _ := cartoon.Input("style")
	b, _ := sketch.Input("style")
	if len(a.Choices) != 9 || len(b.Choices) != 2 || b.Default != "head" {
		t.Errorf("%+v %+v", a, b)
	}
}

func TestTheHashOfAScreenChangesWithModelTransportChainAndFixedSetting(t *testing.T) {
	t.Parallel()
	src := policytest.Source(t, "mixoo")
	hash := func(src []byte, id privacy.FeatureID) string {
		s, err := policytest.Load(t, src).Screen(id, "en")
		if err != nil {
			t.Fatal(err)
		}
		return s.Hash
	}
	for name, c := range map[string]struct {
		feature  privacy.FeatureID
		old, new string
	}{
		"the model":         {"nano_banana_pro", "model: Nano Banana Pro", "model: Nano Banana Max"},
		"the transport":     {"image_to_video", "{field: photo, transport: base64}", "{field: photo, transport: url}"},
		"the reviewer":      {"text_to_image", "{en: Mixoo's own content review,", "{en: Mixoo's review,"},
		"the fixed setting": {"age_change", `{setting: age, value: "60"`, `{setting: age, value: "70"`},
		"their own copy":    {"face_detection", "provider_retention: {inputs: unknown, outputs: unknown} # the answer", "provider_retention: {inputs: PT1H, outputs: unknown} # the answer"},
	} {
		if hash(policytest.Mutate(t, src, c.old, c.new), c.feature) == hash(src, c.feature) {
			t.Errorf("another text of %s keeps the hash", name)
		}
	}
}

// ownHost routes the feature of the smallest policy to a machine of the operator's.
func ownHost(t *testing.T, recipient string) []byte {
	t.Helper()
	src := policytest.Mutate(t, policytest.Minimal(), "recipients:\n", "recipients:\n  - "+recipient+"\n")
	src = policytest.Mutate(t, src, "    recipient: own_servers\n    effect: pencil\n", "    recipient: own_host\n    model: Sketcher\n")
	return src
}

func TestAMachineOfOurOwnNeedsItsPlaceAndItsClockAndNoContract(t *testing.T) {
	t.Parallel()
	p := policytest.Load(t, ownHost(t, "{id: own_host, name: {en: our machine}, class: own_host, region: US, fields: [photo], provider_retention: {inputs: PT1H, outputs: PT1H}}"))
	f, _ := p.Feature("sketch")
	s, err := p.Screen("sketch", "en")
	if err != nil || f.IsLocal() || len(s.Who) != 1 || s.Who[0].Class != policy.OwnHost {
		t.Fatalf("%+v %v", s, err)
	}
	if !slices.ContainsFunc(s.Keep, func(k policy.Keep) bool { return k.Where == "our machine" && strings.Contains(k.Text, "1 hour") }) {
		t.Errorf("the screen does not say how long our machine keeps it: %v", s.Keep)
	}
	for want, recipient := range map[string]string{
		"where own_host is":    "{id: own_host, name: {en: our machine}, class: own_host, fields: [photo], provider_retention: {inputs: PT1H, outputs: PT1H}}",
		"no ISO 8601 duration": "{id: own_host, name: {en: our machine}, class: own_host, region: US, fields: [photo], provider_retention: {inputs: unknown, outputs: PT1H}}",
		"how long own_host":    "{id: own_host, name: {en: our machine}, class: own_host, region: US, fields: [photo]}",
	} {
		if _, err := policy.Load("p.yaml", ownHost(t, recipient)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
