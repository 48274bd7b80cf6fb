package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"time"

	"vow.example/vow/internal/privacy"
)

const (
	version        = 1
	secondsPerHour = 3600
	maxHour        = 1<<32 - 1
	saltBytes      = 32
	headBytes      = 6 // version, hour, length of the kind
)

// Record is a parsed leaf record: all that the public log says about an event.
type Record struct {
	Hour       time.Time
	Kind       Kind
	PolicyHash privacy.PolicyHash // empty where no policy applied
	Commitment [sha256.Size]byte
}

// RecordOf returns the leaf record bytes that salt and payload open. A verifier that holds both
// needs nothing else to recompute the leaf.
func RecordOf(salt, payload []byte) ([]byte, error) {
	if len(salt) != saltBytes {
		return nil, errors.New("audit: salt is not 32 bytes")
	}
	e, err := ParsePayload(payload)
	if err != nil {
		return nil, err
	}
	return record(e, salt, payload)
}

// record lays out the leaf record of the event e, whose canonical bytes are payload.
func record(e Event, salt, payload []byte) ([]byte, error) {
	digest, err := policyDigest(e.PolicyHash)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, salt)
	mac.Write(payload)
	out := make([]byte, 0, headBytes+len(e.Kind)+policyBytes+sha256.Size)
	out = append(out, version)
	out = binary.BigEndian.AppendUint32(out, uint32(e.At.Unix()/secondsPerHour))
	out = append(out, byte(len(e.Kind)))
	out = append(out, e.Kind...)
	out = append(out, digest[:]...)
	return mac.Sum(out), nil
}

// ParseRecord parses a leaf record. It refuses other versions, lengths and letters.
func ParseRecord(data []byte) (Record, error) {
	if len(data) < headBytes || data[0] != version {
		return Record{}, errors.New("audit: not a leaf record of version 1")
	}
	n := int(data[5])
	if len(data) != headBytes+n+policyBytes+sha256.Size {
		return Record{}, errors.New("audit: leaf record has the wrong length")
	}
	kind := string(data[headBytes : headBytes+n])
	if !validKind(kind) {
		return Record{}, errors.New("audit: leaf record has no valid kind")
	}
	r := Record{
		Hour: time.Unix(int64(binary.BigEndian.Uint32(data[1:5]))*secondsPerHour, 0).UTC(),
		Kind: Kind(kind),
	}
	rest := data[headBytes+n:]
	if [policyBytes]byte(rest) != [policyBytes]byte{} {
		r.PolicyHash = privacy.PolicyHash(hex.EncodeToString(rest[:policyBytes]))
	}
	copy(r.Commitment[:], rest[policyBytes:])
	return r, nil
}
