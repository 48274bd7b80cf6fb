package portrait

import (
	"image"
	"math"
	"testing"

	"golang.org/x/image/draw"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/effecttest"
)

func clone(m *image.NRGBA) *image.NRGBA {
	out := image.NewNRGBA(image.Rectangle{Max: m.Rect.Size()})
	draw.Draw(out, out.Rect, m, m.Rect.Min, draw.Src)
	return out
}

func scaled(m *image.NRGBA, side int) *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, side, side*m.Rect.Dy()/m.Rect.Dx()))
	draw.CatmullRom.Scale(out, out.Rect, m, m.Rect, draw.Src, nil)
	return out
}

// withSkin changes the skin of the face: darker, lighter or warmer.
func withSkin(m *image.NRGBA, gain [3]float64, gamma float64) *image.NRGBA {
	out := clone(m)
	for y := 60; y < 200; y++ {
		for x := 150; x < 300; x++ {
			c := out.NRGBAAt(x, y)
			r, g, b := float64(c.R), float64(c.G), float64(c.B)
			w := min(max((r-g-8)/14, 0), 1) * min(max((r-40)/50, 0), 1) * min(max((75-(g-b))/25, 0), 1)
			w *= min(max((1.25-math.Hypot(float64(x-225)/50, float64(y-120)/70))/0.2, 0), 1)
			for k, v := range [3]*uint8{&c.R, &c.G, &c.B} {
				d := 255 * math.Pow(float64(*v)/255, gamma) * gain[k]
				*v = uint8(min(max(float64(*v)+w*(d-float64(*v)), 0), 255))
			}
			out.SetNRGBA(x, y, c)
		}
	}
	return out
}

func darker(m *image.NRGBA) *image.NRGBA  { return withSkin(m, [3]float64{0.62, 0.55, 0.5}, 1.3) }
func lighter(m *image.NRGBA) *image.NRGBA { return withSkin(m, [3]float64{1, 1.03, 1.05}, 0.8) }
func warmer(m *image.NRGBA) *image.NRGBA  { return withSkin(m, [3]float64{0.95, 0.85, 0.65}, 1.05) }

// named finds an effect of this package.
func named(t testing.TB, name string) effect.Effect {
	t.Helper()
	for _, e := range Effects() {
		if e.Name == name {
			return e
		}
	}
	t.Fatalf("there is no effect %s", name)
	return effect.Effect{}
}

// try runs an effect on a copy of m.
func try(t testing.TB, name string, in effect.Input, params map[string]string) (*image.NRGBA, error) {
	t.Helper()
	e := named(t, name)
	v, err := e.Read(params)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range in.Pictures {
		in.Pictures[i] = clone(m)
	}
	out, err := e.Run(t.Context(), in, v, func(float64) {})
	return out.Picture, err
}

func apply(t testing.TB, name string, m *image.NRGBA, params map[string]string) *image.NRGBA {
	t.Helper()
	out, err := try(t, name, effect.Input{Pictures: []*image.NRGBA{m}}, params)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return out
}

// difference is the mean distance of two pictures of one size.
func difference(a, b *image.NRGBA) float64 {
	sum := 0.0
	for y := range a.Rect.Dy() {
		for x := range a.Rect.Dx() {
			sum += math.Abs(effecttest.Gray(a, x, y) - effecttest.Gray(b, x, y))
		}
	}
	return sum / float64(a.Rect.Dx()*a.Rect.Dy())
}
