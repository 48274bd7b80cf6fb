package matte

import "math"

// ellipse is below 1 inside an ellipse and above 1 outside of it.
func ellipse(x, y, rx, ry float64) float64 { return math.Hypot(x/rx, y/ry) }

// face is below 1 where the skin of the face is: down to the chin, up to the hairline, and as wide as
// faces are.
func (h Head) face(x, y float64) float64 {
	middle := 0.45
	if y > middle {
		return ellipse(x, y-middle, 0.98, h.Chin-middle)
	}
	return ellipse(x, y-middle, 0.98, h.Forehead+middle)
}

// torso is how wide the person is at a height, from the neck to the arms.
func (h Head) torso(y float64) float64 {
	below := y - h.Chin
	switch {
	case below < 0:
		return 0
	case below < 0.2:
		return 0.85
	case below < 1.8:
		return 0.85 + math.Sqrt((below-0.2)/1.6)*2.05
	default:
		return min(4, 2.9+(below-1.8)*0.45)
	}
}

// personPriors is how likely a place belongs to the person and to the background.
func personPriors(x, y float64, h Head) []float64 {
	if h.face(x, y) < 0.85 {
		return []float64{sure, -sure}
	}
	head := 3 * (1.05 - ellipse(x, y-0.15, 1.75, 2.15))
	if y > 0.6 {
		head -= 1.1 * (y - 0.6) // beside the jaw there is more often a wall than long hair
	}
	body := -9.0
	if wide := h.torso(y); wide > 0 {
		body = max(-4, min(5, 2.4*(wide-math.Abs(x))/(0.3+0.3*wide)))
		if y > h.Chin+0.4 && math.Abs(x) < 0.3*wide {
			return []float64{sure, -sure}
		}
	}
	if y < -3.1 || y < h.Chin+0.2 && math.Abs(x) > 3.3 {
		return []float64{-sure, sure}
	}
	v := max(-4, head, body) / 2
	return []float64{v, -v}
}

// hairPriors is how likely a place is hair, skin, and anything else. Hair is most likely right above
// the hairline, and can hang down beside the face.
func hairPriors(x, y float64, h Head) []float64 {
	face := h.face(x, y)
	if face < 0.8 {
		return []float64{-sure, sure, -sure}
	}
	crown := ellipse(x, y-0.25, 1.6, 2.05)
	hair := 2.2 * (1.08 - crown)
	if y > 0.6 { // long hair is less usual the lower it is
		beside := -0.3 - 0.35*(y-0.6) - 1.3*math.Abs(math.Abs(x)-1.2)
		hair = max(min(hair, beside), beside)
	}
	skin := 3.0 * (1.1 - face)
	if neck := y - h.Chin; neck > -0.5 && neck < 0.7 && math.Abs(x) < 0.8 {
		skin = max(skin, 1)
	}
	other := 1.6*(crown-1.08) + 0.2
	if y > h.Chin+0.3 {
		other = max(other, 1.5)
	}
	if y < -3 || math.Abs(x) > 3 || y > h.Chin+2.6 || y > h.Chin+0.5 && math.Abs(x) < 0.5 {
		other = sure
	}
	if y < -h.Forehead-0.25 && y > -h.Forehead-0.6 && math.Abs(x) < 0.5 {
		hair = max(hair, 2.5)
	}
	return []float64{max(-5, hair), max(-5, skin), max(-5, other)}
}
