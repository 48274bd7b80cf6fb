package repair

import (
	"context"
	"image"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/raster"
	"vow.example/vow/internal/fault"
)

// CodeLarge is the stable code of the fault of a picture that is too large to enlarge.
const CodeLarge = "picture-too-large"

const (
	mostPixels = 32_000_000 // of an enlarged picture: with the small one, a job stays below 200 MB
	tileWide   = 96         // of the part that is enlarged at a time
	tileHigh   = 32
	halo       = 6   // pixels around it that take part
	rounds     = 2   // of back-projection
	aside      = 0.1 // what a pixel takes from its neighbours along an edge
)

// upscale makes 2 or 4 times as many pixels along each side: it enlarges, smooths along the edges so
// that they have no steps, and corrects the result until it shrinks back to the picture (iterative
// back-projection, Irani and Peleg, 1991). It sharpens what is there and invents nothing.
func upscale(ctx context.Context, in effect.Input, v effect.Values, progress func(float64)) (effect.Result, error) {
	img := in.Pictures[0]
	j, err := raster.Start(img, 1, progress)
	if err != nil {
		return effect.Result{}, err
	}
	factor := 2
	if v.Word("factor") == "4" {
		factor = 4
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	if w*h > mostPixels/(factor*factor) {
		return effect.Result{}, fault.New(fault.Invalid, CodeLarge,
			"The enlarged picture would have more than 32 megapixels. Use a smaller picture or a smaller factor.").
			With("most_pixels", mostPixels)
	}
	out := image.NewNRGBA(image.Rect(0, 0, factor*w, factor*h))
	err = j.Bands(ctx, (h+tileHigh-1)/tileHigh, func(lo, hi int) {
		t := &enlarger{job: j, img: img, out: out, factor: factor}
		for y := lo * tileHigh; y < min(h, hi*tileHigh); y += tileHigh {
			for x := 0; x < w; x += tileWide {
				t.tile(image.Rect(x, y, min(w, x+tileWide), min(h, y+tileHigh)))
			}
		}
	})
	if err != nil {
		return effect.Result{}, err
	}
	j.Finish()
	return effect.Result{Picture: out}, nil
}

type enlarger struct {
	job      *raster.Job
	img, out *image.NRGBA
	factor   int
}

// tile enlarges one part of the picture.
func (e *enlarger) tile(r image.Rectangle) {
	around := halo
	if e.factor == 4 {
		around += halo / 2
	}
	c := raster.Colors{W: r.Dx() + 2*around, H: r.Dy() + 2*around}
	c.V = e.job.Floats(3 * c.W * c.H)
	for y := range c.H {
		src := e.img.Pix[max(0, min(e.img.Rect.Dy()-1, r.Min.Y+y-around))*e.img.Stride:]
		row := c.Row(y)
		for x := range c.W {
			p := src[4*max(0, min(e.img.Rect.Dx()-1, r.Min.X+x-around)):]
			row[3*x], row[3*x+1], row[3*x+2] = float32(p[0]), float32(p[1]), float32(p[2])
		}
	}
	big := e.double(c)
	if e.factor == 4 {
		larger := e.double(big)
		e.job.Drop(big.V)
		big = larger
	}
	e.write(big, r, around)
	e.job.Drop(c.V, big.V)
}

func (e *enlarger) write(c raster.Colors, r image.Rectangle, around int) {
	k := e.factor
	for y := r.Min.Y * k; y < r.Max.Y*k; y++ {
		dst := e.out.Pix[y*e.out.Stride:]
		alpha := e.img.Pix[y/k*e.img.Stride:]
		row := c.Row(y - (r.Min.Y-around)*k)
		for x := r.Min.X * k; x < r.Max.X*k; x++ {
			s, d := row[3*(x-(r.Min.X-around)*k):], dst[4*x:4*x+4]
			d[0], d[1], d[2] = uint8(max(0, min(255, s[0]+0.5))), uint8(max(0, min(255, s[1]+0.5))), uint8(max(0, min(255, s[2]+0.5)))
			d[3] = alpha[4*(x/k)+3]
		}
	}
}

// double returns c with twice as many pixels along each side; the outermost pixels are less exact.
func (e *enlarger) double(c raster.Colors) raster.Colors {
	big := raster.Colors{W: 2 * c.W, H: 2 * c.H, V: e.job.Floats(12 * c.W * c.H)}
	rest := raster.Colors{W: c.W, H: c.H, V: e.job.Floats(3 * c.W * c.H)}
	line := e.job.Floats(3 * c.W)
	even := raster.Colors{W: big.W, H: big.H, V: e.job.Floats(len(big.V))}
	enlarge(big, c, line)
	for n := range rounds {
		if n < rounds-1 {
			alongEdges(even, big)
			big, even = even, big
		}
		difference(rest, c, big)
		enlarge(big, rest, line)
	}
	e.job.Drop(rest.V, line, even.V)
	return big
}

// enlarge adds c, twice as large, to big: cubic between the pixels.
func enlarge(big, c raster.Colors, line []float32) {
	const a, b, d, f = -0.0703125, 0.8671875, 0.2265625, -0.0234375 // Catmull-Rom, a quarter from a pixel
	for y := range big.H {
		i, way := y/2, 1
		if y%2 == 0 {
			way = -1
		}
		at := func(n int) []float32 { return c.Row(max(0, min(c.H-1, i+way*n))) }
		r0, r1, r2, r3 := at(-1), at(0), at(1), at(2)
		for x := range line {
			line[x] = a*r0[x] + b*r1[x] + d*r2[x] + f*r3[x]
		}
		row, last := big.Row(y), c.W-1
		for x := range c.W {
			p0, p1, p2, p3, p4 := 3*max(0, x-2), 3*max(0, x-1), 3*x, 3*min(last, x+1), 3*min(last, x+2)
			q := row[6*x : 6*x+6]
			for k := range 3 {
				m := b * line[p2+k]
				q[k] += m + a*line[p3+k] + d*line[p1+k] + f*line[p0+k]
				q[3+k] += m + a*line[p1+k] + d*line[p3+k] + f*line[p4+k]
			}
		}
	}
}

// difference is what big lacks to shrink to c.
func difference(rest, c, big raster.Colors) {
	for y := range c.H {
		p, q := big.Row(2*y), big.Row(2*y+1)
		dst, src := rest.Row(y), c.Row(y)
		for x := range c.W {
			for k := range 3 {
				i := 6*x + k
				dst[3*x+k] = src[3*x+k] - (p[i]+p[i+3]+q[i]+q[i+3])/4
			}
		}
	}
}

// alongEdges smooths src a little along its edges and not across them.
func alongEdges(dst, src raster.Colors) {
	copy(dst.V, src.V)
	for y := 1; y < src.H-1; y++ {
		up, at, down, to := src.Row(y-1), src.Row(y), src.Row(y+1), dst.Row(y)
		for x := 1; x < src.W-1; x++ {
			i := 3*x + 1 // green stands for brightness
			gx := up[i+3] - up[i-3] + 2*(at[i+3]-at[i-3]) + down[i+3] - down[i-3]
			gy := down[i-3] - up[i-3] + 2*(down[i]-up[i]) + down[i+3] - up[i+3]
			ax, ay := max(gx, -gx), max(gy, -gy)
			if ax+ay < 24 {
				continue
			}
			var p, q []float32
			switch {
			case ax > 2.4*ay:
				p, q = up[3*x:], down[3*x:]
			case ay > 2.4*ax:
				p, q = at[3*x-3:], at[3*x+3:]
			case (gx > 0) == (gy > 0):
				p, q = up[3*x+3:], down[3*x-3:]
			default:
				p, q = up[3*x-3:], down[3*x+3:]
			}
			for k := range 3 {
				to[3*x+k] = (1-2*aside)*at[3*x+k] + aside*(p[k]+q[k])
			}
		}
	}
}
