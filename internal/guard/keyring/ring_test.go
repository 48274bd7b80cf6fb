package keyring

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"vow.example/vow/internal/privacy"
)

func openAt(t *testing.T, path string) *Ring {
	t.Helper()
	r, err := Open(path, RootFromBytes(testRoot(1)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func TestKeysSurviveARestartAndDestroyedOnesDoNot(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keyring.bin")
	r := openAt(t, path)
	a, b, later := objectKey("a", 10), objectKey("b", 10), objectKey("b", 11)
	want := map[ObjectKey][]byte{}
	for _, k := range []ObjectKey{a, b, later} {
		key, err := r.DeriveNew(k)
		if err != nil {
			t.Fatal(err)
		}
		want[k] = key
	}
	restart := func() {
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		r = openAt(t, path)
	}
	restart()
	for k, key := range want {
		if got, err := r.Derive(k); err != nil || !bytes.Equal(got, key) {
			t.Errorf("a key changed over a restart: %v", err)
		}
	}
	if err := r.DestroySubject("pixplus", "sub_a"); err != nil {
		t.Fatal(err)
	}
	restart()
	expect := func(k ObjectKey, erased bool) {
		t.Helper()
		if _, err := r.Derive(k); errors.Is(err, ErrErased) != erased {
			t.Errorf("%v: %v", k.Subject, err)
		}
	}
	expect(a, true)
	expect(b, false)
	if n, err := r.DestroyEpochs(hour(10).Add(59 * time.Minute)); n != 1 || err != nil {
		t.Errorf("destroyed %d epochs, %v", n, err)
	}
	restart()
	expect(b, true)
	expect(later, false)
}

func TestTheFileNamesNobodyAndHoldsNoKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keyring.bin")
	r := openAt(t, path)
	if _, err := r.DeriveNew(objectKey("canary", 10)); err != nil {
		t.Fatal(err)
	}
	if _, err := r.NewTaskKey("upl_task"); err != nil {
		t.Fatal(err)
	}
	all, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"canary", "pixplus", "source_photo", "sub_"} {
		if bytes.Contains(all, []byte(word)) {
			t.Errorf("the file says %q", word)
		}
	}
	kinds := map[string]int{}
	r.Keys(func(kind, _ string, key []byte) {
		kinds[kind]++
		if bytes.Contains(all, key) {
			t.Errorf("a %s key is in the file in clear", kind)
		}
	})
	if kinds["root"] != 1 || kinds["epoch"] != 1 || kinds["subject"] != 1 || kinds["task"] != 1 {
		t.Errorf("keys: %v", kinds)
	}
	for i := headerSize; i < len(all); i += slotSize {
		if bytes.Contains(all[i:i+slotSize], make([]byte, 8)) {
			t.Errorf("the slot at %d looks free or used", i)
		}
	}
}

func TestAnObjectKeyIsBoundToEverythingThatNamesIt(t *testing.T) {
	t.Parallel()
	r := openAt(t, filepath.Join(t.TempDir(), "keyring.bin"))
	base := objectKey("a", 10)
	seen := map[string]int{}
	for i, change := range []func(*ObjectKey){
		func(*ObjectKey) {},
		func(k *ObjectKey) { k.App = "other" },
		func(k *ObjectKey) { k.Class = "prompt" },
		func(k *ObjectKey) { k.Subject = "sub_b" },
		func(k *ObjectKey) { k.Object = "upl_2" },
		func(k *ObjectKey) { k.PolicyHash = "cd34" },
		func(k *ObjectKey) { k.Epoch = hour(11) },
		func(k *ObjectKey) { k.Salt[0] = 1 },
		func(k *ObjectKey) { k.Object, k.PolicyHash = "upl_1|4:ab12", "" },
	} {
		k := base
		change(&k)
		key, err := r.DeriveNew(k)
		if err != nil || len(key) != KeySize {
			t.Fatal(err)
		}
		if was, twice := seen[string(key)]; twice {
			t.Errorf("keys %d and %d are the same", was, i)
		}
		seen[string(key)] = i
	}
}

func TestDeriveRefusesWhatDoesNotExist(t *testing.T) {
	t.Parallel()
	r := openAt(t, filepath.Join(t.TempDir(), "keyring.bin"))
	if _, err := r.Derive(objectKey("a", 10)); !errors.Is(err, ErrErased) {
		t.Errorf("Derive made a key: %v", err)
	}
	for name, change := range map[string]func(*ObjectKey){
		"no app":       func(k *ObjectKey) { k.App = "" },
		"no category":  func(k *ObjectKey) { k.Class = "" },
		"no subject":   func(k *ObjectKey) { k.Subject = "" },
		"no object":    func(k *ObjectKey) { k.Object = "" },
		"no hour":      func(k *ObjectKey) { k.Epoch = time.Time{} },
		"half an hour": func(k *ObjectKey) { k.Epoch = k.Epoch.Add(30 * time.Minute) },
		"a long label": func(k *ObjectKey) { k.Class = string(bytes.Repeat([]byte("x"), 200)) },
	} {
		k := objectKey("a", 10)
		change(&k)
		if _, err := r.DeriveNew(k); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestAnHourThatIsOverAndAPersonWhoWasErasedGetNoNewKey(t *testing.T) {
	t.Parallel()
	r := openAt(t, filepath.Join(t.TempDir(), "keyring.bin"))
	if _, err := r.DestroyEpochs(hour(10)); err != nil {
		t.Fatal(err)
	}
	if _, err := r.DeriveNew(objectKey("a", 10)); !errors.Is(err, ErrErased) {
		t.Errorf("an hour that is over: %v", err)
	}
	if err := r.DestroySubject("pixplus", "sub_b"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.DeriveNew(objectKey("b", 11)); !errors.Is(err, ErrErased) {
		t.Errorf("an erased person: %v", err)
	}
}

func TestTheFileGrows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	for h := range int64(50) {
		if err := w.create(objectKey("a", 100+h)); err != nil {
			t.Fatal(err)
		}
	}
	if size, _ := w.disk.Size(); size != headerSize+(1+chunkSlots)*slotSize {
		t.Errorf("the file has %d bytes", size)
	}
	if err := w.check(); err != nil {
		t.Error(err)
	}
}

func TestWhatIsNoKeyFileDoesNotOpen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "keyring.bin")
	r := openAt(t, path)
	if _, err := Open(path, RootFromBytes(testRoot(1))); !errors.Is(err, ErrLocked) {
		t.Errorf("a second ring on one file: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, RootFromBytes(testRoot(2))); !errors.Is(err, ErrWrongRoot) {
		t.Errorf("a wrong root key: %v", err)
	}
	for name, content := range map[string][]byte{"empty": nil, "short": []byte(magic), "foreign": make([]byte, 8192)} {
		other := filepath.Join(dir, name)
		if err := os.WriteFile(other, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(other, RootFromBytes(testRoot(1))); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		if after, _ := os.ReadFile(other); !bytes.Equal(after, content) {
			t.Errorf("%s: the file was changed", name)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 4 {
		t.Errorf("%d files are left, %v", len(left), err)
	}
}

func TestACopiedSlotDoesNotOpenElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 4)
	k := objectKey("a", 10)
	if err := w.create(k); err != nil {
		t.Fatal(err)
	}
	content := w.disk.afterCrash()[0]
	from, to := slotOffset(w.ring.keys[k.epoch()].slot), slotOffset(0)
	copy(content[to:to+slotSize], content[from:from+slotSize])
	r, err := open(newDisk(content), testRoot(1))
	if err != nil || len(r.keys) != 2 {
		t.Errorf("%d keys, %v", len(r.keys), err)
	}
}

func TestTaskKeysLiveInMemoryOnly(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keyring.bin")
	r := openAt(t, path)
	id := privacy.ObjectID("upl_1")
	key, err := r.NewTaskKey(id)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.TaskKey(id); err != nil || !bytes.Equal(got, key) {
		t.Errorf("the key is another: %v", err)
	}
	if _, err := r.NewTaskKey(id); err == nil {
		t.Error("a second key for one id")
	}
	r.DestroyTaskKey(id)
	r.DestroyTaskKey(id)
	if _, err := r.TaskKey(id); !errors.Is(err, ErrErased) {
		t.Errorf("a destroyed key: %v", err)
	}
	if _, err := r.NewTaskKey(id); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := openAt(t, path).TaskKey(id); !errors.Is(err, ErrErased) {
		t.Errorf("a task key survived: %v", err)
	}
}

func TestSubkeysDependOnRootAndPurposeOnly(t *testing.T) {
	t.Parallel()
	a := openAt(t, filepath.Join(t.TempDir(), "keyring.bin"))
	b := openAt(t, filepath.Join(t.TempDir(), "keyring.bin"))
	if a.Subkey("mac") != b.Subkey("mac") || a.Subkey("mac") == a.Subkey("database") {
		t.Error("a subkey depends on something else, or not on its purpose")
	}
}

func TestAClosedRingServesNothing(t *testing.T) {
	t.Parallel()
	r := openAt(t, filepath.Join(t.TempDir(), "keyring.bin"))
	if _, err := r.DeriveNew(objectKey("a", 10)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	servesNothing(t, r)
	servesNothing(t, &Ring{})
}

func servesNothing(t *testing.T, r *Ring) {
	t.Helper()
	k := objectKey("a", 10)
	_, deriveErr := r.Derive(k)
	_, newErr := r.DeriveNew(k)
	_, taskErr := r.TaskKey("x")
	_, newTaskErr := r.NewTaskKey("x")
	_, epochErr := r.DestroyEpochs(hour(10))
	for i, err := range []error{deriveErr, newErr, taskErr, newTaskErr, epochErr, r.DestroySubject("pixplus", "sub_a")} {
		if !errors.Is(err, errClosed) {
			t.Errorf("call %d: %v", i, err)
		}
	}
	r.DestroyTaskKey("x")
	r.Keys(func(kind, _ string, _ []byte) { t.Errorf("a %s key is left", kind) })
	if err := r.TryKeys(k, func([]byte) bool { return true }); err != nil {
		t.Error(err)
	}
	if r.HasSubject("pixplus", "sub_a") || r.MemoryLocked() {
		t.Error("a person or memory is left")
	}
	defer func() {
		if recover() == nil {
			t.Error("a subkey was made of nothing")
		}
	}()
	r.Subkey("mac")
}

func TestManyUseTheRingAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chunkSlots)
	r := w.ring
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			id := privacy.ObjectID("upl_" + string(rune('a'+i)))
			for h := range int64(30) {
				k := objectKey(string(rune('a'+i%3)), 10+h)
				if _, err := r.DeriveNew(k); err != nil && !errors.Is(err, ErrErased) {
					t.Error(err)
				}
				if _, err := r.NewTaskKey(id); err != nil {
					t.Error(err)
				}
				r.DestroyTaskKey(id)
				_ = r.HasSubject(k.App, k.Subject)
				_ = r.Subkey("mac")
			}
		})
	}
	for h := range int64(40) {
		if _, err := r.DestroyEpochs(hour(h)); err != nil {
			t.Error(err)
		}
		r.Keys(func(string, string, []byte) {})
	}
	if err := r.DestroySubject("pixplus", "sub_a"); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if err := w.check(); err != nil {
		t.Error(err)
	}
	if _, err := r.DestroyEpochs(hour(1000)); err != nil {
		t.Error(err)
	}
	r.Keys(func(kind, name string, _ []byte) {
		if kind == "epoch" || name == "pixplus/sub_a" {
			t.Errorf("%s is left", name)
		}
	})
}

func TestEpochRoundsUpToTheHour(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"2026-03-01T10:00:00Z": "2026-03-01T10:00:00Z",
		"2026-03-01T10:00:01Z": "2026-03-01T11:00:00Z",
		"2026-03-01T23:59:59Z": "2026-03-02T00:00:00Z",
	} {
		at, err := time.Parse(time.RFC3339, in)
		if err != nil {
			t.Fatal(err)
		}
		if got := Epoch(at).Format(time.RFC3339); got != want {
			t.Errorf("%s -> %s", in, got)
		}
	}
}
