package portrait

import (
	"context"
	"image"
	"math"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/portrait/head"
	"vow.example/vow/internal/effects/portrait/matte"
	"vow.example/vow/internal/effects/raster"
)

// enhancement says how much of each part is done, from 0 to 1; the strength is already in them.
type enhancement struct{ skin, eyes, tone float32 }

const (
	facePasses  = 30
	faceSide    = 720 // pixels of the copy in which a face is worked on
	finePart    = 0.055
	keepTexture = 0.72
)

// enhance evens out skin without losing its texture, clears the eyes, and balances light and colour
// gently. Everything that is no skin and no eye only takes part in the balance.
func enhance(ctx context.Context, in effect.Input, v effect.Values, progress func(float64)) (effect.Result, error) {
	img := in.Pictures[0]
	heads, err := head.All(img)
	if err != nil {
		return effect.Result{}, err
	}
	all := v.Number("strength")
	e := enhancement{float32(all * v.Number("skin")), float32(all * v.Number("eyes")), float32(all * v.Number("tone"))}
	if e == (enhancement{}) {
		return effect.Result{Picture: img}, ctx.Err()
	}
	j, err := raster.Start(img, len(heads)*facePasses+1, progress)
	if err != nil {
		return effect.Result{}, err
	}
	table := balance(img, toneOf(img, heads[0]), float64(e.tone))
	for _, h := range heads {
		if err := e.face(ctx, j, img, h); err != nil {
			return effect.Result{}, err
		}
	}
	err = j.Bands(ctx, img.Rect.Dy(), func(lo, hi int) {
		for y := lo; y < hi; y++ {
			row := img.Pix[y*img.Stride:][:4*img.Rect.Dx()]
			for i := 0; i < len(row); i += 4 {
				row[i], row[i+1], row[i+2] = table[0][row[i]], table[1][row[i+1]], table[2][row[i+2]]
			}
		}
	})
	return effect.Result{Picture: img}, err
}

// face works on the surroundings of one face. What is to change is decided in a copy of bounded size;
// at full resolution it is only added, so that texture stays as sharp as it was.
func (e enhancement) face(ctx context.Context, j *raster.Job, img *image.NRGBA, h head.Head) error {
	area := h.Area(img.Rect.Size(), [4]float64{-1.9, -1.7, 1.9, 2.7})
	if area.Empty() || h.Span < 6 {
		return nil
	}
	part := img.SubImage(area).(*image.NRGBA)
	size := matte.Fit(area.Size(), faceSide)
	small, err := matte.Reduce(ctx, j, part, size)
	if err != nil {
		return err
	}
	s := study{head: h, area: area, small: small, span: h.Span * float64(size.X) / float64(area.Dx())}
	plan, err := s.plan(ctx, j)
	if err != nil {
		return err
	}
	carrier := plan.Carry(area.Dx(), area.Dy())
	return j.Bands(ctx, area.Dy(), func(lo, hi int) {
		row, scratch := make([]float32, planned*area.Dx()), carrier.Scratch()
		for y := lo; y < hi; y++ {
			carrier.Read(row, y, 0, scratch)
			e.row(part.Pix[y*part.Stride:][:4*area.Dx()], row)
		}
	})
}

// What a plan holds for every pixel.
const (
	planSkin = iota // how much it is skin
	planEven        // what to add to its brightness
	planBlue        // what to add to its blue and its red
	planRed         // apart from brightness
	planFine        // brightness without texture
	planEye         // how much it is an eye
	planWide        // brightness around the eye
	planned
)

// row carries out the plan for one row.
func (e enhancement) row(pix []uint8, plan []float32) {
	for x := 0; 4*x < len(pix); x++ {
		d, p := plan[planned*x:][:planned], pix[4*x:][:4]
		w, eye := d[planSkin]*e.skin, d[planEye]*e.eyes
		if w < 0.004 && eye < 0.004 {
			continue
		}
		r, g, b := float32(p[0])/255, float32(p[1])/255, float32(p[2])/255
		l := raster.Luma(r, g, b)
		texture := l - d[planFine]
		// Small texture is softened, a line that is drawn strongly stays.
		strong := raster.Smoothstep(0.03, 0.10, max(texture, -texture))
		dl := w * (d[planEven] - (1-keepTexture)*(1-strong)*texture)
		dr, db := w*d[planRed], w*d[planBlue]
		if eye >= 0.004 {
			el, dull := brighter(l, texture, d[planFine]-d[planWide])
			dl += eye * el
			dr, db = dr-eye*dull*(r-l), db-eye*dull*(b-l)
		}
		// Half of a change of brightness scales the colour, half is added: neither gray nor gaudy.
		k := 1 + 0.5*dl/max(l, 0.08)
		half := 0.5 * dl
		r, g, b = r*k+half+dr, g*k+half-(0.299*dr+0.114*db)/0.587, b*k+half+db
		p[0], p[1], p[2] = raster.ToByte(r), raster.ToByte(g), raster.ToByte(b)
	}
}

// brighter is what an eye gains at a pixel: contrast, light where it is not lash or pupil, and how much of
// its colour the white loses.
func brighter(l, texture, contrast float32) (dl, dull float32) {
	lit := raster.Smoothstep(0.12, 0.40, l)
	dl = 0.55*max(-0.1, min(0.1, texture)) + 0.28*max(-0.12, min(0.12, contrast)) + 0.30*lit*l*(1-l)*(1-l)
	return dl, 0.25 * raster.Smoothstep(0.45, 0.7, l)
}

// study is one face in its reduced copy.
type study struct {
	head  head.Head
	area  image.Rectangle
	small matte.Field
	span  float64 // the distance of the pupils in the copy
}

