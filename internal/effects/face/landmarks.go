package face

import (
	"math"
	"slices"

	"vow.example/vow/internal/effects/face/tree"
)

// walks is how many starting points per direction a forest is asked from. The median of its answers
// does not hang on one bad start, and its answers scatter where there is no face.
const walks = 4

// walk returns the median of the answers of a forest around a start, and how far they scatter.
func walk(f tree.Forest, g tree.Gray, start Point, size, mirror float32) (Point, float64) {
	var xs, ys [walks * walks]float32
	for i := range xs {
		dx := (float32(i%walks)/(walks-1) - 0.5) * 0.12 * size
		dy := (float32(i/walks)/(walks-1) - 0.5) * 0.12 * size
		grow := 0.95 + 0.1*float32((i*7)%(walks*walks))/(walks*walks-1)
		xs[i], ys[i] = f.Walk(g, float32(start.X)+mirror*dx, float32(start.Y)+dy, size*grow, mirror)
	}
	slices.Sort(xs[:])
	slices.Sort(ys[:])
	spread := math.Hypot(float64(xs[3*len(xs)/4]-xs[len(xs)/4]), float64(ys[3*len(ys)/4]-ys[len(ys)/4]))
	return Point{middle(xs[:]), middle(ys[:])}, spread
}

// middle is the mean of the middle half of sorted numbers: as steady as the median, and finer.
func middle(v []float32) float64 {
	sum, part := 0.0, v[len(v)/4:len(v)-len(v)/4]
	for _, x := range part {
		sum += float64(x)
	}
	return sum / float64(len(part))
}

// pupils looks for the pupils near the places where the chip expects them.
func (f forests) pupils(c chip) (left, right Point, spread float64) {
	const size = 44
	left, a := walk(f.pupil, c.gray, Point{chipX - chipEyes/2, chipY}, size, 1)
	right, b := walk(f.pupil, c.gray, Point{chipX + chipEyes/2, chipY}, size, -1)
	return left, right, max(a, b) / chipEyes
}

// points looks for what the trees know, on every core. spread is the scatter of the middle one of the
// points, in eye distances.
func (f forests) points(c chip) (points [PointCount]Point, spread float64) {
	const size = 3 * chipEyes
	found, spreads := make([]Point, 2*len(f.parts)), make([]float64, 2*len(f.parts))
	each(len(found), func(i int) {
		side := float32(1 - 2*(i%2))
		start := Point{chipX + float64(side)*0.15*chipEyes, chipY + 0.25*chipEyes}
		found[i], spreads[i] = walk(f.parts[i/2].forest, c.gray, start, size, side)
		spreads[i] /= chipEyes
	})
	for i, p := range f.parts {
		left, right := found[2*i], found[2*i+1]
		if p.left == p.right {
			left = between(left, right, 0.5)
			right = left
		}
		points[p.left], points[p.right] = left, right
	}
	slices.Sort(spreads)
	return points, spreads[len(spreads)/2]
}

// between is the point at part t of the way from a to b.
func between(a, b Point, t float64) Point { return Point{a.X + t*(b.X-a.X), a.Y + t*(b.Y-a.Y)} }
