// Package gif copies the first picture of a GIF file without words and without what follows it.
//
// It promises that the picture passes through bit for bit, that one that is cut or too long is refused, and
// that the memory does not depend on the file. It never decodes a colour.
package gif

import (
	"compress/lzw"
	"encoding/binary"
	"errors"
	"io"

	"vow.example/vow/internal/media/facts"
)

// The blocks of a GIF file (GIF89a, sections 17 to 27).
const (
	extension = 0x21
	picture   = 0x2C
	End       = 0x3B // stands behind the last picture
	control   = 0xF9
)

// Flow is a file that is read once, within its limits, and its copy. Errors are faults or come from the
// reader or the writer.
type Flow interface {
	ReadFull(p []byte) error
	Write(p []byte) error
	Copy(n int64) error
	Skip(n int64) error
	Sized(w, h int64) error // records the size of the picture, or refuses it
	Stripped(what string)
}

// stripper copies one file.
type stripper struct {
	Flow
	width, height int64
}

// Strip copies a GIF file up to the end of its first picture and ends the copy there. What follows in the
// file is left unread.
func Strip(f Flow) error {
	s := &stripper{Flow: f}
	return s.strip()
}

func (s *stripper) readByte() (byte, error) {
	var p [1]byte
	err := s.ReadFull(p[:])
	return p[0], err
}

func (s *stripper) strip() error {
	var head [13]byte
	if err := s.ReadFull(head[:]); err != nil {
		return err
	}
	s.width, s.height = int64(binary.LittleEndian.Uint16(head[6:])), int64(binary.LittleEndian.Uint16(head[8:]))
	if err := s.Sized(s.width, s.height); err != nil {
		return err
	}
	if err := s.Write(head[:]); err != nil {
		return err
	}
	if err := s.colourTable(head[10]); err != nil {
		return err
	}
	for {
		kind, err := s.readByte()
		if err != nil {
			return err
		}
		switch kind {
		case extension:
			err = s.words()
		case picture:
			return s.firstFrame()
		case End:
			return facts.Unreadable("The GIF file holds no picture.")
		default:
			return facts.Unreadable("The GIF file is damaged: a block does not start where it should.")
		}
		if err != nil {
			return err
		}
	}
}

// colourTable copies the table of colours that flags announce.
func (s *stripper) colourTable(flags byte) error {
	if flags&0x80 == 0 {
		return nil
	}
	return s.Copy(3 << (1 + flags&7))
}

// words keeps the graphic control of the picture, which names the transparent colour, and drops
// comments, texts and what programs added.
func (s *stripper) words() error {
	label, err := s.readByte()
	if err != nil {
		return err
	}
	if label == control {
		var p [6]byte
		if err := s.ReadFull(p[:]); err != nil {
			return err
		}
		if p[0] != 4 || p[5] != 0 {
			return facts.Unreadable("The GIF file is damaged: a block has the wrong length.")
		}
		return s.Write(append([]byte{extension, label}, p[:]...))
	}
	switch label {
	case 0xFE:
		s.Stripped("comment")
	case 0xFF:
		s.Stripped("application data")
	default:
		s.Stripped("text")
	}
	return s.skipBlocks()
}

func (s *stripper) skipBlocks() error {
	for {
		n, err := s.readByte()
		if err != nil || n == 0 {
			return err
		}
		if err := s.Skip(int64(n)); err != nil {
			return err
		}
	}
}

// firstFrame copies the first picture while it unpacks it, so that one that is cut or too long is
// refused, and ends the file behind it.
func (s *stripper) firstFrame() error {
	var p [9]byte
	if err := s.ReadFull(p[:]); err != nil {
		return err
	}
	at := func(i int) int64 { return int64(binary.LittleEndian.Uint16(p[i:])) }
	if at(4) == 0 || at(6) == 0 || at(0)+at(4) > s.width || at(2)+at(6) > s.height {
		return facts.Unreadable("The GIF file is damaged: its frame lies beside its canvas.")
	}
	if err := s.Write(append([]byte{picture}, p[:]...)); err != nil {
		return err
	}
	if err := s.colourTable(p[8]); err != nil {
		return err
	}
	width, err := s.readByte()
	if err != nil {
		return err
	}
	if width < 2 || width > 8 {
		return facts.Unreadable("The GIF file is damaged: its colours have an impossible width.")
	}
	if err := s.Write([]byte{width}); err != nil {
		return err
	}
	if err := s.unpack(int(width), at(4)*at(6)); err != nil {
		return err
	}
	return s.Write([]byte{0, End})
}

// unpack copies the coded picture, which must hold that many pixels. What stands behind its end in the
// same sub-blocks is dropped.
func (s *stripper) unpack(width int, pixels int64) error {
	b := &subBlocks{s: s}
	z := lzw.NewReader(b, lzw.LSB, width)
	n, err := io.Copy(io.Discard, io.LimitReader(z, pixels+1))
	if b.failed != nil && !errors.Is(b.failed, io.EOF) {
		return b.failed
	}
	if n != pixels || err != nil && !errors.Is(err, io.ErrUnexpectedEOF) { // some writers leave the end code out
		return facts.Unreadable("The GIF file is damaged: its picture cannot be unpacked to the size that its header says.")
	}
	if err := b.flush(); err != nil {
		return err
	}
	if b.ended {
		return nil
	}
	return s.skipBlocks()
}

// subBlocks reads the coded bytes of a picture and copies those that are asked for.
type subBlocks struct {
	s      *stripper
	block  [256]byte // the length and the bytes of the current sub-block
	next   int       // the byte of it that is read next
	ended  bool
	failed error
}

// ReadByte keeps the decoder from reading ahead.
func (b *subBlocks) ReadByte() (byte, error) {
	if b.failed == nil && (b.next == 0 || b.next > int(b.block[0])) {
		b.failed = b.load()
	}
	if b.failed != nil {
		return 0, b.failed
	}
	b.next++
	return b.block[b.next-1], nil
}

// Read is what a reader has; the decoder asks for bytes.
func (b *subBlocks) Read(p []byte) (int, error) {
	for i := range p {
		c, err := b.ReadByte()
		if err != nil {
			return i, err
		}
		p[i] = c
	}
	return len(p), nil
}

func (b *subBlocks) load() error {
	if b.ended {
		return io.EOF
	}
	if err := b.flush(); err != nil {
		return err
	}
	n, err := b.s.readByte()
	if err != nil {
		return err
	}
	if n == 0 {
		b.ended = true
		return io.EOF
	}
	b.block[0], b.next = n, 1
	return b.s.ReadFull(b.block[1 : 1+int(n)])
}

// flush writes the bytes that were read of the current sub-block.
func (b *subBlocks) flush() error {
	if b.next <= 1 {
		return nil
	}
	b.block[0] = byte(b.next - 1)
	err := b.s.Write(b.block[:b.next])
	b.next = 0
	return err
}
