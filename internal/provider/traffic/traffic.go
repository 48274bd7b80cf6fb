// Package traffic decides when a recipient may be called: not while it is broken, not more often
// than agreed, not with more jobs at one time than it takes, not before it said to come again, and
// not while the operator has paused it.
//
// It promises that "not now" is said before anything leaves, under a class that counts as no
// attempt; that what one task is told to wait for, every other task waits for too; and that erasing
// and stopping at a recipient is never held back. It never picks another recipient, never retries
// and never keeps anything of a task but its identifier.
package traffic

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"
	"golang.org/x/time/rate"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/privacy"
)

// Limits bound the traffic to one recipient. A zero member takes its default.
type Limits struct {
	Parallel  int           // jobs at one time; default 32
	PerMinute int           // orders; default 1200
	Failures  int           // in a row, after which the recipient is left alone; default 5
	Rest      time.Duration // for how long; default 30 s
}

// withDefaults fills in what was left out.
func (l Limits) withDefaults() Limits {
	return Limits{
		Parallel: cmp.Or(max(l.Parallel, 0), 32), PerMinute: cmp.Or(max(l.PerMinute, 0), 1200),
		Failures: cmp.Or(max(l.Failures, 0), 5), Rest: cmp.Or(max(l.Rest, 0), 30*time.Second),
	}
}

// Pauses says which recipients the operator has paused, and since when.
type Pauses interface {
	Paused(r privacy.RecipientID) (paused bool, since time.Time)
}

// The codes of "not now".
const (
	Parallel = "parallel-cap"
	Rate     = "rate"
	Open     = "circuit-open"
	Paused   = "paused"
	Asked    = "asked-to-wait"
)

// lookAgain is when a task asks again whose turn cannot be told beforehand.
const lookAgain = 5 * time.Second

// Control holds the traffic of every recipient. It is safe for concurrent use. A nil Control lets
// everything through: a pool under test has none.
type Control struct {
	clock  clock.Clock
	limits map[privacy.RecipientID]Limits
	pauses Pauses

	mu    sync.Mutex
	lanes map[privacy.RecipientID]*lane
	slots map[privacy.TaskID]privacy.RecipientID
}

// lane is one recipient's traffic. What is not constant is guarded by Control.mu.
type lane struct {
	limits   Limits
	breaker  *gobreaker.TwoStepCircuitBreaker[any]
	bucket   *rate.Limiter
	jobs     int
	notUntil time.Time // the recipient said so
	failures int       // in a row
	lastCode string
	lastOK   time.Time
}

// New returns a Control. A recipient without limits has the defaults; pauses may be nil.
func New(clk clock.Clock, limits map[privacy.RecipientID]Limits, pauses Pauses) *Control {
	return &Control{clock: clk, limits: limits, pauses: pauses, lanes: map[privacy.RecipientID]*lane{}, slots: map[privacy.TaskID]privacy.RecipientID{}}
}

// lane returns the traffic of a recipient; Control.mu is held.
func (c *Control) lane(r privacy.RecipientID) *lane {
	l, ok := c.lanes[r]
	if !ok {
		limits := c.limits[r].withDefaults()
		l = &lane{limits: limits, bucket: rate.NewLimiter(rate.Limit(float64(limits.PerMinute)/60), max(1, limits.PerMinute/12))}
		l.breaker = gobreaker.NewTwoStepCircuitBreaker[any](gobreaker.Settings{
			Timeout:     limits.Rest,
			ReadyToTrip: func(n gobreaker.Counts) bool { return n.ConsecutiveFailures >= uint32(limits.Failures) },
		})
		c.lanes[r] = l
	}
	return l
}

func notNow(code string, after time.Duration) error {
	return &egress.Error{Class: egress.Waiting, Code: code, RetryAfter: after}
}

