// Package bench measures what keeping the promises costs, for docs/performance.md.
//
// It promises that every figure about Vow stands beside a baseline that does the same job without
// it, measured alternately in the same process, and that medians and spread are printed with the
// machine they come from. It never asserts a time: a slow machine fails no test. `make bench` runs
// it; without VOW_BENCH its tests only show that every measurement still works.
package bench
