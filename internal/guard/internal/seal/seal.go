// Package seal holds the key that opens the test constructors of proofs.
//
// It promises that only packages below internal/guard can name a Key, so that no other package
// can make a proof without the check behind it. It never checks anything itself.
package seal

// Key is the argument of every Mint function. Only guardtest passes one. The unexported field
// keeps struct{}{}, which any package can write, from being assignable to it.
type Key struct{ _ inside }

type inside struct{}
