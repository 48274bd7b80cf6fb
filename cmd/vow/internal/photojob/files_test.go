package photojob

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func TestAFileAppearsWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "out.jpg")
	broken := errors.New("the line broke")
	err := WriteFile(path, false, func(w io.Writer) error {
		_, _ = io.WriteString(w, "half")
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("%v was left behind", left)
	}
	if err := WriteFile(path, false, text("whole")); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(path, false, text("other")); !errors.Is(err, os.ErrExist) {
		t.Errorf("a file was replaced without being asked: %v", err)
	}
	if err := WriteFile(path, true, text("new")); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(path); string(got) != "new" {
		t.Errorf("the file has %q", got)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("others can read it: %v", info.Mode())
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("%v was left behind", left)
	}
	if err := WriteFile(filepath.Join(dir, "no", "out.jpg"), false, text("")); err == nil {
		t.Error("no error for a folder that does not exist")
	}
}

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func TestAnEmptyPhotoIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "in.jpg")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openInput(path); err == nil {
		t.Error("no error for an empty file")
	}
}

func TestFileNamesAreComparedWithTheMediaType(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{"a.jpg": true, "a.JPEG": true, "a.png": false, "a": false} {
		if got := fits(name, "image/jpeg"); got != want {
			t.Errorf("fits(%q) = %v", name, got)
		}
	}
	if !fits("a.bin", "application/x-unknown") || !fits("a.bin", "") {
		t.Error("an unknown media type has no name to compare")
	}
}
