package scrub

import (
	"encoding/binary"

	"vow.example/vow/internal/media/facts"
)

const (
	vp8xExif      = 1 << 3
	vp8xXMP       = 1 << 2
	vp8xAnimation = 1 << 1
)

type webpState struct {
	*stream
	left    int64 // bytes of the RIFF form that are not read yet
	canvas  bool
	moving  bool // the canvas holds frames
	picture bool
}

func (s *stream) stripWebP() error {
	var head [12]byte
	if err := s.readFull(head[:]); err != nil {
		return err
	}
	w := &webpState{stream: s, left: int64(binary.LittleEndian.Uint32(head[4:])) - 4}
	if w.left < 8 || w.left%2 != 0 {
		return facts.Unreadable("The WebP file is damaged: its length is impossible.")
	}
	if w.left+12 > s.limits.MaxBytes {
		return facts.TooLarge(s.limits.MaxBytes)
	}
	if err := s.write(head[:]); err != nil {
		return err
	}
	for w.left > 0 {
		if err := w.chunk(); err != nil {
			return err
		}
	}
	if !w.picture {
		return facts.Unreadable("The WebP file holds no picture.")
	}
	return nil
}

func (w *webpState) chunk() error {
	var head [8]byte
	if w.left < 8 {
		return facts.Unreadable("The WebP file is damaged: a chunk is longer than the file.")
	}
	if err := w.readFull(head[:]); err != nil {
		return err
	}
	size := int64(binary.LittleEndian.Uint32(head[4:]))
	padded := size + size%2
	if w.left -= 8 + padded; w.left < 0 {
		return facts.Unreadable("The WebP file is damaged: a chunk is longer than the file.")
	}
	name := string(head[:4])
	switch name {
	case "VP8X", "VP8 ", "VP8L":
		return w.sizedChunk(name, head[:], size)
	case "ALPH", "ICCP":
		if w.picture {
			break
		}
		return w.whole(head[:], size)
	case "ANIM":
		if w.moving && !w.picture && size == 6 {
			return w.whole(head[:], size)
		}
	case "ANMF":
		return w.frame(head, size)
	}
	return w.junk(name, head, padded)
}

// frame copies the first frame of a moving picture; the others are dropped like metadata.
func (w *webpState) frame(head [8]byte, size int64) error {
	const own = 16
	if w.picture {
		w.stripped("further frames")
		return w.zeros(head, size+size%2)
	}
	if !w.moving || size < own+8 || size%2 != 0 {
		return facts.Unreadable("The WebP file is damaged: its chunks do not belong together.")
	}
	var p [own]byte
	if err := w.readFull(p[:]); err != nil {
		return err
	}
	x, y := 2*uint24(p[0:]), 2*uint24(p[3:])
	width, height := 1+uint24(p[6:]), 1+uint24(p[9:])
	if x+width > int64(w.info.Width) || y+height > int64(w.info.Height) {
		return facts.Unreadable("The WebP file is damaged: a frame lies beside its canvas.")
	}
	if err := w.write(head[:]); err != nil {
		return err
	}
	if err := w.write(p[:]); err != nil {
		return err
	}
	inner := &webpState{stream: w.stream, left: size - own, canvas: true}
	full := w.info
	inner.info.Width, inner.info.Height = int(width), int(height)
	for inner.left > 0 {
		if err := inner.chunk(); err != nil {
			return err
		}
	}
	w.info.Width, w.info.Height = full.Width, full.Height
	if w.picture = inner.picture; !w.picture {
		return facts.Unreadable("The WebP file holds no picture.")
	}
	return nil
}

func uint24(p []byte) int64 { return int64(p[0]) | int64(p[1])<<8 | int64(p[2])<<16 }

// whole copies a chunk; the padding byte is written as zero whatever it was.
func (w *webpState) whole(head []byte, size int64) error {
	if err := w.write(head); err != nil {
		return err
	}
	if err := w.copy(size); err != nil {
		return err
	}
	return w.blank(size % 2)
}

// junk replaces a chunk by one of the same length that says nothing.
func (w *webpState) junk(name string, head [8]byte, padded int64) error {
	switch name {
	case "EXIF":
		w.stripped("exif")
		return w.exif(head, padded)
	case "XMP ":
		w.stripped("xmp")
	default:
		w.stripped("extra data")
	}
	return w.zeros(head, padded)
}

func (w *webpState) zeros(head [8]byte, padded int64) error {
	copy(head[:], "JUNK")
	if err := w.write(head[:]); err != nil {
		return err
	}
	return w.blank(padded)
}

// exif reads the orientation from the start of the chunk and then blanks all of it.
func (w *webpState) exif(head [8]byte, padded int64) error {
	p := w.hold(int(min(padded, maxExif)))
	if err := w.readFull(p); err != nil {
		return err
	}
	if len(p) > 6 && string(p[:4]) == "Exif" {
		w.info.Orientation = exifOrientation(p[6:])
	} else {
		w.info.Orientation = exifOrientation(p)
	}
	copy(head[:], "JUNK")
	if err := w.write(head[:]); err != nil {
		return err
	}
	clear(p)
	if err := w.write(p); err != nil {
		return err
	}
	return w.blank(padded - int64(len(p)))
}

// sizedChunk handles the chunks that name the dimensions: each is checked, and they must agree,
// because a small canvas in front of a huge frame is the classic bomb.
func (w *webpState) sizedChunk(name string, head []byte, size int64) error {
	need := map[string]int64{"VP8X": 10, "VP8 ": 10, "VP8L": 5}[name]
	if size < need || w.picture || w.moving || name == "VP8X" && (w.canvas || size != need) {
		return facts.Unreadable("The WebP file is damaged: its chunks do not belong together.")
	}
	p := make([]byte, need)
	if err := w.readFull(p); err != nil {
		return err
	}
	if err := w.dimensions(name, p); err != nil {
		return err
	}
	if err := w.write(head); err != nil {
		return err
	}
	if err := w.write(p); err != nil {
		return err
	}
	if err := w.copy(size - need); err != nil {
		return err
	}
	return w.blank(size % 2)
}

func (w *webpState) dimensions(name string, p []byte) error {
	var width, height int64
	switch name {
	case "VP8X":
		w.moving = p[0]&vp8xAnimation != 0
		p[0] &^= vp8xExif | vp8xXMP
		width, height = 1+uint24(p[4:]), 1+uint24(p[7:])
	case "VP8 ":
		if p[0]&1 != 0 || p[3] != 0x9d || p[4] != 0x01 || p[5] != 0x2a {
			return facts.Unreadable("The WebP file is damaged: its picture does not start as it should.")
		}
		width = int64(binary.LittleEndian.Uint16(p[6:]) & 0x3fff)
		height = int64(binary.LittleEndian.Uint16(p[8:]) & 0x3fff)
	default:
		bits := binary.LittleEndian.Uint32(p[1:])
		if p[0] != 0x2f {
			return facts.Unreadable("The WebP file is damaged: its picture does not start as it should.")
		}
		width, height = 1+int64(bits&0x3fff), 1+int64(bits>>14&0x3fff)
	}
	if w.canvas && (int64(w.info.Width) != width || int64(w.info.Height) != height) {
		return facts.Unreadable("The WebP file is damaged: its frame and its canvas differ in size.")
	}
	w.canvas = w.canvas || name == "VP8X"
	w.picture = name != "VP8X"
	return w.sized(width, height)
}
