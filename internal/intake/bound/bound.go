// Package bound counts how often somebody comes, and remembers what came already.
//
// It promises that what it counts is forgotten with the stretch of time that it belongs to. It never writes
// anything down, and it never says who came.
package bound

import (
	"sync"
	"time"

	"vow.example/vow/internal/privacy"
)

// How often one subject may call.
const (
	PerMinute = 60
	PerDay    = 2000
)

// Rates bound how often one subject may call. The zero Rates are ready.
type Rates struct {
	mu     sync.Mutex
	minute window
	day    window
}

// window counts calls of one stretch of time.
type window struct {
	begun  time.Time
	counts map[caller]int
}

type caller struct {
	app     privacy.AppID
	subject privacy.SubjectID
}

// Take counts a call and reports whether it is within the bounds.
func (r *Rates) Take(app privacy.AppID, s privacy.SubjectID, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	who := caller{app, s}
	return r.minute.count(who, now.Truncate(time.Minute)) <= PerMinute && r.day.count(who, now.Truncate(24*time.Hour)) <= PerDay
}

func (w *window) count(who caller, begun time.Time) int {
	if !w.begun.Equal(begun) || w.counts == nil {
		w.begun, w.counts = begun, map[caller]int{}
	}
	w.counts[who]++
	return w.counts[who]
}
