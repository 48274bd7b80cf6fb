package swap

import (
	"fmt"
	"image"
	"image/draw"
	"testing"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/effecttest"
	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/effects/material"
)

// enlarged is the astronaut in a photo of that size, w at least h.
func enlarged(tb testing.TB, w, h int) (*image.NRGBA, [face.PointCount]face.Point) {
	tb.Helper()
	scale := float64(h) / 512
	m := projective{scale, 0, float64(w-h) / 2, 0, scale, 0, 0, 0, 1}
	square := projected(effecttest.Photo(tb, samplesAstronaut), projective{scale, 0, 0, 0, scale, 0, 0, 0, 1}, h)
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	draw.Draw(out, image.Rect((w-h)/2, 0, (w+h)/2, h), square, image.Point{}, draw.Src)
	return out, moved(astronautPoints(), m)
}

// BenchmarkSwap is the whole effect: template, face, warp, tone and blend.
func BenchmarkSwap(b *testing.B) {
	for _, size := range []image.Point{{X: 1024, Y: 1024}, {X: 4000, Y: 3000}} {
		b.Run(fmt.Sprint(size.X), func(b *testing.B) {
			src, points := enlarged(b, size.X, size.Y)
			e := Effects()[0]
			v, err := e.Read(nil)
			if err != nil {
				b.Fatal(err)
			}
			b.Run("effect", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := e.Run(b.Context(), effect.Input{Pictures: []*image.NRGBA{src}}, v, func(float64) {}); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("into", func(b *testing.B) {
				b.ReportAllocs()
				t, err := find(e.Params[0].Default, nil, material.FS())
				if err != nil {
					b.Fatal(err)
				}
				for b.Loop() {
					into(b, t, Source{src, points}, DefaultBlend)
				}
			})
		})
	}
}
