// Package evidence turns the audit log into things that people outside can check: erasure receipts
// and a published copy of the log.
//
// It promises that a receipt verifies without us (signature, checkpoint, inclusion proof, opened
// commitment, and every word of the statement), that its text keeps what we enforce apart from what
// a recipient promised, and that a verifier names each check it made. It never hands out a receipt
// that it would not accept itself, never claims a deletion that the log does not hold, and never
// speaks for another company.
package evidence
