package webp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"sync"
	"time"

	"github.com/HugoSmits86/nativewebp"
	lossy "github.com/deepteams/webp"
)

// Encode writes a picture, with mark, which may be nil, as its last chunk. Opaque pictures are coded with
// loss, like a JPEG of that quality; transparent ones, which are mostly drawn, without. The coded picture
// is held in memory: the length of the file stands in front of it.
func Encode(w io.Writer, img *image.NRGBA, quality int, mark []byte) error {
	opaque := img.Opaque()
	body, err := code(img, quality, opaque)
	if err != nil {
		return err
	}
	var head []byte
	if len(mark) > 0 {
		flags := byte(xmpFlag)
		if !opaque {
			flags |= alpha
		}
		head = extended(img.Rect.Dx(), img.Rect.Dy(), flags)
	}
	if _, err := w.Write(file(head, body, mark)); err != nil {
		return fmt.Errorf("webp: %w", err)
	}
	return nil
}

const xmpFlag = 1 << 2

// tables makes the encoder fill its tables. It does so when it is used first, without a lock: two pictures
// at once would find them half full, and come out in wrong colours.
var tables = sync.OnceFunc(forget)

// forget makes the encoder drop what it keeps of the last picture: it would hand its buffers, as they
// are, to the next picture of that size, whose bytes would then depend on a stranger's picture.
func forget() {
	m := image.NewNRGBA(image.Rect(0, 0, 1, 1))
	m.Pix[3] = 255
	_ = lossy.Encode(io.Discard, m, options(50)) // whoever needs the encoder learns of its failures
}

// options are those of a coding with loss. Methods above 2 give other bytes on one core than on two.
func options(quality int) *lossy.EncoderOptions {
	o := lossy.DefaultOptions()
	o.Quality, o.Method = float32(quality), 2
	return o
}

// code returns the chunks of a picture without the head of the file.
func code(img *image.NRGBA, quality int, opaque bool) ([]byte, error) {
	var b bytes.Buffer
	var err error
	if opaque {
		tables()
		forget()
		defer forget()
		err = lossy.Encode(&b, img, options(quality))
	} else {
		err = nativewebp.Encode(&b, img, nil)
	}
	if err != nil {
		return nil, fmt.Errorf("webp: %w", err)
	}
	if b.Len() < riffHead+chunkHead {
		return nil, errors.New("webp: the encoder wrote no picture")
	}
	chunks := b.Bytes()[riffHead:]
	if string(chunks[:4]) == "VP8X" {
		chunks = chunks[chunkHead+10:]
	}
	if len(chunks)%2 != 0 {
		chunks = append(chunks, 0)
	}
	return chunks, nil
}

// Frame is an opaque part of a moving picture, which is laid over the frames before it.
type Frame struct {
	At          image.Point // its corner on the canvas, both numbers even
	From, Until time.Duration
	Coded       []byte // its chunks, written by Code
	size        image.Point
}

// Code codes the pixels of the frame with loss. It may run beside that of other frames.
func (f *Frame) Code(img *image.NRGBA, quality int) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("webp: encoder panic: %v", p)
		}
	}()
	f.size = img.Rect.Size()
	f.Coded, err = code(img, quality, true)
	return err
}

// head is what stands in front of the chunks of a frame.
func (f *Frame) head() []byte {
	const noBlend = 1 << 1
	shown := f.Until.Round(time.Millisecond) - f.From.Round(time.Millisecond)
	p := binary.LittleEndian.AppendUint32([]byte("ANMF"), uint32(frameHead+len(f.Coded)))
	for _, n := range []int{f.At.X / 2, f.At.Y / 2, f.size.X - 1, f.size.Y - 1, int(shown.Milliseconds())} {
		p = append(p, byte(n), byte(n>>8), byte(n>>16))
	}
	return append(p, noBlend)
}

// Film writes coded frames as a moving picture that goes round for ever, with mark, which may be nil.
func Film(w io.Writer, canvas image.Point, frames []*Frame, mark []byte) error {
	flags := byte(animation)
	if len(mark) > 0 {
		flags |= xmpFlag
	}
	loop := []byte("ANIM\x06\x00\x00\x00\xff\xff\xff\xff\x00\x00") // a white ground, no end
	head := append(extended(canvas.X, canvas.Y, flags), loop...)
	size := 4 + len(head) + len(mark)
	for _, f := range frames {
		size += chunkHead + frameHead + len(f.Coded)
	}
	start := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(size))
	parts := [][]byte{append(start, "WEBP"...), head}
	for _, f := range frames {
		parts = append(parts, f.head(), f.Coded)
	}
	for _, p := range append(parts, mark) {
		if _, err := w.Write(p); err != nil {
			return fmt.Errorf("webp: %w", err)
		}
	}
	return nil
}
