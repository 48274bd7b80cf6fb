package motion

import (
	"context"
	"image"
	"math"
)

// view is a part of a picture, in its pixels; its edges may lie between pixels.
type view struct{ x, y, w, h float64 }

func (v view) center() (x, y float64) { return v.x + v.w/2, v.y + v.h/2 }

// The precision of weights, and of what lies between the two passes.
const (
	weightBits = 14
	midBits    = 6
)

// taps say of which lines of the source each line of the result is made, and how much of each.
type taps struct {
	n      int
	first  []int
	weight []int32 // n for each line of the result
}

// cubic is the kernel of Catmull and Rom, 2 wide on each side: sharp where a picture is enlarged or
// moved by parts of a pixel.
func cubic(x float64) float64 {
	x = math.Abs(x)
	switch {
	case x < 1:
		return (1.5*x-2.5)*x*x + 1
	case x < 2:
		return ((-0.5*x+2.5)*x-4)*x + 2
	}
	return 0
}

// tapsOf are the taps of n lines that show size lines of the source from start on. Where the result
// is smaller than the source the kernel is stretched, so that nothing shimmers.
func tapsOf(start, size float64, n, source int) taps {
	step := size / float64(n)
	stretch := max(1, step)
	t := taps{n: min(source, int(math.Ceil(4*stretch))+1), first: make([]int, n)}
	t.weight = make([]int32, n*t.n)
	raw := make([]float64, t.n)
	for i := range n {
		at := start + (float64(i)+0.5)*step - 0.5
		low := int(math.Ceil(at - 2*stretch))
		t.first[i] = max(0, min(low, source-t.n))
		clear(raw)
		sum := 0.0
		for k := low; float64(k) <= at+2*stretch; k++ {
			w := cubic((float64(k) - at) / stretch)
			raw[max(0, min(t.n-1, max(0, min(source-1, k))-t.first[i]))] += w
			sum += w
		}
		left, best := int32(1<<weightBits), 0
		own := t.weight[i*t.n : (i+1)*t.n]
		for k, w := range raw {
			own[k] = int32(math.Round(w / sum * (1 << weightBits)))
			left -= own[k]
			if own[k] > own[best] {
				best = k
			}
		}
		own[best] += left
	}
	return t
}

// whole is how much of a projection reaches the result when nothing of what was there shall remain.
const whole = 256

// project shows the part v of src in all of dst; mix of 256 parts of it, over what is there.
func project(ctx context.Context, dst, src *image.NRGBA, v view, mix int32) error {
	w, h := dst.Rect.Dx(), dst.Rect.Dy()
	across := tapsOf(v.x, v.w, w, src.Rect.Dx())
	down := tapsOf(v.y, v.h, h, src.Rect.Dy())
	from := across.first[0]
	columns := across.first[w-1] + across.n - from
	return bands(ctx, dst, h, func(y0, y1 int) {
		mid := make([]int32, 4*columns)
		for y := y0; y < y1; y++ {
			clear(mid)
			for k, weight := range down.weight[y*down.n : (y+1)*down.n] {
				if weight != 0 {
					addRow(mid, src.Pix[(down.first[y]+k)*src.Stride+4*from:], weight)
				}
			}
			for i, m := range mid {
				mid[i] = (m + 1<<(weightBits-midBits-1)) >> (weightBits - midBits)
			}
			across.row(dst.Pix[y*dst.Stride:][:4*w], mid, from, mix)
		}
	})
}

func addRow(mid []int32, src []uint8, weight int32) {
	src = src[:len(mid)]
	for i, v := range src {
		mid[i] += weight * int32(v)
	}
}

// row makes one row of a picture of one row of sums.
func (t taps) row(dst []uint8, mid []int32, from int, mix int32) {
	const bits = weightBits + midBits
	for x := range t.first {
		at := mid[4*(t.first[x]-from):]
		r, g, b := int32(1<<(bits-1)), int32(1<<(bits-1)), int32(1<<(bits-1))
		for _, w := range t.weight[x*t.n : (x+1)*t.n] {
			r += w * at[0]
			g += w * at[1]
			b += w * at[2]
			at = at[4:]
		}
		put(dst[4*x:4*x+4], r>>bits, g>>bits, b>>bits, mix)
	}
}

// put writes a pixel, or mixes it in.
func put(d []uint8, r, g, b, mix int32) {
	r, g, b = min(255, max(0, r)), min(255, max(0, g)), min(255, max(0, b))
	if mix != whole {
		r = int32(d[0]) + ((r-int32(d[0]))*mix+128)>>8
		g = int32(d[1]) + ((g-int32(d[1]))*mix+128)>>8
		b = int32(d[2]) + ((b-int32(d[2]))*mix+128)>>8
	}
	d[0], d[1], d[2], d[3] = uint8(r), uint8(g), uint8(b), 255
}

// copyOf is a copy of a part of a picture in w × h pixels.
func copyOf(ctx context.Context, src *image.NRGBA, area view, w, h int) (*image.NRGBA, error) {
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	return out, project(ctx, out, src, area, whole)
}
