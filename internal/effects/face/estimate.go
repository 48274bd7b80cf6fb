package face

import "math"

// estimate guesses the points that no tree knows. The sides of the nose follow from its tip. Chin, jaw
// and forehead are where the colour stops to be that of the cheeks on a ray from inside the face,
// near the place where an average face ends.
func (c chip) estimate(p *[PointCount]Point) {
	eyes, mouth := between(p[LeftPupil], p[RightPupil], 0.5), between(p[MouthTop], p[MouthBottom], 0.5)
	nose := between(p[NoseTip], Point{eyes.X, p[NoseTip].Y}, 0.5)
	p[NoseLeft], p[NoseRight] = Point{nose.X - 0.24*chipEyes, nose.Y}, Point{nose.X + 0.24*chipEyes, nose.Y}

	s := c.skinNear(p)
	down := math.Atan2(mouth.Y-eyes.Y, mouth.X-eyes.X)
	s.shade = 0.55 // below the chin the neck is in its shadow
	p[Chin] = c.border(s, ray{p[MouthBottom], down, 0.3, 0.58, 0.95})
	s.shade = 1.6 // and half of a face can be in the shade
	p[JawLeft] = c.border(s, ray{Point{mouth.X, mouth.Y - 0.1*chipEyes}, math.Pi + (down-math.Pi/2)/2, 0.68, 0.96, 1.25})
	p[JawRight] = c.border(s, ray{Point{mouth.X, mouth.Y - 0.1*chipEyes}, (down - math.Pi/2) / 2, 0.68, 0.96, 1.25})
	brow := between(p[LeftBrowInner], p[RightBrowInner], 0.5)
	p[ForeheadTop] = c.border(s, ray{brow, down + math.Pi, 0.15, 0.6, 1.1})
}

// ray is a line on which a border of the face lies, in distances of the pupils.
type ray struct {
	from             Point
	angle            float64
	near, usual, far float64
}

// skin is the colour of the cheeks, brightness and two differences of colours, and how much it varies.
type skin struct {
	mean, spread [3]float64
	shade        float64 // how much more than its colour the brightness of skin may vary
}

// skinNear measures the cheeks, between the eyes and the corners of the mouth.
func (c chip) skinNear(p *[PointCount]Point) skin {
	var sum, squares [3]float64
	n := 0.0
	for _, side := range [][2]int{{LeftPupil, MouthLeft}, {RightPupil, MouthRight}} {
		middle := between(p[side[0]], p[side[1]], 0.55)
		for y := -8.0; y <= 8; y += 2 {
			for x := -8.0; x <= 8; x += 2 {
				v := c.color(Point{middle.X + x, middle.Y + y})
				for k := range v {
					sum[k] += v[k]
					squares[k] += v[k] * v[k]
				}
				n++
			}
		}
	}
	var s skin
	for k := range sum {
		s.mean[k] = sum[k] / n
		s.spread[k] = math.Sqrt(max(0, squares[k]/n-s.mean[k]*s.mean[k]))
	}
	return s
}

// unlike is how little a colour looks like the skin, from 0 to 1.
func (s skin) unlike(v [3]float64) float64 {
	sum := 0.0
	for k := range v {
		tolerance := 2.2*s.spread[k] + 10
		if k == 0 {
			tolerance *= s.shade
		}
		d := (v[k] - s.mean[k]) / tolerance
		sum += d * d
	}
	return 1 - math.Exp(-sum/4)
}

// border is the place on a ray where what comes after it is least like skin in comparison with what
// comes before it. The usual place wins where nothing is clear.
func (c chip) border(s skin, r ray) Point {
	const steps = 96
	sin, cos := math.Sincos(r.angle)
	at := func(d, side float64) Point {
		return Point{r.from.X + chipEyes*(d*cos-side*sin), r.from.Y + chipEyes*(d*sin+side*cos)}
	}
	var unlike [steps]float64 // from near-0.25 to far+0.25
	length := r.far - r.near + 0.5
	for i := range unlike {
		d := r.near - 0.25 + length*float64(i)/(steps-1)
		for side := -0.12; side <= 0.121; side += 0.04 {
			unlike[i] += s.unlike(c.color(at(d, side))) / 7
		}
	}
	reach := int(0.18 / length * steps)
	best, place := -1.0, r.usual
	var sum, weight float64
	for i := reach; i < steps-reach; i++ {
		d := r.near - 0.25 + length*float64(i)/(steps-1)
		if d < r.near || d > r.far {
			continue
		}
		inside, outside := 0.0, 0.0
		for k := 1; k <= reach; k++ {
			inside += unlike[i-k] / float64(reach)
			outside += unlike[i+k] / float64(reach)
		}
		off := (d - r.usual) / (r.far - r.near)
		score := 0.12 + max(0, outside-inside)
		score *= math.Exp(-2 * off * off)
		if score > best {
			best, place = score, d
		}
		w := math.Exp(40 * score)
		sum, weight = sum+w*d, weight+w
	}
	if weight > 0 {
		place = sum / weight
	}
	return at(place, 0)
}

// color reads brightness and two differences of colours at a place of the chip, averaged over about a
// pixel of the chip.
func (c chip) color(p Point) [3]float64 {
	var sum [3]float64
	for i := range 4 {
		q := c.out(Point{p.X + float64(i%2) - 0.5, p.Y + float64(i/2) - 0.5})
		w, h := c.from.Rect.Dx(), c.from.Rect.Dy()
		x, y := max(0, min(w-1, int(q.X))), max(0, min(h-1, int(q.Y)))
		for k := range sum {
			sum[k] += float64(c.from.Pix[y*c.from.Stride+4*x+k]) / 4
		}
	}
	return [3]float64{0.3*sum[0] + 0.59*sum[1] + 0.11*sum[2], sum[0] - sum[1], (sum[0]+sum[1])/2 - sum[2]}
}
