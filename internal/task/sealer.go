package task

import (
	"crypto/aes"
	"crypto/cipher"
	"fmt"
)

// sealer keeps small facts of a recipient (its job numbers) as ciphertext in the database.
type sealer struct{ aead cipher.AEAD }

func newSealer(key [32]byte) sealer {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic("task: a 32-byte key is an AES key: " + err.Error())
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("task: AES makes a GCM: " + err.Error())
	}
	return sealer{aead}
}

func (s sealer) seal(plain []byte) []byte { return s.aead.Seal(nil, nil, plain, nil) }

func (s sealer) open(sealed []byte) ([]byte, error) {
	if len(sealed) == 0 {
		return nil, nil
	}
	plain, err := s.aead.Open(nil, nil, sealed, nil)
	if err != nil {
		return nil, fmt.Errorf("task: sealed fact does not open: %w", err)
	}
	if len(plain) == 0 {
		return nil, nil
	}
	return plain, nil
}
