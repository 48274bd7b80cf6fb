package vault_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/policy"
)

// BenchmarkIngestVault stores a photo: encrypt, write, sync, name, sync the name.
func BenchmarkIngestVault(b *testing.B) {
	for _, size := range []int{200 << 10, 5 << 20, 20 << 20} {
		b.Run(fmt.Sprintf("%dKiB", size>>10), func(b *testing.B) {
			h := newHouse(b)
			photo := noise(size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				h.put(b, spec(policy.Disk), photo)
			}
		})
	}
}

// BenchmarkIngestPlain copies the same bytes into a file and syncs it: what storing costs without us.
func BenchmarkIngestPlain(b *testing.B) {
	for _, size := range []int{200 << 10, 5 << 20, 20 << 20} {
		b.Run(fmt.Sprintf("%dKiB", size>>10), func(b *testing.B) {
			dir, photo, n := b.TempDir(), noise(size), 0
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				n++
				f, err := os.Create(filepath.Join(dir, fmt.Sprint(n)))
				if err != nil {
					b.Fatal(err)
				}
				_, err = io.Copy(f, bytes.NewReader(photo))
				if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkReadVault reads a stored photo.
func BenchmarkReadVault(b *testing.B) {
	h := newHouse(b)
	ref := h.put(b, spec(policy.Disk), noise(5<<20))
	b.SetBytes(ref.Bytes)
	b.ReportAllocs()
	for b.Loop() {
		lease, err := h.Lend(b.Context(), ref, start().Add(time.Hour), vault.Reading{Why: vault.ForSubject})
		if err != nil {
			b.Fatal(err)
		}
		r, err := lease.Open()
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			b.Fatal(err)
		}
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStream200MB stores a video of 200 MB and reports the greatest heap seen meanwhile.
func BenchmarkStream200MB(b *testing.B) {
	h := newHouse(b)
	const size = 200 << 20
	b.SetBytes(size)
	b.ReportAllocs()
	var peak atomic.Uint64
	for b.Loop() {
		runtime.GC()
		s := spec(policy.Disk)
		ref, err := h.Put(b.Context(), s, inHours(s, 24), io.LimitReader(watch{&peak}, size))
		if err != nil {
			b.Fatal(err)
		}
		if err := h.Erase(b.Context(), ref); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(peak.Load())/(1<<20), "peak-heap-MiB")
}

// watch gives zeros and looks at the heap now and then.
type watch struct{ peak *atomic.Uint64 }

func (w watch) Read(p []byte) (int, error) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	for {
		old := w.peak.Load()
		if m.HeapInuse <= old || w.peak.CompareAndSwap(old, m.HeapInuse) {
			break
		}
	}
	clear(p)
	return len(p), nil
}
