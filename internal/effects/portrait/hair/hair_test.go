package hair

import (
	"context"
	"image"
	"image/color"
	"math"
	"testing"

	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/effects/portrait/head"
	"vow.example/vow/internal/effects/raster"
)

const side = 240

// sitter is a face on a gray wall with a cap of brown strands above it.
func sitter() (*image.NRGBA, head.Head) {
	m := image.NewNRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			c := color.NRGBA{R: 170, G: 172, B: 175, A: 255}
			if math.Hypot(float64(x-120)/42, float64(y-130)/58) < 1 {
				c = color.NRGBA{R: 205, G: 160, B: 135, A: 255}
			}
			if hairy(x, y) {
				shade := 0.7 + 0.3*math.Sin(float64(x)*0.9)
				c = color.NRGBA{R: uint8(110 * shade), G: uint8(78 * shade), B: uint8(50 * shade), A: 255}
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m, head.Of(face.Face{
		Box: image.Rect(70, 75, 170, 175), LeftEye: image.Pt(100, 120), RightEye: image.Pt(140, 120),
	})
}

func hairy(x, y int) bool {
	return math.Hypot(float64(x-120)/58, float64(y-95)/55) < 1 && (y < 90 || math.Abs(float64(x-120)) > 42)
}

// found is the mask as a finder gives it.
func found(context.Context, *image.NRGBA, face.Face) (*image.Alpha, error) {
	m := image.NewAlpha(image.Rect(0, 0, side/2, side/2))
	for y := range side / 2 {
		for x := range side / 2 {
			if hairy(2*x, 2*y) {
				m.Pix[y*m.Stride+x] = 255
			}
		}
	}
	return m, nil
}

func none(_ context.Context, img *image.NRGBA, _ face.Face) (*image.Alpha, error) {
	return image.NewAlpha(image.Rect(0, 0, side/2, side/2)), nil
}

func dyed(t *testing.T, d dye, strength float32, find finder) (before, after *image.NRGBA) {
	t.Helper()
	m, h := sitter()
	before, _ = sitter()
	j, err := raster.Start(m, 10, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := dyeOne(t.Context(), j, m, h, coat{dye: d, strength: strength, find: find}); err != nil {
		t.Fatal(err)
	}
	return before, m
}

func labAt(m *image.NRGBA, x, y int) lab {
	c := m.NRGBAAt(x, y)
	return toLab(float32(c.R)/255, float32(c.G)/255, float32(c.B)/255)
}

func TestEveryColourIsReachedAndStrandsStay(t *testing.T) {
	t.Parallel()
	for _, d := range dyes() {
		before, m := dyed(t, d, 1, found)
		var sum lab
		var n, sxy, sxx, syy, mx, my float64
		for y := 50; y < 80; y++ {
			for x := 90; x < 150; x++ {
				c, o := labAt(m, x, y), labAt(before, x, y)
				sum = lab{sum.l + c.l, sum.a + c.a, sum.b + c.b}
				a, b := float64(o.l), float64(c.l)
				n, mx, my, sxx, syy, sxy = n+1, mx+a, my+b, sxx+a*a, syy+b*b, sxy+a*b
			}
		}
		k := float32(1 / n)
		off := math.Hypot(float64(sum.a*k-d.tone.a), float64(sum.b*k-d.tone.b))
		if math.Abs(float64(sum.l*k-d.tone.l)) > 0.07 || off > 0.04 {
			t.Errorf("%s: %v became %v", d.name, d.tone, lab{sum.l * k, sum.a * k, sum.b * k})
		}
		like := (n*sxy - mx*my) / math.Sqrt((n*sxx-mx*mx)*(n*syy-my*my))
		if like < 0.95 {
			t.Errorf("%s: strands are only %.2f like before", d.name, like)
		}
	}
}

func TestOnlyHairIsDyed(t *testing.T) {
	t.Parallel()
	violet, _ := dyeOf("violet")
	before, m := dyed(t, violet, 1, found)
	for _, p := range []image.Point{{120, 130}, {105, 150}, {20, 20}, {220, 120}, {120, 230}} {
		if got, want := m.NRGBAAt(p.X, p.Y), before.NRGBAAt(p.X, p.Y); got != want {
			t.Errorf("%v went from %v to %v", p, want, got)
		}
	}
	_, half := dyed(t, violet, 0.5, found)
	a, b, c := labAt(before, 120, 60).b, labAt(half, 120, 60).b, labAt(m, 120, 60).b
	if !(a > b && b > c) {
		t.Errorf("half the strength is not between: %.3f, %.3f, %.3f", a, b, c)
	}
}

func TestABaldHeadIsLeftAlone(t *testing.T) {
	t.Parallel()
	rose, _ := dyeOf("rose")
	before, m := dyed(t, rose, 1, none)
	for i := range m.Pix {
		if m.Pix[i] != before.Pix[i] {
			t.Fatalf("byte %d changed", i)
		}
	}
}

func TestColoursComeBackFromOklab(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]float32{{0, 0, 0}, {1, 1, 1}, {0.2, 0.5, 0.8}, {1, 0, 0}, {0, 0.9, 0.1}} {
		r, g, b := toLab(c[0], c[1], c[2]).rgb()
		for k, v := range [3]float32{r, g, b} {
			if math.Abs(float64(v-c[k])) > 0.01 {
				t.Errorf("%v came back as %v", c, [3]float32{r, g, b})
			}
		}
	}
}

func TestATableIsCloseToTheBath(t *testing.T) {
	t.Parallel()
	b := newBath(dyes()[3], stats{lab{0.4, 0.02, 0.04}, 0.08})
	tab := newTable(b)
	worst := 0.0
	for r := 0; r < 256; r += 17 {
		for g := 0; g < 256; g += 15 {
			for bl := 0; bl < 256; bl += 51 {
				x, y, z := b.dip(toLab(float32(r)/255, float32(g)/255, float32(bl)/255)).rgb()
				p, q, s := tab.at(uint8(r), uint8(g), uint8(bl))
				worst = max(worst, math.Abs(float64(255*x-p)), math.Abs(float64(255*y-q)), math.Abs(float64(255*z-s)))
			}
		}
	}
	if worst > 12 {
		t.Errorf("a colour is %.1f off", worst)
	}
}
