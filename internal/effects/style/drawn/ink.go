package drawn

import (
	"context"
	"math"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/raster"
)

// pen holds what a row of a pen drawing needs.
type pen struct {
	sheet
	strength float32
	line     raster.Plane
	tone     raster.Plane // brightness, smoothed within edges
	wave     raster.Grain // the hand's tremor
	broken   raster.Grain
}

// ink draws with a pen: lines along the edges, solid blacks, and hatching whose strokes grow wider
// where it is darker.
func ink(ctx context.Context, in effect.Input, v effect.Values, progress func(float64)) (effect.Result, error) {
	s, err := begin(ctx, in, 1+linePasses+1+raster.SmoothPasses+2+1, progress)
	if err != nil {
		return effect.Result{}, err
	}
	p := pen{sheet: s, strength: float32(v.Number("strength"))}
	if err := p.draw(ctx); err != nil {
		return effect.Result{}, err
	}
	seed := uint64(v.Int("seed"))
	if p.wave, err = s.Grain(ctx, seed+11, raster.Layer{X: 32, Y: 32, Weight: 0.7}, raster.Layer{X: 8, Y: 8, Weight: 0.3}); err != nil {
		return effect.Result{}, err
	}
	if p.broken, err = s.Grain(ctx, seed+12, raster.Layer{X: 16, Y: 4, Weight: 0.6}, raster.Layer{X: 4, Y: 4, Weight: 0.4}); err != nil {
		return effect.Result{}, err
	}
	return s.rows(ctx, p.row)
}

func (p *pen) draw(ctx context.Context) error {
	const sharpen = 14
	line, wide, err := p.lines(ctx, 0.9*max(0.65, p.unit), 1)
	if err != nil {
		return err
	}
	p.line = line
	for i, d := range line.V {
		line.V[i] = wide.V[i]*0.5 + sharpen*d
	}
	p.Drop(wide.V)
	c, err := p.ColorsOf(ctx, p.small.Pic)
	if err != nil {
		return err
	}
	if err := p.Smooth(ctx, c, p.small.Pic, 10*p.unit, 0.3); err != nil {
		return err
	}
	p.tone = p.Plane(c.W, c.H)
	for i := range p.tone.V {
		p.tone.V[i] = raster.Luma(c.V[3*i], c.V[3*i+1], c.V[3*i+2])
	}
	p.Drop(c.V)
	return nil
}

func (p *pen) row(y int, pix []uint8, b *brush) {
	p.small.Stretch(b.line, p.line, y)
	p.small.Stretch(b.tone, p.tone, y)
	paper, black := [3]float32{0.985, 0.975, 0.945}, [3]float32{0.07, 0.07, 0.10}
	v := float32(y) * p.look
	edge := 1 / max(0.6, 1/p.look) // one pixel in units of the look, at most
	threshold := 0.02 + 0.10*p.strength
	for x, d := range b.line {
		u := float32(x) * p.look
		ink := 1 - raster.Smoothstep(threshold-0.05, threshold+0.05, d)
		if ink < 1 {
			ink = max(ink, p.hatch(b.tone[x], u, v, edge))
		}
		for k := range 3 {
			pix[4*x+k] = raster.ToByte(paper[k] + ink*(black[k]-paper[k]))
		}
	}
}

// hatch draws up to three directions of strokes, one after another as it gets darker.
func (p *pen) hatch(tone, x, y, edge float32) float32 {
	dark := 1 - tone
	start := 0.52 - 0.24*p.strength
	if dark < start {
		return 0
	}
	wave := 2.2 * (p.wave.At(x, y) - 0.5)
	rough := p.broken.At(x+y, x-y) - 0.5
	ink := stroke(0.7071*(x-y)+wave, 5, 2.4*(dark-start)+0.9*rough, edge)
	if from := start + 0.2; dark > from {
		ink = max(ink, stroke(0.35*x+0.94*y+wave, 5.2, 2.6*(dark-from)+0.9*rough, edge))
	}
	if from := start + 0.36; dark > from {
		ink = max(ink, stroke(0.94*x-0.2*y-wave, 4.6, 2.8*(dark-from)+0.9*rough, edge))
	}
	return ink
}

// stroke is the cover of parallel strokes at a distance along their normal.
func stroke(at, spacing, width, edge float32) float32 {
	if width <= 0 {
		return 0
	}
	d := at / spacing
	d = (d - float32(math.Floor(float64(d))) - 0.5) * spacing
	if d < 0 {
		d = -d
	}
	return raster.Clamp01((width/2-d)/edge+0.5) * min(1, width/edge)
}
