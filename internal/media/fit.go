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
	"vow.example/vow/internal/media/pixel"
)

const (
	fitTries = 8    // each makes the copy smaller
	fitSpare = 0.95 // of what the last try says would fit
)

// Fit returns a smaller copy of a stripped picture that keeps every limit: at most MaxPixels,
// MaxSide and MaxBytes, in a type of Accept, upright and without metadata. It is a JPEG, or a PNG where the
// picture has transparency, as far as Accept names them. What is no picture is a fault, and so is
// one that cannot be made small enough. An upright JPEG in sRGB becomes a JPEG without a detour over RGB.
func Fit(ctx context.Context, r io.Reader, info Info, limits Limits) (coded []byte, _ Info, err error) {
	limits = limits.WithDefaults()
	data, err := whole(ctx, r, info, Limits{})
	if err != nil {
		return nil, Info{}, err
	}
	defer contain(&coded, &err)
	src, full, err := enough(ctx, data, info, limits)
	clear(data)
	if err != nil {
		return nil, Info{}, err
	}
	defer func() { pixel.Clear(src) }() // pixels of a face do not wait for the collector
	kind := smallKind(src, limits)
	if img, ok := src.(*image.YCbCr); ok && kind != JPEG {
		src = pixel.Upright(img, 0, nil)
	}
	w, h := within(full.X, full.Y, limits)
	for range fitTries {
		if ctx.Err() != nil {
			return nil, Info{}, fmt.Errorf("media: fit: %w", ctx.Err())
		}
		coded, err := encodeSmall(src, w, h, kind)
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

// enough decodes a picture to at least the pixels that a copy within the limits needs, and tells how
// large the whole one is, upright. What a JPEG encoder takes as it is stays as it is.
func enough(ctx context.Context, data []byte, info Info, limits Limits) (image.Image, image.Point, error) {
	var size image.Point
	src, err := decodeRaw(ctx, data, info, Limits{}, func(w, h int) int {
		size = image.Pt(w, h)
		return shrinkable(w, h, limits)
	})
	if err != nil {
		return nil, size, err
	}
	profile := profileOf(data)
	if m, ok := src.(*image.YCbCr); ok && info.Orientation <= 1 && profile.IsZero() && m.Rect.Min == (image.Point{}) {
		return src, size, nil
	}
	if info.Orientation >= 5 && info.Orientation <= 8 {
		size = image.Pt(size.Y, size.X)
	}
	return upright(src, data, info), size, nil
}

// shrinkable returns by how much a decoder may divide the sides.
func shrinkable(w, h int, limits Limits) int {
	nw, nh := within(w, h, limits)
	for _, denom := range []int{8, 4, 2} {
		if w/denom >= nw && h/denom >= nh {
			return denom
		}
	}
	return 1
}

// smallKind chooses the type of a copy.
func smallKind(img image.Image, limits Limits) string {
	order := []string{JPEG, PNG, WebP}
	if m, ok := img.(*image.NRGBA); ok && !m.Opaque() {
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

func encodeSmall(img image.Image, w, h int, kind string) ([]byte, error) {
	small := pixel.Resize(img, w, h)
	if small != img {
		defer pixel.Clear(small)
	}
	var b bytes.Buffer
	if err := encode(&b, small, kind, nil); err != nil {
		return nil, fmt.Errorf("media: fit: %w", err)
	}
	return b.Bytes(), nil
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
