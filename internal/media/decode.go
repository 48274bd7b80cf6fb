package media

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io"
	"runtime"
	"sync"

	"golang.org/x/image/webp"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/media/icc"
)

// maxHeader is how much of a file is looked at for its dimensions and its colour profile.
const maxHeader = 1 << 20

type codec struct {
	decode func(io.Reader) (image.Image, error)
	config func(io.Reader) (image.Config, error)
}

func codecFor(mediaType string) (codec, error) {
	switch mediaType {
	case JPEG:
		return codec{jpeg.Decode, jpeg.DecodeConfig}, nil
	case PNG:
		return codec{png.Decode, png.DecodeConfig}, nil
	case WebP:
		return codec{webp.Decode, webp.DecodeConfig}, nil
	}
	return codec{}, fault.New(fault.Invalid, CodeUnsupported, "This kind of file is no picture that can be opened here.").
		With("accepted", []string{JPEG, PNG, WebP})
}

// Open reads a picture of any accepted type as it came from outside: metadata is stripped, the
// orientation is applied. It holds the file, at most limits.MaxBytes, and the pixels in memory.
func Open(ctx context.Context, r io.Reader, limits Limits) (*image.NRGBA, Info, error) {
	b, info, err := buffered(ctx, r, limits)
	if err != nil {
		return nil, Info{}, err
	}
	img, err := Decode(ctx, bytes.NewReader(b), info, limits)
	return img, info, err
}

// Decode reads a stripped picture of info.MediaType, applies info.Orientation (0 counts as upright)
// and brings its colours into sRGB. It needs at most 12 bytes per pixel (20 for PNG with 16 bits per sample) while it runs
// and 4 bytes per pixel afterwards. A damaged file is a fault with CodeUnreadable.
func Decode(ctx context.Context, r io.Reader, info Info, limits Limits) (img *image.NRGBA, err error) {
	limits = limits.WithDefaults()
	c, err := codecFor(info.MediaType)
	if err != nil {
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil {
			img, err = nil, unreadable("The picture is damaged and cannot be opened.", fmt.Errorf("media: decoder panic: %v", p))
		}
	}()
	in := bufio.NewReaderSize(cancelled{ctx, io.LimitReader(r, limits.MaxBytes+1)}, maxHeader)
	head, _ := in.Peek(maxHeader) // an error comes back when the decoder reads
	profile := icc.Parse(icc.Find(head))
	src, err := c.decodeWithin(head, in, limits)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("media: decode: %w", ctx.Err())
	}
	if err != nil {
		return nil, err
	}
	return orient(toSRGB(toNRGBA(src), profile), info.Orientation), nil
}

func (c codec) decodeWithin(head []byte, r io.Reader, limits Limits) (image.Image, error) {
	cfg, err := c.config(bytes.NewReader(head))
	if err != nil {
		return nil, unreadable("The picture is damaged: its header cannot be read.", err)
	}
	if err := limits.CheckSize(int64(cfg.Width), int64(cfg.Height)); err != nil {
		return nil, err
	}
	src, err := c.decode(r)
	if err != nil {
		return nil, unreadable("The picture is damaged and cannot be opened.", err)
	}
	if b := src.Bounds(); b.Dx() != cfg.Width || b.Dy() != cfg.Height {
		return nil, unreadable("The picture is damaged: its header and its content differ in size.", nil)
	}
	return src, nil
}

func toSRGB(m *image.NRGBA, profile icc.Transform) *image.NRGBA {
	if !profile.IsZero() {
		inBands(m.Rect.Dy(), func(y0, y1 int) { profile.Apply(m, y0, y1) })
	}
	return m
}

// toNRGBA converts a decoded picture on all cores. Opaque pictures go through the fast paths of
// image/draw, whose RGBA pixels equal NRGBA ones where nothing is transparent.
func toNRGBA(src image.Image) *image.NRGBA {
	b := src.Bounds()
	if m, ok := src.(*image.NRGBA); ok && b.Min == (image.Point{}) && m.Stride == 4*b.Dx() {
		return m
	}
	dst := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	var target draw.Image = dst
	if o, ok := src.(interface{ Opaque() bool }); ok && o.Opaque() {
		target = &image.RGBA{Pix: dst.Pix, Stride: dst.Stride, Rect: dst.Rect}
	}
	inBands(b.Dy(), func(y0, y1 int) {
		if m, ok := src.(*image.NYCbCrA); ok {
			convertNYCbCrA(dst, m, y0, y1)
			return
		}
		r := image.Rect(0, y0, b.Dx(), y1)
		draw.Draw(target, r, src, image.Pt(b.Min.X, b.Min.Y+y0), draw.Src)
	})
	return dst
}

func convertNYCbCrA(dst *image.NRGBA, src *image.NYCbCrA, y0, y1 int) {
	for y := y0; y < y1; y++ {
		row := dst.Pix[y*dst.Stride:]
		for x := range dst.Rect.Dx() {
			i := src.YOffset(src.Rect.Min.X+x, src.Rect.Min.Y+y)
			j := src.COffset(src.Rect.Min.X+x, src.Rect.Min.Y+y)
			row[4*x], row[4*x+1], row[4*x+2] = color.YCbCrToRGB(src.Y[i], src.Cb[j], src.Cr[j])
			row[4*x+3] = src.A[src.AOffset(src.Rect.Min.X+x, src.Rect.Min.Y+y)]
		}
	}
}

// inBands runs f over bands of rows on every core. A panic in a band becomes one in the caller.
func inBands(rows int, f func(y0, y1 int)) {
	var wg sync.WaitGroup
	var once sync.Once
	var caught any
	n := min(runtime.GOMAXPROCS(0), rows)
	for i := range n {
		wg.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					once.Do(func() { caught = p })
				}
			}()
			f(rows*i/n, rows*(i+1)/n)
		})
	}
	wg.Wait()
	if caught != nil {
		panic(caught)
	}
}

// orient returns the picture upright. The eight cases are those of EXIF tag 0x0112.
func orient(m *image.NRGBA, orientation int) *image.NRGBA {
	if orientation <= 1 || orientation > 8 {
		return m
	}
	w, h := m.Rect.Dx(), m.Rect.Dy()
	dw, dh := w, h
	if orientation >= 5 {
		dw, dh = h, w
	}
	dst := image.NewNRGBA(image.Rect(0, 0, dw, dh))
	inBands(dh, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			for x := range dw {
				sx, sy := sourceOf(orientation, x, y, w, h)
				copy(dst.Pix[y*dst.Stride+4*x:][:4], m.Pix[sy*m.Stride+4*sx:][:4])
			}
		}
	})
	return dst
}

// sourceOf says which pixel of a w×h picture as coded is seen at x, y once it stands upright.
func sourceOf(orientation, x, y, w, h int) (int, int) {
	switch orientation {
	case 2: // mirrored
		return w - 1 - x, y
	case 3: // upside down
		return w - 1 - x, h - 1 - y
	case 4: // mirrored, upside down
		return x, h - 1 - y
	case 5: // mirrored, turned
		return y, x
	case 6: // needs a turn to the right
		return y, h - 1 - x
	case 7: // mirrored, turned the other way
		return w - 1 - y, h - 1 - x
	default: // 8: needs a turn to the left
		return w - 1 - y, x
	}
}
