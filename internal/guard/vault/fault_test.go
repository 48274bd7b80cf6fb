package vault_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

// eachFailure runs test with every changing call of the blobs failing in turn, with and without its
// effect, until a run has no such call any more.
func eachFailure(t *testing.T, test func(t *testing.T, h *house, arm func())) {
	t.Helper()
	for _, after := range []bool{false, true} {
		for failAt := 1; ; failAt++ {
			h := newHouse(t)
			test(t, h, func() { h.blobs.ops, h.blobs.failAt, h.blobs.after = 0, failAt, after })
			if h.blobs.ops < failAt {
				break
			}
			if failAt > 50 {
				t.Fatal("the failures do not end")
			}
		}
	}
}

func TestAFailureWhileStoringIsToldAndLeavesNothingThatARowKnows(t *testing.T) {
	t.Parallel()
	eachFailure(t, func(t *testing.T, h *house, arm func()) {
		s := spec(policy.Disk)
		arm()
		ref, err := h.Put(t.Context(), s, inHours(s, 24), bytes.NewReader(noise(700_000)))
		if h.blobs.ops < h.blobs.failAt {
			if err != nil {
				t.Errorf("without a failure: %v", err)
			}
			return
		}
		if !errors.Is(err, errBlobs) || ref != (vault.Ref{}) {
			t.Errorf("call %d failed and Put said %v", h.blobs.failAt, err)
		}
		// Only a commit that failed after its effect leaves a blob; nobody knows it, so boot erases it.
		if _, err := h.SweepOrphans(t.Context(), func(string) bool { return false }); err != nil {
			t.Fatal(err)
		}
		h.nothingOnDisk(t)
	})
}

func TestAFailureWhileErasingIsToldAndTheRetryErases(t *testing.T) {
	t.Parallel()
	eachFailure(t, func(t *testing.T, h *house, arm func()) {
		ref := h.put(t, spec(policy.Disk), noise(10))
		arm()
		err := h.Erase(t.Context(), ref)
		failed := h.blobs.ops >= h.blobs.failAt
		if failed != errors.Is(err, errBlobs) {
			t.Errorf("call %d: %v", h.blobs.failAt, err)
		}
		if n, _ := h.opened(t); err == nil && n != 0 {
			t.Errorf("call %d: reported erased, and it opens", h.blobs.failAt)
		}
		h.blobs.failAt = 0
		if err := h.Erase(t.Context(), ref); err != nil {
			t.Errorf("the retry: %v", err)
		}
		if h.Holds(t.Context(), ref) {
			t.Error("still held after the retry")
		}
		h.nothingOnDisk(t)
	})
}

func TestAFailureWhileRewrappingKeepsTheObjectReadable(t *testing.T) {
	t.Parallel()
	eachFailure(t, func(t *testing.T, h *house, arm func()) {
		s := spec(policy.Disk)
		ref := h.put(t, s, noise(10))
		arm()
		got, err := h.Rewrap(t.Context(), ref, inHours(s, 2), free)
		if failed := h.blobs.ops >= h.blobs.failAt; failed != (err != nil) || failed && got != ref {
			t.Errorf("call %d: %+v, %v", h.blobs.failAt, got, err)
		}
		h.blobs.failAt = 0
		if _, err := h.read(t.Context(), ref); err != nil {
			t.Errorf("not readable: %v", err)
		}
		if _, err := h.Rewrap(t.Context(), ref, inHours(s, 2), free); err != nil {
			t.Errorf("the retry: %v", err)
		}
	})
}

func TestStorageThatDoesNotAnswerIsNotTakenForEmpty(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ref := h.put(t, spec(policy.Disk), noise(10))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if !h.Holds(ctx, ref) {
		t.Error("storage that does not answer holds nothing")
	}
	if err := h.Erase(ctx, ref); err == nil {
		t.Error("erased without storage")
	}
	if _, err := h.SweepOrphans(ctx, func(string) bool { return false }); err == nil {
		t.Error("swept without storage")
	}
	if err := h.TryOpenAll(ctx, nil); err == nil {
		t.Error("tried without storage")
	}
	if _, err := h.read(ctx, ref); err == nil || errors.Is(err, vault.ErrErased) {
		t.Errorf("read: %v", err)
	}
}

