// Package audittest keeps an audit tree in memory, for tests.
//
// It promises the behaviour that audit.Tree asks of a store, and that a wiped leaf keeps its
// record and nothing else. It is never part of a server.
package audittest

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/mod/sumdb/tlog"

	"vow.example/vow/internal/guard/audit"
)

// Tree is an audit.Tree in memory. It is safe for concurrent reading; appends come one at a time.
type Tree struct {
	mu     sync.Mutex
	leaves []audit.Leaf
	hashes []tlog.Hash
	broken error
}

// New returns an empty tree.
func New() *Tree { return &Tree{} }

// Break makes every later call fail with err; nil repairs the tree.
func (t *Tree) Break(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.broken = err
}

// Size returns the number of leaves.
func (t *Tree) Size(context.Context) (int64, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return int64(len(t.leaves)), t.broken
}

// Hashes returns the stored hashes with these indexes.
func (t *Tree) Hashes(_ context.Context, indexes []int64) ([]tlog.Hash, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		if x < 0 || x >= int64(len(t.hashes)) {
			return nil, errors.New("audittest: no such hash")
		}
		out[i] = t.hashes[x]
	}
	return out, t.broken
}

// Append stores the leaf and its hashes.
func (t *Tree) Append(_ context.Context, leaf audit.Leaf, hashes []tlog.Hash) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.broken != nil {
		return t.broken
	}
	if leaf.Index != int64(len(t.leaves)) || tlog.StoredHashIndex(0, leaf.Index) != int64(len(t.hashes)) {
		return errors.New("audittest: leaf out of order")
	}
	t.leaves = append(t.leaves, leaf)
	t.hashes = append(t.hashes, hashes...)
	return nil
}

// Leaf returns the leaf with that index.
func (t *Tree) Leaf(index int64) audit.Leaf {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.leaves[index]
}

// ReadLeaves returns the records of the leaves from, inclusive, to, exclusive.
func (t *Tree) ReadLeaves(_ context.Context, from, to int64) ([][]byte, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if from < 0 || to > int64(len(t.leaves)) || from > to {
		return nil, errors.New("audittest: no such leaves")
	}
	out := make([][]byte, 0, to-from)
	for _, leaf := range t.leaves[from:to] {
		out = append(out, leaf.Data)
	}
	return out, t.broken
}

// Wipe erases salt, payload and owner of a leaf, as a store does when their time is up.
func (t *Tree) Wipe(index int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	leaf := &t.leaves[index]
	clear(leaf.Salt)
	clear(leaf.Payload)
	*leaf = audit.Leaf{Index: leaf.Index, Data: leaf.Data}
}
