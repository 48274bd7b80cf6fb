// Package budget bounds how many pixels are decoded at one time, in all tasks together, and keeps the
// process small while they are.
//
// It promises that no number of large pictures at once needs more memory than one of the largest
// permitted size, that whoever waits is let in by turns, and that memory goes back to the system when
// a large picture is done. It never looks at a picture.
package budget

import (
	"context"
	"math"
	"runtime/debug"
	"sync"

	"golang.org/x/sync/semaphore"
)

// AtOnce is how many pixels may be decoded at one time: one picture of the largest permitted size,
// or many small ones. Decoding takes up to 20 bytes per pixel.
const AtOnce = 64 << 20

const (
	large    = 4 << 20   // pixels from which memory is given back at once
	idle     = 128 << 20 // bytes of the Go heap that a process without pictures may let grow
	house    = 36 << 20  // bytes that everything but pictures needs
	perPixel = 9         // bytes: the picture, and what an effect needs beside it
)

// Pixels is a budget of pixels. It is safe for concurrent use.
type Pixels struct {
	left  *semaphore.Weighted
	steer *steer
}

// New returns a whole budget.
func New() Pixels { return Pixels{semaphore.NewWeighted(AtOnce), &steer{}} }

// Steer lets the budget tell the garbage collector of this process how much memory the pictures at hand
// are worth: it would let the heap grow to twice of that. It is for a process with one server in it. A
// limit that the operator has set (GOMEMLIMIT) stays.
func (p Pixels) Steer() {
	if debug.SetMemoryLimit(-1) == math.MaxInt64 {
		p.steer.begin()
	}
}

// Hold waits until that many pixels may be decoded and keeps their room until release is called. A
// picture beyond the budget takes all of it.
func (p Pixels) Hold(ctx context.Context, pixels int64) (release func(), err error) {
	n := min(max(pixels, 1), AtOnce)
	if err := p.left.Acquire(ctx, n); err != nil {
		return nil, err
	}
	p.steer.hold(n)
	return func() {
		p.steer.hold(-n)
		p.left.Release(n)
	}, nil
}

// steer moves the limit at which the garbage collector hurries.
type steer struct {
	mu   sync.Mutex
	on   bool
	held int64
}

func (s *steer) begin() {
	s.mu.Lock()
	s.on = true
	s.mu.Unlock()
	s.hold(0)
}

func (s *steer) hold(pixels int64) {
	s.mu.Lock()
	s.held += pixels
	on := s.on
	if on {
		debug.SetMemoryLimit(max(idle, house+perPixel*s.held))
	}
	s.mu.Unlock()
	if on && (pixels <= -large || pixels >= large) {
		debug.FreeOSMemory()
	}
}
