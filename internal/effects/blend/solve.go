package blend

import (
	"context"
	"fmt"
	"image"

	"vow.example/vow/internal/effects/raster"
)

// The kinds of pixels. What lies from 1 to fixed is a known value with that weight.
const (
	void  = 0   // takes no part
	fixed = 250 // known, with full weight
	shore = 254 // solved for; some neighbour has less than full weight
	inner = 255 // solved for; all four neighbours count fully
)

// A solver finds the smoothest field with given values at the border, from coarse to fine: each level
// starts from the one above it, so that only what is new on its scale is left to relax.
type solver struct {
	levels []*level
}

type level struct {
	w, h   int
	v      []float32
	kind   []uint8
	span   []int32 // of each row: the first pixel that is solved for, and the one behind the last
	screen float32 // pulls towards zero
}

const (
	topSweeps = 3
	maxSweeps = 64
	over      = 1.35 // overrelaxation: few sweeps have to carry far
)

// sweeps doubles with each level: there they cost a quarter and reach twice as far.
func sweeps(k int) int { return min(maxSweeps, topSweeps<<min(k, 10)) }

// large says whether a level is worth spreading over the cores.
func large(p image.Point) bool { return p.X*p.Y >= 160*160 }

// shapes returns the sizes of all levels, the finest first.
func shapes(w, h int) []image.Point {
	s := []image.Point{{X: w, Y: h}}
	for min(w, h) > 3 {
		w, h = (w+1)/2, (h+1)/2
		s = append(s, image.Pt(w, h))
	}
	return s
}

func newSolver(w, h int, fade float64) *solver {
	s := &solver{}
	screen := 0.0
	if fade > 0 {
		screen = 1 / (fade * fade)
	}
	for _, p := range shapes(w, h) {
		n := p.X * p.Y
		s.levels = append(s.levels, &level{p.X, p.Y, make([]float32, n), make([]uint8, n), make([]int32, 2*p.Y), float32(screen)})
		screen *= 4
	}
	return s
}

// coarsen takes the kinds from the finer level: what is known there stays known.
func (v *level) coarsen(fine *level) {
	for y := range v.h {
		for x := range v.w {
			known, free := uint8(0), false
			v.children(fine, x, y, func(i int) {
				if k := fine.kind[i]; k > fixed {
					free = true
				} else {
					known = max(known, k)
				}
			})
			switch {
			case known > 0:
				v.kind[y*v.w+x] = known
			case free:
				v.kind[y*v.w+x] = inner
			}
		}
	}
}

// gather takes the known values from the finer level, by their weight.
func (v *level) gather(fine *level) {
	for y := range v.h {
		for x := range v.w {
			if k := v.kind[y*v.w+x]; k == void || k > fixed {
				continue
			}
			var sum, weight float32
			v.children(fine, x, y, func(i int) {
				if k := fine.kind[i]; k <= fixed {
					sum += float32(k) * fine.v[i]
					weight += float32(k)
				}
			})
			v.v[y*v.w+x] = sum / weight
		}
	}
}

// children calls f with the up to four pixels that one of this level stands for.
func (v *level) children(fine *level, x, y int, f func(i int)) {
	for fy := 2 * y; fy < min(2*y+2, fine.h); fy++ {
		for fx := 2 * x; fx < min(2*x+2, fine.w); fx++ {
			f(fy*fine.w + fx)
		}
	}
}

// finish finds the shore and the spans.
func (v *level) finish() {
	for y := range v.h {
		lo, hi := v.w, 0
		for x := range v.w {
			i := y*v.w + x
			if v.kind[i] <= fixed {
				continue
			}
			lo, hi = min(lo, x), x+1
			side := x == 0 || y == 0 || x == v.w-1 || y == v.h-1
			if side || v.kind[i-1] < fixed || v.kind[i+1] < fixed || v.kind[i-v.w] < fixed || v.kind[i+v.w] < fixed {
				v.kind[i] = shore
			}
		}
		v.span[2*y], v.span[2*y+1] = int32(lo), int32(hi)
	}
}

