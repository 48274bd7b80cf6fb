// Package checks says, for every promise of every app, what is done to a running server and what must be
// seen.
//
// It promises one entry for each promise of the register: a check that can fail, or the reason why there
// is none yet. It never reads the server's code or database, and never trusts a policy file to say what
// the server does.
package checks

import (
	"maps"

	"vow.example/vow/internal/prove"
)

// All returns the proofs by promise.
func All() map[string]prove.Proof {
	all := map[string]prove.Proof{}
	for _, part := range [][]prove.Proof{pixplusProofs(), picwizProofs(), mixooProofs(), aifittingProofs(), kmengProofs()} {
		for _, p := range part {
			all[p.Promise] = p
		}
	}
	return maps.Clone(all)
}
