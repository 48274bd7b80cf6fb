package policy_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/policy/render"
	"vow.example/vow/internal/privacy"
)

func TestEveryClockOfTheRegisterIsInThePolicies(t *testing.T) {
	t.Parallel()
	pix, fit := policytest.PixPlus(t), policytest.AIFitting(t)
	for _, tc := range []struct {
		p        *policy.Policy
		category privacy.Category
		event    policy.Event
		limit    string
		storage  policy.Storage
		floor    bool
	}{
		{pix, "source_photo", policy.Unused, "PT24H", policy.Disk, false},
		{pix, "source_photo", policy.TaskSucceeded, "immediate", policy.Disk, false},
		{pix, "source_photo", policy.TaskFailed, "PT24H", policy.Disk, false},
		{pix, "prompt", policy.TaskSucceeded, "PT24H", policy.Disk, false},
		{pix, "face_landmarks", policy.TaskFailed, "immediate", policy.Memory, false},
		{pix, "generated_image", policy.ResultStored, "P7D", policy.Disk, true},
		{pix, "operational_log", policy.ItemWritten, "P30D", policy.Disk, false},
		{pix, "account", policy.LastActive, "P180D", policy.Disk, false},
		{fit, "source_photo", policy.AnalysisEnded, "immediate", policy.Memory, false},
		{fit, "source_photo", policy.TaskFailed, "immediate", policy.Memory, false},
		{fit, "face_landmarks", policy.AnalysisEnded, "immediate", policy.Memory, false},
		{fit, "generated_image", policy.ResultStored, "P30D", policy.Disk, false},
	} {
		row, ok := tc.p.Row(tc.category, tc.event)
		wantID := tc.p.Version() + "#retention." + string(tc.category) + "." + string(tc.event)
		if !ok || row.Limit.ISO != tc.limit || row.Storage != tc.storage || row.Floor != tc.floor || row.ID != wantID || tc.p.StorageOf(tc.category) != tc.storage {
			t.Errorf("%s: %+v", wantID, row)
		}
	}
	if _, ok := pix.Row("source_photo", policy.LastActive); ok {
		t.Error("a clock that the policy does not have is returned")
	}
	for _, p := range []*policy.Policy{pix, fit, policytest.Mixoo(t), policytest.Picwiz(t)} {
		for _, row := range p.Retention() {
			if row.Clause == "" || !p.HasCategory(row.Category) {
				t.Errorf("%s serves no promise", row.ID)
			}
		}
	}
}

func TestAnUndeclaredCategoryMayRestNowhere(t *testing.T) {
	t.Parallel()
	p := policytest.PixPlus(t)
	if p.HasCategory("precise_location") || p.StorageOf("precise_location") != policy.Memory || p.CategoryName("precise_location", "en") != "precise_location" {
		t.Error("an undeclared category is treated as declared")
	}
}

func TestFeaturesRouteAsTheRegisterSays(t *testing.T) {
	t.Parallel()
	pix, fit := policytest.PixPlus(t), policytest.AIFitting(t)
	for _, f := range pix.Features() {
		ours := f.ID == "portrait_own"
		if (f.Recipient == "runninghub") == ours || f.IsLocal() != ours || f.Consent != policy.PerTask || !f.LabelAI || (f.Effect != "") != ours {
			t.Errorf("%s: %+v", f.ID, f)
		}
	}
	for _, f := range fit.Features() {
		if !f.IsLocal() || f.Consent != policy.PerFeature || f.Effect == "" || !f.Face {
			t.Errorf("%s: %+v", f.ID, f)
		}
	}
	if !fit.FacesStay() || pix.FacesStay() || !fit.Terms().Minors.Guardian || pix.Terms().Minors.Guardian || fit.MinAge() != 18 || pix.MinAge() != 13 {
		t.Error("the rules on faces and age differ from the register")
	}
	if _, ok := pix.Feature("face_swap"); ok {
		t.Error("PixPlus offers face swap")
	}
	avatar, _ := pix.Feature("avatar")
	photo, ok := avatar.Input("photo")
	if !ok || !photo.Required || photo.MaxBytes != 20_000_000 || photo.MaxPixels != 50_000_000 || !slices.Equal(photo.Accept, []string{"image/jpeg", "image/png", "image/webp"}) {
		t.Errorf("photo: %+v", photo)
	}
	style, _ := avatar.Input("style")
	if style.Default != "cartoon" || len(style.Choices) != 2 || style.Required {
		t.Errorf("style: %+v", style)
	}
	if !avatar.Sends("photo") || avatar.Sends("account") {
		t.Error("the fields of avatar differ")
	}
	enhance, _ := pix.Feature("portrait_enhance")
	if !slices.Equal(enhance.Review, []string{"media_gate"}) || !slices.Equal(avatar.Review, []string{"prompt_rules", "media_gate"}) {
		t.Error("the review steps differ")
	}
}