// solve fills all levels, the coarsest first.
func (s *solver) solve(ctx context.Context, j *raster.Job) error {
	for k := len(s.levels) - 1; k >= 0; k-- {
		v := s.levels[k]
		pass := func(f func(y0, y1 int)) error { return j.Bands(ctx, v.h, f) }
		if !large(image.Pt(v.w, v.h)) {
			pass = func(f func(y0, y1 int)) error {
				f(0, v.h)
				return ctx.Err()
			}
		}
		err := pass(func(y0, y1 int) {
			if k+1 < len(s.levels) {
				v.refine(s.levels[k+1], k == 0, y0, y1)
			} else {
				v.start(y0, y1)
			}
		})
		for n := 0; n < 2*sweeps(k) && err == nil; n++ {
			err = pass(func(y0, y1 int) { v.sweep(n&1, y0, y1) })
		}
		if err != nil {
			return fmt.Errorf("effects: %w", err)
		}
	}
	return nil
}

// start gives the unknown pixels of the coarsest level the mean of the known ones.
func (v *level) start(y0, y1 int) {
	var sum, weight float32
	for i, k := range v.kind {
		if k <= fixed {
			sum += float32(k) * v.v[i]
			weight += float32(k)
		}
	}
	for i := y0 * v.w; i < y1*v.w; i++ {
		if k := v.kind[i]; k == void || k > fixed {
			v.v[i] = sum / max(1, weight)
		}
	}
}

// refine starts the unknown pixels with the coarser level. The finest level needs no values outside.
func (v *level) refine(coarse *level, finest bool, y0, y1 int) {
	for y := y0; y < y1; y++ {
		near, far := parents(y, coarse.h)
		a, b := coarse.v[near*coarse.w:][:coarse.w], coarse.v[far*coarse.w:][:coarse.w]
		row, kind := v.v[y*v.w:][:v.w], v.kind[y*v.w:][:v.w]
		for x, k := range kind {
			if k > fixed || k == void && !finest {
				n, f := parents(x, coarse.w)
				row[x] = 0.5625*a[n] + 0.1875*(a[f]+b[n]) + 0.0625*b[f]
			}
		}
	}
}

// parents are the nearest pixel of the coarser level and the one next to it.
func parents(x, n int) (near, far int) {
	near = x >> 1
	if x&1 == 0 {
		return near, max(0, near-1)
	}
	return near, min(n-1, near+1)
}

// sweep relaxes every second pixel, like the fields of one colour of a chess board: they do not depend
// on each other, so neither do bands.
func (v *level) sweep(color, y0, y1 int) {
	share := 1 / (4 + v.screen)
	for y := y0; y < y1; y++ {
		lo, hi := int(v.span[2*y]), int(v.span[2*y+1])
		lo += (lo + y + color) & 1
		if lo >= hi {
			continue
		}
		row, kind := v.v[y*v.w:][:v.w], v.kind[y*v.w:][:v.w]
		var up, down []float32
		if y > 0 {
			up = v.v[(y-1)*v.w:][:v.w]
		}
		if y < v.h-1 {
			down = v.v[(y+1)*v.w:][:v.w]
		}
		for x := lo; x < hi; x += 2 {
			if kind[x] == inner {
				row[x] += over * ((row[x-1]+row[x+1]+up[x]+down[x])*share - row[x])
			} else if kind[x] == shore {
				v.relaxShore(x, y)
			}
		}
	}
}

// relaxShore is the same for a pixel next to the side, to nothing, or to values with little weight.
func (v *level) relaxShore(x, y int) {
	i := y*v.w + x
	var sum, weight float32
	add := func(ok bool, n int) {
		if ok {
			w := min(1, float32(v.kind[n])/fixed)
			sum += w * v.v[n]
			weight += w
		}
	}
	add(x > 0, i-1)
	add(x < v.w-1, i+1)
	add(y > 0, i-v.w)
	add(y < v.h-1, i+v.w)
	if weight > 0 {
		v.v[i] += over * (sum/(weight+v.screen) - v.v[i])
	}
}
