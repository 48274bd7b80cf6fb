package style

import (
	"bytes"
	"image"
	"math"
	"testing"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/effecttest"
	"vow.example/vow/internal/effects/samples"
)

func TestEveryParameterHasAVisibleEffect(t *testing.T) {
	t.Parallel()
	m := effecttest.Face(t)
	for _, e := range Effects() {
		for _, p := range e.Params {
			if e.Name == "upscale" {
				continue // its factor changes the size: see TestUpscale…
			}
			a, b := "0", "1"
			switch {
			case p.Kind == effect.Choice:
				a, b = p.Values[0], p.Values[len(p.Values)-1]
			case p.Name == "seed":
				a, b = "1", "2"
			case p.Name == "levels":
				a, b = "3", "16"
			}
			d := difference(run(t, e, m, map[string]string{p.Name: a}), run(t, e, m, map[string]string{p.Name: b}))
			if d < 0.7 {
				t.Errorf("%s: %s from %s to %s changes the picture by %.2f", e.Name, p.Name, a, b, d)
			}
		}
	}
}

func TestUpscaleMakesAsManyPixelsAsItsFactorSays(t *testing.T) {
	t.Parallel()
	m := effecttest.Photo(t, samples.Chelsea).SubImage(image.Rect(40, 30, 141, 97)).(*image.NRGBA)
	for factor, k := range map[string]int{"2": 2, "4": 4} {
		v, err := effectOf(t, "upscale").Read(map[string]string{"factor": factor})
		if err != nil {
			t.Fatal(err)
		}
		r, err := effectOf(t, "upscale").Run(t.Context(), effect.Input{Pictures: []*image.NRGBA{m}}, v, func(float64) {})
		if err != nil || r.Picture.Rect != image.Rect(0, 0, 101*k, 67*k) {
			t.Errorf("factor %s: %v, %v", factor, r.Picture.Rect, err)
		}
	}
}

func TestDefaultsAreWithinTheirBounds(t *testing.T) {
	t.Parallel()
	for _, e := range Effects() {
		if _, err := e.Read(nil); err != nil {
			t.Errorf("%s: %v", e.Name, err)
		}
	}
}

// means returns the mean red, green and blue of a picture.
func means(m *image.NRGBA) (c [3]float64) {
	for i := 0; i < len(m.Pix); i += 4 {
		for k := range 3 {
			c[k] += float64(m.Pix[i+k]) / float64(len(m.Pix)/4)
		}
	}
	return c
}

func apart(a, b [3]float64) float64 {
	return math.Abs(a[0]-b[0]) + math.Abs(a[1]-b[1]) + math.Abs(a[2]-b[2])
}

func TestColorTransferMovesTheColoursTowardsTheOtherPicture(t *testing.T) {
	t.Parallel()
	e := effectOf(t, "color_transfer")
	for _, name := range []string{samples.Astronaut, samples.Chelsea} {
		m, palette := effecttest.Photo(t, name), means(effecttest.Photo(t, samples.Coffee))
		out := run(t, e, m, map[string]string{"strength": "1"})
		if before, after := apart(means(m), palette), apart(means(out), palette); after > 0.8*before {
			t.Errorf("%s: the mean colour was %.0f away and is %.0f", name, before, after)
		}
		if part := effecttest.Kept(m, out); part < 0.85 {
			t.Errorf("%s: only %.2f of the edges are left", name, part)
		}
		if none := run(t, e, m, map[string]string{"strength": "0"}); difference(none, m) > 1 {
			t.Errorf("%s: strength 0 changes the picture by %.2f", name, difference(none, m))
		}
	}
}

func TestColorTransferEnduresPicturesOfOneColour(t *testing.T) {
	t.Parallel()
	v, err := effectOf(t, "color_transfer").Read(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, level := range []uint8{0, 255} {
		plain := image.NewNRGBA(image.Rect(0, 0, 9, 9))
		for i := range plain.Pix {
			plain.Pix[i] = level
		}
		m := effecttest.Face(t)
		before := clone(m)
		r, err := effectOf(t, "color_transfer").Run(t.Context(), effect.Input{Pictures: []*image.NRGBA{m, plain}}, v, func(float64) {})
		if err != nil || bytes.Equal(r.Picture.Pix, before.Pix) {
			t.Errorf("level %d: %v", level, err)
		}
		if part := effecttest.Kept(before, r.Picture); part < 0.3 {
			t.Errorf("level %d: only %.2f of the edges are left", level, part)
		}
	}
}

func TestAutoFixHelpsADarkDullPictureWithACast(t *testing.T) {
	t.Parallel()
	good := effecttest.Photo(t, samples.Astronaut)
	bad := clone(good)
	for i := 0; i < len(bad.Pix); i += 4 {
		for k, gain := range []float64{0.42, 0.46, 0.50} {
			bad.Pix[i+k] = uint8(20 + gain*float64(bad.Pix[i+k]))
		}
	}
	out := run(t, effectOf(t, "auto_fix"), bad, map[string]string{"strength": "1"})
	if before, after := difference(good, bad), difference(good, out); after > 0.6*before {
		t.Errorf("the picture was %.1f away from the good one and is %.1f", before, after)
	}
	cast := func(m *image.NRGBA) float64 { c := means(m); g := means(good); return (c[2] - c[0]) - (g[2] - g[0]) }
	if before, after := cast(bad), cast(out); math.Abs(after) > math.Abs(before)+4 {
		t.Errorf("blue over red went from %.1f to %.1f", before, after)
	}
	if none := run(t, effectOf(t, "auto_fix"), good, map[string]string{"strength": "0"}); difference(none, good) > 0.6 {
		t.Errorf("strength 0 changes the picture by %.2f", difference(none, good))
	}
}
