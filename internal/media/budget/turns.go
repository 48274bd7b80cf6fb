package budget

import (
	"context"
	"sync"
)

// Turns lets each person do one thing at a time, and a few of their further ones wait. It is safe for
// concurrent use.
type Turns struct {
	mu   sync.Mutex
	line int
	busy map[string]*turn
}

// turn is the line of one person: the channel holds a token while nobody is at work.
type turn struct {
	token chan struct{}
	users int
}

// NewTurns returns turns in which a person has at most line things, the one at work counted.
func NewTurns(line int) *Turns { return &Turns{line: line, busy: map[string]*turn{}} }

// Wait waits for the person's turn. ok is false where the line is full or the context ended; otherwise
// done must be called.
func (t *Turns) Wait(ctx context.Context, person string) (done func(), ok bool) {
	t.mu.Lock()
	one := t.busy[person]
	if one == nil {
		one = &turn{token: make(chan struct{}, 1)}
		one.token <- struct{}{}
		t.busy[person] = one
	}
	if one.users >= t.line {
		t.mu.Unlock()
		return nil, false
	}
	one.users++
	t.mu.Unlock()
	leave := func() {
		t.mu.Lock()
		if one.users--; one.users == 0 {
			delete(t.busy, person)
		}
		t.mu.Unlock()
	}
	select {
	case <-one.token:
		return func() { one.token <- struct{}{}; leave() }, true
	case <-ctx.Done():
		leave()
		return nil, false
	}
}
