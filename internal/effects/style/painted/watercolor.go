package painted

import (
	"context"
	"image"
	"math"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/raster"
)

// wash holds what a row of a watercolour needs.
type wash struct {
	*raster.Job
	small    raster.Reduced
	unit     float64 // pixels of the reduced copy per unit of the look
	look     float32 // units of the look per pixel of the picture
	strength float32
	flat     raster.Colors
	rim      raster.Plane // pigment that gathered at the rims of a wash
	paper    raster.Grain
	cloud    raster.Grain // how pigment flowed and settled
}

// watercolor paints with transparent washes: their borders wander and dry dark, pigment flows and
// settles in the tooth of the paper, and the lights are the paper itself (after Bousseau, Kaplan,
// Thollot and Sillion, "Interactive Watercolor Rendering", 2006).
func watercolor(ctx context.Context, in effect.Input, v effect.Values, progress func(float64)) (effect.Result, error) {
	img := in.Pictures[0]
	j, err := raster.Start(img, 1+2+1+1+raster.SmoothPasses+1+raster.BlurPasses+1+1, progress)
	if err != nil {
		return effect.Result{}, err
	}
	scale := max(0.5, raster.ScaleOf(img))
	w := wash{Job: j, look: float32(1 / scale), strength: float32(v.Number("strength"))}
	if w.small, err = j.Reduce(ctx, img); err != nil {
		return effect.Result{}, err
	}
	w.unit = scale / float64(w.small.Factor)
	seed := uint64(v.Int("seed"))
	if w.paper, err = j.Grain(ctx, seed+21, raster.Layer{X: 2, Y: 2, Weight: 0.45}, raster.Layer{X: 4, Y: 4, Weight: 0.55}); err != nil {
		return effect.Result{}, err
	}
	if w.cloud, err = j.Grain(ctx, seed+22, raster.Layer{X: 128, Y: 128, Weight: 0.35}, raster.Layer{X: 32, Y: 32, Weight: 0.35},
		raster.Layer{X: 16, Y: 16, Weight: 0.2}, raster.Layer{X: 4, Y: 4, Weight: 0.1}); err != nil {
		return effect.Result{}, err
	}
	if err := w.lay(ctx); err != nil {
		return effect.Result{}, err
	}
	out := raster.Own(img)
	err = j.Bands(ctx, w.small.H, func(y0, y1 int) {
		color, rim := j.Floats(3*w.small.W), j.Floats(w.small.W)
		for y := y0; y < y1; y++ {
			w.row(y, out.Pix[y*out.Stride:][:4*w.small.W], color, rim)
		}
		j.Drop(color, rim)
	})
	if err != nil {
		return effect.Result{}, err
	}
	j.Finish()
	return effect.Result{Picture: out}, nil
}

// lay makes the washes on the reduced copy.
func (w *wash) lay(ctx context.Context) (err error) {
	pic, err := w.wander(ctx)
	if err != nil {
		return err
	}
	if w.flat, err = w.ColorsOf(ctx, pic); err != nil {
		return err
	}
	if err := w.Smooth(ctx, w.flat, pic, (10+14*float64(w.strength))*w.unit, 0.34); err != nil {
		return err
	}
	w.rim = w.Plane(w.flat.W, w.flat.H)
	for i := range w.rim.V {
		w.rim.V[i] = raster.Luma(w.flat.V[3*i], w.flat.V[3*i+1], w.flat.V[3*i+2])
	}
	wide := w.Copy(w.rim)
	if err := w.Blur(ctx, wide, 3*w.unit); err != nil {
		return err
	}
	for i, l := range w.rim.V {
		w.rim.V[i] = 1.5*max(0, min(0.34, wide.V[i]-l)) - 0.9*max(0, min(0.2, l-wide.V[i]))
	}
	w.Drop(wide.V)
	return nil
}

// wander returns the reduced copy with borders that wander as a wet brush does.
func (w *wash) wander(ctx context.Context) (*image.NRGBA, error) {
	src := w.small.Pic
	out := image.NewNRGBA(src.Rect)
	width, height := src.Rect.Dx(), src.Rect.Dy()
	unit := float32(w.unit)
	reach := 16 * unit * (0.3 + 0.7*w.strength)
	return out, w.Bands(ctx, height, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			for x := range width {
				u, v := float32(x)/unit, float32(y)/unit
				a := w.cloud.At(1.7*u, 1.7*v) - 0.5
				b := w.cloud.At(1.7*u+211, 1.7*v+97) - 0.5
				px := max(0, min(float32(width-1), float32(x)+a*reach))
				py := max(0, min(float32(height-1), float32(y)+b*reach))
				between(out.Pix[y*out.Stride+4*x:][:4], src, px, py)
			}
		}
	})
}

// between writes the colour between four pixels.
func between(dst []uint8, src *image.NRGBA, x, y float32) {
	ix, iy := int(x), int(y)
	right, below := min(ix+1, src.Rect.Dx()-1), min(iy+1, src.Rect.Dy()-1)
	s, t := int((x-float32(ix))*256), int((y-float32(iy))*256)
	a, b := src.Pix[iy*src.Stride+4*ix:][:4], src.Pix[iy*src.Stride+4*right:][:4]
	c, d := src.Pix[below*src.Stride+4*ix:][:4], src.Pix[below*src.Stride+4*right:][:4]
	for k := range dst {
		top := int(a[k])<<8 + s*(int(b[k])-int(a[k]))
		bottom := int(c[k])<<8 + s*(int(d[k])-int(c[k]))
		dst[k] = uint8((top<<8 + t*(bottom-top)) >> 16)
	}
}

func (w *wash) row(y int, pix []uint8, color, rim []float32) {
	const washes = 6 // layers from paper to the darkest
	w.small.StretchColors(color, w.flat, y)
	w.small.Stretch(rim, w.rim, y)
	v := float32(y) * w.look
	paper := [3]float32{0.99, 0.98, 0.955}
	for x, r := range rim {
		u := float32(x) * w.look
		c, p := color[3*x:3*x+3], pix[4*x:4*x+3]
		tooth, cloud := w.paper.At(u, v)-0.5, w.cloud.At(u, v)-0.5
		l := raster.Luma(c[0], c[1], c[2])
		at := (l + 0.10*cloud*w.strength) * washes
		bin := float32(math.Floor(float64(at)))
		f := at - bin
		step := (bin+0.5+(raster.Smoothstep(0.3, 0.7, f)-0.5))/washes - 0.10*cloud*w.strength
		dried := raster.Smoothstep(0.25, 0.42, f) * (1 - raster.Smoothstep(0.42, 0.56, f)) // the rim of the darker wash
		to := l + 0.55*w.strength*(step-l)
		light := 1 - (1-raster.Clamp01(to))*(0.92-0.14*w.strength)
		density := 1 + w.strength*(6.5*r+2*cloud+0.35*dried) + (0.4+0.9*w.strength)*tooth*(1.25-l)
		for k := range 3 {
			pigment := raster.Clamp01(light + (c[k]-l)*1.3)
			pigment -= (pigment - pigment*pigment) * (density - 1)
			p[k] = raster.ToByte(paper[k] * pigment * (1 + 0.05*tooth))
		}
	}
}
