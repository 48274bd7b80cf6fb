// Package bucket keeps blobs in two halves: the header on the operator's own disk, the content in an
// S3-compatible bucket (Alibaba OSS, AWS S3 and others).
//
// It promises that the bucket gets ciphertext only, under a random name that is made for this one
// blob: no key, wrapped or not, no identifier of an app, a person or an object, no media type, no
// metadata. Overwriting a header therefore ends the object at once, whether or not the bucket
// answers. A removal is believed when the bucket no longer has the object. What a crash leaves in
// the bucket is known by a file that was made before the upload and is removed by Sweep; what is
// there without our doing is listed by Orphans and never touched. It never speaks to the network itself
// and never holds an object in memory.
package bucket

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"sync"

	"vow.example/vow/internal/blob"
	"vow.example/vow/internal/blob/s3"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/privacy"
)

// Store is one bucket with its headers. It is safe for concurrent use; one process may use a folder
// at a time.
type Store struct {
	remote  *s3.Client
	headers *blob.File
	spool   *os.Root // uploads on their way, named <id>.<object>; the name alone once the bytes are there

	mu      sync.Mutex
	writing map[string]bool // objects on their way
	left    map[string]bool // spool files of uploads that ended without an end
}

var _ vault.Blobs = (*Store)(nil)

// Open opens the folder of a bucket's headers, or makes it. It does not speak to the bucket: call
// Sweep for what an earlier process left there.
func Open(dir string, p s3.Place, k s3.Keys) (*Store, error) {
	far, err := s3.New(p, k)
	if err != nil {
		return nil, err
	}
	s := &Store{remote: far, writing: map[string]bool{}, left: map[string]bool{}}
	if s.headers, err = blob.NewFile(filepath.Join(dir, "headers")); err != nil {
		return nil, err
	}
	if err := s.openSpool(filepath.Join(dir, "spool")); err != nil {
		return nil, errors.Join(err, s.headers.Close())
	}
	return s, nil
}

// openSpool empties what was being written when an earlier process ended, and keeps its name.
func (s *Store) openSpool(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("bucket: spool: %w", cause(err))
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("bucket: spool: %w", cause(err))
	}
	names, err := list(root)
	if err != nil {
		return errors.Join(err, root.Close())
	}
	for _, name := range names {
		if err := root.WriteFile(name, nil, 0o600); err != nil {
			return errors.Join(fmt.Errorf("bucket: spool: %w", cause(err)), root.Close())
		}
		s.left[name] = true
	}
	s.spool = root
	return nil
}

// Close lets go of the folder and of the connections.
func (s *Store) Close() error {
	s.remote.Close()
	return errors.Join(s.headers.Close(), s.spool.Close())
}

// record is what the local half knows of the other one. It lies behind the header.
type record struct {
	Name  string `json:"name"`  // of the object in the bucket
	Bytes int64  `json:"bytes"` // of ciphertext
}

// newName returns the name of an object. It says nothing, and no two have anything in common.
func newName() string {
	raw := make([]byte, 20)
	_, _ = rand.Read(raw) // never fails
	return hex.EncodeToString(raw)
}

// open opens the local half of a blob.
func (s *Store) open(ctx context.Context, id string) (vault.BlobFile, record, error) {
	f, err := s.headers.Open(ctx, id)
	if err != nil {
		return nil, record{}, err
	}
	var r record
	raw, err := io.ReadAll(io.NewSectionReader(f, vault.HeaderSize, f.Size()-vault.HeaderSize))
	if err == nil {
		err = json.Unmarshal(raw, &r)
	}
	if err != nil || r.Name == "" || r.Bytes < 0 {
		return nil, record{}, errors.Join(errors.New("bucket: the record behind a header is damaged"), f.Close())
	}
	return f, r, nil
}

// record reads the local half of a blob.
func (s *Store) record(ctx context.Context, id string) (record, error) {
	f, r, err := s.open(ctx, id)
	if err != nil {
		return r, err
	}
	return r, f.Close()
}

// OverwriteHeader overwrites the header on the local disk, syncs it and reads it back.
func (s *Store) OverwriteHeader(ctx context.Context, id string, header [vault.HeaderSize]byte) error {
	return s.headers.OverwriteHeader(ctx, id, header)
}

// Remove removes the object from the bucket, makes sure that it is gone, and then removes the local
// half: until then the blob is listed, and the removal can be repeated.
func (s *Store) Remove(ctx context.Context, id string) error {
	r, err := s.record(ctx, id)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.remote.Erase(ctx, r.Name); err != nil {
		return err
	}
	return s.headers.Remove(ctx, id)
}

// Stat returns the size with header, and whether the blob exists, by the local half: without it the
// object in the bucket can be read by nobody.
func (s *Store) Stat(ctx context.Context, id string) (int64, bool, error) {
	r, err := s.record(ctx, id)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, false, nil
	case err != nil:
		return 0, false, err
	default:
		return vault.HeaderSize + r.Bytes, true, nil
	}
}

// List goes through the names of all blobs, by their local halves.
func (s *Store) List(ctx context.Context) iter.Seq2[string, error] { return s.headers.List(ctx) }

// Create starts a blob. Its content is kept on the local disk until Commit, because a bucket wants to
// know the length and the checksum first, and because unfinished uploads in pieces are listed nowhere.
func (s *Store) Create(ctx context.Context, app privacy.AppID, id string) (vault.BlobWriter, error) {
	if err := s.remote.Ready(); err != nil {
		return nil, fmt.Errorf("bucket: create: %w", err)
	}
	local, err := s.headers.Create(ctx, app, id)
	if err != nil {
		return nil, err
	}
	w, err := s.begin(ctx, local, id)
	if err != nil {
		return nil, errors.Join(err, local.Abort())
	}
	return w, nil
}

func list(root *os.Root) ([]string, error) {
	d, err := root.Open(".")
	if err != nil {
		return nil, fmt.Errorf("bucket: spool: %w", cause(err))
	}
	names, err := d.Readdirnames(-1)
	if err := errors.Join(err, d.Close()); err != nil {
		return nil, fmt.Errorf("bucket: spool: %w", cause(err))
	}
	return names, nil
}

// cause drops paths from errors of the os package.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
