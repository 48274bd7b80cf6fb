// Package drawn draws photos with lines: cartoon, pencil and ink.
//
// It promises that lines follow the edges of the picture and stay crisp at every size, because they
// are found on a reduced copy and drawn at the picture's own size. It never looks for faces.
package drawn

import (
	"context"
	"image"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/raster"
)

// Effects returns this package's part of the catalogue.
func Effects() []effect.Effect {
	seed := effect.Param{Name: "seed", Kind: effect.Whole, Min: 0, Max: 1 << 31, Default: "1"}
	return []effect.Effect{
		{Name: "cartoon", Least: 1, Most: 1, Params: []effect.Param{
			{Name: "levels", Kind: effect.Whole, Min: 3, Max: 16, Default: "7"},
			{Name: "edges", Kind: effect.Number, Min: 0, Max: 1, Default: "0.7"},
		}, Run: cartoon},
		{Name: "pencil", Least: 1, Most: 1, Params: []effect.Param{
			{Name: "tone", Kind: effect.Choice, Default: "graphite", Values: []string{"graphite", "color"}},
			{Name: "strength", Kind: effect.Number, Min: 0, Max: 1, Default: "0.6"},
			seed,
		}, Run: pencil},
		{Name: "ink", Least: 1, Most: 1, Params: []effect.Param{
			{Name: "strength", Kind: effect.Number, Min: 0, Max: 1, Default: "0.5"},
			seed,
		}, Run: ink},
	}
}

// sheet is what the three have in common: the picture to draw on and its reduced copy.
type sheet struct {
	*raster.Job
	out   *image.NRGBA // the picture itself
	small raster.Reduced
	unit  float64 // pixels of the reduced copy per unit of the look
	look  float32 // units of the look per pixel of the picture
}

func begin(ctx context.Context, in effect.Input, passes int, progress func(float64)) (sheet, error) {
	img := in.Pictures[0]
	j, err := raster.Start(img, passes, progress)
	if err != nil {
		return sheet{}, err
	}
	scale := max(0.5, raster.ScaleOf(img))
	small, err := j.Reduce(ctx, img)
	return sheet{j, raster.Own(img), small, scale / float64(small.Factor), float32(1 / scale)}, err
}

// rows draws every row of the picture and ends the job.
func (s sheet) rows(ctx context.Context, row func(y int, pix []uint8, b *brush)) (effect.Result, error) {
	err := s.Bands(ctx, s.small.H, func(y0, y1 int) {
		w := s.small.W
		b := &brush{s.Floats(3 * w), s.Floats(w), s.Floats(w)}
		for y := y0; y < y1; y++ {
			row(y, s.out.Pix[y*s.out.Stride:][:4*w], b)
		}
		s.Drop(b.color, b.line, b.tone)
	})
	if err != nil {
		return effect.Result{}, err
	}
	s.Finish()
	return effect.Result{Picture: s.out}, nil
}

// brush is what one band needs to draw a row.
type brush struct{ color, line, tone []float32 }

// lines finds where the reduced copy is darker than its surroundings, along the flow of its edges
// (Kang, Lee and Chui, "Coherent Line Drawing", 2007; Winnemöller, "XDoG", 2011): the difference
// of two blurs, the wide one weighed with weight. wide is left for the caller.
func (s sheet) lines(ctx context.Context, sigma, weight float64) (line, wide raster.Plane, err error) {
	wide, err = s.LumaOf(ctx, s.small.Pic)
	if err != nil {
		return line, wide, err
	}
	flow, err := s.FlowOf(ctx, wide, 2.2*max(0.6, s.unit))
	if err != nil {
		return line, wide, err
	}
	sharp := s.Copy(wide)
	if err := s.Blur(ctx, sharp, sigma); err != nil {
		return line, wide, err
	}
	if err := s.Blur(ctx, wide, 1.6*sigma); err != nil {
		return line, wide, err
	}
	k := float32(weight)
	for i, v := range wide.V {
		sharp.V[i] -= k * v
	}
	line, err = s.Along(ctx, sharp, flow, 4.5*max(0.7, s.unit))
	s.Drop(flow.V, sharp.V)
	return line, wide, err
}

// linePasses is how many passes lines takes.
const linePasses = 1 + 2 + raster.BlurPasses + 2*raster.BlurPasses + 1
