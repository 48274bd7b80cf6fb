package media

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"io"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/media/gif"
	"vow.example/vow/internal/media/icc"
	"vow.example/vow/internal/media/jpg"
	"vow.example/vow/internal/media/pixel"
	"vow.example/vow/internal/media/webp"
)

// maxHeader is how much of a file is looked at for its colour profile.
const maxHeader = 1 << 20

// codec reads one kind of picture. decode may return a smaller picture, of at least a denom-th of each
// side, where the kind makes that cheap.
type codec struct {
	config func(data []byte) (image.Config, error)
	decode func(ctx context.Context, data []byte, denom int) (image.Image, error)
}

func codecFor(mediaType string) (codec, error) {
	switch mediaType {
	case JPEG:
		return codec{jpg.DecodeConfig, jpg.Decode}, nil
	case PNG:
		return plain(png.DecodeConfig, png.Decode), nil
	case WebP:
		return codec{webp.Config, func(_ context.Context, data []byte, _ int) (image.Image, error) { return webp.Decode(data) }}, nil
	case GIF:
		return plain(gif.Config, gif.Decode), nil
	}
	return codec{}, fault.New(fault.Invalid, CodeUnsupported, "This kind of file is no picture that can be opened here.").
		With("accepted", []string{JPEG, PNG, WebP, GIF})
}

// plain is a codec that reads a stream.
func plain(config func(io.Reader) (image.Config, error), decode func(io.Reader) (image.Image, error)) codec {
	return codec{
		func(data []byte) (image.Config, error) { return config(bytes.NewReader(data)) },
		func(ctx context.Context, data []byte, _ int) (image.Image, error) {
			return decode(cancelled{ctx, bytes.NewReader(data)})
		},
	}
}

// Open reads a picture of any accepted type as it came from outside: metadata is stripped, the
// orientation is applied. It holds the file, at most limits.MaxBytes, and the pixels in memory.
func Open(ctx context.Context, r io.Reader, limits Limits) (*image.NRGBA, Info, error) {
	b, info, err := buffered(ctx, r, limits)
	if err != nil {
		return nil, Info{}, err
	}
	defer clear(b)
	img, err := decodeWhole(ctx, b, info, limits)
	return img, info, err
}

// Decode reads a stripped picture of info.MediaType, applies info.Orientation (0 counts as upright)
// and brings its colours into sRGB. Of a moving picture it reads the first frame. It needs at most 20
// bytes per pixel while it runs, 6 for a usual JPEG, and 4 bytes per pixel afterwards. A damaged file is
// a fault with CodeUnreadable.
func Decode(ctx context.Context, r io.Reader, info Info, limits Limits) (img *image.NRGBA, err error) {
	defer contain(&img, &err)
	b, err := whole(ctx, r, info, limits)
	if err != nil {
		return nil, err
	}
	defer clear(b)
	return decodeWhole(ctx, b, info, limits)
}

// whole reads a file into memory, in one piece where its size is known.
func whole(ctx context.Context, r io.Reader, info Info, limits Limits) ([]byte, error) {
	limits = limits.WithDefaults()
	var b bytes.Buffer
	b.Grow(int(min(max(info.Bytes, 0), limits.MaxBytes)) + bytes.MinRead)
	n, err := b.ReadFrom(io.LimitReader(cancelled{ctx, r}, limits.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("media: decode: %w", err)
	}
	if n > limits.MaxBytes {
		return nil, unreadable("The picture is longer than it may be.", nil)
	}
	return b.Bytes(), nil
}

func decodeWhole(ctx context.Context, data []byte, info Info, limits Limits) (img *image.NRGBA, err error) {
	defer contain(&img, &err)
	src, err := decodeRaw(ctx, data, info, limits, func(int, int) int { return 1 })
	if err != nil {
		return nil, err
	}
	return upright(src, data, info), nil
}

// contain turns a panic of a decoder into a fault.
func contain[T any](result *T, err *error) {
	if p := recover(); p != nil {
		var none T
		*result, *err = none, unreadable("The picture is damaged and cannot be opened.", fmt.Errorf("media: decoder panic: %v", p))
	}
}

// decodeRaw returns a picture as it is coded, by what denom says smaller than its width and height.
func decodeRaw(ctx context.Context, data []byte, info Info, limits Limits, denom func(w, h int) int) (image.Image, error) {
	c, err := codecFor(info.MediaType)
	if err != nil {
		return nil, err
	}
	cfg, err := c.config(data)
	if err != nil {
		return nil, unreadable("The picture is damaged: its header cannot be read.", err)
	}
	if err := limits.WithDefaults().CheckSize(int64(cfg.Width), int64(cfg.Height)); err != nil {
		return nil, err
	}
	by := denom(cfg.Width, cfg.Height)
	src, err := c.decode(ctx, data, by)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("media: decode: %w", ctx.Err())
	}
	if err != nil {
		return nil, unreadable("The picture is damaged and cannot be opened.", err)
	}
	b := src.Bounds()
	if full := b.Dx() == cfg.Width && b.Dy() == cfg.Height; !full && (b.Dx() != (cfg.Width+by-1)/by || b.Dy() != (cfg.Height+by-1)/by) {
		return nil, unreadable("The picture is damaged: its header and its content differ in size.", nil)
	}
	return src, nil
}

// upright takes a picture as it is coded and returns it as it is seen, in sRGB.
func upright(src image.Image, data []byte, info Info) *image.NRGBA {
	profile := profileOf(data)
	if profile.IsZero() {
		return pixel.Upright(src, info.Orientation, nil)
	}
	return pixel.Upright(src, info.Orientation, profile.Row)
}

func profileOf(data []byte) icc.Transform {
	return icc.Parse(icc.Find(data[:min(len(data), maxHeader)]))
}
