package matte

import (
	"context"
	"errors"
	"image"
	"image/color"
	"math"
	"testing"
)

// drawn is a doll: a round face, a cap of hair that is cut out at the face, and a body, before a wall.
func drawn(w, h int, eyes float64, hair color.NRGBA) (*image.NRGBA, Head) {
	head := Head{X: float64(w) / 2, Y: float64(h) * 0.4, DX: eyes, Chin: 1.75, Forehead: 0.8}
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.NRGBA{R: uint8(150 + 20*x/w), G: 170, B: 190, A: 255}
			ux, uy := head.at(float64(x), float64(y))
			if uy > 2 && math.Abs(ux) < 2.4 || uy > 1 && math.Abs(ux) < 0.6 {
				c = color.NRGBA{R: 60, G: 90, B: uint8(60 + 20*(x%3)), A: 255}
			}
			if uy < 0.8 && ellipse(ux, uy-0.1, 1.5, 1.8) < 1 {
				c = hair
				c.R += uint8(8 * (y % 4))
			}
			if head.face(ux, uy) < 1 {
				c = color.NRGBA{R: 220, G: 180, B: 155, A: 255}
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m, head
}

func at(m *image.Alpha, h Head, k, ux, uy float64) uint8 {
	return m.AlphaAt(int(k*(h.X+ux*h.DX)), int(k*(h.Y+uy*h.DX))).A
}

func TestHairIsToldFromFaceWallAndBody(t *testing.T) {
	t.Parallel()
	for name, hair := range map[string]color.NRGBA{"dark": {R: 40, G: 30, B: 25, A: 255}, "fair": {R: 200, G: 160, B: 80, A: 255}, "blue": {R: 30, G: 60, B: 160, A: 255}} {
		img, h := drawn(300, 360, 42, hair)
		m, err := Hair(t.Context(), img, h)
		if err != nil {
			t.Fatal(err)
		}
		for what, p := range map[string]struct {
			x, y   float64
			lo, hi uint8
		}{
			"above":     {0, -1.2, 220, 255},
			"beside":    {-1.25, -0.2, 200, 255},
			"nose":      {0, 0.5, 0, 20},
			"wall":      {-2.4, -1, 0, 25},
			"wall high": {0, -2.4, 0, 40},
			"body":      {0.8, 3, 0, 25},
		} {
			if v := at(m, h, 1, p.x, p.y); v < p.lo || v > p.hi {
				t.Errorf("%s hair, %s: %d", name, what, v)
			}
		}
	}
}

func TestAPersonHasHeadAndBodyButNoWall(t *testing.T) {
	t.Parallel()
	img, h := drawn(1200, 1440, 168, color.NRGBA{R: 40, G: 30, B: 25, A: 255})
	m, err := Person(t.Context(), img, h)
	if err != nil {
		t.Fatal(err)
	}
	if m.Rect != image.Rect(0, 0, 427, 512) {
		t.Errorf("a mask of %v", m.Rect)
	}
	k := 427.0 / 1200
	for what, p := range map[string][2]float64{"hair": {0, -1.2}, "face": {0, 0.5}, "neck": {0, 1.9}, "shoulder": {2, 2.6}, "body": {-1, 4}} {
		if v := at(m, h, k, p[0], p[1]); v < 220 {
			t.Errorf("%s: %d", what, v)
		}
	}
	for what, p := range map[string][2]float64{"left": {-2.8, 0}, "right": {2.8, -1}, "above": {0, -2.3}, "corner": {-3.2, 2.4}} {
		if v := at(m, h, k, p[0], p[1]); v > 35 {
			t.Errorf("wall %s: %d", what, v)
		}
	}
}

func TestAMaskOfAnOddPictureIsMadeOrRefusedButNeverFails(t *testing.T) {
	t.Parallel()
	for _, r := range []image.Rectangle{image.Rect(0, 0, 1, 1), image.Rect(0, 0, 900, 3), image.Rect(0, 0, 3, 700), image.Rect(0, 0, 97, 98)} {
		img := image.NewNRGBA(r)
		for _, h := range []Head{{X: 5, Y: 5, DX: 30, Chin: 1.8, Forehead: 0.8}, {X: -900, Y: 4000, DX: 3, DY: 40, Chin: 1.3, Forehead: 0.4}} {
			for _, f := range []func(context.Context, *image.NRGBA, Head) (*image.Alpha, error){Hair, Person} {
				if m, err := f(t.Context(), img, h); err != nil || m.Rect.Empty() {
					t.Errorf("%v: %v, %v", r, m, err)
				}
			}
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	img, h := drawn(100, 120, 14, color.NRGBA{A: 255})
	if _, err := Person(ctx, img, h); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestTheGuidedFilterKeepsAFlatMaskAndFollowsAnEdge(t *testing.T) {
	t.Parallel()
	const w, h = 40, 20
	p := picture{w: w, h: h}
	for k := range p.v {
		p.v[k] = make([]float32, w*h)
	}
	flat, blurred := make([]float32, w*h), make([]float32, w*h)
	for i := range flat {
		flat[i] = 0.5
		if i%w >= 20 {
			p.v[0][i] = 1
		}
		blurred[i] = max(0, min(1, float32(i%w-14)/12))
	}
	for i, v := range p.refine(flat, 4, 1e-4) {
		if v < 0.49 || v > 0.51 {
			t.Fatalf("pixel %d became %.2f", i, v)
		}
	}
	out := p.refine(blurred, 6, 1e-4)
	if jump := out[10*w+20] - out[10*w+19]; jump < 0.3 {
		t.Errorf("the edge is %.2f high", jump)
	}
}

func TestLongHairIsFollowedDownToTheShoulders(t *testing.T) {
	t.Parallel()
	hair := color.NRGBA{R: 70, G: 40, B: 25, A: 255}
	img, h := drawn(300, 360, 42, hair)
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			ux, uy := h.at(float64(x), float64(y))
			if side := math.Abs(ux); uy > -0.3 && uy < 2.4 && side < 1.6 && side > 0.6 && h.face(ux, uy) > 1 {
				c := hair
				c.R += uint8(8 * (x % 4))
				img.SetNRGBA(x, y, c)
			}
		}
	}
	m, err := Hair(t.Context(), img, h)
	if err != nil {
		t.Fatal(err)
	}
	person, err := Person(t.Context(), img, h)
	if err != nil {
		t.Fatal(err)
	}
	for _, y := range []float64{0, 0.8, 1.4, 2} {
		if v := at(m, h, 1, -1.25, y); v < 150 {
			t.Errorf("at %.1f: hair %d", y, v)
		}
		if v := at(person, h, 1, -1.25, y); v < 150 {
			t.Errorf("at %.1f: person %d", y, v)
		}
		if v := at(m, h, 1, 2.2, y); v > 30 {
			t.Errorf("wall at %.1f: hair %d", y, v)
		}
	}
}
