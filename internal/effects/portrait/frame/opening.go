package frame

import (
	"context"
	"image"
	"math"

	"vow.example/vow/internal/effects/portrait/matte"
	"vow.example/vow/internal/effects/raster"
)

// hole returns where the photo lies, up to where the frame is opaque, and which part of it is seen.
func (b border) hole() (hole, seen image.Rectangle) {
	midX, midY := (b.slices[0]+b.W-b.slices[2])/2, (b.slices[1]+b.H-b.slices[3])/2
	side := func(a axis, backwards, upright bool, limit float32) int {
		for step := range a.n / 2 {
			at := a.n/2 - step
			if backwards {
				at = a.n/2 + step
			}
			at = min(max(at, 0), a.n-1)
			i, k := int(a.left[at]), midY
			if upright {
				i, k = midX, i
			}
			if b.V[4*(k*b.W+i)+3] >= limit {
				return at
			}
		}
		if backwards {
			return a.n
		}
		return 0
	}
	of := func(limit float32) image.Rectangle {
		return image.Rect(side(b.across, false, false, limit), side(b.along, false, true, limit),
			side(b.across, true, false, limit), side(b.along, true, true, limit))
	}
	size := image.Rect(0, 0, b.across.n, b.along.n)
	hole = of(0.98).Inset(-1).Intersect(size)
	seen = of(0.5).Intersect(hole)
	if hole.Dx() < size.Dx()/4 || hole.Dy() < size.Dy()/4 { // a frame whose middle is drawn over
		return size, size
	}
	return hole, seen
}

// area is a part of a picture at fractions of pixels.
type area struct{ x, y, w, h float64 }

// crop is the largest part of the photo that has the shape of the hole. It lies in the middle, or as
// near to it as the faces allow.
func crop(size image.Point, hole, seen, faces image.Rectangle) area {
	w := min(float64(size.X), float64(size.Y)*float64(hole.Dx())/float64(hole.Dy()))
	a := area{w: w, h: w * float64(hole.Dy()) / float64(hole.Dx())}
	k := w / float64(hole.Dx())
	a.x = slide(float64(size.X)-a.w, [4]float64{
		float64(faces.Min.X), float64(faces.Max.X), k * float64(seen.Min.X-hole.Min.X), k * float64(seen.Max.X-hole.Min.X),
	})
	a.y = slide(float64(size.Y)-a.h, [4]float64{
		float64(faces.Min.Y), float64(faces.Max.Y), k * float64(seen.Min.Y-hole.Min.Y), k * float64(seen.Max.Y-hole.Min.Y),
	})
	return a
}

// slide returns where a part starts that may start from 0 to room: v is from where to where the faces
// reach, and from where to where the part is seen, counted from its start.
func slide(room float64, v [4]float64) float64 {
	at := room / 2
	if v[1] > v[0] {
		lo, hi := v[1]-v[3], v[0]-v[2] // later than lo and earlier than hi shows all of the faces
		if lo > hi {
			lo, hi = (lo+hi)/2, (lo+hi)/2
		}
		at = min(max(at, lo), hi)
	}
	return min(max(at, 0), max(room, 0))
}

// source is a part of a picture that is drawn elsewhere.
type source struct {
	img  *image.NRGBA
	from area
}

// taps says which pixels make one, and how much each counts.
type taps struct {
	first  int
	weight []float32
}

// tapsOf prepares the drawing of w pixels from start as n: the kernel of Catmull and Rom, widened when
// the picture becomes smaller.
func tapsOf(n int, start, w float64, limit int) []taps {
	scale := w / float64(n)
	wide := max(scale, 1)
	list := make([]taps, n)
	for i := range list {
		at := start + (float64(i)+0.5)*scale - 0.5
		first := int(math.Ceil(at - 2*wide))
		t := taps{first: max(first, 0)}
		sum := float32(0)
		for k := first; float64(k) < at+2*wide; k++ {
			v := kernel((float64(k) - at) / wide)
			sum += v
			if k <= t.first || k >= limit { // what lies outside counts for the pixel at the edge
				if len(t.weight) == 0 {
					t.weight = append(t.weight, 0)
					t.first = min(t.first, limit-1)
				}
				t.weight[len(t.weight)-1] += v
				continue
			}
			t.weight = append(t.weight, v)
		}
		for k := range t.weight {
			t.weight[k] /= sum
		}
		list[i] = t
	}
	return list
}

