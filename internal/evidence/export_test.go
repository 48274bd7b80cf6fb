package evidence_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"vow.example/vow/internal/evidence"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/audit/audittest"
)

// export writes what a server serves of the log into dir, as somebody who copies it does.
func export(t testing.TB, tree *audittest.Tree, dir string) audit.Checkpoint {
	t.Helper()
	ctx := context.Background()
	size, err := tree.Size(ctx)
	must(t, err)
	root, err := audit.Root(ctx, tree, size)
	must(t, err)
	signed, err := signer(t).Checkpoint(origin, size, root)
	must(t, err)
	put := func(name string, data []byte) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		must(t, errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, data, 0o600)))
	}
	for _, tile := range tlog.NewTiles(8, 0, size) {
		for _, name := range names(tile) {
			data, err := evidence.Tile(ctx, tree, name, size)
			must(t, err)
			put(name, data)
		}
	}
	put("verifier_key", []byte(signer(t).VerifierKey()+"\n"))
	put("checkpoint", []byte(signed))
	return audit.Checkpoint{Origin: origin, Size: size, Root: root}
}

// names returns the files of a tile: its hashes and, at the lowest level, the entries below it.
func names(tile tlog.Tile) []string {
	rest := strings.TrimPrefix(tile.Path(), "tile/8/")
	if tile.L > 0 {
		return []string{"tile/" + rest}
	}
	return []string{"tile/" + rest, "tile/entries/" + strings.TrimPrefix(rest, "0/")}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func files(t testing.TB, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, relErr := filepath.Rel(dir, path)
			out, err = append(out, filepath.ToSlash(rel)), relErr
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func write(t testing.TB, data string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "since")
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestAnExportHasTheLayoutOfC2SPTiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	export(t, logOf(t, 600), dir)
	want := "checkpoint tile/0/000 tile/0/001 tile/0/002.p/88 tile/1/000.p/2 " +
		"tile/entries/000 tile/entries/001 tile/entries/002.p/88 verifier_key"
	if got := strings.Join(files(t, dir), " "); got != want {
		t.Errorf("files %s\nwant  %s", got, want)
	}
	if n := len(read(t, filepath.Join(dir, "tile/0/000"))); n != 8192 {
		t.Errorf("a full tile has %d bytes", n)
	}
}

// The tile reader of the Go checksum database is an independent client of the same layout.
func TestAnExportServesAnIndependentTileReader(t *testing.T) {
	t.Parallel()
	dir, tree := t.TempDir(), logOf(t, 600)
	cp := export(t, tree, dir)
	hashes := tlog.TileHashReader(tlog.Tree{N: cp.Size, Hash: cp.Root}, tiles{t, dir})
	for _, i := range []int64{0, 255, 256, 599} {
		proof, err := tlog.ProveRecord(cp.Size, i, hashes)
		if err != nil {
			t.Fatal(err)
		}
		if err := tlog.CheckRecord(proof, cp.Size, cp.Root, i, tlog.RecordHash(tree.Leaf(i).Data)); err != nil {
			t.Errorf("entry %d: %v", i, err)
		}
	}
}

type tiles struct {
	t   *testing.T
	dir string
}

func (f tiles) Height() int { return 8 }

func (f tiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		out = append(out, []byte(read(f.t, filepath.Join(f.dir, path))))
	}
	return out, nil
}

func (f tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func TestAnExportOfEverySizeVerifies(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 2, 255, 256, 257, 600} {
		dir := t.TempDir()
		export(t, logOf(t, n), dir)
		rep, err := evidence.VerifyExport(dir, signer(t).VerifierKey(), "")
		if err != nil || !rep.OK || !rep.KeyPinned {
			t.Errorf("%d entries: %v\n%s", n, err, rep.Text())
		}
		if n == 600 && !strings.Contains(rep.Text(), "600 × erased") {
			t.Errorf("the report does not count the entries:\n%s", rep.Text())
		}
	}
}

