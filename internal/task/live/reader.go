package live

import (
	"slices"
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
	about  []string // the notices that hold for what has come
	bytes  int
	taken  int  // bytes of the text that were taken
	behind bool // so far that the rest is not kept: a text with a hole would mislead
}

// said is the text of a task that is worked on, as far as it was shown.
type said struct {
	pieces []privacy.Text
	bytes  int
	about  []string
	over   bool // there was more than one reader may leave unread
}

// Read returns a Reader of the task's text, and a function that ends the reading. What came before is
// there as long as the task is worked on.
func (b *Board) Read(id privacy.TaskID) (r *Reader, done func()) {
	r = &Reader{news: make(chan struct{}, 1)}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.readers[id] == nil {
		b.readers[id] = map[*Reader]bool{}
	}
	b.readers[id][r] = true
	if s := b.said[id]; s != nil {
		r.begin(s)
	}
	return r, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.readers[id], r)
		if len(b.readers[id]) == 0 {
			delete(b.readers, id)
		}
	}
}

// Show hands a piece of the task's text to everyone who reads along, with the notices that hold for all
// that has come. It waits for nobody.
func (b *Board) Show(id privacy.TaskID, piece privacy.Text, notices []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, worked := b.stop[id]; worked {
		b.remember(id, piece, notices)
	}
	for r := range b.readers[id] {
		r.add(piece, notices)
	}
}

// remember keeps a piece for those who come later.
func (b *Board) remember(id privacy.TaskID, piece privacy.Text, notices []string) {
	s := b.said[id]
	if s == nil {
		s = &said{}
		b.said[id] = s
	}
	s.about = notices
	if s.over = s.over || len(s.pieces) >= maxPieces || s.bytes+piece.Len() > maxUnread; s.over {
		s.pieces, s.bytes = nil, 0
		return
	}
	s.pieces, s.bytes = append(s.pieces, piece), s.bytes+piece.Len()
}

// begin gives a new reader what was said before. Where that is not kept any more, it reads nothing.
func (r *Reader) begin(s *said) {
	r.pieces, r.bytes, r.about, r.behind = slices.Clone(s.pieces), s.bytes, s.about, s.over
	if len(r.pieces) > 0 {
		r.news <- struct{}{}
	}
}

// News returns a channel that receives when there is something to take.
func (r *Reader) News() <-chan struct{} { return r.news }

// Take returns the pieces since the last call, in their order, with the notices that hold for them and
// with how many bytes of the text came before: 0 where it begins.
func (r *Reader) Take() (at int, pieces []privacy.Text, notices []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, pieces = r.taken, r.pieces
	r.taken += r.bytes
	r.pieces, r.bytes = nil, 0
	return at, pieces, r.about
}

func (r *Reader) add(piece privacy.Text, notices []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.about = notices
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
