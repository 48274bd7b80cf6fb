package scrub

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"vow.example/vow/internal/media/facts"
)

// bufferBytes is the size of each of the two buffers of a stream: with the largest segment that
// is ever held whole (64 KiB) a Strip stays far below 1 MiB.
const bufferBytes = 32 << 10

// maxHeld is the largest part of a file that is ever read whole: a JPEG segment.
const maxHeld = 64 << 10

// stream reads an untrusted file within its byte limit and writes the cleaned one.
type stream struct {
	in     *bufio.Reader
	out    *bufio.Writer
	limits Limits
	info   Info
	read   int64
	held   []byte // reused for every segment that is read whole
	zeros  []byte
}

// hold returns a buffer of n bytes that the next call reuses; n is at most 64 KiB.
func (s *stream) hold(n int) []byte {
	if cap(s.held) < n {
		s.held = make([]byte, n, maxHeld)
	}
	return s.held[:n]
}

// Strip copies src to dst without metadata and reports what it found. Memory does not depend on
// the size of the file. When it returns an error, what reached dst is incomplete and worthless:
// the caller drops it. A failure of dst or src itself is returned wrapped, not as a fault.
//
// JPEG: application segments except JFIF, ICC and Adobe are dropped, comments too, and everything
// after the end of the picture (also further pictures of a multi-picture file). PNG: critical
// chunks and those that change colours stay, checksums are verified and the compressed picture is
// inflated once to prove that it is whole. WebP: the size of the file stands before its content,
// so a metadata chunk becomes a "JUNK" chunk of the same length filled with zeros. Of a moving WebP or
// GIF picture only the first frame goes on, which is what everybody here sees of it. MP4 and
// QuickTime: sample tables hold positions in the file, so boxes that are not needed for playing
// become "free" boxes of the same length filled with zeros.
func Strip(dst io.Writer, src io.Reader, limits Limits) (Info, error) {
	s := &stream{
		in:     bufio.NewReaderSize(src, bufferBytes),
		out:    bufio.NewWriterSize(dst, bufferBytes),
		limits: limits.WithDefaults(),
		info:   Info{Orientation: 1},
	}
	first, err := s.in.Peek(sniffBytes)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return Info{}, fmt.Errorf("scrub: read: %w", err)
	}
	s.info.MediaType = Sniff(first)
	if err := s.limits.CheckType(s.info.MediaType); err != nil {
		return Info{}, err
	}
	if err := s.strip(); err != nil {
		return Info{}, err
	}
	if err := s.drain(); err != nil {
		return Info{}, err
	}
	if err := s.out.Flush(); err != nil {
		return Info{}, fmt.Errorf("scrub: write: %w", err)
	}
	return s.info, nil
}

func (s *stream) strip() error {
	switch s.info.MediaType {
	case JPEG:
		return s.stripJPEG()
	case PNG:
		return s.stripPNG()
	case WebP:
		return s.stripWebP()
	case GIF:
		return s.stripGIF()
	case MP4, QuickTime, facts.SoundMP4:
		return s.stripMP4()
	}
	return facts.Unsupported("This kind of file is not accepted here.").With("accepted", s.limits.Accept)
}

// fail turns the end of the input into the fault that names it and keeps other read errors.
func (s *stream) fail(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return facts.Truncated()
	}
	return fmt.Errorf("scrub: read: %w", err)
}

func (s *stream) count(n int) error {
	s.read += int64(n)
	if s.read > s.limits.MaxBytes {
		return facts.TooLarge(s.limits.MaxBytes)
	}
	return nil
}

func (s *stream) readFull(p []byte) error {
	n, err := io.ReadFull(s.in, p)
	if err != nil {
		return s.fail(err)
	}
	return s.count(n)
}

func (s *stream) readByte() (byte, error) {
	b, err := s.in.ReadByte()
	if err != nil {
		return 0, s.fail(err)
	}
	return b, s.count(1)
}

func (s *stream) readUint32() (uint32, error) {
	var p [4]byte
	err := s.readFull(p[:])
	return binary.BigEndian.Uint32(p[:]), err
}

func (s *stream) write(p []byte) error {
	n, err := s.out.Write(p)
	s.info.Bytes += int64(n)
	if err != nil {
		return fmt.Errorf("scrub: write: %w", err)
	}
	return nil
}

// pass hands the next n bytes of the input to each, piece by piece.
func (s *stream) pass(n int64, each func(p []byte) error) error {
	for n > 0 {
		want := int(min(n, bufferBytes/2))
		p, err := s.in.Peek(want)
		if len(p) == 0 {
			return s.fail(err)
		}
		if err := s.count(len(p)); err != nil {
			return err
		}
		if err := each(p); err != nil {
			return err
		}
		if _, err := s.in.Discard(len(p)); err != nil {
			return s.fail(err)
		}
		n -= int64(len(p))
	}
	return nil
}

func (s *stream) copy(n int64) error { return s.pass(n, s.write) }

func (s *stream) skip(n int64) error {
	return s.pass(n, func([]byte) error { return nil })
}

// blank replaces the next n bytes of the input by zeros.
func (s *stream) blank(n int64) error {
	if s.zeros == nil {
		s.zeros = make([]byte, bufferBytes/2)
	}
	return s.pass(n, func(p []byte) error { return s.write(s.zeros[:len(p)]) })
}

// drain reads what follows the end of the picture: it counts against the limit and is dropped.
func (s *stream) drain() error {
	for {
		p, err := s.in.Peek(1)
		if len(p) == 0 {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("scrub: read: %w", err)
		}
		s.stripped("trailer")
		if err := s.skip(int64(s.in.Buffered())); err != nil {
			return err
		}
	}
}

func (s *stream) stripped(what string) {
	if !slices.Contains(s.info.Stripped, what) {
		s.info.Stripped = append(s.info.Stripped, what)
	}
}

// sized records the dimensions of the picture once they are known and allowed.
func (s *stream) sized(w, h int64) error {
	if err := s.limits.CheckSize(w, h); err != nil {
		return err
	}
	s.info.Width, s.info.Height = int(w), int(h)
	return nil
}
