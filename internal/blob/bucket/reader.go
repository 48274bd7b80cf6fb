package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"vow.example/vow/internal/blob/s3"
	"vow.example/vow/internal/guard/vault"
)

const (
	stall = 20 * time.Second // without a byte, after which a connection is given up
	again = 2                // times that a broken reading is taken up without a byte in between
)

// errBroken says no more than that: the text of the wire quotes addresses.
var errBroken = errors.New("the connection broke off again and again")

// file reads a blob: its header from the disk, its content as one stream from the bucket for as long
// as the reading goes on from where it was.
type file struct {
	remote *s3.Client
	local  vault.BlobFile
	record record
	ctx    context.Context //nolint:containedctx // a reading outlives the call that opened it; Close ends it
	cancel context.CancelFunc

	mu   sync.Mutex
	body io.ReadCloser // nil: none is open
	at   int64         // where body goes on
}

// Open opens a blob for reading. The bucket is asked when content is read.
func (s *Store) Open(ctx context.Context, id string) (vault.BlobFile, error) {
	local, r, err := s.open(ctx, id)
	if err != nil {
		return nil, err
	}
	f := &file{remote: s.remote, local: local, record: r}
	f.ctx, f.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return f, nil
}

// Size returns the size with header.
func (f *file) Size() int64 { return vault.HeaderSize + f.record.Bytes }

// Close ends the reading.
func (f *file) Close() error {
	f.cancel() // first, so that a read that waits ends
	f.mu.Lock()
	defer f.mu.Unlock()
	f.drop()
	return f.local.Close()
}

func (f *file) drop() {
	if f.body != nil {
		_ = f.body.Close() // only read
		f.body = nil
	}
}

// ReadAt reads header, content or both.
func (f *file) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("bucket: read: before the start")
	}
	n := 0
	if off < vault.HeaderSize {
		head := p[:min(int64(len(p)), vault.HeaderSize-off)]
		var err error
		if n, err = f.local.ReadAt(head, off); n < len(head) {
			return n, err
		}
	}
	if n == len(p) {
		return n, nil
	}
	m, err := f.content(p[n:], off+int64(n)-vault.HeaderSize)
	return n + m, err
}

// content fills p from a place of the content on. A connection that breaks is taken up again.
func (f *file) content(p []byte, off int64) (n int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	rest := max(0, f.record.Bytes-off)
	short := int64(len(p)) > rest
	if short {
		p = p[:rest]
	}
	for broken := 0; n < len(p); {
		if err = f.open(off + int64(n)); err != nil {
			return n, err
		}
		m, readErr := f.read(p[n:])
		n, f.at = n+m, f.at+int64(m)
		if readErr == nil {
			continue
		}
		f.drop()
		if m > 0 {
			broken = 0
		}
		if broken++; n < len(p) && broken > again {
			return n, fmt.Errorf("bucket: read: %w", s3.ErrUnavailable.Because(errBroken))
		}
	}
	if short {
		return n, io.EOF
	}
	return n, nil
}

// open makes the stream stand at a place of the content.
func (f *file) open(at int64) error {
	if f.body != nil && f.at == at {
		return nil
	}
	f.drop()
	body, err := f.remote.Get(f.ctx, f.record.Name, at, f.record.Bytes)
	if err != nil {
		return err
	}
	f.body, f.at = body, at
	return nil
}

// read fills p from the stream. A bucket that stops sending is hung up on; a person who reads slowly
// is not its fault, so that only the time in here counts.
func (f *file) read(p []byte) (int, error) {
	body := f.body
	hangUp := time.AfterFunc(stall, func() { _ = body.Close() })
	defer hangUp.Stop()
	return io.ReadFull(body, p)
}
