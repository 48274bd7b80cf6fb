// Package guarantees shows the promises of GUARANTEES.md on the running program, one script each.
//
// It promises that every script (G01-….txtar) can be read by a privacy officer in a minute: the
// promise in plain words, the clauses of the published policies behind it, a few steps. The scripts
// see what anybody can see from outside: the public API, the recipient's side of the wire, the files
// of the data directory and the exit codes of the commands. They never look into the program, and
// the product never imports this package.
//
// A script speaks these words (guarantees_test.go holds the list, the files beside it the meaning):
//
//	demo | serve [APP]       start the program: with a clock that can be moved, or as in production
//	                         with a wiretap in front of each recipient
//	shut-down | power-cut | start-again      end it, SIGKILL it, start it on the same data
//	person NAME APP | as NAME        a new session | whose turn it is
//	agree, decline, withdraw, upload, run, cancel, confirm, delete, erase, read …   what people do
//	received, transfers, objects, disk-has-no, holdings, receipt …                  what can be seen
//	agrees, chain, told, keeps, take-link, follow …                what an app with several companies adds
//	preview, fetch-at-once, labelled, says, throw, walk …               what the own engine adds, and its pages
//	! WORD …                 must be refused; "problem STATUS CODE" then says how
package guarantees
