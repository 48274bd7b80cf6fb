package matte

// refine draws a coarse mask anew along the details of the picture: within each small window the mask
// becomes the linear function of the colours that fits it best (He, Sun and Tang, "Guided Image
// Filtering", 2010).
func (p picture) refine(mask []float32, radius int, eps float32) []float32 {
	box := func(f func(i int) float32) []float32 { return mean(p.w, p.h, radius, f) }
	m := box(func(i int) float32 { return mask[i] })
	var mu, cov [3][]float32
	var sq [6][]float32
	pairs := [6][2]int{{0, 0}, {0, 1}, {0, 2}, {1, 1}, {1, 2}, {2, 2}}
	for k := range 3 {
		mu[k] = box(func(i int) float32 { return p.v[k][i] })
		cov[k] = box(func(i int) float32 { return p.v[k][i] * mask[i] })
	}
	for j, pair := range pairs {
		sq[j] = box(func(i int) float32 { return p.v[pair[0]][i] * p.v[pair[1]][i] })
	}
	for i := range m { // from here on cov holds the slopes, m the rests
		var s [6]float32
		for j, pair := range pairs {
			s[j] = sq[j][i] - mu[pair[0]][i]*mu[pair[1]][i]
		}
		b := [3]float32{cov[0][i] - mu[0][i]*m[i], cov[1][i] - mu[1][i]*m[i], cov[2][i] - mu[2][i]*m[i]}
		a := slopes([6]float32{s[0] + eps, s[1], s[2], s[3] + eps, s[4], s[5] + eps}, b)
		for k := range 3 {
			cov[k][i] = a[k]
			m[i] -= a[k] * mu[k][i]
		}
	}
	out := box(func(i int) float32 { return m[i] })
	for k := range 3 {
		a := box(func(i int) float32 { return cov[k][i] })
		for i := range out {
			out[i] += a[i] * p.v[k][i]
		}
	}
	for i, v := range out {
		out[i] = max(0, min(1, v))
	}
	return out
}

// slopes solves the symmetric 3 × 3 system s·a = b.
func slopes(s [6]float32, b [3]float32) [3]float32 {
	c0, c1, c2 := s[3]*s[5]-s[4]*s[4], s[2]*s[4]-s[1]*s[5], s[1]*s[4]-s[2]*s[3]
	c3, c4, c5 := s[0]*s[5]-s[2]*s[2], s[1]*s[2]-s[0]*s[4], s[0]*s[3]-s[1]*s[1]
	det := s[0]*c0 + s[1]*c1 + s[2]*c2
	if det < 1e-12 {
		return [3]float32{}
	}
	return [3]float32{
		(c0*b[0] + c1*b[1] + c2*b[2]) / det,
		(c1*b[0] + c3*b[1] + c4*b[2]) / det,
		(c2*b[0] + c4*b[1] + c5*b[2]) / det,
	}
}

// mean averages f over the windows of a radius, cut off at the borders.
func mean(w, h, radius int, f func(i int) float32) []float32 {
	rows := make([]float32, w*h)
	for y := range h {
		sum := float32(0)
		for x := range min(radius, w) {
			sum += f(y*w + x)
		}
		for x := range w {
			if x+radius < w {
				sum += f(y*w + x + radius)
			}
			if x-radius-1 >= 0 {
				sum -= f(y*w + x - radius - 1)
			}
			rows[y*w+x] = sum / float32(min(w-1, x+radius)-max(0, x-radius)+1)
		}
	}
	out := make([]float32, w*h)
	sums := make([]float32, w)
	add := func(y int, sign float32) {
		if y >= 0 && y < h {
			for x, v := range rows[y*w : (y+1)*w] {
				sums[x] += sign * v
			}
		}
	}
	for y := range min(radius, h) {
		add(y, 1)
	}
	for y := range h {
		add(y+radius, 1)
		add(y-radius-1, -1)
		n := float32(min(h-1, y+radius) - max(0, y-radius) + 1)
		for x, s := range sums {
			out[y*w+x] = s / n
		}
	}
	return out
}
