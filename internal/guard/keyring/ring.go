// Package keyring holds the keys whose destruction is how Vow forgets.
//
// It promises that a destroyed key is overwritten in place, synced and read back before anyone is
// told so, and is never revived by a restart; that a key is on disk before its first use; that the
// key file names nobody and does not show how many of its slots are in use; that a failed
// destruction denies the key at once and is retried; and that it remembers what was erased (see
// Bury), so that neither an object whose hour is not over nor an account comes back with a backup of
// the other files. It never puts a key into a database, a backup or a log, and keys of tasks never
// leave memory.
//
// What it cannot promise: the read-back after a destruction is served by the page cache, not by the
// platter, and a file system that writes elsewhere (copy on write, data journal, flash translation)
// may keep the old bytes. SelfTest looks for those file systems, and the root key outside the data
// directory is the second line: without it the slot file is noise. A slot that rots on disk looks
// like a free one: its key is lost, and what was sealed under it is erased early. Go may hold copies
// of derived keys in its own heap for a while; only the keys at rest in the ring live in locked
// memory that is left out of core dumps.
package keyring

import (
	"bytes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"sync"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/privacy"
)

// ErrErased says that the key is gone: its hour has passed, its person was erased, or it never was.
var ErrErased = fault.New(fault.Gone, "erased", "This was erased.")

// The ways in which a key file does not open.
var (
	ErrLocked    = errors.New("keyring: another process has the key file open")
	ErrWrongRoot = errors.New("keyring: the root key does not open this key file")
	ErrDamaged   = errors.New("keyring: the key file is damaged")
)

var errClosed = errors.New("keyring: closed")

type taskID = privacy.ObjectID

// Ring is an open slot file with its keys in locked memory. It is safe for concurrent use.
type Ring struct {
	mu      sync.RWMutex
	disk    sync.Mutex // one write, sync and read-back at a time: a sync that fails speaks for all writes before it
	file    file
	aead    cipher.AEAD
	mem     *memory
	root    []byte
	slots   int64
	free    []int64
	tainted []int64 // slots of failed creations: on disk they may hold a key that nobody was given
	keys    map[label]*entry
	tasks   map[taskID][]byte
	graves  graves
	past    int64 // every hour up to this one is over
	live    bool  // the zero Ring is not: it serves nothing
}

type entry struct {
	slot  int64
	key   []byte
	dying bool // its destruction was asked for and failed: denied, and tried again
}

// Open opens the slot file at path, or makes it, and takes its keys into memory. It fails with
// ErrLocked, ErrWrongRoot or ErrDamaged.
func Open(path string, root Root) (*Ring, error) {
	key, err := root.Key()
	if err != nil {
		return nil, err
	}
	defer clear(key[:])
	f, err := openFile(path, key)
	if err != nil {
		return nil, err
	}
	r, err := open(f, key)
	if err != nil {
		_ = f.Close() // nothing was written
		return nil, err
	}
	return r, nil
}

func open(f file, root [KeySize]byte) (*Ring, error) {
	aead, err := unlock(f, root)
	if err != nil {
		return nil, err
	}
	r := &Ring{
		file: f, aead: aead, mem: newMemory(), live: true,
		keys: map[label]*entry{}, tasks: map[taskID][]byte{},
	}
	if r.root, err = r.mem.keep(root[:]); err == nil {
		r.graves, err = newGraves(r.mem, r.root)
	}
	if err == nil {
		err = r.load()
	}
	if err != nil {
		r.mem.close()
		return nil, err
	}
	return r, nil
}

