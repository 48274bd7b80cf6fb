// Package matte decides at full resolution what belongs to a person or to hair, from a coarse mask and
// the picture's own edges, and separates the colours of what lies in front from those behind.
//
// It promises that its memory does not grow with the picture: everything is decided in a copy of at most
// a million pixels and carried to full resolution row by row. It never knows whose hair it is.
package matte

import (
	"context"
	"image"
	"math"

	"vow.example/vow/internal/effects/raster"
)

// Field is a reduced picture with N numbers per pixel side by side.
type Field struct {
	W, H, N int
	V       []float32
}

// NewField returns a field of zeros.
func NewField(w, h, n int) Field { return Field{W: w, H: h, N: n, V: make([]float32, w*h*n)} }

// Row returns one row, N numbers per pixel.
func (f Field) Row(y int) []float32 { return f.V[y*f.W*f.N : (y+1)*f.W*f.N] }

// Fit returns the size of a copy whose longer side has at most side pixels.
func Fit(size image.Point, side int) image.Point {
	shrink := max(1, float64(max(size.X, size.Y))/float64(side))
	return image.Pt(max(1, int(float64(size.X)/shrink+0.5)), max(1, int(float64(size.Y)/shrink+0.5)))
}

// Reduce returns red, green, blue and opacity from 0 to 1 of a copy of the given size, each number the
// mean of the pixels that it stands for. The size must not be larger than the picture.
func Reduce(ctx context.Context, j *raster.Job, img *image.NRGBA, size image.Point) (Field, error) {
	f := NewField(size.X, size.Y, 4)
	w, h := img.Rect.Dx(), img.Rect.Dy()
	err := j.Bands(ctx, f.H, func(lo, hi int) {
		for y := lo; y < hi; y++ {
			y0 := y * h / f.H
			y1 := max(y0+1, (y+1)*h/f.H)
			row := f.Row(y)
			for x := range f.W {
				x0 := x * w / f.W
				x1 := max(x0+1, (x+1)*w/f.W)
				var sum [4]int
				for sy := y0; sy < y1; sy++ {
					for p := img.Pix[sy*img.Stride+4*x0 : sy*img.Stride+4*x1]; len(p) >= 4; p = p[4:] {
						sum[0] += int(p[0])
						sum[1] += int(p[1])
						sum[2] += int(p[2])
						sum[3] += int(p[3])
					}
				}
				k := 1 / (255 * float32((y1-y0)*(x1-x0)))
				for c, s := range sum {
					row[4*x+c] = float32(s) * k
				}
			}
		}
	})
	return f, err
}

// FromMask returns a mask as a field of the given size, values from 0 to 1.
func FromMask(mask *image.Alpha, size image.Point) Field {
	f := NewField(size.X, size.Y, 1)
	if mask == nil || mask.Rect.Empty() {
		return f
	}
	w, h := mask.Rect.Dx(), mask.Rect.Dy()
	for y := range f.H {
		y0, y1, ty := between(y, f.H, h)
		for x := range f.W {
			x0, x1, tx := between(x, f.W, w)
			at := func(x, y int) float32 { return float32(mask.Pix[y*mask.Stride+x]) / 255 }
			top := at(x0, y0) + tx*(at(x1, y0)-at(x0, y0))
			low := at(x0, y1) + tx*(at(x1, y1)-at(x0, y1))
			f.V[y*f.W+x] = top + ty*(low-top)
		}
	}
	return f
}

// between returns the two of n places that lie around place i of many, and how far it is to the second.
func between(i, many, n int) (a, b int, t float32) {
	at := (float64(i)+0.5)*float64(n)/float64(many) - 0.5
	at = min(max(at, 0), float64(n-1))
	a = int(at)
	return a, min(a+1, n-1), float32(at - float64(a))
}

// Carrier carries a field to the rows of a larger picture.
type Carrier struct {
	Field
	w, h int
	left []int32
	part []float32
}

