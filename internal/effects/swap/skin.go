package swap

import (
	"context"
	"image"
	"math"
	"slices"

	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/effects/raster"
)

// skin is the colour of the skin of one face in one picture.
type skin struct{ red, blue, light float32 }

// skinOf is the median of the cheeks and the bridge of the nose: a fixed idea of what skin looks like
// would fail for most people and most lamps. The points are those of the template, moved to the picture.
func skinOf(img *image.NRGBA, points [face.PointCount]face.Point) skin {
	eyes := face.Face{Points: points}.EyeDistance()
	at := func(a, b int, t float64) face.Point {
		p, q := points[a], points[b]
		return face.Point{X: p.X + t*(q.X-p.X), Y: p.Y + t*(q.Y-p.Y)}
	}
	var red, blue, light []float32
	for _, c := range []face.Point{at(face.LeftPupil, face.MouthLeft, 0.55), at(face.RightPupil, face.MouthRight, 0.55), at(face.LeftBrowInner, face.NoseTip, 0.5), at(face.RightBrowInner, face.NoseTip, 0.5)} {
		r := int(0.12*eyes) + 1
		part := image.Rect(int(c.X)-r, int(c.Y)-r, int(c.X)+r, int(c.Y)+r).Intersect(image.Rect(0, 0, img.Rect.Dx(), img.Rect.Dy()))
		step := 1 + r/16
		for y := part.Min.Y; y < part.Max.Y; y += step {
			for x := part.Min.X; x < part.Max.X; x += step {
				p := img.Pix[y*img.Stride+4*x:]
				l := raster.Luma(float32(p[0]), float32(p[1]), float32(p[2])) + 1
				red, blue, light = append(red, float32(p[0])/l), append(blue, float32(p[2])/l), append(light, l)
			}
		}
	}
	return skin{median(red), median(blue), median(light)}
}

func median(v []float32) float32 {
	if len(v) == 0 {
		return 1
	}
	slices.Sort(v)
	return v[len(v)/2]
}

// likely is how much a colour may be this skin in light or shade, from 0 to 1. slack is how far its hue
// may stray.
func (s skin) likely(p []uint8, slack float32) float32 {
	l := raster.Luma(float32(p[0]), float32(p[1]), float32(p[2])) + 1
	hue := max(float32(p[0])/l-s.red, s.red-float32(p[0])/l) + max(float32(p[2])/l-s.blue, s.blue-float32(p[2])/l)
	slack *= max(1, (s.red-s.blue)/0.36) // the stronger the colour, the more it varies with the light
	bright := l / s.light
	return (1 - raster.Smoothstep(slack, 2.4*slack, hue)) * raster.Smoothstep(0.35, 0.62, bright) * (1 - raster.Smoothstep(1.6, 2.2, bright))
}

const cutPasses = 1 + raster.BlurPasses + 1

// cut returns the mask without the hair of the photo and what is behind it: what is no skin on the brow,
// at the temples and along the jaw stays as drawn. What shows who it is comes from the photo in any case.
func cut(ctx context.Context, j *raster.Job, p plates, points [face.PointCount]face.Point) (*image.Gray, error) {
	own, inner := skinOf(p.layer, points), ovalOf(points)
	size := max(2, int(inner.eyes/40))
	w, h := p.mask.Rect.Dx(), p.mask.Rect.Dy()
	m := cellsOf(w, h, size)
	other := raster.NewPlane(m.cols, m.rows)
	err := j.Bands(ctx, m.rows, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			for x := range m.cols {
				px, py := x*size+size/2, y*size+size/2
				if outside := inner.outside(px, py); outside > 0 {
					var c [4]uint8
					mean(c[:], p.layer, image.Rect(x*size, y*size, min(w, (x+1)*size), min(h, (y+1)*size)))
					// What is outside is never 0, so that only the face itself joins without a way to it.
					other.V[y*m.cols+x] = max((1-own.likely(c[:], 0.11))*outside, inner.beyond(px, py), 1e-6)
				}
			}
		}
	})
	if err != nil {
		return nil, err
	}
	connect(other)
	if err := j.Blur(ctx, other, 2.5); err != nil {
		return nil, err
	}
	out := image.NewGray(image.Rect(0, 0, w, h))
	return out, j.Bands(ctx, h, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			across := m.line(y)
			from, to := p.mask.Pix[y*p.mask.Stride:][:w], out.Pix[y*out.Stride:][:w]
			for x, v := range from {
				if v == 0 {
					continue
				}
				to[x] = uint8(float32(v)*(1-raster.Smoothstep(0.2, 0.6, across.at(other.V, x))) + 0.5)
			}
		}
	})
}