// in returns the head coordinates of a pixel of the copy.
func (s study) in(x, y int) (u, v float64) {
	kx, ky := float64(s.area.Dx())/float64(s.small.W), float64(s.area.Dy())/float64(s.small.H)
	return s.head.In(float64(s.area.Min.X)+(float64(x)+0.5)*kx, float64(s.area.Min.Y)+(float64(y)+0.5)*ky)
}

// plan decides what to change.
func (s study) plan(ctx context.Context, j *raster.Job) (matte.Field, error) {
	plan := matte.NewField(s.small.W, s.small.H, planned)
	own := skinOf(s)
	weight := matte.NewField(s.small.W, s.small.H, 1)
	err := j.Bands(ctx, s.small.H, func(lo, hi int) {
		for y := lo; y < hi; y++ {
			for x := range s.small.W {
				u, v := s.in(x, y)
				c := s.small.Row(y)[4*x : 4*x+4]
				eye := eyesAt(s.head, u, v)
				weight.V[y*s.small.W+x] = oval(s.head, u, v) * (1 - features(s.head, u, v)) * (1 - eye) * own.likely(c) * c[3]
				plan.V[planned*(y*plan.W+x)+planEye] = eye
			}
		}
	})
	if err != nil {
		return plan, err
	}
	soft := matte.Field{W: weight.W, H: weight.H, N: 1, V: append([]float32(nil), weight.V...)}
	if err := soft.Box(ctx, j, int(max(1, 0.05*s.span))); err != nil {
		return plan, err
	}
	if err := s.even(ctx, j, plan, weight); err != nil {
		return plan, err
	}
	for i, w := range soft.V {
		plan.V[planned*i+planSkin] = min(w, 1) * raster.Smoothstep(0, 0.5, w)
	}
	return plan, s.layers(ctx, j, plan)
}

// even plans how brightness and colour of the skin are evened out: the guided filter within the skin
// only, so that brows, lips and hair cast no shadow onto it.
func (s study) even(ctx context.Context, j *raster.Job, plan, weight matte.Field) error {
	const blotch = 0.045 * 0.045 // contrast of what counts as uneven, squared
	near := matte.NewField(s.small.W, s.small.H, 3)
	far := matte.NewField(s.small.W, s.small.H, 4)
	for i, w := range weight.V {
		c := s.small.V[4*i : 4*i+4]
		l := raster.Luma(c[0], c[1], c[2])
		near.V[3*i], near.V[3*i+1], near.V[3*i+2] = w, w*l, w*l*l
		far.V[4*i], far.V[4*i+1], far.V[4*i+2], far.V[4*i+3] = w, w*(c[2]-l), w*(c[0]-l), w*l
	}
	r := int(max(2, 0.13*s.span))
	if err := near.Box(ctx, j, r); err != nil {
		return err
	}
	for range 2 {
		if err := far.Box(ctx, j, int(max(2, 0.3*s.span))); err != nil {
			return err
		}
	}
	for i, w := range weight.V { // from moments to the line of the guided filter, weighted again
		n := near.V[3*i : 3*i+3]
		k := 1 / max(n[0], 1e-4)
		mean := n[1] * k
		spread := max(0, n[2]*k-mean*mean)
		a := spread / (spread + blotch)
		n[0], n[1], n[2] = w, w*a, w*(1-a)*mean
	}
	if err := near.Box(ctx, j, r); err != nil {
		return err
	}
	for i := range weight.V {
		s.planSkinAt(plan.V[planned*i:planned*i+planned], near.V[3*i:3*i+3], far.V[4*i:4*i+4], i)
	}
	return nil
}

func (s study) planSkinAt(d, near, far []float32, i int) {
	if near[0] < 1e-3 || far[0] < 1e-3 {
		return
	}
	c := s.small.V[4*i : 4*i+4]
	l := raster.Luma(c[0], c[1], c[2])
	d[planEven] = (near[1]*l+near[2])/near[0] - l
	d[planBlue] = 0.35 * (far[1]/far[0] - (c[2] - l))
	d[planRed] = 0.3 * (far[2]/far[0] - (c[0] - l))
	d[planEven] -= 0.4 * max(0, min(0.2, l+d[planEven]-far[3]/far[0]-0.07)) // shine
	u, v := s.in(i%s.small.W, i/s.small.W)
	d[planEven] += underEye(u, v) * 0.45 * max(0, min(0.12, far[3]/far[0]-l-d[planEven]))
}

// layers adds brightness without texture and brightness around the eyes, and takes texture out of what
// is planned.
func (s study) layers(ctx context.Context, j *raster.Job, plan matte.Field) error {
	fine := matte.NewField(s.small.W, s.small.H, 4)
	wide := matte.NewField(s.small.W, s.small.H, 1)
	for i := range wide.V {
		c, d := s.small.V[4*i:4*i+4], plan.V[planned*i:planned*i+planned]
		l := raster.Luma(c[0], c[1], c[2])
		wide.V[i] = l
		fine.V[4*i], fine.V[4*i+1], fine.V[4*i+2], fine.V[4*i+3] = l, d[planEven], d[planBlue], d[planRed]
	}
	if err := fine.Blur(ctx, j, max(0.8, finePart/2.3*s.span)); err != nil {
		return err
	}
	if err := wide.Blur(ctx, j, max(1, 0.10*s.span)); err != nil {
		return err
	}
	for i := range wide.V {
		d := plan.V[planned*i : planned*i+planned]
		d[planFine], d[planEven], d[planBlue], d[planRed] = fine.V[4*i], fine.V[4*i+1], fine.V[4*i+2], fine.V[4*i+3]
		d[planWide] = wide.V[i]
	}
	return nil
}

// distance is 1 on the rim of an ellipse and 0 in its middle.
func distance(u, v, ru, rv float64) float32 {
	return float32(math.Hypot(u/ru, v/rv))
}
