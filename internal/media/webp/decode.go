// Package webp decodes still and moving WebP pictures, the latter to their first frame, and encodes
// pictures and frames, with loss where nothing is transparent.
//
// It promises that the size of every frame is checked against the canvas before it is decoded, and that
// what it encodes does not depend on the number of cores. It never writes metadata but the mark that it
// is given, and never gives bytes of others to the fast encoder's own decoder.
package webp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/draw"

	"golang.org/x/image/webp"
)

const (
	riffHead  = 12
	chunkHead = 8
	frameHead = 16
	animation = 1 << 1
	alpha     = 1 << 4
)

var errShape = errors.New("webp: the chunks do not belong together")

// canvas returns the size of a moving picture, or ok = false for a still one.
func canvas(data []byte) (w, h int, ok bool) {
	if len(data) < riffHead+chunkHead+10 || string(data[riffHead:riffHead+4]) != "VP8X" || data[riffHead+chunkHead]&animation == 0 {
		return 0, 0, false
	}
	p := data[riffHead+chunkHead:]
	return 1 + uint24(p[4:]), 1 + uint24(p[7:]), true
}

func uint24(p []byte) int { return int(p[0]) | int(p[1])<<8 | int(p[2])<<16 }

// Config returns the size of a picture, of a moving one that of its canvas.
func Config(data []byte) (image.Config, error) {
	if w, h, ok := canvas(data); ok {
		return image.Config{Width: w, Height: h}, nil
	}
	cfg, err := webp.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return image.Config{}, fmt.Errorf("webp: %w", err)
	}
	return cfg, nil
}

// Decode returns a still picture, or the first frame of a moving one on its canvas. The caller has
// checked the size that Config tells.
func Decode(data []byte) (image.Image, error) {
	w, h, moves := canvas(data)
	if !moves {
		return decode(data)
	}
	at, file, err := firstFrame(data)
	if err != nil {
		return nil, err
	}
	cfg, err := webp.DecodeConfig(bytes.NewReader(file))
	if err != nil || cfg.Width != at.Dx() || cfg.Height != at.Dy() || !at.In(image.Rect(0, 0, w, h)) {
		return nil, errShape
	}
	img, err := decode(file)
	if err != nil {
		return nil, err
	}
	if at == image.Rect(0, 0, w, h) {
		return img, nil
	}
	full := image.NewNRGBA(image.Rect(0, 0, w, h))
	draw.Draw(full, at, img, img.Bounds().Min, draw.Src)
	return full, nil
}

// decode reads a still file. The samples of a picture coded with loss lie between 16 and 235 or 240, which
// the standard decoder hands out as if they were those of a JPEG.
func decode(data []byte) (image.Image, error) {
	img, err := webp.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("webp: %w", err)
	}
	var light, chroma [256]byte
	for v := range 256 {
		light[v] = spread(v-16, 219, 0)
		chroma[v] = spread(v-128, 224, 128)
	}
	planes := func(m *image.YCbCr) {
		widen(m.Y, &light)
		widen(m.Cb, &chroma)
		widen(m.Cr, &chroma)
	}
	switch m := img.(type) {
	case *image.YCbCr:
		planes(m)
	case *image.NYCbCrA:
		planes(&m.YCbCr)
	}
	return img, nil
}

func spread(v, span, middle int) byte {
	half := span / 2
	if v < 0 {
		half = -half
	}
	return byte(min(max((255*v+half)/span+middle, 0), 255))
}

func widen(p []byte, by *[256]byte) {
	for i, v := range p {
		p[i] = by[v]
	}
}

// firstFrame returns where the first frame lies and a still file of it.
func firstFrame(data []byte) (image.Rectangle, []byte, error) {
	for p := data[riffHead:]; len(p) >= chunkHead; {
		n := int64(binary.LittleEndian.Uint32(p[4:]))
		if n > int64(len(p)-chunkHead) {
			break
		}
		body := p[chunkHead : chunkHead+n]
		if string(p[:4]) == "ANMF" && n > frameHead {
			x, y := 2*uint24(body), 2*uint24(body[3:])
			w, h := 1+uint24(body[6:]), 1+uint24(body[9:])
			return image.Rect(x, y, x+w, y+h), still(body[frameHead:], w, h), nil
		}
		p = p[min(int64(len(p)), chunkHead+n+n%2):]
	}
	return image.Rectangle{}, nil, errShape
}

// still makes a file of the chunks of a frame. One with an alpha chunk needs the extended head.
func still(frame []byte, w, h int) []byte {
	var head []byte
	if bytes.HasPrefix(frame, []byte("ALPH")) {
		head = extended(w, h, alpha)
	}
	return file(head, frame)
}

func extended(w, h int, flags byte) []byte {
	b := append([]byte("VP8X"), 10, 0, 0, 0, flags, 0, 0, 0)
	for _, n := range []int{w - 1, h - 1} {
		b = append(b, byte(n), byte(n>>8), byte(n>>16))
	}
	return b
}

// file joins chunks.
func file(chunks ...[]byte) []byte {
	body := append([]byte("WEBP"), bytes.Join(chunks, nil)...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}
