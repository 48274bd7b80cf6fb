package audit

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// receiptHeader is the first line of a signed receipt statement. No log may have it as its origin,
// so that a signature over a receipt can never pass for one over a checkpoint.
const receiptHeader = "vow/erasure-receipt/v1"

// Signer signs checkpoints and receipt statements with one Ed25519 key. It prints without its key.
type Signer struct {
	name string
	key  ed25519.PrivateKey
	pub  string
}

// NewSigner returns the signer with that name (by convention the log's public address without
// scheme, for example "vow.example/log") and the key that the seed determines.
func NewSigner(name string, seed [ed25519.SeedSize]byte) (*Signer, error) {
	if !validOrigin(name) {
		return nil, errors.New("audit: a signer's name has no blank, no plus sign and is no receipt header")
	}
	key := ed25519.NewKeyFromSeed(seed[:])
	pub, err := note.NewEd25519VerifierKey(name, key.Public().(ed25519.PublicKey))
	if err != nil {
		return nil, fmt.Errorf("audit: verifier key: %w", err)
	}
	return &Signer{name: name, key: key, pub: pub}, nil
}

// VerifierKey returns the public key in note format: name+hash+base64.
func (s *Signer) VerifierKey() string { return s.pub }

// Format prints the public key whatever the verb, so that the private one is never printed.
func (s *Signer) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.pub)) }

// Checkpoint returns the signed checkpoint of a log at one size.
func (s *Signer) Checkpoint(origin string, size int64, root tlog.Hash) (string, error) {
	c := Checkpoint{Origin: origin, Size: size, Root: root}
	if _, err := ParseCheckpoint(c.text()); err != nil {
		return "", err
	}
	return s.sign(c.text())
}

// Receipt returns the signed note over a receipt statement: the header line, then the statement,
// which is one line.
func (s *Signer) Receipt(statement string) (string, error) {
	if !utf8.ValidString(statement) || strings.ContainsFunc(statement, unicode.IsControl) {
		return "", errors.New("audit: a statement is one line of text")
	}
	return s.sign(receiptHeader + "\n" + statement + "\n")
}

func (s *Signer) sign(text string) (string, error) {
	signed, err := note.Sign(&note.Note{Text: text}, noteSigner{s})
	if err != nil {
		return "", fmt.Errorf("audit: sign: %w", err)
	}
	return string(signed), nil
}

// noteSigner fits a Signer to the note package, out of reach of other packages.
type noteSigner struct{ s *Signer }

func (n noteSigner) Name() string { return n.s.name }

func (n noteSigner) KeyHash() uint32 {
	v, err := note.NewVerifier(n.s.pub)
	if err != nil {
		return 0
	}
	return v.KeyHash()
}

func (n noteSigner) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(n.s.key, msg), nil }
