package audit

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint is what a log commits to at one size.
type Checkpoint struct {
	Origin string
	Size   int64
	Root   tlog.Hash
}

// ErrProof says that a proof does not lead to the root that it should lead to.
var ErrProof = errors.New("audit: the proof does not fit")

// text returns the three lines that are signed.
func (c Checkpoint) text() string { return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, c.Root) }

// ParseCheckpoint parses the text of a checkpoint, without its signatures. It accepts exactly the
// bytes that a Vow log signs: three lines, no extension lines.
func ParseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" || !validOrigin(lines[0]) {
		return Checkpoint{}, errors.New("audit: a checkpoint has three lines, the first a name")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || size > MaxSize {
		return Checkpoint{}, errors.New("audit: the checkpoint has no possible size")
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return Checkpoint{}, errors.New("audit: the checkpoint has no root hash")
	}
	c := Checkpoint{Origin: lines[0], Size: size, Root: root}
	if c.text() != text {
		return Checkpoint{}, errors.New("audit: the checkpoint is not in canonical form")
	}
	return c, nil
}

// VerifyInclusion reports ErrProof unless the proof shows that the checkpoint's tree holds the leaf
// record at index.
func VerifyInclusion(c Checkpoint, index int64, record []byte, proof []tlog.Hash) error {
	if c.Size > MaxSize {
		return ErrProof
	}
	if tlog.CheckRecord(proof, c.Size, c.Root, index, tlog.RecordHash(record)) != nil {
		return ErrProof
	}
	return nil
}

// VerifyConsistency reports ErrProof unless the proof shows that the newer checkpoint's log begins
// with everything that the older one covered.
func VerifyConsistency(older, newer Checkpoint, proof []tlog.Hash) error {
	switch {
	case older.Origin != newer.Origin || older.Size < 0 || older.Size > newer.Size || newer.Size > MaxSize:
		return ErrProof
	case older.Size == 0:
		if len(proof) != 0 || older.Root != sha256.Sum256(nil) || (newer.Size == 0 && newer.Root != older.Root) {
			return ErrProof
		}
		return nil
	case tlog.CheckTree(proof, newer.Size, newer.Root, older.Size, older.Root) != nil:
		return ErrProof
	default:
		return nil
	}
}

// ReceiptHeader is the first line of a signed receipt statement. No log may have it as its origin,
// so that a signature over a receipt can never pass for one over a checkpoint.
const ReceiptHeader = "vow/erasure-receipt/v1"

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

// Receipt returns the signed note over a receipt statement: the header line, then the statement.
func (s *Signer) Receipt(statement string) (string, error) {
	return s.sign(ReceiptHeader + "\n" + statement + "\n")
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

// OpenCheckpoint verifies a signed checkpoint with a verifier key. Signatures of others (witnesses)
// are ignored, as C2SP asks. The origin must be the key's name or lie below it.
func OpenCheckpoint(signed, key string) (Checkpoint, error) {
	v, err := verifier(key)
	if err != nil {
		return Checkpoint{}, err
	}
	n, err := note.Open([]byte(signed), note.VerifierList(v))
	if err != nil {
		return Checkpoint{}, errors.New("audit: the checkpoint has no valid signature of this key")
	}
	c, err := ParseCheckpoint(n.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	if c.Origin != v.Name() && !strings.HasPrefix(c.Origin, v.Name()+"/") {
		return Checkpoint{}, errors.New("audit: the key does not speak for this log")
	}
	return c, nil
}

// OpenExact verifies a note that carries exactly one signature, of that key, and returns its text.
// It accepts one encoding only: base64 leaves unused bits, which would let a byte change unnoticed.
func OpenExact(signed, key string) (string, error) {
	v, err := verifier(key)
	if err != nil {
		return "", err
	}
	n, err := note.Open([]byte(signed), note.VerifierList(v))
	if err != nil || len(n.Sigs) != 1 || len(n.UnverifiedSigs) != 0 {
		return "", errors.New("audit: the note has no valid single signature of this key")
	}
	raw, err := base64.StdEncoding.DecodeString(n.Sigs[0].Base64)
	if err != nil || len(raw) < 4 || binary.BigEndian.Uint32(raw) != v.KeyHash() {
		return "", errors.New("audit: the signature is not well formed")
	}
	line := "— " + v.Name() + " " + base64.StdEncoding.EncodeToString(raw) + "\n"
	if n.Text+"\n"+line != signed {
		return "", errors.New("audit: the note is not in canonical form")
	}
	return n.Text, nil
}

// verifier parses a verifier key and refuses every spelling but the canonical one.
func verifier(key string) (note.Verifier, error) {
	v, err := note.NewVerifier(key)
	if err != nil {
		return nil, errors.New("audit: not a verifier key")
	}
	raw, err := base64.StdEncoding.DecodeString(key[strings.LastIndex(key, "+"+keyAlg)+1:])
	if err != nil || len(raw) != 1+ed25519.PublicKeySize {
		return nil, errors.New("audit: not an Ed25519 verifier key")
	}
	again, err := note.NewEd25519VerifierKey(v.Name(), raw[1:])
	if err != nil || again != key {
		return nil, errors.New("audit: the verifier key is not in canonical form")
	}
	return v, nil
}

func validOrigin(s string) bool {
	if s == "" || len(s) > maxCode || s == ReceiptHeader {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || c == '+' {
			return false
		}
	}
	return true
}
