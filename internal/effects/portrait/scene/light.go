package scene

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

// The directions of light.
const (
	Front = "front"
	Left  = "left" // from the left side of the picture
	Right = "right"
	Top   = "top"
	Rim   = "rim" // from behind, on the edges
)

// Directions returns the directions of light, the usual one first.
func Directions() []string { return []string{Left, Right, Front, Top, Rim} }

const lightPasses = matte.RefinePasses + 14

// Light lights the persons of a picture from another side.
func Light(ctx context.Context, in effect.Input, v effect.Values, progress func(float64)) (effect.Result, error) {
	img := in.Pictures[0]
	heads, err := head.All(img)
	if err != nil {
		return effect.Result{}, err
	}
	if v.Number("strength") == 0 {
		return effect.Result{Picture: img}, ctx.Err()
	}
	l := lamp{heads: heads, strength: v.Number("strength"), from: v.Word("direction"), find: face.Person}
	return effect.Result{Picture: img}, l.run(ctx, img, progress)
}

type lamp struct {
	heads    []head.Head
	strength float64
	from     string
	find     person
}

// vector is where the light comes from: right, down, towards the viewer.
func (l lamp) vector() [3]float64 {
	switch l.from {
	case Left:
		return [3]float64{-0.84, -0.26, 0.48}
	case Right:
		return [3]float64{0.84, -0.26, 0.48}
	case Top:
		return [3]float64{0, -0.74, 0.67}
	default:
		return [3]float64{0, -0.20, 0.98}
	}
}

// What the plan of a light holds for every pixel, as exponents.
const (
	onPerson = iota
	onGround
	onEdge // how much of the light from behind is seen
	lit
)

func (l lamp) run(ctx context.Context, img *image.NRGBA, progress func(float64)) error {
	j, err := raster.Start(img, lightPasses, progress)
	if err != nil {
		return err
	}
	m, err := people(ctx, j, img, l.heads, l.find)
	if err != nil {
		return err
	}
	plan, err := l.plan(ctx, j, img.Rect.Size(), m)
	if err != nil {
		return err
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	carrier := plan.Carry(w, h)
	return j.Bands(ctx, h, func(lo, hi int) {
		reader, scratch := m.Reader(), carrier.Scratch()
		alpha, row := make([]float32, w), make([]float32, lit*w)
		for y := lo; y < hi; y++ {
			reader.Read(alpha, img, 0, y)
			carrier.Read(row, y, 0, scratch)
			lightRow(img.Pix[y*img.Stride:][:4*w], alpha, row)
		}
	})
}

// lightRow lights one row. The light is slightly warm and the shade slightly cool, as with a lamp in a
// room with windows.
func lightRow(pix []uint8, alpha, plan []float32) {
	for x, a := range alpha {
		d, p := plan[lit*x:][:lit], pix[4*x:][:4]
		e := d[onGround] + a*(d[onPerson]-d[onGround])
		edge := a * d[onEdge]
		if e > -0.003 && e < 0.003 && edge < 0.003 {
			continue
		}
		warm := max(-0.05, min(0.05, 0.08*e))
		k := exp2(e)
		for i, tint := range [3]float32{1 + math.Ln2*warm, 1, 1 - math.Ln2*warm} {
			v := exposed(float32(p[i])*(1.0/255), k*tint)
			p[i] = raster.ToByte(v + edge*v*(1-v)*(1.75-0.15*float32(i)))
		}
	}
}

// exposed is a brightness under k times the light. More light bends towards white and never reaches it.
func exposed(v, k float32) float32 {
	if k <= 1 {
		return v * k
	}
	return k * v / (1 + (k-1)*v)
}

// exp2 is 2 to the power of e, for the small e of this package.
func exp2(e float32) float32 {
	e *= math.Ln2
	return 1 + e*(1+e*(0.5+e*(1.0/6+e*(1.0/24))))
}

// plan computes the light for every pixel of the small picture.
func (l lamp) plan(ctx context.Context, j *raster.Job, size image.Point, m matte.Matte) (matte.Field, error) {
	plan := matte.NewField(m.Alpha.W, m.Alpha.H, lit)
	shapes := make([]shape, len(l.heads))
	for i, h := range l.heads {
		shapes[i] = shapeOf(h, l.vector())
	}
	edge := matte.Field{W: plan.W, H: plan.H, N: 1, V: append([]float32(nil), m.Alpha.V...)}
	span := l.heads[0].Span * float64(plan.W) / float64(size.X)
	if l.from == Rim {
		if err := edge.Blur(ctx, j, max(1, 0.09*span)); err != nil {
			return plan, err
		}
	}
	kx, ky := float64(size.X)/float64(plan.W), float64(size.Y)/float64(plan.H)
	err := j.Bands(ctx, plan.H, func(lo, hi int) {
		for y := lo; y < hi; y++ {
			for x := range plan.W {
				d := plan.V[lit*(y*plan.W+x):][:lit]
				px, py := (float64(x)+0.5)*kx, (float64(y)+0.5)*ky
				d[onPerson], d[onGround] = l.at(shapes, px, py)
				if l.from == Rim {
					d[onEdge] = float32(l.strength) * rimAt(edge, x, y)
				}
			}
		}
	})
	if err != nil {
		return plan, err
	}
	return plan, plan.Blur(ctx, j, max(0.6, 0.035*span))
}

// rimAt is how much light from behind, from both sides and above, an edge shows.
func rimAt(edge matte.Field, x, y int) float32 {
	at := func(x, y int) float32 {
		return edge.V[min(max(y, 0), edge.H-1)*edge.W+min(max(x, 0), edge.W-1)]
	}
	dx, dy := at(x-2, y)-at(x+2, y), at(x, y-2)-at(x, y+2) // points outwards
	length := float32(math.Hypot(float64(dx), float64(dy)))
	if length < 1e-4 {
		return 0
	}
	seen := max(dx, -dx)/length*0.85 + max(0, -dy/length)*0.45
	return min(1, seen) * raster.Smoothstep(0.15, 1.0, 2*(1-at(x, y))) * raster.Smoothstep(0, 0.05, length)
}

// at returns the exponents for a person and for the background at a place of the picture.
func (l lamp) at(shapes []shape, x, y float64) (onPerson, onGround float32) {
	best, near := 0.0, math.Inf(1)
	for _, s := range shapes {
		u, v := s.head.In(x, y)
		if d := math.Hypot(u, v-0.5); d < near {
			best, near = s.shade(u, v), d
		}
	}
	ground := -0.30 * smooth(0.6, 5, near)
	switch l.from {
	case Left, Right:
		ground -= 0.22
	case Top:
		ground -= 0.30
	case Rim:
		ground -= 0.55
		best = 0.25*best - 0.16
	}
	return float32(l.strength * best), float32(l.strength * ground)
}

func smooth(lo, hi, v float64) float64 {
	t := min(max((v-lo)/(hi-lo), 0), 1)
	return t * t * (3 - 2*t)
}
