// Package anim writes films as moving WebP and GIF pictures, which every browser shows without a player.
//
// It promises that a film goes round for ever at its own speed, that frames are drawn one after the other
// and that only a few of them are held at a time, and that the label is in every frame and in the file.
// It never draws a frame twice and never opens a file.
package anim

import (
	"context"
	"fmt"
	"image"
	"io"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/media"
	"vow.example/vow/internal/media/badge"
	"vow.example/vow/internal/media/xmp"
)

// Film is a moving picture that is drawn frame by frame, in order, from 0.
type Film struct {
	Width, Height int
	Frames        int
	Rate          int                                                      // frames per second
	Draw          func(ctx context.Context, n int, dst *image.NRGBA) error // dst is Width×Height; all of it is written
}

// The bounds of a film.
const (
	maxSide   = 4096
	maxFrames = 3600
	maxRate   = 100
	maxCoded  = 256 << 20
)

// sink takes the frames of a film in order. One that looks at a picture longer than until the next is
// added has a method wait.
type sink interface {
	add(img *image.NRGBA, from, to time.Duration) error
	end() error
}

// Encode draws a film and writes it as kind, media.WebP or media.GIF, with its label.
func Encode(ctx context.Context, w io.Writer, kind string, f Film, label media.Label) error {
	if f.Width < 1 || f.Height < 1 || f.Width > maxSide || f.Height > maxSide || f.Frames < 1 || f.Frames > maxFrames || f.Rate < 1 || f.Rate > maxRate || f.Draw == nil {
		return fault.New(fault.Invalid, media.CodeTooLarge, "The film is longer or larger than can be written.")
	}
	mark, err := xmp.Segment(kind, label.Marking())
	if err != nil {
		return fmt.Errorf("anim: %w", err)
	}
	var to sink
	switch kind {
	case media.WebP:
		to = newWebP(w, f, mark)
	case media.GIF:
		to, err = newGIF(w, f, mark)
	default:
		return fault.New(fault.Invalid, media.CodeUnsupported, "Films can be written as WebP or GIF only.").
			With("accepted", []string{media.WebP, media.GIF})
	}
	if err != nil {
		return fmt.Errorf("anim: %w", err)
	}
	var ring [buffers]*image.NRGBA
	err = draw(ctx, f, label, &ring, to)
	if end := to.end(); err == nil {
		err = end
	}
	for _, m := range ring { // nobody looks at them any more
		if m != nil {
			clear(m.Pix)
		}
	}
	if err != nil {
		return fmt.Errorf("anim: %w", err)
	}
	return nil
}

// buffers is how many pictures are there at a time: the one that is drawn, and those that a sink looks at.
const buffers = 4

func draw(ctx context.Context, f Film, label media.Label, ring *[buffers]*image.NRGBA, to sink) error {
	at := func(n int) time.Duration { return time.Duration(n) * time.Second / time.Duration(f.Rate) }
	for n := range f.Frames {
		if err := ctx.Err(); err != nil {
			return err
		}
		k := n % len(ring)
		if w, ok := to.(interface{ wait(n int) }); ok {
			w.wait(n - len(ring))
		}
		if ring[k] == nil {
			ring[k] = image.NewNRGBA(image.Rect(0, 0, f.Width, f.Height))
		}
		if err := f.Draw(ctx, n, ring[k]); err != nil {
			return err
		}
		for i := 3; i < len(ring[k].Pix); i += 4 {
			ring[k].Pix[i] = 255
		}
		if label.Visible {
			if err := badge.DrawOn(ring[k], label.Text); err != nil {
				return err
			}
		}
		if err := to.add(ring[k], at(n), at(n+1)); err != nil {
			return err
		}
	}
	return nil
}

// changed returns the smallest rectangle that holds everything in which two frames differ, its corner
// on even numbers.
func changed(a, b *image.NRGBA) image.Rectangle {
	w, h := a.Rect.Dx(), a.Rect.Dy()
	row := func(m *image.NRGBA, y int) []byte { return m.Pix[y*m.Stride:][:4*w] }
	r := image.Rectangle{Min: image.Pt(w, h)} // holds nothing yet
	for y := range h {
		p, q := row(a, y), row(b, y)
		if string(p) == string(q) {
			continue
		}
		x0, x1 := 0, w-1
		for x0 < w && string(p[4*x0:4*x0+4]) == string(q[4*x0:4*x0+4]) {
			x0++
		}
		for x1 > x0 && string(p[4*x1:4*x1+4]) == string(q[4*x1:4*x1+4]) {
			x1--
		}
		r.Min.X, r.Max.X = min(r.Min.X, x0), max(r.Max.X, x1+1)
		r.Min.Y, r.Max.Y = min(r.Min.Y, y), y+1
	}
	if r.Min.X >= r.Max.X {
		return image.Rectangle{}
	}
	r.Min.X, r.Min.Y = r.Min.X&^1, r.Min.Y&^1
	return r
}