// connect takes out what is skin by its colour but not joined to the face: fair hair, a wall.
func connect(other raster.Plane) {
	joined := make([]bool, len(other.V))
	var todo []int
	for i, v := range other.V {
		if v == 0 {
			joined[i], todo = true, append(todo, i)
		}
	}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, n := range [4]int{i - other.W, i + other.W, i - 1, i + 1} {
			wraps := n == i-1 && i%other.W == 0 || n == i+1 && n%other.W == 0
			if n >= 0 && n < len(joined) && !wraps && !joined[n] && other.V[n] < 0.4 {
				joined[n], todo = true, append(todo, n)
			}
		}
	}
	for i, ok := range joined {
		if !ok {
			other.V[i] = 1
		}
	}
}

// oval is a face as two ellipses: the part that shows who it is, and all of it.
type oval struct {
	middle     face.Point
	eyes       float64 // their distance
	across, up face.Point
	core, rim  [2]float64 // half axes, across and up
}

func ovalOf(points [face.PointCount]face.Point) oval {
	l, r, chin := points[face.LeftPupil], points[face.RightPupil], points[face.Chin]
	eyes := max(1, math.Hypot(r.X-l.X, r.Y-l.Y))
	o := oval{eyes: eyes, across: face.Point{X: (r.X - l.X) / eyes, Y: (r.Y - l.Y) / eyes}}
	o.up = face.Point{X: o.across.Y, Y: -o.across.X}
	between := face.Point{X: (l.X + r.X) / 2, Y: (l.Y + r.Y) / 2}
	long := max(eyes, math.Hypot(chin.X-between.X, chin.Y-between.Y))
	o.middle = face.Point{X: between.X + 0.3*(chin.X-between.X), Y: between.Y + 0.3*(chin.Y-between.Y)}
	o.core = [2]float64{eyes, 0.58 * long}
	o.rim = [2]float64{eyes, 0.7 * long}
	for _, k := range []int{face.JawLeft, face.JawRight} { // the rim goes through the jaw
		u, v := o.along(points[k].X, points[k].Y)
		v = min(0.8, math.Abs(v)/o.rim[1])
		o.rim[0] = max(o.rim[0], min(1.3*eyes, math.Abs(u)/math.Sqrt(1-v*v)))
	}
	return o
}

// along turns a place so that the eyes are level, around the middle.
func (o oval) along(x, y float64) (u, v float64) {
	x, y = x-o.middle.X, y-o.middle.Y
	return x*o.across.X + y*o.across.Y, x*o.up.X + y*o.up.Y
}

// outside is 0 within the face, and 1 well outside. Above its middle only what shows who it is counts:
// below, a beard belongs to the face.
func (o oval) outside(x, y int) float32 {
	u, v := o.along(float64(x), float64(y))
	core := raster.Smoothstep(0.85, 1.1, float32(math.Hypot(u/o.core[0], v/o.core[1])))
	rim := raster.Smoothstep(0.86, 0.98, float32(math.Hypot(u/o.rim[0], v/o.rim[1])))
	above := raster.Smoothstep(-0.3, 0.1, float32(v/o.core[1]))
	return rim + above*(core-rim)
}

// beyond is 1 where no face reaches: outside of the jaw.
func (o oval) beyond(x, y int) float32 {
	u, v := o.along(float64(x), float64(y))
	return raster.Smoothstep(1, 1.12, float32(math.Hypot(u/o.rim[0], v/o.rim[1]))) * (1 - raster.Smoothstep(-0.3, 0.1, float32(v/o.core[1])))
}
