package hair

import (
	"image"
	"math"
	"slices"

	"vow.example/vow/internal/effects/portrait/head"
	"vow.example/vow/internal/effects/portrait/matte"
	"vow.example/vow/internal/effects/raster"
)

// lamp is the light on a head: how strong, and how it falls off from one side to the other.
type lamp struct{ level, side float64 }

// lightOf reads the light from the face. How bright its brightest places are tells the exposure for
// skin of every shade; which cheek is brighter tells the side.
func lightOf(small matte.Field, h head.Head, size image.Point) lamp {
	kx, ky := float64(size.X)/float64(small.W), float64(size.Y)/float64(small.H)
	var all []float64
	var n, su, sl, suu, sul float64
	for y := range small.H {
		for x := range small.W {
			u, v := h.In((float64(x)+0.5)*kx, (float64(y)+0.5)*ky)
			if math.Abs(u) > 0.85 || v < -0.5 || v > 1.4 {
				continue
			}
			c := small.Row(y)[4*x:]
			l := float64(raster.Luma(c[0], c[1], c[2]))
			all = append(all, l)
			if v > 0.3 && v < 0.9 && l > 0.02 {
				e := math.Log(l)
				n, su, sl, suu, sul = n+1, su+u, sl+e, suu+u*u, sul+u*e
			}
		}
	}
	if len(all) < 20 || n < 10 {
		return lamp{level: 1}
	}
	slices.Sort(all)
	bright := all[len(all)*97/100]
	side := (n*sul - su*sl) / max(n*suu-su*su, 1e-9)
	return lamp{level: min(max(bright/0.72, 0.45), 1.08), side: min(max(side, -0.3), 0.3)}
}

// at is the light at a pixel.
func (l lamp) at(h head.Head, x, y int) float32 {
	u, _ := h.In(float64(x), float64(y))
	return float32(l.level * math.Exp(0.6*l.side*min(max(u, -1.8), 1.8)))
}
