// Package hair gives hair another colour, and a head other hair.
//
// It promises that strands, shine and shade stay, because only what the eye sees as colour and overall
// lightness changes, and that drawn hair follows the head. It never changes a face.
package hair

import (
	"math"

	"vow.example/vow/internal/effects/raster"
)

// lab is a colour in Oklab (Björn Ottosson, 2020), in which equal distances look equal.
type lab struct{ l, a, b float32 }

// dye is a colour of hair: its lightness where hair is neither in shine nor in shade, its colour there,
// how much of the contrast of strands it keeps, and how much of the natural variety of colour.
type dye struct {
	name     string
	tone     lab
	contrast float32
	variety  float32
	shine    float32 // how much colour the brightest strands keep
}

func dyes() []dye {
	return []dye{
		{"black", lab{0.235, 0.002, -0.004}, 0.85, 0.15, 0.3},
		{"brown", lab{0.375, 0.022, 0.036}, 1, 0.3, 0.75},
		{"chestnut", lab{0.42, 0.048, 0.048}, 1, 0.3, 0.8},
		{"auburn", lab{0.42, 0.085, 0.056}, 1, 0.3, 0.8},
		{"copper", lab{0.56, 0.095, 0.092}, 1, 0.3, 0.8},
		{"blonde", lab{0.73, 0.012, 0.078}, 1, 0.3, 0.75},
		{"platinum", lab{0.83, 0.002, 0.022}, 0.95, 0.15, 0.5},
		{"silver", lab{0.72, -0.002, -0.006}, 1.05, 0.08, 0.3},
		{"blue", lab{0.45, -0.035, -0.115}, 1, 0.15, 0.8},
		{"violet", lab{0.45, 0.075, -0.10}, 1, 0.15, 0.8},
		{"rose", lab{0.66, 0.115, 0.012}, 1, 0.15, 0.7},
		{"green", lab{0.52, -0.085, 0.045}, 1, 0.15, 0.8},
	}
}

// Colors returns the names of the colours.
func Colors() []string {
	all := dyes()
	names := make([]string, len(all))
	for i, d := range all {
		names[i] = d.name
	}
	return names
}

func dyeOf(name string) (dye, bool) {
	for _, d := range dyes() {
		if d.name == name {
			return d, true
		}
	}
	return dye{}, false
}

// stats is what hair looks like as it is.
type stats struct {
	mean   lab
	spread float32 // standard deviation of lightness
}

// bath turns the colours of one head of hair into those of a dye.
type bath struct {
	dye
	from  stats
	gamma float32
	gain  float32 // contrast of strands, so that the new hair has as much as hair of its lightness has
}

func newBath(d dye, from stats) bath {
	mean := min(max(from.mean.l, 0.12), 0.92)
	// The curve goes through black and white and carries the old mean lightness to the new one. A
	// strong lift would flatten what is bright and blow up noise in the dark: it is bounded, and the rest is
	// a shift that fades out towards black.
	gamma := math.Log(float64(d.tone.l)) / math.Log(float64(mean))
	b := bath{dye: d, from: from, gamma: float32(min(max(gamma, 0.42), 2.6))}
	natural := 0.055 + 0.10*d.tone.l
	lifted := from.spread * b.slope(mean)
	b.gain = min(max(natural/max(lifted, 0.02), 0.75), 1.5) * d.contrast
	return b
}

func (b bath) slope(l float32) float32 {
	return b.gamma * float32(math.Pow(float64(l), float64(b.gamma-1)))
}

// dip returns the new colour of one.
func (b bath) dip(c lab) lab {
	mean := min(max(b.from.mean.l, 0.12), 0.92)
	curve := float32(math.Pow(float64(max(c.l, 1e-4)), float64(b.gamma)))
	middle := float32(math.Pow(float64(mean), float64(b.gamma)))
	l := b.tone.l + b.gain*(curve-middle)
	if l < b.tone.l { // black stays black
		t := raster.Clamp01((b.tone.l - l) / b.tone.l)
		l = max(l, 0.02) + 0.25*t*t*(max(0.04, c.l*b.tone.l)-max(l, 0.02))
	} else if limit := 0.5 * (1 + b.tone.l); l > limit { // bends towards white
		over := l - limit
		l = limit + over/(1+over/(0.98-limit))
	}
	// Colour is strongest where hair is lit and fades in deep shade and in shine.
	k := raster.Smoothstep(-0.1, 0.75, l/b.tone.l) * 1.02
	if shine := raster.Smoothstep(b.tone.l+0.08, min(b.tone.l+0.38, 1.02), l); shine > 0 {
		k *= 1 - shine*(1-b.shine)
	}
	return lab{l, b.tone.a*k + b.variety*(c.a-b.from.mean.a), b.tone.b*k + b.variety*(c.b-b.from.mean.b)}
}

// toLab converts from sRGB, 0 to 1.
func toLab(r, g, b float32) lab {
	lr, lg, lb := linear(r), linear(g), linear(b)
	l := cbrt(0.4122214708*lr + 0.5363325363*lg + 0.0514459929*lb)
	m := cbrt(0.2119034982*lr + 0.6806995451*lg + 0.1073969566*lb)
	s := cbrt(0.0883024619*lr + 0.2817188376*lg + 0.6299787005*lb)
	return lab{
		0.2104542553*l + 0.7936177850*m - 0.0040720468*s,
		1.9779984951*l - 2.4285922050*m + 0.4505937099*s,
		0.0259040371*l + 0.7827717662*m - 0.8086757660*s,
	}
}

// rgb converts to sRGB and bounds it by taking colour out, not by clipping channels.
func (c lab) rgb() (r, g, b float32) {
	for range 6 {
		r, g, b = c.raw()
		if min(r, g, b) > -0.004 && max(r, g, b) < 1.004 {
			break
		}
		c.a, c.b = c.a*0.86, c.b*0.86
	}
	return encoded(r), encoded(g), encoded(b)
}

func (c lab) raw() (r, g, b float32) {
	l := c.l + 0.3963377774*c.a + 0.2158037573*c.b
	m := c.l - 0.1055613458*c.a - 0.0638541728*c.b
	s := c.l - 0.0894841775*c.a - 1.2914855480*c.b
	l, m, s = l*l*l, m*m*m, s*s*s
	return 4.0767416621*l - 3.3077115913*m + 0.2309699292*s,
		-1.2684380046*l + 2.6097574011*m - 0.3413193965*s,
		-0.0041960863*l - 0.7034186147*m + 1.7076147010*s
}

func cbrt(v float32) float32 { return float32(math.Cbrt(float64(v))) }

func linear(v float32) float32 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return float32(math.Pow((float64(v)+0.055)/1.055, 2.4))
}

func encoded(v float32) float32 {
	if v <= 0.0031308 {
		return max(0, v) * 12.92
	}
	return min(1, float32(1.055*math.Pow(float64(v), 1/2.4)-0.055))
}
