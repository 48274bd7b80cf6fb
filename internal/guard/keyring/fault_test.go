package keyring

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/privacy"
)

func testRoot(b byte) (root [KeySize]byte) {
	for i := range root {
		root[i] = b + byte(i)
	}
	return root
}

func hour(n int64) time.Time { return time.Unix(n*3600, 0).UTC() }

func objectKey(subject string, h int64) ObjectKey {
	return ObjectKey{App: "pixplus", Class: "source_photo", Subject: privacy.SubjectID("sub_" + subject), Object: "upl_1", PolicyHash: "ab12", Epoch: hour(h)}
}

// world is a ring on a failing disk, and what was reported about its keys.
type world struct {
	disk    *disk
	ring    *Ring
	made    map[label][]byte // reported created, not asked to be destroyed
	ended   map[string]label // key bytes reported destroyed
	unknown map[label][]byte // destruction was asked for and not reported
	buried  map[Erased]int64 // reported remembered, and until when at least
	people  map[privacy.SubjectID]bool
	past    int64
}

func newWorld(t interface{ Fatal(...any) }, free int) *world {
	d := newDisk(nil)
	if err := format(d, testRoot(1)); err != nil {
		t.Fatal(err)
	}
	d = newDisk(d.afterCrash()[0][:slotOffset(int64(free))]) // so that a growth comes soon
	r, err := open(d, testRoot(1))
	if err != nil {
		t.Fatal(err)
	}
	return &world{disk: d, ring: r, made: map[label][]byte{}, ended: map[string]label{}, unknown: map[label][]byte{}, buried: map[Erased]int64{}, people: map[privacy.SubjectID]bool{}}
}

// dead names an object that was erased.
func dead(id string) Erased {
	return Erased{App: "pixplus", Class: "source_photo", Object: privacy.ObjectID("upl_" + id)}
}

func (w *world) bury(list ...Erased) error {
	err := w.ring.Bury(list...)
	if err == nil {
		for _, o := range list {
			w.buried[o] = max(w.buried[o], w.ring.graves.latest[label{kind: epochKind, app: "pixplus", name: "source_photo"}])
		}
	}
	return err
}

// note records what the ring holds after it reported success for the labels.
func (w *world) note(labels ...label) {
	for _, l := range labels {
		if e := w.ring.keys[l]; e != nil && !e.dying {
			w.made[l] = bytes.Clone(e.key)
		}
	}
}

func (w *world) create(k ObjectKey) error {
	_, err := w.ring.DeriveNew(k)
	if err == nil {
		w.note(k.epoch(), k.subject())
	}
	return err
}

// end runs a destruction of the labels and records what it reported.
func (w *world) end(do func() error, labels ...label) error {
	for _, l := range labels {
		if key, ok := w.made[l]; ok {
			w.unknown[l] = key
			delete(w.made, l)
		}
	}
	err := do()
	for _, l := range labels {
		if key, asked := w.unknown[l]; asked && w.ring.keys[l] == nil {
			w.ended[string(key)] = l
			delete(w.unknown, l)
		}
	}
	return err
}

func (w *world) endSubject(k ObjectKey) error {
	err := w.end(func() error { return w.ring.DestroySubject(k.App, k.Subject) }, k.subject())
	if err == nil {
		w.people[k.Subject] = true
	}
	return err
}

func (w *world) burySubject(k ObjectKey) error {
	err := w.ring.BurySubject(k.App, k.Subject)
	if err == nil {
		w.people[k.Subject] = true
	}
	return err
}

func (w *world) endHours(h int64) error {
	var due []label
	for l := range w.ring.keys {
		if l.kind == epochKind && l.hour <= h {
			due = append(due, l)
		}
	}
	w.past = max(w.past, h)
	return w.end(func() error { _, err := w.ring.DestroyEpochs(hour(h)); return err }, due...)
}

// check opens what a crash at this moment would leave, in every form.
func (w *world) check() error {
	for i, content := range w.disk.afterCrash() {
		r, err := open(newDisk(content), testRoot(1))
		if err != nil {
			return fmt.Errorf("form %d does not open: %w", i, err)
		}
		for l, key := range w.made {
			if e := r.keys[l]; e == nil || !bytes.Equal(e.key, key) {
				return fmt.Errorf("form %d lost a key that was reported created: %v", i, l)
			}
		}
		for l, e := range r.keys {
			if was, dead := w.ended[string(e.key)]; dead {
				return fmt.Errorf("form %d revived a key that was reported destroyed: %v as %v", i, was, l)
			}
		}
		if err := w.remembers(r); err != nil {
			return fmt.Errorf("form %d %w", i, err)
		}
		if err := r.Close(); err != nil {
			return err
		}
	}
	return nil
}

// remembers compares what a ring knows of the dead with what was reported.
func (w *world) remembers(r *Ring) error {
	for o, until := range w.buried {
		if until > w.past && !r.ErasedObject(o.App, o.Object) {
			return fmt.Errorf("forgot that %s was erased", o.Object)
		}
	}
	for s := range w.people {
		if !r.ErasedSubject("pixplus", s) {
			return fmt.Errorf("forgot that %s was erased", s)
		}
		if r.HasSubject("pixplus", s) {
			continue // an order needs the key, or its destruction was not reported
		}
		if _, err := r.DeriveNew(ObjectKey{App: "pixplus", Class: "source_photo", Subject: s, Object: "upl_late", PolicyHash: "ab12", Epoch: hour(w.past + 50)}); !errors.Is(err, ErrErased) {
			return fmt.Errorf("makes a new key for %s: %w", s, err)
		}
	}
	if r.ErasedObject("pixplus", "upl_alive") || r.ErasedSubject("pixplus", "sub_alive") {
		return errors.New("takes the living for dead")
	}
	return nil
}

