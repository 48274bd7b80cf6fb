// Package archtest holds the tests of the house: who may import whom, which calls are reserved,
// what must not compile, how packages explain themselves, and how long things may get.
//
// It promises that every rule and every exception stands in a table with its reason, so that a
// change of policy is a change of a table that somebody reviews. It holds tests only and is never
// part of the product.
package archtest
