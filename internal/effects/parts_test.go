package effects

import (
	"image"
	"image/color"
	"math"
	"slices"
	"testing"
)

func job1(t *testing.T) *job {
	t.Helper()
	j, err := start(image.NewNRGBA(image.Rect(0, 0, 1, 1)), 100, nil)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestABlurKeepsTheLightAndSpreadsAsFarAsItSays(t *testing.T) {
	t.Parallel()
	const side = 201
	for _, sigma := range []float64{0.6, 1, 3, 12} {
		p := newPlane(side, side)
		p.v[100*side+100] = 1
		if err := job1(t).blur(t.Context(), p, sigma); err != nil {
			t.Fatal(err)
		}
		sum, spread := 0.0, 0.0
		for i, v := range p.v {
			d := float64(i%side - 100)
			sum += float64(v)
			spread += float64(v) * d * d
		}
		if math.Abs(sum-1) > 0.01 || math.Abs(math.Sqrt(spread)-sigma) > 0.08*sigma {
			t.Errorf("sigma %g: light %.3f, spread %.3f", sigma, sum, math.Sqrt(spread))
		}
	}
}

func TestSmoothingFlattensNoiseAndKeepsAnEdge(t *testing.T) {
	t.Parallel()
	m := image.NewNRGBA(image.Rect(0, 0, 80, 80))
	for y := range 80 {
		for x := range 80 {
			v := uint8(60 + 12*knot(1, int64(x), int64(y)))
			if x >= 40 {
				v += 120
			}
			m.SetNRGBA(x, y, color.NRGBA{v, v, v, 255})
		}
	}
	j := job1(t)
	c, err := j.colorsOf(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	before := c.row(40)[3*20] - c.row(40)[3*21]
	if err := j.smooth(t.Context(), c, m, 20, 0.4); err != nil {
		t.Fatal(err)
	}
	row := c.row(40)
	if edge := row[3*41] - row[3*38]; edge < 110.0/255 {
		t.Errorf("the edge sank to %.3f", edge)
	}
	if after := row[3*20] - row[3*21]; math.Abs(float64(after)) > 0.02 {
		t.Errorf("the noise went from %.3f to %.3f", before, after)
	}
}

func TestNoiseIsEvenAndRepeatsForASeedOnly(t *testing.T) {
	t.Parallel()
	sum, lo, hi := 0.0, float32(1), float32(0)
	for i := range 10000 {
		v := noise(5, float32(i)*0.37-1000, float32(i)*0.11)
		lo, hi = min(lo, v), max(hi, v)
		sum += float64(v)
	}
	if lo < 0 || hi > 1 || hi-lo < 0.8 || math.Abs(sum/10000-0.5) > 0.03 {
		t.Errorf("from %.2f to %.2f, mean %.3f", lo, hi, sum/10000)
	}
	if noise(1, 2.5, 3.5) != noise(1, 2.5, 3.5) || noise(1, 2.5, 3.5) == noise(2, 2.5, 3.5) {
		t.Error("the seed does not decide")
	}
}

// tinted returns a gray ramp from lo to hi under light of a colour.
func tinted(lo, hi int, light [3]float64) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, 256, 40))
	for y := range 40 {
		for x := range 256 {
			v := float64(lo + (hi-lo)*x/255)
			m.SetNRGBA(x, y, color.NRGBA{uint8(v * light[0]), uint8(v * light[1]), uint8(v * light[2]), 255})
		}
	}
	return m
}

func TestTheBalanceCorrectsALittleAndNeverMuch(t *testing.T) {
	t.Parallel()
	blue := cast(tinted(50, 200, [3]float64{1, 1, 1.03}))
	if blue[2] >= 1 || blue[0] <= 1 {
		t.Errorf("blue light: gains %v", blue)
	}
	for _, g := range cast(tinted(50, 200, [3]float64{0.9, 1, 1.1})) {
		if g < 0.97 || g > 1.03 {
			t.Errorf("a gain of %g", g)
		}
	}
	if g := cast(tinted(50, 200, [3]float64{1, 0.3, 0.1})); g != [3]float64{1, 1, 1} {
		t.Errorf("an orange wall is no orange light: %v", g)
	}
	if lo, hi := ends(histogram(tinted(40, 200, [3]float64{1, 1, 1}))); lo != 0.06 || hi != 0.94 {
		t.Errorf("a dull picture: %g, %g", lo, hi)
	}
	if lo, hi := ends(histogram(tinted(0, 255, [3]float64{1, 1, 1}))); lo > 0.01 || hi < 0.99 {
		t.Errorf("a full picture: %g, %g", lo, hi)
	}
	table := balance(tinted(20, 230, [3]float64{1, 1, 1}), Face{Box: image.Rect(50, 0, 90, 40)}, 1)
	for k := range table {
		if !slices.IsSorted(table[k][:]) {
			t.Errorf("channel %d: brighter became darker", k)
		}
	}
}

func TestSkinIsTakenFromTheCheeksWhateverItsColour(t *testing.T) {
	t.Parallel()
	for _, c := range []color.NRGBA{{236, 188, 160, 255}, {141, 85, 54, 255}, {62, 38, 28, 255}} {
		m := image.NewNRGBA(image.Rect(0, 0, 100, 100))
		for i := 0; i < len(m.Pix); i += 4 {
			copy(m.Pix[i:], []uint8{c.R, c.G, c.B, 255})
		}
		f := Face{Box: m.Rect, LeftEye: image.Pt(32, 40), RightEye: image.Pt(68, 40)}
		s := skinOf(m, f)
		r, g, b := float32(c.R)/255, float32(c.G)/255, float32(c.B)/255
		if like := s.likely(r, g, b); like < 0.9 {
			t.Errorf("%v: the skin itself counts %.2f", c, like)
		}
		if like := s.likely(0.85*r, 0.85*g, 0.85*b); like < 0.5 {
			t.Errorf("%v: skin in the shade counts %.2f", c, like)
		}
		if like := s.likely(0.2, 0.4, 0.9); like > 0.05 {
			t.Errorf("%v: blue counts %.2f", c, like)
		}
	}
	if like := (skin{}).likely(0.5, 0.5, 0.5); like != 0 {
		t.Errorf("no skin counts %.2f", like)
	}
}