func kernel(d float64) float32 {
	d = math.Abs(d)
	switch {
	case d < 1:
		return float32(1 + d*d*(-2.5+1.5*d))
	case d < 2:
		return float32(2 + d*(-4+d*(2.5-0.5*d)))
	default:
		return 0
	}
}

// resample draws a part of a picture into hole.
func resample(ctx context.Context, j *raster.Job, out *image.NRGBA, hole image.Rectangle, s source) error {
	across := tapsOf(hole.Dx(), s.from.x, s.from.w, s.img.Rect.Dx())
	along := tapsOf(hole.Dy(), s.from.y, s.from.h, s.img.Rect.Dy())
	return j.Bands(ctx, hole.Dy(), func(lo, hi int) {
		keep := map[int][]float32{}
		var spare [][]float32
		sum := make([]float32, 4*hole.Dx())
		for y := lo; y < hi; y++ {
			t := along[y]
			for row, buffer := range keep {
				if row < t.first {
					spare = append(spare, buffer)
					delete(keep, row)
				}
			}
			clear(sum)
			for i, k := range t.weight {
				row := t.first + i
				if keep[row] == nil {
					if len(spare) == 0 {
						spare = append(spare, make([]float32, 4*hole.Dx()))
					}
					keep[row], spare = spare[len(spare)-1], spare[:len(spare)-1]
					s.row(keep[row], row, across)
				}
				for x, v := range keep[row] {
					sum[x] += k * v
				}
			}
			dst := out.Pix[(hole.Min.Y+y)*out.Stride+4*hole.Min.X:][:4*hole.Dx()]
			store(dst, sum)
		}
	})
}

// row draws one row of the source, colours multiplied by opacity.
func (s source) row(dst []float32, y int, across []taps) {
	pix := s.img.Pix[y*s.img.Stride:][:4*s.img.Rect.Dx()]
	for x, t := range across {
		var r, g, b, a float32
		for i, k := range t.weight {
			p := pix[4*(t.first+i):][:4]
			if p[3] != 255 {
				k *= float32(p[3]) * (1.0 / 255)
			}
			r += k * float32(p[0])
			g += k * float32(p[1])
			b += k * float32(p[2])
			a += k
		}
		d := dst[4*x:][:4]
		d[0], d[1], d[2], d[3] = r, g, b, a
	}
}

func store(dst []uint8, sum []float32) {
	for i := 0; i < len(dst); i += 4 {
		a := sum[i+3]
		if a < 0.002 {
			dst[i], dst[i+1], dst[i+2], dst[i+3] = 0, 0, 0, 0
			continue
		}
		k := 1 / (255 * a)
		dst[i], dst[i+1], dst[i+2] = raster.ToByte(sum[i]*k), raster.ToByte(sum[i+1]*k), raster.ToByte(sum[i+2]*k)
		dst[i+3] = raster.ToByte(a)
	}
}

// shrink is a smaller copy of a drawing, each pixel the mean of those that it stands for.
func shrink(f matte.Field, size image.Point) matte.Field {
	out := matte.NewField(size.X, size.Y, f.N)
	for y := range out.H {
		y0 := y * f.H / out.H
		y1 := max(y0+1, (y+1)*f.H/out.H)
		for x := range out.W {
			x0 := x * f.W / out.W
			x1 := max(x0+1, (x+1)*f.W/out.W)
			d := out.V[f.N*(y*out.W+x):][:f.N]
			for sy := y0; sy < y1; sy++ {
				for i, v := range f.Row(sy)[f.N*x0 : f.N*x1] {
					d[i%f.N] += v
				}
			}
			for k := range d {
				d[k] /= float32((x1 - x0) * (y1 - y0))
			}
		}
	}
	return out
}