func TestAPolicyCannotBeChangedThroughItsAnswers(t *testing.T) {
	t.Parallel()
	p := policytest.PixPlus(t)
	p.Features()[0].ID = "x"
	p.Recipients()[0].ID = "x"
	p.Retention()[0].ID = "x"
	p.Languages()[0] = "x"
	p.DemoOnly()[0].What = "x"
	if p.Features()[0].ID != "avatar" || p.Recipients()[0].ID != "runninghub" || p.Retention()[0].ID == "x" || p.Languages()[0] != "en" || p.DemoOnly()[0].What == "x" {
		t.Error("an answer shares memory with the policy")
	}
}

func TestAPurposeIsDecidedWithAReason(t *testing.T) {
	t.Parallel()
	p := policytest.PixPlus(t)
	for _, tc := range []struct {
		category privacy.Category
		purpose  privacy.Purpose
		allowed  bool
		reason   string
	}{
		{"source_photo", "requested_feature", true, "lists the purpose"},
		{"source_photo", "support", false, "does not list the purpose support"},
		{"source_photo", "advertising", false, "forbids the purpose advertising"},
		{"precise_location", "requested_feature", false, "does not declare the category"},
	} {
		ok, reason := p.PurposeAllowed(tc.category, tc.purpose)
		if ok != tc.allowed || !strings.Contains(reason, tc.reason) {
			t.Errorf("%s for %s: %v, %q", tc.category, tc.purpose, ok, reason)
		}
	}
	if len(p.Purposes()) != 8 || p.PurposeText("support", "zh-Hans") != "回复您的来信" || p.PurposeText("fun", "en") != "fun" {
		t.Error("the purposes differ")
	}
}

func TestTheConsentScreenOfPixPlusSaysAllSixParts(t *testing.T) {
	t.Parallel()
	p := policytest.PixPlus(t)
	s, err := p.Screen("avatar", "en")
	if err != nil {
		t.Fatal(err)
	}
	if s.Title != "Before we send your photo" || s.Accept != "Agree & Continue" || s.Decline != "Not now" || s.Consent != policy.PerTask {
		t.Errorf("%+v", s)
	}
	var kept strings.Builder
	for _, k := range s.Keep {
		kept.WriteString(k.Where + "/" + k.What + "/" + k.Text + "\n")
	}
	for _, want := range []string{"24 hours", "deleted as soon as", "7 days here", "up to 15 days at RunningHub", "30 days", "RunningHub states no period"} {
		if !strings.Contains(kept.String(), want) {
			t.Errorf("the screen does not say %q:\n%s", want, kept.String())
		}
	}
	if len(s.Links) != 2 || s.Links[0].URL != "/pixplus/policy" || s.Links[1].URL != "https://www.runninghub.ai/policy" {
		t.Errorf("links: %v", s.Links)
	}
	if len(s.Who) != 1 || s.Who[0].ID != "runninghub" || !strings.Contains(s.Why, "checks your text") {
		t.Errorf("who %v, why %q", s.Who, s.Why)
	}
	zh, _ := p.Screen("avatar", "zh-CN")
	if zh.Title != "发送照片之前" || zh.Accept != "同意并继续" || zh.Decline != "暂不同意" || zh.Language != "zh-Hans" || zh.Hash == s.Hash {
		t.Errorf("%+v", zh)
	}
}

func TestTheScreenListsExactlyTheFieldsThatAreSent(t *testing.T) {
	t.Parallel()
	for _, p := range []*policy.Policy{policytest.PixPlus(t), policytest.AIFitting(t), policytest.Mixoo(t), policytest.Picwiz(t)} {
		for _, f := range p.Features() {
			s, err := p.Screen(f.ID, "en")
			if err != nil {
				t.Fatal(err)
			}
			shown, sent, sensitive := map[privacy.Field]bool{}, map[privacy.Field]bool{}, false
			for _, l := range s.What {
				shown[l.Field] = true
				sensitive = sensitive || l.Sensitive
			}
			for _, x := range f.Fields {
				sent[x.Field] = true
			}
			for field := range shown {
				if !sent[field] {
					t.Errorf("%s shows %s, which is not sent", f.ID, field)
				}
			}
			if len(shown) != len(sent) || sensitive != f.Face {
				t.Errorf("%s: shown %v, sent %v, sensitive %v", f.ID, shown, sent, sensitive)
			}
		}
	}
}

