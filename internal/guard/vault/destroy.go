//go:build !vow_mutant_keepkeys

package vault

import (
	"context"
	"crypto/rand"
	"fmt"
)

// eraseBlob overwrites the header, which the store of blobs syncs and reads back, and then removes
// the blob. Where there is no blob it succeeds.
func (v *Vault) eraseBlob(ctx context.Context, id string) error {
	_, ok, err := v.blobs.Stat(ctx, id)
	if err != nil {
		return fmt.Errorf("vault: erase: %w", err)
	}
	if !ok {
		return nil
	}
	var noise [HeaderSize]byte
	_, _ = rand.Read(noise[:])
	if err := v.blobs.OverwriteHeader(ctx, id, noise); err != nil {
		return fmt.Errorf("vault: erase: %w", err)
	}
	if err := v.blobs.Remove(ctx, id); err != nil {
		return fmt.Errorf("vault: erase: %w", err)
	}
	return nil
}
