package media

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"math/rand/v2"
	"testing"

	"vow.example/vow/internal/fault"
)

// painted is a picture of noise, with a hole in it where asked.
func painted(w, h int, hole bool) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	dice := rand.New(rand.NewPCG(3, 4))
	for i := range w * h {
		img.Set(i%w, i/w, color.NRGBA{byte(dice.Uint32()), byte(dice.Uint32()), 90, 255})
	}
	if hole {
		img.Set(0, 0, color.NRGBA{})
	}
	return img
}

func TestACopyKeepsEveryLimitAndTheShape(t *testing.T) {
	t.Parallel()
	all := []string{JPEG, PNG, WebP}
	for name, c := range map[string]struct {
		img    *image.NRGBA
		limits Limits
		kind   string
		w, h   int
	}{
		"a longer side":                   {painted(300, 200, false), Limits{MaxSide: 100}, JPEG, 100, 66},
		"a longer side, upright":          {painted(200, 300, false), Limits{MaxSide: 100}, JPEG, 66, 100},
		"pixels":                          {painted(300, 200, false), Limits{MaxPixels: 15000}, JPEG, 150, 100},
		"pixels and a side":               {painted(300, 200, false), Limits{MaxPixels: 15000, MaxSide: 60}, JPEG, 60, 40},
		"nothing but the type":            {painted(30, 20, false), Limits{Accept: []string{PNG}}, PNG, 30, 20},
		"one line":                        {painted(900, 1, false), Limits{MaxSide: 10}, JPEG, 10, 1},
		"a hole":                          {painted(300, 200, true), Limits{MaxSide: 100}, PNG, 100, 66},
		"a hole where PNG is not taken":   {painted(300, 200, true), Limits{MaxSide: 100, Accept: []string{JPEG}}, JPEG, 100, 66},
		"a hole where only WebP is taken": {painted(30, 20, true), Limits{Accept: []string{WebP}}, WebP, 30, 20},
		"bytes":                           {painted(300, 200, false), Limits{MaxBytes: 9000}, JPEG, 0, 0},
		"bytes of a picture with a hole":  {painted(300, 200, true), Limits{MaxBytes: 9000}, PNG, 0, 0},
	} {
		if c.limits.Accept == nil {
			c.limits.Accept = all
		}
		raw := written(t, c.img, PNG, Label{})
		coded, info, err := Fit(t.Context(), bytes.NewReader(raw), Info{MediaType: PNG}, c.limits)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		back, seen, err := Open(t.Context(), bytes.NewReader(coded), Limits{})
		if err != nil || seen.MediaType != c.kind || info.MediaType != c.kind || back.Rect.Dx() != info.Width || back.Rect.Dy() != info.Height || len(seen.Stripped) != 0 {
			t.Errorf("%s: %+v, read back as %+v %v", name, info, seen, err)
		}
		if c.w > 0 && (info.Width != c.w || info.Height != c.h) {
			t.Errorf("%s: %dx%d", name, info.Width, info.Height)
		}
		if most := c.limits.MaxBytes; most > 0 && int64(len(coded)) > most || info.Bytes != int64(len(coded)) {
			t.Errorf("%s: %d bytes", name, len(coded))
		}
	}
}

func TestAPixelOfACopyIsTheMeanOfWhatItCovers(t *testing.T) {
	t.Parallel()
	img := image.NewNRGBA(image.Rect(0, 0, 3, 2))
	for x, v := range []byte{0, 90, 240} {
		img.Set(x, 0, color.NRGBA{v, v, v, 255})
		img.Set(x, 1, color.NRGBA{}) // a hole has no colour of its own
	}
	raw := written(t, img, PNG, Label{})
	coded, info, err := Fit(t.Context(), bytes.NewReader(raw), Info{MediaType: PNG}, Limits{MaxPixels: 2})
	if err != nil {
		t.Fatal(err)
	}
	back, _, err := Open(t.Context(), bytes.NewReader(coded), Limits{})
	if err != nil || info.Width != 1 || info.Height != 1 {
		t.Fatalf("%+v %v", info, err)
	}
	if got := back.NRGBAAt(0, 0); got != (color.NRGBA{110, 110, 110, 128}) {
		t.Errorf("%v", got)
	}
}

func TestWhatCannotBeMadeSmallerIsAFault(t *testing.T) {
	t.Parallel()
	raw := written(t, painted(40, 30, false), PNG, Label{})
	ended, end := context.WithCancel(t.Context())
	end()
	for name, c := range map[string]struct {
		ctx    context.Context
		raw    []byte
		kind   string
		limits Limits
		code   string
	}{
		"a picture that nothing makes small": {t.Context(), raw, PNG, Limits{MaxBytes: 20}, CodeTooLarge},
		"a video":                            {t.Context(), raw, MP4, Limits{}, CodeUnsupported},
		"a damaged picture":                  {t.Context(), raw[:60], PNG, Limits{}, CodeUnreadable},
		"work that was stopped":              {ended, raw, PNG, Limits{}, "internal"},
	} {
		_, _, err := Fit(c.ctx, bytes.NewReader(c.raw), Info{MediaType: c.kind}, c.limits)
		if err == nil || c.code != "internal" && fault.CodeOf(err) != c.code || c.code == "internal" && !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
