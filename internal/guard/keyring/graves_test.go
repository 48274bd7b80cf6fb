package keyring

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/privacy"
)

// buried is a ring with one object's key, in a file that can be opened again.
func buried(t *testing.T) (r *Ring, k ObjectKey, again func() *Ring) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keyring.bin")
	r, k = openAt(t, path), objectKey("a", 10)
	if _, err := r.DeriveNew(k); err != nil {
		t.Fatal(err)
	}
	return r, k, func() *Ring {
		t.Helper()
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		r = openAt(t, path)
		return r
	}
}

func (k ObjectKey) erased() Erased { return Erased{k.App, k.Class, k.Object} }

func refused(t *testing.T, r *Ring, k ObjectKey) {
	t.Helper()
	if _, err := r.Derive(k); !errors.Is(err, ErrErased) {
		t.Errorf("an erased object's key is derived: %v", err)
	}
	if _, err := r.DeriveNew(k); !errors.Is(err, ErrErased) {
		t.Errorf("an erased object gets a new key: %v", err)
	}
}

func TestAnErasedObjectStaysErasedWhateverHeaderComesBack(t *testing.T) {
	t.Parallel()
	r, k, again := buried(t)
	later, other := k, k
	later.Epoch, other.Object = hour(12), "upl_2" // an earlier header of the same object may lie under a later hour
	for _, k := range []ObjectKey{later, other} {
		if _, err := r.DeriveNew(k); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Bury(k.erased()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		refused(t, r, k)
		refused(t, r, later)
		if _, err := r.Derive(other); err != nil {
			t.Errorf("the neighbour cannot be read: %v", err)
		}
		if !r.ErasedObject(k.App, k.Object) || r.ErasedObject("other", k.Object) || r.ErasedObject(k.App, other.Object) {
			t.Error("the wrong object counts as erased")
		}
		r = again()
	}
	if _, err := r.DestroyEpochs(hour(11)); err != nil || !r.ErasedObject(k.App, k.Object) {
		t.Errorf("forgotten while a key of its category is left: %v", err)
	}
	refused(t, r, later)
	if _, err := r.DestroyEpochs(hour(12)); err != nil || r.ErasedObject(k.App, k.Object) {
		t.Errorf("remembered although no key is left: %v", err)
	}
	refused(t, r, later)
}

func TestTombstonesOfHoursThatAreOverGiveTheirSlotsBack(t *testing.T) {
	t.Parallel()
	r, k, again := buried(t)
	free := len(r.free)
	list := make([]Erased, 3*marksPerSlot)
	for i := range list {
		list[i] = k.erased()
		list[i].Object = privacy.ObjectID(fmt.Sprintf("upl_%d", i+100))
	}
	for range 2 { // the second time nothing is written
		if err := r.Bury(list...); err != nil {
			t.Fatal(err)
		}
		if got := free - len(r.free); got != 3 {
			t.Errorf("%d tombstones take %d slots", len(list), got)
		}
	}
	r = again()
	if objects, _ := r.Tombstones(); objects != len(list) {
		t.Errorf("%d of %d tombstones are left after a restart", objects, len(list))
	}
	if _, err := r.DestroyEpochs(hour(10)); err != nil {
		t.Fatal(err)
	}
	if objects, _ := r.Tombstones(); objects != 0 || len(r.free) != free+1 { // and the hour's key
		t.Errorf("%d tombstones, %d slots are free of %d", objects, len(r.free), free+1)
	}
	if err := r.Bury(list...); err != nil {
		t.Fatal(err)
	}
	if objects, _ := r.Tombstones(); objects != 0 {
		t.Error("something is remembered that no key is left for")
	}
}

func TestAnErasedPersonIsRememberedWithoutEndAndNamedNowhere(t *testing.T) {
	t.Parallel()
	r, k, again := buried(t)
	slots := r.slots
	for _, s := range []privacy.SubjectID{k.Subject, "sub_without_a_key"} {
		for range 2 {
			if err := r.DestroySubject(k.App, s); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 2 {
		if _, err := r.DestroyEpochs(hour(1000)); err != nil {
			t.Fatal(err)
		}
		for _, s := range []privacy.SubjectID{k.Subject, "sub_without_a_key"} {
			fresh := k
			fresh.Subject, fresh.Epoch, fresh.Object = s, hour(2000), "upl_fresh"
			refused(t, r, fresh)
			if !r.ErasedSubject(k.App, s) || r.ErasedSubject("other", s) || r.HasSubject(k.App, s) {
				t.Errorf("%s is not remembered", s)
			}
		}
		r = again()
	}
	if _, subjects := r.Tombstones(); subjects != 2 || r.slots != slots {
		t.Errorf("%d persons are remembered, in %d slots", subjects, r.slots)
	}
	for slot := range r.slots {
		form := make([]byte, slotSize)
		if _, err := r.file.ReadAt(form, slotOffset(slot)); err != nil {
			t.Fatal(err)
		}
		if plain, used := openPlain(r.aead, slot, form); used && bytes.Contains(plain, []byte("sub_")) {
			t.Errorf("slot %d names somebody", slot)
		}
	}
}

func TestAPersonWhoseThingsAnOrderKeepsIsRememberedBeforeTheKeyGoes(t *testing.T) {
	t.Parallel()
	r, k, again := buried(t)
	for range 2 {
		if err := r.BurySubject(k.App, k.Subject); err != nil {
			t.Fatal(err)
		}
		longer := k
		longer.Epoch = hour(20) // the order is prolonged
		if _, err := r.DeriveNew(longer); err != nil {
			t.Errorf("what the order keeps cannot be kept longer: %v", err)
		}
		if err := r.BurySubject(k.App, "sub_without_a_key"); err != nil {
			t.Fatal(err)
		}
		fresh := k
		fresh.Subject, fresh.Epoch = "sub_without_a_key", hour(20)
		refused(t, r, fresh)
		if _, err := r.Derive(k); err != nil || !r.HasSubject(k.App, k.Subject) || !r.ErasedSubject(k.App, k.Subject) {
			t.Errorf("what the order keeps cannot be opened: %v", err)
		}
		r = again()
	}
	free := len(r.free)
	for range 2 {
		if err := r.DestroySubject(k.App, k.Subject); err != nil || len(r.free) != free+1 {
			t.Fatalf("the key's slot is not free: %v", err)
		}
	}
	r = again()
	refused(t, r, k)
	if r.HasSubject(k.App, k.Subject) || !r.ErasedSubject(k.App, k.Subject) {
		t.Error("the key is back, or the person forgotten")
	}
}

func TestAFailedBurialDeniesAtOnceAndIsRetried(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 8)
	k := objectKey("a", 10)
	if err := w.create(k); err != nil {
		t.Fatal(err)
	}
	w.disk.failAt, w.disk.sticky = w.disk.ops+1, true
	if err := w.bury(k.erased()); fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("the failure is not told: %v", err)
	}
	refused(t, w.ring, k)
	w.disk.failAt = 0
	if err := w.bury(k.erased()); err != nil || len(w.buried) != 1 {
		t.Errorf("the retry: %v", err)
	}
	if err := w.check(); err != nil {
		t.Error(err)
	}
	w.ring.file = liar{w.disk}
	if err := w.ring.Bury(dead("2")); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a lying disk is believed: %v", err)
	}
	if err := w.ring.DestroySubject("pixplus", "sub_without_a_key"); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a lying disk is believed: %v", err)
	}
}

