package keyring

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
)

// Hold keeps a key file from being opened, so that the files beside it can be copied while nobody writes
// them. It never reads a key, and needs no root key.
type Hold struct {
	f    *os.File
	name string
}

// HoldFile takes the lock of an existing key file. It fails with ErrLocked where a process has it open.
func HoldFile(path string) (*Hold, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("keyring: open key file: %w", cause(err))
	}
	head := make([]byte, checkAt)
	if err = lock(f); err == nil {
		if _, err = f.ReadAt(head, 0); err != nil || string(head[:len(magic)]) != magic {
			err = ErrDamaged
		}
	}
	if err != nil {
		_ = f.Close() // nothing was written
		return nil, err
	}
	sum := sha256.Sum256(head)
	return &Hold{f, hex.EncodeToString(sum[:16])}, nil
}

// Name tells key files apart: it is a digest of a number that the file drew when it was made, and says
// nothing about a key.
func (h *Hold) Name() string { return h.name }

// Release lets the key file be opened again.
func (h *Hold) Release() error {
	release(h.f)
	if err := h.f.Close(); err != nil {
		return fmt.Errorf("keyring: close key file: %w", cause(err))
	}
	return nil
}
