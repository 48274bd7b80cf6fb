// Package printed sets photos as patterns: mosaic tiles and the dots of a press.
//
// It promises that the patterns are crisp at every size and have the size, in parts of the picture,
// that their parameter says. It never looks for faces.
package printed

import (
	"context"
	"image"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/raster"
)

// Effects returns this package's part of the catalogue.
func Effects() []effect.Effect {
	return []effect.Effect{
		{Name: "mosaic", Least: 1, Most: 1, Params: []effect.Param{
			{Name: "tile", Kind: effect.Number, Min: 0, Max: 1, Default: "0.3"},
			{Name: "shape", Kind: effect.Choice, Default: "square", Values: []string{"square", "hexagon"}},
		}, Run: mosaic},
		{Name: "halftone", Least: 1, Most: 1, Params: []effect.Param{
			{Name: "dot", Kind: effect.Number, Min: 0, Max: 1, Default: "0.2"},
			{Name: "tone", Kind: effect.Choice, Default: "color", Values: []string{"color", "mono"}},
		}, Run: halftone},
	}
}

// plate is what both start with.
type plate struct {
	*raster.Job
	out   *image.NRGBA
	small raster.Reduced
	scale float64 // pixels of the picture per unit of the look
}

func begin(ctx context.Context, in effect.Input, passes int, progress func(float64)) (plate, error) {
	img := in.Pictures[0]
	j, err := raster.Start(img, passes, progress)
	if err != nil {
		return plate{}, err
	}
	small, err := j.Reduce(ctx, img)
	return plate{j, raster.Own(img), small, max(0.5, raster.ScaleOf(img))}, err
}

// rows writes every row of the picture and ends the job.
func (p plate) rows(ctx context.Context, row func(y int, pix []uint8, color []float32)) (effect.Result, error) {
	err := p.Bands(ctx, p.small.H, func(y0, y1 int) {
		color := p.Floats(3 * p.small.W)
		for y := y0; y < y1; y++ {
			row(y, p.out.Pix[y*p.out.Stride:][:4*p.small.W], color)
		}
		p.Drop(color)
	})
	if err != nil {
		return effect.Result{}, err
	}
	p.Finish()
	return effect.Result{Picture: p.out}, nil
}
