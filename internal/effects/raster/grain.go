package raster

import "context"

const grainSide = 512

// Grain is a square of noise that repeats without a seam: the tooth of paper, bristles, strokes.
type Grain struct{ v []uint8 }

// Layer is one layer of a grain: noise with a knot every X by Y pixels, powers of two up to 512.
type Layer struct {
	X, Y   int
	Weight float32
}

// Grain draws the layers of a seed; their weights should sum to 1.
func (j *Job) Grain(ctx context.Context, seed uint64, layers ...Layer) (Grain, error) {
	g := Grain{make([]uint8, grainSide*grainSide)}
	err := j.Bands(ctx, grainSide, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			g.row(seed, y, layers)
		}
	})
	return g, err
}

func (g Grain) row(seed uint64, y int, layers []Layer) {
	var sum [grainSide]float32
	for n, l := range layers {
		s := seed*31 + uint64(n)
		rows := int64(grainSide / l.Y)
		iy := int64(y / l.Y)
		ty := soft(float32(y%l.Y) / float32(l.Y))
		between := func(ix int64) float32 {
			a, b := knot(s, ix, iy), knot(s, ix, (iy+1)%rows)
			return a + ty*(b-a)
		}
		cols := int64(grainSide / l.X)
		for ix := range cols {
			a, b := between(ix), between((ix+1)%cols)
			for n := range l.X {
				sum[int(ix)*l.X+n] += l.Weight * (a + soft(float32(n)/float32(l.X))*(b-a))
			}
		}
	}
	for x, v := range sum {
		g.v[y*grainSide+x] = ToByte(v)
	}
}

func soft(t float32) float32 { return t * t * (3 - 2*t) }

// At returns the grain at a place, from 0 to 1.
func (g Grain) At(x, y float32) float32 {
	const one, mask = 256, grainSide - 1
	u, v := int32(int64(x*one)), int32(int64(y*one))
	i, j := int(u>>8)&mask, int(v>>8)&mask
	s, t := int(u&(one-1)), int(v&(one-1))
	i1, j1 := (i+1)&mask, (j+1)&mask
	a, b := int(g.v[j*grainSide+i]), int(g.v[j*grainSide+i1])
	c, d := int(g.v[j1*grainSide+i]), int(g.v[j1*grainSide+i1])
	top, bottom := a<<8+s*(b-a), c<<8+s*(d-c)
	return float32(top<<8+t*(bottom-top)) * (1.0 / (255 << 16))
}
