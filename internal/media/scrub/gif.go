package scrub

import (
	"vow.example/vow/internal/media/scrub/gif"
)

// flow is a stream as the package gif sees it.
type flow struct{ *stream }

// ReadFull reads bytes that must be there.
func (f flow) ReadFull(p []byte) error { return f.readFull(p) }

// Write writes to the copy.
func (f flow) Write(p []byte) error { return f.write(p) }

// Copy copies the next bytes.
func (f flow) Copy(n int64) error { return f.copy(n) }

// Skip drops the next bytes.
func (f flow) Skip(n int64) error { return f.skip(n) }

// Sized records the size of the picture.
func (f flow) Sized(w, h int64) error { return f.sized(w, h) }

// Stripped records what is dropped.
func (f flow) Stripped(what string) { f.stripped(what) }

func (s *stream) stripGIF() error {
	if err := gif.Strip(flow{s}); err != nil {
		return err
	}
	next, err := s.in.Peek(1)
	if err != nil {
		return nil // a lost end block harms nobody: ours is written
	}
	if next[0] == gif.End {
		return s.skip(1)
	}
	s.stripped("further frames")
	for {
		if _, err := s.in.Peek(1); err != nil {
			return nil // drain reports what is no end
		}
		if err := s.skip(int64(s.in.Buffered())); err != nil {
			return err
		}
	}
}
