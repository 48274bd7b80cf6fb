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

// The shapes of blur.
const (
	Soft = "soft" // like frosted glass
	Lens = "lens" // discs, with points of light that stay bright
)

const (
	widest     = 0.034 // radius of the strongest blur, of the shorter side
	blurPasses = matte.RefinePasses + 40
	blurSide   = 1100 // longer side of the copy in which the background is blurred
)

// BlurBackground takes the sharpness from everything that is no person.
func BlurBackground(ctx context.Context, in effect.Input, v effect.Values, progress func(float64)) (effect.Result, error) {
	img := in.Pictures[0]
	heads, err := head.All(img)
	if err != nil {
		return effect.Result{}, err
	}
	if v.Number("strength") == 0 {
		return effect.Result{Picture: img}, ctx.Err()
	}
	b := blur{heads: heads, strength: v.Number("strength"), shape: v.Word("shape"), find: face.Person}
	return effect.Result{Picture: img}, b.run(ctx, img, progress)
}

type blur struct {
	heads    []head.Head
	strength float64
	shape    string
	find     person
}

func (b blur) run(ctx context.Context, img *image.NRGBA, progress func(float64)) error {
	j, err := raster.Start(img, blurPasses, progress)
	if err != nil {
		return err
	}
	m, err := people(ctx, j, img, b.heads, b.find)
	if err != nil {
		return err
	}
	layers, err := m.Layers(ctx, j)
	if err != nil {
		return err
	}
	behind, err := b.behind(ctx, j, img, m)
	if err != nil {
		return err
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	split, far := layers.Carry(w, h), behind.Carry(w, h)
	mix := raster.Smoothstep(0, 0.12, float32(b.strength))
	return j.Bands(ctx, h, func(lo, hi int) {
		reader := m.Reader()
		alpha, front, back := make([]float32, w), make([]float32, 6*w), make([]float32, 3*w)
		split0, far0 := split.Scratch(), far.Scratch()
		for y := lo; y < hi; y++ {
			reader.Read(alpha, img, 0, y)
			split.Read(front, y, 0, split0)
			far.Read(back, y, 0, far0)
			joinRow(img.Pix[y*img.Stride:][:4*w], [3][]float32{alpha, front, back}, mix)
		}
	})
}

// joinRow lays the person over the blurred background: with its own colour, without that of the sharp
// background that shines through hair.
func joinRow(pix []uint8, from [3][]float32, mix float32) {
	alpha, front, back := from[0], from[1], from[2]
	for x, a := range alpha {
		if a >= 0.999 {
			continue
		}
		p, f, b := pix[4*x:][:4], front[6*x:][:6], back[3*x:][:3]
		for k := range 3 {
			c := float32(p[k]) * (1.0 / 255)
			v := b[k]
			if a > 0.001 {
				own := raster.Clamp01(f[k] + a*(c-a*f[k]-(1-a)*f[3+k]))
				v += a * (own - v)
			}
			p[k] = raster.ToByte(c + mix*(v-c))
		}
	}
}

// behind returns the blurred background. The person takes no part in it, so that no glow of their
// colours surrounds them.
func (b blur) behind(ctx context.Context, j *raster.Job, img *image.NRGBA, m matte.Matte) (matte.Field, error) {
	size := img.Rect.Size()
	radius := widest * float64(min(size.X, size.Y)) * math.Pow(b.strength, 1.3)
	shrink := max(radius/9, 1, float64(max(size.X, size.Y))/blurSide)
	small, err := matte.Reduce(ctx, j, img, matte.Fit(size, int(float64(max(size.X, size.Y))/shrink)))
	if err != nil {
		return small, err
	}
	radius *= float64(small.W) / float64(size.X)
	if err := b.weigh(ctx, j, small, m); err != nil {
		return small, err
	}
	wide := matte.Field{W: small.W, H: small.H, N: 4, V: append([]float32(nil), small.V...)}
	for range 2 {
		if err := wide.Box(ctx, j, 2+int(3*radius)); err != nil {
			return small, err
		}
	}
	if b.shape == Lens {
		if err := b.glow(ctx, j, small, wide); err != nil {
			return small, err
		}
		small, err = disc(ctx, j, small, radius)
	} else {
		err = small.Blur(ctx, j, max(0.4, radius/1.6))
	}
	if err != nil {
		return small, err
	}
	return b.settle(ctx, j, small, wide)
}

// weigh multiplies every colour by how much it is background, and keeps that as the fourth number. For
// a lens, colours are amounts of light.
func (b blur) weigh(ctx context.Context, j *raster.Job, small matte.Field, m matte.Matte) error {
	alpha := m.Alpha.Carry(small.W, small.H)
	return j.Bands(ctx, small.H, func(lo, hi int) {
		row, scratch := make([]float32, small.W), alpha.Scratch()
		for y := lo; y < hi; y++ {
			alpha.Read(row, y, 0, scratch)
			d := small.Row(y)
			for x, a := range row {
				w := d[4*x+3] * raster.Clamp01(1-1.5*a)
				for k := range 3 {
					c := d[4*x+k]
					if b.shape == Lens {
						c *= c
					}
					d[4*x+k] = w * c
				}
				d[4*x+3] = w
			}
		}
	})
}

// glow strengthens points of light, which a photo holds too dark: a lens spreads them into discs that
// are still bright.
func (b blur) glow(ctx context.Context, j *raster.Job, small, wide matte.Field) error {
	return j.Bands(ctx, small.H, func(lo, hi int) {
		for i := 4 * lo * small.W; i < 4*hi*small.W; i += 4 {
			s, around := small.V[i:i+4], wide.V[i:i+4]
			if s[3] < 1e-3 || around[3] < 1e-3 {
				continue
			}
			peak := raster.Luma(s[0], s[1], s[2])/s[3] - raster.Luma(around[0], around[1], around[2])/around[3]
			k := 1 + 1.6*raster.Smoothstep(0.25, 0.6, peak)
			s[0], s[1], s[2] = s[0]*k, s[1]*k, s[2]*k
		}
	})
}

// settle turns weighted sums into colours. Far inside a person, where no background is near, the wide
// mean takes over.
func (b blur) settle(ctx context.Context, j *raster.Job, near, wide matte.Field) (matte.Field, error) {
	out := matte.NewField(near.W, near.H, 3)
	err := j.Bands(ctx, near.H, func(lo, hi int) {
		for i := lo * near.W; i < hi*near.W; i++ {
			n, f := near.V[4*i:4*i+4], wide.V[4*i:4*i+4]
			trust := raster.Smoothstep(0, 0.02, n[3])
			for k := range 3 {
				v := trust*n[k]/max(n[3], 1e-5) + (1-trust)*f[k]/max(f[3], 1e-5)
				if b.shape == Lens {
					v = float32(math.Sqrt(float64(v)))
				}
				out.V[3*i+k] = raster.Clamp01(v)
			}
		}
	})
	return out, err
}

// disc replaces every number by the mean of the disc around it.
func disc(ctx context.Context, j *raster.Job, f matte.Field, radius float64) (matte.Field, error) {
	sums := matte.NewField(f.W+1, f.H, 4)
	out := matte.NewField(f.W, f.H, 4)
	err := j.Bands(ctx, f.H, func(lo, hi int) {
		for y := lo; y < hi; y++ {
			s, d := f.Row(y), sums.Row(y)
			for i := range s {
				d[i+4] = d[i] + s[i]
			}
		}
	})
	if err != nil {
		return out, err
	}
	r := int(radius + 0.5)
	err = j.Bands(ctx, f.H, func(lo, hi int) {
		for y := lo; y < hi; y++ {
			d := out.Row(y)
			for dy := max(-r, -y); dy <= min(r, f.H-1-y); dy++ {
				half := int(math.Sqrt(max(0, (radius+0.3)*(radius+0.3)-float64(dy*dy))))
				s := sums.Row(y + dy)
				for x := range f.W {
					a, b := s[4*max(x-half, 0):][:4], s[4*min(x+half+1, f.W):][:4]
					o := d[4*x:][:4]
					o[0] += b[0] - a[0]
					o[1] += b[1] - a[1]
					o[2] += b[2] - a[2]
					o[3] += b[3] - a[3]
				}
			}
			area := float32(1 / (math.Pi * radius * max(radius, 1)))
			for i := range d {
				d[i] *= area
			}
		}
	})
	if err != nil || r < 2 {
		return out, err
	}
	return out, out.Box(ctx, j, 1)
}
