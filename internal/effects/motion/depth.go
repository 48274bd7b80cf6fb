package motion

import (
	"context"
	"image"
	"math"

	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/effects/raster"
)

// depthSide is the longer side of the guess of depth: depth changes slowly.
const depthSide = 256

// world is a picture in depth: what lies behind, what stands in front, and how near each is.
type world struct {
	front *image.NRGBA // the picture
	back  *image.NRGBA // the picture with what may be behind the people; nil: nobody is cut out
	matte []uint8      // how much of each pixel is in front, of 255; nil as back
	near  raster.Plane // of the front, 1 is nearest
	far   raster.Plane // of the back
}

// worldOf guesses the depth of a picture. people is a mask of it; nil: nobody is cut out.
func worldOf(ctx context.Context, j *raster.Job, m *image.NRGBA, found []face.Face, people *image.Alpha) (world, error) {
	c, err := cuesOf(ctx, j, m, depthSide)
	if err != nil {
		return world{}, err
	}
	w := world{front: m, far: c.guess()}
	if people == nil {
		if err := settle(ctx, j, w.far, c.small, 20); err != nil {
			return w, err
		}
		for _, f := range found {
			stand(w.far, f, float64(w.far.W)/float64(m.Rect.Dx()), func(float64) float64 { return 1 })
		}
		w.near = w.far
		return w, j.Blur(ctx, w.far, 2.5)
	}
	if w.matte, err = matteOf(ctx, j, m, people); err != nil {
		return w, err
	}
	if w.back, err = behind(ctx, j, m, w.matte); err != nil {
		return w, err
	}
	keepBodies(w, found)
	for i := range w.far.V {
		w.far.V[i] *= 0.55
	}
	// The back shows what a head hides now: its depth must not have the head's outline.
	if err := j.Blur(ctx, w.far, 12); err != nil {
		return w, err
	}
	w.near = w.far.Clone()
	for _, f := range found {
		k := float64(w.far.W) / float64(m.Rect.Dx())
		stand(w.near, f, k, func(float64) float64 { return 1 })
		stand(w.far, f, k, func(y float64) float64 { return between(headEnds-1, headEnds, y) })
	}
	return w, nil
}

// headEnds is where a head is no longer cut out, from the middle of the face, in halves of its height:
// hair and cheeks above it are, but collars and hands are more than a mask can tell from a wall.
const headEnds = 0.35

// between rises from 0 at lo to 1 at hi.
func between(lo, hi, v float64) float64 {
	return float64(raster.Smoothstep(float32(lo), float32(hi), float32(v)))
}

// keepBodies takes all but the heads out of a matte, and gives the back their bodies again. Where the
// matte fades, front and back have the same depth, and show the same.
func keepBodies(w world, found []face.Face) {
	width := w.front.Rect.Dx()
	for y := range w.front.Rect.Dy() {
		for x := range width {
			head, hole := 0.0, 0.0
			for _, f := range found {
				cx, cy := float64(f.Box.Min.X+f.Box.Max.X)/2, float64(f.Box.Min.Y+f.Box.Max.Y)/2
				r := float64(f.Box.Dy()) / 2
				dy, aside := (float64(y)-cy)/r, 1-between(2.4, 3.2, math.Abs(float64(x)-cx)/r)
				head = max(head, aside*(1-between(headEnds, headEnds+0.35, dy)))
				hole = max(hole, aside*(1-between(headEnds-0.25, headEnds, dy)))
			}
			i := y*width + x
			w.matte[i] = uint8(float64(w.matte[i])*head + 0.5)
			for k := 4 * i; k < 4*i+3; k++ {
				w.back.Pix[k] = uint8(hole*float64(w.back.Pix[k]) + (1-hole)*float64(w.front.Pix[k]) + 0.5)
			}
		}
	}
}

// guess is the depth that the picture itself suggests: near is what lies low, is sharp and has colour.
func (c cues) guess() raster.Plane {
	d := raster.NewPlane(c.sharp.W, c.sharp.H)
	for i := range d.V {
		y := (float32(i/d.W) + 0.5) / float32(d.H)
		d.V[i] = 0.5*raster.Smoothstep(0.1, 1, y) + 0.35*c.sharp.V[i] + 0.15*c.vivid.V[i]
	}
	return d
}

// settle smooths a plane over that many pixels and keeps the edges of the picture.
func settle(ctx context.Context, j *raster.Job, p raster.Plane, guide *image.NRGBA, spatial float64) error {
	const edge = 0.4
	c := raster.Colors{W: p.W, H: p.H, V: make([]float32, 3*len(p.V))}
	for i, v := range p.V {
		c.V[3*i] = v
	}
	if err := j.Smooth(ctx, c, guide, spatial, edge); err != nil {
		return err
	}
	for i := range p.V {
		p.V[i] = c.V[3*i]
	}
	return nil
}

// stand raises the place of a person in a guess of depth: the head, and a body below it, with room
// around them. What bends is then the wall behind a person, where nobody sees it, and not the hair.
// much says how much of it, by the height from the middle of the face.
func stand(d raster.Plane, f face.Face, k float64, much func(y float64) float64) {
	cx, cy := float64(f.Box.Min.X+f.Box.Max.X)/2*k, float64(f.Box.Min.Y+f.Box.Max.Y)/2*k
	r := float64(f.Box.Dy()) / 2 * k
	for i := range d.V {
		x, y := (float64(i%d.W)-cx)/r, (float64(i/d.W)-cy)/r
		head := 1 - math.Hypot(x/1.5, (y+0.15)/1.6)
		body := min(y-0.8, 1.3+1.1*min(1, max(0, y-0.9))-math.Abs(x)) / 1.1
		in := raster.Smoothstep(-0.9, 0, float32(max(head, body))) * float32(much(y))
		d.V[i] = d.V[i]*(1-in) + in*(0.84+0.06*raster.Clamp01(d.V[i]))
	}
}