func TestAnExportOfManyTilesVerifies(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	export(t, logOf(t, 256*256+3), dir)
	if rep, err := evidence.VerifyExport(dir, "", ""); err != nil || rep.KeyPinned || !strings.Contains(rep.Text(), "key not pinned") {
		t.Errorf("%v\n%s", err, rep.Text())
	}
	if _, err := os.Stat(filepath.Join(dir, "tile/2/000.p/1")); err != nil {
		t.Error("no tile at level 2")
	}
}

func TestAnExportHoldsNoSaltNoPayloadAndNoName(t *testing.T) {
	t.Parallel()
	dir, tree := t.TempDir(), logOf(t, 300)
	export(t, tree, dir)
	for _, name := range files(t, dir) {
		data := []byte(read(t, filepath.Join(dir, name)))
		for i := range int64(300) {
			leaf := tree.Leaf(i)
			for what, secret := range map[string][]byte{
				"a salt": leaf.Salt, "a payload": leaf.Payload, "an object": []byte(leaf.Object), "a subject": []byte(leaf.Subject),
			} {
				if bytes.Contains(data, secret) {
					t.Fatalf("%s holds %s", name, what)
				}
			}
		}
	}
}

func TestACopyIsContinuedAndItsOldCheckpointStillFits(t *testing.T) {
	t.Parallel()
	dir, tree := t.TempDir(), logOf(t, 300)
	export(t, tree, dir)
	since := write(t, read(t, filepath.Join(dir, "checkpoint")))
	full := []string{filepath.Join(dir, "tile/0/000"), filepath.Join(dir, "tile/entries/000")}
	before := []string{read(t, full[0]), read(t, full[1])}
	extend(t, tree, 300)
	export(t, tree, dir)
	for i, path := range full {
		if read(t, path) != before[i] {
			t.Errorf("%s is full and changed", path)
		}
	}
	rep, err := evidence.VerifyExport(dir, signer(t).VerifierKey(), since)
	if err != nil || !strings.Contains(rep.Text(), "the first 300 entries are those of the earlier checkpoint") {
		t.Errorf("%v\n%s", err, rep.Text())
	}
}

func TestATileThatCannotBeReadIsAnError(t *testing.T) {
	t.Parallel()
	broken := logOf(t, 3)
	broken.Break(errors.New("disk on fire"))
	const hashes, entries = "tile/0/000.p/3", "tile/entries/000.p/3"
	for name, tt := range map[string]struct {
		log  evidence.Reader
		path string
	}{
		"an unreadable log":     {broken, hashes},
		"leaves missing":        {holed{Tree: logOf(t, 3)}, entries},
		"leaves unreadable":     {holed{Tree: logOf(t, 3), err: errors.New("x")}, entries},
		"a leaf far too long":   {holed{Tree: logOf(t, 3), leaves: [][]byte{make([]byte, 1<<16), nil, nil}}, entries},
		"hashes lost in the db": {holed{Tree: logOf(t, 3), noHashes: true}, hashes},
	} {
		if data, err := evidence.Tile(context.Background(), tt.log, tt.path, 3); err == nil || fault.CodeOf(err) == "not-found" || data != nil {
			t.Errorf("%s: %d bytes, %v", name, len(data), err)
		}
	}
}

func TestATileThatTheLogLacksIsNotFound(t *testing.T) {
	t.Parallel()
	tree := logOf(t, 300)
	for _, path := range []string{"checkpoint", "tile/0/002", "tile/0/001.p/45", "tile/1/000.p/2", "tile/8/000", "tile/entries/001", "tile/entries/../000", "tile/0/-01"} {
		if data, err := evidence.Tile(context.Background(), tree, path, 300); fault.CodeOf(err) != "not-found" || data != nil {
			t.Errorf("%s: %d bytes, %v", path, len(data), err)
		}
	}
}

// holed is a log with something missing.
type holed struct {
	*audittest.Tree
	leaves   [][]byte
	err      error
	noHashes bool
}

func (h holed) ReadLeaves(context.Context, int64, int64) ([][]byte, error) { return h.leaves, h.err }

func (h holed) Hashes(ctx context.Context, x []int64) ([]tlog.Hash, error) {
	if h.noHashes {
		return nil, errors.New("no such row")
	}
	return h.Tree.Hashes(ctx, x)
}
