package effects

import (
	"context"
	"image"
)

// PencilParams says how a pencil drawing looks; see Specs for the bounds.
type PencilParams struct {
	Color    bool    // coloured pencils instead of graphite
	Strength float64 // how hard the pencil is pressed
	Seed     uint64  // chooses paper and strokes
}

// DefaultPencil returns the parameters of a drawing that nobody changed.
func DefaultPencil() PencilParams { return PencilParams{Strength: 0.6, Seed: 1} }

// paperWhite is warm: graphite on pure white looks like a photocopy.
func paperWhite() [3]float32 { return [3]float32{0.985, 0.98, 0.965} }

// Pencil draws img with contour lines, hatching where it is dark, and paper grain. Transparency is
// kept. It needs 32 bytes per pixel, the picture and the result counted.
func Pencil(ctx context.Context, img *image.NRGBA, p PencilParams, progress func(float64)) (*image.NRGBA, error) {
	if err := within(NamePencil, "strength", p.Strength); err != nil {
		return nil, err
	}
	j, err := start(img, 1+smoothPasses+1+2*blurPasses+1, progress)
	if err != nil {
		return nil, err
	}
	scale := scaleOf(img)
	c, err := j.colorsOf(ctx, img)
	if err != nil {
		return nil, err
	}
	if err := j.smooth(ctx, c, img, 8*scale, 0.25); err != nil {
		return nil, err
	}
	l, err := j.lumaOf(ctx, img)
	if err != nil {
		return nil, err
	}
	around := l.clone()
	if err := j.blur(ctx, l, max(0.5, 0.6*scale)); err != nil {
		return nil, err
	}
	if err := j.blur(ctx, around, 5*scale); err != nil {
		return nil, err
	}
	out := image.NewNRGBA(image.Rect(0, 0, c.w, c.h))
	d := drawing{p, float32(1 / max(0.6, scale)), out, img, c, l, around}
	err = j.bands(ctx, c.h, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			d.row(y)
		}
	})
	return out, err
}

type drawing struct {
	params PencilParams
	unit   float32 // pixels of the look per pixel of the picture
	out    *image.NRGBA
	img    *image.NRGBA
	tone   colors
	l      plane // brightness
	around plane // brightness of the surroundings
}

func (d drawing) row(y int) {
	dst, alpha := d.out.Pix[y*d.out.Stride:], d.img.Pix[y*d.img.Stride:]
	tone, l, around := d.tone.row(y), d.l.row(y), d.around.row(y)
	white, press := paperWhite(), float32(0.55+0.75*d.params.Strength)
	for x := range l {
		r, g, b := tone[3*x], tone[3*x+1], tone[3*x+2]
		t := luma(r, g, b)
		dark := d.line(l[x], around[x]) + d.hatch(1-t, float32(x)*d.unit, float32(y)*d.unit)
		dark *= press
		dark = clamp01(dark * d.grain(float32(x)*d.unit, float32(y)*d.unit, dark))
		dark = 0.93 * dark
		pigment := [3]float32{0.13, 0.13, 0.15}
		if d.params.Color {
			const vivid = 1.5
			pigment = [3]float32{
				clamp01(0.62*t + (r-t)*vivid), clamp01(0.62*t + (g-t)*vivid), clamp01(0.62*t + (b-t)*vivid),
			}
			dark = clamp01(dark*0.9 + 0.35*chroma(r, g, b))
		}
		for k := range 3 {
			dst[4*x+k] = toByte(white[k] + dark*(pigment[k]-white[k]))
		}
		dst[4*x+3] = alpha[4*x+3]
	}
}

func chroma(r, g, b float32) float32 { return max(r, g, b) - min(r, g, b) }

// line is strong where a pixel is darker than what lies around it: the classic "dodge".
func (d drawing) line(l, around float32) float32 {
	ratio := (l + 0.06) / (around + 0.06)
	return 1.7 * smoothstep(0.03, 0.75, 1-ratio)
}

// hatch lays strokes in one direction over half-tones and crosses them where it is dark.
func (d drawing) hatch(dark, x, y float32) float32 {
	const long, thin = 1.0 / 34, 1.0 / 1.7
	u, v := (x+y)*0.7071, (x-y)*0.7071
	wave := 3 * noise(d.params.Seed+7, u/60, v/60)
	first := noise(d.params.Seed+1, u*long, (v+wave)*thin)
	shade := 0.06*dark + dark*dark*0.62
	stroke := smoothstep(0.05, 0.9, dark) * smoothstep(0.35, 0.75, first) * 0.5
	if dark > 0.5 {
		second := noise(d.params.Seed+2, (x*0.94+y*0.34)*long, (y*0.94-x*0.34+wave)*thin)
		stroke += smoothstep(0.5, 0.95, dark) * smoothstep(0.4, 0.8, second) * 0.4
	}
	return shade + stroke*(0.4+0.35*dark)
}

// grain is the tooth of the paper: it shows most where the pencil is neither absent nor dense.
func (d drawing) grain(x, y, dark float32) float32 {
	tooth := 0.6*noise(d.params.Seed+3, x/1.1, y/1.1) + 0.4*noise(d.params.Seed+4, x/3.1, y/3.1)
	depth := 0.95 * (1 - 0.6*clamp01(dark))
	return 1 - depth*(tooth-0.35)
}
