package motion

import (
	"image"
	"testing"

	"vow.example/vow/internal/effects/effecttest"
	"vow.example/vow/internal/effects/samples"
)

// BenchmarkFrame draws frames of the largest size.
func BenchmarkFrame(b *testing.B) {
	for _, name := range []string{"pan_zoom", "parallax"} {
		b.Run(name, func(b *testing.B) {
			f := made(b, name, map[string]string{"size": "large"}, effecttest.Photo(b, samples.Astronaut))
			dst := image.NewNRGBA(image.Rect(0, 0, f.Width, f.Height))
			for i := 0; b.Loop(); i++ {
				if err := f.Draw(b.Context(), i%f.Frames, dst); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkPlan12MP prepares a film of a large photo.
func BenchmarkPlan12MP(b *testing.B) {
	m := image.NewNRGBA(image.Rect(0, 0, 4000, 3000))
	for i := range m.Pix {
		m.Pix[i] = uint8(i * i >> 12)
	}
	for _, name := range []string{"pan_zoom", "parallax"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				made(b, name, map[string]string{"size": "large"}, m)
			}
		})
	}
}
