package swap

import (
	"image"
	"math"

	"vow.example/vow/internal/effects/face"
)

// spline maps places of the template to places of the photo: a turn and a scale that fit all landmarks
// best, and a smooth bending that brings them together (a thin-plate spline with slack).
type spline struct {
	turn  similarity
	knots []face.Point // places of the template
	bendX []float64    // per knot, then constant, x and y
	bendY []float64
	unit  float64 // the eye distance of the template
}

// similarity is x' = a·x − b·y + c, y' = b·x + a·y + d.
type similarity struct{ a, b, c, d float64 }

func (s similarity) at(p face.Point) face.Point {
	return face.Point{X: s.a*p.X - s.b*p.Y + s.c, Y: s.b*p.X + s.a*p.Y + s.d}
}

func (s similarity) scale() float64 { return math.Hypot(s.a, s.b) }

// fitSimilarity is the best one in the sense of least squares.
func fitSimilarity(from, to []face.Point) similarity {
	n := float64(len(from))
	var fx, fy, tx, ty float64
	for i := range from {
		fx, fy, tx, ty = fx+from[i].X/n, fy+from[i].Y/n, tx+to[i].X/n, ty+to[i].Y/n
	}
	var dot, cross, norm float64
	for i := range from {
		x, y, u, v := from[i].X-fx, from[i].Y-fy, to[i].X-tx, to[i].Y-ty
		dot += x*u + y*v
		cross += x*v - y*u
		norm += x*x + y*y
	}
	if norm == 0 {
		return similarity{a: 1, c: tx - fx, d: ty - fy}
	}
	a, b := dot/norm, cross/norm
	return similarity{a, b, tx - a*fx + b*fy, ty - b*fx - a*fy}
}

const (
	ring      = 16  // knots around the face at which nothing bends
	ringReach = 3.5 // eye distances from the tip of the nose
	rigid     = 1e4 // slack with which only what all landmarks agree on is left
)

// slack is how far a landmark may stay from its place: what is estimated, and what moves with the
// expression more than with the shape of a face, gets more.
func slack(point int) float64 {
	switch point {
	case face.Chin, face.JawLeft, face.JawRight, face.ForeheadTop:
		return 0.3
	case face.MouthTop, face.MouthBottom, face.LeftBrowInner, face.LeftBrowOuter, face.RightBrowInner, face.RightBrowOuter:
		return 0.1
	default:
		return 0.02
	}
}

// fitSpline bends no more than keeps the face from folding over itself within box.
func fitSpline(template, photo [face.PointCount]face.Point, box image.Rectangle) spline {
	turn := fitSimilarity(template[:], photo[:])
	for loose := 1.0; ; loose *= 6 {
		s := bend(template, photo, turn, loose)
		if loose > rigid || !s.folds(box) {
			return s
		}
	}
}

// bend solves for the bending with the given share of slack.
func bend(template, photo [face.PointCount]face.Point, turn similarity, loose float64) spline {
	s := spline{turn: turn, unit: face.Face{Points: template}.EyeDistance()}
	var left [][2]float64 // what the turn leaves over, in eye distances of the photo
	for i, p := range template {
		q := turn.at(p)
		s.knots = append(s.knots, p)
		left = append(left, [2]float64{photo[i].X - q.X, photo[i].Y - q.Y})
	}
	for i := range ring {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / ring)
		nose, r := template[face.NoseTip], ringReach*s.unit
		s.knots = append(s.knots, face.Point{X: nose.X + r*cos, Y: nose.Y + r*sin})
		left = append(left, [2]float64{})
	}
	n := len(s.knots)
	m := make([][]float64, n+3)
	for i := range m {
		m[i] = make([]float64, n+5)
	}
	for i, p := range s.knots {
		for k, q := range s.knots {
			m[i][k] = s.kernel(p, q)
		}
		give := 0.05 * loose
		if i < face.PointCount {
			give = slack(i) * loose
		}
		m[i][i] += give
		for k, v := range [3]float64{1, p.X / s.unit, p.Y / s.unit} {
			m[i][n+k], m[n+k][i] = v, v
		}
		m[i][n+3], m[i][n+4] = left[i][0], left[i][1]
	}
	solve(m)
	for i := range m {
		s.bendX, s.bendY = append(s.bendX, m[i][n+3]), append(s.bendY, m[i][n+4])
	}
	return s
}

// kernel is r² log r with r in eye distances.
func (s spline) kernel(p, q face.Point) float64 {
	dx, dy := (p.X-q.X)/s.unit, (p.Y-q.Y)/s.unit
	r2 := dx*dx + dy*dy
	if r2 == 0 {
		return 0
	}
	return 0.5 * r2 * math.Log(r2)
}

// at returns the place in the photo.
func (s spline) at(p face.Point) face.Point {
	q := s.turn.at(p)
	n := len(s.knots)
	q.X += s.bendX[n] + s.bendX[n+1]*p.X/s.unit + s.bendX[n+2]*p.Y/s.unit
	q.Y += s.bendY[n] + s.bendY[n+1]*p.X/s.unit + s.bendY[n+2]*p.Y/s.unit
	for i, knot := range s.knots {
		k := s.kernel(p, knot)
		q.X += k * s.bendX[i]
		q.Y += k * s.bendY[i]
	}
	return q
}

// folds says whether some part of box is turned over, or squeezed or stretched beyond belief.
func (s spline) folds(box image.Rectangle) bool {
	const cells = 24
	dx, dy := float64(box.Dx())/cells, float64(box.Dy())/cells
	area := s.turn.scale() * s.turn.scale() * dx * dy
	var above [cells + 1]face.Point
	for y := range cells + 1 {
		var row [cells + 1]face.Point
		for x := range row {
			row[x] = s.at(face.Point{X: float64(box.Min.X) + float64(x)*dx, Y: float64(box.Min.Y) + float64(y)*dy})
			if x == 0 || y == 0 {
				continue
			}
			a, b, c := above[x-1], above[x], row[x-1]
			if part := ((b.X-a.X)*(c.Y-a.Y) - (b.Y-a.Y)*(c.X-a.X)) / area; !(part > 0.25 && part < 4) {
				return true
			}
		}
		above = row
	}
	return false
}

// solve brings the left part of m to the unit matrix (Gauss and Jordan, with the largest pivot). A
// column without a pivot counts as zero.
func solve(m [][]float64) {
	for c := range m {
		best := c
		for r := c + 1; r < len(m); r++ {
			if math.Abs(m[r][c]) > math.Abs(m[best][c]) {
				best = r
			}
		}
		m[c], m[best] = m[best], m[c]
		if math.Abs(m[c][c]) < 1e-12 {
			clear(m[c])
			continue
		}
		inverse := 1 / m[c][c]
		for k := c; k < len(m[c]); k++ {
			m[c][k] *= inverse
		}
		for r := range m {
			f := m[r][c]
			if r == c || f == 0 {
				continue
			}
			for k := c; k < len(m[c]); k++ {
				m[r][k] -= f * m[c][k]
			}
		}
	}
}
