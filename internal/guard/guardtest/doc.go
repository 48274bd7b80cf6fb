// Package guardtest makes proofs for tests: a Permit without a consent record, a Clearance
// without a review.
//
// It promises that a test of one room needs no stage of the rooms before it. It never appears in
// the product: archtest refuses its import from anything but a _test file, and the Mint functions
// it calls want a seal.Key, which only packages below internal/guard can name.
package guardtest
