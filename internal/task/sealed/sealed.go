// Package sealed keeps small facts about a recipient (its job numbers) as ciphertext in the
// database.
//
// It promises that what it sealed opens only under the same key and unchanged. It never keeps
// content.
package sealed

import (
	"crypto/aes"
	"crypto/cipher"
	"fmt"
)

// Box seals and opens. The zero Box must not be used.
type Box struct{ aead cipher.AEAD }

// New returns a Box with its key.
func New(key [32]byte) Box {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic("sealed: a 32-byte key is an AES key: " + err.Error())
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("sealed: AES makes a GCM: " + err.Error())
	}
	return Box{aead}
}

// Seal returns the ciphertext of plain.
func (b Box) Seal(plain []byte) []byte { return b.aead.Seal(nil, nil, plain, nil) }

// Open returns what was sealed: nil where that was nothing.
func (b Box) Open(sealed []byte) ([]byte, error) {
	if len(sealed) == 0 {
		return nil, nil
	}
	plain, err := b.aead.Open(nil, nil, sealed, nil)
	if err != nil {
		return nil, fmt.Errorf("sealed: a fact does not open: %w", err)
	}
	if len(plain) == 0 {
		return nil, nil
	}
	return plain, nil
}
