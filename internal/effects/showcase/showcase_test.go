package showcase_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"testing"
	"testing/fstest"

	"vow.example/vow/internal/effects/showcase"
)

func picture(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, w, h)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestASampleIsFoundByItsFeatureAndSaysWhetherItIsAnIllustration(t *testing.T) {
	t.Parallel()
	own := fstest.MapFS{
		"samples/style.jpg":               {Data: picture(t, 30, 20)},
		"samples/style.illustration.jpg":  {Data: picture(t, 9, 9)},
		"samples/sketch.illustration.jpg": {Data: picture(t, 40, 40)},
	}
	s, ok, err := showcase.Of(own, "style")
	if err != nil || !ok || s.Illustration || s.Width != 30 || s.Height != 20 || s.Version == "" {
		t.Errorf("%+v %v %v", s, ok, err)
	}
	drawn, ok, err := showcase.Of(own, "sketch")
	if err != nil || !ok || !drawn.Illustration || drawn.Version == s.Version {
		t.Errorf("%+v %v %v", drawn, ok, err)
	}
	for _, feature := range []string{"other", "", ".", "../style", "samples/style", "style.illustration/x"} {
		if _, ok, err := showcase.Of(own, feature); ok || err != nil {
			t.Errorf("%q has a sample: %v", feature, err)
		}
	}
	if _, ok, err := showcase.Of(nil, "style"); ok || err != nil {
		t.Errorf("an app without a folder has a sample: %v", err)
	}
}

func TestWhatIsNoSmallJPEGIsNoSampleAndSaysSo(t *testing.T) {
	t.Parallel()
	var other bytes.Buffer
	if err := png.Encode(&other, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"another kind": other.Bytes(), "no picture": []byte("words"), "empty": {},
		"too large": append(picture(t, 8, 8), make([]byte, showcase.Most)...),
	} {
		if _, ok, err := showcase.Of(fstest.MapFS{"samples/style.jpg": {Data: data}}, "style"); ok || err == nil {
			t.Errorf("%s is a sample: %v", name, err)
		}
	}
}
