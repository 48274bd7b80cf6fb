package retention

import (
	"context"
	"fmt"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/log"
)

// tick is how long the sweeper rests, in real time, between two passes.
const tick = 250 * time.Millisecond

// maxRounds bounds one pass. A pass that still finds work after so many batches gives way and is
// continued at the next tick; nothing due becomes readable meanwhile, because reads compare times.
const maxRounds = 10_000

// Due erases what is due. One call may erase a batch; it returns how much it erased, and 0 when
// nothing is due any more. What it could not erase it must not count.
type Due interface {
	Sweep(ctx context.Context, now time.Time) (n int, err error)
}

// Sweeper keeps deadlines: it asks Due for what is due at boot, at every tick and whenever the clock
// is moved. At most one pass runs at a time.
type Sweeper struct {
	clock   clock.Clock
	due     Due
	log     log.Logger
	running chan struct{} // holds one token while a pass runs
}

// NewSweeper returns a Sweeper that has not started.
func NewSweeper(clk clock.Clock, due Due, l log.Logger) *Sweeper {
	return &Sweeper{clock: clk, due: due, log: l, running: make(chan struct{}, 1)}
}

// Run sweeps at once, and then until ctx ends. It returns nil when it was stopped: a pass that
// fails is reported and tried again at the next tick, because a deadline does not wait for an operator.
func (s *Sweeper) Run(ctx context.Context) error {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	failing := false
	for {
		moved := s.moved() // taken before the pass, so that a move during the pass is not missed
		_, err := s.Sweep(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil && !failing {
			s.log.Error("sweep failed; retrying", log.Code(err))
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-moved:
		case <-ticker.C:
		}
	}
}

// moved returns a channel that closes when an adjustable clock is moved; nil, which never does, for
// any other clock.
func (s *Sweeper) moved() <-chan struct{} {
	if m, ok := s.clock.(interface{ Moved() <-chan struct{} }); ok {
		return m.Moved()
	}
	return nil
}

// Sweep runs one full pass that starts after the call, and returns how much it erased. While another
// pass runs it waits: that pass may have read the clock before the caller moved it.
func (s *Sweeper) Sweep(ctx context.Context) (int, error) {
	select {
	case s.running <- struct{}{}:
	case <-ctx.Done():
		return 0, fmt.Errorf("retention: sweep: %w", ctx.Err())
	}
	defer func() { <-s.running }()
	total := 0
	for range maxRounds {
		n, err := s.due.Sweep(ctx, s.clock.Now())
		total += n
		if err != nil {
			return total, fmt.Errorf("retention: sweep: %w", err)
		}
		if n == 0 {
			break
		}
	}
	return total, nil
}
