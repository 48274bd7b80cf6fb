// Package blobtest says what a store of blobs must do, as tests that every implementation runs.
//
// It promises that an implementation that passes keeps the promises of vault.Blobs. It never looks
// behind the interface.
package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"sync"
	"testing"

	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/privacy"
)

// Run runs the suite. Each call of open returns an empty store.
func Run(t *testing.T, open func(t *testing.T) vault.Blobs) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, vault.Blobs){
		"a committed blob reads back with its header":     readsBack,
		"a blob is not seen before its commit":            unseenBeforeCommit,
		"an aborted blob leaves nothing":                  abortLeavesNothing,
		"an abort after the commit changes nothing":       abortAfterCommit,
		"a name is given once":                            nameGivenOnce,
		"a name is free again after removal":              nameFreeAgain,
		"an overwritten header is all that changes":       overwriteHeader,
		"a missing blob is missing":                       missing,
		"a name that is no object id is refused":          badNames,
		"a list names every committed blob once":          list,
		"a list can be left early":                        leaveList,
		"a context that has ended stops every call":       ended,
		"a blob reads from any byte on":                   readsAnywhere,
		"a blob removed while it is read turns into none": removedWhileRead,
		"many blobs are written at once without a mix-up": concurrent,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// app owns every blob of the suite.
const app = privacy.AppID("suite")

func header(b byte) (h [vault.HeaderSize]byte) {
	copy(h[:], bytes.Repeat([]byte{b}, len(h)))
	return h
}

func put(t *testing.T, s vault.Blobs, id string, head byte, body []byte) {
	t.Helper()
	w, err := s.Create(t.Context(), app, id)
	if err != nil {
		t.Fatalf("create: %v", err)
	}
	if _, err := w.Write(body); err != nil {
		t.Fatalf("write: %v", err)
	}
	if err := w.Commit(header(head)); err != nil {
		t.Fatalf("commit: %v", err)
	}
}

func get(t *testing.T, s vault.Blobs, id string) (head, body []byte) {
	t.Helper()
	f, err := s.Open(t.Context(), id)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	defer func() {
		if err := f.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	all, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
	if err != nil || len(all) < vault.HeaderSize {
		t.Fatalf("read: %d bytes, %v", len(all), err)
	}
	return all[:vault.HeaderSize], all[vault.HeaderSize:]
}

func names(t *testing.T, s vault.Blobs) []string {
	t.Helper()
	var ids []string
	for id, err := range s.List(t.Context()) {
		if err != nil {
			t.Fatalf("list: %v", err)
		}
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func newID() string { return privacy.NewID(privacy.PrefixUpload) }

func readsBack(t *testing.T, s vault.Blobs) {
	for _, size := range []int{0, 1, 4095, 4096, 300_000} {
		id, body := newID(), bytes.Repeat([]byte{7}, size)
		put(t, s, id, 3, body)
		head, got := get(t, s, id)
		want := header(3)
		if !bytes.Equal(head, want[:]) || !bytes.Equal(got, body) {
			t.Errorf("a blob of %d bytes reads back differently", size)
		}
		n, ok, err := s.Stat(t.Context(), id)
		if err != nil || !ok || n != int64(vault.HeaderSize+size) {
			t.Errorf("Stat says %d, %v, %v for a blob of %d bytes", n, ok, err, size)
		}
	}
}

func unseenBeforeCommit(t *testing.T, s vault.Blobs) {
	id := newID()
	w, err := s.Create(t.Context(), app, id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := s.Stat(t.Context(), id); ok || err != nil {
		t.Errorf("Stat sees it: %v, %v", ok, err)
	}
	if _, err := s.Open(t.Context(), id); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open answers %v", err)
	}
	if got := names(t, s); len(got) != 0 {
		t.Errorf("List sees %d blobs", len(got))
	}
	if err := w.Abort(); err != nil {
		t.Error(err)
	}
}

func abortLeavesNothing(t *testing.T, s vault.Blobs) {
	id := newID()
	w, err := s.Create(t.Context(), app, id)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second does nothing
		if err := w.Abort(); err != nil {
			t.Fatalf("abort: %v", err)
		}
	}
	if _, err := w.Write([]byte("x")); err == nil {
		t.Error("an aborted blob takes content")
	}
	if err := w.Commit(header(1)); err == nil {
		t.Error("an aborted blob can be committed")
	}
	put(t, s, id, 1, nil) // the name is free
}

func abortAfterCommit(t *testing.T, s vault.Blobs) {
	id := newID()
	w, err := s.Create(t.Context(), app, id)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Commit(header(1)), w.Abort()); err != nil {
		t.Fatal(err)
	}
	get(t, s, id)
}

func nameGivenOnce(t *testing.T, s vault.Blobs) {
	id := newID()
	first, err := s.Create(t.Context(), app, id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Create(t.Context(), app, id); err == nil {
		t.Error("a second writer gets the name while the first writes")
	}
	if err := first.Commit(header(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Create(t.Context(), app, id); err == nil {
		t.Error("a second writer gets the name of a blob")
	}
	if head, _ := get(t, s, id); head[0] != 1 {
		t.Error("the refused writer changed the blob")
	}
}

func nameFreeAgain(t *testing.T, s vault.Blobs) {
	id := newID()
	put(t, s, id, 1, []byte("old"))
	if err := s.Remove(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	put(t, s, id, 2, []byte("new"))
	if head, body := get(t, s, id); head[0] != 2 || string(body) != "new" {
		t.Error("the old blob is still there")
	}
}

func overwriteHeader(t *testing.T, s vault.Blobs) {
	id, body := newID(), bytes.Repeat([]byte("content "), 10_000)
	put(t, s, id, 1, body)
	if err := s.OverwriteHeader(t.Context(), id, header(9)); err != nil {
		t.Fatal(err)
	}
	head, got := get(t, s, id)
	want := header(9)
	if !bytes.Equal(head, want[:]) || !bytes.Equal(got, body) {
		t.Error("the header is not new, or the content is not old")
	}
}

func missing(t *testing.T, s vault.Blobs) {
	id := newID()
	if _, err := s.Open(t.Context(), id); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open answers %v, not fs.ErrNotExist", err)
	}
	if _, ok, err := s.Stat(t.Context(), id); ok || err != nil {
		t.Errorf("Stat answers %v, %v", ok, err)
	}
	if err := s.OverwriteHeader(t.Context(), id, header(1)); err == nil {
		t.Error("OverwriteHeader made a blob")
	}
	if err := s.Remove(t.Context(), id); err != nil {
		t.Errorf("Remove answers %v", err)
	}
	if got := names(t, s); len(got) != 0 {
		t.Errorf("List names %d blobs", len(got))
	}
}

func badNames(t *testing.T, s vault.Blobs) {
	for _, id := range []string{"", "..", "../../etc/passwd", "/etc/passwd", "a/b_c", "upl_\x00", "UPL_1", "upl 1", "upl_é"} {
		_, createErr := s.Create(t.Context(), app, id)
		_, openErr := s.Open(t.Context(), id)
		_, _, statErr := s.Stat(t.Context(), id)
		if createErr == nil || openErr == nil || statErr == nil || s.Remove(t.Context(), id) == nil {
			t.Errorf("%q is taken for a name", id)
		}
	}
}

func list(t *testing.T, s vault.Blobs) {
	var want []string
	for range 40 {
		id := newID()
		put(t, s, id, 1, nil)
		want = append(want, id)
	}
	slices.Sort(want)
	if got := names(t, s); !slices.Equal(got, want) {
		t.Errorf("List names %d blobs of %d", len(got), len(want))
	}
}

func leaveList(t *testing.T, s vault.Blobs) {
	for range 3 {
		put(t, s, newID(), 1, nil)
	}
	n := 0
	for range s.List(t.Context()) {
		if n++; n == 2 {
			break
		}
	}
	if n != 2 {
		t.Errorf("the list went on to %d", n)
	}
}

func ended(t *testing.T, s vault.Blobs) {
	id := newID()
	put(t, s, id, 1, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, createErr := s.Create(ctx, app, newID())
	_, openErr := s.Open(ctx, id)
	_, _, statErr := s.Stat(ctx, id)
	for i, err := range []error{createErr, openErr, statErr, s.Remove(ctx, id), s.OverwriteHeader(ctx, id, header(2))} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("call %d answers %v", i, err)
		}
	}
	if head, _ := get(t, s, id); head[0] != 1 {
		t.Error("a stopped call changed the blob")
	}
}

// removedWhileRead allows both answers: a file that is open can be read on, an object elsewhere is
// gone at once. Nothing else may come.
func removedWhileRead(t *testing.T, s vault.Blobs) {
	id := newID()
	put(t, s, id, 1, []byte("content"))
	f, err := s.Open(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := s.Remove(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 7)
	_, err = f.ReadAt(got, vault.HeaderSize)
	if gone := errors.Is(err, fs.ErrNotExist); !gone && (err != nil || string(got) != "content") {
		t.Errorf("the open blob reads %q, %v", got, err)
	}
}

// readsAnywhere reads pieces forwards, backwards, over the border of the header and over the end.
func readsAnywhere(t *testing.T, s vault.Blobs) {
	id, body := newID(), make([]byte, 200_000)
	for i := range body {
		body[i] = byte(i / 7)
	}
	put(t, s, id, 5, body)
	head := header(5)
	whole := append(head[:], body...)
	f, err := s.Open(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for _, at := range []struct{ off, n int }{
		{vault.HeaderSize, 65_568}, {vault.HeaderSize + 65_568, 65_568}, {0, 100}, {vault.HeaderSize - 10, 20}, {150_000, 1000}, {10_000, 1},
		{len(whole) - 5, 5}, {0, len(whole)},
	} {
		got := make([]byte, at.n)
		if n, err := f.ReadAt(got, int64(at.off)); n != at.n || err != nil && !errors.Is(err, io.EOF) || !bytes.Equal(got, whole[at.off:at.off+at.n]) {
			t.Errorf("%d bytes from %d on: %d read, %v", at.n, at.off, n, err)
		}
	}
	for off, want := range map[int]int{len(whole) - 3: 3, len(whole): 0, len(whole) + 9: 0} {
		if n, err := f.ReadAt(make([]byte, 10), int64(off)); n != want || !errors.Is(err, io.EOF) {
			t.Errorf("over the end from %d on: %d read, %v", off, n, err)
		}
	}
}

func concurrent(t *testing.T, s vault.Blobs) {
	var wg sync.WaitGroup
	ids := make([]string, 16)
	for i := range ids {
		ids[i] = newID()
		wg.Go(func() {
			w, err := s.Create(t.Context(), app, ids[i])
			if err != nil {
				t.Error(err)
				return
			}
			for range 20 {
				if _, err := fmt.Fprintf(w, "blob %d.", i); err != nil {
					t.Error(err)
				}
			}
			if err := w.Commit(header(byte(i))); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i, id := range ids {
		head, body := get(t, s, id)
		if head[0] != byte(i) || !bytes.Equal(body, bytes.Repeat(fmt.Appendf(nil, "blob %d.", i), 20)) {
			t.Errorf("blob %d holds something else", i)
		}
	}
}
