// Package blob keeps ciphertext under names: in files, on the operator's own disk.
//
// It promises that a blob appears under its name whole and durable or not at all, that an
// overwritten header was synced and read back, and that a name can never lead out of its folder. It
// never sees plaintext or a key, and it never decides when something is erased.
package blob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/privacy"
)

// File keeps blobs as files: objects/<two characters>/<name>, and those being written in incoming/.
// One process may use a folder at a time; the lock on the key file sees to that.
type File struct {
	root    *os.Root // no name, link or "..", leads out of it
	objects string
	coming  string
}

var _ vault.Blobs = (*File)(nil)

// NewFile opens the folder, or makes it. What an earlier process was writing when it ended is
// removed: no key to it was ever kept.
func NewFile(dir string) (*File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("blob: make folder: %w", cause(err))
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("blob: open folder: %w", cause(err))
	}
	f := &File{root: root, objects: "objects", coming: "incoming"}
	if err := f.prepare(); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return f, nil
}

// Peek opens a folder that another process may be using, to look at what is committed. Nothing may be
// written through it.
func Peek(dir string) (*File, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("blob: open folder: %w", cause(err))
	}
	return &File{root: root, objects: "objects", coming: "incoming"}, nil
}

func (f *File) prepare() error {
	if err := f.root.RemoveAll(f.coming); err != nil {
		return fmt.Errorf("blob: clear incoming: %w", cause(err))
	}
	for _, dir := range []string{f.coming, f.objects} {
		if err := f.root.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("blob: make folder: %w", cause(err))
		}
	}
	return f.syncDir(".")
}

// Close lets go of the folder.
func (f *File) Close() error { return f.root.Close() }

// safe refuses every name that is not lower-case letters, digits and underscores: an object id.
func safe(id string) error {
	if len(id) < 4 || len(id) > 80 {
		return errors.New("blob: not a name")
	}
	for _, c := range []byte(id) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return errors.New("blob: not a name")
		}
	}
	return nil
}

// path spreads blobs by the end of the name, which is its random part.
func (f *File) path(id string) string { return filepath.Join(f.objects, id[len(id)-2:], id) }

// Create starts a blob. It fails with fs.ErrExist where the name is taken or being written.
func (f *File) Create(ctx context.Context, _ privacy.AppID, id string) (vault.BlobWriter, error) {
	if err := errors.Join(ctx.Err(), safe(id)); err != nil {
		return nil, err
	}
	w := &writer{to: f, id: id, temp: filepath.Join(f.coming, id)}
	file, err := f.root.OpenFile(w.temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("blob: create: %w", cause(err))
	}
	w.file = file
	// Only the one who holds the incoming name may commit, so nobody can take the name after this look.
	if _, err := f.root.Lstat(f.path(id)); err == nil {
		return nil, errors.Join(fmt.Errorf("blob: create: %w", fs.ErrExist), w.Abort())
	}
	if _, err := file.Seek(vault.HeaderSize, 0); err != nil {
		return nil, errors.Join(fmt.Errorf("blob: create: %w", cause(err)), w.Abort())
	}
	return w, nil
}

// Open opens a blob for reading.
func (f *File) Open(ctx context.Context, id string) (vault.BlobFile, error) {
	if err := errors.Join(ctx.Err(), safe(id)); err != nil {
		return nil, err
	}
	file, err := f.root.Open(f.path(id))
	if err != nil {
		return nil, fmt.Errorf("blob: open: %w", cause(err))
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("blob: open: %w", cause(err)), file.Close())
	}
	return opened{file, info.Size()}, nil
}

type opened struct {
	*os.File
	size int64
}

// Size returns the size with header.
func (o opened) Size() int64 { return o.size }

// OverwriteHeader writes over the header where it lies, syncs, and compares what it reads back. (The
// page cache answers the read; keyring.SelfTest looks for file systems that write elsewhere.)
func (f *File) OverwriteHeader(ctx context.Context, id string, header [vault.HeaderSize]byte) error {
	if err := errors.Join(ctx.Err(), safe(id)); err != nil {
		return err
	}
	file, err := f.root.OpenFile(f.path(id), os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("blob: overwrite header: %w", cause(err))
	}
	err = overwrite(file, header[:])
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("blob: overwrite header: %w", cause(err))
	}
	return nil
}

func overwrite(file *os.File, header []byte) error {
	if _, err := file.WriteAt(header, 0); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	got := make([]byte, len(header))
	if _, err := file.ReadAt(got, 0); err != nil {
		return err
	}
	if !bytes.Equal(got, header) {
		return errors.New("the header reads back differently")
	}
	return nil
}

// Remove removes a blob. The removal is not synced: a name that comes back after a power cut leads to
// an overwritten header, and the sweep of orphans removes it again.
func (f *File) Remove(ctx context.Context, id string) error {
	if err := errors.Join(ctx.Err(), safe(id)); err != nil {
		return err
	}
	if err := f.root.Remove(f.path(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("blob: remove: %w", cause(err))
	}
	return nil
}

// Stat returns the size with header, and whether the blob exists.
func (f *File) Stat(ctx context.Context, id string) (int64, bool, error) {
	if err := errors.Join(ctx.Err(), safe(id)); err != nil {
		return 0, false, err
	}
	info, err := f.root.Lstat(f.path(id))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("blob: stat: %w", cause(err))
	}
	return info.Size(), true, nil
}

// List goes through the names of all blobs, one folder at a time.
func (f *File) List(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		shards, err := f.names(f.objects)
		if err != nil {
			yield("", err)
			return
		}
		for _, shard := range shards {
			ids, err := f.names(filepath.Join(f.objects, shard))
			if err = errors.Join(err, ctx.Err()); err != nil {
				yield("", err)
				return
			}
			for _, id := range ids {
				if safe(id) == nil && !yield(id, nil) {
					return
				}
			}
		}
	}
}

func (f *File) names(dir string) ([]string, error) {
	d, err := f.root.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("blob: list: %w", cause(err))
	}
	names, err := d.Readdirnames(-1)
	if err := errors.Join(err, d.Close()); err != nil {
		return nil, fmt.Errorf("blob: list: %w", cause(err))
	}
	return names, nil
}

func (f *File) syncDir(dir string) error {
	d, err := f.root.Open(dir)
	if err != nil {
		return fmt.Errorf("blob: sync folder: %w", cause(err))
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("blob: sync folder: %w", cause(err))
	}
	return nil
}

// cause drops paths from errors of the os package.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		return l.Err
	}
	return err
}
