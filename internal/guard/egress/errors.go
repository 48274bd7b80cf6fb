package egress

import (
	"context"
	"crypto/tls"
	"errors"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress/internal/rule"
)

// Class says what a failure means for the task. The zero Class is Unclassified and is not retried.
type Class string

// The classes, in the words of the recipients' contract. Failed means that the recipient
// tried and could not make it. UnknownOutcome means that the request
// may have arrived and the answer was lost: it is never sent again. Blocked means that our own
// gate refused it. Waiting means that our own traffic rules say "not now": nothing left, and trying
// again is no further attempt.
const (
	Unclassified      Class = ""
	Throttled         Class = "throttled"
	Transient         Class = "transient"
	ContentRefused    Class = "content_refused"
	RealPersonRefused Class = "real_person_refused"
	NoFace            Class = "no_face"
	BadMedia          Class = "bad_media"
	Quota             Class = "quota"
	Auth              Class = "auth"
	Gone              Class = "gone"
	Failed            Class = "failed"
	Bug               Class = "bug"
	UnknownOutcome    Class = "unknown_outcome"
	Blocked           Class = "blocked"
	Waiting           Class = "waiting"
)

// Retryable reports whether the same step may be tried again, at the same recipient, later.
func (c Class) Retryable() bool { return c == Throttled || c == Transient || c == Waiting }

// ErrUnknownOutcome matches, with errors.Is, every Error of the class UnknownOutcome.
var ErrUnknownOutcome = fault.New(fault.Unavailable, "provider-timeout", "The recipient's answer was lost; it may have received the request.")

// ErrRefused matches, with errors.Is, every Error of the class Blocked.
var ErrRefused = disclosure.ErrRefused

// Error is a failure to reach a recipient, or the recipient's own refusal. It holds codes only:
// a recipient's message can quote the prompt and is dropped where it is read.
type Error struct {
	Class      Class
	Code       string        // the recipient's code ("421"), or the rule of our gate
	WasSent    bool          // whether content of the task may have left, now or before
	RetryAfter time.Duration // the recipient's hint; 0: none
	cause      error
}

// Error prints class and code.
func (e *Error) Error() string {
	s := "egress: " + string(e.Class)
	if e.Code != "" {
		s += " (" + e.Code + ")"
	}
	return s
}

// Unwrap returns the cause, and for blocked and unknown outcomes the fault that callers match.
func (e *Error) Unwrap() []error {
	var list []error
	switch e.Class {
	case Blocked:
		list = append(list, ErrRefused.With("rule", e.Code))
	case UnknownOutcome:
		list = append(list, ErrUnknownOutcome)
	}
	if e.cause != nil {
		list = append(list, e.cause)
	}
	return list
}

func blocked(name string) error { return rule.Broken(name) }

// failure turns an error of the transport into a class. touched says whether a byte of the
// request may have left; resendable says that a second arrival would do no harm.
func failure(err error, touched, resendable bool) *Error {
	if name := rule.Of(err); name != "" && !touched {
		return &Error{Class: Blocked, Code: name, cause: err}
	}
	code := "network"
	var untrusted *tls.CertificateVerificationError
	switch {
	case errors.As(err, &untrusted):
		code = badCertificate
	case errors.Is(err, context.DeadlineExceeded):
		code = "timeout"
	}
	if touched && !resendable {
		return &Error{Class: UnknownOutcome, Code: code, cause: err}
	}
	return &Error{Class: Transient, Code: code, cause: err}
}
