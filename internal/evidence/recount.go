package evidence

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"vow.example/vow/internal/guard/audit"
)

const (
	checkpointFile = "checkpoint"
	keyFile        = "verifier_key"

	maxBundle = tileWidth * (2 + 1<<16)
)

// VerifyExport recomputes every hash of an exported log from its entries and compares it with the
// tiles and the signed checkpoint. since, if not empty, is a file with an earlier checkpoint, or with
// a receipt that carries one: the log must begin with everything that it covered. With an empty
// wantKey the key beside the export is used and the report says so. The error is ErrNotVerified when
// any check fails; another error means that there was nothing to check.
func VerifyExport(dir, wantKey, since string) (Report, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Report{}, fmt.Errorf("evidence: open export: %w", err)
	}
	defer func() { _ = root.Close() }()
	signed, err := readSmall(root, checkpointFile)
	if err != nil {
		return Report{}, fmt.Errorf("evidence: the folder holds no export: %w", err)
	}
	rep := &Report{Of: "log"}
	key := wantKey
	if found, err := readSmall(root, keyFile); err == nil {
		key = strings.TrimSuffix(string(found), "\n")
	} else if wantKey == "" {
		return Report{}, fmt.Errorf("evidence: no key given and none beside the export: %w", err)
	}
	rep.checkKey(key, wantKey)
	cp, err := audit.OpenCheckpoint(string(signed), key)
	if !rep.check("checkpoint", fmt.Sprintf("signed at %d entries, root %s", cp.Size, cp.Root), err) {
		return rep.close()
	}
	rep.Of = "log " + cp.Origin
	earlier, err := earlierCheckpoint(since, key)
	if since != "" && !rep.check("earlier", fmt.Sprintf("signed at %d entries", earlier.Size), err) {
		return rep.close()
	}
	if since != "" && (earlier.Origin != cp.Origin || earlier.Size > cp.Size) {
		rep.check("continues", "", errors.New("the earlier checkpoint is of another log, or of a longer one"))
		return rep.close()
	}
	recountInto(rep, root, cp, since != "", earlier)
	return rep.close()
}

// recountInto reads the whole export and adds what it found.
func recountInto(rep *Report, root *os.Root, cp audit.Checkpoint, hasEarlier bool, earlier audit.Checkpoint) {
	c := &recount{root: root, mark: earlier.Size, kinds: map[audit.Kind]int64{}}
	err := c.run(cp.Size)
	if !rep.check("entries", fmt.Sprintf("%d entries read; every one is a well-formed leaf record, every tile follows from them", c.size), err) {
		return
	}
	err = nil
	if c.rootHash() != cp.Root {
		err = errors.New("the entries lead to another root than the signed one")
	}
	rep.check("root", "the entries lead to the signed root", err)
	if hasEarlier {
		err = nil
		if c.marked != earlier.Root {
			err = errors.New("the log was rewritten: its beginning differs from what the earlier checkpoint covered")
		}
		rep.check("continues", fmt.Sprintf("the first %d entries are those of the earlier checkpoint", earlier.Size), err)
	}
	rep.Notes = append(rep.Notes, c.notes()...)
}

// earlierCheckpoint reads a checkpoint, or the checkpoint inside a receipt.
func earlierCheckpoint(path, key string) (audit.Checkpoint, error) {
	if path == "" {
		return audit.Checkpoint{}, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return audit.Checkpoint{}, errors.New("the earlier checkpoint cannot be read")
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxReceipt))
	if err != nil {
		return audit.Checkpoint{}, errors.New("the earlier checkpoint cannot be read")
	}
	if !bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		return audit.OpenCheckpoint(string(data), key)
	}
	r, err := ParseReceipt(data)
	if err != nil {
		return audit.Checkpoint{}, err
	}
	return audit.OpenCheckpoint(r.Checkpoint, key)
}

// recount rebuilds a Merkle tree from entries, tile by tile, in memory that does not grow with it.
type recount struct {
	root   *os.Root
	size   int64
	stack  []tlog.Hash // roots of the complete subtrees, largest first
	levels []level
	mark   int64 // size at which marked is taken
	marked tlog.Hash

	kinds       map[audit.Kind]int64
	first, last time.Time
}

// level is the tile that is being filled at one level.
type level struct {
	n      int64
	hashes []tlog.Hash
}

