package vault_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"testing/iotest"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

func both(t *testing.T, test func(*testing.T, *house, policy.Storage)) {
	t.Helper()
	for _, s := range []policy.Storage{policy.Disk, policy.Memory} {
		t.Run(string(s), func(t *testing.T) {
			t.Parallel()
			test(t, newHouse(t), s)
		})
	}
}

func TestContentReadsBack(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, h *house, s policy.Storage) {
		for _, n := range []int{0, 1, 65535, 65536, 65537, 2 * 65536, 200_001} {
			content := noise(n)
			ref := h.put(t, spec(s), content)
			if ref.Bytes != int64(n) || ref.Memory != (s == policy.Memory) || ref.MediaType != "image/jpeg" {
				t.Errorf("the fact is %+v", ref)
			}
			if got, err := h.read(t.Context(), ref); err != nil || !bytes.Equal(got, content) {
				t.Errorf("%d bytes read back differently: %v", n, err)
			}
			if !h.Holds(t.Context(), ref) {
				t.Errorf("%d bytes are not held", n)
			}
		}
	})
}

func TestWhatIsNotCoveredByItsDeadlineIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	good := spec(policy.Disk)
	fits := inHours(good, 24)
	mem := spec(policy.Memory)
	for name, tt := range map[string]struct {
		change   func(*vault.Spec)
		deadline retention.Deadline
	}{
		"no deadline":                      {func(*vault.Spec) {}, retention.Deadline{}},
		"another category":                 {func(s *vault.Spec) { s.Category = "prompt" }, fits},
		"another app":                      {func(s *vault.Spec) { s.App = "aifitting" }, fits},
		"another policy":                   {func(s *vault.Spec) { s.PolicyHash = "cd34" }, fits},
		"no subject":                       {func(s *vault.Spec) { s.Subject = "" }, fits},
		"no object":                        {func(s *vault.Spec) { s.Object = "" }, fits},
		"nowhere to rest":                  {func(s *vault.Spec) { s.Storage = "" }, fits},
		"a memory-only category on disk":   {func(*vault.Spec) {}, inHours(mem, 24)},
		"a deadline that has passed":       {func(*vault.Spec) {}, inHours(good, -1)},
		"a deadline that is now":           {func(*vault.Spec) {}, inHours(good, 0)},
		"a name that leads out of storage": {func(s *vault.Spec) { s.Object = "../../etc/passwd" }, fits},
	} {
		s := good
		tt.change(&s)
		if ref, err := h.Put(t.Context(), s, tt.deadline, bytes.NewReader(noise(10))); err == nil || ref != (vault.Ref{}) {
			t.Errorf("%s: stored as %+v, %v", name, ref, err)
		}
	}
	if _, err := h.Put(t.Context(), good, retention.Deadline{}, nil); !errors.Is(err, vault.ErrNoDeadline) {
		t.Errorf("no deadline: %v", err)
	}
	h.nothingOnDisk(t)
}

// nothingOnDisk fails where any file but the key file is left.
func (h *house) nothingOnDisk(t testing.TB) {
	t.Helper()
	err := filepath.WalkDir(h.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && d.Name() != "keyring.bin" {
			t.Errorf("%s is left", d.Name())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAFailedUploadLeavesNothing(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, h *house, s policy.Storage) {
		cut := io.MultiReader(bytes.NewReader(noise(200_000)), iotest.ErrReader(io.ErrUnexpectedEOF))
		sp := spec(s)
		if _, err := h.Put(t.Context(), sp, inHours(sp, 24), cut); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("a cut upload: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		hangs := io.MultiReader(bytes.NewReader(noise(200_000)), readFunc(func(p []byte) (int, error) { cancel(); return 1, nil }))
		if _, err := h.Put(ctx, sp, inHours(sp, 24), hangs); !errors.Is(err, context.Canceled) {
			t.Errorf("a hung-up upload: %v", err)
		}
		h.nothingOnDisk(t)
		if n, left := h.opened(t); n != 0 || left != 0 {
			t.Errorf("%d objects are left", left)
		}
		h.put(t, sp, noise(900_000)) // the name and all of the memory are free again
	})
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

func TestNoPlaintextReachesTheDiskAndMemoryOnlyContentNotEvenSealed(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, h *house, s policy.Storage) {
		canary := []byte("canary-in-the-pixels")
		ref := h.put(t, spec(s), bytes.Repeat(canary, 20_000))
		files := 0
		err := filepath.WalkDir(h.dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			files++
			all, err := os.ReadFile(path)
			if bytes.Contains(all, canary) {
				t.Errorf("%s holds plaintext", d.Name())
			}
			h.ring.Keys(func(kind, _ string, key []byte) {
				if bytes.Contains(all, key) {
					t.Errorf("%s holds a %s key", d.Name(), kind)
				}
			})
			if bytes.Contains(all, []byte(ref.Subject)) {
				t.Errorf("%s names the person", d.Name())
			}
			return err
		})
		if want := map[policy.Storage]int{policy.Disk: 2, policy.Memory: 1}[s]; err != nil || files != want {
			t.Errorf("%d files, %v", files, err)
		}
	})
}

func TestMemoryIsBoundedAndGivenBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := h.put(t, spec(policy.Memory), noise(600_000))
	s := spec(policy.Memory)
	_, err := h.Put(t.Context(), s, inHours(s, 24), bytes.NewReader(noise(600_000)))
	if fault.CodeOf(err) != "busy" || fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("full memory: %v", err)
	}
	h.put(t, spec(policy.Memory), noise(300_000)) // what was taken for the refused one is free
	if err := h.Erase(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	ref := h.put(t, s, noise(600_000))
	if _, err := h.read(t.Context(), ref); err != nil {
		t.Error(err)
	}
	if _, err := h.Put(t.Context(), s, inHours(s, 24), bytes.NewReader(nil)); err == nil {
		t.Error("one name serves two objects")
	}
	if _, err := h.read(t.Context(), ref); err != nil {
		t.Errorf("the refused one took the first with it: %v", err)
	}
}

func TestErasedMeansErased(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, h *house, s policy.Storage) {
		ref, other := h.put(t, spec(s), noise(100_000)), h.put(t, spec(s), noise(10))
		if n, left := h.opened(t); n != 2 || left != 2 {
			t.Fatalf("positive control: %d of %d open", n, left)
		}
		for range 2 {
			if err := h.Erase(t.Context(), ref); err != nil {
				t.Fatal(err)
			}
		}
		if h.Holds(t.Context(), ref) || !h.Holds(t.Context(), other) {
			t.Error("the wrong one is held")
		}
		if _, err := h.read(t.Context(), ref); !errors.Is(err, vault.ErrErased) {
			t.Errorf("read: %v", err)
		}
		if _, err := h.Rewrap(t.Context(), ref, inHours(vault.Spec{App: app, Category: ref.Category, PolicyHash: hash}, 1), free); !errors.Is(err, vault.ErrErased) {
			t.Errorf("rewrap: %v", err)
		}
		if n, left := h.opened(t); n != 1 || left != 1 {
			t.Errorf("%d of %d open", n, left)
		}
	})
}

func TestOneKeyEndsAnHourOrAPerson(t *testing.T) {
	t.Parallel()
	for name, destroy := range map[string]func(*house) error{
		"an hour": func(h *house) error {
			_, err := h.ring.DestroyEpochs(keyring.Epoch(start().Add(24 * time.Hour)))
			return err
		},
		"a person": func(h *house) error { return h.ring.DestroySubject(app, subject) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			refs := []vault.Ref{h.put(t, spec(policy.Disk), noise(100)), h.put(t, spec(policy.Disk), noise(100))}
			if n, _ := h.opened(t); n != 2 {
				t.Fatalf("positive control: %d open", n)
			}
			if err := destroy(h); err != nil {
				t.Fatal(err)
			}
			for _, ref := range refs {
				if _, err := h.read(t.Context(), ref); !errors.Is(err, vault.ErrErased) || h.Holds(t.Context(), ref) {
					t.Errorf("read: %v", err)
				}
			}
			if n, left := h.opened(t); n != 0 || left != 2 {
				t.Errorf("%d of %d open", n, left)
			}
		})
	}
}

func TestRewrapMovesTheEndEarlierAndNeverLater(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, h *house, s policy.Storage) {
		sp := spec(s)
		content := noise(70_000)
		ref := h.put(t, sp, content)
		if _, err := h.Rewrap(t.Context(), ref, inHours(sp, 26), free); !errors.Is(err, vault.ErrLater) {
			t.Errorf("later: %v", err)
		}
		if _, err := h.Rewrap(t.Context(), ref, retention.Deadline{}, free); !errors.Is(err, vault.ErrNoDeadline) {
			t.Errorf("no deadline: %v", err)
		}
		foreign := sp
		foreign.Category = "prompt"
		if _, err := h.Rewrap(t.Context(), ref, inHours(foreign, 1), free); !errors.Is(err, vault.ErrNoDeadline) {
			t.Errorf("the deadline of another category: %v", err)
		}
		if same, err := h.Rewrap(t.Context(), ref, inHours(sp, 24), free); err != nil || same != ref {
			t.Errorf("the same hour: %v", err)
		}
		earlier, err := h.Rewrap(t.Context(), ref, inHours(sp, 2), free)
		if err != nil || !earlier.Epoch.Equal(keyring.Epoch(start().Add(2*time.Hour))) {
			t.Fatalf("earlier: %+v, %v", earlier, err)
		}
		for name, r := range map[string]vault.Ref{"the new fact": earlier, "the old fact, after a crash before its row was written": ref} {
			if got, err := h.read(t.Context(), r); err != nil || !bytes.Equal(got, content) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := h.Rewrap(t.Context(), ref, inHours(sp, 24), free); !errors.Is(err, vault.ErrLater) {
			t.Errorf("back with the old fact: %v", err)
		}
		if s == policy.Memory {
			h.clock.Advance(2 * time.Hour)
		} else if _, err := h.ring.DestroyEpochs(start().Add(3 * time.Hour)); err != nil {
			t.Fatal(err)
		}
		if _, err := h.read(t.Context(), ref); !errors.Is(err, vault.ErrErased) {
			t.Errorf("after its new end: %v", err)
		}
	})
}

