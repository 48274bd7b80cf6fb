package toned

import (
	"context"
	"image"
	"math"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/raster"
)

const (
	knots   = 33  // of the colour cube, along each side
	bins    = 256 // of brightness
	looks   = 60_000
	leastOf = 0.35 // a spread of colours is multiplied at least and at most so much
	mostOf  = 2.8
)

// moods are the statistics of a picture's colours in Oklab.
type moods struct {
	light      [bins]float64 // part of the picture that is darker
	a, b       float64       // mean colour
	aa, ab, b2 float64       // its spread
}

// transfer gives the first picture the colours of the second: brightness by its distribution, within
// limits of slope, and colour by the linear map that moves one spread onto the other with the least
// change (Pitié and Kokaram, "The Linear Monge-Kantorovitch Linear Colour Mapping", 2007), within
// limits of gain.
func transfer(ctx context.Context, in effect.Input, v effect.Values, progress func(float64)) (effect.Result, error) {
	img := in.Pictures[0]
	j, err := raster.Start(img, 3, progress)
	if err != nil {
		return effect.Result{}, err
	}
	var both [2]moods
	if err := j.Bands(ctx, 2, func(i0, i1 int) {
		for i := i0; i < i1; i++ {
			both[i] = moodsOf(in.Pictures[i])
		}
	}); err != nil {
		return effect.Result{}, err
	}
	c := &cube{strength: v.Number("strength"), light: curve(both[0], both[1]), from: both[0], to: both[1]}
	c.gain = both[0].gainTo(both[1])
	if err := j.Bands(ctx, knots, c.fill); err != nil {
		return effect.Result{}, err
	}
	out := raster.Own(img)
	w := out.Rect.Dx()
	err = j.Bands(ctx, out.Rect.Dy(), func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			row := out.Pix[y*out.Stride:][:4*w]
			for x := 0; x < len(row); x += 4 {
				c.apply(row[x : x+3])
			}
		}
	})
	if err != nil {
		return effect.Result{}, err
	}
	j.Finish()
	return effect.Result{Picture: out}, nil
}

func moodsOf(img *image.NRGBA) (m moods) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	step := max(1, int(math.Sqrt(float64(w)*float64(h)/looks)))
	n := 0.0
	for y := step / 2; y < h; y += step {
		for x := step / 2; x < w; x += step {
			p := img.Pix[y*img.Stride+4*x:]
			if p[3] < 128 {
				continue
			}
			l, a, b := toLab(float64(p[0])/255, float64(p[1])/255, float64(p[2])/255)
			m.light[int(max(0, min(bins-1, l*(bins-1)+0.5)))]++
			m.a, m.b, n = m.a+a, m.b+b, n+1
			m.aa, m.ab, m.b2 = m.aa+a*a, m.ab+a*b, m.b2+b*b
		}
	}
	if n == 0 {
		m.light[0], n = 1, 1
	}
	const least = 1e-5 // a gray picture has some spread, so that it can be inverted
	m.a, m.b = m.a/n, m.b/n
	m.aa, m.ab, m.b2 = m.aa/n-m.a*m.a+least, m.ab/n-m.a*m.b, m.b2/n-m.b*m.b+least
	sum := 0.0
	for i, v := range m.light {
		m.light[i] = (sum + v/2) / n
		sum += v
	}
	return m
}

// curve returns the brightness that each brightness becomes: that of the same rank, smoothed, with a
// slope from 0.4 to 2.2 and half of the way towards none at all.
func curve(from, to moods) (c [bins]float64) {
	at := 0
	for i := range c {
		for at < bins-1 && to.light[at] < from.light[i] {
			at++
		}
		c[i] = 0.5*float64(at) + 0.5*float64(i)
	}
	for range 3 { // smooth
		var sums [bins + 1]float64
		for i, v := range c {
			sums[i+1] = sums[i] + v
		}
		for i := range c {
			lo, hi := max(0, i-12), min(bins, i+13)
			c[i] = (sums[hi] - sums[lo]) / float64(hi-lo)
		}
	}
	const middle = bins / 2
	for i := middle + 1; i < bins; i++ {
		c[i] = c[i-1] + max(0.4, min(2.2, c[i]-c[i-1]))
	}
	for i := middle - 1; i >= 0; i-- {
		c[i] = c[i+1] - max(0.4, min(2.2, c[i+1]-c[i]))
	}
	for i := range c {
		c[i] = max(0, min(1, c[i]/(bins-1)))
	}
	return c
}

// gainTo returns the symmetric map [aa ab; ab bb] between two spreads.
func (m moods) gainTo(n moods) [3]float64 {
	root := rootOf([3]float64{m.aa, m.ab, m.b2})
	middle := rootOf(sandwich(root, [3]float64{n.aa, n.ab, n.b2}))
	d := root[0]*root[2] - root[1]*root[1]
	g := sandwich([3]float64{root[2] / d, -root[1] / d, root[0] / d}, middle)
	// Limit both gains: take them apart, bound them, put them together.
	mean, half := (g[0]+g[2])/2, math.Hypot((g[0]-g[2])/2, g[1])
	hi, lo := max(leastOf, min(mostOf, mean+half)), max(leastOf, min(mostOf, mean-half))
	if half < 1e-12 {
		return [3]float64{hi, 0, hi}
	}
	k := (hi - lo) / (2 * half)
	return [3]float64{(hi+lo)/2 + k*(g[0]-g[2])/2, k * g[1], (hi+lo)/2 - k*(g[0]-g[2])/2}
}

// rootOf is the root of a symmetric, positive matrix.
func rootOf(m [3]float64) [3]float64 {
	d := math.Sqrt(max(1e-18, m[0]*m[2]-m[1]*m[1]))
	t := math.Sqrt(m[0] + m[2] + 2*d)
	return [3]float64{(m[0] + d) / t, m[1] / t, (m[2] + d) / t}
}

// sandwich is s·m·s for symmetric matrices.
func sandwich(s, m [3]float64) [3]float64 {
	a, b := s[0]*m[0]+s[1]*m[1], s[0]*m[1]+s[1]*m[2]
	c, d := s[1]*m[0]+s[2]*m[1], s[1]*m[1]+s[2]*m[2]
	return [3]float64{a*s[0] + b*s[1], a*s[1] + b*s[2], c*s[1] + d*s[2]}
}
