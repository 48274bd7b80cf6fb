package keyring

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Level says how bad a finding is.
type Level string

// The levels. Fail means: keys destroyed here may stay on the disk.
const (
	OK   Level = "ok"
	Warn Level = "warn"
	Fail Level = "fail"
)

// Check is one finding of the self-test, in words for an operator.
type Check struct {
	Name   string
	OK     bool
	Level  Level
	Detail string
}

// Report is the result of the self-test.
type Report struct{ Checks []Check }

// OK reports whether no check failed. Warnings do not count.
func (r Report) OK() bool {
	for _, c := range r.Checks {
		if c.Level == Fail {
			return false
		}
	}
	return true
}

func (r *Report) add(name string, level Level, detail string) {
	r.Checks = append(r.Checks, Check{Name: name, OK: level == OK, Level: level, Detail: detail})
}

// SelfTest finds out whether destruction works in the directory: it makes a key file there, destroys
// a key and searches the file for it, asks the file system what it is and whether the overwrite stayed
// in place, and looks at memory locks and core dumps. It removes what it made.
func SelfTest(dir string) Report {
	var r Report
	level, detail := fileSystem(dir)
	r.add("file system overwrites in place", level, detail)
	level, detail = dataJournal(dir)
	r.add("file data is not journaled", level, detail)
	r.destruction(dir)
	r.memory()
	return r
}

func (r *Report) memory() {
	m := newMemory()
	cell, err := m.take()
	if err != nil {
		r.add("keys stay in memory", Fail, "no memory for keys could be mapped")
		return
	}
	m.drop(cell)
	if m.locked {
		r.add("keys stay in memory", OK, "pages with keys are locked and never swapped out")
	} else {
		r.add("keys stay in memory", Warn, "pages with keys cannot be locked and may be swapped out; raise the limit on locked memory (ulimit -l, LimitMEMLOCK)")
	}
	m.close()
	if coreDumpsOff() {
		r.add("core dumps are off", OK, "the limit on core files is zero")
	} else {
		r.add("core dumps are off", Warn, "a crash may write memory to disk; the server turns this off when it starts")
	}
}

// destruction writes, destroys and scans.
func (r *Report) destruction(dir string) {
	const name = "a destroyed key is gone from the file"
	folder, err := os.MkdirTemp(dir, ".vow-selftest-*")
	if err != nil {
		r.add(name, Fail, "cannot write to the directory")
		return
	}
	path := filepath.Join(folder, "keyring.bin")
	defer func() { _ = os.RemoveAll(folder) }() // it holds keys of nothing
	before, beforeErr := firstExtent(path, func() error { return makeAndDestroy(path, false) })
	after, afterErr := firstExtent(path, func() error { return makeAndDestroy(path, true) })
	switch err := errors.Join(errScan(beforeErr), errScan(afterErr)); {
	case err != nil:
		r.add(name, Fail, err.Error())
	default:
		r.add(name, OK, "written, found, overwritten, synced, and not found any more (the read is served by the page cache)")
	}
	const stays = "the overwrite stays in place"
	switch {
	case errors.Is(beforeErr, errNoExtent) || errors.Is(afterErr, errNoExtent):
		r.add(stays, Warn, "this file system does not say where data lies; cannot tell")
	case before != after:
		r.add(stays, Fail, "the file system wrote the new bytes elsewhere: the old ones stay on the disk; use ext4 or xfs, or turn copy-on-write off for the directory (chattr +C)")
	default:
		r.add(stays, OK, "the physical place did not change; a flash drive may still keep old cells until it trims them")
	}
}

var errNoExtent = errors.New("keyring: the physical place of the file is unknown")

// errScan keeps the errors that are about the scan.
func errScan(err error) error {
	if errors.Is(err, errNoExtent) {
		return nil
	}
	return err
}

// firstExtent runs do and returns where the first data of the file lies on the disk.
func firstExtent(path string, do func() error) (uint64, error) {
	if err := do(); err != nil {
		return 0, err
	}
	return physical(path)
}

// selfTestKey is the key that the self-test makes and destroys.
func selfTestKey() ObjectKey {
	return ObjectKey{App: "selftest", Class: "selftest", Subject: "sub_selftest", Object: "upl_selftest", Epoch: Epoch(time.Unix(1, 0))}
}

// makeAndDestroy makes a key, or destroys the one made before, and checks the bytes on disk.
func makeAndDestroy(path string, end bool) error {
	root := RootFromBytes(selfTestRoot(path))
	ring, err := Open(path, root)
	if err != nil {
		return err
	}
	defer func() { _ = ring.Close() }() // the file is removed anyway
	if !end {
		key, err := ring.DeriveNew(selfTestKey())
		clear(key)
		return err
	}
	e := ring.keys[selfTestKey().epoch()]
	if e == nil {
		return errors.New("a key that was written is not there after opening the file again")
	}
	slot := make([]byte, slotSize)
	if _, err := ring.file.ReadAt(slot, slotOffset(e.slot)); err != nil {
		return err
	}
	if n, err := occurrences(path, slot); err != nil || n != 1 {
		return errors.Join(err, fmt.Errorf("a written key is found %d times, not once: the scan proves nothing", n))
	}
	if _, err := ring.DestroyEpochs(time.Unix(1, 0).Add(time.Hour)); err != nil {
		return err
	}
	if n, err := occurrences(path, slot); err != nil || n != 0 {
		return errors.Join(err, fmt.Errorf("a destroyed key is still found in the file"))
	}
	return nil
}

// selfTestRoot makes a root key, or reads the one beside the file: the second half opens the file
// that the first half made.
func selfTestRoot(path string) (key [KeySize]byte) {
	beside := path + ".root"
	if raw, err := os.ReadFile(beside); err == nil {
		copy(key[:], raw)
		return key
	}
	_, _ = rand.Read(key[:])
	_ = os.WriteFile(beside, key[:], 0o600) // a failure shows as a wrong root
	return key
}

// occurrences counts how often the bytes occur in the file.
func occurrences(path string, needle []byte) (int, error) {
	all, err := os.ReadFile(path)
	if err != nil {
		return 0, cause(err)
	}
	return bytes.Count(all, needle), nil
}
