// Package budget bounds how many pixels are decoded at one time, in all tasks together.
//
// It promises that no number of large pictures at once needs more memory than one of the largest
// permitted size, and that whoever waits is let in by turns. It never looks at a picture.
package budget

import (
	"context"

	"golang.org/x/sync/semaphore"
)

// AtOnce is how many pixels may be decoded at one time: one picture of the largest permitted size,
// or many small ones. Decoding takes up to 20 bytes per pixel.
const AtOnce = 64 << 20

// Pixels is a budget of pixels. It is safe for concurrent use.
type Pixels struct{ left *semaphore.Weighted }

// New returns a whole budget.
func New() Pixels { return Pixels{semaphore.NewWeighted(AtOnce)} }

// Hold waits until that many pixels may be decoded and keeps their room until release is called. A
// picture beyond the budget takes all of it.
func (p Pixels) Hold(ctx context.Context, pixels int64) (release func(), err error) {
	n := min(max(pixels, 1), AtOnce)
	if err := p.left.Acquire(ctx, n); err != nil {
		return nil, err
	}
	return func() { p.left.Release(n) }, nil
}
