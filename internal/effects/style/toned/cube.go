package toned

import "math"

// cube is a map of colours, given at knots and mixed between them.
type cube struct {
	strength float64
	light    [bins]float64
	gain     [3]float64
	from, to moods
	v        [knots * knots * knots * 3]int16 // 128 for one step of a byte
}

// fill computes the knots whose blue is from k0 to k1.
func (c *cube) fill(k0, k1 int) {
	const top = knots - 1
	for k := k0; k < k1; k++ {
		for n := range knots * knots {
			r, g, b := float64(n%knots)/top, float64(n/knots)/top, float64(k)/top
			nr, ng, nb := c.change(r, g, b)
			i := 3 * (k*knots*knots + n)
			c.v[i], c.v[i+1], c.v[i+2] = fixed(nr), fixed(ng), fixed(nb)
		}
	}
}

func fixed(v float64) int16 { return int16(max(0, min(1, v))*255*128 + 0.5) }

func (c *cube) change(r, g, b float64) (nr, ng, nb float64) {
	l, a, bb := toLab(r, g, b)
	at := max(0, min(bins-1, l*(bins-1)))
	i := min(int(at), bins-2)
	nl := c.light[i] + (at-float64(i))*(c.light[i+1]-c.light[i])
	da, db := a-c.from.a, bb-c.from.b
	na := c.to.a + c.gain[0]*da + c.gain[1]*db
	nbb := c.to.b + c.gain[1]*da + c.gain[2]*db
	// Black and white stay without colour.
	soft := min(1, 6*min(nl, 1.02-nl))
	na, nbb = na*soft, nbb*soft
	s := c.strength
	return fromLab(l+s*(nl-l), a+s*(na-a), bb+s*(nbb-bb))
}

// apply changes one pixel.
func (c *cube) apply(p []uint8) {
	_ = p[2]
	// A byte is 0 to 8160 on 32 steps of 255: its knot and the rest of 255.
	var at, rest [3]int
	for k := range 3 {
		v := int(p[k]) * (knots - 1)
		at[k] = min(v/255, knots-2)
		rest[k] = v - at[k]*255
	}
	base := 3 * ((at[2]*knots+at[1])*knots + at[0])
	const right, down, deep = 3, 3 * knots, 3 * knots * knots
	for k := range 3 {
		q := c.v[base+k:]
		a := int(q[0])*255 + rest[0]*(int(q[right])-int(q[0]))
		b := int(q[down])*255 + rest[0]*(int(q[down+right])-int(q[down]))
		d := int(q[deep])*255 + rest[0]*(int(q[deep+right])-int(q[deep]))
		e := int(q[deep+down])*255 + rest[0]*(int(q[deep+down+right])-int(q[deep+down]))
		near, far := a*255+rest[1]*(b-a), d*255+rest[1]*(e-d)
		p[k] = uint8((near*255 + rest[2]*(far-near) + 64*255*255*255) / (128 * 255 * 255 * 255))
	}
}

// toLab turns sRGB from 0 to 1 into Oklab (Ottosson, 2020).
func toLab(r, g, b float64) (l, a, bb float64) {
	r, g, b = linear(r), linear(g), linear(b)
	x := math.Cbrt(0.4122214708*r + 0.5363325363*g + 0.0514459929*b)
	y := math.Cbrt(0.2119034982*r + 0.6806995451*g + 0.1073969566*b)
	z := math.Cbrt(0.0883024619*r + 0.2817188376*g + 0.6299787005*b)
	return 0.2104542553*x + 0.7936177850*y - 0.0040720468*z,
		1.9779984951*x - 2.4285922050*y + 0.4505937099*z,
		0.0259040371*x + 0.7827717662*y - 0.8086757660*z
}

func fromLab(l, a, b float64) (r, g, bb float64) {
	x := l + 0.3963377774*a + 0.2158037573*b
	y := l - 0.1055613458*a - 0.0638541728*b
	z := l - 0.0894841775*a - 1.2914855480*b
	x, y, z = x*x*x, y*y*y, z*z*z
	return curved(4.0767416621*x - 3.3077115913*y + 0.2309699292*z),
		curved(-1.2684380046*x + 2.6097574011*y - 0.3413193965*z),
		curved(-0.0041960863*x - 0.7034186147*y + 1.7076147010*z)
}

func linear(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

func curved(v float64) float64 {
	if v <= 0.0031308 {
		return 12.92 * max(0, v)
	}
	return 1.055*math.Pow(v, 1/2.4) - 0.055
}
