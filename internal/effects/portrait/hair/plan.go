package hair

import (
	"context"
	"math"
	"slices"

	"vow.example/vow/internal/effects/portrait/head"
	"vow.example/vow/internal/effects/portrait/matte"
	"vow.example/vow/internal/effects/raster"
)

// What the plan holds for every pixel.
const (
	planGone = iota // how much of the own hair goes
	planRed         // what comes in its place
	planGreen
	planBlue
	planShadow // how dark the new hair makes the skin below it
	planned
)

// plan is what is decided about every pixel of the small copy of a photo.
type plan struct {
	matte.Field
	head   head.Head
	small  matte.Field
	old    matte.Field // the own hair, slightly wider than it is
	around matte.Field // the own hair, much wider
	hidden [2]float32  // how much of the left and of the right ear the own hair covers
	kx, ky float64     // pixels of the photo for one of the copy
}

// newPlan decides which own hair goes, what comes in its place and where the new hair throws its shadow.
func newPlan(ctx context.Context, j *raster.Job, h head.Head, own matte.Matte, c cloth) (matte.Field, error) {
	s := own.Small
	p := plan{
		Field: matte.NewField(s.W, s.H, planned), head: h, small: s,
		kx: float64(c.size.X) / float64(s.W), ky: float64(c.size.Y) / float64(s.H),
	}
	span := h.Span / p.kx
	var err error
	if p.old, err = spread(ctx, j, own.Alpha, 0.07*span); err != nil {
		return p.Field, err
	}
	if p.around, err = spread(ctx, j, own.Alpha, 0.2*span); err != nil {
		return p.Field, err
	}
	p.measureEars()
	behind, skin := p.sources()
	fill(behind)
	fill(skin)
	if err := behind.Box(ctx, j, 1); err != nil {
		return p.Field, err
	}
	fresh := matte.NewField(s.W, s.H, 1)
	err = j.Bands(ctx, s.H, func(lo, hi int) {
		for y := lo; y < hi; y++ {
			for x := range s.W {
				fresh.V[y*s.W+x] = c.at((float64(x)+0.5)*p.kx, (float64(y)+0.5)*p.ky)[3]
			}
		}
	})
	if err != nil {
		return p.Field, err
	}
	if err := fresh.Blur(ctx, j, max(0.8, 0.10*span)); err != nil {
		return p.Field, err
	}
	shift := int(0.16*span) * s.W
	for i := range fresh.V {
		p.decide(i, behind.V[4*i:4*i+3], skin.V[4*i:4*i+3])
		if i >= shift {
			u, v := p.in(i)
			p.V[planned*i+planShadow] = 0.34 * p.face(u, v) * max(0, fresh.V[i-shift])
		}
	}
	return p.Field, nil
}

// spread is a field blurred by about radius.
func spread(ctx context.Context, j *raster.Job, f matte.Field, radius float64) (matte.Field, error) {
	wide := matte.Field{W: f.W, H: f.H, N: 1, V: slices.Clone(f.V)}
	return wide, wide.Box(ctx, j, int(max(1, radius)))
}

func (p plan) in(i int) (u, v float64) {
	return p.head.In((float64(i%p.W)+0.5)*p.kx, (float64(i/p.W)+0.5)*p.ky)
}

// measureEars looks how much of the ears was hidden: the rest of a hidden ear goes with the hair, a lobe
// alone looks wrong.
func (p *plan) measureEars() {
	var sum, n [2]float32
	for i, a := range p.old.V {
		u, v := p.in(i)
		if math.Abs(math.Abs(u)-1.2) > 0.1 || v < -0.1 || v > 0.35 {
			continue
		}
		side := 0
		if u > 0 {
			side = 1
		}
		sum[side], n[side] = sum[side]+a, n[side]+1
	}
	for k := range sum {
		p.hidden[k] = raster.Smoothstep(0.2, 0.5, sum[k]/max(n[k], 1))
	}
}

// sources returns what may be seen behind the own hair, and what skin under it looks like.
func (p plan) sources() (behind, skin matte.Field) {
	behind, skin = matte.NewField(p.W, p.H, 4), matte.NewField(p.W, p.H, 4)
	var lumas []float32
	for i, a := range p.old.V {
		u, v := p.in(i)
		if b := p.bare(u, v); b > 0.5 && a < 0.02 {
			c := p.small.V[4*i : 4*i+4]
			lumas = append(lumas, raster.Luma(c[0], c[1], c[2]))
		}
	}
	slices.Sort(lumas)
	usual := float32(0)
	if len(lumas) > 0 {
		usual = lumas[len(lumas)*6/10]
	}
	for i, a := range p.old.V {
		u, v := p.in(i)
		clean := 1 - raster.Smoothstep(0.01, 0.08, a)
		c := p.small.V[4*i : 4*i+4]
		known(behind, i, c, clean*(1-raster.Smoothstep(0, 0.3, p.near(u, v))))
		l := raster.Luma(c[0], c[1], c[2])
		lit := raster.Smoothstep(0.82*usual, 0.97*usual, l) // no skin in the shadow of the old hair
		known(skin, i, c, clean*p.bare(u, v)*lit)
	}
	return behind, skin
}

// decide plans one pixel.
func (p plan) decide(i int, behind, skin []float32) {
	u, v := p.in(i)
	d := p.V[planned*i : planned*i+planned]
	face := p.face(u, v)
	gone := raster.Smoothstep(0.02, 0.16, p.old.V[i])
	// The shadow of a fringe goes with the fringe, down to the brows.
	brow := face * raster.Smoothstep(0.28, 0.45, float32(-v))
	gone = max(gone, 0.9*brow*raster.Smoothstep(0.02, 0.3, p.around.V[i]))
	side := 0
	if u > 0 {
		side = 1
	}
	ear := 1 - raster.Smoothstep(0.85, 1.1, float32(math.Hypot((math.Abs(u)-1.27)/0.36, (v-0.42)/0.5)))
	gone = max(gone, ear*(1-face)*p.hidden[side])
	d[planGone] = gone * (1 - eyesAt(u, v))
	round := float32(1 - 0.10*min(1.2, u*u)) // skin turns away from the light towards the temples
	for k := range 3 {
		d[planRed+k] = behind[k] + face*(round*skin[k]-behind[k])
	}
}

// oval is 0 in the middle of the face and 1 on its outline; above the brows it reaches as far as given.
func (p plan) oval(u, v, above float64) float32 {
	middle, half := (p.head.Chin()-p.head.Crown())/2, (p.head.Chin()+p.head.Crown())/2
	if v < middle {
		half *= above
	}
	wide := 1.08 + 0.12*float64(raster.Smoothstep(0, 0.5, float32(0.1-v))) // temples run into the hair
	return float32(math.Hypot(u/wide, (v-middle)/half))
}

// face is 1 where a face without hair would be seen, with what of the scalp a parting shows.
func (p plan) face(u, v float64) float32 {
	return 1 - raster.Smoothstep(0.94, 1.06, p.oval(u, v, 1.14))
}

// near is 1 on and close around the face, whose colours are no background.
func (p plan) near(u, v float64) float32 { return 1 - raster.Smoothstep(1.12, 1.3, p.oval(u, v, 1)) }

// bare is 1 where skin is seen as skin: on cheeks and forehead, not on eyes, brows and mouth.
func (p plan) bare(u, v float64) float32 {
	if v > -0.42 && v < 0.3 && math.Abs(u) < 1 || math.Abs(u) < 0.6 && v > 0.75 && v < 1.45 {
		return 0
	}
	return 1 - raster.Smoothstep(0.7, 0.85, p.oval(u, v, 1))
}
