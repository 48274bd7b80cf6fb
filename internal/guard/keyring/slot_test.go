package keyring

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func TestASlotReadsBackInItsPlaceOnly(t *testing.T) {
	t.Parallel()
	root := testRoot(1)
	aead, err := slotCipher(root, make([]byte, KeySize))
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		want := label{
			kind: rapid.SampledFrom([]kind{epochKind, subjectKind}).Draw(t, "kind"),
			app:  rapid.StringN(0, -1, 60).Draw(t, "app"),
			name: rapid.StringN(0, -1, nameSpace-60).Draw(t, "name"),
			hour: rapid.Int64().Draw(t, "hour"),
		}
		slot := rapid.Int64Range(0, 1<<40).Draw(t, "slot")
		key := bytes.Repeat([]byte{rapid.Byte().Draw(t, "key")}, KeySize)
		form, err := sealSlot(aead, slot, want, key)
		if err != nil || len(form) != slotSize {
			t.Fatalf("%d bytes, %v", len(form), err)
		}
		plain, used := openPlain(aead, slot, form)
		if !used {
			t.Fatal("does not open in its place")
		}
		got, gotKey := readSlot(plain)
		if got != want || !bytes.Equal(gotKey, key) {
			t.Fatalf("reads back as %+v", got)
		}
		if _, used := openPlain(aead, slot+1, form); used {
			t.Fatal("opens in another place")
		}
		form[rapid.IntRange(0, slotSize-1).Draw(t, "byte")] ^= 1
		if _, used := openPlain(aead, slot, form); used {
			t.Fatal("a changed slot opens")
		}
	})
}

func TestALabelThatDoesNotFitIsRefused(t *testing.T) {
	t.Parallel()
	root := testRoot(1)
	aead, err := slotCipher(root, make([]byte, KeySize))
	if err != nil {
		t.Fatal(err)
	}
	fits := label{kind: epochKind, app: strings.Repeat("a", 60), name: strings.Repeat("n", nameSpace-60)}
	if _, err := sealSlot(aead, 0, fits, make([]byte, KeySize)); err != nil {
		t.Errorf("the longest label: %v", err)
	}
	fits.name += "n"
	if _, err := sealSlot(aead, 0, fits, make([]byte, KeySize)); err == nil {
		t.Error("a longer label was sealed")
	}
}

func TestADestroyedSlotIsOverwrittenWhereItLay(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keyring.bin")
	r := openAt(t, path)
	k := objectKey("a", 10)
	if _, err := r.DeriveNew(k); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := slotOffset(r.keys[k.subject()].slot)
	old := before[at : at+slotSize]
	if err := r.DestroySubject(k.App, k.Subject); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(after, old) || bytes.Contains(after, old[nonceSize:nonceSize+16]) {
		t.Error("the old slot is still in the file")
	}
	if len(before) != len(after) || !bytes.Equal(before[:at], after[:at]) || !bytes.Equal(before[at+slotSize:], after[at+slotSize:]) {
		t.Error("something else changed")
	}
}

func TestAGrowthThatWasCutIsWrittenAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	if err := w.create(objectKey("a", 10)); err != nil {
		t.Fatal(err)
	}
	content := append(w.disk.afterCrash()[0], make([]byte, slotSize/2)...) // half a slot of a lost growth
	d := newDisk(content)
	r, err := open(d, testRoot(1))
	if err != nil || r.slots != 2 {
		t.Fatalf("%v", err)
	}
	w.disk, w.ring = d, r
	for h := range int64(5) {
		if err := w.create(objectKey("a", 20+h)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.check(); err != nil {
		t.Error(err)
	}
}

func TestAFileThatCannotBeReadIsNotTakenForEmpty(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	for failAt := 1; failAt <= 2; failAt++ { // the header, the slots
		d := newDisk(w.disk.afterCrash()[0])
		d.failAt = failAt
		if _, err := open(d, testRoot(1)); err == nil {
			t.Errorf("read %d failed and the ring opened", failAt)
		}
	}
}

func TestTwoKeysOfOneNameAreNotGuessedBetween(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 4)
	l := objectKey("a", 10).epoch()
	for slot := range int64(2) {
		form, err := sealSlot(w.ring.aead, slot, l, bytes.Repeat([]byte{byte(slot)}, KeySize))
		if err != nil {
			t.Fatal(err)
		}
		if err := w.ring.write(slot, form); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := open(newDisk(w.disk.afterCrash()[0]), testRoot(1)); !errors.Is(err, ErrDamaged) {
		t.Errorf("opened: %v", err)
	}
}

func TestManyWhoMakeOneFileMakeItOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "keyring.bin")
	rings := make(chan *Ring, 8)
	var wg sync.WaitGroup
	for range cap(rings) {
		wg.Go(func() {
			r, err := Open(path, RootFromBytes(testRoot(1)))
			if err == nil {
				rings <- r
			} else if !errors.Is(err, ErrLocked) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(rings) != 1 {
		t.Errorf("%d rings are open on one file", len(rings))
	}
	for range len(rings) {
		if err := (<-rings).Close(); err != nil {
			t.Error(err)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("%d files are left, %v", len(left), err)
	}
}

func TestMemoryOfKeysIsWipedAndUsedAgain(t *testing.T) {
	t.Parallel()
	m := newMemory()
	cells := map[*byte]bool{}
	var all [][]byte
	for range 3 * arenaSize / KeySize {
		key := bytes.Repeat([]byte{9}, KeySize)
		cell, err := m.keep(key)
		if err != nil {
			t.Fatal(err)
		}
		if key[0] != 0 || len(cell) != KeySize || cap(cell) != KeySize || cell[0] != 9 || cells[&cell[0]] {
			t.Fatal("a cell is shared, too long, or where it came from was not wiped")
		}
		cells[&cell[0]] = true
		all = append(all, cell)
	}
	m.drop(all[0])
	if !bytes.Equal(all[0], make([]byte, KeySize)) {
		t.Error("a dropped key was not wiped")
	}
	if again, err := m.take(); err != nil || !cells[&again[0]] {
		t.Error("a dropped cell is not used again")
	}
	m.close()
	if len(m.pages) != 0 || len(m.free) != 0 {
		t.Error("pages are left")
	}
}

func FuzzAnyFileOpensOrIsRefused(f *testing.F) {
	w := newWorld(f, 2)
	if err := w.create(objectKey("a", 10)); err != nil {
		f.Fatal(err)
	}
	f.Add(w.disk.afterCrash()[0], 0)
	f.Add([]byte(magic), 5)
	f.Fuzz(func(t *testing.T, content []byte, flip int) {
		content = bytes.Clone(content)
		if len(content) > 0 {
			content[max(flip, 0)%len(content)] ^= 1
		}
		r, err := open(newDisk(content), testRoot(1))
		if err == nil {
			_ = r.Close()
		}
	})
}

func TestTryKeysTriesEveryPair(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 10)
	for _, k := range []ObjectKey{objectKey("a", 10), objectKey("b", 11), objectKey("c", 12)} {
		if err := w.create(k); err != nil {
			t.Fatal(err)
		}
	}
	want, err := w.ring.Derive(objectKey("c", 11))
	if err != nil {
		t.Fatal(err)
	}
	n, found := 0, false
	k := objectKey("", 0)
	if err := w.ring.TryKeys(k, func(key []byte) bool { n++; found = found || bytes.Equal(key, want); return false }); err != nil {
		t.Fatal(err)
	}
	if n != 9 || !found {
		t.Errorf("%d pairs, found %v", n, found)
	}
}
