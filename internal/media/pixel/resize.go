package pixel

import (
	"image"
	"math"
)

// one is 1 in the fixed-point numbers of the weights. Weights of a pixel add up to it exactly.
const (
	oneBits = 14
	one     = 1 << oneBits
)

// tap says of what a new row or column is made: of old ones from first on, by their weights.
type tap struct {
	first   int
	weights []int32
}

// taps plans n new pixels from size old ones. To half and less, a new pixel is the mean of what it
// covers; above that, where a mean would blur, it is a windowed sinc of three lobes.
func taps(n, size int) []tap {
	list := make([]tap, n)
	width := float64(size) / float64(n)
	for i := range list {
		from, to := float64(i)*width, min(float64(i+1)*width, float64(size))
		share := func(old int) float64 { return min(float64(old+1), to) - max(float64(old), from) }
		if width < 2 {
			center, reach := (from+to)/2, 3*max(width, 1)
			share = func(old int) float64 { return lanczos((float64(old) + 0.5 - center) / max(width, 1)) }
			from, to = max(0, center-reach), min(float64(size), center+reach)
		}
		list[i] = weigh(int(from), min(int(math.Ceil(to)), size), share)
	}
	return list
}

func lanczos(x float64) float64 {
	x = math.Abs(x)
	if x < 1e-9 {
		return 1
	}
	if x >= 3 {
		return 0
	}
	return 3 * math.Sin(math.Pi*x) * math.Sin(math.Pi*x/3) / (math.Pi * math.Pi * x * x)
}

// weigh rounds the shares so that they add up; what is missing goes to the largest.
func weigh(from, to int, share func(int) float64) tap {
	sum := 0.0
	for old := from; old < to; old++ {
		sum += share(old)
	}
	t := tap{first: from, weights: make([]int32, to-from)}
	left, largest := int32(one), 0
	for k := range t.weights {
		t.weights[k] = int32(math.Round(share(from+k) / sum * one))
		left -= t.weights[k]
		if t.weights[k] > t.weights[largest] {
			largest = k
		}
	}
	t.weights[largest] += left
	return t
}

// Resize returns a picture of w by h pixels: a YCbCr one as that, a gray one as that, an NRGBA one as
// that, weighted by its opacity. It returns nil for any other. A picture that has that size is returned
// as it is. It needs two rows of numbers per core besides the result.
func Resize(img image.Image, w, h int) image.Image {
	b := img.Bounds()
	if b.Dx() == w && b.Dy() == h {
		return img
	}
	switch m := img.(type) {
	case *image.NRGBA:
		return resizeNRGBA(m, w, h)
	case *image.Gray:
		out := image.NewGray(image.Rect(0, 0, w, h))
		resizePlane(plane{out.Pix, out.Stride, w, h}, plane{m.Pix[m.PixOffset(b.Min.X, b.Min.Y):], m.Stride, b.Dx(), b.Dy()})
		return out
	case *image.YCbCr:
		if b.Min != (image.Point{}) {
			return nil
		}
		out := image.NewYCbCr(image.Rect(0, 0, w, h), m.SubsampleRatio)
		resizePlane(plane{out.Y, out.YStride, w, h}, plane{m.Y, m.YStride, b.Dx(), b.Dy()})
		cw, ch := chroma(m.SubsampleRatio, b.Dx(), b.Dy())
		nw, nh := chroma(m.SubsampleRatio, w, h)
		resizePlane(plane{out.Cb, out.CStride, nw, nh}, plane{m.Cb, m.CStride, cw, ch})
		resizePlane(plane{out.Cr, out.CStride, nw, nh}, plane{m.Cr, m.CStride, cw, ch})
		return out
	}
	return nil
}

func chroma(ratio image.YCbCrSubsampleRatio, w, h int) (int, int) {
	across, down := 1, 1
	switch ratio {
	case image.YCbCrSubsampleRatio422:
		across = 2
	case image.YCbCrSubsampleRatio420:
		across, down = 2, 2
	case image.YCbCrSubsampleRatio440:
		down = 2
	case image.YCbCrSubsampleRatio411:
		across = 4
	case image.YCbCrSubsampleRatio410:
		across, down = 4, 2
	}
	return (w + across - 1) / across, (h + down - 1) / down
}

type plane struct {
	pix    []byte
	stride int
	w, h   int
}

// resizePlane works down the columns first, one new row at a time.
func resizePlane(dst, src plane) {
	across, down := taps(dst.w, src.w), taps(dst.h, src.h)
	InBands(dst.h, func(y0, y1 int) {
		sums := make([]int32, src.w)
		for y := y0; y < y1; y++ {
			clear(sums)
			for k, weight := range down[y].weights {
				addPlane(sums, src.pix[(down[y].first+k)*src.stride:], weight)
			}
			out := dst.pix[y*dst.stride:][:dst.w]
			for x := range out {
				t := across[x]
				sum := int32(0)
				part := sums[t.first:][:len(t.weights)]
				for k, weight := range t.weights {
					sum += (part[k] >> 6) * weight >> 4
				}
				out[x] = clip((sum + 1<<(oneBits+3)) >> (oneBits + 4))
			}
		}
	})
}

func addPlane(sums []int32, pix []byte, weight int32) {
	if weight == 0 {
		return
	}
	pix = pix[:len(sums)]
	for x := range sums {
		sums[x] += int32(pix[x]) * weight
	}
}

func resizeNRGBA(img *image.NRGBA, w, h int) *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	sw := img.Rect.Dx()
	across, down := taps(w, sw), taps(h, img.Rect.Dy())
	InBands(h, func(y0, y1 int) {
		sums := make([]int32, 4*sw) // colours by their opacity, and the opacity times 255
		for y := y0; y < y1; y++ {
			clear(sums)
			for k, weight := range down[y].weights {
				addNRGBA(sums, img.Pix[(down[y].first+k)*img.Stride:], weight)
			}
			squeeze(out.Pix[y*out.Stride:][:4*w], sums, across)
		}
	})
	return out
}

func addNRGBA(sums []int32, pix []byte, weight int32) {
	if weight == 0 {
		return
	}
	pix = pix[:len(sums)]
	for x := 0; x+4 <= len(sums); x += 4 {
		p, s := pix[x:x+4:x+4], sums[x:x+4:x+4]
		a := int32(p[3]) * weight >> 2
		s[0] += int32(p[0]) * a >> 6
		s[1] += int32(p[1]) * a >> 6
		s[2] += int32(p[2]) * a >> 6
		s[3] += 255 * a >> 6
	}
}

// squeeze writes one new row.
func squeeze(dst []byte, sums []int32, across []tap) {
	for x, t := range across {
		var sum [4]int64
		part := sums[4*t.first:][:4*len(t.weights)]
		for k, weight := range t.weights {
			for c := range sum {
				sum[c] += int64(part[4*k+c]) * int64(weight)
			}
		}
		if sum[3] <= 0 {
			continue
		}
		half := sum[3] / 2
		for c := range 3 {
			dst[4*x+c] = clip(int32((255*sum[c] + half) / sum[3]))
		}
		const unit = 255 << (oneBits + oneBits - 8)
		dst[4*x+3] = clip(int32((sum[3] + unit/2) / unit))
	}
}
