package vault

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"sync"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/internal/envelope"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

// Vault seals, lends and erases content. It is safe for concurrent use.
type Vault struct {
	ring  *keyring.Ring
	blobs Blobs
	clock clock.Clock
	ram   *ram

	headers [64]sync.Mutex // by object: no header is read half written, or written over an erased one

	mu      sync.Mutex
	readers map[privacy.ObjectID]map[*reader]struct{} // open readers, which an erasure stops
}

// New returns a vault over a ring and a place for blobs. Memory-only content takes at most maxMemory
// bytes together.
func New(ring *keyring.Ring, blobs Blobs, clk clock.Clock, maxMemory int64) *Vault {
	return &Vault{
		ring: ring, blobs: blobs, clock: clk, ram: newRAM(maxMemory),
		readers: map[privacy.ObjectID]map[*reader]struct{}{},
	}
}

// Put stores what r gives under a ceiling: the longest that any clock of the category can run. It
// streams. The deadline must come from the same policy, app and category as the spec and agree with
// it about where the category may rest; content of a memory-only category never reaches Blobs. Where
// r, the disk or ctx fails, nothing is left.
func (v *Vault) Put(ctx context.Context, spec Spec, ceiling retention.Deadline, r io.Reader) (Ref, error) {
	if err := v.fits(spec, ceiling); err != nil {
		return Ref{}, err
	}
	ref := Ref{
		App: spec.App, Subject: spec.Subject, Object: spec.Object, Category: spec.Category,
		MediaType: spec.MediaType, PolicyHash: spec.PolicyHash, Epoch: keyring.Epoch(ceiling.DestroyBy()),
	}
	content := &counter{ctx: ctx, r: r}
	var err error
	if spec.Storage == policy.Memory {
		ref.Memory = true
		err = v.putMemory(ref, ceiling.DestroyBy(), content)
	} else {
		err = v.putDisk(ctx, ref, content)
	}
	if err != nil {
		return Ref{}, err
	}
	ref.Bytes = content.n
	return ref, nil
}

// fits says why a thing must not be stored under the deadline.
func (v *Vault) fits(s Spec, d retention.Deadline) error {
	switch {
	case d.IsZero():
		return ErrNoDeadline
	case s.App == "" || s.Subject == "" || s.Object == "" || s.Category == "" || s.PolicyHash == "":
		return errors.New("vault: an object needs an app, a subject, a name, a category and a policy")
	case d.App() != s.App || d.Category() != s.Category || d.PolicyHash() != s.PolicyHash:
		return fmt.Errorf("%w: it is of another app, category or policy", ErrNoDeadline)
	case s.Storage != policy.Disk && s.Storage != policy.Memory:
		return errors.New("vault: the category may rest nowhere")
	case s.Storage == policy.Disk && d.Storage() != policy.Disk:
		return errors.New("vault: the category must never rest on disk")
	case !v.clock.Now().Before(d.DestroyBy()):
		return ErrErased
	default:
		return nil
	}
}

func (v *Vault) putDisk(ctx context.Context, ref Ref, content *counter) error {
	h := envelope.Header{
		App: ref.App, Class: string(ref.Category), Object: ref.Object, Policy: ref.PolicyHash,
		Epoch: ref.Epoch, Salt: envelope.NewSalt(),
	}
	kek, err := v.ring.DeriveNew(ref.objectKey(h))
	if err != nil {
		return fmt.Errorf("vault: put: %w", err)
	}
	defer clear(kek)
	dek := newKey()
	defer clear(dek)
	w, err := v.blobs.Create(ctx, ref.App, string(ref.Object))
	if err != nil {
		return fmt.Errorf("vault: put: %w", err)
	}
	if err := encrypt(w, content, dek); err != nil {
		return errors.Join(err, w.Abort())
	}
	h.Bytes = content.n
	form, err := envelope.Seal(h, kek, dek)
	if err != nil {
		return errors.Join(fmt.Errorf("vault: put: %w", err), w.Abort())
	}
	if err := w.Commit(form); err != nil {
		return errors.Join(fmt.Errorf("vault: put: %w", err), w.Abort())
	}
	return nil
}

// encrypt seals all of content into w.
func encrypt(w io.Writer, content io.Reader, dek []byte) error {
	enc, err := envelope.Encrypt(content, dek)
	if err != nil {
		return fmt.Errorf("vault: put: %w", err)
	}
	buf := make([]byte, 4*envelope.SealedPackage)
	if _, err := io.CopyBuffer(onlyWriter{w}, enc, buf); err != nil {
		return fmt.Errorf("vault: put: %w", err)
	}
	return nil
}

// onlyWriter hides ReadFrom, so that the buffer of a known size is used.
type onlyWriter struct{ io.Writer }

func newKey() []byte {
	key := make([]byte, keyring.KeySize)
	_, _ = rand.Read(key)
	return key
}

// counter counts what is read, and stops when ctx ends: a hung-up upload is a failed upload.
type counter struct {
	ctx context.Context
	r   io.Reader
	n   int64
}

func (c *counter) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// Lend lets an object be read for a declared purpose, until due. It fails with ErrNotAllowed and the
// policy's explanation where the category does not have that purpose, and with ErrErased at or after
// due, whether or not the sweeper has come by, and where the object is gone.
func (v *Vault) Lend(ctx context.Context, ref Ref, due time.Time, r Reading) (Lease, error) {
	if err := r.allows(ref); err != nil {
		return Lease{}, err
	}
	if due.IsZero() || !v.clock.Now().Before(due) {
		return Lease{}, ErrErased
	}
	if ref.Memory {
		if _, err := v.ram.find(ref); err != nil {
			return Lease{}, err
		}
	} else if _, ok, err := v.blobs.Stat(ctx, string(ref.Object)); err != nil {
		return Lease{}, fmt.Errorf("vault: lend: %w", err)
	} else if !ok {
		return Lease{}, ErrErased
	}
	return Lease{&lease{vault: v, ref: ref, due: due, reading: r}}, nil
}

