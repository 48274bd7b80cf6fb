package scene

import (
	"math"

	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/effects/portrait/head"
)

// shape is about how a head is formed: an ellipsoid with a nose, brows, cheeks, a mouth and a chin, in
// head coordinates. It is nobody's head; it only says which way most heads face at a place.
type shape struct {
	head  head.Head
	light [3]float64
	turn  float64 // where the nose points, sideways
	mean  float64 // shade of a face on average, so that a face keeps its brightness
	bumps []bump
}

// bump is a soft hill on the ellipsoid, or a hollow.
type bump struct{ u, v, ru, rv, high float64 }

func shapeOf(h head.Head, light [3]float64) shape {
	nu, nv := h.Point(face.NoseTip)
	nu, nv = min(max(nu, -0.5), 0.5), min(max(nv, 0.45), 0.95)
	_, mv := h.Point(face.MouthTop)
	_, ml := h.Point(face.MouthBottom)
	s := shape{head: h, light: light, turn: nu, bumps: []bump{
		{0.9 * nu, 0.70 * nv, 0.16, 0.36, 0.16}, {nu, nv, 0.18, 0.16, 0.05}, // ridge and tip of the nose
		{-0.5, 0.06, 0.28, 0.18, -0.06}, {0.5, 0.06, 0.28, 0.18, -0.06}, // eyes
		{-0.5, -0.28, 0.4, 0.14, 0.04}, {0.5, -0.28, 0.4, 0.14, 0.04}, // brows
		{-0.66, 0.55, 0.32, 0.28, 0.08}, {0.66, 0.55, 0.32, 0.28, 0.08}, // cheeks
		{0.6 * nu, (mv + ml) / 2, 0.45, 0.28, 0.03}, {0.5 * nu, h.Chin() - 0.25, 0.3, 0.22, 0.03},
	}}
	sum, n := 0.0, 0
	for v := -0.8; v <= 1.6; v += 0.1 {
		for u := -0.9; u <= 0.9; u += 0.1 {
			sum += s.lambert(u, v)
			n++
		}
	}
	s.mean = sum / float64(n)
	return s
}

// lambert is how much light falls onto the head at a place.
func (s shape) lambert(u, v float64) float64 {
	middle := (s.head.Chin() - s.head.Crown()) / 2
	ru, rv, deep := 1.35, 1.45*(s.head.Chin()+s.head.Crown())/2, 1.25
	du, dv := u-0.35*s.turn, v-middle
	q := (du*du)/(ru*ru) + (dv*dv)/(rv*rv)
	root := math.Sqrt(1 - min(q, 0.86))
	su, sv := deep*du/(ru*ru)/root, deep*dv/(rv*rv)/root
	if q > 0.86 { // beyond the rim the slope stays what it was at the rim
		k := math.Sqrt(0.86 / q)
		su, sv = su*k, sv*k
	}
	for _, b := range s.bumps {
		x, y := (u-b.u)/b.ru, (v-b.v)/b.rv
		d := x*x + y*y
		if d > 12 {
			continue
		}
		e := b.high * math.Exp(-d/2)
		su, sv = su+e*x/b.ru, sv+0.4*e*y/b.rv // what faces down is lit by the clothes
	}
	n := (su*s.light[0] + sv*s.light[1] + s.light[2]) / math.Sqrt(1+su*su+sv*sv)
	return max(0, (n+0.28)/1.28) // a lamp of some size, and a room that gives light back
}

// shade is the exponent of the light at a place: the head itself near it, a gradient below and around.
func (s shape) shade(u, v float64) float64 {
	on := 2.0 * (s.lambert(u, v) - s.mean)
	on = 0.75*math.Tanh(on/0.75) + 0.06
	beyond := smooth(0.95, 1.5, math.Hypot(u/1.35, (v-0.4)/1.75))
	body := 0.32*math.Tanh(0.45*u*s.light[0]*2) - 0.12*smooth(1.8, 6, v)
	return on + beyond*(body-on)
}