func TestOrphansAreErasedAtBoot(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	known, orphan := h.put(t, spec(policy.Disk), noise(10)), h.put(t, spec(policy.Disk), noise(10))
	knows := func(object string) bool { return object == string(known.Object) }
	if n, err := h.SweepOrphans(t.Context(), knows); n != 1 || err != nil {
		t.Fatalf("erased %d, %v", n, err)
	}
	if h.Holds(t.Context(), orphan) || !h.Holds(t.Context(), known) {
		t.Error("the wrong one was erased")
	}
	if n, err := h.SweepOrphans(t.Context(), knows); n != 0 || err != nil {
		t.Errorf("again: %d, %v", n, err)
	}
}

func TestAnotherPersonsFactOpensNothing(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, h *house, s policy.Storage) {
		ref := h.put(t, spec(s), noise(10))
		stranger := spec(s)
		stranger.Subject = "sub_2"
		h.put(t, stranger, noise(10))
		for name, change := range map[string]func(*vault.Ref){
			"another person":   func(r *vault.Ref) { r.Subject = "sub_2" },
			"another app":      func(r *vault.Ref) { r.App = "aifitting" },
			"another category": func(r *vault.Ref) { r.Category = "prompt" },
			"another length":   func(r *vault.Ref) { r.Bytes++ },
			"another object":   func(r *vault.Ref) { r.Object = privacy.ObjectID(privacy.NewID("upl")) },
		} {
			forged := ref
			change(&forged)
			if _, err := h.read(t.Context(), forged); err == nil {
				t.Errorf("%s: read", name)
			}
		}
	})
}

func TestChangedContentIsNoticed(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*os.File, int64) error{
		"a bit of the content": func(f *os.File, n int64) error { _, err := f.WriteAt([]byte{1, 2, 3}, n-100); return err },
		"a bit of the header":  func(f *os.File, _ int64) error { _, err := f.WriteAt([]byte{1, 2, 3}, 100); return err },
		"the last package":     func(f *os.File, n int64) error { return f.Truncate(n - 65536 - 32) },
		"something added":      func(f *os.File, n int64) error { return f.Truncate(n + 1) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			ref := h.put(t, spec(policy.Disk), noise(3*65536))
			id := string(ref.Object)
			path := filepath.Join(h.dir, "blobs", "objects", id[len(id)-2:], id)
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			info, err := f.Stat()
			if err := errors.Join(err, change(f, info.Size()), f.Close()); err != nil {
				t.Fatal(err)
			}
			if _, err := h.read(t.Context(), ref); !errors.Is(err, vault.ErrDamaged) {
				t.Errorf("read: %v", err)
			}
		})
	}
}

func TestAStreamOfAnyLengthTakesTheSameMemory(t *testing.T) {
	h := newHouse(t)
	h.Vault = vault.New(h.ring, sink{h.blobs}, h.clock, 0)
	taken := func(n int64) uint64 {
		s := spec(policy.Disk)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := h.Put(t.Context(), s, inHours(s, 24), io.LimitReader(zeros{}, n)); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	taken(1 << 20)
	if got := taken(64 << 20); got > 4<<20 {
		t.Errorf("64 MiB took %d bytes of memory", got)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// sink keeps nothing: the disk is not what is measured.
type sink struct{ vault.Blobs }

func (sink) Create(context.Context, privacy.AppID, string) (vault.BlobWriter, error) {
	return nowhere{}, nil
}

type nowhere struct{}

func (nowhere) Write(p []byte) (int, error)         { return len(p), nil }
func (nowhere) Commit([vault.HeaderSize]byte) error { return nil }
func (nowhere) Abort() error                        { return nil }
