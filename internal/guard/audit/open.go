package audit

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

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
	if err := canonical(n.Sigs[0]); err != nil {
		return Checkpoint{}, err
	}
	return checkpointOf(n.Text, v)
}

// OpenSoleCheckpoint is OpenCheckpoint for a checkpoint inside a receipt: it carries no other
// signature, in one encoding only, so that no byte of it can change unnoticed.
func OpenSoleCheckpoint(signed, key string) (Checkpoint, error) {
	text, v, err := openSole(signed, key)
	if err != nil {
		return Checkpoint{}, err
	}
	return checkpointOf(text, v)
}

// OpenReceipt verifies a signed receipt note and returns the statement in it.
func OpenReceipt(signed, key string) (string, error) {
	text, _, err := openSole(signed, key)
	if err != nil {
		return "", err
	}
	statement, ok := strings.CutPrefix(text, receiptHeader+"\n")
	if !ok {
		return "", errors.New("audit: the note is not a receipt")
	}
	return strings.TrimSuffix(statement, "\n"), nil
}

func checkpointOf(text string, v note.Verifier) (Checkpoint, error) {
	c, err := ParseCheckpoint(text)
	if err != nil {
		return Checkpoint{}, err
	}
	if c.Origin != v.Name() && !strings.HasPrefix(c.Origin, v.Name()+"/") {
		return Checkpoint{}, errors.New("audit: the key does not speak for this log")
	}
	return c, nil
}

// openSole opens a note in its one canonical form: text, blank line, one signature line.
func openSole(signed, key string) (string, note.Verifier, error) {
	v, err := verifier(key)
	if err != nil {
		return "", nil, err
	}
	n, err := note.Open([]byte(signed), note.VerifierList(v))
	if err != nil || len(n.Sigs) != 1 || len(n.UnverifiedSigs) != 0 {
		return "", nil, errors.New("audit: the note has no valid single signature of this key")
	}
	if err := canonical(n.Sigs[0]); err != nil {
		return "", nil, err
	}
	if n.Text+"\n\u2014 "+v.Name()+" "+n.Sigs[0].Base64+"\n" != signed {
		return "", nil, errors.New("audit: the note is not in canonical form")
	}
	return n.Text, v, nil
}

// canonical refuses a signature whose base64 has unused bits set: they would let a byte change
// without effect.
func canonical(sig note.Signature) error {
	raw, err := base64.StdEncoding.DecodeString(sig.Base64)
	if err != nil || base64.StdEncoding.EncodeToString(raw) != sig.Base64 {
		return errors.New("audit: the signature is not in canonical form")
	}
	return nil
}

// verifier parses a verifier key and refuses every spelling but the canonical one.
func verifier(key string) (note.Verifier, error) {
	v, err := note.NewVerifier(key)
	if err != nil {
		return nil, errors.New("audit: not a verifier key")
	}
	parts := strings.SplitN(key, "+", 3) // name, hash, base64: NewVerifier saw all three
	raw, err := base64.StdEncoding.DecodeString(parts[len(parts)-1])
	if err != nil || len(raw) != 1+ed25519.PublicKeySize {
		return nil, errors.New("audit: not an Ed25519 verifier key")
	}
	again, err := note.NewEd25519VerifierKey(v.Name(), raw[1:])
	if err != nil || again != key {
		return nil, errors.New("audit: the verifier key is not in canonical form")
	}
	return v, nil
}
