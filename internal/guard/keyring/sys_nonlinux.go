//go:build !linux

package keyring

import "os"

func fileSystem(string) (Level, string) {
	return Warn, "this system does not say whether its file system overwrites in place (APFS copies on write); the root key is what protects destroyed keys here"
}

func dataJournal(string) (Level, string) { return OK, "there is no such mount option on this system" }

func physical(string) (uint64, error) { return 0, errNoExtent }

// syncData makes the file durable; on macOS os.File.Sync asks the drive itself (F_FULLFSYNC).
func syncData(f *os.File) error { return f.Sync() }

// hide does nothing: no other system has advice that keeps pages out of core dumps. DisableCoreDumps
// stands alone here.
func hide([]byte) {}
