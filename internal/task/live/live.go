// Package live knows what goes on right now: who watches a task, who reads along while its text is
// made, which tasks are worked on, which wait to be looked at because of a hint, and how many uploads a
// person sends at this moment.
//
// It promises that nothing is left of a task, a watch, a reading or an upload that has ended, that a
// reader who is slow costs a bounded room, and that one who comes late, or again, reads the text from its
// beginning. It never keeps anything over a restart, and never shows one reader a piece twice or a text
// with a hole.
package live

import (
	"context"
	"sync"

	"vow.example/vow/internal/privacy"
)

// Board is the state of the moment. It is safe for concurrent use.
type Board struct {
	mu       sync.Mutex
	waiting  map[privacy.TaskID]map[chan struct{}]bool
	stop     map[privacy.TaskID]context.CancelFunc
	hints    map[privacy.TaskID]bool
	incoming map[privacy.SubjectID]int
	readers  map[privacy.TaskID]map[*Reader]bool
	said     map[privacy.TaskID]*said
}

// New returns an empty Board.
func New() *Board {
	return &Board{
		waiting: map[privacy.TaskID]map[chan struct{}]bool{}, stop: map[privacy.TaskID]context.CancelFunc{},
		hints: map[privacy.TaskID]bool{}, incoming: map[privacy.SubjectID]int{}, readers: map[privacy.TaskID]map[*Reader]bool{}, said: map[privacy.TaskID]*said{},
	}
}

// Watch returns a channel that receives after every change of the task, and a function that ends
// the watch.
func (b *Board) Watch(id privacy.TaskID) (news <-chan struct{}, done func()) {
	ch := make(chan struct{}, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.waiting[id] == nil {
		b.waiting[id] = map[chan struct{}]bool{}
	}
	b.waiting[id][ch] = true
	return ch, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.waiting[id], ch)
		if len(b.waiting[id]) == 0 {
			delete(b.waiting, id)
		}
	}
}

// Wake tells everyone who watches the task that it has changed.
func (b *Board) Wake(id privacy.TaskID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for ch := range b.waiting[id] {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
}

// Hint reports whether no other hint about the task is waiting yet, and lets this one wait.
func (b *Board) Hint(id privacy.TaskID) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	first := !b.hints[id]
	b.hints[id] = true
	return first
}

// Heed ends the waiting of a hint: the task is looked at.
func (b *Board) Heed(id privacy.TaskID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.hints, id)
}

// Arrive counts an upload that comes in until left is called, and returns how many do.
func (b *Board) Arrive(id privacy.SubjectID) (n int, left func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.incoming[id]++
	return b.incoming[id], func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.incoming[id]--; b.incoming[id] == 0 {
			delete(b.incoming, id)
		}
	}
}

// Start notes that the task is worked on until done is called, under a context that Cancel ends.
func (b *Board) Start(ctx context.Context, id privacy.TaskID) (work context.Context, done func()) {
	ctx, cancel := context.WithCancel(ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stop[id] = cancel
	return ctx, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.stop, id)
		delete(b.said, id)
		cancel()
	}
}

// Cancel reaches whoever works on the task.
func (b *Board) Cancel(id privacy.TaskID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if cancel, ok := b.stop[id]; ok {
		cancel()
	}
}

// Idle reports whether nothing goes on at all.
func (b *Board) Idle() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.waiting) == 0 && len(b.stop) == 0 && len(b.hints) == 0 && len(b.incoming) == 0 && len(b.readers) == 0 && len(b.said) == 0
}
