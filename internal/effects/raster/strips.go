package raster

import (
	"context"
	"image"
)

// Strips is Bands over the rows of a picture for an effect that overwrites rows while another band
// still needs them: row returns row y as it was, for y up to halo rows outside of the band, and for
// rows of the band that f has not yet overwritten. Beyond the picture its first or last row is
// repeated.
func (j *Job) Strips(ctx context.Context, img *image.NRGBA, halo int, f func(lo, hi int, row func(y int) []uint8)) error {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	count := min(h, bandsPerPass)
	kept := make([][]uint8, h)
	for i := range count {
		for _, r := range [2][2]int{{h * i / count, -1}, {h*i/count - 1, 1}} {
			for n := 0; n < halo; n++ {
				if y := r[0] - n*r[1]; y >= 0 && y < h && kept[y] == nil && i > 0 {
					kept[y] = append([]uint8(nil), img.Pix[y*img.Stride:][:4*w]...)
				}
			}
		}
	}
	err := j.Bands(ctx, h, func(lo, hi int) {
		f(lo, hi, func(y int) []uint8 {
			y = max(0, min(h-1, y))
			if kept[y] != nil {
				return kept[y]
			}
			return img.Pix[y*img.Stride:][:4*w]
		})
	})
	for _, k := range kept {
		clear(k)
	}
	return err
}
