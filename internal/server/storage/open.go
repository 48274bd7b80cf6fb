package storage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"vow.example/vow/internal/blob"
	"vow.example/vow/internal/blob/bucket"
	"vow.example/vow/internal/blob/s3"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/privacy"
)

// Where things lie in the data directory.
const (
	filesDir   = "objects"
	bucketsDir = "buckets"
)

// starting is how long a start waits for a bucket to take back what a crash left there.
const starting = 5 * time.Second

// Stores are all stores of a server. Blobs go where their app's configuration says.
type Stores struct {
	*blob.Router
	files   *blob.File
	buckets []*bucket.Store
}

// Open opens the files and the headers of every bucket, and takes back what an earlier process left
// in the buckets. A bucket that does not answer stops nobody: its turn comes with Sweep.
func Open(ctx context.Context, dataDir string, places []Place) (s *Stores, err error) {
	s = &Stores{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
			s = nil
		}
	}()
	if s.files, err = blob.NewFile(filepath.Join(dataDir, filesDir)); err != nil {
		return s, err
	}
	if err = forgotten(dataDir, places); err != nil {
		return s, err
	}
	byApp, former := map[privacy.AppID]vault.Blobs{}, []vault.Blobs{}
	for _, p := range places {
		b, err := bucket.Open(filepath.Join(dataDir, bucketsDir, p.folder()), p.Bucket, p.Keys)
		if err != nil {
			return s, fmt.Errorf("storage of %s: %w", p.App, err)
		}
		s.buckets = append(s.buckets, b)
		if p.Former {
			former = append(former, b)
		} else {
			byApp[p.App] = b
		}
	}
	s.Router = blob.NewRouter(s.files, byApp, former...)
	within, cancel := context.WithTimeout(ctx, starting)
	defer cancel()
	if err := s.Sweep(within); err != nil && within.Err() == nil {
		return s, err
	}
	return s, ctx.Err()
}

// Sweep takes back from the buckets what cut uploads left there. Where a bucket does not answer it
// stays for the next time: that is no failure.
func (s *Stores) Sweep(ctx context.Context) error {
	var problems []error
	for _, b := range s.buckets {
		if _, err := b.Sweep(ctx); err != nil && !errors.Is(err, s3.ErrUnavailable) {
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}

// Close lets go of every folder.
func (s *Stores) Close() error {
	var errs []error
	if s.files != nil {
		errs = append(errs, s.files.Close())
	}
	for _, b := range s.buckets {
		errs = append(errs, b.Close())
	}
	return errors.Join(errs...)
}

// folder is where a bucket's headers lie.
func (p Place) folder() string {
	sum := sha256.Sum256([]byte(p.identity()))
	return string(p.App) + "-" + hex.EncodeToString(sum[:6])
}

// forgotten refuses to begin where headers lead to a bucket that the configuration no longer names:
// its objects could neither be read nor erased, and would be taken for erased.
func forgotten(dataDir string, places []Place) error {
	dirs, err := os.ReadDir(filepath.Join(dataDir, bucketsDir))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return errors.New("storage: the folder of headers cannot be read")
	}
	var problems []error
	for _, d := range dirs {
		if slices.ContainsFunc(places, func(p Place) bool { return p.folder() == d.Name() }) {
			continue
		}
		n, err := files(filepath.Join(dataDir, bucketsDir, d.Name()))
		if err != nil {
			return err
		}
		if n > 0 {
			problems = append(problems, fmt.Errorf("storage: %d objects of %s are in a bucket that the configuration no longer names: put its block under former until they have ended", n, d.Name()))
		}
	}
	return errors.Join(problems...)
}

// files counts the files below a folder.
func files(dir string) (n int, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			n++
		}
		return err
	})
	if err != nil {
		return 0, errors.New("storage: the folder of headers cannot be read")
	}
	return n, nil
}
