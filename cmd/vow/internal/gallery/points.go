package gallery

import (
	"bytes"
	"image"
	"image/color"

	"vow.example/vow/internal/effects/face"
)

// marked returns the photo with a dot on every point of every face: what "feature points" are. The dots
// are parts of the distance of the eyes wide.
func marked(photo *image.NRGBA, parts float64) *image.NRGBA {
	out := &image.NRGBA{Pix: bytes.Clone(photo.Pix), Stride: photo.Stride, Rect: photo.Rect}
	for _, f := range face.Find(photo) {
		radius := max(1, int(f.EyeDistance()/parts))
		for _, p := range f.Points {
			for y := -radius; y <= radius; y++ {
				for x := -radius; x <= radius; x++ {
					if x*x+y*y <= radius*radius {
						out.SetNRGBA(int(p.X)+x, int(p.Y)+y, color.NRGBA{R: 40, G: 230, B: 120, A: 255})
					}
				}
			}
		}
	}
	return out
}
