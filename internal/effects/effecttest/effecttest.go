// Package effecttest opens the sample photos for tests of effects, and measures what edges are left.
//
// It promises pictures that a test may change: every call opens the photo anew. It never appears in the
// product: archtest refuses its import from anything but a _test file.
package effecttest

import (
	"bytes"
	"image"
	"image/draw"
	"image/jpeg"
	"math"
	"testing"

	"vow.example/vow/internal/effects/raster"
	"vow.example/vow/internal/effects/samples"
)

// Photo opens a sample photo.
func Photo(t testing.TB, name string) *image.NRGBA {
	t.Helper()
	return cut(t, name, image.Rectangle{})
}

// Face returns the part of the photo of a face that shows it, 256×256: enough for most tests, and four
// times faster.
func Face(t testing.TB) *image.NRGBA {
	t.Helper()
	return cut(t, samples.Astronaut, image.Rect(100, 10, 356, 266))
}

// cut returns a part of a photo, or, for the empty rectangle, all of it.
func cut(t testing.TB, name string, part image.Rectangle) *image.NRGBA {
	t.Helper()
	b, err := samples.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	m, err := jpeg.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if part.Empty() {
		part = m.Bounds()
	}
	out := image.NewNRGBA(image.Rectangle{Max: part.Size()})
	draw.Draw(out, out.Rect, m, part.Min, draw.Src)
	return out
}

// Gray is the brightness of a pixel, from 0 to 255.
func Gray(m *image.NRGBA, x, y int) float64 {
	p := m.Pix[y*m.Stride+4*x:]
	return float64(raster.Luma(float32(p[0]), float32(p[1]), float32(p[2])))
}

func slope(m *image.NRGBA, x, y int) float64 {
	return math.Hypot(Gray(m, x+1, y)-Gray(m, x-1, y), Gray(m, x, y+1)-Gray(m, x, y-1))
}

// Kept returns which part of the strong edges of a is still an edge, within a pixel, in b.
func Kept(a, b *image.NRGBA) float64 {
	strong, still := 0, 0
	for y := 2; y < a.Rect.Dy()-2; y++ {
		for x := 2; x < a.Rect.Dx()-2; x++ {
			if slope(a, x, y) < 90 {
				continue
			}
			strong++
			best := 0.0
			for dy := -1; dy <= 1; dy++ {
				for dx := -1; dx <= 1; dx++ {
					best = max(best, slope(b, x+dx, y+dy))
				}
			}
			if best > 45 {
				still++
			}
		}
	}
	return float64(still) / float64(strong)
}
