//go:build vow_mutant_keepkeys

package vault

import "context"

// eraseBlob of the mutant claims erasure and keeps header and bytes, so that the forget-proof test
// can show that it would notice.
func (v *Vault) eraseBlob(context.Context, string) error { return nil }
