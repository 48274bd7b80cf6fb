package keyring

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// The form of the slot file: one page of header, then slots. A slot lies within one disk sector.
//
//	header  magic (8) | salt (32) | nonce (12) | sealed check (16) | random
//	slot    nonce (12) | sealed { kind (1) | … } (228) | tag (16)
//	key     kind (1) | key (32) | hour (8) | app | name | zeros
//	graves  kind (1) | hour (8) | count (1) | marks (16 each) | zeros
const (
	headerSize = 4096
	slotSize   = 256
	chunkSlots = 1024 // the file grows by this many slots at a time
	nonceSize  = 12
	plainSize  = slotSize - nonceSize - 16
	nameSpace  = plainSize - 1 - KeySize - 8 - 2
	magic      = "VOWKEYS1"
	checkAt    = len(magic) + KeySize
)

// kind says what a slot holds: a key, or the tombstones of what was erased.
type kind byte

const (
	epochKind   kind = 1
	subjectKind kind = 2
	objectsGone kind = 3
	subjectGone kind = 4
)

// label is what a key is called. It is inside the sealed part: the file names nobody.
type label struct {
	kind kind
	app  string
	name string // category or subject
	hour int64  // epoch keys: hours since 1970
}

// format writes an empty slot file.
func format(f file, root [KeySize]byte) error {
	head := make([]byte, headerSize)
	_, _ = rand.Read(head)
	copy(head, magic)
	aead, err := slotCipher(root, head[len(magic):checkAt])
	if err != nil {
		return err
	}
	aead.Seal(head[checkAt+nonceSize:checkAt+nonceSize], head[checkAt:checkAt+nonceSize], nil, []byte(magic))
	if err := writeAll(f, head, 0); err != nil {
		return err
	}
	return extend(f, 0)
}

// extend appends a chunk of free slots: random bytes, like every free slot.
func extend(f file, slots int64) error {
	chunk := make([]byte, chunkSlots*slotSize)
	_, _ = rand.Read(chunk)
	if err := writeAll(f, chunk, slotOffset(slots)); err != nil {
		return err
	}
	return f.Sync()
}

// unlock checks the root key against the header and returns the cipher of the slots.
func unlock(f file, root [KeySize]byte) (cipher.AEAD, error) {
	head := make([]byte, headerSize)
	if _, err := f.ReadAt(head, 0); err != nil || !bytes.HasPrefix(head, []byte(magic)) {
		return nil, ErrDamaged
	}
	aead, err := slotCipher(root, head[len(magic):checkAt])
	if err != nil {
		return nil, err
	}
	check := head[checkAt+nonceSize : checkAt+nonceSize+16]
	if _, err := aead.Open(nil, head[checkAt:checkAt+nonceSize], check, []byte(magic)); err != nil {
		return nil, ErrWrongRoot
	}
	return aead, nil
}

func slotCipher(root [KeySize]byte, salt []byte) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, root[:], salt, "vow slot file 1", KeySize)
	if err != nil {
		return nil, fmt.Errorf("keyring: slot key: %w", err)
	}
	defer clear(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("keyring: slot key: %w", err)
	}
	return cipher.NewGCM(block)
}

func slotOffset(slot int64) int64 { return headerSize + slot*slotSize }

// slotName binds a sealed slot to its place, so that a copied slot does not open elsewhere.
func slotName(slot int64) []byte {
	return binary.BigEndian.AppendUint64([]byte(magic+" slot 1 "), uint64(slot))
}

// sealSlot returns the form of a slot in use.
func sealSlot(aead cipher.AEAD, slot int64, l label, key []byte) ([]byte, error) {
	if len(l.app)+len(l.name) > nameSpace || len(l.app) > 255 {
		return nil, errors.New("keyring: the label of a key is too long")
	}
	plain := make([]byte, plainSize)
	defer clear(plain)
	plain[0] = byte(l.kind)
	copy(plain[1:], key)
	at := 1 + KeySize
	binary.BigEndian.PutUint64(plain[at:], uint64(l.hour))
	at += 8
	for _, s := range []string{l.app, l.name} {
		plain[at] = byte(len(s))
		at += 1 + copy(plain[at+1:], s)
	}
	return sealPlain(aead, slot, plain), nil
}

func sealPlain(aead cipher.AEAD, slot int64, plain []byte) []byte {
	form := make([]byte, nonceSize, slotSize)
	_, _ = rand.Read(form)
	return aead.Seal(form, form[:nonceSize], plain, slotName(slot))
}

// openPlain opens a slot's form. It answers false for a free slot: random bytes do not open.
func openPlain(aead cipher.AEAD, slot int64, form []byte) (plain []byte, used bool) {
	plain, err := aead.Open(nil, form[:nonceSize], form[nonceSize:], slotName(slot))
	return plain, err == nil
}

// readSlot reads what a slot with a key holds.
func readSlot(plain []byte) (l label, key []byte) {
	l.kind, key = kind(plain[0]), plain[1:1+KeySize]
	at := 1 + KeySize
	l.hour = int64(binary.BigEndian.Uint64(plain[at:]))
	at += 8
	n := int(plain[at])
	l.app = string(plain[at+1 : at+1+n])
	at += 1 + n
	l.name = string(plain[at+1 : at+1+int(plain[at])])
	return l, key
}

func writeAll(f file, p []byte, off int64) error {
	n, err := f.WriteAt(p, off)
	if err == nil && n != len(p) {
		return errors.New("keyring: short write")
	}
	return err
}

// file is the slot file as the ring sees it. Tests put one in between that fails.
type file interface {
	ReadAt(p []byte, off int64) (int, error)
	WriteAt(p []byte, off int64) (int, error)
	Size() (int64, error)
	Sync() error
	Close() error
}

// osFile is a file of the operating system.
type osFile struct{ *os.File }

func (f osFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Sync makes the content durable.
func (f osFile) Sync() error { return syncData(f.File) }

// Close ends the lock and closes the file.
func (f osFile) Close() error {
	release(f.File)
	return f.File.Close()
}

// openFile opens the slot file, or makes it whole first: a half-made file is never seen under its
// name, and two processes cannot both make it.
func openFile(path string, root [KeySize]byte) (file, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		if err := create(path, root); err != nil {
			return nil, err
		}
		f, err = os.OpenFile(path, os.O_RDWR, 0)
	}
	if err != nil {
		return nil, fmt.Errorf("keyring: open key file: %w", cause(err))
	}
	if err := lock(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return osFile{f}, nil
}

// create makes the file under another name and links it in, which fails where one exists by now.
func create(path string, root [KeySize]byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".keyring-*")
	if err != nil {
		return fmt.Errorf("keyring: create key file: %w", cause(err))
	}
	defer func() { _ = os.Remove(temp.Name()) }() // gone, or an empty key file under a name nobody opens
	err = format(osFile{temp}, root)
	if err := errors.Join(err, temp.Close()); err != nil {
		return fmt.Errorf("keyring: create key file: %w", cause(err))
	}
	if err := os.Link(temp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("keyring: create key file: %w", linkCause(err))
	}
	return syncDir(filepath.Dir(path))
}

func linkCause(err error) error {
	var l *os.LinkError
	if errors.As(err, &l) {
		return l.Err
	}
	return err
}

// syncDir makes the names in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("keyring: sync directory: %w", cause(err))
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("keyring: sync directory: %w", cause(err))
	}
	return nil
}
