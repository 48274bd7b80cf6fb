package effects

import (
	"context"
	"fmt"
	"image"
	"runtime"
	"sync"

	"vow.example/vow/internal/fault"
)

// bandsPerPass is how often a pass looks at the context and reports progress.
const bandsPerPass = 32

// job spreads the passes of one effect over the cores and counts them.
type job struct {
	passes int
	report func(float64)
	pass   int
	mu     sync.Mutex
	done   int
}

// start checks the picture and makes a job of the given number of passes.
func start(img *image.NRGBA, passes int, report func(float64)) (*job, error) {
	if img == nil || img.Rect.Empty() {
		return nil, fault.New(fault.Invalid, "media-unreadable", "There is no picture to work on.")
	}
	if report == nil {
		report = func(float64) {}
	}
	return &job{passes: passes, report: report}, nil
}

// bands runs f over [0, n) in bands, on every core. Bands must not depend on each other. It
// returns early when the context ends; a panic in a band becomes an error.
func (j *job) bands(ctx context.Context, n int, f func(lo, hi int)) error {
	count := min(n, bandsPerPass)
	next := make(chan int, count)
	for i := range count {
		next <- i
	}
	close(next)
	errs := make([]error, runtime.GOMAXPROCS(0))
	j.done = 0
	var wg sync.WaitGroup
	for worker := range errs {
		wg.Go(func() {
			for i := range next {
				if errs[worker] = j.band(ctx, f, n*i/count, n*(i+1)/count); errs[worker] != nil {
					return
				}
				j.step(count)
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	j.pass++
	return nil
}

func (j *job) band(ctx context.Context, f func(lo, hi int), lo, hi int) (err error) {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("effects: %w", err)
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("effects: band %d to %d: panic: %v", lo, hi, p)
		}
	}()
	f(lo, hi)
	return nil
}

// step reports under the lock, so that what the caller sees only rises.
func (j *job) step(count int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.done++
	j.report(min(1, (float64(j.pass)+float64(j.done)/float64(count))/float64(j.passes)))
}
