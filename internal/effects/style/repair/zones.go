package repair

import (
	"image"

	"vow.example/vow/internal/effects/raster"
)

const (
	across    = 6   // zones along each side
	mostSlope = 2.2 // of a zone's curve, times even
	blend     = 0.4 // how far contrast goes towards the zone's curve, at strength 1
)

// zones are curves of brightness, one for each of across×across parts of a picture (contrast limited
// adaptive histogram equalisation, Zuiderveld 1994), and what is between them is mixed.
type zones struct {
	curves [across * across][257]float32
	w, h   int // of the picture that is fixed
}

// zonesOf makes the curves after the channels were balanced.
func (f *fixer) zonesOf(pic *image.NRGBA) zones {
	z := zones{w: f.out.Rect.Dx(), h: f.out.Rect.Dy()}
	w, h := pic.Rect.Dx(), pic.Rect.Dy()
	var counts [across * across][256]float32
	for y := range h {
		for x := range w {
			p := pic.Pix[y*pic.Stride+4*x:][:4]
			l := raster.Luma(f.level[0][p[0]], f.level[1][p[1]], f.level[2][p[2]])
			counts[y*across/h*across+x*across/w][int(min(255, l))]++
		}
	}
	for i := range counts {
		z.curves[i] = curveOf(&counts[i], f.strength)
	}
	return z
}

func curveOf(counts *[256]float32, strength float32) (c [257]float32) {
	n := float32(0)
	for _, v := range counts {
		n += v
	}
	if n == 0 {
		for i := range c {
			c[i] = float32(i)
		}
		return c
	}
	limit, over := n/256*mostSlope, float32(0)
	for i, v := range counts {
		if v > limit {
			over += v - limit
			counts[i] = limit
		}
	}
	sum := float32(0)
	for i, v := range counts {
		even := sum / n * 255
		c[i] = float32(i) + blend*strength*(even-float32(i))
		sum += v + over/256
	}
	c[256] = 255
	return c
}

// zoneRow mixes the curves of two rows of zones.
type zoneRow struct {
	z        *zones
	top, low int
	t        float32
}

func (z *zones) rowAt(y int) zoneRow {
	i, t := between(y, z.h)
	return zoneRow{z, i * across, min(i+1, across-1) * across, t}
}

// between returns the zone before a place and how far behind its middle the place lies.
func between(at, n int) (int, float32) {
	f := max(0, min(across-1, (float32(at)+0.5)*across/float32(n)-0.5))
	return int(f), f - float32(int(f))
}

// at returns what a brightness becomes at column x.
func (r zoneRow) at(x int, l float32) float32 {
	i, s := between(x, r.z.w)
	k := min(i+1, across-1)
	bin := int(max(0, min(255, l)))
	part := l - float32(bin)
	c := &r.z.curves
	a, b := c[r.top+i][bin:bin+2], c[r.top+k][bin:bin+2]
	d, e := c[r.low+i][bin:bin+2], c[r.low+k][bin:bin+2]
	top := a[0] + part*(a[1]-a[0]) + s*(b[0]+part*(b[1]-b[0])-a[0]-part*(a[1]-a[0]))
	low := d[0] + part*(d[1]-d[0]) + s*(e[0]+part*(e[1]-e[0])-d[0]-part*(d[1]-d[0]))
	return top + r.t*(low-top)
}
