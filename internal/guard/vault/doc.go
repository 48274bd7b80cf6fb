// Package vault keeps content: photos, results, prompts.
//
// It promises that nothing is stored without a Deadline, that content reaches disk only as
// ciphertext and memory-only content never reaches disk at all, that content is read only for a
// named purpose and only before it is due (late sweeper or not), and that Erase overwrites the
// wrapped key, checks that it did, and only then removes the bytes. A failed or cut upload leaves
// nothing behind. It never holds a whole object in memory, never moves a deadline later, and never
// says whose an object is: that is a row in the store.
package vault

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/internal/envelope"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

// HeaderSize is the length of the header in front of every blob.
const HeaderSize = envelope.HeaderSize

// The refusals of the vault.
var (
	ErrErased     = keyring.ErrErased
	ErrBusy       = fault.New(fault.Unavailable, "busy", "Too much is being worked on at once; try again soon.")
	ErrNoDeadline = errors.New("vault: nothing is stored without a deadline that fits it")
	ErrNoLease    = errors.New("vault: no lease")
	ErrPurpose    = errors.New("vault: nothing is read without a known purpose")
	ErrLater      = errors.New("vault: a deadline only moves earlier")
	ErrDamaged    = errors.New("vault: the stored object is damaged")
	ErrEncoded    = errors.New("vault: a lease is never encoded")
)

// Blobs keeps ciphertext under names. Implementations live in package blob; blobtest says what they
// must do.
type Blobs interface {
	// Create starts a blob of an app, which may decide where it is kept. The first HeaderSize bytes are
	// reserved for the header that Commit brings. It fails where the name is taken.
	Create(ctx context.Context, app privacy.AppID, id string) (BlobWriter, error)
	// Open opens a committed blob, or fails with fs.ErrNotExist.
	Open(ctx context.Context, id string) (BlobFile, error)
	// OverwriteHeader replaces the header in place, makes that durable and reads it back.
	OverwriteHeader(ctx context.Context, id string, header [HeaderSize]byte) error
	// Remove removes a blob. It succeeds where there is none.
	Remove(ctx context.Context, id string) error
	// Stat returns the size with header, and whether the blob exists.
	Stat(ctx context.Context, id string) (int64, bool, error)
	// List goes through the names of all committed blobs.
	List(ctx context.Context) iter.Seq2[string, error]
}

// BlobWriter takes a blob's content after the header.
type BlobWriter interface {
	io.Writer
	// Commit writes the header and makes the blob durable under its name, whole or not at all.
	Commit(header [HeaderSize]byte) error
	// Abort leaves nothing. It does nothing after Commit.
	Abort() error
}

// BlobFile reads a committed blob, header included.
type BlobFile interface {
	io.ReaderAt
	io.Closer
	// Size returns the size with header.
	Size() int64
}

// Ref is the fact that an object is stored. It is a row; it opens nothing by itself.
type Ref struct {
	App        privacy.AppID
	Subject    privacy.SubjectID
	Object     privacy.ObjectID
	Category   privacy.Category
	MediaType  string
	Bytes      int64 // of plaintext
	Memory     bool  // held in memory only; gone after a restart
	PolicyHash privacy.PolicyHash
	Epoch      time.Time // the hour in which its epoch key dies
}

// Spec says what is about to be stored.
type Spec struct {
	App        privacy.AppID
	Subject    privacy.SubjectID
	Object     privacy.ObjectID
	Category   privacy.Category
	MediaType  string
	Storage    policy.Storage
	PolicyHash privacy.PolicyHash
}

// objectKey names the object's key.
func (r Ref) objectKey(h envelope.Header) keyring.ObjectKey {
	return keyring.ObjectKey{
		App: r.App, Class: string(r.Category), Subject: r.Subject, Object: r.Object,
		PolicyHash: h.Policy, Epoch: h.Epoch, Salt: h.Salt,
	}
}

// described reports whether a header belongs to the object.
func (r Ref) described(h envelope.Header) bool {
	return h.App == r.App && h.Class == string(r.Category) && h.Object == r.Object && h.Bytes == r.Bytes
}
