package keyring

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"vow.example/vow/internal/privacy"
)

// markSize is how much of a digest a tombstone keeps: identifiers are random, so nothing collides.
const markSize = 16

// marksPerSlot is how many tombstones of one hour share a slot.
const marksPerSlot = (plainSize - 1 - 8 - 1) / markSize

// mark is what a tombstone knows something by: a digest under a key of the root key. The file names
// nobody even to somebody who opens its slots.
type mark [markSize]byte

// Erased names an object that is erased before every hour it may lie under is over.
type Erased struct {
	App    privacy.AppID
	Class  string // the category
	Object privacy.ObjectID
}

// graves is what the ring knows of the dead. An object's tombstone lasts until no key is left that any
// copy of its header could be opened with: that is the latest hour in which a key of its category dies,
// as hours that begin later have keys that no earlier header was sealed under. A person's lasts without
// end. It is guarded by the ring's lock.
type graves struct {
	key      []byte
	latest   map[label]int64 // by app and category: the last hour that a key was seen of
	objects  map[mark]grave
	subjects map[mark]bool     // true: on disk
	slots    map[int64][]int64 // by hour: slots that are free again when it is over
	cleared  int64             // the hour up to which that was done
}

type grave struct {
	hour   int64
	onDisk bool
}

func newGraves(mem *memory, root []byte) (graves, error) {
	key, err := hkdf.Key(sha256.New, root, nil, "vow tombstones 1", KeySize)
	if err != nil {
		return graves{}, fmt.Errorf("keyring: key of tombstones: %w", err)
	}
	cell, err := mem.keep(key)
	return graves{
		key: cell, latest: map[label]int64{}, objects: map[mark]grave{}, subjects: map[mark]bool{}, slots: map[int64][]int64{},
	}, err
}

func (g *graves) mark(kind kind, app privacy.AppID, id string) (m mark) {
	h := hmac.New(sha256.New, g.key)
	fmt.Fprintf(h, "%d|%d:%s|%s", kind, len(app), app, id) // a hash takes everything
	copy(m[:], h.Sum(nil))
	return m
}

// saw notes until when a category has a key.
func (g *graves) saw(l label) {
	if l.kind != epochKind {
		return
	}
	hour := l.hour
	l.hour = 0
	g.latest[l] = max(g.latest[l], hour)
}

func (g *graves) holdsObject(app privacy.AppID, id privacy.ObjectID) bool {
	if len(g.objects) == 0 {
		return false
	}
	_, ok := g.objects[g.mark(objectsGone, app, string(id))]
	return ok
}

func (g *graves) holdsSubject(app privacy.AppID, id privacy.SubjectID) bool {
	if len(g.subjects) == 0 {
		return false
	}
	_, ok := g.subjects[g.mark(subjectGone, app, string(id))]
	return ok
}

// load takes in the tombstones of a slot.
func (g *graves) load(slot int64, plain []byte) error {
	hour, n := int64(binary.BigEndian.Uint64(plain[1:])), int(plain[9])
	if n > marksPerSlot {
		return ErrDamaged
	}
	for i := range n {
		m := mark(plain[10+i*markSize:])
		if kind(plain[0]) == subjectGone {
			g.subjects[m] = true
			continue
		}
		g.objects[m] = grave{max(hour, g.objects[m].hour), true}
	}
	if kind(plain[0]) == objectsGone {
		g.slots[hour] = append(g.slots[hour], slot)
	}
	return nil
}

// clearUpTo forgets the tombstones of hours that are over, and returns their slots. Nothing is
// overwritten: what such a slot says is true for ever, and does no harm when it is read again.
func (g *graves) clearUpTo(hour int64) (free []int64) {
	if hour <= g.cleared {
		return nil // once an hour: there may be many
	}
	g.cleared = hour
	for h, slots := range g.slots {
		if h <= hour {
			free = append(free, slots...)
			delete(g.slots, h)
		}
	}
	maps.DeleteFunc(g.objects, func(_ mark, at grave) bool { return at.hour <= hour })
	return free
}

// tomb is the plain form of a slot with tombstones.
func tomb(kind kind, hour int64, marks []mark) []byte {
	plain := make([]byte, plainSize)
	plain[0], plain[9] = byte(kind), byte(len(marks))
	binary.BigEndian.PutUint64(plain[1:], uint64(hour))
	for i, m := range marks {
		copy(plain[10+i*markSize:], m[:])
	}
	return plain
}

// burial is one slot of tombstones on its way to disk.
type burial struct {
	written
	hour  int64
	marks []mark
}

// Bury writes down that objects are erased, whatever may come back of their rows and headers: from
// this moment their keys are never derived again, and the tombstones are on disk, with one sync for
// all of them, when it returns. It comes before the headers are overwritten. An error means: denied,
// but not yet remembered; call it again. What is remembered already, and what no key is left for,
// costs nothing.
func (r *Ring) Bury(list ...Erased) error {
	due, err := r.dig(list)
	if err != nil || len(due) == 0 {
		return err
	}
	forms := make([]written, len(due))
	for i, b := range due {
		forms[i] = b.written
	}
	err = r.writeForms(forms)
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.live {
		return errClosed
	}
	for _, b := range due {
		if err != nil {
			r.tainted = append(r.tainted, b.slot)
			continue
		}
		r.graves.slots[b.hour] = append(r.graves.slots[b.hour], b.slot)
		for _, m := range b.marks {
			r.graves.objects[m] = grave{max(b.hour, r.graves.objects[m].hour), true}
		}
	}
	if err != nil {
		return unavailable("write tombstones", err)
	}
	return nil
}

