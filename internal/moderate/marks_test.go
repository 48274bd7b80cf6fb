package moderate

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/privacy"
)

// marked returns the words of a text that are marked.
func marked(text string, marks []Mark) (words []string) {
	all := []rune(text)
	for _, m := range marks {
		words = append(words, string(all[m.From:m.To]))
	}
	return words
}

func TestTheWordsThatBreakARuleAreMarkedAndNoOthers(t *testing.T) {
	t.Parallel()
	r := rules(t, Demo())
	for name, c := range map[string]struct {
		rule, field, text string
		want              []string
	}{
		"a word":                         {"R-12", "prompt", "a nude figure in the snow", []string{"nude"}},
		"two words":                      {"R-12", "prompt", "nude, very nude", []string{"nude", "nude"}},
		"behind other characters":        {"R-12", "prompt", "雪地里的 n u d e 人物", []string{"n u d e"}},
		"Chinese":                        {"R-12", "prompt", "请生成裸体的人", []string{"裸体"}},
		"a pair, with what is between":   {"R-12", "prompt", "please remove her clothes now", []string{"remove her clothes"}},
		"a harmless phrase":              {"R-12", "prompt", "nude lipstick on a nude figure", []string{"nude"}},
		"another rule's words":           {"R-21", "prompt", "a nude figure in the snow", nil},
		"a child beside it":              {"R-01", "prompt", "a nude girl, 12 years old, one child", []string{"nude", "12 years", "child"}},
		"an age in Chinese":              {"R-01", "prompt", "十二岁，裸体", []string{"十二岁", "裸体"}},
		"a child alone":                  {"R-01", "prompt", "one child in a park", nil},
		"letters that nobody reads":      {"R-91", "prompt", "draw голая here", []string{"голая"}},
		"what must not be left out":      {"R-15", "negative_prompt", "blur, clothes, rain", []string{"clothes"}},
		"… is no fault of another field": {"R-15", "prompt", "blur, clothes, rain", nil},
		"what may be left out":           {"R-12", "negative_prompt", "a nude figure", nil},
		"the words of a test":            {"R-00", "prompt", "so test:block here", []string{"test:block"}},
		"a rule that nobody knows":       {"R-77", "prompt", "a nude figure", nil},
		"a failed check":                 {"prompt_rules.timeout", "prompt", "a nude figure", nil},
		"more than a text may have":      {"R-12", "prompt", strings.Repeat("nude ", maxPrompt), nil},
	} {
		if got := marked(c.text, r.Marks(c.rule, privacy.Field(c.field), c.text)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if got := rules(t).Marks("R-00", "prompt", "test:block"); got != nil {
		t.Errorf("a real server marks the words of a demonstration: %v", got)
	}
}

func TestEveryTextOfTheCorpusHasMarksWithinIt(t *testing.T) {
	t.Parallel()
	r := rules(t)
	for _, line := range append(lines(t, "prohibited.txt"), lines(t, "risky.txt")...) {
		_, text, ok := strings.Cut(line, "\t")
		if !ok {
			text = line
		}
		op := judge(t, r, text)
		if op.Field != review.Main {
			t.Errorf("%q: the field is %q", text, op.Field)
		}
		marks, last := r.Marks(op.Rule, op.Field, text), -1
		if len(marks) == 0 {
			t.Errorf("%q breaks %s and nothing of it is marked", text, op.Rule)
		}
		for _, m := range marks {
			if m.From <= last || m.To <= m.From || m.To > utf8.RuneCountInString(text) {
				t.Errorf("%q: %v", text, marks)
			}
			last = m.To
		}
	}
}

func TestAnOpinionNamesTheTextThatItIsAbout(t *testing.T) {
	t.Parallel()
	r := rules(t)
	for field, c := range map[privacy.Field]review.Request{
		"prompt":          {Prompt: privacy.NewText("a nude figure"), Others: map[privacy.Field]privacy.Text{"negative_prompt": privacy.NewText("rain")}},
		"negative_prompt": {Prompt: privacy.NewText("a hill"), Others: map[privacy.Field]privacy.Text{"negative_prompt": privacy.NewText("clothes")}},
		"title":           {Prompt: privacy.NewText("a hill"), Others: map[privacy.Field]privacy.Text{"title": privacy.NewText("wearing a bikini")}},
	} {
		if op, err := r.Judge(t.Context(), c); err != nil || op.Decision != review.Block || op.Field != field {
			t.Errorf("%s: %+v, %v", field, op, err)
		}
	}
}

func TestEveryRuleSaysWhatToChangeInBothLanguages(t *testing.T) {
	t.Parallel()
	r := rules(t)
	seen := map[string]string{}
	for _, x := range r.book.Rules {
		for _, lang := range []privacy.Lang{"en", "zh-Hans"} {
			words := r.Advise(x.ID, lang)
			if words == "" || strings.ContainsAny(words, "!！") || strings.Contains(words, " may ") {
				t.Errorf("%s in %s: %q", x.ID, lang, words)
			}
		}
		seen[x.ID] = r.Advise(x.ID, "en")
	}
	if r.Advise("R-12", "fr") != seen["R-12"] || r.Advise("media_gate.timeout", "en") != seen[ruleHeld] {
		t.Error("an unknown language or a failed check gets no advice")
	}
}

func TestAnOpinionNamesThePictureThatItIsAbout(t *testing.T) {
	t.Parallel()
	listed := scene(1.3)
	f, err := FingerprintOf(listed)
	if err != nil {
		t.Fatal(err)
	}
	gate := NewPictureGate(decode, listOf(t, f.String()), DefaultDistance)
	req := picture(asPNG(t, scene(2.9)))
	for field, content := range map[privacy.Field][]byte{"second_photo": asPNG(t, listed), "third_photo": []byte("no picture")} {
		bad := picture(content).Media[0]
		bad.Field = field
		op, err := gate.Judge(t.Context(), review.Request{Media: append(slices.Clone(req.Media), bad)})
		if err != nil || op.Decision != review.Block || op.Field != field {
			t.Errorf("%s: %+v, %v", field, op, err)
		}
	}
	bad := picture(nil).Media[0]
	bad.Field, bad.MediaType = "voice", "audio/ogg"
	if op, err := gate.Judge(t.Context(), review.Request{Media: append(slices.Clone(req.Media), bad)}); err != nil || op.Decision != review.Hold || op.Field != "voice" {
		t.Errorf("%+v, %v", op, err)
	}
	if op, err := gate.Judge(t.Context(), req); err != nil || op.Decision != review.Allow || op.Field != "" {
		t.Errorf("%+v, %v", op, err)
	}
}
