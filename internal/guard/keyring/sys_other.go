//go:build !linux && !darwin

package keyring

import (
	"errors"
	"os"
)

// lock does nothing: this system has no lock that Vow knows. One process per data directory.
func lock(*os.File) error { return nil }

func release(*os.File) {}

// mapPages falls back to the Go heap, unlocked; SelfTest says so.
func mapPages(size int) (page []byte, locked bool, err error) { return make([]byte, size), false, nil }

func unmapPages([]byte) {}

// DisableCoreDumps fails: this system has no limit that Vow knows how to set.
func DisableCoreDumps() error {
	return errors.New("keyring: cannot turn core dumps off on this system")
}

func coreDumpsOff() bool { return false }
