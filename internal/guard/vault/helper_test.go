package vault_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"iter"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"vow.example/vow/internal/blob"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/guardtest"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

const (
	app     = privacy.AppID("pixplus")
	subject = privacy.SubjectID("sub_1")
	hash    = privacy.PolicyHash("ab12")
)

func start() time.Time { return time.Date(2026, 3, 1, 14, 37, 12, 0, time.UTC) }

// house is a vault with everything below it.
type house struct {
	*vault.Vault
	dir   string
	ring  *keyring.Ring
	blobs *faulty
	clock *clock.Adjustable
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{dir: t.TempDir(), clock: clock.NewFake(start())}
	ring, err := keyring.Open(filepath.Join(h.dir, "keyring.bin"), keyring.RootFromBytes([32]byte([]byte("0123456789abcdefghijklmnopqrstuv"))))
	if err != nil {
		t.Fatal(err)
	}
	files, err := blob.NewFile(filepath.Join(h.dir, "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = ring.Close(), files.Close() })
	h.ring, h.blobs = ring, &faulty{Blobs: files}
	h.Vault = vault.New(ring, h.blobs, h.clock, 1<<20)
	return h
}

func spec(s policy.Storage) vault.Spec {
	return vault.Spec{
		App: app, Subject: subject, Object: privacy.ObjectID(privacy.NewID(privacy.PrefixUpload)),
		Category: "source_photo", MediaType: "image/jpeg", Storage: s, PolicyHash: hash,
	}
}

func inHours(s vault.Spec, n int) retention.Deadline {
	return guardtest.Deadline(s, start(), start().Add(time.Duration(n)*time.Hour))
}

func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

func (h *house) put(t testing.TB, s vault.Spec, content []byte) vault.Ref {
	t.Helper()
	ref, err := h.Put(t.Context(), s, inHours(s, 24), bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

// read reads an object as the person would.
func (h *house) read(ctx context.Context, ref vault.Ref) ([]byte, error) {
	lease, err := h.Lend(ctx, ref, start().Add(24*time.Hour), vault.Reading{Why: vault.ForSubject})
	if err != nil {
		return nil, err
	}
	r, err := lease.Open()
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(r)
	return content, errors.Join(err, r.Close())
}

// opened counts what every remaining key opens, and checks that it is real content.
func (h *house) opened(t testing.TB) (opened, remaining int) {
	t.Helper()
	err := h.TryOpenAll(t.Context(), func(_ string, err error, plain io.Reader) {
		remaining++
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, plain); err == nil {
			opened++
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return opened, remaining
}

var errBlobs = errors.New("blobs: injected failure")

// faulty fails the n-th call that changes something. After says whether the change was made all the
// same.
type faulty struct {
	vault.Blobs
	mu     sync.Mutex
	ops    int
	failAt int
	after  bool
}

func (f *faulty) do(change func() error) error {
	f.mu.Lock()
	f.ops++
	fails, after := f.ops == f.failAt, f.after
	f.mu.Unlock()
	if !fails {
		return change()
	}
	if after {
		if err := change(); err != nil {
			return err
		}
	}
	return errBlobs
}

func (f *faulty) Create(ctx context.Context, app privacy.AppID, id string) (w vault.BlobWriter, err error) {
	err = f.do(func() (err error) { w, err = f.Blobs.Create(ctx, app, id); return err })
	if err != nil {
		if w != nil {
			_ = w.Abort() // a store whose Create failed keeps nothing
		}
		return nil, err
	}
	return &faultyWriter{w, f}, nil
}

func (f *faulty) OverwriteHeader(ctx context.Context, id string, h [vault.HeaderSize]byte) error {
	return f.do(func() error { return f.Blobs.OverwriteHeader(ctx, id, h) })
}

func (f *faulty) Remove(ctx context.Context, id string) error {
	return f.do(func() error { return f.Blobs.Remove(ctx, id) })
}

func (f *faulty) List(ctx context.Context) iter.Seq2[string, error] { return f.Blobs.List(ctx) }

type faultyWriter struct {
	vault.BlobWriter
	f *faulty
}

func (w *faultyWriter) Write(p []byte) (n int, err error) {
	err = w.f.do(func() (err error) { n, err = w.BlobWriter.Write(p); return err })
	return n, err
}

func (w *faultyWriter) Commit(h [vault.HeaderSize]byte) error {
	return w.f.do(func() error { return w.BlobWriter.Commit(h) })
}

// free says that no order keeps anything.
func free(context.Context) (bool, error) { return false, nil }
