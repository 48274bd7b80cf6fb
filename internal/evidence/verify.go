package evidence

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"vow.example/vow/client"
	"vow.example/vow/internal/guard/audit"
)

const (
	maxReceipt = 1 << 20
	maxProof   = 64
)

// VerifyReceipt checks a receipt with nothing but the receipt and, if given, the log's verifier key.
// With an empty wantKey it uses the key inside and the report says "key not pinned": that proves that
// the receipt is whole, not who made it. The error is ErrNotVerified when any check fails.
func VerifyReceipt(r client.Receipt, wantKey string) (Report, error) {
	rep := &Report{Of: "receipt " + r.ID}
	rep.checkKey(r.VerifierKey, wantKey)
	rep.check("signature", "the statement is signed, and every word of it is unchanged", checkStatement(r))
	cp, err := audit.OpenSoleCheckpoint(r.Checkpoint, r.VerifierKey)
	opened := rep.check("checkpoint", fmt.Sprintf("the log %s signed its state at %d entries", cp.Origin, cp.Size), err)
	record, erasure, err := openLeaf(r)
	fits := rep.check("payload", "salt and payload open one commitment", err)
	if fits {
		rep.check("event", "the event in the log says what the receipt says", checkEvent(r, erasure))
	}
	if opened && fits {
		rep.check("inclusion", fmt.Sprintf("entry %d of the log is that commitment", r.LogIndex), checkInclusion(r, cp, record))
	}
	if late := r.DeletedAt.Sub(r.DueAt); fits && late >= time.Second {
		rep.Notes = append(rep.Notes, fmt.Sprintf("deleted %s after it was due", late.Round(time.Second)))
	}
	return rep.close()
}

// checkStatement compares the signed statement with the members that people read.
func checkStatement(r client.Receipt) error {
	signed, err := audit.OpenReceipt(r.Signature, r.VerifierKey)
	if err != nil {
		return err
	}
	want, err := statementOf(r)
	if err != nil {
		return err
	}
	if signed != want {
		return errors.New("the signed statement differs from the receipt")
	}
	return nil
}

// openLeaf recomputes the leaf record from salt and payload and reads the erasure in it.
func openLeaf(r client.Receipt) ([]byte, audit.Erasure, error) {
	salt, err := base64.StdEncoding.DecodeString(r.Salt)
	if err != nil || base64.StdEncoding.EncodeToString(salt) != r.Salt {
		return nil, audit.Erasure{}, errors.New("the salt is not in canonical base64")
	}
	record, err := audit.RecordOf(salt, []byte(r.Payload))
	if err != nil {
		return nil, audit.Erasure{}, err
	}
	event, err := audit.ParsePayload([]byte(r.Payload))
	if err != nil {
		return nil, audit.Erasure{}, err
	}
	erasure, err := audit.ErasureOf(event)
	return record, erasure, err
}

// checkEvent compares what the log committed to with what the receipt states, member by member.
func checkEvent(r client.Receipt, e audit.Erasure) error {
	for _, m := range []struct {
		name string
		same bool
	}{
		{"id", r.ID == string(e.Receipt)},
		{"app", r.App == string(e.App)},
		{"object", r.Object == e.Object},
		{"object_kind", r.ObjectKind == string(e.Category)},
		{"rule", r.Rule == e.Rule},
		{"reason", r.Reason == e.Reason},
		{"method", r.Method == e.Method},
		{"due_at", r.DueAt.Equal(e.DueAt)},
		{"deleted_at", r.DeletedAt.Equal(e.At)},
	} {
		if !m.same {
			return fmt.Errorf("the log says something else about %s", m.name)
		}
	}
	return nil
}

func checkInclusion(r client.Receipt, cp audit.Checkpoint, record []byte) error {
	if len(r.InclusionProof) > maxProof {
		return audit.ErrProof
	}
	proof := make([]tlog.Hash, len(r.InclusionProof))
	for i, s := range r.InclusionProof {
		h, err := tlog.ParseHash(s)
		if err != nil || h.String() != s {
			return errors.New("a hash of the proof is not in canonical base64")
		}
		proof[i] = h
	}
	return audit.VerifyInclusion(cp, r.LogIndex, record, proof)
}

// VerifyReceiptFile checks the receipt in a file, as it was downloaded. An error other than
// ErrNotVerified means that the file is no receipt at all.
func VerifyReceiptFile(path, wantKey string) (Report, error) {
	f, err := os.Open(path)
	if err != nil {
		return Report{}, fmt.Errorf("evidence: open receipt: %w", err)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxReceipt+1))
	if err != nil {
		return Report{}, fmt.Errorf("evidence: read receipt: %w", err)
	}
	r, err := ParseReceipt(data)
	if err != nil {
		return Report{}, err
	}
	return VerifyReceipt(r, wantKey)
}

// ParseReceipt reads the JSON form of a receipt. It refuses members that are unknown, missing,
// misspelt or given twice, because two readers could see two different receipts in them. The member
// "$schema", which the API adds, is ignored.
func ParseReceipt(data []byte) (client.Receipt, error) {
	var r client.Receipt
	if len(data) > maxReceipt {
		return r, errors.New("evidence: too long for a receipt")
	}
	members, err := membersOf(data)
	if err != nil {
		return r, err
	}
	blank, err := json.Marshal(client.Receipt{})
	if err != nil {
		return r, fmt.Errorf("evidence: list members: %w", err)
	}
	known, err := membersOf(blank)
	if err != nil {
		return r, err
	}
	delete(members, "$schema")
	for _, name := range slices.Sorted(maps.Keys(known)) {
		if !members[name] {
			return r, fmt.Errorf("evidence: the receipt lacks %q", name)
		}
	}
	if len(members) != len(known) {
		return r, errors.New("evidence: the receipt has members that no receipt has")
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return client.Receipt{}, errors.New("evidence: a member of the receipt has the wrong type")
	}
	return r, nil
}

// membersOf returns the names in a JSON object, exactly as they are spelt.
func membersOf(data []byte) (map[string]bool, error) {
	notObject := errors.New("evidence: not a receipt: not one JSON object")
	dec := json.NewDecoder(bytes.NewReader(data))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return nil, notObject
	}
	members := map[string]bool{}
	for dec.More() {
		name, err := dec.Token()
		text, ok := name.(string)
		if err != nil || !ok {
			return nil, notObject
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, notObject
		}
		if members[text] {
			return nil, fmt.Errorf("evidence: the receipt has %q twice", text)
		}
		members[text] = true
	}
	if _, err := dec.Token(); err != nil {
		return nil, notObject
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, notObject
	}
	return members, nil
}
