package media

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"io"
	"math"
	"slices"

	"vow.example/vow/internal/fault"
)

const (
	fitTries = 8    // each makes the copy smaller
	fitSpare = 0.95 // of what the last try says would fit
)

// Fit returns a smaller copy of a stripped picture that keeps every limit: at most MaxPixels,
// MaxSide and MaxBytes, in a type of Accept, upright and without metadata. It is a JPEG, or a PNG where the
// picture has transparency, as far as Accept names them. What is no picture is a fault, and so is
// one that cannot be made small enough.
func Fit(ctx context.Context, r io.Reader, info Info, limits Limits) ([]byte, Info, error) {
	limits = limits.WithDefaults()
	img, err := Decode(ctx, r, info, Limits{})
	if err != nil {
		return nil, Info{}, err
	}
	defer func() { clear(img.Pix) }() // pixels of a face do not wait for the collector
	kind := smallKind(img, limits)
	w, h := within(img.Rect.Dx(), img.Rect.Dy(), limits)
	for range fitTries {
		if ctx.Err() != nil {
			return nil, Info{}, fmt.Errorf("media: fit: %w", ctx.Err())
		}
		coded, err := encodeSmall(img, w, h, kind)
		if err != nil {
			return nil, Info{}, err
		}
		size := int64(len(coded))
		if size <= limits.MaxBytes {
			return coded, Info{MediaType: kind, Width: w, Height: h, Orientation: 1, Bytes: size}, nil
		}
		clear(coded)
		by := min(fitSpare, fitSpare*math.Sqrt(float64(limits.MaxBytes)/float64(size)))
		w, h = max(1, int(float64(w)*by)), max(1, int(float64(h)*by))
	}
	return nil, Info{}, fault.New(fault.Invalid, CodeTooLarge, "No copy of the picture is small enough.").With("max_bytes", limits.MaxBytes)
}

// smallKind chooses the type of a copy.
func smallKind(img *image.NRGBA, limits Limits) string {
	order := []string{JPEG, PNG, WebP}
	if !img.Opaque() {
		order = []string{PNG, WebP, JPEG}
	}
	for _, kind := range order {
		if slices.Contains(limits.Accept, kind) {
			return kind
		}
	}
	return order[0]
}

// within returns the largest size of the same shape that keeps the limits.
func within(w, h int, limits Limits) (int, int) {
	if long := max(w, h); limits.MaxSide > 0 && long > limits.MaxSide {
		w, h = w*limits.MaxSide/long, h*limits.MaxSide/long
	}
	if n := int64(w) * int64(h); n > limits.MaxPixels {
		by := math.Sqrt(float64(limits.MaxPixels) / float64(n))
		w, h = int(float64(w)*by), int(float64(h)*by)
	}
	return max(1, w), max(1, h)
}

func encodeSmall(img *image.NRGBA, w, h int, kind string) ([]byte, error) {
	small := img
	if w != img.Rect.Dx() || h != img.Rect.Dy() {
		small = shrink(img, w, h)
		defer func() { clear(small.Pix) }()
	}
	var b bytes.Buffer
	err := Encode(&b, small, kind, Label{})
	return b.Bytes(), err
}

// shrink returns the picture with fewer pixels, each the mean of those that it covers, by how much it
// covers of them. It needs one row of numbers per core besides the result.
func shrink(img *image.NRGBA, w, h int) *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	inBands(h, func(y0, y1 int) {
		row := make([]float32, 4*img.Rect.Dx()) // colours by their opacity, and the opacity
		for y := y0; y < y1; y++ {
			clear(row)
			covered(y, h, img.Rect.Dy(), func(sy int, share float32) { addRow(row, img.Pix[sy*img.Stride:], share) })
			squeeze(out.Pix[y*out.Stride:], row, w)
		}
	})
	return out
}

// covered calls f for every one of size old pixels that the new pixel i of n covers, with its share of
// the new pixel.
func covered(i, n, size int, f func(old int, share float32)) {
	width := float64(size) / float64(n)
	from, to := float64(i)*width, min(float64(i+1)*width, float64(size))
	for old := int(from); old < size && float64(old) < to; old++ {
		f(old, float32((min(float64(old+1), to)-max(float64(old), from))/width))
	}
}

func addRow(row []float32, pix []byte, share float32) {
	for x := 0; x < len(row); x += 4 {
		a := share * float32(pix[x+3])
		row[x] += a * float32(pix[x])
		row[x+1] += a * float32(pix[x+1])
		row[x+2] += a * float32(pix[x+2])
		row[x+3] += a
	}
}

// squeeze writes one new row of w pixels.
func squeeze(dst []byte, row []float32, w int) {
	for x := range w {
		var sum [4]float32
		covered(x, w, len(row)/4, func(old int, share float32) {
			for c := range sum {
				sum[c] += share * row[4*old+c]
			}
		})
		if sum[3] <= 0 {
			continue
		}
		for c := range 3 {
			dst[4*x+c] = byte(min(sum[c]/sum[3]+0.5, 255))
		}
		dst[4*x+3] = byte(min(sum[3]+0.5, 255))
	}
}

// Exceeds names the limit that a picture of that size does not keep, and its value; "" where it keeps
// all of them.
func Exceeds(info Info, limits Limits) (limit string, most int64) {
	switch {
	case limits.MaxBytes > 0 && info.Bytes > limits.MaxBytes:
		return "max_bytes", limits.MaxBytes
	case limits.MaxPixels > 0 && int64(info.Width)*int64(info.Height) > limits.MaxPixels:
		return "max_pixels", limits.MaxPixels
	case limits.MaxSide > 0 && max(info.Width, info.Height) > limits.MaxSide:
		return "max_side", int64(limits.MaxSide)
	default:
		return "", 0
	}
}