// matteOf brings a mask to the size of the picture and lays its edge on the picture's.
func matteOf(ctx context.Context, j *raster.Job, m *image.NRGBA, people *image.Alpha) ([]uint8, error) {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	pw, ph := people.Rect.Dx(), people.Rect.Dy()
	p := raster.NewPlane(w, h)
	for y := range h {
		fy := min(max((float64(y)+0.5)*float64(ph)/float64(h)-0.5, 0), float64(ph-1))
		y0 := min(int(fy), max(0, ph-2))
		a, b := people.Pix[y0*people.Stride:], people.Pix[min(y0+1, ph-1)*people.Stride:]
		for x := range w {
			fx := min(max((float64(x)+0.5)*float64(pw)/float64(w)-0.5, 0), float64(pw-1))
			x0 := min(int(fx), max(0, pw-2))
			x1, sx, sy := min(x0+1, pw-1), fx-float64(x0), fy-float64(y0)
			top, low := float64(a[x0])*(1-sx)+float64(a[x1])*sx, float64(b[x0])*(1-sx)+float64(b[x1])*sx
			p.V[y*w+x] = float32((top*(1-sy) + low*sy) / 255)
		}
	}
	if err := settle(ctx, j, p, m, 2*float64(w)/float64(pw)+1); err != nil {
		return nil, err
	}
	if err := j.Blur(ctx, p, 1.2*float64(w)/512); err != nil { // the mask is coarser than the film
		return nil, err
	}
	out := make([]uint8, w*h)
	for i, v := range p.V {
		out[i] = raster.ToByte(raster.Smoothstep(0.12, 0.92, v)) // a thin edge: hair without the wall behind it
	}
	return out, nil
}

// behind is the picture with the colours around the matte spread over what lies in it.
func behind(ctx context.Context, j *raster.Job, m *image.NRGBA, matte []uint8) (*image.NRGBA, error) {
	c, err := j.ColorsOf(ctx, m)
	if err != nil {
		return nil, err
	}
	known := raster.NewPlane(c.W, c.H)
	for i, a := range matte {
		known.V[i] = float32(a) / 255
	}
	if err := j.Blur(ctx, known, 3); err != nil { // hair reaches further than the matte says
		return nil, err
	}
	for i, v := range known.V {
		known.V[i] = raster.Clamp01(1 - 12*v)
	}
	if err := spread(ctx, c, known); err != nil {
		return nil, err
	}
	out := image.NewNRGBA(m.Rect)
	return out, j.Bands(ctx, c.H, func(y0, y1 int) {
		for i := y0 * c.W; i < y1*c.W; i++ {
			for k := range 3 {
				out.Pix[4*i+k] = raster.ToByte(c.V[3*i+k])
			}
			out.Pix[4*i+3] = 255
		}
	})
}

// spread diffuses what is known into what is not: over ever smaller copies and back.
func spread(ctx context.Context, c raster.Colors, known raster.Plane) error {
	if c.W*c.H <= 1 {
		return nil
	}
	w, h := (c.W+1)/2, (c.H+1)/2
	small, sure := raster.Colors{W: w, H: h, V: make([]float32, 3*w*h)}, raster.NewPlane(w, h)
	err := bands(ctx, one(), h, func(y0, y1 int) {
		for y := 2 * y0; y < min(2*y1, c.H); y++ {
			for x := range c.W {
				i, o := y*c.W+x, y/2*w+x/2
				v := known.V[i]
				sure.V[o] += v
				for k := range 3 {
					small.V[3*o+k] += v * c.V[3*i+k]
				}
			}
		}
		for o := y0 * w; o < y1*w; o++ {
			if s := sure.V[o]; s > 0 {
				for k := range 3 {
					small.V[3*o+k] /= s
				}
				sure.V[o] = min(1, s)
			}
		}
	})
	if err == nil {
		err = spread(ctx, small, sure)
	}
	if err != nil {
		return err
	}
	return bands(ctx, one(), c.H, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			for x := range c.W {
				if v := known.V[y*c.W+x]; v < 1 {
					mend(c.V[3*(y*c.W+x):][:3], small, x, y, v)
				}
			}
		}
	})
}

// mend fills a pixel with what the smaller copy has in its place, as far as the pixel is not known.
func mend(p []float32, small raster.Colors, x, y int, known float32) {
	xa, ya := (x+1)/2-1, (y+1)/2-1 // the knots before and after, a quarter or three quarters away
	tx, ty := float32(0.25+0.5*float64((x+1)%2)), float32(0.25+0.5*float64((y+1)%2))
	xb, yb := min(xa+1, small.W-1), min(ya+1, small.H-1)
	xa, ya = max(0, xa), max(0, ya)
	a, b := small.Row(ya), small.Row(yb)
	for k := range 3 {
		top := a[3*xa+k] + tx*(a[3*xb+k]-a[3*xa+k])
		low := b[3*xa+k] + tx*(b[3*xb+k]-b[3*xa+k])
		p[k] = known*p[k] + (1-known)*(top+ty*(low-top))
	}
}

// one is a picture for work that has none.
func one() *image.NRGBA { return image.NewNRGBA(image.Rect(0, 0, 1, 1)) }
