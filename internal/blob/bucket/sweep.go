package bucket

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"vow.example/vow/internal/blob"
	"vow.example/vow/internal/blob/s3"
)

// Sweep removes from the bucket what uploads left there that were cut off: by a crash, or by a bucket
// that stopped answering. It returns how many it dealt with, and the first thing that it could not
// deal with; those stay for the next time. Where nothing is left it does nothing.
func (s *Store) Sweep(ctx context.Context) (int, error) {
	n := 0
	var failed error
	for _, mark := range s.leftovers() {
		if err := s.settle(ctx, mark); err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		n++
	}
	return n, failed
}

func (s *Store) leftovers() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.left))
}

// settle ends one cut upload: where its header was committed it was whole, otherwise its object goes.
func (s *Store) settle(ctx context.Context, mark string) error {
	id, name, ok := strings.Cut(mark, ".")
	if !ok { // no upload of ours is called that
		id, name = mark, ""
	}
	r, err := s.record(ctx, id)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if name != "" && (err != nil || r.Name != name) {
		if err := s.remote.Erase(ctx, name); err != nil {
			return err
		}
	}
	if err := s.drop(mark); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.left, mark)
	return nil
}

// Difference is what bucket and headers do not agree on.
type Difference struct {
	Objects []string // in the bucket, without a header here: a leftover, or somebody else's
	Blobs   []string // with a header here, without content in the bucket
}

// Orphans compares the bucket with the headers, both ways. It changes nothing: what is in the bucket
// without our doing may be somebody else's.
func (s *Store) Orphans(ctx context.Context) (Difference, error) {
	inBucket, err := s.remote.Names(ctx)
	if err != nil {
		return Difference{}, err
	}
	d := Difference{}
	ours := s.underWay()
	for id, err := range s.List(ctx) {
		if err != nil {
			return d, err
		}
		r, err := s.record(ctx, id)
		if errors.Is(err, fs.ErrNotExist) {
			continue // erased meanwhile
		}
		if err != nil {
			return d, err
		}
		ours[r.Name] = true
		if inBucket[r.Name] {
			continue
		}
		// It may be younger than the list.
		switch there, err := s.remote.Has(ctx, r.Name); {
		case err != nil:
			return d, err
		case !there:
			d.Blobs = append(d.Blobs, id)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(inBucket)) {
		if ours[name] {
			continue
		}
		switch there, err := s.remote.Has(ctx, name); { // it may have been erased meanwhile
		case err != nil:
			return d, err
		case there:
			d.Objects = append(d.Objects, name)
		}
	}
	slices.Sort(d.Blobs)
	return d, nil
}

func (s *Store) underWay() map[string]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.writing)
}

// Inspect is Orphans for a folder that another process may be using. It writes nothing.
func Inspect(ctx context.Context, dir string, p s3.Place, k s3.Keys) (d Difference, err error) {
	s := &Store{writing: map[string]bool{}}
	if s.remote, err = s3.New(p, k); err != nil {
		return d, err
	}
	defer s.remote.Close()
	if s.headers, err = blob.Peek(filepath.Join(dir, "headers")); err != nil {
		return d, err
	}
	defer func() { err = errors.Join(err, s.headers.Close()) }()
	marks, err := os.ReadDir(filepath.Join(dir, "spool"))
	if err != nil {
		return d, fmt.Errorf("bucket: spool: %w", cause(err))
	}
	for _, mark := range marks {
		_, name, _ := strings.Cut(mark.Name(), ".")
		s.writing[name] = true
	}
	return s.Orphans(ctx)
}
