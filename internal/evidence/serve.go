package evidence

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"vow.example/vow/internal/fault"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

// Reader reads the public half of an audit tree: leaf records and hashes, never salts or payloads.
type Reader interface {
	Log
	// ReadLeaves returns the leaf records from, inclusive, to, exclusive.
	ReadLeaves(ctx context.Context, from, to int64) ([][]byte, error)
}

var errNoTile = fault.New(fault.NotFound, "not-found", "The log has no such tile.")

// Tile returns the bytes of one tile of the log as a C2SP path names it: tile/<L>/<N>[.p/<W>] for
// hashes, tile/entries/<N>[.p/<W>] for leaf records. size is the number of leaves at the moment.
func Tile(ctx context.Context, r Reader, path string, size int64) ([]byte, error) {
	rest, ok := strings.CutPrefix(path, "tile/")
	if !ok {
		return nil, errNoTile
	}
	entries := strings.HasPrefix(rest, "entries/")
	if entries {
		rest = "0/" + strings.TrimPrefix(rest, "entries/")
	}
	tile, err := tlog.ParseTilePath("tile/8/" + rest)
	if err != nil || !holds(tile, size) {
		return nil, errNoTile
	}
	if entries {
		return entryTile(ctx, r, tile)
	}
	return hashTile(ctx, r, tile)
}

// hashTile returns the hashes of a tile.
func hashTile(ctx context.Context, r Reader, tile tlog.Tile) ([]byte, error) {
	data, err := tlog.ReadTileData(tile, tlog.HashReaderFunc(func(x []int64) ([]tlog.Hash, error) { return r.Hashes(ctx, x) }))
	if err != nil {
		return nil, fmt.Errorf("evidence: read tile: %w", err)
	}
	return data, nil
}

// entryTile returns the leaf records below a tile.
func entryTile(ctx context.Context, r Reader, tile tlog.Tile) ([]byte, error) {
	first := tile.N * tileWidth
	records, err := r.ReadLeaves(ctx, first, first+int64(tile.W))
	if err != nil {
		return nil, fmt.Errorf("evidence: read leaves: %w", err)
	}
	if len(records) != tile.W {
		return nil, errors.New("evidence: the log lacks leaves")
	}
	return pack(records)
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

// holds reports whether a log of that size has the whole tile.
func holds(t tlog.Tile, size int64) bool {
	if t.L < 0 || t.L > 7 || t.W < 1 || t.W > tileWidth || t.N < 0 || t.N > size {
		return false
	}
	width := size >> (tileHeight * t.L) // hashes at the tile's level
	return t.N*tileWidth+int64(t.W) <= width
}
