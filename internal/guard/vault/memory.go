package vault

import (
	"fmt"
	"io"
	"sync"
	"time"

	"vow.example/vow/internal/guard/internal/envelope"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/privacy"
)

// ram holds objects of memory-only categories: sealed under a key of the ring that is in memory too,
// so that neither swap nor a dump shows content, and a restart ends them all.
type ram struct {
	mu      sync.Mutex
	limit   int64
	used    int64
	objects map[privacy.ObjectID]*ramObject
}

func newRAM(limit int64) *ram {
	return &ram{limit: limit, objects: map[privacy.ObjectID]*ramObject{}}
}

// ramObject is one sealed object as a list of pieces of one DARE package each.
type ramObject struct {
	app      privacy.AppID
	subject  privacy.SubjectID
	category privacy.Category
	bytes    int64 // of plaintext

	mu     sync.RWMutex
	pieces [][]byte
	due    time.Time
	wiped  bool
}

// putMemory seals content into memory. Memory is asked for piece by piece, so that the bound holds
// for content of unknown length; what does not fit is refused, and leaves nothing.
func (v *Vault) putMemory(ref Ref, due time.Time, content *counter) error {
	o := &ramObject{app: ref.App, subject: ref.Subject, category: ref.Category, due: due}
	key, err := v.ring.NewTaskKey(ref.Object)
	if err != nil {
		return fmt.Errorf("vault: put: %w", err)
	}
	defer clear(key)
	if err := v.ram.fill(o, content, key); err != nil {
		v.ram.release(o.wipe())
		v.ring.DestroyTaskKey(ref.Object)
		return err
	}
	o.bytes = content.n
	v.ram.mu.Lock()
	defer v.ram.mu.Unlock()
	v.ram.objects[ref.Object] = o
	return nil
}

func (m *ram) fill(o *ramObject, content io.Reader, key []byte) error {
	enc, err := envelope.Encrypt(content, key)
	if err != nil {
		return fmt.Errorf("vault: put: %w", err)
	}
	// Small things take small pieces: the first package is read into a buffer and copied to size.
	buf := make([]byte, envelope.SealedPackage)
	for {
		n, err := io.ReadFull(enc, buf)
		if n > 0 {
			if !m.reserve(int64(n)) {
				return ErrBusy
			}
			o.pieces = append(o.pieces, append(make([]byte, 0, n), buf[:n]...))
		}
		switch err {
		case nil:
		case io.EOF, io.ErrUnexpectedEOF:
			return nil
		default:
			return fmt.Errorf("vault: put: %w", err)
		}
	}
}

func (m *ram) reserve(n int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n > m.limit-m.used {
		return false
	}
	m.used += n
	return true
}

func (m *ram) release(n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.used -= n
}

// find returns an object that is the ref's and not erased.
func (m *ram) find(ref Ref) (*ramObject, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := m.objects[ref.Object]
	if o == nil || o.app != ref.App || o.subject != ref.Subject || o.category != ref.Category || o.bytes != ref.Bytes {
		return nil, ErrErased
	}
	return o, nil
}

// shorten moves the object's own end earlier.
func (m *ram) shorten(ref Ref, due time.Time) (Ref, error) {
	o, err := m.find(ref)
	if err != nil {
		return ref, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if due.After(o.due) {
		return ref, ErrLater
	}
	o.due = due
	ref.Epoch = keyring.Epoch(due)
	return ref, nil
}

func (m *ram) erase(ring *keyring.Ring, id privacy.ObjectID) {
	ring.DestroyTaskKey(id)
	m.mu.Lock()
	o := m.objects[id]
	delete(m.objects, id)
	m.mu.Unlock()
	if o != nil {
		m.release(o.wipe())
	}
}

// end returns when the object is due.
func (o *ramObject) end() time.Time {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.due
}

// wipe overwrites the pieces and returns how much they took.
func (o *ramObject) wipe() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	var n int64
	for _, p := range o.pieces {
		n += int64(len(p))
		clear(p)
	}
	o.pieces, o.wiped = nil, true
	return n
}

// ReadAt reads sealed bytes.
func (o *ramObject) ReadAt(p []byte, off int64) (int, error) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	if o.wiped {
		return 0, ErrErased
	}
	n := 0
	for n < len(p) {
		i, at := int((off+int64(n))/envelope.SealedPackage), (off+int64(n))%envelope.SealedPackage
		if i >= len(o.pieces) || at >= int64(len(o.pieces[i])) {
			return n, io.EOF
		}
		n += copy(p[n:], o.pieces[i][at:])
	}
	return n, nil
}