func TestTheHashOfAScreenChangesWithEveryPartOfIt(t *testing.T) {
	t.Parallel()
	src := policytest.Source(t, "pixplus")
	hash := func(src []byte) string {
		s, err := policytest.Load(t, src).Screen("avatar", "en")
		if err != nil || !strings.HasPrefix(s.Hash, "sha256:") || len(s.Hash) != 71 {
			t.Fatalf("%q, %v", s.Hash, err)
		}
		return s.Hash
	}
	base := hash(src)
	if hash(src) != base {
		t.Fatal("the same policy gives two hashes")
	}
	for name, change := range map[string][2]string{
		"what is sent":     {"line: {en: the photo you chose,", "line: {en: a photo,"},
		"who receives it":  {"name: {en: RunningHub,", "name: {en: RunningHub Inc,"},
		"why":              {"en: only to make the result you asked for; no advertising, no training\n", "en: to make the result\n"},
		"how long, here":   {"limit: P7D", "limit: P8D"},
		"how long, there":  {"outputs: P15D", "outputs: P16D"},
		"the link":         {"https://www.runninghub.ai/policy", "https://www.runninghub.ai/privacy"},
		"the accept label": {"accept: {en: Agree & Continue,", "accept: {en: Continue,"},
		"the safety step":  {"Before anything is sent, {app} checks", "First {app} checks"},
	} {
		if hash(policytest.Mutate(t, src, change[0], change[1])) == base {
			t.Errorf("another text of %s keeps the hash", name)
		}
	}
	reviewed := policytest.Mutate(t, src, `reviewed: "2026-06-01"`, `reviewed: "2026-07-01"`)
	if hash(reviewed) != base {
		t.Error("a date that nobody sees voids consents")
	}
	if hash(policytest.Mutate(t, src, "version: v1", "version: v2")) != base {
		t.Error("a new version that changes nothing on the screen voids consents")
	}
}

func TestAScreenOfAnUnknownFeatureIsNotFound(t *testing.T) {
	t.Parallel()
	if _, err := policytest.PixPlus(t).Screen("face_swap", "en"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("got %v", err)
	}
}

func TestAnOutsideQwenStandsOnTheScreen(t *testing.T) {
	t.Parallel()
	src := policytest.Mutate(t, policytest.Source(t, "pixplus"), "prompt_review: rules", "prompt_review: external_qwen\n  recipient: qwen")
	src = policytest.Mutate(t, src, "recipients:\n", `recipients:
  - {id: qwen, name: {en: Qwen, zh-Hans: Qwen}, class: third_party_ai, policy_url: "https://qwen.example/p", policy_name: {en: P, zh-Hans: P}, fields: [prompt], provider_retention: {inputs: unknown, outputs: unknown}, contract: {use_limit: true, no_training: true, equal_protection: true, reference: a, reviewed: "2026-01-01"}}
`)
	s, err := policytest.Load(t, src).Screen("avatar", "en")
	if err != nil || len(s.Who) != 2 || s.Who[0].ID != "qwen" {
		t.Errorf("%v %v", s.Who, err)
	}
}

func TestLanguagesAreMatched(t *testing.T) {
	t.Parallel()
	offered := []privacy.Lang{"en", "zh-Hans"}
	for in, want := range map[string]privacy.Lang{
		"": "en", "en": "en", "zh": "zh-Hans", "zh-CN": "zh-Hans", "zh-Hans": "zh-Hans", "zh-CN,zh;q=0.9,en;q=0.8": "zh-Hans",
		"de-DE,de;q=0.9,en;q=0.5": "en", "fr": "en", ";;;": "en", strings.Repeat("zh,", 500): "zh-Hans",
	} {
		if got := policy.Match(in, offered); got != want {
			t.Errorf("%.40q: %s, want %s", in, got, want)
		}
	}
	if policy.Match("zh", nil) != "en" {
		t.Error("an app without languages")
	}
}

