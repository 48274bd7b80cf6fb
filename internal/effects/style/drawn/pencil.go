package drawn

import (
	"context"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/raster"
)

// drawing holds what a row of a pencil drawing needs.
type drawing struct {
	sheet
	colored       bool
	press         float32
	flat          raster.Colors // smoothed within edges
	line          raster.Plane
	tooth         raster.Grain // of the paper
	first, second raster.Grain // strokes in two directions
	wave          raster.Grain
}

// pencil draws with contour lines, hatching where it is dark, and the grain of the paper.
func pencil(ctx context.Context, in effect.Input, v effect.Values, progress func(float64)) (effect.Result, error) {
	s, err := begin(ctx, in, 1+linePasses+1+1+raster.SmoothPasses+4+1, progress)
	if err != nil {
		return effect.Result{}, err
	}
	d := drawing{sheet: s, colored: v.Word("tone") == "color", press: float32(0.55 + 0.75*v.Number("strength"))}
	if d.line, err = d.contours(ctx); err != nil {
		return effect.Result{}, err
	}
	if d.flat, err = s.ColorsOf(ctx, s.small.Pic); err != nil {
		return effect.Result{}, err
	}
	if err := s.Smooth(ctx, d.flat, s.small.Pic, 8*s.unit, 0.25); err != nil {
		return effect.Result{}, err
	}
	if err := d.grains(ctx, uint64(v.Int("seed"))); err != nil {
		return effect.Result{}, err
	}
	return s.rows(ctx, d.row)
}

func (d *drawing) grains(ctx context.Context, seed uint64) (err error) {
	strokes := []raster.Layer{{X: 32, Y: 2, Weight: 0.75}, {X: 64, Y: 1, Weight: 0.25}}
	if d.tooth, err = d.Grain(ctx, seed+3, raster.Layer{X: 1, Y: 1, Weight: 0.6}, raster.Layer{X: 4, Y: 4, Weight: 0.4}); err != nil {
		return err
	}
	if d.first, err = d.Grain(ctx, seed+1, strokes...); err != nil {
		return err
	}
	if d.second, err = d.Grain(ctx, seed+2, strokes...); err != nil {
		return err
	}
	d.wave, err = d.Grain(ctx, seed+7, raster.Layer{X: 64, Y: 64, Weight: 1})
	return err
}

// contours returns how dark the line of every pixel is: where it is darker than what lies around
// it (the classic "dodge"), and where the flow of an edge says "line".
func (d *drawing) contours(ctx context.Context) (raster.Plane, error) {
	line, wide, err := d.lines(ctx, 0.7*max(0.7, d.unit), 1)
	if err != nil {
		return line, err
	}
	d.Drop(wide.V)
	l, err := d.LumaOf(ctx, d.small.Pic)
	if err != nil {
		return line, err
	}
	around := d.Copy(l)
	if err := d.Blur(ctx, l, max(0.5, 0.6*d.unit)); err != nil {
		return line, err
	}
	if err := d.Blur(ctx, around, 5*d.unit); err != nil {
		return line, err
	}
	for i, v := range line.V {
		ratio := (l.V[i] + 0.06) / (around.V[i] + 0.06)
		line.V[i] = 1.25*raster.Smoothstep(0.03, 0.75, 1-ratio) + 0.62*raster.Smoothstep(0.004, 0.05, -v)
	}
	d.Drop(l.V, around.V)
	return line, nil
}

func (d *drawing) row(y int, pix []uint8, b *brush) {
	d.small.Join(b.color, d.flat, y, pix)
	d.small.Stretch(b.line, d.line, y)
	white := [3]float32{0.985, 0.98, 0.965} // warm: graphite on pure white looks like a photocopy
	v := float32(y) * d.look
	for x, line := range b.line {
		s, p := b.color[3*x:3*x+3], pix[4*x:4*x+3]
		t := raster.Luma(s[0], s[1], s[2])
		u := float32(x) * d.look
		dark := d.press * (line + d.hatch(1-t, u, v))
		tooth := d.tooth.At(u*1.2, v*1.2)
		dark = 0.93 * raster.Clamp01(dark*(1-0.95*(1-0.6*raster.Clamp01(dark))*(tooth-0.35)))
		pigment := [3]float32{0.13, 0.13, 0.15}
		if d.colored {
			const vivid = 1.5
			for k := range pigment {
				pigment[k] = raster.Clamp01(0.62*t + (s[k]-t)*vivid)
			}
			dark = raster.Clamp01(dark*0.9 + (0.8-0.45*tooth)*(max(s[0], s[1], s[2])-min(s[0], s[1], s[2])))
		}
		for k := range 3 {
			p[k] = raster.ToByte(white[k] + dark*(pigment[k]-white[k]))
		}
	}
}

// hatch lays strokes in one direction over half-tones and crosses them where it is dark.
func (d *drawing) hatch(dark, x, y float32) float32 {
	u, v := (x+y)*0.7071, (x-y)*0.7071
	wave := 3 * d.wave.At(u, v)
	shade := 0.06*dark + dark*dark*0.62
	stroke := raster.Smoothstep(0.05, 0.9, dark) * raster.Smoothstep(0.38, 0.72, d.first.At(u, (v+wave)*1.2)) * 0.5
	if dark > 0.5 {
		second := d.second.At(x*0.94+y*0.34, (y*0.94-x*0.34+wave)*1.2)
		stroke += raster.Smoothstep(0.5, 0.95, dark) * raster.Smoothstep(0.4, 0.75, second) * 0.4
	}
	return shade + stroke*(0.4+0.35*dark)
}
