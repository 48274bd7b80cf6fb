package raster

import (
	"context"
	"image"
	"math"
)

// Plane is one channel of a picture, 4 bytes per pixel.
type Plane struct {
	W, H int
	V    []float32
}

// NewPlane returns a plane of zeros.
func NewPlane(w, h int) Plane { return Plane{w, h, make([]float32, w*h)} }

// Row returns one row, W numbers.
func (p Plane) Row(y int) []float32 { return p.V[y*p.W : (y+1)*p.W] }

// Clone returns a copy that shares nothing.
func (p Plane) Clone() Plane { return Plane{p.W, p.H, append([]float32(nil), p.V...)} }

// ScaleOf is how many times larger the picture is than the one that the looks were tuned on: an
// effect looks the same on a small and on a large copy.
func ScaleOf(img *image.NRGBA) float64 {
	return max(0.25, float64(min(img.Rect.Dx(), img.Rect.Dy()))/512)
}

// Luma is the brightness of a colour, on the scale of its parts.
func Luma(r, g, b float32) float32 { return 0.299*r + 0.587*g + 0.114*b }

// LumaOf returns the brightness of a picture from 0 to 1.
func (j *Job) LumaOf(ctx context.Context, img *image.NRGBA) (Plane, error) {
	p := j.Plane(img.Rect.Dx(), img.Rect.Dy())
	err := j.Bands(ctx, p.H, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			src, dst := img.Pix[y*img.Stride:], p.Row(y)
			for x := range dst {
				dst[x] = Luma(float32(src[4*x]), float32(src[4*x+1]), float32(src[4*x+2])) / 255
			}
		}
	})
	return p, err
}

// BlurPasses is how many passes of a Job one blur takes.
const BlurPasses = 2

// Blur smooths p in place with a kernel of the given standard deviation: two exponential passes in
// each direction, whose cost does not depend on sigma and which need no further memory.
func (j *Job) Blur(ctx context.Context, p Plane, sigma float64) error {
	k := blurFactor(sigma)
	err := j.Bands(ctx, p.H, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			row := p.Row(y)
			for range 2 {
				for x := 1; x < len(row); x++ {
					row[x] += k * (row[x-1] - row[x])
				}
				for x := len(row) - 2; x >= 0; x-- {
					row[x] += k * (row[x+1] - row[x])
				}
			}
		}
	})
	if err != nil {
		return err
	}
	return j.blurColumns(ctx, p, k)
}

// blurFactor is the share that a number takes from its neighbour in one of the four passes.
func blurFactor(sigma float64) float32 {
	q := sigma * sigma / 4
	return float32(((2*q + 1) - math.Sqrt(4*q+1)) / (2 * q))
}

func (j *Job) blurColumns(ctx context.Context, p Plane, k float32) error {
	return j.Bands(ctx, p.W, func(x0, x1 int) {
		for range 2 {
			for y := 1; y < p.H; y++ {
				blend(p.Row(y)[x0:x1], p.Row(y - 1)[x0:x1], k)
			}
			for y := p.H - 2; y >= 0; y-- {
				blend(p.Row(y)[x0:x1], p.Row(y + 1)[x0:x1], k)
			}
		}
	})
}

func blend(row, from []float32, k float32) {
	from = from[:len(row)]
	for x := range row {
		row[x] += k * (from[x] - row[x])
	}
}

// Clamp01 bounds v to 0 to 1.
func Clamp01(v float32) float32 { return max(0, min(1, v)) }

// ToByte turns 0 to 1 into 0 to 255.
func ToByte(v float32) uint8 { return uint8(max(0, min(255, v*255+0.5))) }

// Smoothstep rises softly from 0 at lo to 1 at hi.
func Smoothstep(lo, hi, v float32) float32 {
	t := Clamp01((v - lo) / (hi - lo))
	return t * t * (3 - 2*t)
}

// Noise is smooth value noise from 0 to 1 with one knot per unit.
func Noise(seed uint64, x, y float32) float32 {
	fx, fy := float32(math.Floor(float64(x))), float32(math.Floor(float64(y)))
	ix, iy := int64(fx), int64(fy)
	tx, ty := x-fx, y-fy
	tx, ty = tx*tx*(3-2*tx), ty*ty*(3-2*ty)
	a, b := knot(seed, ix, iy), knot(seed, ix+1, iy)
	c, d := knot(seed, ix, iy+1), knot(seed, ix+1, iy+1)
	top, bottom := a+tx*(b-a), c+tx*(d-c)
	return top + ty*(bottom-top)
}

func knot(seed uint64, x, y int64) float32 {
	h := seed*0x9E3779B97F4A7C15 ^ uint64(x)*0xC2B2AE3D27D4EB4F ^ uint64(y)*0x165667B19E3779F9
	h ^= h >> 29
	h *= 0xBF58476D1CE4E5B9
	h ^= h >> 32
	return float32(h>>40) / (1 << 24)
}
