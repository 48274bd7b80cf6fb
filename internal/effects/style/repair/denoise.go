package repair

import (
	"context"
	"image"
	"math"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/raster"
)

const (
	block  = 8
	stride = 4  // between blocks
	strip  = 32 // rows that are cleaned at a time
	window = strip + 2*block
)

// denoise removes noise and keeps edges: overlapping blocks of 8×8 are taken apart into waves, what
// is weaker than the noise of the picture is dropped, and the blocks are put together again, those
// that needed few waves first (Yu and Sapiro, "DCT image denoising", 2011). How much noise there is
// is measured.
func denoise(ctx context.Context, in effect.Input, v effect.Values, progress func(float64)) (effect.Result, error) {
	const least = 1.5
	img := in.Pictures[0]
	j, err := raster.Start(img, 1, progress)
	if err != nil {
		return effect.Result{}, err
	}
	out := raster.Own(img)
	limit := 2.75 * float32(max(least, noiseOf(img))*(0.3+1.4*v.Number("strength")))
	if v.Number("strength") == 0 {
		limit = 0
	}
	err = j.Strips(ctx, out, block, func(lo, hi int, row func(y int) []uint8) {
		c := newCleaner(j, out, limit)
		c.load(row, lo-block, 0)
		for y := lo; y < hi; y += strip {
			c.load(func(n int) []uint8 { return row(min(n, hi+block-1)) }, y+block, 2*block)
			c.clean(y, min(hi, y+strip))
			c.shift()
		}
		c.drop()
	})
	if err != nil {
		return effect.Result{}, err
	}
	j.Finish()
	return effect.Result{Picture: out}, nil
}

// noiseOf estimates the standard deviation of the noise from the finest diagonal differences, of
// which edges have few (Donoho, 1994).
func noiseOf(img *image.NRGBA) float64 {
	const samples = 200_000
	w, h := img.Rect.Dx(), img.Rect.Dy()
	step := max(2, int(math.Sqrt(float64(w)*float64(h)/samples)))
	var counts [1024]int
	n := 0
	for y := 0; y+1 < h; y += step {
		p, q := img.Pix[y*img.Stride:], img.Pix[(y+1)*img.Stride:]
		for x := 0; x+1 < w; x += step {
			for k := range 3 {
				i := 4*x + k
				d := int(p[i]) - int(p[i+4]) - int(q[i]) + int(q[i+4])
				counts[min(len(counts)-1, max(d, -d))]++
				n++
			}
		}
	}
	sum := 0
	for d, c := range counts {
		if sum += c; sum > n/2 {
			// Where in this step the middle lies.
			part := (float64(d) - 0.5) + (float64(n)/2-float64(sum-c))/float64(c)
			return max(0, part) / 2 / 0.6745
		}
	}
	return 0
}

// cleaner works on a window of rows that moves down a band.
type cleaner struct {
	job        *raster.Job
	out        *image.NRGBA
	limit      float32
	w          int          // of a row of the window: the picture's and a block on both sides
	in         [3][]float32 // the window as it was: gray and two differences
	sum, share []float32    // of one of them
	done       [3][]float32
}

func newCleaner(j *raster.Job, out *image.NRGBA, limit float32) *cleaner {
	c := &cleaner{job: j, out: out, limit: limit, w: (out.Rect.Dx()+3*block-1)&^(stride-1) + stride}
	for k := range c.in {
		c.in[k], c.done[k] = j.Floats(window*c.w), j.Floats(strip*c.w)
	}
	c.sum, c.share = j.Floats(window*c.w), j.Floats(window*c.w)
	return c
}

func (c *cleaner) drop() {
	for k := range c.in {
		c.job.Drop(c.in[k], c.done[k])
	}
	c.job.Drop(c.sum, c.share)
}

// load reads the rows from y to the end of the window, or the first ones, into the window at place
// to. The three numbers are an orthonormal mix, so that noise is the same in each.
func (c *cleaner) load(row func(y int) []uint8, y, to int) {
	const a, b, d = 0.5773502692, 0.7071067812, 0.4082482905
	end := window
	if to == 0 {
		end = 2 * block
	}
	for n := to; n < end; n++ {
		src := row(y + n - to)
		for x := range c.w {
			p := src[4*max(0, min(len(src)/4-1, x-block)):]
			r, g, bl := float32(p[0]), float32(p[1]), float32(p[2])
			i := n*c.w + x
			c.in[0][i], c.in[1][i], c.in[2][i] = a*(r+g+bl), b*(r-bl), d*(r-2*g+bl)
		}
	}
}

// shift moves the window down by a strip.
func (c *cleaner) shift() {
	for _, v := range c.in {
		copy(v, v[strip*c.w:])
	}
}

// clean writes rows y0 to y1 of the picture.
func (c *cleaner) clean(y0, y1 int) {
	const a, b, d = 0.5773502692, 0.7071067812, 0.4082482905
	for k := range c.in {
		limit := c.limit
		if k > 0 {
			limit *= 1.25 // colour noise offends more, and colour has less detail
		}
		c.channel(c.in[k], limit, y1-y0)
		for i := range c.done[k][:(y1-y0)*c.w] {
			c.done[k][i] = c.sum[block*c.w+i] / c.share[block*c.w+i]
		}
	}
	for y := y0; y < y1; y++ {
		row := c.out.Pix[y*c.out.Stride:][:4*c.out.Rect.Dx()]
		at := (y-y0)*c.w + block
		for x := 0; x < len(row); x += 4 {
			i := at + x/4
			l, u, v := a*c.done[0][i], b*c.done[1][i], d*c.done[2][i]
			row[x] = raster.ToByte((l + u + v) / 255)
			row[x+1] = raster.ToByte((l - 2*v) / 255)
			row[x+2] = raster.ToByte((l - u + v) / 255)
		}
	}
}

func (c *cleaner) channel(in []float32, limit float32, rows int) {
	clear(c.sum)
	clear(c.share)
	var v [64]float32
	// Blocks that touch the rows of the strip: those above it start up to a block higher.
	for y := stride; y < rows+block; y += stride {
		for x := 0; x+block <= c.w; x += stride {
			for n := range block {
				copy(v[n*block:n*block+block], in[(y+n)*c.w+x:])
			}
			weight := shrink(&v, limit)
			for n := range block {
				i := (y+n)*c.w + x
				s, t := c.sum[i:i+block], c.share[i:i+block]
				w := v[n*block : n*block+block]
				for k := range w {
					s[k] += weight * w[k]
					t[k] += weight
				}
			}
		}
	}
}
