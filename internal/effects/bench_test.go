package effects

import (
	"flag"
	"image"
	"os"
	"testing"

	"golang.org/x/image/draw"
)

// TestMain declares the flag that renews the pictures in docs/effects.
func TestMain(m *testing.M) {
	flag.Bool("update", false, "write docs/effects anew")
	os.Exit(m.Run())
}

// ofMegapixels returns the face photo, enlarged.
func ofMegapixels(b *testing.B, w, h int) *image.NRGBA {
	m := photo(b, "astronaut.jpg")
	big := image.NewNRGBA(image.Rect(0, 0, w, h))
	draw.ApproxBiLinear.Scale(big, big.Rect, m, m.Rect, draw.Src, nil)
	return big
}

func perMegapixel(b *testing.B, name string) {
	for size, wh := range map[string][2]int{"1MP": {1000, 1000}, "12MP": {4000, 3000}} {
		b.Run(size, func(b *testing.B) {
			m := ofMegapixels(b, wh[0], wh[1])
			b.ReportAllocs()
			for b.Loop() {
				run(b, name, m, nil)
			}
			mp := float64(wh[0]*wh[1]) / 1e6
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/mp, "ns/MP")
		})
	}
}

func BenchmarkCartoon(b *testing.B) { perMegapixel(b, NameCartoon) }

func BenchmarkPencil(b *testing.B) { perMegapixel(b, NamePencil) }

func BenchmarkPortrait(b *testing.B) { perMegapixel(b, NamePortrait) }

func BenchmarkFaces(b *testing.B) {
	m := ofMegapixels(b, 4000, 3000)
	for b.Loop() {
		if len(Faces(m)) != 1 {
			b.Fatal("the face is gone")
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/12, "ns/MP")
}
