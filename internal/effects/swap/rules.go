package swap

import (
	"image"
	"math"

	"vow.example/vow/internal/effects/face"
)

// order is a rule about two landmarks: the first lies left of, or above, the second.
type order struct {
	first, second int
	down          bool
}

func orders() []order {
	return []order{
		{first: face.LeftPupil, second: face.RightPupil},
		{first: face.LeftEyeOuter, second: face.LeftEyeInner},
		{first: face.RightEyeInner, second: face.RightEyeOuter},
		{first: face.LeftBrowOuter, second: face.LeftBrowInner},
		{first: face.RightBrowInner, second: face.RightBrowOuter},
		{first: face.NoseLeft, second: face.NoseRight},
		{first: face.MouthLeft, second: face.MouthRight},
		{first: face.JawLeft, second: face.JawRight},
		{first: face.LeftPupil, second: face.NoseTip, down: true},
		{first: face.NoseTip, second: face.MouthTop, down: true},
		{first: face.MouthTop, second: face.MouthBottom, down: true},
		{first: face.MouthBottom, second: face.Chin, down: true},
		{first: face.ForeheadTop, second: face.LeftPupil, down: true},
	}
}

// places checks where the landmarks lie in the picture and to each other.
func (r *reader) places(t Template) {
	names := face.PointNames()
	w, h := float64(t.Picture.Rect.Dx()), float64(t.Picture.Rect.Dy())
	for i, p := range t.Points {
		if !(p.X >= 0 && p.Y >= 0 && p.X <= w-1 && p.Y <= h-1) {
			r.finding(recordFile, "landmarks."+names[i], "must lie in the picture of %g by %g pixels", w, h)
		}
	}
	for _, o := range orders() {
		a, b := t.Points[o.first], t.Points[o.second]
		if o.down && !(a.Y < b.Y) {
			r.finding(recordFile, "landmarks."+names[o.first], "must lie above %s", names[o.second])
		}
		if !o.down && !(a.X < b.X) {
			r.finding(recordFile, "landmarks."+names[o.first], "must lie to the left of %s: left is the left side of the picture", names[o.second])
		}
	}
	if !(t.EyeDistance() >= minEyes) {
		r.finding(recordFile, "landmarks.left_pupil", "must be at least %d pixels from right_pupil", minEyes)
	}
}

// fit checks the mask against the picture and, where they are known, the landmarks.
func (r *reader) fit(t Template, landmarks bool) {
	if t.Mask.Rect.Size() != t.Picture.Rect.Size() {
		r.finding(maskFile, "size", "must be that of the picture, %d by %d", t.Picture.Rect.Dx(), t.Picture.Rect.Dy())
		return
	}
	box := t.maskBox()
	if box.Empty() {
		r.finding(maskFile, "content", "must not be empty: 255 is where the face goes")
		return
	}
	if box.Dx()*box.Dy() > maxPart {
		r.finding(maskFile, "content", "must lie in a box of at most %d pixels", maxPart)
	}
	if !landmarks || !(t.EyeDistance() >= minEyes) {
		return
	}
	if nose, reach := t.Points[face.NoseTip], maskReach*t.EyeDistance(); farthest(box, nose) > math.Sqrt2*reach {
		r.finding(maskFile, "content", "must be 0 farther than %g eye distances from the face", maskReach)
	}
	if t.covered() < 1-coveredAtMost {
		r.finding(maskFile, "content", "must be 255 on at least half of the face between brows and mouth")
	}
}

// farthest is the distance of a point to the farthest corner of a box.
func farthest(box image.Rectangle, p face.Point) float64 {
	dx := max(p.X-float64(box.Min.X), float64(box.Max.X)-p.X)
	dy := max(p.Y-float64(box.Min.Y), float64(box.Max.Y)-p.Y)
	return math.Hypot(dx, dy)
}

// maskBox is the part of the template in which something changes, and one pixel around it.
func (t Template) maskBox() image.Rectangle {
	var box image.Rectangle
	w := t.Mask.Rect.Dx()
	for y := range t.Mask.Rect.Dy() {
		row := t.Mask.Pix[y*t.Mask.Stride:][:w]
		lo, hi := 0, w
		for lo < w && row[lo] == 0 {
			lo++
		}
		for hi > lo && row[hi-1] == 0 {
			hi--
		}
		if lo < hi {
			box = box.Union(image.Rect(lo, y, hi, y+1))
		}
	}
	if box.Empty() {
		return box
	}
	return box.Inset(-1).Intersect(image.Rect(0, 0, w, t.Mask.Rect.Dy()))
}

// covered is the part of the face between brows and mouth that comes from the photo.
func (t Template) covered() float64 {
	lo, hi := t.Points[face.LeftPupil], t.Points[face.LeftPupil]
	for i := face.LeftPupil; i <= face.MouthBottom; i++ {
		p := t.Points[i]
		lo, hi = face.Point{X: min(lo.X, p.X), Y: min(lo.Y, p.Y)}, face.Point{X: max(hi.X, p.X), Y: max(hi.Y, p.Y)}
	}
	inside := image.Rect(int(max(0, lo.X)), int(max(0, lo.Y)), int(min(hi.X, maxSide)), int(min(hi.Y, maxSide)))
	inside = inside.Intersect(image.Rect(0, 0, t.Mask.Rect.Dx(), t.Mask.Rect.Dy()))
	open := 0
	for y := inside.Min.Y; y < inside.Max.Y; y++ {
		for _, m := range t.Mask.Pix[y*t.Mask.Stride:][inside.Min.X:inside.Max.X] {
			if m >= 128 {
				open++
			}
		}
	}
	return float64(open) / float64(max(1, inside.Dx()*inside.Dy()))
}
