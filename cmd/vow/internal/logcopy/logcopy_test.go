package logcopy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vow.example/vow/client"
)

// files is a log that answers from a map and remembers what was asked.
type files struct {
	size  int64
	lacks string // a name that is not there
	asked []string
}

func (f *files) LogFile(_ context.Context, name string) (io.ReadCloser, error) {
	f.asked = append(f.asked, name)
	if name == f.lacks {
		return nil, &client.Problem{Status: 404, Code: "not-found"}
	}
	body := name
	if name == "checkpoint" {
		body = fmt.Sprintf("vow.example/log\n%d\nhash\n\n— sig\n", f.size)
	}
	return io.NopCloser(strings.NewReader(body)), nil
}

func TestACopyHoldsEveryTileAndBundle(t *testing.T) {
	t.Parallel()
	tests := map[int64][]string{
		0:   {"checkpoint", "verifier_key"},
		3:   {"checkpoint", "tile/0/000.p/3", "tile/entries/000.p/3", "verifier_key"},
		256: {"checkpoint", "tile/0/000", "tile/1/000.p/1", "tile/entries/000", "verifier_key"},
		258: {"checkpoint", "tile/0/000", "tile/0/001.p/2", "tile/1/000.p/1", "tile/entries/000", "tile/entries/001.p/2", "verifier_key"},
	}
	for size, want := range tests {
		t.Run(fmt.Sprint(size, " entries"), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			got, err := Copy(t.Context(), &files{size: size}, dir)
			if err != nil || got != size {
				t.Fatalf("got %d, %v", got, err)
			}
			if found := walk(t, dir); !slices.Equal(found, want) {
				t.Errorf("copied %v, want %v", found, want)
			}
		})
	}
}

func TestACopyIsContinuedWithoutFetchingFullTilesAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := Copy(t.Context(), &files{size: 300}, dir); err != nil {
		t.Fatal(err)
	}
	again := &files{size: 301}
	if _, err := Copy(t.Context(), again, dir); err != nil {
		t.Fatal(err)
	}
	if slices.Contains(again.asked, "tile/0/000") || !slices.Contains(again.asked, "tile/0/001.p/45") {
		t.Errorf("asked for %v", again.asked)
	}
}

func TestTheCheckpointIsWrittenOnlyAfterEverythingElse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := Copy(t.Context(), &files{size: 3, lacks: "tile/entries/000.p/3"}, dir)
	var p *client.Problem
	if !errors.As(err, &p) {
		t.Errorf("got %v", err)
	}
	if slices.Contains(walk(t, dir), "checkpoint") {
		t.Error("a checkpoint stands over an incomplete copy")
	}
}

func TestAServerWithoutKeyFileIsCopiedToo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := Copy(t.Context(), &files{size: 1, lacks: "verifier_key"}, dir); err != nil {
		t.Fatal(err)
	}
	if slices.Contains(walk(t, dir), "verifier_key") {
		t.Error("a key appeared from nowhere")
	}
}

func TestACheckpointWithoutPossibleSizeIsRefused(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "one line", "a\nb\nc\n", "a\n-1\nc\n", "a\n99999999999999\nc\n"} {
		if _, err := sizeOf([]byte(bad)); err == nil {
			t.Errorf("%q was taken for a checkpoint", bad)
		}
	}
}

func walk(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			names = append(names, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}
