package hair

import (
	"context"
	"image"
	"math"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/effects/portrait/head"
	"vow.example/vow/internal/effects/portrait/matte"
	"vow.example/vow/internal/effects/raster"
)

// finder finds the mask of hair; face.Hair outside of tests.
type finder func(context.Context, *image.NRGBA, face.Face) (*image.Alpha, error)

const dyePasses = matte.RefinePasses + 4

// Dye gives the hair of everybody in a picture another colour.
func Dye(ctx context.Context, in effect.Input, v effect.Values, progress func(float64)) (effect.Result, error) {
	img := in.Pictures[0]
	heads, err := head.All(img)
	if err != nil {
		return effect.Result{}, err
	}
	d, known := dyeOf(v.Word("color"))
	if v.Number("strength") == 0 || !known {
		return effect.Result{Picture: img}, ctx.Err()
	}
	j, err := raster.Start(img, len(heads)*dyePasses, progress)
	if err != nil {
		return effect.Result{}, err
	}
	for _, h := range heads {
		if err := dyeOne(ctx, j, img, h, coat{dye: d, strength: float32(v.Number("strength")), find: face.Hair}); err != nil {
			return effect.Result{}, err
		}
	}
	return effect.Result{Picture: img}, nil
}

// coat is what is put onto hair.
type coat struct {
	dye      dye
	strength float32
	find     finder
}

func dyeOne(ctx context.Context, j *raster.Job, img *image.NRGBA, h head.Head, c coat) error {
	m, err := matteOf(ctx, j, img, h, c.find)
	if err != nil {
		return err
	}
	from, enough := measure(m)
	if !enough {
		return nil // a bald head, or hair under a hat
	}
	table := newTable(newBath(c.dye, from))
	where := m.Bounds()
	return j.Bands(ctx, where.Dy(), func(lo, hi int) {
		reader, alpha := m.Reader(), make([]float32, where.Dx())
		for y := where.Min.Y + lo; y < where.Min.Y+hi; y++ {
			reader.Read(alpha, img, where.Min.X, y)
			row := img.Pix[y*img.Stride+4*where.Min.X:][:4*where.Dx()]
			for x, a := range alpha {
				if a *= c.strength; a < 0.004 {
					continue
				}
				p := row[4*x:][:4]
				r, g, b := table.at(p[0], p[1], p[2])
				for k, v := range [3]float32{r, g, b} {
					p[k] = uint8(float32(p[k]) + a*(v-float32(p[k])) + 0.5)
				}
			}
		}
	})
}

// matteOf is the hair of one head at full resolution.
func matteOf(ctx context.Context, j *raster.Job, img *image.NRGBA, h head.Head, find finder) (matte.Matte, error) {
	mask, err := find(ctx, img, h.Face)
	if err != nil {
		return matte.Matte{}, err
	}
	reach := min(0.11*h.Span, 0.02*float64(max(img.Rect.Dx(), img.Rect.Dy())))
	m, err := matte.Refine(ctx, j, img, mask, reach)
	if err != nil {
		return m, err
	}
	m.Fade(func(x, y float64) float32 {
		u, v := h.In(x, y)
		return 1 - features(u, v)
	})
	return m, nil
}

// features is 1 on eyes, nose and mouth, which are no hair even where they have its colour.
func features(u, v float64) float32 {
	inner := 1 - raster.Smoothstep(0.85, 1.1, float32(math.Hypot(u/0.78, (v-0.75)/0.95)))
	return max(inner, eyesAt(u, v))
}

// eyesAt is 1 on the eyes, which stay as they are even where hair falls over them.
func eyesAt(u, v float64) float32 {
	return 1 - raster.Smoothstep(0.75, 1.15, float32(math.Hypot((math.Abs(u)-0.5)/0.36, (v+0.05)/0.24)))
}

// measure says what the hair of a matte looks like on average, and whether there is any.
func measure(m matte.Matte) (stats, bool) {
	return average(len(m.Alpha.V), func(i int) (c [3]float32, w float32) {
		p := m.Small.V[4*i : 4*i+4]
		return [3]float32(p[:3]), raster.Smoothstep(0.7, 1, m.Alpha.V[i]) * p[3]
	})
}

// average looks at some of n pixels, each with a weight.
func average(n int, at func(i int) ([3]float32, float32)) (stats, bool) {
	var sum [4]float64
	squares := 0.0
	for i := 0; i < n; i += 1 + n/60_000 {
		c, weight := at(i)
		if weight <= 0 {
			continue
		}
		o, w := toLab(c[0], c[1], c[2]), float64(weight)
		sum[0] += w
		sum[1] += w * float64(o.l)
		sum[2] += w * float64(o.a)
		sum[3] += w * float64(o.b)
		squares += w * float64(o.l) * float64(o.l)
	}
	if sum[0] < 8 {
		return stats{}, false
	}
	mean := sum[1] / sum[0]
	return stats{
		mean:   lab{float32(mean), float32(sum[2] / sum[0]), float32(sum[3] / sum[0])},
		spread: float32(math.Sqrt(max(0, squares/sum[0]-mean*mean))),
	}, true
}

const knots = 33 // of a table, each way

// table is a bath at a lattice of colours; between them it is interpolated.
type table [knots * knots * knots][3]float32

func newTable(b bath) *table {
	t := new(table)
	for r := range knots {
		for g := range knots {
			for bl := range knots {
				const k = 1.0 / (knots - 1)
				c := b.dip(toLab(float32(r)*k, float32(g)*k, float32(bl)*k))
				x, y, z := c.rgb()
				t[(r*knots+g)*knots+bl] = [3]float32{255 * x, 255 * y, 255 * z}
			}
		}
	}
	return t
}

// at returns the new colour of one, 0 to 255.
func (t *table) at(r, g, b uint8) (float32, float32, float32) {
	const scale = float32(knots-1) / 255
	fr, fg, fb := float32(r)*scale, float32(g)*scale, float32(b)*scale
	ir, ig, ib := min(int(fr), knots-2), min(int(fg), knots-2), min(int(fb), knots-2)
	fr, fg, fb = fr-float32(ir), fg-float32(ig), fb-float32(ib)
	i := (ir*knots+ig)*knots + ib
	var out [3]float32
	for k := range out {
		c00 := t[i][k] + fb*(t[i+1][k]-t[i][k])
		c01 := t[i+knots][k] + fb*(t[i+knots+1][k]-t[i+knots][k])
		c10 := t[i+knots*knots][k] + fb*(t[i+knots*knots+1][k]-t[i+knots*knots][k])
		c11 := t[i+knots*knots+knots][k] + fb*(t[i+knots*knots+knots+1][k]-t[i+knots*knots+knots][k])
		c0, c1 := c00+fg*(c01-c00), c10+fg*(c11-c10)
		out[k] = c0 + fr*(c1-c0)
	}
	return out[0], out[1], out[2]
}
