package raster

import (
	"context"
	"math"
)

// Flow is the direction along the edges of a picture: three numbers per pixel, the tangent's x and y
// and how much of an edge there is, from 0 to 1.
type Flow struct{ Colors }

// FlowOf finds the smoothed structure tensor of l and its tangents (Kyprianidis and Kang, "Image and
// Video Abstraction by Coherence-Enhancing Filtering", 2011). sigma is in pixels.
func (j *Job) FlowOf(ctx context.Context, l Plane, sigma float64) (Flow, error) {
	f := Flow{Colors{l.W, l.H, j.Floats(3 * l.W * l.H)}}
	err := j.Bands(ctx, l.H, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			tensorRow(f.Row(y), l.Row(max(0, y-1)), l.Row(y), l.Row(min(l.H-1, y+1)))
		}
	})
	if err != nil {
		return f, err
	}
	if err := j.BlurColors(ctx, f.Colors, sigma); err != nil {
		return f, err
	}
	return f, j.Bands(ctx, l.H, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			row := f.Row(y)
			for x := 0; x < len(row); x += 3 {
				row[x], row[x+1], row[x+2] = tangent(row[x], row[x+1], row[x+2])
			}
		}
	})
}

func tensorRow(dst, up, at, down []float32) {
	n := len(at) - 1
	for x := range at {
		a, b := max(0, x-1), min(n, x+1)
		gx := up[b] - up[a] + 2*(at[b]-at[a]) + down[b] - down[a]
		gy := down[a] - up[a] + 2*(down[x]-up[x]) + down[b] - up[b]
		dst[3*x], dst[3*x+1], dst[3*x+2] = gx*gx, gx*gy, gy*gy
	}
}

// tangent returns the direction of least change of a tensor, pointing to the right, and how much
// the change prefers one direction.
func tangent(e, f, g float32) (x, y, strength float32) {
	root := float32(math.Sqrt(float64((e-g)*(e-g) + 4*f*f)))
	most := (e + g + root) / 2
	x, y = most-e, -f // across the eigenvector of the greater eigenvalue, in its stable form
	if e > g {
		x, y = -f, most-g
	}
	n := float32(math.Sqrt(float64(x*x + y*y)))
	if n < 1e-9 {
		return 1, 0, 0
	}
	if x < 0 {
		n = -n
	}
	return x / n, y / n, root / (e + g + 1e-5) * Smoothstep(0, 0.02, most)
}

// Along smooths p along the flow with a bell of the given length on both sides, so that broken
// lines join and ragged ones run smooth. The result is a new plane of the job.
func (j *Job) Along(ctx context.Context, p Plane, f Flow, length float64) (Plane, error) {
	out := j.Plane(p.W, p.H)
	steps := max(1, int(length+0.5))
	bell := make([]float32, steps+1)
	for i := range bell {
		d := float64(i) / (0.5 * float64(steps))
		bell[i] = float32(math.Exp(-d * d / 2))
	}
	return out, j.Bands(ctx, p.H, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			for x, dst := 0, out.Row(y); x < p.W; x++ {
				sum, weight := p.V[y*p.W+x], float32(1)
				for _, way := range [2]float32{1, -1} {
					s, w := f.walk(p, x, y, way, bell)
					sum, weight = sum+s, weight+w
				}
				dst[x] = sum / weight
			}
		}
	})
}

// walk sums p along a stream line that leaves (x, y) one way.
func (f Flow) walk(p Plane, x, y int, way float32, bell []float32) (sum, weight float32) {
	px, py := float32(x)+0.5, float32(y)+0.5
	i := 3 * (y*f.W + x)
	dx, dy := way*f.V[i], way*f.V[i+1]
	for _, w := range bell[1:] {
		px, py = px+dx, py+dy
		ix, iy := int(px), int(py)
		if px < 0 || py < 0 || ix >= f.W || iy >= f.H {
			break
		}
		sum, weight = sum+w*p.V[iy*p.W+ix], weight+w
		i = 3 * (iy*f.W + ix)
		nx, ny := f.V[i], f.V[i+1]
		if nx*dx+ny*dy < 0 {
			nx, ny = -nx, -ny
		}
		dx, dy = nx, ny
	}
	return sum, weight
}

// BlurColors is Blur for three numbers per pixel.
func (j *Job) BlurColors(ctx context.Context, c Colors, sigma float64) error {
	k := blurFactor(sigma)
	err := j.Bands(ctx, c.H, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			row := c.Row(y)
			for range 2 {
				for x := 3; x+3 <= len(row); x += 3 {
					pull(row[x:x+3], row[x-3:x], k)
				}
				for x := len(row) - 6; x >= 0; x -= 3 {
					pull(row[x:x+3], row[x+3:x+6], k)
				}
			}
		}
	})
	if err != nil {
		return err
	}
	return j.blurColumns(ctx, Plane{3 * c.W, c.H, c.V}, k)
}
