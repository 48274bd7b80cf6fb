package vault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"vow.example/vow/internal/guard/internal/envelope"
	"vow.example/vow/internal/guard/internal/seal"
	"vow.example/vow/internal/privacy"
)

// Lease proves that an object may be read just now for one declared purpose. It is used in the same call and
// never stored, encoded or reused. The zero Lease opens nothing.
type Lease struct{ l *lease }

type lease struct {
	vault   *Vault
	ref     Ref
	due     time.Time
	reading Reading
	minted  func() (io.ReadCloser, error)
}

// Valid reports whether the lease was made by Lend.
func (l Lease) Valid() bool { return l.l != nil }

// Why returns for whose hand the object was lent, or ForNothing.
func (l Lease) Why() Why {
	if l.l == nil {
		return ForNothing
	}
	return l.l.reading.Why
}

// Purpose returns the declared purpose that the object was lent for. It is empty where people read
// what is theirs.
func (l Lease) Purpose() privacy.Purpose {
	if l.l == nil {
		return ""
	}
	return l.l.reading.Purpose
}

// Ref returns the fact behind the lease, or the zero Ref.
func (l Lease) Ref() Ref {
	if l.l == nil {
		return Ref{}
	}
	return l.l.ref
}

// Bytes returns the length of the plaintext.
func (l Lease) Bytes() int64 { return l.Ref().Bytes }

// MediaType returns the media type that was stored.
func (l Lease) MediaType() string { return l.Ref().MediaType }

// Format prints nothing about the object, whatever the verb.
func (l Lease) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[lease]") }

// MarshalJSON refuses: a proof is never encoded.
func (l Lease) MarshalJSON() ([]byte, error) { return nil, ErrEncoded }

// MarshalText refuses: a proof is never encoded.
func (l Lease) MarshalText() ([]byte, error) { return nil, ErrEncoded }

// GobEncode refuses: a proof is never encoded.
func (l Lease) GobEncode() ([]byte, error) { return nil, ErrEncoded }

// Open starts reading the plaintext. It checks the time again, and so does every read: content that
// falls due stops in the middle. What it returns is also an io.ReadSeekCloser, for range requests.
func (l Lease) Open() (io.ReadCloser, error) {
	switch {
	case l.l == nil:
		return nil, ErrNoLease
	case l.l.minted != nil:
		return l.l.minted()
	case !l.l.vault.clock.Now().Before(l.l.due):
		return nil, ErrErased
	case l.l.ref.Memory:
		return l.l.vault.openMemory(l.l)
	default:
		return l.l.vault.openDisk(l.l)
	}
}

// Mint makes a Lease on content that is in no vault. Only guardtest can call it.
func Mint(k seal.Key, ref Ref, why Why, open func() (io.ReadCloser, error)) Lease {
	k.Check()
	return Lease{&lease{ref: ref, reading: Reading{Why: why}, minted: open}}
}

func (v *Vault) openDisk(l *lease) (io.ReadCloser, error) {
	// A read has no context of its own: it ends with Close, with Erase, or when the object is due.
	defer v.alone(string(l.ref.Object))()
	f, err := v.open(context.Background(), l.ref)
	if err != nil {
		return nil, err
	}
	h, err := readHeader(f, l.ref)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	dek, err := v.unwrap(l.ref, h)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	body := io.NewSectionReader(f, HeaderSize, envelope.SealedSize(h.Bytes))
	return v.track(&reader{vault: v, lease: l, dek: dek, sealed: body, close: f.Close}), nil
}

func (v *Vault) openMemory(l *lease) (io.ReadCloser, error) {
	defer v.alone(string(l.ref.Object))()
	o, err := v.ram.find(l.ref)
	if err != nil {
		return nil, err
	}
	if !v.clock.Now().Before(o.end()) {
		return nil, ErrErased
	}
	dek, err := v.ring.TaskKey(l.ref.Object)
	if err != nil {
		return nil, fmt.Errorf("vault: open: %w", err)
	}
	body := io.NewSectionReader(o, 0, envelope.SealedSize(l.ref.Bytes))
	return v.track(&reader{vault: v, lease: l, dek: dek, sealed: body, until: o.end, close: func() error { return nil }}), nil
}

