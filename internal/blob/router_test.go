package blob_test

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"testing"

	"vow.example/vow/internal/blob"
	"vow.example/vow/internal/blob/blobtest"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/privacy"
)

func TestARouterKeepsThePromisesOfBlobs(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T) vault.Blobs {
		own := open(t, t.TempDir())
		return blob.NewRouter(open(t, t.TempDir()), map[privacy.AppID]vault.Blobs{"suite": own, "other": open(t, t.TempDir())}, open(t, t.TempDir()))
	})
}

func store(t *testing.T, s vault.Blobs, app privacy.AppID) string {
	t.Helper()
	id := privacy.NewID(privacy.PrefixUpload)
	w, err := s.Create(t.Context(), app, id)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Commit([vault.HeaderSize]byte{1}); err != nil {
		t.Fatal(err)
	}
	return id
}

func has(t *testing.T, s vault.Blobs, id string) bool {
	t.Helper()
	_, ok, err := s.Stat(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func TestEachAppsBlobsLieInItsOwnStore(t *testing.T) {
	t.Parallel()
	standard, first, second := open(t, t.TempDir()), open(t, t.TempDir()), open(t, t.TempDir())
	r := blob.NewRouter(standard, map[privacy.AppID]vault.Blobs{"first": first, "second": second})
	ids := map[vault.Blobs]string{standard: store(t, r, "somebody"), first: store(t, r, "first"), second: store(t, r, "second")}
	for _, s := range []vault.Blobs{standard, first, second} {
		for owner, id := range ids {
			if has(t, s, id) != (owner == s) {
				t.Errorf("a blob lies in the wrong store")
			}
		}
	}
	var listed []string
	for id, err := range r.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		listed = append(listed, id)
	}
	for _, id := range ids {
		if !slices.Contains(listed, id) || len(listed) != len(ids) {
			t.Errorf("%d blobs are listed of %d", len(listed), len(ids))
		}
	}
}

func TestABlobIsErasedWhereItIsAfterItsAppMoved(t *testing.T) {
	t.Parallel()
	old, now, standard := open(t, t.TempDir()), open(t, t.TempDir()), open(t, t.TempDir())
	id := store(t, blob.NewRouter(standard, map[privacy.AppID]vault.Blobs{"app": old}), "app")
	moved := blob.NewRouter(standard, map[privacy.AppID]vault.Blobs{"app": now}, old)
	if !has(t, moved, id) {
		t.Fatal("the blob is not found in the former store")
	}
	if _, err := moved.Create(t.Context(), "app", id); !errors.Is(err, fs.ErrExist) {
		t.Errorf("the name is given twice: %v", err)
	}
	if err := errors.Join(moved.OverwriteHeader(t.Context(), id, [vault.HeaderSize]byte{9}), moved.Remove(t.Context(), id)); err != nil {
		t.Fatal(err)
	}
	if has(t, old, id) {
		t.Error("the blob is left in the former store")
	}
	if store(t, moved, "app"); len(names(t, old)) > 0 {
		t.Error("a former store was written to")
	}
}

func names(t *testing.T, s vault.Blobs) (list []string) {
	t.Helper()
	for id, err := range s.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, id)
	}
	return list
}

// mute is a store whose disk does not answer.
type mute struct{ vault.Blobs }

var errMute = errors.New("no answer")

func (mute) Stat(context.Context, string) (int64, bool, error) { return 0, false, errMute }

func TestAStoreThatDoesNotAnswerIsNotTakenForAnEmptyOne(t *testing.T) {
	t.Parallel()
	r := blob.NewRouter(open(t, t.TempDir()), map[privacy.AppID]vault.Blobs{"app": mute{open(t, t.TempDir())}})
	id := privacy.NewID(privacy.PrefixUpload)
	_, create := r.Create(t.Context(), "other", id)
	_, read := r.Open(t.Context(), id)
	_, _, stat := r.Stat(t.Context(), id)
	for what, err := range map[string]error{
		"create": create, "open": read, "stat": stat, "remove": r.Remove(t.Context(), id),
		"overwrite": r.OverwriteHeader(t.Context(), id, [vault.HeaderSize]byte{}),
	} {
		if !errors.Is(err, errMute) {
			t.Errorf("%s answers %v", what, err)
		}
	}
}
