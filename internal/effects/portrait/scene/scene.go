// Package scene changes what is around a person: the background loses its sharpness, the light comes from
// elsewhere.
//
// It promises that the person stays as sharp as before, and that nothing that was neither black nor white
// becomes so. It never invents what a background hides.
package scene

import (
	"context"
	"image"

	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/effects/portrait/head"
	"vow.example/vow/internal/effects/portrait/matte"
	"vow.example/vow/internal/effects/raster"
)

// person finds the mask of one person; face.Person outside of tests.
type person func(context.Context, *image.NRGBA, face.Face) (*image.Alpha, error)

// people returns the matte of all persons of a picture.
func people(ctx context.Context, j *raster.Job, img *image.NRGBA, heads []head.Head, find person) (matte.Matte, error) {
	var all *image.Alpha
	span := 0.0
	for _, h := range heads {
		one, err := find(ctx, img, h.Face)
		if err != nil {
			return matte.Matte{}, err
		}
		span = max(span, h.Span)
		if all == nil || all.Rect.Size() != one.Rect.Size() {
			all = one
			continue
		}
		for i, v := range one.Pix {
			all.Pix[i] = max(all.Pix[i], v)
		}
	}
	reach := min(0.3*span, 0.03*float64(max(img.Rect.Dx(), img.Rect.Dy())))
	return matte.Refine(ctx, j, img, all, reach)
}
