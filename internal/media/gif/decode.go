// Package gif decodes GIF pictures, moving ones to their first frame, and writes films as moving ones.
//
// It promises that a frame lies on its canvas, that a film is written frame by frame with memory for
// three pictures, and that the same film gives the same bytes. It never writes metadata but the mark that
// it is given.
package gif

import (
	"fmt"
	"image"
	"image/gif"
	"io"
)

// Config returns the size of the canvas.
func Config(r io.Reader) (image.Config, error) {
	cfg, err := gif.DecodeConfig(r)
	if err != nil {
		return image.Config{}, fmt.Errorf("gif: %w", err)
	}
	return cfg, nil
}

// Decode returns a picture or the first frame of a moving one, on its canvas. The caller has checked the
// size that Config tells.
func Decode(r io.Reader) (image.Image, error) {
	head := &header{r: r}
	img, err := gif.Decode(head)
	if err != nil {
		return nil, fmt.Errorf("gif: %w", err)
	}
	canvas := image.Rect(0, 0, int(head.p[6])|int(head.p[7])<<8, int(head.p[8])|int(head.p[9])<<8)
	if img.Bounds() == canvas {
		return img, nil
	}
	full := image.NewNRGBA(canvas)
	frame, ok := img.(*image.Paletted)
	if !ok {
		return nil, fmt.Errorf("gif: an unexpected kind of picture")
	}
	for y := frame.Rect.Min.Y; y < frame.Rect.Max.Y; y++ {
		for x := frame.Rect.Min.X; x < frame.Rect.Max.X; x++ {
			full.Set(x, y, frame.At(x, y))
		}
	}
	return full, nil
}

// header remembers the first bytes that pass.
type header struct {
	r io.Reader
	p [10]byte
	n int
}

// Read passes bytes on.
func (h *header) Read(p []byte) (int, error) {
	n, err := h.r.Read(p)
	h.n += copy(h.p[h.n:], p[:n])
	return n, err
}
