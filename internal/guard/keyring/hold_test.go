package keyring

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestWhatIsHeldCannotBeOpenedAndTheOtherWayRound(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keyring.bin")
	if _, err := HoldFile(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	r := openAt(t, path)
	if _, err := HoldFile(path); !errors.Is(err, ErrLocked) {
		t.Errorf("held beside a ring: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	h, err := HoldFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, RootFromBytes(testRoot(1))); !errors.Is(err, ErrLocked) {
		t.Errorf("opened while held: %v", err)
	}
	if err := h.Release(); err != nil {
		t.Fatal(err)
	}
	r = openAt(t, path)
	if _, err := r.DeriveNew(objectKey("a", 10)); err != nil {
		t.Errorf("the file suffered: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := HoldFile(path)
	if err != nil || again.Name() != h.Name() || len(h.Name()) != 32 {
		t.Errorf("the name is not the file's: %v", err)
	}
	_ = again.Release()
}

func TestKeyFilesHaveNamesOfTheirOwnAndOtherFilesHaveNone(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for range 2 {
		path := filepath.Join(t.TempDir(), "keyring.bin")
		if err := openAt(t, path).Close(); err != nil {
			t.Fatal(err)
		}
		h, err := HoldFile(path)
		if err != nil {
			t.Fatal(err)
		}
		names[h.Name()] = true
		_ = h.Release()
	}
	if len(names) != 2 {
		t.Error("two key files have one name")
	}
	other := filepath.Join(t.TempDir(), "other")
	if err := os.WriteFile(other, make([]byte, headerSize), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := HoldFile(other); !errors.Is(err, ErrDamaged) {
		t.Errorf("something else is held: %v", err)
	}
}
