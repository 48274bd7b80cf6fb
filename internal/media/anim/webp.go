package anim

import (
	"errors"
	"fmt"
	"image"
	"io"
	"runtime"
	"sync"
	"time"

	"vow.example/vow/internal/media/webp"
)

// filmQuality is that of the frames of a film: they are seen for a moment each.
const filmQuality = 80

// webpSink codes frames on every core. The coded frames are held until the end: the length of the file
// stands in front of it.
type webpSink struct {
	w      io.Writer
	canvas image.Point
	mark   []byte
	last   *image.NRGBA
	at     time.Duration // from when on the last coded frame is shown
	frames []*webp.Frame
	coding []*sync.WaitGroup // by the number of the frame as it was drawn
	cores  chan struct{}
	mu     sync.Mutex
	size   int
	failed error
}

func newWebP(w io.Writer, f Film, mark []byte) *webpSink {
	return &webpSink{w: w, canvas: image.Pt(f.Width, f.Height), mark: mark, cores: make(chan struct{}, runtime.GOMAXPROCS(0))}
}

// wait returns once the coding of frame n is over, so that its picture can be drawn over.
func (s *webpSink) wait(n int) {
	if n >= 0 && n < len(s.coding) {
		s.coding[n].Wait()
	}
}

func (s *webpSink) add(img *image.NRGBA, from, to time.Duration) error {
	part := img.Rect
	if s.last != nil {
		part = changed(s.last, img)
	}
	s.last = img
	done := &sync.WaitGroup{}
	s.coding = append(s.coding, done)
	if part.Empty() {
		s.frames[len(s.frames)-1].Until = to
		return nil
	}
	frame := &webp.Frame{At: part.Min, From: from, Until: to}
	s.frames = append(s.frames, frame)
	s.cores <- struct{}{}
	done.Go(func() {
		defer func() { <-s.cores }()
		s.note(frame, frame.Code(img.SubImage(part).(*image.NRGBA), filmQuality))
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed
}

func (s *webpSink) note(frame *webp.Frame, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.size += len(frame.Coded); s.size > maxCoded {
		err = errors.New("the film is too large")
	}
	if err != nil && s.failed == nil {
		s.failed = err
	}
}

func (s *webpSink) end() error {
	for _, done := range s.coding {
		done.Wait()
	}
	if s.failed != nil {
		return s.failed
	}
	if len(s.frames) == 0 {
		return nil
	}
	if err := webp.Film(s.w, s.canvas, s.frames, s.mark); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}
