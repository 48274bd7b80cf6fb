package egress

import (
	"bytes"
	"io"
	"sync"
)

// stream is the body of a request on its way out. It opens each file only when its turn comes and
// knows at any moment whether a byte, and whether a byte of content, has been handed over.
type stream struct {
	mu       sync.Mutex
	segments []segment
	at       int
	cur      io.ReadCloser
	left     int64
	touched  bool
	content  int64
	closed   bool
	broken   error // why our own content could not be read to its end
}

func newStream(segments []segment) *stream { return &stream{segments: segments} }

// Read hands over the next bytes of the current segment.
func (s *stream) Read(p []byte) (int, error) {
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

func (s *stream) next() error {
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
	return nil
}

// part reads from the current segment and closes it at its announced end. A file that is shorter
// or longer than announced is an error, never a silently cut or padded picture.
func (s *stream) part(p []byte) (int, error) {
	if s.left == 0 {
		var probe [1]byte
		n, _ := s.cur.Read(probe[:])
		if n > 0 {
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
	s.left -= int64(n)
	if n > 0 {
		s.touched = true
		if s.segments[s.at].content {
			s.content += int64(n)
		}
		return n, nil
	}
	if err == io.EOF {
		return 0, errLength
	}
	return 0, err
}

// Close releases an open file. The transport calls it, and so does the sender: twice is fine.
func (s *stream) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.cur != nil {
		_ = s.cur.Close()
		s.cur = nil
	}
	return nil
}

// state closes the stream, so that nothing more can leave, and says what was handed over, and
// whether our own content broke off. A body that broke off is shorter than announced: no recipient
// can have taken it for a whole one.
func (s *stream) state() (touched bool, content int64, broken error) {
	_ = s.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.touched, s.content, s.broken
}
