package blob_test

import (
	"os"
	"path/filepath"
	"testing"

	"vow.example/vow/internal/blob"
	"vow.example/vow/internal/blob/blobtest"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/privacy"
)

func open(t *testing.T, dir string) *blob.File {
	t.Helper()
	f, err := blob.NewFile(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestFilesKeepThePromisesOfBlobs(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T) vault.Blobs { return open(t, t.TempDir()) })
}

func commit(t *testing.T, f *blob.File, id string) {
	t.Helper()
	w, err := f.Create(t.Context(), "app", id)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Commit([vault.HeaderSize]byte{1}); err != nil {
		t.Fatal(err)
	}
}

func TestARestartKeepsBlobsAndDropsWhatWasBeingWritten(t *testing.T) {
	t.Parallel()
	dir, kept, cut := t.TempDir(), privacy.NewID(privacy.PrefixUpload), privacy.NewID(privacy.PrefixUpload)
	f := open(t, dir)
	commit(t, f, kept)
	w, err := f.Create(t.Context(), "app", cut)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("half")); err != nil {
		t.Fatal(err)
	}
	again := open(t, dir)
	if _, ok, err := again.Stat(t.Context(), kept); !ok || err != nil {
		t.Errorf("the committed blob: %v, %v", ok, err)
	}
	left, err := os.ReadDir(filepath.Join(dir, "incoming"))
	if err != nil || len(left) != 0 {
		t.Errorf("%d unfinished files are left, %v", len(left), err)
	}
}

func TestNobodyElseCanReadTheFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "blobs")
	f := open(t, dir)
	commit(t, f, privacy.NewID(privacy.PrefixUpload))
	err := filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("a file or folder has mode %v", info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestALinkInTheFolderLeadsNowhere(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), t.TempDir()
	f := open(t, dir)
	id := "upl_0000000000000000000000aa"
	if err := os.Symlink(outside, filepath.Join(dir, "objects", "aa")); err != nil {
		t.Skip("this system has no links")
	}
	w, err := f.Create(t.Context(), "app", id)
	if err == nil {
		err = w.Commit([vault.HeaderSize]byte{})
	}
	if err == nil {
		t.Error("a blob was written through a link")
	}
	if left, _ := os.ReadDir(outside); len(left) != 0 {
		t.Error("something lies outside the folder")
	}
}

func TestAFolderThatCannotBeMadeIsAnError(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := blob.NewFile(path); err == nil {
		t.Error("a file is taken for a folder")
	}
}
