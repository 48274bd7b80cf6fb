package vault

import (
	"context"
	"errors"
	"fmt"
	"io"

	"vow.example/vow/internal/guard/internal/envelope"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/privacy"
)

// SweepOrphans erases every blob that known denies: an upload whose row was never committed, or a
// blob whose row is erased and whose removal was cut off. It runs at boot, before uploads.
func (v *Vault) SweepOrphans(ctx context.Context, known func(object string) bool) (int, error) {
	n := 0
	var failed error
	for id, err := range v.blobs.List(ctx) {
		if err != nil {
			return n, errors.Join(failed, fmt.Errorf("vault: list: %w", err))
		}
		if known(id) {
			continue
		}
		if err := v.eraseOrphan(ctx, id); err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		n++
	}
	return n, failed
}

func (v *Vault) eraseOrphan(ctx context.Context, id string) error {
	defer v.alone(id)()
	return v.eraseBlob(ctx, id)
}

// TryOpenAll tries every remaining object with every key that exists, whatever its header says about
// hour and person, and calls each with the result: plain where one opened it, the reason where none
// did. It is for the forget-proof test; archtest reserves the call. Deadlines are not looked at.
func (v *Vault) TryOpenAll(ctx context.Context, each func(object string, err error, plain io.Reader)) error {
	for id, err := range v.blobs.List(ctx) {
		if err != nil {
			return fmt.Errorf("vault: list: %w", err)
		}
		v.tryBlob(ctx, id, each)
	}
	v.ram.mu.Lock()
	held := make(map[privacy.ObjectID]*ramObject, len(v.ram.objects))
	for id, o := range v.ram.objects {
		held[id] = o
	}
	v.ram.mu.Unlock()
	for id, o := range held {
		key, err := v.ring.TaskKey(id)
		if err != nil {
			each(string(id), err, nil)
			continue
		}
		plain, err := envelope.Decrypt(io.NewSectionReader(o, 0, envelope.SealedSize(o.bytes)), key, 0)
		each(string(id), err, plain)
	}
	return nil
}

func (v *Vault) tryBlob(ctx context.Context, id string, each func(string, error, io.Reader)) {
	f, err := v.blobs.Open(ctx, id)
	if err != nil {
		each(id, err, nil)
		return
	}
	defer func() { _ = f.Close() }() // only read
	form := make([]byte, HeaderSize)
	if _, err := f.ReadAt(form, 0); err != nil && !errors.Is(err, io.EOF) {
		each(id, err, nil)
		return
	}
	h, err := envelope.Parse(form)
	if err != nil {
		each(id, err, nil)
		return
	}
	dek, err := v.anyKey(h)
	if err != nil {
		each(id, err, nil)
		return
	}
	body := io.NewSectionReader(f, HeaderSize, f.Size()-HeaderSize)
	plain, err := envelope.Decrypt(body, dek, 0)
	each(id, err, plain)
}

func (v *Vault) anyKey(h envelope.Header) (dek []byte, err error) {
	k := keyring.ObjectKey{App: h.App, Class: h.Class, Object: h.Object, PolicyHash: h.Policy, Salt: h.Salt}
	err = v.ring.TryKeys(k, func(kek []byte) bool {
		got, err := h.Unwrap(kek)
		if err == nil {
			dek = got
		}
		return err == nil
	})
	if err == nil && dek == nil {
		err = envelope.ErrWrongKey
	}
	return dek, err
}
