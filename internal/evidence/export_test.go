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
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/audit/audittest"
)

func export(t testing.TB, tree *audittest.Tree, dir string) audit.Checkpoint {
	t.Helper()
	cp, err := evidence.ExportTiles(context.Background(), tree, signer(t), origin, dir)
	if err != nil {
		t.Fatal(err)
	}
	return cp
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

func TestAnExportIsContinuedAndItsOldCheckpointStillFits(t *testing.T) {
	t.Parallel()
	dir, tree := t.TempDir(), logOf(t, 300)
	export(t, tree, dir)
	since := write(t, read(t, filepath.Join(dir, "checkpoint")))
	before, err := os.Stat(filepath.Join(dir, "tile/0/000"))
	if err != nil {
		t.Fatal(err)
	}
	extend(t, tree, 300)
	export(t, tree, dir)
	export(t, tree, dir) // a second time changes nothing
	after, err := os.Stat(filepath.Join(dir, "tile/0/000"))
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("a full tile was written again: %v", err)
	}
	rep, err := evidence.VerifyExport(dir, signer(t).VerifierKey(), since)
	if err != nil || !strings.Contains(rep.Text(), "the first 300 entries are those of the earlier checkpoint") {
		t.Errorf("%v\n%s", err, rep.Text())
	}
}

func TestAnExportNeverReplacesAnotherLogOrALongerOne(t *testing.T) {
	t.Parallel()
	ctx, dir, tree := context.Background(), t.TempDir(), logOf(t, 300)
	export(t, tree, dir)
	good := read(t, filepath.Join(dir, "checkpoint"))
	for name, tt := range map[string]struct {
		log    *audittest.Tree
		signer *audit.Signer
		origin string
	}{
		"another log":     {logOf(t, 400), signer(t), origin},
		"an older backup": {logOf(t, 200), signer(t), origin},
		"another key":     {tree, signerOf(t, origin, 9), origin},
		"another origin":  {tree, signer(t), origin + "/other"},
	} {
		if _, err := evidence.ExportTiles(ctx, tt.log, tt.signer, tt.origin, dir); !errors.Is(err, evidence.ErrForked) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if read(t, filepath.Join(dir, "checkpoint")) != good {
		t.Error("the checkpoint was replaced")
	}
}

func TestAnExportReportsEveryFailure(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), signer(t)
	broken := logOf(t, 3)
	broken.Break(errors.New("disk on fire"))
	file := write(t, "a file where a folder should be")
	unreadable := t.TempDir()
	if err := os.Mkdir(filepath.Join(unreadable, "checkpoint"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		log         evidence.Reader
		origin, dir string
	}{
		"unreadable log":        {broken, origin, t.TempDir()},
		"impossible origin":     {logOf(t, 3), "two words", t.TempDir()},
		"a file in the way":     {logOf(t, 3), origin, filepath.Join(file, "x")},
		"a checkpoint folder":   {logOf(t, 3), origin, unreadable},
		"leaves missing":        {holed{Tree: logOf(t, 3)}, origin, t.TempDir()},
		"leaves unreadable":     {holed{Tree: logOf(t, 3), err: errors.New("x")}, origin, t.TempDir()},
		"a leaf far too long":   {holed{Tree: logOf(t, 1), leaves: [][]byte{make([]byte, 1<<16)}}, origin, t.TempDir()},
		"hashes lost in the db": {holed{Tree: logOf(t, 3), noHashes: true}, origin, t.TempDir()},
	} {
		if _, err := evidence.ExportTiles(ctx, tt.log, s, tt.origin, tt.dir); err == nil {
			t.Errorf("%s: no error", name)
		}
		if data, err := os.ReadFile(filepath.Join(tt.dir, "checkpoint")); err == nil {
			t.Errorf("%s: a checkpoint was written: %s", name, data)
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
