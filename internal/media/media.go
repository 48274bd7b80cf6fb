// Package media turns untrusted bytes into pixels and pixels into labelled bytes.
//
// It promises that no picture costs more memory than its limits allow (dimensions are read before
// anything is allocated), that a damaged file is a fault and never a panic, that the orientation
// is applied, and that what it writes carries no metadata except the label that says how the
// picture was made. A person's pixels are cleared once they are used, as far as this package holds
// them. It never opens a file or a connection and never keeps bytes.
package media

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/media/facts"
	"vow.example/vow/internal/media/scrub"
	"vow.example/vow/internal/media/xmp"
)

// The media types that the package reads and, for pictures, writes.
const (
	JPEG      = scrub.JPEG
	PNG       = scrub.PNG
	WebP      = scrub.WebP
	GIF       = scrub.GIF
	HEIC      = facts.HEIC
	AVIF      = facts.AVIF
	MP4       = scrub.MP4
	QuickTime = scrub.QuickTime
)

// The stable codes of the faults that the package returns.
const (
	CodeUnsupported = scrub.CodeUnsupported // 415
	CodeTooLarge    = scrub.CodeTooLarge    // 413
	CodeUnreadable  = scrub.CodeUnreadable  // 422
)

// Limits bounds what is accepted; see scrub.Limits.
type Limits = scrub.Limits

// Info says what a file is; see scrub.Info.
type Info = scrub.Info

// IsSound reports whether a media type is one of a sound recording.
func IsSound(mediaType string) bool { return facts.IsSound(mediaType) }

// Taken returns the media type under which a file goes on whose first bytes say came: sound alone in a
// container that can hold a video too is told by what the sender says, and where no video is accepted.
// Strip proves it.
func Taken(came, declared string, accepted []string) string {
	sound := facts.Sound(came)
	if sound != "" && slices.Contains(accepted, sound) && (IsSound(declared) || !slices.Contains(accepted, came)) {
		return sound
	}
	return came
}

// Sniff returns the media type that the first bytes (at most 512) prove, or "".
func Sniff(first []byte) string { return scrub.Sniff(first) }

// Normalize writes the picture in r upright and without metadata, in its own media type: what is
// sent to a recipient that ignores orientation. An upright picture is copied and not coded again.
func Normalize(ctx context.Context, w io.Writer, r io.Reader, info Info, limits Limits) error {
	if info.Orientation <= 1 {
		_, err := Strip(w, cancelled{ctx, r}, limits)
		return err
	}
	img, err := Decode(ctx, r, info, limits)
	if err != nil {
		return err
	}
	defer clear(img.Pix)
	kind := info.MediaType
	if kind == GIF {
		kind = PNG
	}
	return EncodeOwned(w, img, kind, Label{})
}

// Mark reads a finished picture within the built-in limits and writes it with its label, as kind or,
// where kind is "", in the media type it came in (PNG for GIF), without the metadata that it came with.
func Mark(ctx context.Context, w io.Writer, r io.Reader, kind string, label Label) (Info, error) {
	img, info, err := Open(ctx, r, Limits{})
	if err != nil {
		return Info{}, err
	}
	if kind != "" {
		info.MediaType = kind
	} else if info.MediaType == GIF {
		info.MediaType = PNG
	}
	defer clear(img.Pix)
	info.Width, info.Height, info.Orientation = img.Rect.Dx(), img.Rect.Dy(), 1
	counted := &counter{w: w}
	err = EncodeOwned(counted, img, info.MediaType, label)
	info.Bytes = counted.n
	return info, err
}

// MarkVideo copies a finished MP4 without the metadata that it came with, and writes its
// label behind it. The video is checked by its parts and their sizes; it is never decoded, so
// nothing can be drawn into it.
func MarkVideo(ctx context.Context, w io.Writer, r io.Reader, label Label) (Info, error) {
	info, err := scrub.Strip(w, cancelled{ctx, r}, Limits{Accept: []string{MP4}, Closed: true})
	if err != nil {
		return Info{}, fmt.Errorf("media: mark video: %w", err)
	}
	mark, err := xmp.Segment(MP4, label.Marking())
	if err != nil {
		return Info{}, fmt.Errorf("media: mark video: %w", err)
	}
	n, err := w.Write(mark)
	info.Bytes += int64(n)
	return info, err
}

func unreadable(detail string, cause error) error {
	return fault.New(fault.Invalid, CodeUnreadable, detail).Because(cause)
}

// cancelled is a reader that ends with the context: decoders look at nothing else.
type cancelled struct {
	ctx context.Context
	r   io.Reader
}

// Read fails once the context is done.
func (c cancelled) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

type counter struct {
	w io.Writer
	n int64
}

// Write counts what reached the writer.
func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// buffered strips a whole file into memory; the limits bound it.
func buffered(ctx context.Context, r io.Reader, limits Limits) ([]byte, Info, error) {
	var b bytes.Buffer
	info, err := Strip(&b, cancelled{ctx, r}, limits)
	if err != nil {
		return nil, Info{}, fmt.Errorf("media: open: %w", err)
	}
	return b.Bytes(), info, nil
}
