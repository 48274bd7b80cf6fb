// Package raster is the ground that the effects stand on: work in bands on every core, planes of numbers,
// blurs and smoothing, and the noise that paper and strokes are made of.
//
// It promises that a job stops within one band of rows after its context ends, that its progress only
// rises, that a panic in a band is an error, and that results do not depend on the number of cores. It
// never keeps a picture and never knows what is in it.
package raster

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

// Job spreads the passes of one effect over the cores and counts them.
type Job struct {
	passes int
	report func(float64)
	pass   int
	mu     sync.Mutex
	done   int
	free   [][]float32
}

// Start checks the picture and makes a Job of the given number of passes.
func Start(img *image.NRGBA, passes int, report func(float64)) (*Job, error) {
	if img == nil || img.Rect.Empty() {
		return nil, fault.New(fault.Invalid, "media-unreadable", "There is no picture to work on.")
	}
	if report == nil {
		report = func(float64) {}
	}
	return &Job{passes: passes, report: report}, nil
}

// Bands runs f over [0, n) in bands, on every core. Bands must not depend on each other. It
// returns early when the context ends; a panic in a band becomes an error.
func (j *Job) Bands(ctx context.Context, n int, f func(lo, hi int)) error {
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

func (j *Job) band(ctx context.Context, f func(lo, hi int), lo, hi int) (err error) {
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
func (j *Job) step(count int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.done++
	j.report(min(1, (float64(j.pass)+float64(j.done)/float64(count))/float64(j.passes)))
}

// Finish reports that everything is done. An effect whose passes depend on the picture counts them
// generously in Start and finishes here.
func (j *Job) Finish() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.free = nil
	j.report(1)
}
