// Package face finds faces in a picture, and where their parts are: eyes, brows, nose, mouth, hair. Nothing
// here tells one face from another.
//
// It promises that the same picture gives the same points, and that time and memory do not grow with the
// picture beyond one walk over it. It never keeps, writes or compares what it found.
package face

import (
	"cmp"
	"image"
	"math"
	"slices"

	"vow.example/vow/internal/effects/face/tree"
)

const (
	minHit   = 4  // sum over a hit and its neighbors: fewer are not looked at again
	minScore = 15 // the same for the upright chip; most faces have more than 60, and what is no face less than 10

	// Where the cascade was taught to expect the pupils, in sizes of its square from the center, and
	// the distances of the pupils that a face can have.
	eyesOut, eyesUp    = 0.18, 0.075
	minRatio, maxRatio = 0.22, 0.6
	boxEyes            = chipEyes / (2 * eyesOut) // the size of the square in the chip
)

// Find finds frontal faces that are tilted by at most about 30 degrees, the surest first. Its time and
// memory do not depend on the size of the picture beyond one walk over it.
func Find(img *image.NRGBA) []Face {
	if img == nil || img.Rect.Empty() {
		return nil
	}
	cascade, forests, err := readTrees()
	if err != nil {
		return nil // the trees are part of the binary and tested
	}
	bounds := image.Rect(0, 0, img.Rect.Dx(), img.Rect.Dy())
	shrink := max(1, float64(max(bounds.Dx(), bounds.Dy()))/searchSide)
	gray := shrunk(img, bounds, shrink)
	if min(gray.W, gray.H) < minFace+2 {
		return nil
	}
	for _, angles := range [][]float64{{0}, {-22, 22}} {
		var hits []hit
		for _, a := range angles {
			hits = append(hits, search(cascade, gray, a)...)
		}
		if faces := confirm(img, finder{cascade, forests, gray, shrink}, hits); len(faces) > 0 {
			return faces
		}
	}
	return nil
}

// finder is what one call of Find works with.
type finder struct {
	cascade tree.Cascade
	forests forests
	gray    tree.Gray
	shrink  float64 // pixels of the picture per pixel of gray
}

// confirm looks closely at the hits and keeps those that are faces.
func confirm(img *image.NRGBA, f finder, hits []hit) []Face {
	hits = join(hits)
	hits = hits[:min(len(hits), candidates)]
	each(len(hits), func(i int) { hits[i] = look(f.cascade, f.gray, hits[i]) })
	hits = join(slices.DeleteFunc(hits, func(h hit) bool { return h.score < minHit }))
	found := make([]Face, len(hits))
	each(len(hits), func(i int) { found[i] = f.face(img, hits[i]) })
	found = slices.DeleteFunc(found, func(f Face) bool { return f.Score == 0 })
	slices.SortStableFunc(found, func(a, b Face) int { return cmp.Compare(b.Score, a.Score) })
	var faces []Face
	for _, f := range found {
		if !slices.ContainsFunc(faces, f.touches) {
			faces = append(faces, f)
		}
	}
	return faces
}

// touches reports whether two faces are nearer to each other than heads can be.
func (f Face) touches(g Face) bool {
	a, b := between(f.Points[LeftPupil], f.Points[RightPupil], 0.5), between(g.Points[LeftPupil], g.Points[RightPupil], 0.5)
	return math.Hypot(a.X-b.X, a.Y-b.Y) < max(f.EyeDistance(), g.EyeDistance())
}

// face looks for the points of a hit. The face has no score if it is none.
func (f finder) face(img *image.NRGBA, h hit) Face {
	at := func(x, y float64) Point {
		p := h.turned(x, y)
		return Point{p.X * f.shrink, p.Y * f.shrink}
	}
	left, right := at(-eyesOut, -eyesUp), at(eyesOut, -eyesUp)
	near := patchAround(img, at(0, 0), h.size*f.shrink)
	for range 2 {
		c := near.cut(left, right, 52)
		l, r, _ := f.forests.pupils(c)
		left, right = c.out(l), c.out(r)
	}
	c := near.cut(left, right, chipSide)
	if c.pixel() == 0 || c.pixel()*chipEyes < minRatio*h.size*f.shrink || c.pixel()*chipEyes > maxRatio*h.size*f.shrink {
		return Face{}
	}
	l, r, eyes := f.forests.pupils(c)
	points, spread := f.forests.points(c)
	points[LeftPupil], points[RightPupil] = l, r
	sure := float64(look(f.cascade, c.gray, hit{x: chipX, y: chipY + eyesUp*boxEyes, size: boxEyes}).score)
	sure *= fall(0.07, 0.16, spread) * fall(0.06, 0.2, eyes)
	pose := poseOf(points)
	pose.Roll += math.Atan2(c.dy, c.dx) * 180 / math.Pi
	sure *= fall(25, 50, math.Abs(pose.Pitch)) * fall(40, 60, math.Abs(pose.Roll))
	if sure < minScore {
		return Face{}
	}
	c.estimate(&points)
	face := Face{Score: sure, Pose: pose}
	for i, p := range points {
		face.Points[i] = c.out(p)
	}
	face.Quality = c.quality(face)
	face.LeftEye, face.RightEye = face.Points[LeftPupil].pixel(), face.Points[RightPupil].pixel()
	half, middle := c.pixel()*boxEyes/2, c.out(Point{chipX, chipY + eyesUp*boxEyes})
	face.Box = image.Rectangle{
		Min: Point{middle.X - half, middle.Y - half}.pixel(), Max: Point{middle.X + half, middle.Y + half}.pixel(),
	}.Intersect(image.Rect(0, 0, img.Rect.Dx(), img.Rect.Dy()))
	return face
}

// pixel is the pixel in which a place lies.
func (p Point) pixel() image.Point { return image.Pt(int(math.Floor(p.X)), int(math.Floor(p.Y))) }

// fall is 1 below lo, 0 above hi, and a straight line between them.
func fall(lo, hi, v float64) float64 { return max(0, min(1, (hi-v)/(hi-lo))) }
