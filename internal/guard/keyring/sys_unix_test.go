//go:build linux || darwin

package keyring

import (
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestAClosedKeyFileIsFreeAlthoughAChildStillHasACopy closes a ring and a hold while another descriptor of
// the same file is open, as in a child process between fork and exec.
func TestAClosedKeyFileIsFreeAlthoughAChildStillHasACopy(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keyring.bin")
	r := openAt(t, path)
	inherit(t, int(r.file.(osFile).Fd()))
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	h, err := HoldFile(path)
	if err != nil {
		t.Fatalf("after the ring was closed: %v", err)
	}
	inherit(t, int(h.f.Fd()))
	if err := h.Release(); err != nil {
		t.Fatal(err)
	}
	if err := openAt(t, path).Close(); err != nil {
		t.Fatal(err)
	}
}

// inherit keeps a copy of a descriptor until the test ends.
func inherit(t *testing.T, fd int) {
	t.Helper()
	copied, err := unix.Dup(fd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(copied) })
}
