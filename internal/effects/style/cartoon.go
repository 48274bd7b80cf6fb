package effects

import (
	"context"
	"image"
	"math"
)

// CartoonParams says how a cartoon looks; see Specs for the bounds.
type CartoonParams struct {
	Levels int     // steps of brightness
	Edges  float64 // how much ink
}

// DefaultCartoon returns the parameters of a cartoon that nobody changed.
func DefaultCartoon() CartoonParams { return CartoonParams{Levels: 7, Edges: 0.7} }

// Cartoon paints img in few, flat, lively colours with ink lines. Transparency is kept. It needs
// 32 bytes per pixel, the picture and the result counted.
func Cartoon(ctx context.Context, img *image.NRGBA, p CartoonParams, progress func(float64)) (*image.NRGBA, error) {
	if err := within(NameCartoon, "levels", float64(p.Levels)); err != nil {
		return nil, err
	}
	if err := within(NameCartoon, "edges", p.Edges); err != nil {
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
	if err := j.smooth(ctx, c, img, 22*scale, 0.42); err != nil {
		return nil, err
	}
	narrow, wide, err := j.inkPlanes(ctx, c, scale)
	if err != nil {
		return nil, err
	}
	out := image.NewNRGBA(image.Rect(0, 0, c.w, c.h))
	err = j.bands(ctx, c.h, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			paintRow(out.Pix[y*out.Stride:], img.Pix[y*img.Stride:], c.row(y), p)
			inkRow(out.Pix[y*out.Stride:], narrow.row(y), wide.row(y), p.Edges)
		}
	})
	return out, err
}

// inkPlanes blurs the brightness twice; lines are where the two differ.
func (j *job) inkPlanes(ctx context.Context, c colors, scale float64) (narrow, wide plane, err error) {
	narrow = newPlane(c.w, c.h)
	err = j.bands(ctx, c.h, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			src, dst := c.row(y), narrow.row(y)
			for x := range dst {
				dst[x] = luma(src[3*x], src[3*x+1], src[3*x+2])
			}
		}
	})
	if err != nil {
		return narrow, wide, err
	}
	wide = narrow.clone()
	sigma := 0.9 * max(0.6, scale)
	if err = j.blur(ctx, narrow, sigma); err == nil {
		err = j.blur(ctx, wide, 1.6*sigma)
	}
	return narrow, wide, err
}

// paintRow quantises brightness with soft steps, so that borders between steps do not flicker,
// and makes colours livelier.
func paintRow(dst, alpha []uint8, src []float32, p CartoonParams) {
	const lively, sharpness = 1.35, 9
	levels := float32(p.Levels)
	for x := 0; 3*x < len(src); x++ {
		r, g, b := src[3*x], src[3*x+1], src[3*x+2]
		l := luma(r, g, b)
		at := l * levels
		bin := float32(math.Floor(float64(at)))
		soft := float32(math.Tanh(float64(sharpness*(at-bin-0.5)))) * 0.5
		flat := clamp01((bin + 0.5 + soft) / levels)
		flat = flat + 0.06*flat*(1-flat)*4
		dst[4*x] = toByte(flat + (r-l)*lively)
		dst[4*x+1] = toByte(flat + (g-l)*lively)
		dst[4*x+2] = toByte(flat + (b-l)*lively)
		dst[4*x+3] = alpha[4*x+3]
	}
}

// inkRow darkens a row where the difference of the two blurs says "line" (Winnemöller, "XDoG",
// 2011).
func inkRow(dst []uint8, narrow, wide []float32, edges float64) {
	const slope = 60
	threshold := float32(0.022 - 0.02*edges)
	for x := range narrow {
		d := narrow[x] - wide[x]
		if d >= -threshold {
			continue
		}
		ink := 1 - float32(math.Tanh(float64(slope*(-d-threshold))))*float32(min(1, 1.4*edges))
		for k := range 3 {
			dst[4*x+k] = uint8(float32(dst[4*x+k])*ink + 0.5)
		}
	}
}
