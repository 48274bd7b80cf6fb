package scene

import (
	"context"
	"image"
	"image/color"
	"math"
	"testing"

	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/effects/portrait/head"
)

const side = 240

// sitter is a red disc on stripes of blue and white, which has a head in its middle, and its true mask.
func sitter() (*image.NRGBA, head.Head) {
	m := image.NewNRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			c := color.NRGBA{R: 40, G: 70, B: 190, A: 255}
			if x/6%2 == 0 {
				c = color.NRGBA{R: 235, G: 235, B: 240, A: 255}
			}
			in := math.Min(math.Max(70.5-math.Hypot(float64(x)-120, float64(y)-120), 0), 1)
			mix := func(a, b uint8) uint8 { return uint8(float64(a) + in*(float64(b)-float64(a)) + 0.5) }
			m.SetNRGBA(x, y, color.NRGBA{R: mix(c.R, 200), G: mix(c.G, 30), B: mix(c.B, 20), A: 255})
		}
	}
	return m, head.Of(face.Face{
		Box: image.Rect(70, 60, 170, 160), LeftEye: image.Pt(100, 100), RightEye: image.Pt(140, 100),
	})
}

// rough is a mask as coarse as a finder gives it.
func rough(context.Context, *image.NRGBA, face.Face) (*image.Alpha, error) {
	m := image.NewAlpha(image.Rect(0, 0, 60, 60))
	for y := range 60 {
		for x := range 60 {
			d := (18 - math.Hypot(float64(x)-30, float64(y)-30.5)) / 4
			m.Pix[y*m.Stride+x] = uint8(255 * math.Min(math.Max(d+0.5, 0), 1))
		}
	}
	return m, nil
}

func blurred(t *testing.T, strength float64, shape string) (before, after *image.NRGBA) {
	t.Helper()
	m, h := sitter()
	before = image.NewNRGBA(m.Rect)
	copy(before.Pix, m.Pix)
	b := blur{heads: []head.Head{h}, strength: strength, shape: shape, find: rough}
	if err := b.run(t.Context(), m, func(float64) {}); err != nil {
		t.Fatal(err)
	}
	return before, m
}

func TestABlurredBackgroundTakesNoColourFromThePerson(t *testing.T) {
	t.Parallel()
	for _, shape := range []string{Soft, Lens} {
		before, m := blurred(t, 1, shape)
		for y := range side {
			for x := range side {
				p, q := m.NRGBAAt(x, y), before.NRGBAAt(x, y)
				switch d := math.Hypot(float64(x)-120, float64(y)-120); {
				case d < 62 && (diff(p.R, q.R) > 6 || diff(p.G, q.G) > 6):
					t.Fatalf("%s: %d,%d of the person became %v", shape, x, y, p)
				case d > 76 && int(p.R) > int(p.B)+12: // the stripes are at most 45 more blue than red
					t.Fatalf("%s: %d,%d beside the person glows: %v", shape, x, y, p)
				}
			}
		}
	}
}

func diff(a, b uint8) int {
	if a > b {
		return int(a - b)
	}
	return int(b - a)
}

// contrast is how much stripes differ from each other far from the person.
func contrast(m *image.NRGBA) float64 {
	lo, hi := 255.0, 0.0
	for x := 10; x < 230; x++ {
		v := float64(m.NRGBAAt(x, 12).R)
		lo, hi = min(lo, v), max(hi, v)
	}
	return hi - lo
}

func TestMoreStrengthBlursMore(t *testing.T) {
	t.Parallel()
	for _, shape := range []string{Soft, Lens} {
		before, none := blurred(t, 0.02, shape)
		_, some := blurred(t, 0.4, shape)
		_, much := blurred(t, 1, shape)
		if a, b, c, d := contrast(before), contrast(none), contrast(some), contrast(much); !(a-b < 12 && b > c && c > d && d < a/3) {
			t.Errorf("%s: a contrast of %.0f became %.0f, %.0f, %.0f", shape, a, b, c, d)
		}
	}
}

