package style

import (
	"image"
	"runtime"
	"testing"

	"golang.org/x/image/draw"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/effecttest"
	"vow.example/vow/internal/effects/samples"
)

// BenchmarkEffects measures every effect at 1024×1024 and at 12 megapixels, both cores. The bytes per
// operation do not count the input, but the copy of it that every round needs.
func BenchmarkEffects(b *testing.B) {
	for _, e := range Effects() {
		for _, size := range []struct {
			name string
			rect image.Rectangle
		}{{"1MP", image.Rect(0, 0, 1024, 1024)}, {"12MP", image.Rect(0, 0, 4000, 3000)}} {
			b.Run(e.Name+"/"+size.name, func(b *testing.B) { measure(b, e, size.rect) })
		}
	}
}

func measure(b *testing.B, e effect.Effect, r image.Rectangle) {
	m := effecttest.Photo(b, samples.Astronaut)
	big := image.NewNRGBA(r)
	draw.ApproxBiLinear.Scale(big, r, m, m.Rect, draw.Src, nil)
	work := image.NewNRGBA(r)
	v, err := e.Read(nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		copy(work.Pix, big.Pix)
		in := effect.Input{Pictures: []*image.NRGBA{work, m}[:e.Least]}
		if _, err := e.Run(b.Context(), in, v, func(float64) {}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(r.Dx()*r.Dy()), "ns/px")
}

// BenchmarkPeak reports the highest heap of every effect on 12 megapixels, the picture of 48 MB and
// what the collector had not yet freed included.
func BenchmarkPeak(b *testing.B) {
	const w, h = 4000, 3000
	big := sized(b, w, h)
	second := effecttest.Photo(b, samples.Coffee)
	work := clone(big)
	for _, e := range Effects() {
		b.Run(e.Name, func(b *testing.B) {
			v, err := e.Read(nil)
			if err != nil {
				b.Fatal(err)
			}
			var most, base runtime.MemStats
			for b.Loop() {
				copy(work.Pix, big.Pix)
				runtime.GC()
				runtime.ReadMemStats(&base)
				peak := base.HeapAlloc
				in := effect.Input{Pictures: []*image.NRGBA{work, second}[:e.Least]}
				if _, err := e.Run(b.Context(), in, v, func(float64) {
					runtime.ReadMemStats(&most)
					peak = max(peak, most.HeapAlloc)
				}); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(peak-base.HeapAlloc)/1e6+4*w*h/1e6, "peakMB")
				b.ReportMetric(float64(peak-base.HeapAlloc)/(w*h), "B/px")
			}
		})
	}
}
