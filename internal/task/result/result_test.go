package result_test

import (
	"bytes"
	"image"
	"image/color"
	"strings"
	"testing"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/media"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/sim/film"
	"vow.example/vow/internal/task/result"
)

func picture(t *testing.T) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 64, 48))
	for i := range 64 * 48 {
		img.Set(i%64, i/64, color.NRGBA{uint8(i), 90, 120, 255})
	}
	var b bytes.Buffer
	if err := media.Encode(&b, img, media.PNG, media.Label{}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func clip(t *testing.T) []byte {
	t.Helper()
	raw, err := film.MP4(t.Context(), film.Pan(image.NewNRGBA(image.Rect(0, 0, 64, 48)), 1, 4, 64, 48), 4)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func makes(c privacy.Category) policy.Feature { return policy.Feature{Result: c, LabelAI: true} }

func want(f policy.Feature, picture string) result.Want {
	return result.Want{Feature: f, Label: media.Label{Visible: f.LabelAI, Digital: true, Source: media.SourceTrained}, Picture: picture}
}

func number(n int) *int { return &n }

func facts(a driver.Attributes) driver.Result { return driver.Result{Attributes: &a} }

func TestEachFeatureStoresItsOwnKindAndNothingElse(t *testing.T) {
	t.Parallel()
	answers := map[string]driver.Result{
		"image": {Inline: picture(t)}, "video": {Inline: clip(t)}, "attributes": facts(driver.Attributes{FaceCount: number(2)}),
		"text": {Text: privacy.NewText("a description")}, "nothing": {}, "a page": {Inline: []byte("<html>")},
	}
	for category, kind := range map[privacy.Category]string{
		"generated_image": result.Image, "generated_video": result.Video, "face_attributes": result.Attributes, "generated_text": result.Text,
	} {
		for name, r := range answers {
			ready, err := result.Inline(t.Context(), want(makes(category), ""), r)
			var out bytes.Buffer
			var info media.Info
			if err == nil {
				info, err = ready.Fill(&out)
			}
			if name != kind {
				if fault.KindOf(err) != fault.Invalid {
					t.Errorf("a feature that makes %s stores %s: %v", kind, name, err)
				}
				continue
			}
			if err != nil || out.Len() == 0 || result.KindOf(ready.MediaType) != kind || info.Bytes != int64(out.Len()) || len(info.Stripped) > 0 {
				t.Errorf("%s: %+v %v", kind, info, err)
			}
			if ready.Visible != (kind == result.Image) {
				t.Errorf("%s: visibly labelled %v", kind, ready.Visible)
			}
		}
	}
}

func TestPicturesAndVideosSayThatTheyWereMade(t *testing.T) {
	t.Parallel()
	for category, raw := range map[privacy.Category][]byte{"generated_image": picture(t), "generated_video": clip(t)} {
		ready, err := result.File(t.Context(), want(makes(category), ""), bytes.NewReader(raw), media.Sniff(raw))
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if _, err := ready.Fill(&out); err != nil {
			t.Fatal(err)
		}
		if source, err := media.ReadLabel(&out); source != media.SourceTrained || err != nil {
			t.Errorf("%s: %q %v", category, source, err)
		}
	}
}

func TestAPictureTakesTheTypeThatIsWanted(t *testing.T) {
	t.Parallel()
	ready, err := result.File(t.Context(), want(makes("generated_image"), media.JPEG), bytes.NewReader(picture(t)), media.PNG)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if info, err := ready.Fill(&out); err != nil || info.MediaType != media.JPEG || media.Sniff(out.Bytes()) != media.JPEG {
		t.Errorf("%+v %v", info, err)
	}
}

func TestFactsAreAClosedRecordInOneForm(t *testing.T) {
	t.Parallel()
	f := makes("face_attributes")
	ready, err := result.Inline(t.Context(), want(f, ""), facts(driver.Attributes{FaceCount: number(1), Ages: []string{"20-29"}, Genders: []string{"female"}, Quality: []int{90}}))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := ready.Fill(&out); err != nil || out.String() != `{"ages":["20-29"],"face_count":1,"genders":["female"],"quality":[90]}` {
		t.Errorf("%s %v", out.String(), err)
	}
	for name, a := range map[string]driver.Attributes{
		"nothing at all":     {},
		"a name for an age":  {Ages: []string{"Anna"}},
		"an exact age":       {Ages: []string{"27"}},
		"a sentence":         {Genders: []string{"female, smiling"}},
		"more than all":      {Quality: []int{101}},
		"fewer than none":    {FaceCount: number(-1)},
		"a crowd of numbers": {Quality: make([]int, 1001)},
	} {
		if _, err := result.Inline(t.Context(), want(f, ""), facts(a)); fault.CodeOf(err) != "result-refused" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestATextIsBounded(t *testing.T) {
	t.Parallel()
	for _, s := range []string{strings.Repeat("x", 300<<10), "\xff\xfe"} {
		if _, err := result.Inline(t.Context(), want(makes("generated_text"), ""), driver.Result{Text: privacy.NewText(s)}); fault.CodeOf(err) != "result-refused" {
			t.Errorf("%d bytes: %v", len(s), err)
		}
	}
}
