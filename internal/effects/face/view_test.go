package face

import (
	"image"
	"math"
	"math/rand/v2"

	"golang.org/x/image/math/f64"
)

// view is a changed copy of a photo, and the way of its points.
type view struct {
	img *image.NRGBA
	m   f64.Aff3
}

type change struct {
	angle  float64 // degrees
	mirror bool
	gain   float64
	noise  float64 // standard deviation
}

func anyChange(r *rand.Rand) change {
	c := change{mirror: r.IntN(2) == 0, gain: 0.65 + 0.7*r.Float64()}
	if r.IntN(3) > 0 {
		c.angle = 30*r.Float64() - 15
	}
	if r.IntN(2) == 0 {
		c.noise = 12 * r.Float64()
	}
	return c
}

func straight(src *image.NRGBA, side int) view {
	return see(src, side, change{gain: 1}, nil)
}

// see makes a copy of a photo whose longer side is side.
func see(src *image.NRGBA, side int, c change, r *rand.Rand) view {
	w, h := float64(src.Rect.Dx()), float64(src.Rect.Dy())
	k := float64(side) / max(w, h)
	sin, cos := math.Sincos(c.angle * math.Pi / 180)
	flip := 1.0
	if c.mirror {
		flip = -1
	}
	out := image.NewNRGBA(image.Rect(0, 0, int(w*k+0.5), int(h*k+0.5)))
	m := f64.Aff3{k * cos * flip, -k * sin, 0, k * sin * flip, k * cos, 0}
	m[2] = float64(out.Rect.Dx())/2 - m[0]*w/2 - m[1]*h/2
	m[5] = float64(out.Rect.Dy())/2 - m[3]*w/2 - m[4]*h/2
	v := view{out, m}
	v.fill(src)
	if c.gain == 1 && c.noise == 0 {
		return v
	}
	for i := range out.Pix {
		if i%4 == 3 {
			continue
		}
		x := float64(out.Pix[i]) * c.gain
		if c.noise > 0 {
			x += 2 * c.noise * (r.Float64() + r.Float64() + r.Float64() - 1.5)
		}
		out.Pix[i] = uint8(max(0, min(255, x)))
	}
	return v
}

// fill draws src: between four pixels, and of four places per pixel where it becomes smaller. Outside
// of the photo is gray.
func (v view) fill(src *image.NRGBA) {
	fine := 1
	if v.m[0]*v.m[0]+v.m[3]*v.m[3] < 0.7 {
		fine = 2
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	for y := range v.img.Rect.Dy() {
		row := v.img.Pix[y*v.img.Stride:]
		for x := range v.img.Rect.Dx() {
			var sum [3]int
			for i := range fine * fine {
				ox, oy := (float64(i%fine)+0.5)/float64(fine), (float64(i/fine)+0.5)/float64(fine)
				start := v.back(Point{float64(x) + ox, float64(y) + oy})
				px, py := int(256*(start.X-0.5)), int(256*(start.Y-0.5))
				if px < -128 || py < -128 || px > 256*w-128 || py > 256*h-128 {
					sum[0], sum[1], sum[2] = sum[0]+128, sum[1]+128, sum[2]+128
					continue
				}
				px, py = max(0, min(256*(w-1)-1, px)), max(0, min(256*(h-1)-1, py))
				p := src.Pix[py>>8*src.Stride+4*(px>>8):]
				q := p[src.Stride:]
				fx, fy := px&255, py&255
				for k := range sum {
					top, bottom := int(p[k])*(256-fx)+int(p[k+4])*fx, int(q[k])*(256-fx)+int(q[k+4])*fx
					sum[k] += (top*(256-fy) + bottom*fy + 1<<15) >> 16
				}
			}
			for k := range sum {
				row[4*x+k] = uint8(sum[k] / (fine * fine))
			}
			row[4*x+3] = 255
		}
	}
}

// there is where a point of the photo is in the view.
func (v view) there(p Point) Point {
	return Point{v.m[0]*p.X + v.m[1]*p.Y + v.m[2], v.m[3]*p.X + v.m[4]*p.Y + v.m[5]}
}

func (v view) back(p Point) Point {
	x, y, det := p.X-v.m[2], p.Y-v.m[5], v.m[0]*v.m[4]-v.m[1]*v.m[3]
	return Point{(v.m[4]*x - v.m[1]*y) / det, (v.m[0]*y - v.m[3]*x) / det}
}

// partner is the index of a point after a change.
func (v view) partner(i int) int {
	if v.m[0]*v.m[4] > 0 {
		return i
	}
	for _, pair := range [][2]int{
		{LeftPupil, RightPupil}, {LeftEyeOuter, RightEyeOuter}, {LeftEyeInner, RightEyeInner}, {LeftBrowOuter, RightBrowOuter},
		{LeftBrowInner, RightBrowInner}, {NoseLeft, NoseRight}, {MouthLeft, MouthRight}, {JawLeft, JawRight},
	} {
		if i == pair[0] || i == pair[1] {
			return pair[0] + pair[1] - i
		}
	}
	return i
}

func (p Point) far(q Point) float64 { return math.Hypot(p.X-q.X, p.Y-q.Y) }
