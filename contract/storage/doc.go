// Package storage lets an S3 server that others wrote (versitygw) judge our client of buckets and our
// simulator of one.
//
// It promises that the client passes the conformance suite of blobs against that server, and that
// the simulator answers a table of requests, good and bad, with the same status and the same code.
// It never reaches a real bucket.
package storage
