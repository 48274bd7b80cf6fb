package live

import (
	"sync"

	"vow.example/vow/internal/privacy"
)

// What one reader may leave unread.
const (
	maxPieces = 4096
	maxUnread = 256 << 10 // bytes
)

// Reader reads along while the text of a task is made. It is safe for concurrent use.
type Reader struct {
	mu     sync.Mutex
	news   chan struct{}
	pieces []privacy.Text
	bytes  int
	behind bool // so far that the rest is not kept: a text with a hole would mislead
}

// Read returns a Reader of what is made of the task's text from now on, and a function that ends the
// reading.
func (b *Board) Read(id privacy.TaskID) (r *Reader, done func()) {
	r = &Reader{news: make(chan struct{}, 1)}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.readers[id] == nil {
		b.readers[id] = map[*Reader]bool{}
	}
	b.readers[id][r] = true
	return r, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.readers[id], r)
		if len(b.readers[id]) == 0 {
			delete(b.readers, id)
		}
	}
}

// Show hands a piece of the task's text to everyone who reads along. It waits for nobody.
func (b *Board) Show(id privacy.TaskID, piece privacy.Text) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for r := range b.readers[id] {
		r.add(piece)
	}
}

// News returns a channel that receives when there is something to take.
func (r *Reader) News() <-chan struct{} { return r.news }

// Take returns the pieces since the last call, in their order.
func (r *Reader) Take() []privacy.Text {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := r.pieces
	r.pieces, r.bytes = nil, 0
	return list
}

func (r *Reader) add(piece privacy.Text) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.behind = r.behind || len(r.pieces) >= maxPieces || r.bytes+piece.Len() > maxUnread
	if r.behind {
		return
	}
	r.pieces, r.bytes = append(r.pieces, piece), r.bytes+piece.Len()
	select {
	case r.news <- struct{}{}:
	default:
	}
}
