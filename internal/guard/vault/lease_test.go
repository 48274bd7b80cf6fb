package vault_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"vow.example/vow/internal/guard/guardtest"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/policy"
)

func TestNothingIsLentAtOrAfterItsEndEvenIfTheSweeperIsLate(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, h *house, s policy.Storage) {
		ref := h.put(t, spec(s), noise(200_000))
		due := start().Add(time.Hour)
		lend := func() (vault.Lease, error) { return h.Lend(t.Context(), ref, due, feature(t)) }
		lease, err := lend()
		if err != nil {
			t.Fatal(err)
		}
		open, err := lease.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(open, make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
		h.clock.Advance(time.Hour - time.Nanosecond)
		if _, err := lend(); err != nil {
			t.Errorf("a nanosecond before: %v", err)
		}
		h.clock.Advance(time.Nanosecond)
		if _, err := lend(); !errors.Is(err, vault.ErrErased) {
			t.Errorf("lent at its end: %v", err)
		}
		if _, err := lease.Open(); !errors.Is(err, vault.ErrErased) {
			t.Errorf("opened at its end: %v", err)
		}
		if _, err := open.Read(make([]byte, 1)); !errors.Is(err, vault.ErrErased) {
			t.Errorf("read on at its end: %v", err)
		}
		if err := open.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestAnErasureStopsReadersInTheMiddle(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, h *house, s policy.Storage) {
		ref := h.put(t, spec(s), noise(200_000))
		lease, err := h.Lend(t.Context(), ref, start().Add(time.Hour), vault.Reading{Why: vault.ForSubject})
		if err != nil {
			t.Fatal(err)
		}
		open, err := lease.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(open, make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
		if err := h.Erase(t.Context(), ref); err != nil {
			t.Fatal(err)
		}
		if _, err := open.Read(make([]byte, 1)); !errors.Is(err, vault.ErrErased) {
			t.Errorf("read on: %v", err)
		}
		if _, err := lease.Open(); !errors.Is(err, vault.ErrErased) {
			t.Errorf("opened again: %v", err)
		}
		for range 2 {
			if err := open.Close(); err != nil {
				t.Error(err)
			}
		}
		if _, err := open.Read(make([]byte, 1)); err == nil {
			t.Error("read after close")
		}
	})
}

func TestTheZeroLeaseOpensNothing(t *testing.T) {
	t.Parallel()
	var zero vault.Lease
	if _, err := zero.Open(); !errors.Is(err, vault.ErrNoLease) {
		t.Errorf("opened: %v", err)
	}
	if zero.Valid() || zero.Why() != vault.ForNothing || zero.Purpose() != "" || zero.Bytes() != 0 || zero.MediaType() != "" || zero.Ref() != (vault.Ref{}) {
		t.Error("the zero lease says something")
	}
}

func TestALeaseIsNeverEncodedOrPrinted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ref := h.put(t, spec(policy.Disk), noise(10))
	lease, err := h.Lend(t.Context(), ref, start().Add(time.Hour), vault.Reading{Why: vault.ForSubject})
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []any{lease, &lease, struct{ L vault.Lease }{lease}, map[string]vault.Lease{"l": lease}} {
		if _, err := json.Marshal(value); !errors.Is(err, vault.ErrEncoded) {
			t.Errorf("JSON of %T: %v", value, err)
		}
		if err := gob.NewEncoder(&bytes.Buffer{}).Encode(value); !errors.Is(err, vault.ErrEncoded) {
			t.Errorf("gob of %T: %v", value, err)
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
			if out := fmt.Sprintf(verb, value); strings.Contains(out, string(ref.Object)) {
				t.Errorf("%s of %T prints %s", verb, value, out)
			}
		}
	}
	if _, err := lease.MarshalText(); !errors.Is(err, vault.ErrEncoded) {
		t.Errorf("text: %v", err)
	}
}

func TestAnOpenLeaseReadsRanges(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, h *house, s policy.Storage) {
		content := noise(300_000)
		ref := h.put(t, spec(s), content)
		lease, err := h.Lend(t.Context(), ref, start().Add(time.Hour), vault.Reading{Why: vault.ForSubject})
		if err != nil {
			t.Fatal(err)
		}
		open, err := lease.Open()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = open.Close() }()
		r, ok := open.(io.ReadSeekCloser)
		if !ok {
			t.Fatal("no ranges")
		}
		if err := iotest.TestReader(r, content); err != nil {
			t.Error(err)
		}
		for _, from := range []int64{0, 1, 65535, 65536, 131072, 299_999, 300_000} {
			if at, err := r.Seek(from-300_000, io.SeekEnd); err != nil || at != from {
				t.Fatalf("seek to %d: %d, %v", from, at, err)
			}
			got, err := io.ReadAll(io.LimitReader(r, 1000))
			if err != nil || !bytes.Equal(got, content[from:min(from+1000, 300_000)]) {
				t.Errorf("range at %d: %v", from, err)
			}
		}
		if _, err := r.Seek(-1, io.SeekStart); err == nil {
			t.Error("seek before the start")
		}
		if _, err := r.Seek(0, 7); err == nil {
			t.Error("seek from nowhere")
		}
		if at, err := r.Seek(400_000, io.SeekStart); err != nil || at != 400_000 {
			t.Error("seek behind the end")
		}
		if n, err := r.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
			t.Errorf("behind the end: %d, %v", n, err)
		}
	})
}

func TestAMintedLeaseReadsItsContent(t *testing.T) {
	t.Parallel()
	lease := guardtest.Lease(vault.Ref{Object: "upl_1", MediaType: "image/png"}, vault.ForReview, []byte("pixels"))
	open, err := lease.Open()
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(open)
	if err != nil || string(got) != "pixels" || lease.Bytes() != 6 || !lease.Valid() || lease.MediaType() != "image/png" {
		t.Errorf("%q, %v", got, err)
	}
}
