// Package envelope is the form of a sealed object: a header that holds the wrapped content key, and
// the content in DARE 2.0 packages.
//
// It promises that everything needed to open an object lies in the first 512 bytes, so that one
// sector's overwrite ends it and a torn overwrite leaves either header or none; that the header's
// fields are authenticated by the wrapped key; and that AES-256-GCM is the only cipher. It never
// keeps a key, and a header names no person.
package envelope

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/minio/sio"

	"vow.example/vow/internal/privacy"
)

// Sizes of the form.
const (
	HeaderSize  = 4096
	KeySize     = 32
	PackageSize = 64 << 10 // plaintext bytes in one full DARE package

	// SealedPackage is one full DARE package.
	SealedPackage = PackageSize + overhead

	overhead = 32  // DARE header and tag of one package
	live     = 512 // the part of the header that is not padding
	wrapped  = 12 + KeySize + 16
	magic    = "VOWBLOB1"
)

// ErrNoHeader says that the bytes are no header: never written, or overwritten since.
var ErrNoHeader = errors.New("envelope: no header")

// ErrWrongKey says that the header's content key does not open under the given key.
var ErrWrongKey = errors.New("envelope: the key does not open the header")

// Header is what a sealed object says about itself in clear: what it is and under which keys, never
// whose.
type Header struct {
	App    privacy.AppID
	Class  string
	Object privacy.ObjectID
	Policy privacy.PolicyHash
	Epoch  time.Time // the hour in which its epoch key dies
	Bytes  int64     // of plaintext
	Salt   [KeySize]byte

	aad     []byte
	wrapped []byte
}

// NewSalt returns fresh random bytes for a header.
func NewSalt() (salt [KeySize]byte) {
	_, _ = rand.Read(salt[:]) // crypto/rand never fails: it ends the program instead
	return salt
}

// Seal returns the header's form with the content key wrapped under kek. The rest of the 4 KiB is
// random, so that an overwritten header looks like any padding.
func Seal(h Header, kek, dek []byte) (form [HeaderSize]byte, err error) {
	aad, err := h.fields()
	if err != nil {
		return form, err
	}
	aead, err := gcm(kek)
	if err != nil {
		return form, err
	}
	_, _ = rand.Read(form[:])
	n := copy(form[:], aad)
	nonce := form[n : n+12]
	aead.Seal(form[n+12:n+12], nonce, dek, aad)
	return form, nil
}

// fields is the authenticated part: magic, length-prefixed names, numbers, salt.
func (h Header) fields() ([]byte, error) {
	b := append(make([]byte, 0, live), magic...)
	for _, s := range []string{string(h.App), h.Class, string(h.Object), string(h.Policy)} {
		if len(s) > 255 {
			return nil, errors.New("envelope: a name in the header is too long")
		}
		b = append(append(b, byte(len(s))), s...)
	}
	b = binary.BigEndian.AppendUint64(b, uint64(h.Epoch.Unix()))
	b = binary.BigEndian.AppendUint64(b, uint64(h.Bytes))
	b = append(b, h.Salt[:]...)
	if len(b)+wrapped > live {
		return nil, errors.New("envelope: the header's names are too long together")
	}
	return b, nil
}

// Parse reads a header's form. It fails with ErrNoHeader where there is none.
func Parse(form []byte) (Header, error) {
	var h Header
	if len(form) < live || string(form[:len(magic)]) != magic {
		return h, ErrNoHeader
	}
	at := len(magic)
	names := make([]string, 4)
	for i := range names {
		n := int(form[at])
		at++
		if at+n+16+KeySize+wrapped > live {
			return h, ErrNoHeader
		}
		names[i] = string(form[at : at+n])
		at += n
	}
	h.App, h.Class = privacy.AppID(names[0]), names[1]
	h.Object, h.Policy = privacy.ObjectID(names[2]), privacy.PolicyHash(names[3])
	h.Epoch = time.Unix(int64(binary.BigEndian.Uint64(form[at:])), 0).UTC()
	h.Bytes = int64(binary.BigEndian.Uint64(form[at+8:]))
	if h.Bytes < 0 {
		return Header{}, ErrNoHeader
	}
	at += 16 + copy(h.Salt[:], form[at+16:])
	h.aad = append([]byte(nil), form[:at]...)
	h.wrapped = append([]byte(nil), form[at:at+wrapped]...)
	return h, nil
}

// Unwrap returns the content key of a parsed header, or ErrWrongKey. The caller wipes it.
func (h Header) Unwrap(kek []byte) ([]byte, error) {
	aead, err := gcm(kek)
	if err != nil {
		return nil, err
	}
	if len(h.wrapped) != wrapped {
		return nil, ErrNoHeader
	}
	dek, err := aead.Open(nil, h.wrapped[:12], h.wrapped[12:], h.aad)
	if err != nil {
		return nil, ErrWrongKey
	}
	return dek, nil
}

func gcm(key []byte) (cipher.AEAD, error) {
	if len(key) != KeySize {
		return nil, errors.New("envelope: a key has 32 bytes")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("envelope: cipher: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("envelope: cipher: %w", err)
	}
	return aead, nil
}

func config(dek []byte, sequence uint32) sio.Config {
	return sio.Config{
		Key: dek, MinVersion: sio.Version20, MaxVersion: sio.Version20,
		CipherSuites: []byte{sio.AES_256_GCM}, SequenceNumber: sequence,
	}
}

// Encrypt returns a reader of r's content in DARE packages. An error of r is an error of the reader.
func Encrypt(r io.Reader, dek []byte) (io.Reader, error) {
	enc, err := sio.EncryptReader(&source{r: r}, config(dek, 0))
	if err != nil {
		return nil, fmt.Errorf("envelope: encrypt: %w", err)
	}
	return enc, nil
}

// source keeps sio from taking a cut input for a whole one. sio ends the content without an error
// where its source fails with io.ErrUnexpectedEOF itself, which is what net/http answers for a body
// that was cut; and a source's error beside its last bytes would be dropped by io.ReadFull. Here an
// error other than io.EOF is wrapped, and stays.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("envelope: read content: %w", err)
	}
	s.err = err
	return n, err
}

// Decrypt returns a reader of the plaintext from byte `from` on. Packages starts at the package that
// holds that byte: package from/PackageSize, at PackageOffset(from) of the content.
func Decrypt(packages io.Reader, dek []byte, from int64) (io.Reader, error) {
	dec, err := sio.DecryptReader(packages, config(dek, uint32(from/PackageSize)))
	if err != nil {
		return nil, fmt.Errorf("envelope: decrypt: %w", err)
	}
	if _, err := io.CopyN(io.Discard, dec, from%PackageSize); err != nil {
		return nil, fmt.Errorf("envelope: decrypt: %w", err)
	}
	return dec, nil
}

// PackageOffset returns where in the sealed content the package lies that holds plaintext byte from.
func PackageOffset(from int64) int64 { return from / PackageSize * SealedPackage }

// SealedSize returns how many bytes a plaintext of n bytes takes as content.
func SealedSize(n int64) int64 {
	size := n / PackageSize * SealedPackage
	if rest := n % PackageSize; rest > 0 {
		size += rest + overhead
	}
	return size
}
