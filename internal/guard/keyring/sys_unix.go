//go:build linux || darwin

package keyring

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// lock keeps every other process out: two rings on one file would give out the same slot twice.
func lock(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return ErrLocked
	}
	if err != nil {
		return fmt.Errorf("keyring: lock key file: %w", err)
	}
	return nil
}

// release ends the lock itself. Closing the file is not enough: a child process that is being started has
// a copy of it for a moment, and the lock would live as long as that.
func release(f *os.File) { _ = unix.Flock(int(f.Fd()), unix.LOCK_UN) }

// mapPages takes anonymous pages and locks them. Where the limit on locked memory is too low the
// pages are used unlocked, which SelfTest reports.
func mapPages(size int) (page []byte, locked bool, err error) {
	page, err = unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil, false, err
	}
	hide(page)
	return page, unix.Mlock(page) == nil, nil
}

func unmapPages(page []byte) {
	_ = unix.Munlock(page) // unlocked pages may not be locked; both calls only give back what is wiped
	_ = unix.Munmap(page)
}

// DisableCoreDumps sets the limit on core files of this process to zero, for good.
func DisableCoreDumps() error {
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return fmt.Errorf("keyring: turn core dumps off: %w", err)
	}
	return nil
}

// coreDumpsOff reports whether this process writes no core files.
func coreDumpsOff() bool {
	var l unix.Rlimit
	return unix.Getrlimit(unix.RLIMIT_CORE, &l) == nil && l.Cur == 0
}