func TestManyBuryAndReadAtOnce(t *testing.T) {
	t.Parallel()
	r, k, again := buried(t)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 5 {
				o := k.erased()
				o.Object = privacy.ObjectID(fmt.Sprintf("upl_%d_%d", i, j/2))
				mine := objectKey(fmt.Sprint(i), int64(20+j))
				if err := r.Bury(o); err != nil || !r.ErasedObject(o.App, o.Object) {
					t.Error(err)
				}
				if _, err := r.DeriveNew(mine); err != nil {
					t.Error(err)
				}
				if _, err := r.Derive(k); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if objects, _ := again().Tombstones(); objects != 8*3 {
		t.Errorf("%d objects are remembered", objects)
	}
}

func TestAClosedRingBuriesNobody(t *testing.T) {
	t.Parallel()
	r, k, _ := buried(t)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := r.Bury(k.erased()); !errors.Is(err, errClosed) {
		t.Error(err)
	}
	if err := errors.Join(r.DestroySubject(k.App, k.Subject), r.BurySubject(k.App, k.Subject)); !errors.Is(err, errClosed) {
		t.Error(err)
	}
	if r.ErasedObject(k.App, k.Object) || r.ErasedSubject(k.App, k.Subject) {
		t.Error("a closed ring tells of the dead")
	}
}

func TestASlotOfALaterProgramIsNotWrittenOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 4)
	for name, plain := range map[string][]byte{"an unknown kind": {9}, "too many marks": tomb(objectsGone, 10, nil)} {
		whole := make([]byte, plainSize)
		copy(whole, plain)
		whole[9] = 200
		if err := w.ring.write(0, sealPlain(w.ring.aead, 0, whole)); err != nil {
			t.Fatal(err)
		}
		if _, err := open(newDisk(w.disk.afterCrash()[0]), testRoot(1)); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheFileShowsNoTombstones(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keyring.bin")
	r, k := openAt(t, path), objectKey("a", 10)
	if _, err := r.DeriveNew(k); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(r.Bury(k.erased()), r.DestroySubject(k.App, k.Subject)); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for m := range r.graves.objects {
		if bytes.Contains(raw, m[:]) {
			t.Error("a mark lies in the file in clear")
		}
	}
	if n := (int64(len(raw)) - headerSize) % (chunkSlots * slotSize); n != 0 {
		t.Errorf("the file's size tells of %d bytes", n)
	}
}