func TestManyUseTheVaultAtOnce(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, h *house, s policy.Storage) {
		var wg sync.WaitGroup
		for i := range 6 {
			wg.Go(func() {
				for j := range 5 {
					if err := h.lifeOfAnObject(t, s, i, j); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if n, left := h.opened(t); n != 0 || left != 0 {
			t.Errorf("%d objects are left", left)
		}
		h.nothingOnDisk(t)
	})
}

// lifeOfAnObject stores, and reads while another goroutine erases.
func (h *house) lifeOfAnObject(t *testing.T, s policy.Storage, i, j int) error {
	sp := spec(s)
	sp.Subject = privacy.SubjectID(fmt.Sprintf("sub_%d", i))
	content := noise(60_000 + j)
	ref, err := h.Put(t.Context(), sp, inHours(sp, 24), bytes.NewReader(content))
	if err != nil {
		return err
	}
	if got, err := h.read(t.Context(), ref); err != nil || !bytes.Equal(got, content) {
		return fmt.Errorf("reads back differently: %w", err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		got, err := h.read(t.Context(), ref)
		if err == nil && !bytes.Equal(got, content) || err != nil && !errors.Is(err, vault.ErrErased) {
			t.Errorf("while it was erased: %v", err)
		}
	})
	wg.Go(func() {
		if _, err := h.Rewrap(t.Context(), ref, inHours(sp, 23-j), free); err != nil && !errors.Is(err, vault.ErrErased) {
			t.Logf("rewrap while it was erased: %v", err)
		}
	})
	time.Sleep(time.Millisecond)
	if err := h.Erase(t.Context(), ref); err != nil {
		return err
	}
	wg.Wait()
	return h.Erase(t.Context(), ref)
}

func TestAnErasureOverwritesTheHeaderBeforeItRemovesTheBytes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ref := h.put(t, spec(policy.Disk), noise(10))
	f, err := h.blobs.Open(t.Context(), string(ref.Object)) // sees the bytes after their name is gone
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	before, after := make([]byte, vault.HeaderSize), make([]byte, vault.HeaderSize)
	if _, err := f.ReadAt(before, 0); err != nil {
		t.Fatal(err)
	}
	if err := h.Erase(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	if _, err := f.ReadAt(after, 0); err != nil {
		t.Fatal(err)
	}
	for at := 0; at < vault.HeaderSize; at += 16 {
		if bytes.Equal(before[at:at+16], after[at:at+16]) {
			t.Fatalf("the header at %d is still there", at)
		}
	}
}

func TestAnErasureInMemoryDestroysTheKeyToo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ref := h.put(t, spec(policy.Memory), noise(10))
	if _, err := h.ring.TaskKey(ref.Object); err != nil {
		t.Fatal(err)
	}
	if err := h.Erase(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	if _, err := h.ring.TaskKey(ref.Object); !errors.Is(err, vault.ErrErased) {
		t.Errorf("the key: %v", err)
	}
}

// slow holds the first header that is overwritten until it is let go, and sees who comes meanwhile.
type slow struct {
	vault.Blobs
	first   sync.Once
	entered chan struct{}
	release chan struct{}
	inside  sync.Mutex
	overlap chan struct{}
}

func (s *slow) OverwriteHeader(ctx context.Context, id string, header [vault.HeaderSize]byte) error {
	if !s.inside.TryLock() {
		close(s.overlap)
		s.inside.Lock()
	}
	defer s.inside.Unlock()
	s.first.Do(func() { close(s.entered); <-s.release })
	return s.Blobs.OverwriteHeader(ctx, id, header)
}

func TestARewrapNeverWritesAHeaderOverAnErasedOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	blobs := &slow{Blobs: h.blobs, entered: make(chan struct{}), release: make(chan struct{}), overlap: make(chan struct{})}
	h.Vault = vault.New(h.ring, blobs, h.clock, 0)
	s := spec(policy.Disk)
	ref := h.put(t, s, noise(10))
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := h.Rewrap(t.Context(), ref, inHours(s, 2), free); err != nil {
			t.Error(err)
		}
	})
	<-blobs.entered
	wg.Go(func() {
		if err := h.Erase(t.Context(), ref); err != nil {
			t.Error(err)
		}
	})
	select {
	case <-blobs.overlap:
		t.Error("an erasure and a rewrap write one header at once")
	case <-time.After(30 * time.Millisecond): // long enough to see a missing lock; never a false alarm
	}
	close(blobs.release)
	wg.Wait()
	if h.Holds(t.Context(), ref) {
		t.Error("still held")
	}
}
