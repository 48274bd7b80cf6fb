package repair

// The parts of an orthonormal cosine transform of 8 numbers.
const (
	c1, c2, c3, c4 = 0.4903926402, 0.4619397663, 0.4157348062, 0.3535533906
	c5, c6, c7     = 0.2777851165, 0.1913417162, 0.0975451610
)

// forward transforms 8 numbers that lie step apart.
func forward(v *[64]float32, at, step int) {
	i1, i2, i3, i4 := at+step, at+2*step, at+3*step, at+4*step
	i5, i6, i7 := at+5*step, at+6*step, at+7*step
	a0, a1, a2, a3 := v[at&63]+v[i7&63], v[i1&63]+v[i6&63], v[i2&63]+v[i5&63], v[i3&63]+v[i4&63]
	b0, b1, b2, b3 := v[at&63]-v[i7&63], v[i1&63]-v[i6&63], v[i2&63]-v[i5&63], v[i3&63]-v[i4&63]
	s0, s1, d0, d1 := a0+a3, a1+a2, a0-a3, a1-a2
	v[at&63], v[i4&63] = c4*(s0+s1), c4*(s0-s1)
	v[i2&63], v[i6&63] = c2*d0+c6*d1, c6*d0-c2*d1
	v[i1&63] = c1*b0 + c3*b1 + c5*b2 + c7*b3
	v[i3&63] = c3*b0 - c7*b1 - c1*b2 - c5*b3
	v[i5&63] = c5*b0 - c1*b1 + c7*b2 + c3*b3
	v[i7&63] = c7*b0 - c5*b1 + c3*b2 - c1*b3
}

// backward undoes forward.
func backward(v *[64]float32, at, step int) {
	i1, i2, i3, i4 := at+step, at+2*step, at+3*step, at+4*step
	i5, i6, i7 := at+5*step, at+6*step, at+7*step
	s, d := c4*(v[at&63]+v[i4&63]), c4*(v[at&63]-v[i4&63])
	e, f := c2*v[i2&63]+c6*v[i6&63], c6*v[i2&63]-c2*v[i6&63]
	a0, a3, a1, a2 := s+e, s-e, d+f, d-f
	x1, x3, x5, x7 := v[i1&63], v[i3&63], v[i5&63], v[i7&63]
	b0 := c1*x1 + c3*x3 + c5*x5 + c7*x7
	b1 := c3*x1 - c7*x3 - c1*x5 - c5*x7
	b2 := c5*x1 - c1*x3 + c7*x5 + c3*x7
	b3 := c7*x1 - c5*x3 + c3*x5 - c1*x7
	v[at&63], v[i7&63] = a0+b0, a0-b0
	v[i1&63], v[i6&63] = a1+b1, a1-b1
	v[i2&63], v[i5&63] = a2+b2, a2-b2
	v[i3&63], v[i4&63] = a3+b3, a3-b3
}

// shrink removes from a block of 8×8 what is weaker than least, and returns how much it then weighs:
// a block that needs few waves is trusted more.
func shrink(v *[64]float32, least float32) (weight float32) {
	for i := range 8 {
		forward(v, 8*i, 1)
	}
	for i := range 8 {
		forward(v, i, 8)
	}
	left := 0
	for i := 1; i < 64; i++ {
		if v[i] < least && v[i] > -least {
			v[i] = 0
		} else {
			left++
		}
	}
	if left == 0 {
		mean := v[0] / 8
		for i := range v {
			v[i] = mean
		}
		return 1
	}
	for i := range 8 {
		backward(v, i, 8)
	}
	for i := range 8 {
		backward(v, 8*i, 1)
	}
	return 1 / float32(1+left)
}
