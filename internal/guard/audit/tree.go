package audit

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"vow.example/vow/internal/privacy"
)

// maxSize bounds a tree. The proof code of tlog does not end for sizes near 2^63, and a checkpoint
// of a stranger could claim one.
const maxSize = 1 << 48

// Leaf is one entry of the log as it is stored. Data stays for ever; Salt and Payload are erased
// with the record they belong to.
type Leaf struct {
	Index   int64
	Data    []byte // the leaf record
	Salt    []byte
	Payload []byte
	App     privacy.AppID
	Subject privacy.SubjectID
	Object  string
}

// Tree is the log inside a business transaction. Calls on one Tree see each other's writes, and a
// rolled-back transaction leaves no trace.
type Tree interface {
	// Size returns the number of leaves.
	Size(ctx context.Context) (int64, error)
	// Hashes returns the stored hashes with these storage indexes (tlog.StoredHashIndex), in order.
	Hashes(ctx context.Context, indexes []int64) ([]tlog.Hash, error)
	// Append stores the leaf and its hashes, from storage index tlog.StoredHashIndex(0, leaf.Index).
	// It fails when leaf.Index is not the present size.
	Append(ctx context.Context, leaf Leaf, hashes []tlog.Hash) error
}

// hashes is the reading half of a Tree that roots and proofs need.
type hashes interface {
	Hashes(ctx context.Context, indexes []int64) ([]tlog.Hash, error)
}

// Append adds the event to the tree and returns its index. The caller commits the transaction that
// holds both the tree and the change that the event describes.
func Append(ctx context.Context, t Tree, e Event) (int64, error) {
	payload, err := e.Payload()
	if err != nil {
		return 0, err
	}
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails: crypto/rand ends the program instead
	data, err := record(e, salt, payload)
	if err != nil {
		return 0, err
	}
	index, err := t.Size(ctx)
	if err != nil {
		return 0, fmt.Errorf("audit: size of the tree: %w", err)
	}
	if index < 0 || index >= maxSize {
		return 0, errors.New("audit: impossible tree size")
	}
	stored, err := tlog.StoredHashes(index, data, reader(ctx, t))
	if err != nil {
		return 0, fmt.Errorf("audit: hash the leaf: %w", err)
	}
	leaf := Leaf{
		Index: index, Data: data, Salt: salt, Payload: payload,
		App: e.App, Subject: e.Subject, Object: e.Object,
	}
	if err := t.Append(ctx, leaf, stored); err != nil {
		return 0, fmt.Errorf("audit: append: %w", err)
	}
	return index, nil
}

// Root returns the root hash of the first size leaves.
func Root(ctx context.Context, t hashes, size int64) (tlog.Hash, error) {
	if size < 0 || size > maxSize {
		return tlog.Hash{}, errors.New("audit: impossible tree size")
	}
	root, err := tlog.TreeHash(size, reader(ctx, t))
	if err != nil {
		return tlog.Hash{}, fmt.Errorf("audit: root: %w", err)
	}
	return root, nil
}

// ProveLeaf returns the proof that the tree of that size holds the leaf with that index.
func ProveLeaf(ctx context.Context, t hashes, index, size int64) ([]tlog.Hash, error) {
	if size > maxSize {
		return nil, errors.New("audit: impossible tree size")
	}
	proof, err := tlog.ProveRecord(size, index, reader(ctx, t))
	if err != nil {
		return nil, fmt.Errorf("audit: prove leaf: %w", err)
	}
	return proof, nil
}

// ProveConsistency returns the proof that the tree of size newer begins with the tree of size older.
func ProveConsistency(ctx context.Context, t hashes, older, newer int64) ([]tlog.Hash, error) {
	if older < 0 || newer > maxSize || older > newer {
		return nil, errors.New("audit: impossible tree size")
	}
	if older == 0 {
		return nil, nil
	}
	proof, err := tlog.ProveTree(newer, older, reader(ctx, t))
	if err != nil {
		return nil, fmt.Errorf("audit: prove consistency: %w", err)
	}
	return proof, nil
}

func reader(ctx context.Context, t hashes) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		if len(indexes) == 0 {
			return nil, nil
		}
		return t.Hashes(ctx, indexes)
	})
}
