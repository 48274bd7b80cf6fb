package retention_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/log"
)

// pile is a set of things that fall due.
type pile struct {
	mu      sync.Mutex
	due     []time.Time
	calls   int
	seen    []time.Time
	running bool
	overlap bool
	err     error
	enter   chan struct{} // when set, a call waits for a value
}

func (p *pile) Sweep(_ context.Context, now time.Time) (int, error) {
	p.mu.Lock()
	p.calls++
	p.seen = append(p.seen, now)
	p.overlap = p.overlap || p.running
	p.running = true
	p.mu.Unlock()
	if p.enter != nil {
		<-p.enter
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running = false
	if p.err != nil {
		return 0, p.err
	}
	for i, at := range p.due { // one at a time: a small batch
		if !now.Before(at) {
			p.due = append(p.due[:i], p.due[i+1:]...)
			return 1, nil
		}
	}
	return 0, nil
}

func (p *pile) left() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.due)
}

func (p *pile) passes() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls
}

func (p *pile) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = err
}

func TestTheSweeperSweepsAtBootWhenMovedAndWhenTimePasses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clk := clock.NewFake(start())
		due := &pile{due: []time.Time{start().Add(-time.Hour), start(), start().Add(time.Hour), start().Add(2 * time.Hour)}}
		s := retention.NewSweeper(clk, due, log.Logger{})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		synctest.Wait()
		if due.left() != 2 {
			t.Errorf("at boot: %d left", due.left())
		}
		clk.Advance(time.Hour)
		synctest.Wait() // no time passes: the move itself wakes it
		if due.left() != 1 {
			t.Errorf("after the move: %d left", due.left())
		}
		calls := due.passes()
		time.Sleep(600 * time.Millisecond) // of the bubble
		synctest.Wait()
		if due.passes() != calls+2 {
			t.Errorf("%d passes in 600 ms", due.passes()-calls)
		}
		cancel()
		if err := <-done; err != nil {
			t.Errorf("stopped with %v", err)
		}
	})
}

func TestTheSweeperRunsOnTheMachinesClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		due := &pile{due: []time.Time{time.Now().Add(time.Minute)}}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		if err := retention.NewSweeper(clock.Real{}, due, log.Logger{}).Run(ctx); err != nil || due.left() != 0 {
			t.Errorf("%d left, %v", due.left(), err)
		}
	})
}

func TestAFailingSweepIsToldOnceAndTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		due := &pile{due: []time.Time{start()}, err: errors.New("disk full of canaries")}
		s := retention.NewSweeper(clock.NewFake(start()), due, log.New(&out))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		time.Sleep(3 * time.Second)
		due.fail(nil)
		time.Sleep(time.Second)
		cancel()
		if err := <-done; err != nil || due.left() != 0 {
			t.Errorf("%d left, %v", due.left(), err)
		}
		if n := strings.Count(out.String(), "sweep failed"); n != 1 || strings.Contains(out.String(), "canaries") {
			t.Errorf("told %d times: %s", n, out.String())
		}
	})
}

func TestOnePassRunsAtATimeAndASweepStartsAfterItsCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clk := clock.NewFake(start())
		due := &pile{enter: make(chan struct{})}
		s := retention.NewSweeper(clk, due, log.Logger{})
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = s.Sweep(t.Context()) })
		synctest.Wait() // the first pass has read the clock and hangs
		moved := clk.Advance(time.Hour)
		wg.Go(func() {
			if _, err := s.Sweep(t.Context()); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		due.enter <- struct{}{}
		due.enter <- struct{}{}
		wg.Wait()
		if due.overlap || len(due.seen) != 2 || !due.seen[1].Equal(moved) {
			t.Errorf("overlap %v, passes at %v", due.overlap, due.seen)
		}
	})
}

func TestASweepThatWaitsGivesWayToItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		due := &pile{enter: make(chan struct{})}
		s := retention.NewSweeper(clock.NewFake(start()), due, log.Logger{})
		go func() { _, _ = s.Sweep(t.Context()) }()
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.Sweep(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("waited: %v", err)
		}
		due.enter <- struct{}{}
	})
}

func TestASweepCountsWhatItErasedAndReportsFailure(t *testing.T) {
	t.Parallel()
	due := &pile{due: []time.Time{start(), start(), start().Add(time.Hour)}}
	s := retention.NewSweeper(clock.NewFake(start()), due, log.Logger{})
	if n, err := s.Sweep(t.Context()); n != 2 || err != nil {
		t.Errorf("erased %d, %v", n, err)
	}
	due.fail(errors.New("no"))
	if _, err := s.Sweep(t.Context()); err == nil {
		t.Error("the failure is not told")
	}
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
