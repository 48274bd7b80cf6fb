package bucket_test

import (
	"errors"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vow.example/vow/internal/blob/bucket"
	"vow.example/vow/internal/blob/s3"
	"vow.example/vow/internal/guard/vault"
)

func TestWhatACrashLeavesInTheBucketIsRemovedAtTheNextStart(t *testing.T) {
	t.Parallel()
	h := newHouse(t, account(), httptest.NewServer)
	kept, cut := id(), id()
	if err := h.put(t, kept, []byte("whole")); err != nil {
		t.Fatal(err)
	}
	// The process ends after the content is in the bucket and before the header is on the disk. The
	// mark in the spool was there first.
	w, err := h.Create(t.Context(), app, cut)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("canary")); err != nil {
		t.Fatal(err)
	}
	marks, err := os.ReadDir(filepath.Join(h.dir, "spool"))
	if err != nil || len(marks) != 1 {
		t.Fatalf("%d marks, %v", len(marks), err)
	}
	_, object, _ := strings.Cut(marks[0].Name(), ".")
	h.sim.Place(object, []byte("canary"))
	// Another one ends after the header was committed and before the mark was removed.
	whole := h.objectOf(t, kept)
	if err := os.WriteFile(filepath.Join(h.dir, "spool", kept+"."+whole), []byte("whole"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(h.dir, "spool", "something"), nil, 0o600); err != nil {
		t.Fatal(err)
	}

	h.open(t)
	if onDisk(t, h.dir, "canary") {
		t.Error("the bytes of the cut upload are still on the disk")
	}
	if n, err := h.Sweep(t.Context()); n != 3 || err != nil {
		t.Errorf("the sweep deals with %d, %v", n, err)
	}
	if left := h.sim.Objects(); len(left) != 1 || left[0].Name != whole || h.spooled(t) != 0 {
		t.Errorf("%d objects and %d marks are left", len(left), h.spooled(t))
	}
	if got, err := h.read(t, kept); err != nil || string(got) != "whole" {
		t.Errorf("the whole blob reads %q, %v", got, err)
	}
}

// objectOf looks up what a blob is called in the bucket.
func (h *house) objectOf(t *testing.T, id string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(h.dir, "headers", "objects", id[len(id)-2:], id))
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range h.sim.Objects() {
		if strings.Contains(string(raw[vault.HeaderSize:]), o.Name) {
			return o.Name
		}
	}
	t.Fatal("no object belongs to the blob")
	return ""
}

func TestAHeaderWithoutContentIsListedAndCanBeErased(t *testing.T) {
	t.Parallel()
	h := newHouse(t, account(), httptest.NewServer)
	lost := id()
	if err := h.put(t, lost, []byte("content")); err != nil {
		t.Fatal(err)
	}
	h.sim.Lose(h.objectOf(t, lost)) // also what a crash in the middle of a removal leaves
	if _, err := h.read(t, lost); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("lost content reads as %v", err)
	}
	d, err := h.Orphans(t.Context())
	if err != nil || !slices.Equal(d.Blobs, []string{lost}) || len(d.Objects) > 0 {
		t.Errorf("%+v, %v", d, err)
	}
	if err := h.Remove(t.Context(), lost); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := h.Stat(t.Context(), lost); ok || err != nil {
		t.Errorf("the header is left: %v, %v", ok, err)
	}
}

func TestWhatSomebodyElsePutThereIsListedAndNotTouched(t *testing.T) {
	t.Parallel()
	o := account()
	o.PageSize = 3 // more than one page of a list
	h := newHouse(t, o, httptest.NewServer)
	for range 7 {
		if err := h.put(t, id(), []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	w, err := h.Create(t.Context(), app, id())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Abort() }()
	h.sim.Place("holiday/beach.jpg", []byte("theirs"))
	d, err := h.Orphans(t.Context())
	if err != nil || !slices.Equal(d.Objects, []string{"holiday/beach.jpg"}) || len(d.Blobs) > 0 {
		t.Errorf("%+v, %v", d, err)
	}
	if same, err := bucket.Inspect(t.Context(), h.dir, h.place, h.keys); err != nil || !slices.Equal(same.Objects, d.Objects) || len(same.Blobs) > 0 {
		t.Errorf("from outside: %+v, %v", same, err)
	}
	if _, err := h.Sweep(t.Context()); err != nil || len(h.sim.Objects()) != 8 {
		t.Errorf("%d objects, %v", len(h.sim.Objects()), err)
	}
}

func TestABucketThatKeepsOldVersionsIsRefused(t *testing.T) {
	t.Parallel()
	o := account()
	o.Versioned = true
	h := newHouse(t, o, httptest.NewServer)
	if err := h.put(t, id(), []byte("canary")); !errors.Is(err, s3.ErrVersioned) {
		t.Errorf("an upload answers %v", err)
	}
	if left := h.sim.Objects(); len(left) != 0 {
		t.Errorf("%d versions are left", len(left))
	}
	if h.spooled(t) != 0 {
		t.Error("a mark is left although nothing is there")
	}
}

func TestADamagedRecordIsNotTakenForNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t, account(), httptest.NewServer)
	name := id()
	if err := h.put(t, name, []byte("content")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(h.dir, "headers", "objects", name[len(name)-2:], name)
	if err := os.Truncate(path, vault.HeaderSize+3); err != nil {
		t.Fatal(err)
	}
	_, ok, stat := h.Stat(t.Context(), name)
	_, open := h.Open(t.Context(), name)
	if ok || stat == nil || open == nil || h.Remove(t.Context(), name) == nil {
		t.Errorf("Stat: %v, %v; Open: %v", ok, stat, open)
	}
}