// dig denies the objects and takes slots for the tombstones that are not on disk yet. Nothing is
// written under the ring's lock but what making room takes: others read their keys meanwhile.
func (r *Ring) dig(list []Erased) (due []burial, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.live {
		return nil, errClosed
	}
	for hour, marks := range r.unburied(list) {
		for some := range slices.Chunk(marks, marksPerSlot) {
			if err := r.ready(); err != nil {
				for _, b := range due {
					r.free = append(r.free, b.slot) // nothing was written there
				}
				return nil, err
			}
			slot := r.free[len(r.free)-1]
			r.free = r.free[:len(r.free)-1]
			due = append(due, burial{written{slot, sealPlain(r.aead, slot, tomb(objectsGone, hour, some))}, hour, some})
		}
	}
	return due, nil
}

// unburied marks the objects as erased, and returns by hour those that no tombstone on disk speaks of.
func (r *Ring) unburied(list []Erased) map[int64][]mark {
	byHour := map[int64][]mark{}
	for _, o := range list {
		hour := r.graves.latest[label{kind: epochKind, app: string(o.App), name: o.Class}]
		m := r.graves.mark(objectsGone, o.App, string(o.Object))
		at, known := r.graves.objects[m]
		if hour <= r.past || known && at.onDisk && at.hour >= hour {
			continue
		}
		r.graves.objects[m] = grave{hour, false}
		if !slices.Contains(byHour[hour], m) {
			byHour[hour] = append(byHour[hour], m)
		}
	}
	return byHour
}

// DestroySubject destroys a person's key in an app: everything they have there ends with one
// overwrite, and nothing more is ever stored under this pseudonym. What overwrites the key is the
// tombstone that remembers the person without end, by a digest of the random pseudonym; it is written
// where there was no key too. It does nothing on disk the second time.
func (r *Ring) DestroySubject(app privacy.AppID, subject privacy.SubjectID) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.live {
		return errClosed
	}
	l, m := ObjectKey{App: app, Subject: subject}.subject(), r.deny(app, subject)
	e, remembered := r.keys[l], r.graves.subjects[m]
	switch {
	case e == nil && remembered:
		return nil
	case e == nil:
		return r.remember(m)
	case remembered:
		return r.destroy(l, e, nil)
	}
	if err := r.destroy(l, e, sealPlain(r.aead, e.slot, tomb(subjectGone, 0, []mark{m}))); err != nil {
		return err
	}
	r.graves.subjects[m] = true
	return nil
}

// BurySubject remembers a person as DestroySubject does and leaves the key: what an order keeps of them
// can still be opened, until DestroySubject. No other key is ever made under this pseudonym.
func (r *Ring) BurySubject(app privacy.AppID, subject privacy.SubjectID) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.live {
		return errClosed
	}
	if m := r.deny(app, subject); !r.graves.subjects[m] {
		return r.remember(m)
	}
	return nil
}

// deny ends every new key of a person, before anything is on disk.
func (r *Ring) deny(app privacy.AppID, subject privacy.SubjectID) mark {
	m := r.graves.mark(subjectGone, app, string(subject))
	if !r.graves.subjects[m] {
		r.graves.subjects[m] = false
	}
	return m
}

// remember writes the tombstone of a person to a slot of its own.
func (r *Ring) remember(m mark) error {
	if err := r.ready(); err != nil {
		return err
	}
	slot := r.free[len(r.free)-1]
	r.free = r.free[:len(r.free)-1]
	if err := r.write(slot, sealPlain(r.aead, slot, tomb(subjectGone, 0, []mark{m}))); err != nil {
		r.tainted = append(r.tainted, slot)
		return unavailable("write tombstone", err)
	}
	r.graves.subjects[m] = true
	return nil
}

// HasSubject reports whether a person's key exists.
func (r *Ring) HasSubject(app privacy.AppID, subject privacy.SubjectID) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	e := r.keys[ObjectKey{App: app, Subject: subject}.subject()]
	return e != nil && !e.dying
}

// ErasedObject reports whether a tombstone speaks of the object: where its row is there all the same,
// it came back with a backup, or its erasure was cut off.
func (r *Ring) ErasedObject(app privacy.AppID, id privacy.ObjectID) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.live && r.graves.holdsObject(app, id)
}

// ErasedSubject is ErasedObject for a person's account in an app.
func (r *Ring) ErasedSubject(app privacy.AppID, id privacy.SubjectID) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.live && r.graves.holdsSubject(app, id)
}

// Tombstones returns how many objects and persons are remembered as erased.
func (r *Ring) Tombstones() (objects, subjects int) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return len(r.graves.objects), len(r.graves.subjects)
}
