// Package pace knows how long a feature usually takes.
//
// It promises that nothing of a person is in it: the last few durations of a feature at a recipient, in
// memory, which a restart forgets. It never tells the duration of one task, and never writes anything.
package pace

import (
	"slices"
	"sync"
	"time"

	"vow.example/vow/internal/privacy"
)

// Way is what a duration depends on.
type Way struct {
	App       privacy.AppID
	Feature   privacy.FeatureID
	Recipient privacy.RecipientID
}

const (
	few  = 3                // fewer than these say nothing
	most = 15               // of the newest durations
	soon = 10 * time.Second // nothing is slow before that
)

// Book holds the newest durations. Its zero value is ready, and safe for concurrent use.
type Book struct {
	mu   sync.Mutex
	last map[Way][]time.Duration // oldest first
}

// Note adds the duration of a task that has succeeded.
func (b *Book) Note(w Way, took time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.last == nil {
		b.last = map[Way][]time.Duration{}
	}
	list := append(b.last[w], took)
	b.last[w] = list[max(0, len(list)-most):]
}

// Usual returns the median of the newest durations, or 0 while too few are known.
func (b *Book) Usual(w Way) time.Duration {
	b.mu.Lock()
	list := slices.Sorted(slices.Values(b.last[w]))
	b.mu.Unlock()
	if len(list) < few {
		return 0
	}
	return list[len(list)/2]
}

// SlowAfter returns how long a task may take before it is slower than usual: twice what is usual, and
// never a moment. 0: unknown.
func SlowAfter(usual time.Duration) time.Duration {
	if usual <= 0 {
		return 0
	}
	return max(2*usual, soon)
}