// Rewrap moves an object's end earlier: its header is overwritten in place with the content key
// wrapped for the new hour. It fails with ErrLater where that would be later, and with ErrKept where an
// order keeps the object: held is asked while nobody else can move its end. What it returns, also then, is
// the fact to store; a crash in between is harmless, because the header says which hour it is under.
func (v *Vault) Rewrap(ctx context.Context, ref Ref, d retention.Deadline, held Held) (Ref, error) {
	if d.IsZero() || d.App() != ref.App || d.Category() != ref.Category {
		return ref, ErrNoDeadline
	}
	if ref.Memory {
		return v.ram.shorten(ref, d.DestroyBy())
	}
	defer v.alone(string(ref.Object))()
	h, err := v.header(ctx, ref)
	if err != nil {
		return ref, err
	}
	ref.Epoch = h.Epoch
	if kept, err := held(ctx); err != nil {
		return ref, fmt.Errorf("vault: look for holds: %w", err)
	} else if kept {
		return ref, ErrKept
	}
	epoch := keyring.Epoch(d.DestroyBy())
	switch {
	case epoch.After(h.Epoch):
		return ref, ErrLater
	case epoch.Equal(h.Epoch):
		return ref, nil
	}
	return v.wrapFor(ctx, ref, h, epoch)
}

// Erase ends an object: open readers stop, the header with the wrapped key is overwritten, synced and
// read back, and the bytes are removed. It is idempotent. An error means: not erased, call again.
func (v *Vault) Erase(ctx context.Context, ref Ref) error {
	v.stopReaders(ref.Object) // at once, even if the storage does not answer
	defer v.alone(string(ref.Object))()
	defer v.stopReaders(ref.Object) // who came in between; nobody opens while we are alone
	if ref.Memory {
		v.ram.erase(v.ring, ref.Object)
		return nil
	}
	return v.eraseBlob(ctx, string(ref.Object))
}

// alone waits until nobody else opens the object or writes its header, and returns what lets the next
// one in.
func (v *Vault) alone(id string) (done func()) {
	h := fnv.New32a()
	_, _ = io.WriteString(h, id) // a hash takes everything
	mu := &v.headers[h.Sum32()%uint32(len(v.headers))]
	mu.Lock()
	return mu.Unlock
}

// Holds reports whether an object can still be opened: its bytes, its header and its keys are there.
// It is counted from storage. Where storage does not answer it reports true: it cannot say "gone".
func (v *Vault) Holds(ctx context.Context, ref Ref) bool {
	if ref.Memory {
		_, err := v.ram.find(ref)
		return err == nil
	}
	defer v.alone(string(ref.Object))()
	h, err := v.header(ctx, ref)
	if err == nil {
		var key []byte
		key, err = v.ring.Derive(ref.objectKey(h))
		clear(key)
	}
	return !errors.Is(err, ErrErased)
}

// Left reports whether an object's header is there, whatever the keys say. Of an erased object it is not,
// unless it came back with a backup, or the erasure was cut off before it was overwritten.
func (v *Vault) Left(ctx context.Context, ref Ref) (bool, error) {
	if ref.Memory {
		_, err := v.ram.find(ref)
		return err == nil, nil
	}
	defer v.alone(string(ref.Object))()
	_, err := v.header(ctx, ref)
	switch {
	case errors.Is(err, ErrErased):
		return false, nil
	case errors.Is(err, ErrDamaged):
		return true, nil
	default:
		return err == nil, err
	}
}

// header reads and checks an object's header.
func (v *Vault) header(ctx context.Context, ref Ref) (envelope.Header, error) {
	f, err := v.open(ctx, ref)
	if err != nil {
		return envelope.Header{}, err
	}
	defer func() { _ = f.Close() }() // only read
	return readHeader(f, ref)
}

func (v *Vault) open(ctx context.Context, ref Ref) (BlobFile, error) {
	f, err := v.blobs.Open(ctx, string(ref.Object))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrErased
	}
	if err != nil {
		return nil, fmt.Errorf("vault: open: %w", err)
	}
	return f, nil
}

func readHeader(f BlobFile, ref Ref) (envelope.Header, error) {
	form := make([]byte, HeaderSize)
	if _, err := f.ReadAt(form, 0); err != nil && !errors.Is(err, io.EOF) {
		return envelope.Header{}, fmt.Errorf("vault: read header: %w", err)
	}
	h, err := envelope.Parse(form)
	if err != nil {
		return h, ErrErased // overwritten: the file just was not removed yet
	}
	if !ref.described(h) || f.Size() != HeaderSize+envelope.SealedSize(h.Bytes) {
		return h, ErrDamaged
	}
	return h, nil
}

func (v *Vault) unwrap(ref Ref, h envelope.Header) ([]byte, error) {
	kek, err := v.ring.Derive(ref.objectKey(h))
	if err != nil {
		return nil, fmt.Errorf("vault: open: %w", err)
	}
	defer clear(kek)
	dek, err := h.Unwrap(kek)
	if err != nil {
		return nil, ErrDamaged
	}
	return dek, nil
}
