// Package contract lets the official SDKs judge the simulators: what the vendor's own client sends
// must be accepted, and what the simulator answers must be understood by it.
//
// It promises that a simulator which an SDK accepts here is the one that our adapters are tested
// with. It lives in a module of its own, so that no SDK becomes part of the product. It never
// reaches the real services.
package contract
