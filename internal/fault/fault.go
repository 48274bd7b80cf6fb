// Package fault gives errors that cross a package border a stable code.
//
// It promises that a caller can tell the kinds of failure apart without reading texts, and that
// the text of a fault names what failed, never what it contained. It never decides what to do.
package fault

import (
	"errors"
	"fmt"
)

// Kind is the coarse class of a failure. The zero Kind is Internal: a failure nobody classified
// is ours.
type Kind int

// The kinds of failure.
const (
	Internal Kind = iota
	Invalid
	Refused
	NotFound
	Conflict
	Gone
	Unavailable
)

// Error is a failure with a kind and a stable machine code such as "consent-required".
type Error struct {
	kind   Kind
	code   string
	detail string
	err    error
	extra  map[string]any
}

// New returns a fault. The detail is shown to people: a constant sentence without content.
func New(kind Kind, code, detail string) *Error {
	return &Error{kind: kind, code: code, detail: detail}
}

// Because returns a copy that wraps err.
func (e *Error) Because(err error) *Error {
	c := *e
	c.err = err
	return &c
}

// With returns a copy that carries one more member for the problem document.
func (e *Error) With(key string, value any) *Error {
	c := *e
	c.extra = make(map[string]any, len(e.extra)+1)
	for k, v := range e.extra {
		c.extra[k] = v
	}
	c.extra[key] = value
	return &c
}

// Error prints code, detail and cause.
func (e *Error) Error() string {
	if e.err != nil {
		return fmt.Sprintf("%s: %s: %v", e.code, e.detail, e.err)
	}
	return e.code + ": " + e.detail
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.err }

// Is reports whether target is a fault with the same code.
func (e *Error) Is(target error) bool {
	var t *Error
	return errors.As(target, &t) && t.code == e.code
}

// Kind returns the class.
func (e *Error) Kind() Kind { return e.kind }

// Code returns the stable machine code.
func (e *Error) Code() string { return e.code }

// Detail returns the sentence for people.
func (e *Error) Detail() string { return e.detail }

// Extra returns the additional members of the problem document.
func (e *Error) Extra() map[string]any { return e.extra }

// CodeOf returns the code of the first fault in err's chain, or "internal".
func CodeOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.code
	}
	return "internal"
}

// KindOf returns the kind of the first fault in err's chain, or Internal.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.kind
	}
	return Internal
}