func TestLimitsAreCalendarExactAndSaidInWords(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for iso, want := range map[string]struct {
		after  time.Time
		en, zh string
	}{
		"immediate": {start, "at once", "立即"},
		"PT24H":     {start.Add(24 * time.Hour), "24 hours", "24 小时"},
		"P7D":       {start.AddDate(0, 0, 7), "7 days", "7 天"},
		"P2W":       {start.AddDate(0, 0, 14), "14 days", "14 天"},
		"P1M":       {start.AddDate(0, 1, 0), "1 month", "1 个月"},
		"P1Y":       {start.AddDate(1, 0, 0), "1 year", "1 年"},
		"P1DT1H30M": {start.AddDate(0, 0, 1).Add(90 * time.Minute), "1 day and 1 hour and 30 minutes", "1 天 1 小时 30 分钟"},
		"PT10S":     {start.Add(10 * time.Second), "10 seconds", "10 秒"},
	} {
		l, err := policy.ParseLimit(iso)
		if err != nil || !l.After(start).Equal(want.after) || l.Words("en") != want.en || l.Words("zh-Hans") != want.zh || l.ISO != iso {
			t.Errorf("%s: %+v %q %q %v", iso, l, l.Words("en"), l.Words("zh-Hans"), err)
		}
	}
	for _, bad := range []string{"", "P", "PT", "P1", "24h", "forever", "P-1D", "-P1D", "P0D", "PT0S", "P1.5D", "P1DT", "P999999999Y", "PT99999999999999999999H", "P1D ", "p1d"} {
		if l, err := policy.ParseLimit(bad); err == nil {
			t.Errorf("%q is accepted: %+v", bad, l)
		}
	}
}

func TestEveryViewIsRenderedInEveryLanguage(t *testing.T) {
	t.Parallel()
	p := policytest.PixPlus(t)
	for _, what := range []string{"policy", "screens", "retention", "recipients", "screen:avatar"} {
		for _, lang := range p.Languages() {
			var out bytes.Buffer
			if err := render.Markdown(&out, p, lang, what); err != nil || out.Len() < 400 || strings.ContainsAny(out.String(), "{}") || strings.Contains(out.String(), "%!") {
				t.Errorf("%s %s: %v\n%s", what, lang, err, out.String())
			}
		}
	}
	if err := render.Markdown(&bytes.Buffer{}, p, "en", "everything"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("got %v", err)
	}
	if err := render.Markdown(&bytes.Buffer{}, p, "en", "screen:x"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("got %v", err)
	}
	if err := render.Markdown(failing{}, p, "en", "policy"); err == nil {
		t.Error("a failing writer goes unnoticed")
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestThePolicyPagesHaveTheArticlesOfThePublishedTexts(t *testing.T) {
	t.Parallel()
	pix, fit := policytest.PixPlus(t).Sections("en"), policytest.AIFitting(t).Sections("zh-Hans")
	if len(pix) != 15 || pix[2].ID != "faces" || pix[14].ID != "contact" {
		t.Errorf("PixPlus has %d sections", len(pix))
	}
	if len(fit) != 12 || fit[0].ID != "faces" || fit[11].ID != "operator" {
		t.Errorf("AI Fitting has %d articles", len(fit))
	}
	for _, s := range append(pix, fit...) {
		if s.Title == "" || len(s.Body) == 0 {
			t.Errorf("%s is empty", s.ID)
		}
	}
}

func TestTextsKeepTheVoice(t *testing.T) {
	t.Parallel()
	for _, p := range []*policy.Policy{policytest.PixPlus(t), policytest.AIFitting(t), policytest.Mixoo(t), policytest.Picwiz(t), policytest.Kmeng(t)} {
		for _, what := range []string{"policy", "screens", "retention", "recipients"} {
			var out bytes.Buffer
			if err := render.Markdown(&out, p, "en", what); err != nil {
				t.Fatal(err)
			}
			for _, word := range []string{" may ", "such as", "reasonabl", "we value", "!", "partners may", "in due course", " soon"} {
				for line := range strings.Lines(out.String()) {
					if strings.Contains(strings.ToLower(line), word) && !strings.Contains(line, "as soon as") {
						t.Errorf("%s %s says %q: %s", p.App(), what, word, line)
					}
				}
			}
		}
	}
}

func TestNamesAndFactsAreReadFromTheFile(t *testing.T) {
	t.Parallel()
	p := policytest.AIFitting(t)
	r, ok := p.Recipient(privacy.Own)
	if !ok || r.Class != policy.Local || r.Region != "US" {
		t.Errorf("%+v", r)
	}
	if p.Version() != "aifitting/v1" || p.Updated() != "2024-02-01" || p.Name("en") != "AI Fitting" || p.Title("zh-Hans") != "AI Fitting 隐私政策" || p.Accent() == "" {
		t.Error("the head of the file is misread")
	}
	if !slices.Equal(p.Cookies(), []string{"__Host-sid-aifitting", "__Host-remember-aifitting"}) || !slices.Equal(p.StorageRegions(), []string{"US"}) || p.Limits().MaxTaskAge.Time != 24*time.Hour {
		t.Error("cookies, regions or limits are misread")
	}
	if got := (policy.Localized{"en": "a"}).In("zh-Hans"); got != "a" {
		t.Errorf("a missing language gives %q", got)
	}
}
