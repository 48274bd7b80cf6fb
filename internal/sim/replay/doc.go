// Package replay sends what the vendors' own clients were recorded to send, byte for byte, to the
// simulators.
//
// It promises that no recording is left out, and that how each is answered stands in a list that
// can be read. It holds tests and recordings only; the recordings' README says where they come
// from. It never reaches a real recipient.
package replay
