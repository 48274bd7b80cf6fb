package kit

import (
	"slices"
	"sync"
)

// Script holds what the next calls are to meet, in order and each once. The zero Script is empty.
// It is safe for concurrent use and has a lock of its own.
type Script[T any] struct {
	mu   sync.Mutex
	list []T
}

// Add puts an item at the end.
func (s *Script[T]) Add(item T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, item)
}

// Next removes and returns the first item that fits; nil fits every one. Where none does, it returns
// the zero item.
func (s *Script[T]) Next(fits func(item T) bool) (item T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.IndexFunc(s.list, func(item T) bool { return fits == nil || fits(item) })
	if at < 0 {
		return item
	}
	item = s.list[at]
	s.list = slices.Delete(s.list, at, at+1)
	return item
}
