// Package seal holds the key that opens the test constructors of proofs.
//
// It promises that only packages below internal/guard can make a Key that opens anything: others
// can neither name it nor write it down, and the zero Key, which type inference could conjure up
// anywhere, is refused. It never makes a proof itself.
package seal

// Key is the argument of every Mint function. Only guardtest passes one.
type Key struct{ cut bool }

// New returns a key that opens.
func New() Key { return Key{cut: true} }

// Check ends the program of whoever tries to mint a proof without a key from New.
func (k Key) Check() {
	if !k.cut {
		panic("seal: a proof is made by its check, not by a constructor")
	}
}
