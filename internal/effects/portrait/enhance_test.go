package portrait

import (
	"bytes"
	"image"
	"math"
	"testing"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/effecttest"
	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/fault"
)

// blotches is the mean squared second difference along rows: what is uneven about a shade.
func blotches(m *image.NRGBA, r image.Rectangle) float64 {
	sum := 0.0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			d := 2*effecttest.Gray(m, x, y) - effecttest.Gray(m, x-2, y) - effecttest.Gray(m, x+2, y)
			sum += d * d
		}
	}
	return sum / float64(r.Dx()*r.Dy())
}

// texture is the mean squared difference of a pixel to its right and lower neighbours.
func texture(m *image.NRGBA, r image.Rectangle) float64 {
	sum := 0.0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			a, right, low := effecttest.Gray(m, x, y), effecttest.Gray(m, x+1, y), effecttest.Gray(m, x, y+1)
			sum += (a-right)*(a-right) + (a-low)*(a-low)
		}
	}
	return sum / float64(r.Dx()*r.Dy())
}

func TestAPortraitHasEvenSkinAndClearEyes(t *testing.T) {
	t.Parallel()
	all := map[string]string{"strength": "1", "skin": "1", "eyes": "1", "tone": "0"}
	for name, change := range map[string]func(*image.NRGBA) *image.NRGBA{
		"as it is": clone, "darker": darker, "lighter": lighter, "warmer": warmer,
	} {
		m := change(effecttest.Photo(t, "astronaut.jpg"))
		out := apply(t, "portrait_enhance", m, all)
		for _, skin := range []image.Rectangle{image.Rect(190, 110, 204, 124), image.Rect(246, 112, 258, 126)} {
			if before, after := blotches(m, skin), blotches(out, skin); after > before*0.85 {
				t.Errorf("%s, %v: %.1f became %.1f", name, skin, before, after)
			} else if after < before*0.1 {
				t.Errorf("%s, %v became plastic: %.1f became %.1f", name, skin, before, after)
			}
		}
		f := face.Find(m)[0]
		for _, eye := range []image.Point{f.LeftEye, f.RightEye} {
			near := image.Rect(eye.X-9, eye.Y-5, eye.X+9, eye.Y+5)
			before, after := texture(m, near), texture(out, near)
			if after < before || after > 3*before {
				t.Errorf("%s, eye: %.1f became %.1f", name, before, after)
			}
		}
		if part := effecttest.Kept(m, out); part < 0.98 {
			t.Errorf("%s: only %.2f of the edges are left", name, part)
		}
	}
}

func TestSkinOfEveryShadeKeepsItsShade(t *testing.T) {
	t.Parallel()
	cheeks := image.Rect(188, 108, 206, 128)
	for name, change := range map[string]func(*image.NRGBA) *image.NRGBA{"as it is": clone, "darker": darker, "warmer": warmer} {
		m := change(effecttest.Photo(t, "astronaut.jpg"))
		out := apply(t, "portrait_enhance", m, nil)
		if before, after := mean(m, cheeks), mean(out, cheeks); math.Abs(after-before) > 12 {
			t.Errorf("%s: cheeks went from %.0f to %.0f", name, before, after)
		}
	}
}

func mean(m *image.NRGBA, r image.Rectangle) float64 {
	sum := 0.0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			sum += effecttest.Gray(m, x, y)
		}
	}
	return sum / float64(r.Dx()*r.Dy())
}

func TestEachPartOfAnEnhancementWorksAlone(t *testing.T) {
	t.Parallel()
	m := effecttest.Photo(t, "astronaut.jpg")
	cheek, eye, wall := image.Rect(190, 110, 204, 124), image.Rect(196, 97, 210, 106), image.Rect(310, 20, 350, 100)
	changed := func(out *image.NRGBA, r image.Rectangle) bool {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				if out.NRGBAAt(x, y) != m.NRGBAAt(x, y) {
					return true
				}
			}
		}
		return false
	}
	for part, want := range map[string][3]bool{"skin": {true, false, false}, "eyes": {false, true, false}, "tone": {true, true, true}} {
		params := map[string]string{"strength": "1", "skin": "0", "eyes": "0", "tone": "0"}
		params[part] = "1"
		out := apply(t, "portrait_enhance", m, params)
		if changed(out, cheek) != want[0] || part != "skin" && changed(out, eye) != want[1] || changed(out, wall) != want[2] {
			t.Errorf("%s changes cheek %v, eye %v, wall %v", part, changed(out, cheek), changed(out, eye), changed(out, wall))
		}
	}
}

func TestEveryFaceOfAGroupIsWorkedOn(t *testing.T) {
	t.Parallel()
	m := effecttest.Photo(t, "astronaut.jpg")
	two := image.NewNRGBA(image.Rect(0, 0, 640, 300))
	for y := range 300 {
		for x := range 640 {
			two.SetNRGBA(x, y, m.NRGBAAt(60+x%320, y))
		}
	}
	out := apply(t, "portrait_enhance", two, map[string]string{"strength": "1", "skin": "1", "tone": "0"})
	for _, cheek := range []image.Rectangle{image.Rect(130, 110, 144, 124), image.Rect(450, 110, 464, 124)} {
		if before, after := blotches(two, cheek), blotches(out, cheek); after > 0.9*before {
			t.Errorf("%v: %.1f became %.1f", cheek, before, after)
		}
	}
}

func TestStrengthZeroChangesNoByte(t *testing.T) {
	t.Parallel()
	m := effecttest.Photo(t, "astronaut.jpg")
	for _, name := range []string{"portrait_enhance", "background_blur", "portrait_light", "hair_color"} {
		if out := apply(t, name, m, map[string]string{"strength": "0"}); !bytes.Equal(out.Pix, m.Pix) {
			t.Errorf("%s changes the picture", name)
		}
	}
}

func TestAPictureWithoutAFaceGetsAnAnswerThatHelps(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"coffee.jpg", "chelsea.jpg"} {
		for _, e := range Effects() {
			if e.Name == "portrait_frame" {
				continue
			}
			out, err := try(t, e.Name, effect.Input{Pictures: []*image.NRGBA{effecttest.Photo(t, name)}}, nil)
			if fault.CodeOf(err) != effect.CodeNoFace || fault.KindOf(err) != fault.Invalid || out != nil {
				t.Errorf("%s, %s: %v", name, e.Name, err)
			}
		}
	}
}
