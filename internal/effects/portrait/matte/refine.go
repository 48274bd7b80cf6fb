package matte

import (
	"context"
	"image"

	"vow.example/vow/internal/effects/raster"
)

// Matte is a soft mask that can be read at full resolution: near an edge it is a linear function of the
// colour of each pixel (the guided filter of He, Sun and Tang, 2010, read at full resolution).
type Matte struct {
	Small   Field // the reduced picture: red, green, blue, opacity
	Alpha   Field // the matte at that size
	carrier Carrier
}

// RefinePasses is about how many passes of a Job Refine takes.
const RefinePasses = 24

// Refine finds the edge of a coarse mask in the picture. width is how far, in pixels of the picture, the
// true edge may lie from the coarse one.
func Refine(ctx context.Context, j *raster.Job, img *image.NRGBA, mask *image.Alpha, width float64) (Matte, error) {
	size := Fit(img.Rect.Size(), workSide)
	small, err := Reduce(ctx, j, img, size)
	if err != nil {
		return Matte{}, err
	}
	alpha := FromMask(mask, size)
	reach := max(1, int(width*float64(size.X)/float64(img.Rect.Dx())+0.5))
	if err := decide(ctx, j, small, alpha, reach); err != nil {
		return Matte{}, err
	}
	line, err := guided(ctx, j, small, alpha, max(2, reach/2))
	if err != nil {
		return Matte{}, err
	}
	m := Matte{Small: small, Alpha: alpha, carrier: line.Carry(img.Rect.Dx(), img.Rect.Dy())}
	for y := range size.Y {
		a, s, l := alpha.Row(y), small.Row(y), line.Row(y)
		for x := range a {
			a[x] = level(l[4*x]*s[4*x] + l[4*x+1]*s[4*x+1] + l[4*x+2]*s[4*x+2] + l[4*x+3])
		}
	}
	return m, nil
}

// Bounds returns the part of the picture outside of which the matte is 0.
func (m Matte) Bounds() image.Rectangle {
	var r image.Rectangle
	for y := range m.Alpha.H {
		for x, a := range m.Alpha.Row(y) {
			if a > 0 {
				r = r.Union(image.Rect(x-2, y-2, x+3, y+3))
			}
		}
	}
	w, h := m.carrier.w, m.carrier.h
	return image.Rect(r.Min.X*w/m.Alpha.W, r.Min.Y*h/m.Alpha.H, (r.Max.X*w+m.Alpha.W-1)/m.Alpha.W, (r.Max.Y*h+m.Alpha.H-1)/m.Alpha.H).
		Intersect(image.Rect(0, 0, w, h))
}

// Fade takes part of the matte away: keep says how much stays at a place of the picture.
func (m Matte) Fade(keep func(x, y float64) float32) {
	kx, ky := float64(m.carrier.w)/float64(m.Alpha.W), float64(m.carrier.h)/float64(m.Alpha.H)
	for y := range m.Alpha.H {
		alpha, line := m.Alpha.Row(y), m.carrier.Row(y)
		for x := range alpha {
			k := keep((float64(x)+0.5)*kx, (float64(y)+0.5)*ky)
			if k >= 1 {
				continue
			}
			alpha[x] *= k
			for i := range 4 {
				line[4*x+i] *= k
			}
		}
	}
}

// workSide is the longer side of the copy in which a matte is decided.
const workSide = 640

// level makes what is nearly inside inside, and what is nearly outside outside.
func level(v float32) float32 { return raster.Clamp01((v - 0.06) / 0.88) }

// Reader reads a matte row by row; one for each goroutine.
type Reader struct {
	carrier       Carrier
	line, scratch []float32
}

// Reader returns a reader of m.
func (m Matte) Reader() *Reader {
	return &Reader{carrier: m.carrier, line: make([]float32, 4*m.carrier.w), scratch: m.carrier.Scratch()}
}

// Read writes the matte of row y of the picture, from column x0, to dst: one number per pixel.
func (r *Reader) Read(dst []float32, img *image.NRGBA, x0, y int) {
	line := r.line[:4*len(dst)]
	r.carrier.Read(line, y, x0, r.scratch)
	pix := img.Pix[y*img.Stride+4*x0:][:4*len(dst)]
	for x := range dst {
		l, p := line[4*x:][:4], pix[4*x:][:4]
		dst[x] = level((l[0]*float32(p[0])+l[1]*float32(p[1])+l[2]*float32(p[2]))*(1.0/255) + l[3])
	}
}

// decide replaces the coarse alpha near its edge by where the colour of a pixel lies between the
// colours of the sure inside and the sure outside around it.
func decide(ctx context.Context, j *raster.Job, small, alpha Field, reach int) error {
	wide := Field{W: alpha.W, H: alpha.H, N: 1, V: append([]float32(nil), alpha.V...)}
	if err := wide.Box(ctx, j, reach); err != nil {
		return err
	}
	sides := NewField(alpha.W, alpha.H, 8) // inside: weighted colour and weight; outside: the same
	for i, v := range wide.V {
		in, out := raster.Smoothstep(0.9, 1, v), raster.Smoothstep(0.9, 1, 1-v)
		in, out = in*small.V[4*i+3], out*small.V[4*i+3]
		for k := range 3 {
			sides.V[8*i+k], sides.V[8*i+4+k] = in*small.V[4*i+k], out*small.V[4*i+k]
		}
		sides.V[8*i+3], sides.V[8*i+7] = in, out
	}
	for range 2 {
		if err := sides.Box(ctx, j, 2*reach); err != nil {
			return err
		}
	}
	return j.Bands(ctx, alpha.H, func(lo, hi int) {
		for i := lo * alpha.W; i < hi*alpha.W; i++ {
			if v := wide.V[i]; v > 0.01 && v < 0.99 {
				alpha.V[i] = between2(small.V[4*i:4*i+3], sides.V[8*i:8*i+8], alpha.V[i], v)
			}
		}
	})
}

