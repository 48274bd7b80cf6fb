package painted

import (
	"context"
	"image"
	"math/rand/v2"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/raster"
)

// canvas is a picture on the easel.
type canvas struct {
	*raster.Job
	out     *image.NRGBA
	small   raster.Reduced
	flow    raster.Flow
	unit    float64 // pixels of the reduced copy per unit of the look
	scale   float64 // pixels of the picture per unit of the look
	height  []uint8 // of the paint
	cover   []uint8 // how much of a pixel is painted
	bristle raster.Grain
	strokes [][]stroke // in blocks of strokeBlock
	count   int
}

// oil paints in four layers, from broad to fine brushes: strokes follow the flow of the edges, end
// where the colour changes, and fine ones are laid only where there is something fine (after
// Hertzmann, "Painterly Rendering with Curved Brush Strokes of Multiple Sizes", 1998). Light from
// the upper left shows the ridges of the bristles.
func oil(ctx context.Context, in effect.Input, v effect.Values, progress func(float64)) (effect.Result, error) {
	img := in.Pictures[0]
	j, err := raster.Start(img, 1+1+2+raster.BlurPasses+1+4+2, progress)
	if err != nil {
		return effect.Result{}, err
	}
	c := canvas{Job: j, out: raster.Own(img), scale: max(0.5, raster.ScaleOf(img))}
	if c.small, err = j.Reduce(ctx, img); err != nil {
		return effect.Result{}, err
	}
	c.unit = c.scale / float64(c.small.Factor)
	l, err := j.LumaOf(ctx, c.small.Pic)
	if err != nil {
		return effect.Result{}, err
	}
	if c.flow, err = j.FlowOf(ctx, l, 4*max(0.5, c.unit)); err != nil {
		return effect.Result{}, err
	}
	j.Drop(l.V)
	seed := uint64(v.Int("seed"))
	c.bristle, err = j.Grain(ctx, seed+31, raster.Layer{X: 64, Y: 2, Weight: 0.5}, raster.Layer{X: 32, Y: 4, Weight: 0.3}, raster.Layer{X: 16, Y: 1, Weight: 0.2})
	if err != nil {
		return effect.Result{}, err
	}
	rnd := rand.New(rand.NewPCG(seed, 41))
	broad := 5 + 12*v.Number("brush")
	for _, part := range []float64{1, 0.5, 0.25, 0.15} {
		if err := j.Bands(ctx, 1, func(int, int) { c.plan(rnd, broad, part) }); err != nil {
			return effect.Result{}, err
		}
	}
	c.height, c.cover = make([]uint8, c.small.W*c.small.H), make([]uint8, c.small.W*c.small.H)
	if err := j.Bands(ctx, c.small.H, c.paint); err != nil {
		return effect.Result{}, err
	}
	if err := j.Bands(ctx, c.small.H, c.light); err != nil {
		return effect.Result{}, err
	}
	clear(c.height)
	clear(c.cover)
	j.Finish()
	return effect.Result{Picture: c.out}, nil
}

// paint draws every stroke that touches the rows, the last one first, so that what lies under a dense
// stroke costs little; the ground fills what is left.
func (c *canvas) paint(y0, y1 int) {
	for y := y0; y < y1; y++ {
		row := c.out.Pix[y*c.out.Stride:][:4*c.small.W]
		for x := 0; x < len(row); x += 4 {
			row[x], row[x+1], row[x+2] = 0, 0, 0
		}
	}
	for i := c.count - 1; i >= 0; i-- {
		if s := c.stroke(i); int(s.bottom) >= y0 && int(s.top) < y1 {
			for y := max(y0, int(s.top)); y < min(y1, int(s.bottom)+1); y++ {
				c.strokeRow(s, y)
			}
		}
	}
	for y := y0; y < y1; y++ {
		row, ground := c.out.Pix[y*c.out.Stride:], c.small.Pic.Pix[y/c.small.Factor*c.small.Pic.Stride:]
		for x, cover := range c.cover[y*c.small.W:][:c.small.W] {
			p, g := row[4*x:4*x+3], ground[x/c.small.Factor*4:]
			for k := range p {
				p[k] += uint8(int(g[k]) * int(255-cover) / 255)
			}
		}
	}
}

// light shades the paint by the slope of its surface.
func (c *canvas) light(y0, y1 int) {
	w, h := c.small.W, c.small.H
	d := max(1, int(c.scale*0.6+0.5))
	for y := y0; y < y1; y++ {
		row := c.out.Pix[y*c.out.Stride:][:4*w]
		up, at, down := c.height[max(0, y-d)*w:][:w], c.height[y*w:][:w], c.height[min(h-1, y+d)*w:][:w]
		for x := range at {
			slope := int(at[min(w-1, x+d)]) - int(at[max(0, x-d)]) + int(down[x]) - int(up[x])
			// Dark paint shines as much as bright paint does: a part of the light is added.
			gain := 256 + max(-64, min(64, slope/2))
			gloss := max(0, min(70, slope)-18) / 4
			p := row[4*x : 4*x+3]
			for k := range p {
				p[k] = uint8(max(0, min(255, int(p[k])*gain>>8+gloss)))
			}
		}
	}
}
