package scrub

import "encoding/binary"

const (
	vp8xExif      = 1 << 3
	vp8xXMP       = 1 << 2
	vp8xAnimation = 1 << 1
)

type webpState struct {
	*stream
	left    int64 // bytes of the RIFF form that are not read yet
	canvas  bool
	picture bool
}

func (s *stream) stripWebP() error {
	var head [12]byte
	if err := s.readFull(head[:]); err != nil {
		return err
	}
	w := &webpState{stream: s, left: int64(binary.LittleEndian.Uint32(head[4:])) - 4}
	if w.left < 8 || w.left%2 != 0 {
		return unreadable("The WebP file is damaged: its length is impossible.")
	}
	if w.left+12 > s.limits.MaxBytes {
		return tooLarge(s.limits.MaxBytes)
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
		return unreadable("The WebP file holds no picture.")
	}
	return nil
}

func (w *webpState) chunk() error {
	var head [8]byte
	if w.left < 8 {
		return unreadable("The WebP file is damaged: a chunk is longer than the file.")
	}
	if err := w.readFull(head[:]); err != nil {
		return err
	}
	size := int64(binary.LittleEndian.Uint32(head[4:]))
	padded := size + size%2
	if w.left -= 8 + padded; w.left < 0 {
		return unreadable("The WebP file is damaged: a chunk is longer than the file.")
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
	case "ANIM", "ANMF":
		return animated()
	}
	return w.junk(name, head, padded)
}

func animated() error {
	return unsupported("Moving WebP pictures are not supported. Send a single picture.")
}

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
	if size < need || w.picture || name == "VP8X" && (w.canvas || size != need) {
		return unreadable("The WebP file is damaged: its chunks do not belong together.")
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
		if p[0]&vp8xAnimation != 0 {
			return animated()
		}
		p[0] &^= vp8xExif | vp8xXMP
		width = 1 + (int64(p[4]) | int64(p[5])<<8 | int64(p[6])<<16)
		height = 1 + (int64(p[7]) | int64(p[8])<<8 | int64(p[9])<<16)
	case "VP8 ":
		if p[0]&1 != 0 || p[3] != 0x9d || p[4] != 0x01 || p[5] != 0x2a {
			return unreadable("The WebP file is damaged: its picture does not start as it should.")
		}
		width = int64(binary.LittleEndian.Uint16(p[6:]) & 0x3fff)
		height = int64(binary.LittleEndian.Uint16(p[8:]) & 0x3fff)
	default:
		bits := binary.LittleEndian.Uint32(p[1:])
		if p[0] != 0x2f {
			return unreadable("The WebP file is damaged: its picture does not start as it should.")
		}
		width, height = 1+int64(bits&0x3fff), 1+int64(bits>>14&0x3fff)
	}
	if w.canvas && (int64(w.info.Width) != width || int64(w.info.Height) != height) {
		return unreadable("The WebP file is damaged: its frame and its canvas differ in size.")
	}
	w.canvas = w.canvas || name == "VP8X"
	w.picture = name != "VP8X"
	return w.sized(width, height)
}