func TestALensTurnsAPointOfLightIntoADisc(t *testing.T) {
	t.Parallel()
	light := func(shape string) *image.NRGBA {
		m := image.NewNRGBA(image.Rect(0, 0, side, side))
		for i := range m.Pix {
			m.Pix[i] = 40
			if i%4 == 3 {
				m.Pix[i] = 255
			}
		}
		for y := -2; y <= 2; y++ {
			for x := -2; x <= 2; x++ {
				m.SetNRGBA(30+x, 30+y, color.NRGBA{R: 255, G: 255, B: 255, A: 255})
			}
		}
		_, h := sitter()
		b := blur{heads: []head.Head{h}, strength: 1, shape: shape, find: rough}
		if err := b.run(t.Context(), m, func(float64) {}); err != nil {
			t.Fatal(err)
		}
		return m
	}
	soft, lens := light(Soft), light(Lens)
	if a, b := soft.NRGBAAt(30, 30).R, lens.NRGBAAt(30, 30).R; b < a+20 {
		t.Errorf("the middle of the disc has %d, the soft one %d", b, a)
	}
	if a, b := lens.NRGBAAt(30, 30).R, lens.NRGBAAt(34, 30).R; diff(a, b) > 30 {
		t.Errorf("the disc falls from %d to %d", a, b)
	}
}

// lighted lights a gray head.
func lighted(t *testing.T, from string, strength float64, tone uint8) *image.NRGBA {
	t.Helper()
	m, h := sitter()
	for i := range m.Pix {
		if i%4 != 3 && math.Hypot(float64(i/4%side)-120, float64(i/4/side)-120) < 70 {
			m.Pix[i] = tone
		}
	}
	l := lamp{heads: []head.Head{h}, strength: strength, from: from, find: rough}
	if err := l.run(t.Context(), m, func(float64) {}); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestLightComesFromWhereItIsSaidTo(t *testing.T) {
	t.Parallel()
	cheek := func(m *image.NRGBA, x, y int) int { return int(m.NRGBAAt(x, y).G) }
	left, right := lighted(t, Left, 1, 128), lighted(t, Right, 1, 128)
	if a, b := cheek(left, 95, 125), cheek(left, 145, 125); a < b+20 {
		t.Errorf("from the left: %d and %d", a, b)
	}
	if a, b := cheek(right, 95, 125), cheek(right, 145, 125); b < a+20 {
		t.Errorf("from the right: %d and %d", a, b)
	}
	top := lighted(t, Top, 1, 128)
	if a, b := cheek(top, 120, 80), cheek(top, 120, 165); a < b+10 {
		t.Errorf("from the top: %d and %d", a, b)
	}
	front := lighted(t, Front, 1, 128)
	if a, b := cheek(front, 95, 125), cheek(front, 145, 125); diff(uint8(a), uint8(b)) > 3 || a < 118 {
		t.Errorf("from the front: %d and %d", a, b)
	}
	rim := lighted(t, Rim, 1, 128)
	if a, b := cheek(rim, 52, 120), cheek(rim, 95, 125); a < b+15 {
		t.Errorf("from behind: %d at the edge and %d inside", a, b)
	}
}

func TestLightNeitherClipsNorDrowns(t *testing.T) {
	t.Parallel()
	for _, from := range Directions() {
		for _, tone := range []uint8{12, 128, 243} {
			m := lighted(t, from, 1, tone)
			for y := 70; y < 170; y++ {
				for x := 70; x < 170; x++ {
					if math.Hypot(float64(x)-120, float64(y)-120) > 62 {
						continue
					}
					if v := m.NRGBAAt(x, y).G; v == 255 || v < tone/3 {
						t.Fatalf("%s: %d,%d went from %d to %d", from, x, y, tone, v)
					}
				}
			}
		}
	}
}

func TestAFaceKeepsItsBrightnessUnderEveryLight(t *testing.T) {
	t.Parallel()
	for _, from := range []string{Left, Right, Front, Top} {
		m := lighted(t, from, 1, 128)
		sum, n := 0, 0
		for y := 85; y < 160; y++ {
			for x := 90; x < 150; x++ {
				sum += int(m.NRGBAAt(x, y).G)
				n++
			}
		}
		if mean := sum / n; mean < 112 || mean > 150 {
			t.Errorf("%s: a brightness of 128 became %d", from, mean)
		}
	}
}
