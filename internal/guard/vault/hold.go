package vault

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vow.example/vow/internal/guard/internal/envelope"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/guard/retention"
)

var (
	// ErrUnkept says that a thing lives in memory only: no order keeps it.
	ErrUnkept = errors.New("vault: what lives in memory only is kept by nobody")
	// ErrKept says that an order keeps a thing: its key stays under the order's hour.
	ErrKept = errors.New("vault: an order keeps this")
)

// Held says whether an order keeps an object, as the facts say at that moment.
type Held func(context.Context) (bool, error)

// Keep wraps an object's content key for the hour in which a hold ends, where its own hour comes before.
// Whoever writes the fact of a hold calls it again afterwards: an end that was moved in between did not know.
// It fails with ErrErased where the object, its header or a key is gone: a hold brings nothing back. What
// it returns is the fact to store; a crash in between is harmless, because the object's row still says
// when it dies.
func (v *Vault) Keep(ctx context.Context, ref Ref, h retention.Hold) (Ref, error) {
	switch {
	case h.IsZero() || h.App() != ref.App:
		return ref, ErrNoDeadline
	case ref.Memory:
		return ref, ErrUnkept
	case !v.clock.Now().Before(h.Until()):
		return ref, ErrErased
	}
	defer v.alone(string(ref.Object))()
	header, err := v.header(ctx, ref)
	if err != nil {
		return ref, err
	}
	if epoch := keyring.Epoch(h.Until()); epoch.After(header.Epoch) {
		return v.wrapFor(ctx, ref, header, epoch)
	}
	dek, err := v.unwrap(ref, header) // a hold on what nobody can open any more would be a lie
	clear(dek)
	ref.Epoch = header.Epoch
	return ref, err
}

// wrapFor overwrites an object's header with its content key wrapped for another hour. The caller is
// alone with the object.
func (v *Vault) wrapFor(ctx context.Context, ref Ref, h envelope.Header, epoch time.Time) (Ref, error) {
	dek, err := v.unwrap(ref, h)
	if err != nil {
		return ref, err
	}
	defer clear(dek)
	h.Epoch, h.Salt = epoch, envelope.NewSalt()
	kek, err := v.ring.DeriveNew(ref.objectKey(h))
	if err != nil {
		return ref, fmt.Errorf("vault: rewrap: %w", err)
	}
	defer clear(kek)
	form, err := envelope.Seal(h, kek, dek)
	if err != nil {
		return ref, fmt.Errorf("vault: rewrap: %w", err)
	}
	if err := v.blobs.OverwriteHeader(ctx, string(ref.Object), form); err != nil {
		return ref, fmt.Errorf("vault: rewrap: %w", err)
	}
	ref.Epoch = epoch
	return ref, nil
}
