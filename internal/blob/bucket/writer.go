package bucket

import (
	"context"
	"crypto/md5" //nolint:gosec // the checksum of the protocol against broken wires, no protection
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"time"

	"vow.example/vow/internal/blob/s3"
	"vow.example/vow/internal/guard/vault"
)

// tidying is how long a failed upload is followed up.
const tidying = 10 * time.Second

// writer is a blob on its way in.
type writer struct {
	store  *Store
	local  vault.BlobWriter
	record record
	mark   string   // its file in the spool, which outlives a crash
	file   *os.File // nil once committed or aborted
	sum    hash.Hash
	id     string
	send   func(name string, o s3.Object) error // bound to the context of Create
	undo   func(name string) error
}

// begin makes the spool file durable by name before anything can reach the bucket: what is in the
// bucket without a header is in the spool by name.
func (s *Store) begin(ctx context.Context, local vault.BlobWriter, id string) (*writer, error) {
	w := &writer{store: s, local: local, id: id, record: record{Name: newName()}, sum: md5.New()} //nolint:gosec // as above
	w.mark = id + "." + w.record.Name
	w.send = func(name string, o s3.Object) error { return s.remote.Put(ctx, name, o) }
	w.undo = func(name string) error {
		after, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidying)
		defer cancel()
		return s.remote.Erase(after, name)
	}
	file, err := s.spool.OpenFile(w.mark, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("bucket: create: %w", cause(err))
	}
	w.file = file
	if err := s.syncSpool(); err != nil {
		return nil, errors.Join(err, file.Close(), s.spool.Remove(w.mark))
	}
	s.mu.Lock()
	s.writing[w.record.Name] = true
	s.mu.Unlock()
	return w, nil
}

func (s *Store) syncSpool() error {
	d, err := s.spool.Open(".")
	if err != nil {
		return fmt.Errorf("bucket: spool: %w", cause(err))
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("bucket: spool: %w", cause(err))
	}
	return nil
}

// Write appends ciphertext.
func (w *writer) Write(p []byte) (int, error) {
	if w.file == nil {
		return 0, fs.ErrClosed
	}
	n, err := w.file.Write(p)
	_, _ = w.sum.Write(p[:n]) // never fails
	w.record.Bytes += int64(n)
	if err != nil {
		return n, fmt.Errorf("bucket: write: %w", cause(err))
	}
	return n, nil
}

// Commit uploads the content and then makes the header durable under the blob's name: a header never
// leads to nothing. Where either fails, nothing is kept.
func (w *writer) Commit(header [vault.HeaderSize]byte) error {
	if w.file == nil {
		return fs.ErrClosed
	}
	err := w.send(w.record.Name, s3.Object{Body: w.file, Size: w.record.Bytes, MD5: w.sum.Sum(nil)})
	if err == nil {
		err = w.keep(header)
	}
	if err != nil {
		return errors.Join(err, w.takeBack(err))
	}
	if err := w.store.drop(w.mark); err != nil {
		w.leave() // the blob is whole: only the mark is too much
	}
	return w.end()
}

// keep writes the local half.
func (w *writer) keep(header [vault.HeaderSize]byte) error {
	raw, err := json.Marshal(w.record)
	if err != nil {
		return fmt.Errorf("bucket: commit: %w", err)
	}
	if _, err := w.local.Write(raw); err != nil {
		return err
	}
	return w.local.Commit(header)
}

// takeBack removes what a failed commit may have left. Where the bucket does not answer, the name
// stays in the spool and Sweep comes back to it.
func (w *writer) takeBack(why error) error {
	if errors.Is(why, s3.ErrNothingThere) || w.undo(w.record.Name) == nil {
		return w.Abort()
	}
	w.leave()
	err := w.file.Truncate(0)
	if err != nil {
		err = fmt.Errorf("bucket: commit: %w", cause(err))
	}
	return errors.Join(err, w.local.Abort(), w.end())
}

// leave notes that Sweep has to look after the mark.
func (w *writer) leave() {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	w.store.left[w.mark] = true
}

// Abort removes what was written. Nothing of it is in the bucket.
func (w *writer) Abort() error {
	if w.file == nil {
		return nil
	}
	return errors.Join(w.store.drop(w.mark), w.local.Abort(), w.end())
}

// end lets go of the writer, whatever became of it.
func (w *writer) end() error {
	file := w.file
	w.file = nil
	w.store.mu.Lock()
	delete(w.store.writing, w.record.Name)
	w.store.mu.Unlock()
	if err := file.Close(); err != nil {
		return fmt.Errorf("bucket: close: %w", cause(err))
	}
	return nil
}

// drop removes a file of the spool.
func (s *Store) drop(mark string) error {
	if err := s.spool.Remove(mark); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("bucket: spool: %w", cause(err))
	}
	return nil
}
