// Package erasuretest puts up what everything that keeps something rests on: keys, rows, bytes, the vault
// over them and the one who ends them, on real files and with a clock that stands.
//
// It promises that the parts belong together and are closed when the test ends. It is never part of a server.
package erasuretest

import (
	"crypto/rand"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"vow.example/vow/internal/blob"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/store"
)

// Parts are the parts of one test.
type Parts struct {
	Dir   string // of all files: keyring.bin, vow.db, objects
	Clock *clock.Adjustable
	Ring  *keyring.Ring
	DB    *store.DB
	Vault *vault.Vault
}

// Start is the moment at which a test begins that has no other in mind.
func Start() time.Time { return time.Date(2026, 11, 21, 14, 10, 0, 0, time.UTC) }

// Open puts up the parts, at a moment.
func Open(t testing.TB, at time.Time) *Parts {
	t.Helper()
	p := &Parts{Dir: t.TempDir(), Clock: clock.NewFake(at)}
	var root [32]byte
	_, _ = rand.Read(root[:]) // never fails
	ring, err := keyring.Open(filepath.Join(p.Dir, "keyring.bin"), keyring.RootFromBytes(root))
	must(t, err)
	db, err := store.Open(t.Context(), filepath.Join(p.Dir, "vow.db"), [64]byte{1, 2, 3})
	must(t, err)
	blobs, err := blob.NewFile(filepath.Join(p.Dir, "objects"))
	must(t, err)
	t.Cleanup(func() { must(t, errors.Join(db.Close(), blobs.Close(), ring.Close())) })
	p.Ring, p.DB, p.Vault = ring, db, vault.New(ring, blobs, p.Clock, 1<<20)
	return p
}

// Eraser returns the one who ends what the parts hold, under these policies.
func (p *Parts) Eraser(policies erasure.Policies) *erasure.Eraser {
	return erasure.New(erasure.Options{DB: p.DB, Vault: p.Vault, Ring: p.Ring, Clock: p.Clock, Log: log.Logger{}, Policies: policies})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
