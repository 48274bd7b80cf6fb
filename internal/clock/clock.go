// Package clock is the only reader of the time of day.
//
// It promises that every deadline in Vow is computed from a Clock that a test or a rehearsal can
// steer, and that a Clock never runs backwards. It never decides anything.
package clock

import (
	"sync"
	"time"
)

// Clock tells the time of day, in UTC.
type Clock interface {
	Now() time.Time
}

// Real is the machine's clock.
type Real struct{}

// Now returns the machine's time of day in UTC.
func (Real) Now() time.Time { return time.Now().UTC() }

// Adjustable is a clock for demos and tests: it may run faster than real time, stand still, and
// be moved forward. It is safe for concurrent use.
type Adjustable struct {
	mu    sync.Mutex
	base  time.Time     // what the clock shows at mark
	mark  time.Time     // machine time of the last change
	speed float64       // clock seconds per real second
	moved chan struct{} // closed and replaced by Advance
}

// NewFast returns a clock that starts at the machine's time and runs speed times as fast.
// Speed 1 is real time.
func NewFast(speed float64) *Adjustable {
	now := time.Now().UTC()
	return &Adjustable{base: now, mark: now, speed: speed, moved: make(chan struct{})}
}

// NewFake returns a clock that stands at start until it is advanced.
func NewFake(start time.Time) *Adjustable {
	return &Adjustable{base: start.UTC(), mark: time.Now(), moved: make(chan struct{})}
}

// Now returns the clock's time in UTC.
func (a *Adjustable) Now() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.now()
}

func (a *Adjustable) now() time.Time {
	return a.base.Add(time.Duration(float64(time.Since(a.mark)) * a.speed)).UTC()
}

// Advance moves the clock forward by d and wakes everyone who waits on Moved. A negative d is
// ignored: a clock never runs backwards.
func (a *Adjustable) Advance(d time.Duration) time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	if d < 0 {
		d = 0
	}
	a.base, a.mark = a.now().Add(d), time.Now()
	close(a.moved)
	a.moved = make(chan struct{})
	return a.base
}

// Moved returns a channel that is closed at the next Advance.
func (a *Adjustable) Moved() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.moved
}

// Speed returns how many clock seconds pass in one real second.
func (a *Adjustable) Speed() float64 { return a.speed }
