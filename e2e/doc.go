// Package e2e drives the whole product as a person does: a real browser, the real server, simulated
// recipients.
//
// It promises that every page is looked at in the sizes, themes and languages we ship, that what the
// consent sheet says is compared with what the simulated recipient received, and that every check
// has been seen to fail. It holds tests only, needs a Chromium and axe-core ("make test" brings
// both), and never reaches beyond this machine.
package e2e
