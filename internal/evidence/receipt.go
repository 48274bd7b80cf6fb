package evidence

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"vow.example/vow/client"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/audit"
)

// Log is the part of an audit tree that a receipt needs.
type Log interface {
	Size(ctx context.Context) (int64, error)
	Hashes(ctx context.Context, indexes []int64) ([]tlog.Hash, error)
}

// Facts is what a receipt is built from.
type Facts struct {
	Origin string     // of the log: the signer's name, or a name below it
	Leaf   audit.Leaf // of kind "erased", with salt and payload
	Copies []Copy     // who else got it or made it; nil: the receipt says nothing about others
}

// ErrErased says that salt and payload of the leaf are gone, so that no receipt can be made any more.
var ErrErased = fault.New(fault.Gone, "erased", "This receipt was erased together with the record it belonged to.")

// BuildReceipt returns the signed receipt of an erasure, proven against the present size of the log.
func BuildReceipt(ctx context.Context, log Log, s *audit.Signer, f Facts) (client.Receipt, error) {
	if len(f.Leaf.Salt) == 0 || len(f.Leaf.Payload) == 0 {
		return client.Receipt{}, ErrErased
	}
	event, err := audit.ParsePayload(f.Leaf.Payload)
	if err != nil {
		return client.Receipt{}, fmt.Errorf("evidence: read the leaf: %w", err)
	}
	erasure, err := audit.ErasureOf(event)
	if err != nil {
		return client.Receipt{}, fmt.Errorf("evidence: read the leaf: %w", err)
	}
	r := client.Receipt{
		ID: string(erasure.Receipt), App: string(erasure.App), Object: erasure.Object,
		ObjectKind: string(erasure.Category), Rule: erasure.Rule, Reason: erasure.Reason,
		DueAt: erasure.DueAt, DeletedAt: erasure.At, Method: erasure.Method, Text: words(erasure, f.Copies),
		LogIndex: f.Leaf.Index, Salt: base64.StdEncoding.EncodeToString(f.Leaf.Salt),
		Payload: string(f.Leaf.Payload), VerifierKey: s.VerifierKey(),
	}
	if err := prove(ctx, log, s, f, &r); err != nil {
		return client.Receipt{}, err
	}
	statement, err := statementOf(r)
	if err != nil {
		return client.Receipt{}, err
	}
	if r.Signature, err = s.Receipt(statement); err != nil {
		return client.Receipt{}, fmt.Errorf("evidence: sign receipt: %w", err)
	}
	if _, err := VerifyReceipt(r, s.VerifierKey()); err != nil {
		return client.Receipt{}, fmt.Errorf("evidence: the log does not bear out the receipt: %w", err)
	}
	return r, nil
}

// prove adds a checkpoint of the present size and the way from the leaf to its root.
func prove(ctx context.Context, log Log, s *audit.Signer, f Facts, r *client.Receipt) error {
	size, err := log.Size(ctx)
	if err != nil {
		return fmt.Errorf("evidence: size of the log: %w", err)
	}
	root, err := audit.Root(ctx, log, size)
	if err != nil {
		return fmt.Errorf("evidence: root of the log: %w", err)
	}
	if r.Checkpoint, err = s.Checkpoint(f.Origin, size, root); err != nil {
		return fmt.Errorf("evidence: sign checkpoint: %w", err)
	}
	proof, err := audit.ProveLeaf(ctx, log, f.Leaf.Index, size)
	if err != nil {
		return fmt.Errorf("evidence: prove leaf: %w", err)
	}
	r.InclusionProof = make([]string, len(proof))
	for i, h := range proof {
		r.InclusionProof[i] = h.String()
	}
	return nil
}

// statement holds every member of a receipt that is not itself proof, sorted by name.
type statement struct {
	App        string `json:"app"`
	DeletedAt  string `json:"deleted_at"`
	DueAt      string `json:"due_at"`
	ID         string `json:"id"`
	LogIndex   int64  `json:"log_index"`
	Method     string `json:"method"`
	Object     string `json:"object"`
	ObjectKind string `json:"object_kind"`
	Reason     string `json:"reason"`
	Rule       string `json:"rule"`
	Text       string `json:"text"`
}

// statementOf returns the one line that is signed.
func statementOf(r client.Receipt) (string, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(statement{
		App: r.App, DeletedAt: r.DeletedAt.UTC().Format(time.RFC3339Nano), DueAt: r.DueAt.UTC().Format(time.RFC3339Nano),
		ID: r.ID, LogIndex: r.LogIndex, Method: r.Method, Object: r.Object, ObjectKind: r.ObjectKind,
		Reason: r.Reason, Rule: r.Rule, Text: r.Text,
	})
	if err != nil {
		return "", fmt.Errorf("evidence: encode statement: %w", err)
	}
	return string(bytes.TrimSuffix(out.Bytes(), []byte("\n"))), nil
}
