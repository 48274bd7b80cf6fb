package audit

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
	"strings"

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
	if err != nil || size < 0 || size > maxSize {
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
	if c.Size > maxSize {
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
	case older.Origin != newer.Origin || older.Size < 0 || older.Size > newer.Size || newer.Size > maxSize:
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

func validOrigin(s string) bool {
	if s == "" || len(s) > maxCode || s == receiptHeader {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || c == '+' {
			return false
		}
	}
	return true
}
