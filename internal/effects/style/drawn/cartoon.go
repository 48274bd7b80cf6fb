package drawn

import (
	"context"
	"math"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/raster"
)

const toneSteps = 1024

// comic holds what a row of a cartoon needs.
type comic struct {
	sheet
	flat  raster.Colors // smoothed within edges
	line  raster.Plane
	tone  [toneSteps + 1]float32 // brightness in soft steps
	edges float32
}

// cartoon paints in few, flat, lively colours with ink lines along the edges.
func cartoon(ctx context.Context, in effect.Input, v effect.Values, progress func(float64)) (effect.Result, error) {
	s, err := begin(ctx, in, 1+linePasses+1+raster.SmoothPasses+1, progress)
	if err != nil {
		return effect.Result{}, err
	}
	c := comic{sheet: s, edges: float32(v.Number("edges"))}
	line, wide, err := s.lines(ctx, 0.95*max(0.7, s.unit), 1)
	if err != nil {
		return effect.Result{}, err
	}
	s.Drop(wide.V)
	c.line = line
	if c.flat, err = s.ColorsOf(ctx, s.small.Pic); err != nil {
		return effect.Result{}, err
	}
	if err := s.Smooth(ctx, c.flat, s.small.Pic, 22*s.unit, 0.36); err != nil {
		return effect.Result{}, err
	}
	c.steps(v.Int("levels"))
	return s.rows(ctx, c.row)
}

// steps fills the table of brightness: its steps are soft, so that borders between them do not
// flicker.
func (c *comic) steps(levels int) {
	const sharpness = 9
	n := float64(levels)
	for i := range c.tone {
		at := float64(i) / toneSteps * n
		bin := min(math.Floor(at), n-1)
		flat := (bin + 0.5 + 0.5*math.Tanh(sharpness*(at-bin-0.5))) / n
		flat = max(0, min(1, flat))
		c.tone[i] = float32(flat + 0.24*flat*(1-flat))
	}
}

func (c *comic) row(y int, pix []uint8, b *brush) {
	const lively = 1.4
	c.small.Join(b.color, c.flat, y, pix)
	c.small.Stretch(b.line, c.line, y)
	threshold, most := 0.017-0.015*c.edges, min(0.95, 1.35*c.edges)
	for x, d := range b.line {
		s, p := b.color[3*x:3*x+3], pix[4*x:4*x+3]
		l := raster.Luma(s[0], s[1], s[2])
		t := c.tone[int(raster.Clamp01(l)*toneSteps)]
		ink := float32(1)
		if d = -d - threshold; d > 0 {
			ink = 1 - most*min(1, d*(130-4200*min(d, 0.0154)))
		}
		p[0] = raster.ToByte((t + (s[0]-l)*lively) * ink)
		p[1] = raster.ToByte((t + (s[1]-l)*lively) * ink)
		p[2] = raster.ToByte((t + (s[2]-l)*lively) * ink)
	}
}
