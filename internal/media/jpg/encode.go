package jpg

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"runtime"

	"github.com/gen2brain/jpegn"
)

// bandRows is how many rows are coded at a time: eight rows of the largest units or sixteen of the
// smallest, so that the numbers of the restart markers, which go round in eights, start anew in every band.
const bandRows = 8 * 16

// Encode writes img as a baseline picture, with segment, which may be nil, directly behind the start.
// Transparent pixels of an NRGBA picture are laid on white. Bands are coded on every core and joined by
// restart markers; the bytes do not depend on how many cores there are.
func Encode(ctx context.Context, w io.Writer, img image.Image, quality int, segment []byte) error {
	r := img.Bounds()
	if r.Empty() || r.Dx() > 65535 || r.Dy() > 65535 {
		return errors.New("jpg: encode: a picture of this size cannot be written")
	}
	across := unit(img)
	e := encoder{
		w: w, img: img, segment: segment,
		options: jpegn.EncodeOptions{Quality: quality, RestartInterval: (r.Dx() + across - 1) / across},
	}
	if err := e.all(ctx, (r.Dy()+bandRows-1)/bandRows); err != nil {
		return fmt.Errorf("jpg: encode: %w", err)
	}
	return nil
}

// unit returns the width of what the encoder codes at a time: one block, or two of which it makes one of
// chroma.
func unit(img image.Image) int {
	switch m := img.(type) {
	case *image.Gray:
		return 8
	case *image.YCbCr:
		if m.SubsampleRatio == image.YCbCrSubsampleRatio444 || m.SubsampleRatio == image.YCbCrSubsampleRatio440 {
			return 8
		}
	}
	return 16
}

type encoder struct {
	w       io.Writer
	img     image.Image
	segment []byte
	options jpegn.EncodeOptions
}

type coded struct {
	data []byte
	err  error
}

// all codes n bands, a few at a time, and writes them in their order.
func (e *encoder) all(ctx context.Context, n int) error {
	ahead := min(runtime.GOMAXPROCS(0), n)
	queue := make(chan chan coded, ahead)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		defer close(queue)
		for i := range n {
			done := make(chan coded, 1)
			select {
			case queue <- done:
			case <-ctx.Done():
				return
			}
			go func() { done <- e.band(i) }()
		}
	}()
	i := 0
	for done := range queue {
		band := <-done
		if band.err == nil {
			band.err = e.write(i, n, band.data)
		}
		if band.err != nil {
			return band.err
		}
		i++
	}
	return ctx.Err()
}

// band codes some rows as a picture of their own.
func (e *encoder) band(i int) (out coded) {
	defer func() {
		if p := recover(); p != nil {
			out = coded{err: fmt.Errorf("panic: %v", p)}
		}
	}()
	r := e.img.Bounds()
	r.Min.Y += i * bandRows
	r.Max.Y = min(r.Max.Y, r.Min.Y+bandRows)
	var b bytes.Buffer
	err := jpegn.Encode(&b, rowsOf(e.img, r), &e.options)
	return coded{b.Bytes(), err}
}

// rowsOf returns some rows of a picture in a form that the encoder is fast with.
func rowsOf(img image.Image, r image.Rectangle) image.Image {
	switch m := img.(type) {
	case *image.NRGBA:
		return onWhite(m.SubImage(r).(*image.NRGBA))
	case interface {
		SubImage(image.Rectangle) image.Image
	}:
		return m.SubImage(r)
	}
	return img
}

func onWhite(m *image.NRGBA) *image.RGBA {
	flat := &image.RGBA{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect}
	if m.Opaque() {
		return flat
	}
	flat = image.NewRGBA(m.Rect)
	for y := range m.Rect.Dy() {
		src, dst := m.Pix[y*m.Stride:], flat.Pix[y*flat.Stride:]
		for i := 0; i < 4*m.Rect.Dx(); i += 4 {
			a := int(src[i+3])
			for c := i; c < i+3; c++ {
				dst[c] = byte((int(src[c])*a + 255*(255-a) + 127) / 255)
			}
			dst[i+3] = 255
		}
	}
	return flat
}

// write puts band i of n into the file: the first one with the head of the whole picture, every other
// one behind a restart marker.
func (e *encoder) write(i, n int, band []byte) error {
	head, frame := scanStart(band)
	if head < 0 || len(band) < head+2 {
		return errors.New("the encoder wrote no picture")
	}
	body := band[head : len(band)-2] // without the end
	parts := [][]byte{{0xFF, markRST7}, body}
	if i == 0 {
		binary.BigEndian.PutUint16(band[frame+5:], uint16(e.img.Bounds().Dy()))
		parts = [][]byte{band[:2], e.segment, band[2:head], body}
	}
	if i == n-1 {
		parts = append(parts, []byte{0xFF, markEOI})
	}
	for _, p := range parts {
		if _, err := e.w.Write(p); err != nil {
			return err
		}
	}
	return nil
}

// scanStart returns where the coded picture starts and where the frame header does.
func scanStart(p []byte) (scan, frame int) {
	for at := 2; at+4 <= len(p); {
		next := at + 2 + int(binary.BigEndian.Uint16(p[at+2:]))
		switch p[at+1] {
		case markSOF0:
			frame = at
		case markSOS:
			if frame == 0 {
				return -1, 0
			}
			return next, frame
		}
		at = next
	}
	return -1, 0
}
