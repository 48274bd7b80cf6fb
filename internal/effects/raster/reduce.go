package raster

import (
	"context"
	"image"
	"math"
)

const (
	reducedSide  = 800       // the shorter side on which the looks work
	reducedMost  = 1_500_000 // pixels of a reduced copy
	joinContrast = 26.0      // a contrast, summed over the channels, that belongs to another thing
)

// Reduced is a smaller copy of a picture on which an effect does what costs most, and the way back
// to the picture's own pixels. Memory and time of that work depend little on the picture's size.
type Reduced struct {
	Pic    *image.NRGBA // one pixel for Factor×Factor of the picture
	Factor int
	W, H   int // of the picture
	at     []int32
	part   []float32
	weight *[maxStep + 1]float32
}

// Reduce makes the copy. A small picture is copied as it is.
func (j *Job) Reduce(ctx context.Context, img *image.NRGBA) (Reduced, error) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	k := max((min(w, h)+reducedSide-1)/reducedSide, int(math.Ceil(math.Sqrt(float64(w)*float64(h)/reducedMost))), 1)
	r := Reduced{Factor: k, W: w, H: h, weight: new([maxStep + 1]float32)}
	r.Pic = image.NewNRGBA(image.Rect(0, 0, (w+k-1)/k, (h+k-1)/k))
	for d := range r.weight {
		r.weight[d] = float32(math.Exp(-float64(d)/joinContrast)) + 1e-6
	}
	r.at, r.part = make([]int32, w), make([]float32, w)
	for x := range w {
		r.at[x], r.part[x] = r.place(x, r.Pic.Rect.Dx())
	}
	err := j.Bands(ctx, r.Pic.Rect.Dy(), func(y0, y1 int) {
		sums := make([]uint32, 4*r.Pic.Rect.Dx())
		for y := y0; y < y1; y++ {
			r.average(img, y, sums)
		}
	})
	return r, err
}

// place returns the knot before pixel x and how far behind it the pixel lies.
func (r Reduced) place(x, n int) (int32, float32) {
	f := (float32(x)+0.5)/float32(r.Factor) - 0.5
	f = max(0, min(float32(n-1), f))
	i := min(int(f), max(0, n-2))
	return int32(i), f - float32(i)
}

func (r Reduced) average(img *image.NRGBA, y int, sums []uint32) {
	dst, k := r.Pic.Pix[y*r.Pic.Stride:][:r.Pic.Stride], r.Factor
	if k == 1 {
		copy(dst, img.Pix[y*img.Stride:])
		return
	}
	clear(sums)
	rows := min(r.H, (y+1)*k) - y*k
	for n := range rows {
		src := img.Pix[(y*k+n)*img.Stride:][:4*r.W]
		for X := range len(dst) / 4 {
			var a, b, c, d uint32
			for cell := src[4*k*X : min(4*k*(X+1), len(src))]; len(cell) >= 4; cell = cell[4:] {
				a, b, c, d = a+uint32(cell[0]), b+uint32(cell[1]), c+uint32(cell[2]), d+uint32(cell[3])
			}
			s := sums[4*X : 4*X+4]
			s[0], s[1], s[2], s[3] = s[0]+a, s[1]+b, s[2]+c, s[3]+d
		}
	}
	for i, s := range sums {
		n := uint32(rows * (min(r.W, (i/4+1)*k) - i/4*k))
		dst[i] = uint8((s + n/2) / n)
	}
}

// Stretch writes row y of the picture's size into dst, which has W numbers, from a plane of the
// reduced size.
func (r Reduced) Stretch(dst []float32, p Plane, y int) {
	if r.Factor == 1 {
		copy(dst, p.Row(y))
		return
	}
	j, t := r.place(y, p.H)
	a := p.Row(int(j))
	b := p.Row(min(int(j)+1, p.H-1))
	part := r.part[:len(r.at)]
	dst = dst[:len(r.at)]
	last := -1
	var left, step float32
	for x, i := range r.at {
		if int(i) != last {
			last = int(i)
			left = a[last] + t*(b[last]-a[last])
			next := min(last+1, len(a)-1)
			step = a[next] + t*(b[next]-a[next]) - left
		}
		dst[x] = left + part[x]*step
	}
}

// StretchColors does for Colors what Stretch does for a plane; dst has 3×W numbers.
func (r Reduced) StretchColors(dst []float32, c Colors, y int) {
	if r.Factor == 1 {
		copy(dst, c.Row(y))
		return
	}
	j, t := r.place(y, c.H)
	a := c.Row(int(j))
	b := c.Row(min(int(j)+1, c.H-1))
	last := int32(-1)
	var l, d [3]float32 // the colour before the pixels, and the way to the next
	for x, i := range r.at {
		if i != last {
			last = i
			n := 3 * min(int(i)+1, c.W-1)
			for k := range 3 {
				l[k] = a[3*int(i)+k] + t*(b[3*int(i)+k]-a[3*int(i)+k])
				d[k] = a[n+k] + t*(b[n+k]-a[n+k]) - l[k]
			}
		}
		p, q := r.part[x], dst[3*x:3*x+3]
		q[0], q[1], q[2] = l[0]+p*d[0], l[1]+p*d[1], l[2]+p*d[2]
	}
}

// Join is StretchColors along the edges of the picture: of the reduced pixels around a pixel, those
// count whose own colour in Pic is like that of the pixel (joint bilateral upsampling, Kopf 2007).
// src is row y of the picture.
func (r Reduced) Join(dst []float32, c Colors, y int, src []uint8) {
	if r.Factor == 1 {
		copy(dst, c.Row(y))
		return
	}
	j, t := r.place(y, c.H)
	k := min(int(j)+1, c.H-1)
	a, b := c.Row(int(j)), c.Row(k)
	p, q := r.Pic.Pix[int(j)*r.Pic.Stride:][:4*c.W], r.Pic.Pix[k*r.Pic.Stride:][:4*c.W]
	for x, i0 := range r.at {
		i := int(i0)
		n := min(i+1, c.W-1)
		own, s := src[4*x:4*x+4], r.part[x]
		w0 := (1 - s) * (1 - t) * r.weight[step(own, p[4*i:4*i+4])]
		w1 := s * (1 - t) * r.weight[step(own, p[4*n:4*n+4])]
		w2 := (1 - s) * t * r.weight[step(own, q[4*i:4*i+4])]
		w3 := s * t * r.weight[step(own, q[4*n:4*n+4])]
		inv := 1 / (w0 + w1 + w2 + w3)
		c0, c1, c2, c3 := a[3*i:3*i+3], a[3*n:3*n+3], b[3*i:3*i+3], b[3*n:3*n+3]
		d := dst[3*x : 3*x+3]
		d[0] = (w0*c0[0] + w1*c1[0] + w2*c2[0] + w3*c3[0]) * inv
		d[1] = (w0*c0[1] + w1*c1[1] + w2*c2[1] + w3*c3[1]) * inv
		d[2] = (w0*c0[2] + w1*c1[2] + w2*c2[2] + w3*c3[2]) * inv
	}
}

// Own returns img as a picture from (0, 0) on the same pixels: what an effect that may overwrite its
// picture returns.
func Own(img *image.NRGBA) *image.NRGBA {
	return &image.NRGBA{Pix: img.Pix, Stride: img.Stride, Rect: image.Rect(0, 0, img.Rect.Dx(), img.Rect.Dy())}
}