// life is what the exhaustive test does: creations, a growth, destructions, retries.
func life(w *world) []func() error {
	a, b, c := objectKey("a", 10), objectKey("b", 11), objectKey("c", 12)
	return []func() error{
		func() error { return w.create(a) },
		func() error { return w.create(b) },
		func() error { return w.bury(dead("1"), dead("2")) },
		func() error { return w.create(b) },
		func() error { return w.bury(dead("1"), dead("2"), dead("3")) },
		func() error { return w.endSubject(a) },
		func() error { return w.endSubject(a) },
		func() error { return w.endSubject(objectKey("nobody", 10)) },
		func() error { return w.burySubject(b) },
		func() error { return w.create(c) },
		func() error { return w.endHours(10) },
		func() error { return w.endSubject(b) },
		func() error { return w.bury(dead("4")) },
		func() error { return w.endHours(11) },
		func() error { return w.endHours(11) },
		func() error { return w.create(c) },
	}
}

func TestNoFailureRevivesADestroyedKeyOrLosesACreatedOne(t *testing.T) {
	t.Parallel()
	for how, name := range map[failure]string{lost: "failed, not persisted", persisted: "failed, but persisted", torn: "failed, half persisted"} {
		for _, sticky := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, forever %v", name, sticky), func(t *testing.T) {
				t.Parallel()
				for failAt := 1; ; failAt++ {
					w := newWorld(t, 3)
					w.disk.ops, w.disk.failAt, w.disk.how, w.disk.sticky = 0, failAt, how, sticky
					failed := runLife(t, w, failAt)
					if err := w.ring.Close(); err != nil {
						t.Fatal(err)
					}
					if !failed {
						if w.disk.ops >= failAt {
							t.Errorf("operation %d failed and nobody was told", failAt)
						}
						return // the life has fewer operations than that
					}
				}
			})
		}
	}
}

func runLife(t *testing.T, w *world, failAt int) (failed bool) {
	t.Helper()
	for step, do := range life(w) {
		err := do()
		if err != nil && !errors.Is(err, ErrErased) {
			failed = true
			if fault.KindOf(err) != fault.Unavailable || !errors.Is(err, errDisk) {
				t.Errorf("operation %d, step %d: %v", failAt, step, err)
			}
		}
		if err := w.check(); err != nil {
			t.Errorf("operation %d fails; after step %d: %v", failAt, step, err)
		}
	}
	return failed
}

func TestNoRandomHistoryOfFailuresBreaksTheRing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, 2)
		defer func() { _ = w.ring.Close() }()
		now := int64(10)
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			w.disk.how = failure(rapid.IntRange(0, 2).Draw(t, "how"))
			w.disk.failAt = 0
			if rapid.Bool().Draw(t, "fails") {
				w.disk.failAt = w.disk.ops + rapid.IntRange(1, 6).Draw(t, "at")
				w.disk.sticky = rapid.Bool().Draw(t, "sticky")
			}
			k := objectKey(rapid.StringMatching("[a-c]").Draw(t, "who"), now+rapid.Int64Range(0, 2).Draw(t, "hour"))
			switch rapid.IntRange(0, 4).Draw(t, "what") {
			case 4:
				_ = w.bury(dead(rapid.StringMatching("[1-9]").Draw(t, "dead")), dead("1"))
			case 0, 1:
				_ = w.create(k) // failures are the point
			case 2:
				_ = w.endSubject(k)
			case 3:
				_ = w.endHours(now)
				now++
			}
			if err := w.check(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestAFailedDestructionDeniesTheKeyAtOnceAndIsRetried(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 4)
	k := objectKey("a", 10)
	if err := w.create(k); err != nil {
		t.Fatal(err)
	}
	w.disk.failAt, w.disk.sticky = w.disk.ops+1, true
	if err := w.endSubject(k); fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("the failure is not told: %v", err)
	}
	if _, err := w.ring.Derive(k); !errors.Is(err, ErrErased) {
		t.Errorf("the key still serves: %v", err)
	}
	if _, err := w.ring.DeriveNew(k); !errors.Is(err, ErrErased) {
		t.Errorf("a new key is made for an erased person: %v", err)
	}
	if w.ring.HasSubject(k.App, k.Subject) {
		t.Error("the person is still there")
	}
	w.disk.failAt = 0
	if err := w.endSubject(k); err != nil || len(w.ended) != 1 {
		t.Errorf("the retry: %v", err)
	}
	if err := w.check(); err != nil {
		t.Error(err)
	}
}

func TestADiskThatReadsBackSomethingElseIsNotBelieved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 4)
	k := objectKey("a", 10)
	if err := w.create(k); err != nil {
		t.Fatal(err)
	}
	w.ring.file = liar{w.disk}
	if err := w.ring.DestroySubject(k.App, k.Subject); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a lying disk is believed: %v", err)
	}
	if _, err := w.ring.DeriveNew(objectKey("b", 11)); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a lying disk is believed: %v", err)
	}
}

// liar says that it wrote, and did not.
type liar struct{ *disk }

func (liar) WriteAt(p []byte, _ int64) (int, error) { return len(p), nil }