// reader reads an object's plaintext. Each of its methods may be called from one goroutine at a time.
type reader struct {
	vault  *Vault
	lease  *lease
	sealed *io.SectionReader
	until  func() time.Time // memory objects: their own end, which may have moved since
	close  func() error

	mu     sync.Mutex // an erasure comes from another goroutine
	dek    []byte
	plain  io.Reader // nil: start at pos
	pos    int64
	gone   bool
	broken bool // the content does not authenticate: nothing more is read of it
	closed bool
}

// Read reads on, as long as the object is not due and not erased.
func (r *reader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.allowed(); err != nil {
		return 0, err
	}
	if r.pos >= r.lease.ref.Bytes {
		return 0, io.EOF
	}
	if r.plain == nil {
		if err := r.start(); err != nil {
			return 0, err
		}
	}
	n, err := r.plain.Read(p[:min(int64(len(p)), r.lease.ref.Bytes-r.pos)])
	r.pos += int64(n)
	switch {
	case errors.Is(err, io.EOF) && r.pos == r.lease.ref.Bytes:
		return n, io.EOF
	case errors.Is(err, ErrErased):
		return n, ErrErased // memory that was wiped meanwhile
	case err != nil:
		r.plain, r.broken = nil, true
		return n, ErrDamaged // what was cut or changed at rest; the reason says no more than that
	default:
		return n, nil
	}
}

func (r *reader) allowed() error {
	now := r.vault.clock.Now()
	switch {
	case r.closed:
		return errors.New("vault: read after close")
	case r.gone, !now.Before(r.lease.due), r.until != nil && !now.Before(r.until()):
		return ErrErased
	case r.broken:
		return ErrDamaged
	default:
		return nil
	}
}

// start positions the decryption at pos.
func (r *reader) start() error {
	if _, err := r.sealed.Seek(envelope.PackageOffset(r.pos), io.SeekStart); err != nil {
		return fmt.Errorf("vault: read: %w", err)
	}
	plain, err := envelope.Decrypt(r.sealed, r.dek, r.pos)
	if errors.Is(err, ErrErased) {
		return ErrErased
	}
	if err != nil {
		r.broken = true
		return ErrDamaged
	}
	r.plain = plain
	return nil
}

// Seek sets where the next Read begins.
func (r *reader) Seek(offset int64, whence int) (int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		offset += r.pos
	case io.SeekEnd:
		offset += r.lease.ref.Bytes
	default:
		return 0, errors.New("vault: seek: unknown start")
	}
	if offset < 0 {
		return 0, errors.New("vault: seek: before the start")
	}
	if offset != r.pos {
		r.pos, r.plain = offset, nil
	}
	return offset, nil
}

// Close ends the reading and wipes the content key.
func (r *reader) Close() error {
	r.vault.untrack(r)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	r.closed, r.plain = true, nil
	clear(r.dek)
	if err := r.close(); err != nil {
		return fmt.Errorf("vault: close: %w", err)
	}
	return nil
}

// stop denies every further read.
func (r *reader) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gone, r.plain = true, nil
	clear(r.dek)
}

func (v *Vault) track(r *reader) *reader {
	v.mu.Lock()
	defer v.mu.Unlock()
	id := r.lease.ref.Object
	if v.readers[id] == nil {
		v.readers[id] = map[*reader]struct{}{}
	}
	v.readers[id][r] = struct{}{}
	return r
}

func (v *Vault) untrack(r *reader) {
	v.mu.Lock()
	defer v.mu.Unlock()
	id := r.lease.ref.Object
	delete(v.readers[id], r)
	if len(v.readers[id]) == 0 {
		delete(v.readers, id)
	}
}

func (v *Vault) stopReaders(id privacy.ObjectID) {
	v.mu.Lock()
	open := make([]*reader, 0, len(v.readers[id]))
	for r := range v.readers[id] {
		open = append(open, r)
	}
	v.mu.Unlock()
	for _, r := range open {
		r.stop()
	}
}
