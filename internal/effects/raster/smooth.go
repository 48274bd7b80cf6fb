package raster

import (
	"context"
	"image"
	"math"
)

// Colors is a picture as red, green and blue numbers from 0 to 1 side by side, 12 bytes per pixel.
type Colors struct {
	W, H int
	V    []float32
}

// Row returns one row, three numbers per pixel.
func (c Colors) Row(y int) []float32 { return c.V[3*y*c.W : 3*(y+1)*c.W] }

// ColorsOf reads a picture.
func (j *Job) ColorsOf(ctx context.Context, img *image.NRGBA) (Colors, error) {
	c := Colors{img.Rect.Dx(), img.Rect.Dy(), j.Floats(3 * img.Rect.Dx() * img.Rect.Dy())}
	err := j.Bands(ctx, c.H, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			src, dst := img.Pix[y*img.Stride:], c.Row(y)
			for x := range c.W {
				for k := range 3 {
					dst[3*x+k] = float32(src[4*x+k]) / 255
				}
			}
		}
	})
	return c, err
}

const (
	smoothRounds = 3
	// SmoothPasses is how many passes of a Job one smoothing takes.
	SmoothPasses = 2 * smoothRounds
	maxStep      = 3 * 255
)

// Smooth flattens c in place and keeps the edges of guide: the recursive form of the domain
// transform (Gastal and Oliveira, "Domain Transform for Edge-Aware Image and Video Processing",
// 2011). spatial is in pixels, rng is the contrast from 0 to 1 that counts as an edge. Its cost
// depends on neither.
func (j *Job) Smooth(ctx context.Context, c Colors, guide *image.NRGBA, spatial, rng float64) error {
	for round := range smoothRounds {
		sigma := spatial * math.Sqrt(3) * math.Exp2(float64(smoothRounds-round-1)) / math.Sqrt(math.Exp2(2*smoothRounds)-1)
		var table [maxStep + 1]float32
		for d := range table {
			table[d] = float32(math.Exp(-math.Sqrt2 / sigma * (1 + spatial/rng*float64(d)/255)))
		}
		if err := j.smoothRows(ctx, c, guide, &table); err != nil {
			return err
		}
		if err := j.smoothColumns(ctx, c, guide, &table); err != nil {
			return err
		}
	}
	return nil
}

func (j *Job) smoothRows(ctx context.Context, c Colors, guide *image.NRGBA, table *[maxStep + 1]float32) error {
	return j.Bands(ctx, c.H, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			row, pix := c.Row(y), guide.Pix[y*guide.Stride:][:4*c.W]
			for x := 1; x < c.W; x++ {
				pull(row[3*x:3*x+3], row[3*x-3:3*x], table[step(pix[4*x-4:4*x], pix[4*x:4*x+4])])
			}
			for x := c.W - 2; x >= 0; x-- {
				pull(row[3*x:3*x+3], row[3*x+3:3*x+6], table[step(pix[4*x:4*x+4], pix[4*x+4:4*x+8])])
			}
		}
	})
}

func (j *Job) smoothColumns(ctx context.Context, c Colors, guide *image.NRGBA, table *[maxStep + 1]float32) error {
	return j.Bands(ctx, c.W, func(x0, x1 int) {
		along := func(y, from int) {
			row, other := c.Row(y)[3*x0:3*x1], c.Row(from)[3*x0:3*x1]
			p := guide.Pix[y*guide.Stride+4*x0:][:4*(x1-x0)]
			q := guide.Pix[from*guide.Stride+4*x0:][:4*(x1-x0)]
			for x := range x1 - x0 {
				pull(row[3*x:3*x+3], other[3*x:3*x+3], table[step(p[4*x:4*x+4], q[4*x:4*x+4])])
			}
		}
		for y := 1; y < c.H; y++ {
			along(y, y-1)
		}
		for y := c.H - 2; y >= 0; y-- {
			along(y, y+1)
		}
	})
}

func pull(to, from []float32, k float32) {
	_, _ = to[2], from[2]
	to[0] += k * (from[0] - to[0])
	to[1] += k * (from[1] - to[1])
	to[2] += k * (from[2] - to[2])
}

// step is the contrast between two pixels, summed over the channels.
func step(p, q []uint8) int {
	_, _ = p[2], q[2]
	return distance(p[0], q[0]) + distance(p[1], q[1]) + distance(p[2], q[2])
}

func distance(a, b uint8) int {
	d := int(a) - int(b)
	if d < 0 {
		return -d
	}
	return d
}