// between2 mixes the coarse alpha with the place of colour c on the line from the outside to the inside
// colour, by how far apart these are.
func between2(c, sides []float32, coarse, wide float32) float32 {
	const unsure = 0.03
	in, out := sides[3], sides[7]
	if in < 1e-4 || out < 1e-4 {
		return coarse
	}
	var dot, square float32
	for k := range 3 {
		b := sides[4+k] / out
		d := sides[k]/in - b
		dot += (c[k] - b) * d
		square += d * d
	}
	// Where the finder itself is unsure, colour decides; where it is sure, only close to its edge.
	open := max(raster.Smoothstep(0.08, 0.8, 2*min(wide, 1-wide)), raster.Smoothstep(0.1, 0.5, 2*min(coarse, 1-coarse)))
	trust := square / (square + unsure) * open
	return coarse + trust*(raster.Clamp01(dot/(square+1e-4))-coarse)
}

// guided returns for every pixel the linear function of its colour that is closest to alpha in the
// square of 2r+1 around it: three factors and a constant.
func guided(ctx context.Context, j *raster.Job, small, alpha Field, r int) (Field, error) {
	const eps = 0.0008
	m := NewField(alpha.W, alpha.H, 13) // r g b, rr rg rb gg gb bb, a, ra ga ba
	err := j.Bands(ctx, m.H, func(lo, hi int) {
		for i := lo * m.W; i < hi*m.W; i++ {
			c, a, d := small.V[4*i:4*i+3], alpha.V[i], m.V[13*i:13*i+13]
			red, green, blue := c[0], c[1], c[2]
			d[0], d[1], d[2] = red, green, blue
			d[3], d[4], d[5], d[6], d[7], d[8] = red*red, red*green, red*blue, green*green, green*blue, blue*blue
			d[9], d[10], d[11], d[12] = a, red*a, green*a, blue*a
		}
	})
	if err != nil {
		return Field{}, err
	}
	if err := m.Box(ctx, j, r); err != nil {
		return Field{}, err
	}
	line := NewField(alpha.W, alpha.H, 4)
	err = j.Bands(ctx, m.H, func(lo, hi int) {
		for i := lo * m.W; i < hi*m.W; i++ {
			solve(line.V[4*i:4*i+4], m.V[13*i:13*i+13], eps)
		}
	})
	if err != nil {
		return Field{}, err
	}
	return line, line.Box(ctx, j, r)
}

// solve finds the linear function from the moments of colour and alpha.
func solve(line, m []float32, eps float32) {
	r, g, b := m[0], m[1], m[2]
	rr, rg, rb := m[3]-r*r+eps, m[4]-r*g, m[5]-r*b
	gg, gb, bb := m[6]-g*g+eps, m[7]-g*b, m[8]-b*b+eps
	cr, cg, cb := m[10]-r*m[9], m[11]-g*m[9], m[12]-b*m[9]
	i0, i1, i2 := gg*bb-gb*gb, gb*rb-rg*bb, rg*gb-gg*rb
	det := rr*i0 + rg*i1 + rb*i2
	if det < 1e-14 {
		line[0], line[1], line[2], line[3] = 0, 0, 0, m[9]
		return
	}
	i3, i4, i5 := rr*bb-rb*rb, rb*rg-rr*gb, rr*gg-rg*rg
	x := (i0*cr + i1*cg + i2*cb) / det
	y := (i1*cr + i3*cg + i4*cb) / det
	z := (i2*cr + i4*cg + i5*cb) / det
	line[0], line[1], line[2], line[3] = x, y, z, m[9]-x*r-y*g-z*b
}

// Layers returns the colours of what lies in front and of what lies behind around every pixel of the
// small picture: six numbers (Germer and others, "Fast Multi-Level Foreground Estimation"; Forte,
// "Approximate Fast Foreground Colour Estimation", describe the use of blurred colours).
func (m Matte) Layers(ctx context.Context, j *raster.Job) (Field, error) {
	sides := NewField(m.Alpha.W, m.Alpha.H, 8)
	for i, a := range m.Alpha.V {
		s := m.Small.V[4*i : 4*i+4]
		in, out := s[3]*max(a*a, 1e-4), s[3]*max((1-a)*(1-a), 1e-4)
		for k := range 3 {
			sides.V[8*i+k], sides.V[8*i+4+k] = in*s[k], out*s[k]
		}
		sides.V[8*i+3], sides.V[8*i+7] = in, out
	}
	for range 2 {
		if err := sides.Box(ctx, j, 5); err != nil {
			return Field{}, err
		}
	}
	layers := NewField(m.Alpha.W, m.Alpha.H, 6)
	for i := range m.Alpha.V {
		for k := range 3 {
			layers.V[6*i+k] = sides.V[8*i+k] / max(sides.V[8*i+3], 1e-9)
			layers.V[6*i+3+k] = sides.V[8*i+4+k] / max(sides.V[8*i+7], 1e-9)
		}
	}
	return layers, nil
}
