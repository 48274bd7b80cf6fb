package motion

import (
	"context"
	"image"
	"math"
	"slices"

	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/effects/raster"
)

// shotOf looks at a picture: where its faces are, and what it is about.
func shotOf(ctx context.Context, j *raster.Job, m *image.NRGBA, aspect float64) (shot, error) {
	s := shot{w: float64(m.Rect.Dx()), h: float64(m.Rect.Dy()), aspect: aspect}
	if s.keep = faces(face.Find(m), s.w, s.h); s.keep.w > 0 {
		s.x, s.y = s.keep.center()
		return s, nil
	}
	c, err := cuesOf(ctx, j, m, 96)
	if err != nil {
		return s, err
	}
	x, y := c.middle()
	s.x, s.y = x*s.w, y*s.h
	return s, nil
}

// faces is the part of the picture that holds the faces, with air around them. Faces that are small
// beside the largest one are passers-by.
func faces(found []face.Face, w, h float64) view {
	tallest := 0
	for _, f := range found {
		tallest = max(tallest, f.Box.Dy())
	}
	var all view
	for _, f := range found {
		if 5*f.Box.Dy() < 2*tallest {
			continue
		}
		bw, bh := float64(f.Box.Dx()), float64(f.Box.Dy())
		x0, x1 := max(0, float64(f.Box.Min.X)-0.2*bw), min(w, float64(f.Box.Max.X)+0.2*bw)
		y0, y1 := max(0, float64(f.Box.Min.Y)-0.35*bh), min(h, float64(f.Box.Max.Y)+0.25*bh)
		if all.w > 0 {
			x0, y0, x1, y1 = min(x0, all.x), min(y0, all.y), max(x1, all.x+all.w), max(y1, all.y+all.h)
		}
		all = view{x0, y0, x1 - x0, y1 - y0}
	}
	return all
}

// cues are what a small copy of a picture tells of what is near and what matters.
type cues struct {
	small *image.NRGBA
	sharp raster.Plane // local contrast, 0 to 1
	vivid raster.Plane // saturation, 0 to 1
}

// cuesOf looks at a copy of at most side pixels.
func cuesOf(ctx context.Context, j *raster.Job, m *image.NRGBA, side int) (cues, error) {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	k := min(1, float64(side)/float64(max(w, h)))
	small, err := copyOf(ctx, m, view{w: float64(w), h: float64(h)}, max(1, int(float64(w)*k+0.5)), max(1, int(float64(h)*k+0.5)))
	if err != nil {
		return cues{}, err
	}
	luma, err := j.LumaOf(ctx, small)
	if err != nil {
		return cues{}, err
	}
	base := luma.Clone()
	if err := j.Blur(ctx, base, 1.5); err != nil {
		return cues{}, err
	}
	c := cues{small, raster.NewPlane(luma.W, luma.H), raster.NewPlane(luma.W, luma.H)}
	for i := range luma.V {
		p := small.Pix[4*i : 4*i+3]
		c.sharp.V[i] = float32(math.Abs(float64(luma.V[i] - base.V[i])))
		c.vivid.V[i] = float32(max(p[0], p[1], p[2])-min(p[0], p[1], p[2])) / 255
	}
	if err := j.Blur(ctx, c.sharp, float64(max(small.Rect.Dx(), small.Rect.Dy()))/24); err != nil {
		return cues{}, err
	}
	even(c.sharp.V)
	even(c.vivid.V)
	return c, nil
}

// even stretches numbers so that most of them fill 0 to 1.
func even(v []float32) {
	order := slices.Clone(v)
	slices.Sort(order)
	lo, hi := order[len(order)/20], order[len(order)-1-len(order)/20]
	if hi-lo < 1e-3 {
		clear(v)
		return
	}
	for i := range v {
		v[i] = raster.Clamp01((v[i] - lo) / (hi - lo))
	}
}

// middle is the place that the picture is about, each from 0 to 1: where contrast and colour are,
// and not too far from the middle.
func (c cues) middle() (x, y float64) {
	var sum, sx, sy float64
	for i := range c.sharp.V {
		px := (float64(i%c.sharp.W) + 0.5) / float64(c.sharp.W)
		py := (float64(i/c.sharp.W) + 0.5) / float64(c.sharp.H)
		v := float64(c.sharp.V[i]) + 0.5*float64(c.vivid.V[i])
		v = v * v * math.Exp(-3*((px-0.5)*(px-0.5)+(py-0.5)*(py-0.5)))
		sum, sx, sy = sum+v, sx+v*px, sy+v*py
	}
	if sum < 1e-6 {
		return 0.5, 0.5
	}
	away := func(v float64) float64 { return min(0.72, max(0.28, 0.5+1.4*(v-0.5))) }
	return away(sx / sum), away(sy / sum)
}
