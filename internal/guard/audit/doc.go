// Package audit is the tamper-evident record of what was done with personal data: a Merkle tree of
// salted commitments that grows inside the business transaction.
//
// It promises that an event and its leaf are committed together or not at all, that a leaf says
// nothing about a person (hour, kind, policy hash and a keyed digest), that the payload and salt
// behind a leaf can be erased without changing the tree, its old proofs or its old checkpoints,
// and that whoever kept a checkpoint notices a log that was rewritten. It never stores anything
// itself, never reads a clock, and never accepts free text: an event holds codes only.
//
// # Leaf record
//
// The record that is hashed into the tree (RFC 6962 leaf hash) has this fixed layout, integers big
// endian:
//
//	offset  length  content
//	0       1       version, 1
//	1       4       hour: Unix time / 3600, unsigned
//	5       1       n, length of the kind, 1 to 32
//	6       n       kind: lower-case letters, digits and underscore, a letter first
//	6+n     32      SHA-256 of the policy in force; zeros where no policy applies
//	38+n    32      commitment: HMAC-SHA256(key = salt, message = payload)
//
// The salt is 32 random bytes. The payload is the canonical event: one JSON object without white
// space, its members sorted by name (app, at, data, kind, object, policy, subject, task, v), times in
// UTC with three decimals of a second. Only codes occur in it, so the form is unique and equals
// RFC 8785. Once salt and payload are erased nobody can tell which event a leaf stood for, not even
// by guessing payloads.
//
// # Checkpoint
//
// A checkpoint is a C2SP signed note (Ed25519) over three lines: origin, size, base64 root.
package audit