// Order asks leave to hand a task's order over. It takes one of the recipient's slots for the task,
// which keeps it until Release. The outcome is reported through done.
func (c *Control) Order(r privacy.RecipientID, task privacy.TaskID) (done func(error), err error) {
	if c == nil {
		return func(error) {}, nil
	}
	if c.pauses != nil {
		if paused, _ := c.pauses.Paused(r); paused {
			return nil, notNow(Paused, lookAgain)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	l, now := c.lane(r), c.clock.Now()
	if wait := l.notUntil.Sub(now); wait > 0 {
		return nil, notNow(Asked, wait)
	}
	_, has := c.slots[task]
	if !has && l.jobs >= l.limits.Parallel {
		return nil, notNow(Parallel, lookAgain)
	}
	turn := l.bucket.ReserveN(now, 1)
	if wait := turn.DelayFrom(now); wait > 0 {
		turn.CancelAt(now)
		return nil, notNow(Rate, wait)
	}
	report, err := l.breaker.Allow()
	if err != nil {
		turn.CancelAt(now)
		return nil, notNow(Open, min(l.limits.Rest, lookAgain))
	}
	if !has {
		l.jobs++
		c.slots[task] = r
	}
	return c.reporter(l, report), nil
}

// Question asks leave for a call about a job that the recipient has: a poll or the reading of a
// result. A pause does not hold it back: what is there is brought to its end.
func (c *Control) Question(r privacy.RecipientID) (done func(error), err error) {
	if c == nil {
		return func(error) {}, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	l, now := c.lane(r), c.clock.Now()
	if wait := l.notUntil.Sub(now); wait > 0 {
		return nil, notNow(Asked, wait)
	}
	report, err := l.breaker.Allow()
	if err != nil {
		return nil, notNow(Open, min(l.limits.Rest, lookAgain))
	}
	return c.reporter(l, report), nil
}

// reporter takes in how a call ended. It may be called once.
func (c *Control) reporter(l *lane, report func(bool)) func(error) {
	return func(err error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		var e *egress.Error
		known := errors.As(err, &e)
		switch {
		case err == nil:
			l.failures, l.lastOK = 0, c.clock.Now()
			report(true)
		case known && (e.Class == egress.Transient || e.Class == egress.UnknownOutcome):
			l.failures++
			l.lastCode = codeOf(e)
			report(false)
		case known && e.Class != egress.Blocked && e.Class != egress.Waiting && e.Class != egress.Unclassified:
			l.failures, l.lastCode = 0, codeOf(e) // it answered: it works, whatever it said
			report(true)
		default: // ours: it says nothing about the recipient
			report(l.breaker.State() != gobreaker.StateHalfOpen && !errors.Is(err, context.DeadlineExceeded))
		}
		if known && e.RetryAfter > 0 && (e.Class == egress.Throttled || e.Class == egress.Transient) {
			if until := c.clock.Now().Add(e.RetryAfter); until.After(l.notUntil) {
				l.notUntil = until
			}
		}
	}
}

func codeOf(e *egress.Error) string {
	if e.Code == "" {
		return string(e.Class)
	}
	return string(e.Class) + "/" + e.Code
}

// Occupy takes a slot for a task that is at the recipient already, whatever the cap says.
func (c *Control) Occupy(r privacy.RecipientID, task privacy.TaskID) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, has := c.slots[task]; !has {
		c.lane(r).jobs++
		c.slots[task] = r
	}
}

// Release gives the task's slot back. A task without one is no error.
func (c *Control) Release(task privacy.TaskID) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if r, has := c.slots[task]; has {
		c.lane(r).jobs--
		delete(c.slots, task)
	}
}

// Paused reports whether the operator has paused the recipient, and since when.
func (c *Control) Paused(r privacy.RecipientID) (bool, time.Time) {
	if c == nil || c.pauses == nil {
		return false, time.Time{}
	}
	return c.pauses.Paused(r)
}

// View is the traffic of one recipient at a moment.
type View struct {
	State    string // "ok", "waiting", "open" or "paused"
	Failures int    // in a row
	InFlight int    // jobs there
	Parallel int    // jobs that may be there
	LastCode string // of the latest failure: our class, and the recipient's code
	LastOK   time.Time
	Since    time.Time // of a pause
	Until    time.Time // of the waiting that the recipient asked for
}

// View returns how a recipient is.
func (c *Control) View(r privacy.RecipientID) View {
	if c == nil {
		return View{State: "ok"}
	}
	paused, since := c.Paused(r)
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.lane(r)
	v := View{State: "ok", Failures: l.failures, InFlight: l.jobs, Parallel: l.limits.Parallel, LastCode: l.lastCode, LastOK: l.lastOK}
	switch state := l.breaker.State(); {
	case paused:
		v.State, v.Since = "paused", since
	case state == gobreaker.StateOpen:
		v.State = "open"
	case state == gobreaker.StateHalfOpen:
		v.State = "waiting"
	case c.clock.Now().Before(l.notUntil):
		v.State, v.Until = "waiting", l.notUntil
	}
	return v
}