func (c *recount) run(size int64) error {
	if c.mark == 0 {
		c.marked = c.rootHash()
	}
	for first := int64(0); first < size; first += tileWidth {
		tile := tlog.Tile{H: tileHeight, N: first / tileWidth, W: int(min(tileWidth, size-first))}
		bundle, err := c.read(entriesPath(tile), maxBundle)
		if err != nil {
			return err
		}
		records, err := unpack(bundle, tile.W)
		if err != nil {
			return fmt.Errorf("%s: %w", entriesPath(tile), err)
		}
		for _, data := range records {
			if err := c.add(data); err != nil {
				return err
			}
		}
	}
	for l, lv := range c.levels {
		if len(lv.hashes) > 0 {
			if err := c.compare(l, lv); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *recount) add(data []byte) error {
	rec, err := audit.ParseRecord(data)
	if err != nil {
		return fmt.Errorf("entry %d: %w", c.size, err)
	}
	c.kinds[rec.Kind]++
	if c.size == 0 || rec.Hour.Before(c.first) {
		c.first = rec.Hour
	}
	if rec.Hour.After(c.last) {
		c.last = rec.Hour
	}
	h := tlog.RecordHash(data)
	if err := c.fill(0, h); err != nil {
		return err
	}
	for n := c.size; n&1 == 1; n >>= 1 {
		top := len(c.stack) - 1
		h = tlog.NodeHash(c.stack[top], h)
		c.stack = c.stack[:top]
	}
	c.stack = append(c.stack, h)
	c.size++
	if c.size == c.mark {
		c.marked = c.rootHash()
	}
	return nil
}

// fill adds a hash to the tile at level l; a full tile is compared and hands its root to level l+1.
func (c *recount) fill(l int, h tlog.Hash) error {
	if l == len(c.levels) {
		c.levels = append(c.levels, level{})
	}
	lv := &c.levels[l]
	lv.hashes = append(lv.hashes, h)
	if len(lv.hashes) < tileWidth {
		return nil
	}
	if err := c.compare(l, *lv); err != nil {
		return err
	}
	top := slices.Clone(lv.hashes)
	for len(top) > 1 {
		for i := range len(top) / 2 {
			top[i] = tlog.NodeHash(top[2*i], top[2*i+1])
		}
		top = top[:len(top)/2]
	}
	lv.n, lv.hashes = lv.n+1, lv.hashes[:0]
	return c.fill(l+1, top[0])
}

func (c *recount) compare(l int, lv level) error {
	path := tilePath(tlog.Tile{H: tileHeight, L: l, N: lv.n, W: len(lv.hashes)})
	got, err := c.read(path, tileWidth*tlog.HashSize)
	if err != nil {
		return err
	}
	want := make([]byte, 0, len(lv.hashes)*tlog.HashSize)
	for _, h := range lv.hashes {
		want = append(want, h[:]...)
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("%s does not follow from the entries", path)
	}
	return nil
}

func (c *recount) read(name string, limit int64) ([]byte, error) {
	data, err := readRoot(c.root, name, limit)
	if err != nil {
		return nil, fmt.Errorf("%s is missing or too long", name)
	}
	return data, nil
}

// rootHash returns the root of what was added so far (RFC 6962).
func (c *recount) rootHash() tlog.Hash {
	if len(c.stack) == 0 {
		h, _ := tlog.TreeHash(0, nil) // reads nothing: the hash of no entries
		return h
	}
	h := c.stack[len(c.stack)-1]
	for i := len(c.stack) - 2; i >= 0; i-- {
		h = tlog.NodeHash(c.stack[i], h)
	}
	return h
}

// notes tells what the public part of the log says.
func (c *recount) notes() []string {
	if c.size == 0 {
		return []string{"the log is empty"}
	}
	const hour = "2006-01-02 15:00 UTC"
	out := []string{fmt.Sprintf("from %s to %s", c.first.Format(hour), c.last.Format(hour))}
	kinds := make([]audit.Kind, 0, len(c.kinds))
	for k := range c.kinds {
		kinds = append(kinds, k)
	}
	slices.Sort(kinds)
	for _, k := range kinds {
		out = append(out, fmt.Sprintf("%d × %s", c.kinds[k], k))
	}
	return out
}

func readSmall(root *os.Root, name string) ([]byte, error) { return readRoot(root, name, 64<<10) }

func readRoot(root *os.Root, name string, limit int64) ([]byte, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, errors.New("file is too long")
	}
	return data, nil
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

// tilePath drops the height from tlog's path: C2SP fixes it at 8.
func tilePath(t tlog.Tile) string {
	return "tile/" + strings.TrimPrefix(t.Path(), "tile/8/")
}

func entriesPath(t tlog.Tile) string {
	t.L = -1
	return "tile/entries/" + strings.TrimPrefix(t.Path(), "tile/8/data/")
}
