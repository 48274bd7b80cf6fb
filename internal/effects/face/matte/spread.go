package matte

import "math"

// edges says how well each pixel is joined to its right and lower neighbor, from nearly 0 to 1, at the
// size of the picture and at halves of it.
type edges struct {
	w, h        int
	right, down []float32
	half        *edges
}

const coarsest = 48 // pixels a side at which halving ends

// edges joins neighbors of a like colour.
func (p picture) edges() *edges {
	e := &edges{w: p.w, h: p.h, right: make([]float32, p.w*p.h), down: make([]float32, p.w*p.h)}
	sum := 0.0
	for y := range p.h {
		for x := range p.w {
			i := y*p.w + x
			if x+1 < p.w {
				e.right[i] = p.contrast(i, i+1)
				sum += float64(e.right[i])
			}
			if y+1 < p.h {
				e.down[i] = p.contrast(i, i+p.w)
				sum += float64(e.down[i])
			}
		}
	}
	k := -1 / (1.2*sum/float64(2*p.w*p.h) + 4e-4)
	for y := range p.h {
		for x := range p.w {
			i := y*p.w + x
			if x+1 < p.w {
				e.right[i] = 0.004 + float32(math.Exp(k*float64(e.right[i])))
			}
			if y+1 < p.h {
				e.down[i] = 0.004 + float32(math.Exp(k*float64(e.down[i])))
			}
		}
	}
	if min(p.w, p.h) > 2*coarsest {
		e.half = p.halved().edges()
	}
	return e
}

func (p picture) contrast(i, j int) float32 {
	a, b, c := p.v[0][i]-p.v[0][j], p.v[1][i]-p.v[1][j], p.v[2][i]-p.v[2][j]
	return a*a + b*b + c*c
}

func (p picture) halved() picture {
	q := picture{w: p.w / 2, h: p.h / 2}
	for k := range q.v {
		q.v[k] = halve(p.v[k], p.w, p.h)
	}
	return q
}

func halve(v []float32, w, h int) []float32 {
	out := make([]float32, (w/2)*(h/2))
	for y := range h / 2 {
		for x := range w / 2 {
			i := 2*y*w + 2*x
			out[y*(w/2)+x] = (v[i] + v[i+1] + v[i+w] + v[i+w+1]) / 4
		}
	}
	return out
}

// spread moves a towards what is wanted and towards its joined neighbors until both are in balance: the
// coarse picture first, then the details.
func (e *edges) spread(a, wanted, trust []float32) {
	if e.half != nil {
		w, h := e.half.w, e.half.h
		small, from := halve(a, e.w, e.h), halve(a, e.w, e.h)
		trusts := halve(trust, e.w, e.h)
		for i := range trusts {
			trusts[i] *= 2 // a pixel stands for four, its joints for two
		}
		e.half.spread(small, halve(wanted, e.w, e.h), trusts)
		for y := range e.h {
			for x := range e.w {
				i := min(h-1, y/2)*w + min(w-1, x/2)
				a[y*e.w+x] += small[i] - from[i]
			}
		}
	}
	for range 6 {
		for y := range e.h {
			e.row(y, a, wanted, trust)
		}
		for y := e.h - 1; y >= 0; y-- {
			e.row(y, a, wanted, trust)
		}
	}
}

func (e *edges) row(y int, a, wanted, trust []float32) {
	w := e.w
	for i := y * w; i < (y+1)*w; i++ {
		sum, weight := trust[i]*wanted[i], trust[i]
		if k := e.right[i]; k > 0 {
			sum, weight = sum+k*a[i+1], weight+k
		}
		if i > y*w {
			k := e.right[i-1]
			sum, weight = sum+k*a[i-1], weight+k
		}
		if k := e.down[i]; k > 0 {
			sum, weight = sum+k*a[i+w], weight+k
		}
		if y > 0 {
			k := e.down[i-w]
			sum, weight = sum+k*a[i-w], weight+k
		}
		a[i] = sum / weight
	}
}
