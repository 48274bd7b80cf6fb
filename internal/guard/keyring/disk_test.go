package keyring

import (
	"errors"
	"io"
	"slices"
	"sync"
)

// failure is how an operation of the disk fails.
type failure int

const (
	lost      failure = iota // failed, not persisted
	persisted                // failed, but persisted
	torn                     // failed, half of it persisted
)

var errDisk = errors.New("disk: injected failure")

// disk is a slot file with a page cache in front of it. Writes reach the cache; a sync carries what
// is dirty to the platter; a sync that failed takes the pages for clean all the same, as Linux does.
type disk struct {
	mu      sync.Mutex
	cache   []byte
	platter []byte
	dirty   [][2]int

	ops    int
	failAt int // the operation that fails; 0: none
	sticky bool
	how    failure
}

func newDisk(content []byte) *disk {
	return &disk{cache: slices.Clone(content), platter: slices.Clone(content)}
}

func (d *disk) failing() bool {
	d.ops++
	return d.failAt > 0 && (d.ops == d.failAt || d.sticky && d.ops > d.failAt)
}

func (d *disk) WriteAt(p []byte, off int64) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.failing() {
		d.cache = place(d.cache, p, int(off))
		d.dirty = append(d.dirty, [2]int{int(off), int(off) + len(p)})
		return len(p), nil
	}
	switch d.how {
	case persisted:
		d.cache, d.platter = place(d.cache, p, int(off)), place(d.platter, p, int(off))
	case torn:
		half := p[:len(p)/2]
		d.cache, d.platter = place(d.cache, half, int(off)), place(d.platter, half, int(off))
	}
	return 0, errDisk
}

func (d *disk) Sync() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	bad := d.failing()
	dirty := d.dirty
	d.dirty = nil
	if bad && d.how == torn {
		dirty = dirty[:len(dirty)/2]
	}
	if !bad || d.how != lost {
		for _, r := range dirty {
			d.platter = place(d.platter, d.cache[r[0]:r[1]], r[0])
		}
	}
	if bad {
		return errDisk
	}
	return nil
}

func (d *disk) ReadAt(p []byte, off int64) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failing() {
		return 0, errDisk
	}
	if int(off) >= len(d.cache) {
		return 0, io.EOF
	}
	n := copy(p, d.cache[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (d *disk) Size() (int64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return int64(len(d.cache)), nil
}

func (d *disk) Close() error { return nil }

// afterCrash returns what the next process may find: what is on the platter, and what would be there
// had the system written its dirty pages before it went down.
func (d *disk) afterCrash() [][]byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	flushed := slices.Clone(d.platter)
	for _, r := range d.dirty {
		flushed = place(flushed, d.cache[r[0]:r[1]], r[0])
	}
	return [][]byte{slices.Clone(d.platter), flushed}
}

func place(b, p []byte, off int) []byte {
	if need := off + len(p); need > len(b) {
		b = append(b, make([]byte, need-len(b))...)
	}
	copy(b[off:], p)
	return b
}
