package swap

import (
	"context"
	"image"

	"vow.example/vow/internal/effects/raster"
)

const (
	enlarging  = 0.7 // photo pixels per template pixel below which a face is enlarged
	calmReach  = 1.4 // pixels of the photo: JPEG keeps colour at half the resolution, in blocks
	calmPasses = 1 + 2*raster.BlurPasses + 1
)

// calm smooths the colour of a layer that was enlarged, not its brightness: what JPEG left of colour
// would show as blotches. scale is in pixels of the photo per pixel of the layer.
func calm(ctx context.Context, j *raster.Job, layer *image.NRGBA, scale float64) error {
	w, h := layer.Rect.Dx(), layer.Rect.Dy()
	m := cellsOf(w, h, 2)
	red, blue := raster.NewPlane(m.cols, m.rows), raster.NewPlane(m.cols, m.rows)
	err := j.Bands(ctx, m.rows, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			for x := range m.cols {
				var c [4]uint8
				mean(c[:], layer, image.Rect(2*x, 2*y, min(w, 2*x+2), min(h, 2*y+2)))
				l := raster.Luma(float32(c[0]), float32(c[1]), float32(c[2]))
				red.V[y*m.cols+x], blue.V[y*m.cols+x] = float32(c[0])-l, float32(c[2])-l
			}
		}
	})
	for _, p := range []raster.Plane{red, blue} {
		if err == nil {
			err = j.Blur(ctx, p, calmReach/2/max(0.05, scale))
		}
	}
	if err != nil {
		return err
	}
	return j.Bands(ctx, h, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			row := layer.Pix[y*layer.Stride:][:4*w]
			across := m.line(y)
			for x := range w {
				p := row[4*x : 4*x+3]
				l := raster.Luma(float32(p[0]), float32(p[1]), float32(p[2]))
				dr, db := across.at(red.V, x), across.at(blue.V, x)
				p[0], p[1], p[2] = toByte(l+dr), toByte(l-(0.299*dr+0.114*db)/0.587), toByte(l+db)
			}
		}
	})
}
