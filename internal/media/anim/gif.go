package anim

import (
	"image"
	"io"
	"time"

	"vow.example/vow/internal/media/gif"
)

// gifSink writes frames as they come.
type gifSink struct{ *gif.Writer }

func newGIF(w io.Writer, f Film, mark []byte) (gifSink, error) {
	out, err := gif.NewWriter(w, image.Pt(f.Width, f.Height), mark)
	return gifSink{out}, err
}

func (s gifSink) add(img *image.NRGBA, from, to time.Duration) error { return s.Add(img, from, to) }

func (s gifSink) end() error { return s.End() }