// Carry prepares to read f at every pixel of a picture of the given size.
func (f Field) Carry(w, h int) Carrier {
	c := Carrier{Field: f, w: w, h: h, left: make([]int32, w), part: make([]float32, w)}
	for x := range w {
		a, _, t := between(x, w, f.W)
		if a == f.W-1 && a > 0 {
			a, t = a-1, 1
		}
		c.left[x], c.part[x] = int32(a*f.N), t
	}
	return c
}

// Scratch returns what Read needs; one for each goroutine.
func (c Carrier) Scratch() []float32 { return make([]float32, (c.W+1)*c.N) }

// Read writes the numbers of row y of the large picture, from column x0, to dst.
func (c Carrier) Read(dst []float32, y, x0 int, scratch []float32) {
	n := c.N
	count := len(dst) / n
	if count == 0 {
		return
	}
	a, b, t := between(y, c.h, c.H)
	top, low := c.Row(a), c.Row(b)
	from, to := int(c.left[x0]), min(int(c.left[x0+count-1])+2*n, len(top))
	for i := from; i < to; i++ {
		scratch[i] = top[i] + t*(low[i]-top[i])
	}
	if c.W == 1 {
		copy(scratch[n:2*n], scratch[:n])
	}
	for x := range count {
		s, t := scratch[c.left[x0+x]:][:2*n], c.part[x0+x]
		d := dst[x*n:][:n]
		for k := range d {
			d[k] = s[k] + t*(s[n+k]-s[k])
		}
	}
}

// Box replaces every number by the mean of the square of 2r+1 around it, as far as it lies inside.
func (f Field) Box(ctx context.Context, j *raster.Job, r int) error {
	if r < 1 {
		return nil
	}
	tmp := NewField(f.W, f.H, f.N)
	n := f.N
	err := j.Bands(ctx, f.H, func(lo, hi int) {
		sum := make([]float64, n)
		for y := lo; y < hi; y++ {
			boxRow(tmp.Row(y), f.Row(y), sum, r)
		}
	})
	if err != nil {
		return err
	}
	return j.Bands(ctx, f.W, func(lo, hi int) {
		sum := make([]float64, n*(hi-lo))
		add := func(y int, sign float64) {
			for i, v := range tmp.Row(y)[lo*n : hi*n] {
				sum[i] += sign * float64(v)
			}
		}
		for y := range min(r, f.H) {
			add(y, 1)
		}
		for y := range f.H {
			if y+r < f.H {
				add(y+r, 1)
			}
			if y-r-1 >= 0 {
				add(y-r-1, -1)
			}
			k := 1 / float64(min(y+r, f.H-1)-max(y-r, 0)+1)
			for i, d := 0, f.Row(y)[lo*n:hi*n]; i < len(d); i++ {
				d[i] = float32(sum[i] * k)
			}
		}
	})
}

func boxRow(dst, src []float32, sum []float64, r int) {
	n := len(sum)
	w := len(src) / n
	clear(sum)
	for x := range min(r, w) {
		for k := range sum {
			sum[k] += float64(src[x*n+k])
		}
	}
	for x := range w {
		if x+r < w {
			for k := range sum {
				sum[k] += float64(src[(x+r)*n+k])
			}
		}
		if x-r-1 >= 0 {
			for k := range sum {
				sum[k] -= float64(src[(x-r-1)*n+k])
			}
		}
		m := 1 / float64(min(x+r, w-1)-max(x-r, 0)+1)
		for k := range sum {
			dst[x*n+k] = float32(sum[k] * m)
		}
	}
}

// Blur is close to a Gaussian of the given standard deviation: three boxes.
func (f Field) Blur(ctx context.Context, j *raster.Job, sigma float64) error {
	r := int(math.Round((math.Sqrt(4*sigma*sigma+1) - 1) / 2))
	for range 3 {
		if err := f.Box(ctx, j, r); err != nil {
			return err
		}
	}
	return nil
}
