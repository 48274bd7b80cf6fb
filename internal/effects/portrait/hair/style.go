package hair

import (
	"context"
	"image"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/effects/portrait/head"
	"vow.example/vow/internal/effects/portrait/matte"
	"vow.example/vow/internal/effects/raster"
)

// Natural is the colour of drawn hair that takes after the person's own.
const Natural = "natural"

const stylePasses = matte.RefinePasses + 14

// Style lays drawn hair onto the head of the surest face of a picture. The own hair that the drawing
// does not cover is replaced by what is around it.
func Style(ctx context.Context, in effect.Input, v effect.Values, progress func(float64)) (effect.Result, error) {
	img := in.Pictures[0]
	heads, err := head.All(img)
	if err != nil {
		return effect.Result{}, err
	}
	d, err := open(in.Materials, v.Word("hair"))
	if err != nil {
		return effect.Result{}, err
	}
	j, err := raster.Start(img, stylePasses, progress)
	if err != nil {
		return effect.Result{}, err
	}
	w := wig{head: heads[0], drawing: d, color: v.Word("color"), find: face.Hair}
	return effect.Result{Picture: img}, w.run(ctx, j, img)
}

type wig struct {
	head    head.Head
	drawing drawing
	color   string
	find    finder
}

func (w wig) run(ctx context.Context, j *raster.Job, img *image.NRGBA) error {
	place, ok := w.drawing.onto(w.head)
	if !ok {
		return nil
	}
	own, err := matteOf(ctx, j, img, w.head, w.find)
	if err != nil {
		return err
	}
	w.paint(own)
	c := w.drawing.cut(place, img.Rect.Size())
	plan, err := newPlan(ctx, j, w.head, own, c)
	if err != nil {
		return err
	}
	light := lightOf(own.Small, w.head, img.Rect.Size())
	where := own.Bounds().Union(c.area).Inset(-int(0.4 * w.head.Span)).Intersect(img.Rect)
	carrier := plan.Carry(img.Rect.Dx(), img.Rect.Dy())
	return j.Bands(ctx, where.Dy(), func(lo, hi int) {
		row, scratch := make([]float32, planned*where.Dx()), carrier.Scratch()
		for y := where.Min.Y + lo; y < where.Min.Y+hi; y++ {
			carrier.Read(row, y, where.Min.X, scratch)
			pix := img.Pix[y*img.Stride:][:4*img.Rect.Dx()]
			w.clear(pix[4*where.Min.X:4*where.Max.X], row, y)
			if y < c.area.Min.Y || y >= c.area.Max.Y {
				continue
			}
			for x := c.area.Min.X; x < c.area.Max.X; x++ {
				over(pix[4*x:4*x+4], c.at(float64(x)+0.5, float64(y)+0.5), light.at(w.head, x, y))
			}
		}
	})
}

// paint gives the drawing its colour.
func (w wig) paint(own matte.Matte) {
	m := w.drawing.picture
	drawn, enough := average(m.Rect.Dx()*m.Rect.Dy(), func(i int) (c [3]float32, w float32) {
		p := m.Pix[4*i : 4*i+4]
		return [3]float32{float32(p[0]) / 255, float32(p[1]) / 255, float32(p[2]) / 255}, raster.Smoothstep(0.7, 1, float32(p[3])/255)
	})
	d, known := dyeOf(w.color)
	if !known {
		from, there := measure(own)
		if !there {
			return // a bald head gets the hair as drawn
		}
		d = dye{tone: from.mean, contrast: 1, variety: 0.3, shine: 0.7}
		d.tone.l = min(max(d.tone.l, 0.2), 0.9)
	}
	if !enough {
		return
	}
	t := newTable(newBath(d, drawn))
	for i := 0; i < len(m.Pix); i += 4 {
		if p := m.Pix[i : i+4]; p[3] > 0 {
			r, g, b := t.at(p[0], p[1], p[2])
			p[0], p[1], p[2] = uint8(r+0.5), uint8(g+0.5), uint8(b+0.5)
		}
	}
}

// clear takes the own hair away and lays the shadow of the new hair, in one row. A little noise keeps
// what was filled in from looking painted.
func (w wig) clear(pix []uint8, plan []float32, y int) {
	for x := 0; 4*x < len(pix); x++ {
		d, p := plan[planned*x:][:planned], pix[4*x:][:4]
		gone, shade := d[planGone], 1-d[planShadow]
		if gone < 0.004 && shade > 0.996 {
			continue
		}
		grain := 0.0
		if gone > 0.004 {
			grain = 5 * float64(raster.Noise(17, float32(x)*0.9, float32(y)*0.9)-0.5)
		}
		for k := range 3 {
			v := float32(p[k])
			v += gone * (255*d[planRed+k] + float32(grain) - v)
			p[k] = uint8(max(0, min(255, v*shade+0.5)))
		}
	}
}

// over lays drawn hair over a pixel.
func over(p []uint8, c [4]float32, light float32) {
	if c[3] < 0.004 {
		return
	}
	under := float32(p[3]) / 255
	a := c[3] + under*(1-c[3])
	for k := range 3 {
		lit := c[k] / c[3]
		if light <= 1 {
			lit *= light
		} else {
			lit = light * lit / (1 + (light-1)*lit)
		}
		v := (lit*c[3] + float32(p[k])/255*under*(1-c[3])) / a
		p[k] = raster.ToByte(v)
	}
	p[3] = raster.ToByte(a)
}
