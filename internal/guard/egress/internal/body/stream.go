package body

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"sync"
)

// errLength says that a file did not have the length it was announced with.
var errLength = errors.New("egress: content has another length than announced")

// ErrTooLarge says that a request to be signed does not fit into memory.
var ErrTooLarge = errors.New("egress: a signed request is too large")

// chunk is how much of a file is turned into base64 at a time: a multiple of three bytes, so that
// no padding falls into the middle.
const chunk = 48 << 10

// segment is a run of bytes of a body: data in memory, or a file that is opened when its turn comes.
type segment struct {
	data    []byte
	open    func() (io.ReadCloser, error)
	base64  bool  // the file goes out as base64
	size    int64 // as it goes out
	raw     int64 // as the person gave it; 0: nothing of the person
	exposes bool  // leads to content, or is content
}

// Stream is the body of a request on its way out. It opens each file only when its turn comes and
// knows at any moment whether a byte, and how much content, has been handed over.
type Stream struct {
	mu       sync.Mutex
	segments []segment
	at       int
	cur      io.ReadCloser
	left     int64
	touched  bool
	exposed  bool
	content  int64
	closed   bool
	broken   error // why our own content could not be read to its end
}

// Size returns the length of the whole body.
func (s *Stream) Size() (n int64) {
	for _, seg := range s.segments {
		n += seg.size
	}
	return n
}

// Read hands over the next bytes of the current segment.
func (s *Stream) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if s.closed {
			return 0, io.ErrClosedPipe
		}
		if s.cur == nil {
			if s.at >= len(s.segments) {
				return 0, io.EOF
			}
			if err := s.next(); err != nil {
				s.broken = err
				return 0, err
			}
		}
		n, err := s.part(p)
		if err != nil {
			s.broken = err
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

func (s *Stream) next() error {
	seg := s.segments[s.at]
	s.left = seg.size
	if seg.open == nil {
		s.cur = io.NopCloser(bytes.NewReader(seg.data))
		return nil
	}
	file, err := seg.open()
	if err != nil {
		return err
	}
	s.cur = file
	if seg.base64 {
		s.cur = &encoder{from: file, left: seg.raw}
	}
	return nil
}

// part reads from the current segment and closes it at its announced end. A file that is shorter
// or longer than announced is an error, never a silently cut or padded picture.
func (s *Stream) part(p []byte) (int, error) {
	if s.left == 0 {
		var probe [1]byte
		n, err := s.cur.Read(probe[:])
		if n > 0 || errors.Is(err, errLength) {
			return 0, errLength
		}
		_ = s.cur.Close()
		s.cur = nil
		s.at++
		return 0, nil
	}
	if int64(len(p)) > s.left {
		p = p[:s.left]
	}
	n, err := s.cur.Read(p)
	if n > 0 {
		s.left -= int64(n)
		s.count(int64(n))
		return n, nil
	}
	if err == io.EOF {
		return 0, errLength
	}
	return 0, err
}

// count notes that n more bytes of the current segment have been handed over. Of content it counts
// the bytes that the person gave, whatever form they travel in.
func (s *Stream) count(n int64) {
	seg := s.segments[s.at]
	s.touched = true
	s.exposed = s.exposed || seg.exposes
	if seg.raw > 0 {
		before, after := seg.size-s.left-n, seg.size-s.left
		s.content += share(after, seg) - share(before, seg)
	}
}

// share is how much of a segment's content lies within its first n bytes, rounded up.
func share(n int64, seg segment) int64 {
	switch {
	case n <= 0:
		return 0
	case n >= seg.size:
		return seg.raw
	case seg.raw == seg.size:
		return n
	default:
		return min(seg.raw, n*seg.raw/seg.size+1)
	}
}

// Close releases an open file. The transport calls it, and so does the sender: twice is fine.
func (s *Stream) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.cur != nil {
		_ = s.cur.Close()
		s.cur = nil
	}
	return nil
}

// State is what became of a body.
type State struct {
	Touched bool  // a byte of it was handed over
	Exposed bool  // a byte of content, or of a link to it, was handed over
	Content int64 // bytes of content that were handed over
	Broken  error // why our own content could not be read to its end; such a body is shorter than announced: no recipient can have taken it for a whole one
}

// End closes the stream, so that nothing more can leave, and says what was handed over.
func (s *Stream) End() State {
	_ = s.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	return State{Touched: s.touched, Exposed: s.exposed, Content: s.content, Broken: s.broken}
}

// Wipe overwrites what was laid out in memory: it holds secrets and the person's words.
func (s *Stream) Wipe() {
	for _, seg := range s.segments {
		clear(seg.data)
	}
}

// Buffer reads the whole body into memory, for a signature over it, and returns it. What the
// stream hands over later are these very bytes.
func (s *Stream) Buffer(limit int64) ([]byte, error) {
	size := s.Size()
	if size > limit {
		return nil, ErrTooLarge
	}
	whole := make([]byte, size)
	source := &Stream{segments: s.segments}
	defer source.Close()
	if _, err := io.ReadFull(source, whole); err != nil {
		clear(whole)
		s.broken = err
		return nil, err
	}
	if n, err := source.Read(make([]byte, 1)); n > 0 || err != io.EOF {
		clear(whole)
		s.broken = errLength
		return nil, errLength
	}
	s.Wipe()
	at := int64(0)
	for i := range s.segments {
		seg := &s.segments[i]
		seg.data, seg.open, seg.base64 = whole[at:at+seg.size], nil, false
		at += seg.size
	}
	return whole, nil
}

// Append adds text that is no content to the end of a body of which nothing has been handed over.
func (s *Stream) Append(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.segments = append(s.segments, segment{data: []byte(text), size: int64(len(text))})
}

// encoder turns a file into base64, a chunk at a time. It fails where the file has another length
// than announced.
type encoder struct {
	from io.ReadCloser
	left int64
	out  []byte // encoded and not yet handed over
	buf  []byte
}

// Read hands over the next encoded bytes.
func (e *encoder) Read(p []byte) (int, error) {
	if len(e.out) == 0 {
		if err := e.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, e.out)
	e.out = e.out[n:]
	return n, nil
}

func (e *encoder) fill() error {
	if e.left == 0 {
		return e.probe()
	}
	if e.buf == nil {
		e.buf = make([]byte, chunk+base64.StdEncoding.EncodedLen(chunk))
	}
	raw := e.buf[:min(e.left, chunk)]
	if _, err := io.ReadFull(e.from, raw); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return errLength
		}
		return err
	}
	e.left -= int64(len(raw))
	e.out = e.buf[chunk : chunk+base64.StdEncoding.EncodedLen(len(raw))]
	base64.StdEncoding.Encode(e.out, raw)
	return nil
}

// probe looks for bytes behind the announced end.
func (e *encoder) probe() error {
	var one [1]byte
	if n, _ := io.ReadFull(e.from, one[:]); n > 0 {
		return errLength
	}
	return io.EOF
}

// Close wipes what was read and closes the file.
func (e *encoder) Close() error {
	clear(e.buf)
	return e.from.Close()
}
