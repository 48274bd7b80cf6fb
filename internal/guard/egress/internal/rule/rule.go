// Package rule carries the name of the rule by which egress refuses something.
//
// It promises that a refusal is told apart from every other failure, by the same name wherever it
// was found. It never decides anything.
package rule

import "errors"

// Error is a refusal by a rule of the gate, before it is counted.
type Error struct{ Rule string }

// Error prints the rule.
func (e *Error) Error() string { return "egress: blocked by " + e.Rule }

// Broken returns the refusal by a rule.
func Broken(name string) error { return &Error{Rule: name} }

// Of returns the rule behind an error, or "" where it is no refusal by a rule.
func Of(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Rule
	}
	return ""
}
