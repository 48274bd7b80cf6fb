// Package handover holds the key with which egress redeems a Disclosure.
//
// It promises that only packages below internal/guard can name a Key, so that the content behind
// a Disclosure can be opened by the trusted core alone. It never checks anything itself.
package handover

// Key is the argument of the calls that open a Disclosure. Only egress passes one.
type Key struct{}
