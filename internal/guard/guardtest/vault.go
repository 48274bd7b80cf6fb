package guardtest

import (
	"bytes"
	"io"
	"time"

	"vow.example/vow/internal/guard/internal/seal"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
)

// Deadline returns a ceiling for what spec describes, that runs from start to at, as
// retention.Ceiling would under a policy with such a clock.
func Deadline(spec vault.Spec, start, at time.Time) retention.Deadline {
	return retention.Mint(seal.New(), retention.About{
		App: spec.App, Category: spec.Category, Policy: spec.PolicyHash, Storage: spec.Storage,
	}, start, at)
}

// Lease returns a lease on content that is in no vault, as Lend would for a stored object.
func Lease(ref vault.Ref, why vault.Why, content []byte) vault.Lease {
	ref.Bytes = int64(len(content))
	return vault.Mint(seal.New(), ref, why, func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(content)), nil
	})
}
