// Package head is the geometry of a head in a picture: which faces are worked on, and where something
// lies on them in units of the distance of the pupils.
//
// It promises places that turn and scale with the head. It never looks at the colours of a picture.
package head

import (
	"image"
	"math"

	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/fault"
)

// most is how many faces of a group are worked on, the surest first.
const most = 12

// Head is one head. Its coordinates start between the pupils; one unit is their distance, u runs along
// the line of the eyes to the right side of the picture, v down to the chin.
type Head struct {
	Face   face.Face
	Points [face.PointCount]face.Point
	Span   float64 // the distance of the pupils in pixels
	middle face.Point
	cos    float64
	sin    float64
}

// All finds the heads of a picture. None is a fault with effect.CodeNoFace.
func All(img *image.NRGBA) ([]Head, error) {
	found := face.Find(img)
	if len(found) == 0 {
		return nil, fault.New(fault.Invalid, effect.CodeNoFace,
			"No face was found in the photo. Use one in which a face looks at the camera, upright and well lit.")
	}
	heads := make([]Head, 0, min(len(found), most))
	for _, f := range found[:min(len(found), most)] {
		heads = append(heads, Of(f))
	}
	return heads, nil
}

// Of returns the head of a face.
func Of(f face.Face) Head {
	h := Head{Face: f, Points: f.Points}
	l, r := h.Points[face.LeftPupil], h.Points[face.RightPupil]
	if l == r {
		l = face.Point{X: float64(f.LeftEye.X), Y: float64(f.LeftEye.Y)}
		r = face.Point{X: float64(f.RightEye.X), Y: float64(f.RightEye.Y)}
	}
	h.middle = face.Point{X: (l.X + r.X) / 2, Y: (l.Y + r.Y) / 2}
	d := math.Hypot(r.X-l.X, r.Y-l.Y)
	h.Span = min(max(d, 0.25*float64(f.Box.Dx()), 1), max(0.6*float64(f.Box.Dx()), 1))
	h.cos, h.sin = 1, 0
	if d > 0 {
		h.cos, h.sin = (r.X-l.X)/d, (r.Y-l.Y)/d
	}
	if h.Points[face.Chin] == (face.Point{}) {
		for i, p := range usual() {
			h.Points[i] = h.At(p.X, p.Y)
		}
		h.Points[face.LeftPupil], h.Points[face.RightPupil] = l, r
	}
	return h
}

// usual is where the points of a face lie on most people.
func usual() [face.PointCount]face.Point {
	return [face.PointCount]face.Point{
		face.LeftPupil: {X: -0.5}, face.RightPupil: {X: 0.5},
		face.LeftEyeOuter: {X: -0.76, Y: 0.03}, face.LeftEyeInner: {X: -0.26, Y: 0.05},
		face.RightEyeInner: {X: 0.26, Y: 0.05}, face.RightEyeOuter: {X: 0.76, Y: 0.03},
		face.LeftBrowOuter: {X: -0.88, Y: -0.25}, face.LeftBrowInner: {X: -0.22, Y: -0.3},
		face.RightBrowInner: {X: 0.22, Y: -0.3}, face.RightBrowOuter: {X: 0.88, Y: -0.25},
		face.NoseTip: {Y: 0.68}, face.NoseLeft: {X: -0.28, Y: 0.72}, face.NoseRight: {X: 0.28, Y: 0.72},
		face.MouthLeft: {X: -0.42, Y: 1.12}, face.MouthRight: {X: 0.42, Y: 1.12},
		face.MouthTop: {Y: 1.02}, face.MouthBottom: {Y: 1.3},
		face.Chin: {Y: 1.8}, face.JawLeft: {X: -0.95, Y: 1.1}, face.JawRight: {X: 0.95, Y: 1.1},
		face.ForeheadTop: {Y: -1.05},
	}
}

// At returns the place in the picture of head coordinates.
func (h Head) At(u, v float64) face.Point {
	return face.Point{
		X: h.middle.X + h.Span*(u*h.cos-v*h.sin),
		Y: h.middle.Y + h.Span*(u*h.sin+v*h.cos),
	}
}

// In returns the head coordinates of a place in the picture.
func (h Head) In(x, y float64) (u, v float64) {
	dx, dy := (x-h.middle.X)/h.Span, (y-h.middle.Y)/h.Span
	return dx*h.cos + dy*h.sin, dy*h.cos - dx*h.sin
}

// Point returns one of the points of the face in head coordinates.
func (h Head) Point(i int) (u, v float64) { return h.In(h.Points[i].X, h.Points[i].Y) }

// Chin is how far the chin lies below the eyes, within what is human.
func (h Head) Chin() float64 {
	_, v := h.Point(face.Chin)
	return min(max(v, 1.35), 2.3)
}

// Crown is how far the hair line lies above the eyes, within what is human. The point that was found
// is only the end of the skin that is seen: a fringe may hide much of the forehead.
func (h Head) Crown() float64 {
	_, v := h.Point(face.ForeheadTop)
	return min(max(-v, 1.05), 1.5)
}

// Area is the part of a picture of the given size that lies within reach (left, up, right, down) of the head.
func (h Head) Area(size image.Point, reach [4]float64) image.Rectangle {
	lo, hi := face.Point{X: math.Inf(1), Y: math.Inf(1)}, face.Point{X: math.Inf(-1), Y: math.Inf(-1)}
	for _, c := range [4][2]float64{{reach[0], reach[1]}, {reach[2], reach[1]}, {reach[0], reach[3]}, {reach[2], reach[3]}} {
		p := h.At(c[0], c[1])
		lo = face.Point{X: min(lo.X, p.X), Y: min(lo.Y, p.Y)}
		hi = face.Point{X: max(hi.X, p.X), Y: max(hi.Y, p.Y)}
	}
	r := image.Rect(int(math.Floor(lo.X)), int(math.Floor(lo.Y)), int(math.Ceil(hi.X)), int(math.Ceil(hi.Y)))
	return r.Intersect(image.Rectangle{Max: size})
}
