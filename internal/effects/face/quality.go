package face

import "math"

// quality measures the face in its chip, so that it does not depend on the size of the picture.
func (c chip) quality(f Face) Quality {
	q := Quality{
		Sharpness: c.sharpness(),
		Exposure:  c.exposure(),
		Size:      max(0, min(1, math.Log2(f.EyeDistance()/12)/3)), // 12 pixels between the eyes are useless, 96 plenty
		Frontal:   math.Exp(-square(f.Pose.Yaw/32) - square(f.Pose.Pitch/36) - square(f.Pose.Roll/45)),
	}
	q.Overall = math.Pow(q.Sharpness*q.Exposure*q.Size*q.Frontal, 0.25)
	return q
}

func square(v float64) float64 { return v * v }

// The part of the chip that is face in every face: from the brows to the mouth.
const (
	faceLeft, faceRight = chipX - chipEyes*7/10, chipX + chipEyes*7/10
	faceTop, faceBottom = chipY - chipEyes*3/10, chipY + chipEyes*12/10
)

// sharpness compares the Laplacian of the face with its contrast: a blur lowers the one and not the
// other. Its arms are two pixels long, where noise counts less than lashes and lips.
func (c chip) sharpness() float64 {
	const arm = 2
	var sum, square, edges, n float64
	for y := faceTop; y < faceBottom; y++ {
		for x := faceLeft; x < faceRight; x++ {
			i := y*chipSide + x
			at := func(o int) float64 { return float64(c.gray.Pix[i+o]) }
			v := at(0)
			d := 4*v - at(-arm) - at(arm) - at(-arm*chipSide) - at(arm*chipSide)
			sum, square, edges, n = sum+v, square+v*v, edges+d*d, n+1
		}
	}
	contrast := square/n - sum/n*sum/n + 16
	return max(0, min(1, (math.Log2(edges/n/contrast)+5)/5))
}

// exposure looks at the histogram of the face: its middle must be neither dark nor glaring, few
// pixels may be black or white, and it must have some contrast.
func (c chip) exposure() float64 {
	var histogram [256]int
	n := 0
	for y := faceTop; y < faceBottom; y++ {
		for _, v := range c.gray.Pix[y*chipSide+faceLeft : y*chipSide+faceRight] {
			histogram[v]++
			n++
		}
	}
	at := func(part float64) float64 { // the brightness below which that part of the pixels lies
		left := part * float64(n)
		for v, k := range histogram {
			if left -= float64(k); left < 0 {
				return float64(v)
			}
		}
		return 255
	}
	burnt := 0
	for v, k := range histogram {
		if v < 4 || v > 251 {
			burnt += k
		}
	}
	middle := at(0.5)
	level := min(fall(-90, -20, -middle), fall(200, 250, middle))
	range90 := fall(-50, -8, at(0.05)-at(0.95))
	return level * range90 * fall(0.05, 0.6, float64(burnt)/float64(n))
}
