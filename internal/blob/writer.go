package blob

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"vow.example/vow/internal/guard/vault"
)

// writer is a blob on its way in.
type writer struct {
	to   *File
	id   string
	temp string
	file *os.File // nil once committed or aborted
}

// Write appends content.
func (w *writer) Write(p []byte) (int, error) {
	if w.file == nil {
		return 0, fs.ErrClosed
	}
	n, err := w.file.Write(p)
	if err != nil {
		return n, fmt.Errorf("blob: write: %w", cause(err))
	}
	return n, nil
}

// Commit writes the header, makes the content durable, and only then gives the blob its name.
func (w *writer) Commit(header [vault.HeaderSize]byte) error {
	if w.file == nil {
		return fs.ErrClosed
	}
	if _, err := w.file.WriteAt(header[:], 0); err != nil {
		return fmt.Errorf("blob: commit: %w", cause(err))
	}
	if err := w.file.Sync(); err != nil {
		return fmt.Errorf("blob: commit: %w", cause(err))
	}
	if err := w.name(); err != nil {
		return err
	}
	file := w.file
	w.file = nil
	if err := file.Close(); err != nil {
		return fmt.Errorf("blob: commit: %w", cause(err))
	}
	return nil
}

// name moves the blob to its place. Where the last sync fails the blob is taken back, so that a
// failed Commit leaves nothing.
func (w *writer) name() error {
	final := w.to.path(w.id)
	shard := filepath.Dir(final)
	err := w.to.root.Mkdir(shard, 0o700)
	if err == nil {
		err = w.to.syncDir(w.to.objects)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("blob: commit: %w", cause(err))
	}
	if err := w.to.root.Rename(w.temp, final); err != nil {
		return fmt.Errorf("blob: commit: %w", cause(err))
	}
	if err := w.to.syncDir(shard); err != nil {
		return errors.Join(err, w.to.root.Rename(final, w.temp))
	}
	return nil
}

// Abort removes what was written.
func (w *writer) Abort() error {
	if w.file == nil {
		return nil
	}
	err := w.file.Close()
	w.file = nil
	if err := errors.Join(err, w.to.root.Remove(w.temp)); err != nil {
		return fmt.Errorf("blob: abort: %w", cause(err))
	}
	return nil
}
