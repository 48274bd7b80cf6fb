package motion

import (
	"context"
	"image"
	"math"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/raster"
	"vow.example/vow/internal/fault"
)

// move is a camera that goes from one view to another.
type move struct {
	from, to view
	ease     func(float64) float64
}

// at is what the camera sees at a moment from 0 to 1. Its edges move on straight lines, and a zoom
// looks equally fast all the way.
func (m move) at(t float64) view {
	k := m.ease(t)
	if ratio := m.to.w / m.from.w; math.Abs(ratio-1) > 1e-6 {
		k = (math.Pow(ratio, k) - 1) / (ratio - 1)
	}
	mix := func(a, b float64) float64 { return a + k*(b-a) }
	return view{mix(m.from.x, m.to.x), mix(m.from.y, m.to.y), mix(m.from.w, m.to.w), mix(m.from.h, m.to.h)}
}

// shot is where a camera may look: a picture, the shape of the film, and what must stay in the frame.
type shot struct {
	w, h   float64 // of the picture
	aspect float64 // of the film
	keep   view    // the faces with some air; empty: none
	x, y   float64 // what it is about
}

// full is the largest view of the shape of the film.
func (s shot) full() view {
	if s.w > s.h*s.aspect {
		return view{w: s.h * s.aspect, h: s.h}
	}
	return view{w: s.w, h: s.w / s.aspect}
}

// look is a view around a place, by zoom smaller than the full one, inside the picture and with
// the faces in it.
func (s shot) look(zoom, x, y float64) view {
	f := s.full()
	if s.keep.w > 0 {
		zoom = min(1, max(zoom, s.keep.w/f.w, s.keep.h/f.h))
	}
	v := view{w: f.w * zoom, h: f.h * zoom}
	v.x = place(x-v.w/2, v.w, s.keep.x, s.keep.w, s.w)
	v.y = place(y-v.h/2, v.h, s.keep.y, s.keep.h, s.h)
	return v
}

// place moves an interval so that it holds another one, as far as it can, and lies in [0, size).
func place(at, length, keep, kept, size float64) float64 {
	if kept > length {
		at = keep + (kept-length)/2
	} else if kept > 0 {
		at = min(max(at, keep+kept-length), keep)
	}
	return min(max(at, 0), size-length)
}

// How close the camera comes.
const (
	nearer  = 0.78 // at the end of a zoom
	passing = 0.80 // while it travels
)

// along is the move of that name.
func (s shot) along(path string, ease func(float64) float64) move {
	wide, near := s.look(1, s.x, s.y), s.look(nearer, s.x, s.y)
	switch path {
	case "in":
		return move{wide, near, ease}
	case "out":
		return move{near, wide, ease}
	case "left":
		return move{s.look(passing, s.w, s.y), s.look(passing, 0, s.y), ease}
	case "right":
		return move{s.look(passing, 0, s.y), s.look(passing, s.w, s.y), ease}
	case "up":
		return move{s.look(passing, s.x, s.h), s.look(passing, s.x, 0), ease}
	case "down":
		return move{s.look(passing, s.x, 0), s.look(passing, s.x, s.h), ease}
	case "face":
		return move{wide, s.look(s.closeup(0.62, 0.42), s.x, s.y), ease}
	}
	f := s.full()
	switch {
	case s.keep.w > 0:
		return move{wide, s.look(s.closeup(0.48, 0.64), s.x, s.y), ease}
	case f.w < 0.85*s.w:
		return move{s.look(0.96, 0, s.y), s.look(0.96, s.w, s.y), ease}
	case f.h < 0.85*s.h:
		return move{s.look(0.96, s.x, 0), s.look(0.96, s.x, s.h), ease}
	}
	return move{wide, near, ease}
}

// closeup is the zoom at which the faces fill a part of the height or width.
func (s shot) closeup(part, least float64) float64 {
	f := s.full()
	return min(0.9, max(least, s.keep.h/part/f.h, s.keep.w/(part+0.2)/f.w))
}

// sharpest is how much larger than the film a copy may be, in each direction.
const sharpest = 2.25

// scene is the part of a picture that a move shows, at the size at which the film needs it.
type scene struct {
	copy *image.NRGBA
	area view // of the picture
	move move
}

func sceneOf(ctx context.Context, src *image.NRGBA, m move, size image.Point) (scene, error) {
	x0, y0 := math.Floor(min(m.from.x, m.to.x)), math.Floor(min(m.from.y, m.to.y))
	x1 := math.Ceil(max(m.from.x+m.from.w, m.to.x+m.to.w))
	y1 := math.Ceil(max(m.from.y+m.from.h, m.to.y+m.to.h))
	area := view{x0, y0, min(x1, float64(src.Rect.Dx())) - x0, min(y1, float64(src.Rect.Dy())) - y0}
	most := sharpest * math.Sqrt(float64(size.X*size.Y)/(area.w*area.h))
	k := min(1, most, float64(size.X)/min(m.from.w, m.to.w)) // copy pixels per pixel of the picture
	w, h := max(1, int(math.Round(area.w*k))), max(1, int(math.Round(area.h*k)))
	c, err := copyOf(ctx, src, area, w, h)
	return scene{c, area, m}, err
}

// draw shows the scene at a moment.
func (s scene) draw(ctx context.Context, t float64, dst *image.NRGBA, mix int32) error {
	v := s.move.at(t)
	kx, ky := float64(s.copy.Rect.Dx())/s.area.w, float64(s.copy.Rect.Dy())/s.area.h
	return project(ctx, dst, s.copy, view{(v.x - s.area.x) * kx, (v.y - s.area.y) * ky, v.w * kx, v.h * ky}, mix)
}

// panZoom moves the camera over one picture.
func panZoom(ctx context.Context, j *raster.Job, o order) (*effect.Film, error) {
	m := o.pictures[0]
	size := filmSize(float64(m.Rect.Dx())/float64(m.Rect.Dy()), o.side)
	s, err := shotOf(ctx, j, m, float64(size.X)/float64(size.Y))
	if err != nil {
		return nil, err
	}
	if o.path == "face" && s.keep.w == 0 {
		return nil, fault.New(fault.Invalid, effect.CodeNoFace, "There is no face in the photo to move to. Choose another path.")
	}
	sc, err := sceneOf(ctx, m, s.along(o.path, o.easing()), size)
	if err != nil {
		return nil, err
	}
	return newFilm(size, o.seconds, func(ctx context.Context, t float64, dst *image.NRGBA) error {
		return sc.draw(ctx, t, dst, whole)
	}), nil
}