// load reads every slot. A cut last slot, left by a growth that failed, is written again with the
// next growth.
func (r *Ring) load() error {
	size, err := r.file.Size()
	if err != nil || size < headerSize {
		return ErrDamaged
	}
	r.slots = (size - headerSize) / slotSize
	chunk := make([]byte, chunkSlots*slotSize)
	for first := int64(0); first < r.slots; first += chunkSlots {
		n := min(r.slots-first, chunkSlots)
		if _, err := r.file.ReadAt(chunk[:n*slotSize], slotOffset(first)); err != nil && err != io.EOF {
			return fmt.Errorf("keyring: read key file: %w", cause(err))
		}
		for i := range n {
			if err := r.loadSlot(first+i, chunk[i*slotSize:(i+1)*slotSize]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Ring) loadSlot(slot int64, form []byte) error {
	plain, used := openPlain(r.aead, slot, form)
	if !used {
		r.free = append(r.free, slot)
		return nil
	}
	defer clear(plain)
	switch kind(plain[0]) {
	case objectsGone, subjectGone:
		return r.graves.load(slot, plain)
	case epochKind, subjectKind:
	default:
		return ErrDamaged // or of a later program; either way not to be written over
	}
	l, key := readSlot(plain)
	if _, twice := r.keys[l]; twice {
		return ErrDamaged // no sequence of failures leads here; do not guess which one is right
	}
	cell, err := r.mem.keep(key)
	if err != nil {
		return err
	}
	r.keys[l] = &entry{slot: slot, key: cell}
	r.graves.saw(l)
	return nil
}

// Close wipes every key in memory and lets go of the file. Task keys end here.
func (r *Ring) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.live {
		return nil
	}
	r.live = false
	r.mem.close()
	r.keys, r.tasks, r.root, r.graves = nil, nil, nil, graves{}
	if err := r.file.Close(); err != nil {
		return fmt.Errorf("keyring: close: %w", cause(err))
	}
	return nil
}

// MemoryLocked reports whether every key rests in memory that is never swapped out.
func (r *Ring) MemoryLocked() bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.live && r.mem.locked
}

// create makes a key and has it on disk before anyone can use it. If any step fails the slot's state
// is unknown: it is tainted, and no key is made until it was overwritten, so that the same label can
// never be on disk twice.
func (r *Ring) create(l label) (*entry, error) {
	if err := r.ready(); err != nil {
		return nil, err
	}
	key := make([]byte, KeySize)
	_, _ = rand.Read(key)
	slot := r.free[len(r.free)-1]
	form, err := sealSlot(r.aead, slot, l, key)
	if err != nil {
		return nil, err
	}
	cell, err := r.mem.keep(key)
	if err != nil {
		return nil, err
	}
	r.free = r.free[:len(r.free)-1]
	if err := r.write(slot, form); err != nil {
		r.mem.drop(cell)
		r.tainted = append(r.tainted, slot)
		return nil, unavailable("create key", err)
	}
	e := &entry{slot: slot, key: cell}
	r.keys[l] = e
	r.graves.saw(l)
	return e, nil
}

// ready leaves at least one free slot and no tainted one.
func (r *Ring) ready() error {
	for len(r.tainted) > 0 {
		slot := r.tainted[len(r.tainted)-1]
		if err := r.write(slot, noise()); err != nil {
			return unavailable("clear slot", err)
		}
		r.tainted = r.tainted[:len(r.tainted)-1]
		r.free = append(r.free, slot)
	}
	if len(r.free) > 0 {
		return nil
	}
	r.disk.Lock()
	err := extend(r.file, r.slots)
	r.disk.Unlock()
	if err != nil {
		return unavailable("grow key file", err)
	}
	for i := range int64(chunkSlots) {
		r.free = append(r.free, r.slots+chunkSlots-1-i)
	}
	r.slots += chunkSlots
	return nil
}

// destroy ends a key. From the first moment the key is denied; it counts as destroyed only when the
// overwritten slot was synced and read back. tomb takes the key's place, where there is one. Every
// attempt writes anew: after a failed sync the system may take the old write for clean.
func (r *Ring) destroy(l label, e *entry, tomb []byte) error {
	e.dying = true
	form := tomb
	if form == nil {
		form = noise()
	}
	if err := r.destroySlot(e.slot, form); err != nil {
		return unavailable("destroy key", err)
	}
	r.dropKey(l, e, tomb == nil)
	return nil
}

// noise is the form of a free slot.
func noise() []byte {
	form := make([]byte, slotSize)
	_, _ = rand.Read(form)
	return form
}

// write puts a slot's form on disk and reads it back.
func (r *Ring) write(slot int64, form []byte) error {
	return r.writeForms([]written{{slot, form}})
}

// written is a slot and the form that it gets.
type written struct {
	slot int64
	form []byte
}

// writeForms puts several forms on disk with one sync, and reads each back.
func (r *Ring) writeForms(list []written) error {
	r.disk.Lock()
	defer r.disk.Unlock()
	for _, w := range list {
		if err := writeAll(r.file, w.form, slotOffset(w.slot)); err != nil {
			return err
		}
	}
	if err := r.file.Sync(); err != nil {
		return err
	}
	got := make([]byte, slotSize)
	for _, w := range list {
		if _, err := r.file.ReadAt(got, slotOffset(w.slot)); err != nil && err != io.EOF {
			return err
		}
		if !bytes.Equal(got, w.form) {
			return fmt.Errorf("slot reads back differently")
		}
	}
	return nil
}

func unavailable(what string, err error) error {
	return fault.New(fault.Unavailable, "keyring", "The key file cannot be written.").
		Because(fmt.Errorf("keyring: %s: %w", what, cause(err)))
}
