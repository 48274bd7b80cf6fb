package evidence

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"vow.example/vow/internal/guard/audit"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight

	checkpointFile = "checkpoint"
	keyFile        = "verifier_key"
)

// Reader reads the public half of an audit tree: leaf records and hashes, never salts or payloads.
type Reader interface {
	Log
	// ReadLeaves returns the leaf records from, inclusive, to, exclusive.
	ReadLeaves(ctx context.Context, from, to int64) ([][]byte, error)
}

// ErrForked says that a directory holds an export that the log does not continue. Nothing was written.
var ErrForked = errors.New("evidence: the directory holds another log, or a longer one")

// ExportTiles writes the log to dir in the layout of C2SP tlog-tiles: checkpoint, tile/<L>/<N>[.p/<W>]
// and tile/entries/<N>[.p/<W>], plus the verifier key. An export that is there already is continued:
// full tiles are never written again. The checkpoint comes last, so that an interrupted export is
// still a whole one.
func ExportTiles(ctx context.Context, r Reader, s *audit.Signer, origin, dir string) (audit.Checkpoint, error) {
	size, err := r.Size(ctx)
	if err != nil {
		return audit.Checkpoint{}, fmt.Errorf("evidence: size of the log: %w", err)
	}
	root, err := audit.Root(ctx, r, size)
	if err != nil {
		return audit.Checkpoint{}, fmt.Errorf("evidence: root of the log: %w", err)
	}
	cp := audit.Checkpoint{Origin: origin, Size: size, Root: root}
	signed, err := s.Checkpoint(origin, size, root)
	if err != nil {
		return audit.Checkpoint{}, fmt.Errorf("evidence: sign checkpoint: %w", err)
	}
	before, err := exported(ctx, r, s, cp, dir)
	if err != nil {
		return audit.Checkpoint{}, err
	}
	out := folder{path: filepath.Clean(dir), touched: map[string]bool{}}
	for _, tile := range tlog.NewTiles(tileHeight, before, size) {
		if err := exportTile(ctx, r, tile, out); err != nil {
			return audit.Checkpoint{}, err
		}
	}
	if err := out.put(keyFile, []byte(s.VerifierKey()+"\n")); err != nil {
		return audit.Checkpoint{}, err
	}
	if err := out.settle(); err != nil {
		return audit.Checkpoint{}, err
	}
	if err := out.put(checkpointFile, []byte(signed)); err != nil {
		return audit.Checkpoint{}, err
	}
	return cp, out.settle()
}

// exported returns the size of the export in dir, 0 if there is none, ErrForked if the log is not
// its continuation.
func exported(ctx context.Context, r Reader, s *audit.Signer, now audit.Checkpoint, dir string) (int64, error) {
	signed, err := os.ReadFile(filepath.Join(dir, checkpointFile))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("evidence: read earlier checkpoint: %w", err)
	}
	before, err := audit.OpenCheckpoint(string(signed), s.VerifierKey())
	if err != nil || before.Origin != now.Origin || before.Size > now.Size {
		return 0, ErrForked
	}
	root, err := audit.Root(ctx, r, before.Size)
	if err != nil {
		return 0, fmt.Errorf("evidence: root of the log: %w", err)
	}
	if root != before.Root {
		return 0, ErrForked
	}
	return before.Size, nil
}

func exportTile(ctx context.Context, r Reader, tile tlog.Tile, out folder) error {
	data, err := hashTile(ctx, r, tile)
	if err != nil {
		return err
	}
	if err := out.put(tilePath(tile), data); err != nil {
		return err
	}
	if tile.L > 0 {
		return nil
	}
	bundle, err := entryTile(ctx, r, tile)
	if err != nil {
		return err
	}
	return out.put(entriesPath(tile), bundle)
}

// tilePath drops the height from tlog's path: C2SP fixes it at 8.
func tilePath(t tlog.Tile) string {
	return "tile/" + strings.TrimPrefix(t.Path(), "tile/8/")
}

func entriesPath(t tlog.Tile) string {
	t.L = -1
	return "tile/entries/" + strings.TrimPrefix(t.Path(), "tile/8/data/")
}

// pack writes entries one after the other, each with its length as a big-endian uint16.
func pack(records [][]byte) ([]byte, error) {
	var out []byte
	for _, r := range records {
		if len(r) > 1<<16-1 {
			return nil, errors.New("evidence: a leaf record is too long")
		}
		out = append(binary.BigEndian.AppendUint16(out, uint16(len(r))), r...)
	}
	return out, nil
}

// unpack reads exactly n entries.
func unpack(bundle []byte, n int) ([][]byte, error) {
	out := make([][]byte, 0, n)
	for range n {
		if len(bundle) < 2 {
			return nil, errors.New("the bundle ends too early")
		}
		size := int(binary.BigEndian.Uint16(bundle))
		if len(bundle) < 2+size {
			return nil, errors.New("the bundle ends too early")
		}
		out = append(out, bundle[2:2+size])
		bundle = bundle[2+size:]
	}
	if len(bundle) != 0 {
		return nil, errors.New("the bundle has bytes too many")
	}
	return out, nil
}

// folder writes the files of an export, each in one step, and makes them durable together.
type folder struct {
	path    string
	touched map[string]bool
}

// put replaces a file: a reader sees the old one or the new one.
func (d folder) put(name string, data []byte) error {
	path := filepath.Join(d.path, filepath.FromSlash(name))
	parent := filepath.Dir(path)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return fmt.Errorf("evidence: make export folder: %w", err)
	}
	f, err := os.CreateTemp(parent, ".new-*")
	if err != nil {
		return fmt.Errorf("evidence: create export file: %w", err)
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("evidence: write export file: %w", err)
	}
	for len(parent) >= len(d.path) && !d.touched[parent] {
		d.touched[parent] = true
		parent = filepath.Dir(parent)
	}
	return nil
}

// settle makes the names of everything put so far survive a power cut.
func (d folder) settle() error {
	for path := range d.touched {
		dir, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("evidence: open export folder: %w", err)
		}
		if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
			return fmt.Errorf("evidence: sync export folder: %w", err)
		}
		delete(d.touched, path)
	}
	return nil
}
