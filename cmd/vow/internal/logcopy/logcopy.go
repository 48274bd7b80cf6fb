// Package logcopy takes a copy of a server's public audit log, tile by tile, to be verified without
// the server.
//
// It promises that a copy is continued and never rewritten: full tiles are fetched once, and the
// checkpoint is replaced last. It never judges what it copied; verifying is evidence's part.
package logcopy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"vow.example/vow/client"
)

const (
	maxFile    = 64 << 20
	maxEntries = 1 << 40
	height     = 8 // of a tile, fixed by C2SP
)

// Source reads one file of a log. *client.Client is one.
type Source interface {
	LogFile(ctx context.Context, name string) (io.ReadCloser, error)
}

// Copy writes the log of src into dir and returns how many entries it covers.
func Copy(ctx context.Context, src Source, dir string) (int64, error) {
	checkpoint, err := read(ctx, src, "checkpoint")
	if err != nil {
		return 0, err
	}
	size, err := sizeOf(checkpoint)
	if err != nil {
		return 0, err
	}
	key, err := read(ctx, src, "verifier_key")
	var p *client.Problem
	if err != nil && !(errors.As(err, &p) && p.Status == 404) {
		return 0, err
	}
	for _, tile := range tlog.NewTiles(height, 0, size) {
		for _, name := range names(tile) {
			if err := fetch(ctx, src, dir, name, tile.W == 1<<height); err != nil {
				return 0, err
			}
		}
	}
	if key != nil {
		if err := write(dir, "verifier_key", key); err != nil {
			return 0, err
		}
	}
	return size, write(dir, "checkpoint", checkpoint)
}

// sizeOf reads the second line of a checkpoint. Whether its signature holds is checked later.
func sizeOf(checkpoint []byte) (int64, error) {
	lines := strings.SplitN(string(checkpoint), "\n", 3)
	if len(lines) < 3 {
		return 0, errors.New("logcopy: the server's checkpoint is none")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || size > maxEntries {
		return 0, errors.New("logcopy: the server's checkpoint has no possible size")
	}
	return size, nil
}

// names returns the files of a tile: its hashes and, at the lowest level, its entries.
func names(t tlog.Tile) []string {
	hashes := "tile/" + strings.TrimPrefix(t.Path(), "tile/8/")
	if t.L > 0 {
		return []string{hashes}
	}
	t.L = -1
	return []string{hashes, "tile/entries/" + strings.TrimPrefix(t.Path(), "tile/8/data/")}
}

func fetch(ctx context.Context, src Source, dir, name string, full bool) error {
	if full {
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name))); err == nil {
			return nil
		}
	}
	data, err := read(ctx, src, name)
	if err != nil {
		return err
	}
	return write(dir, name, data)
}

func read(ctx context.Context, src Source, name string) ([]byte, error) {
	body, err := src.LogFile(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("logcopy: fetch %s: %w", name, err)
	}
	defer body.Close()
	data, err := io.ReadAll(io.LimitReader(body, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("logcopy: read %s: %w", name, err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("logcopy: %s is too long", name)
	}
	return data, nil
}

// write makes the file appear whole or not at all.
func write(dir, name string, data []byte) error {
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("logcopy: make folder: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fmt.Errorf("logcopy: create file: %w", err)
	}
	defer os.Remove(f.Name()) // fails, rightly, after a rename
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("logcopy: write %s: %w", name, err)
	}
	return os.Rename(f.Name(), path)
}
