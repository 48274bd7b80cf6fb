// Package driver says what Vow asks of a recipient that runs AI: begin, poll, cancel, forget.
//
// It promises that a driver is a pure translator: it turns an order into request values with
// placeholders and an answer into a status, and has no state, client, log or clock of its own, so
// that two people can never be mixed up in it. It never sees content: the Sender fills that in
// behind its back. A driver never retries.
package driver

import (
	"context"
	"time"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
)

// Driver speaks one recipient's protocol. Errors are *egress.Error; whether a step may be tried
// again is its Class.
type Driver interface {
	// Begin hands the order over and returns the ticket of the job at the recipient. It saves what
	// it learned after each call that must not be made twice, and continues from Order.Resume.
	Begin(ctx context.Context, s Sender, o Order) (Ticket, error)
	// Poll asks how the job is. A job that failed is a Status, not an error.
	Poll(ctx context.Context, f Follower, t Ticket) (Status, error)
	// Cancel asks the recipient to stop the job.
	Cancel(ctx context.Context, f Follower, t Ticket) (CancelOutcome, error)
	// Forget erases at the recipient what can be erased there, and returns what stays.
	Forget(ctx context.Context, f Follower, t Ticket) (Residue, error)
}

// Sender carries one Disclosure. A driver names fields; it never holds their content.
type Sender interface {
	// Fields returns the fields that may be sent, sorted.
	Fields() []privacy.Field
	// MediaType returns the media type behind a field, or "" where the field is no medium.
	MediaType(f privacy.Field) string
	// Send makes one call. A field that has been sent is refused.
	Send(ctx context.Context, r wire.Request) (egress.Response, error)
	// Save makes state durable before the next call; Order.Resume returns it after an interruption.
	Save(ctx context.Context, state []byte) error
}

// Follower makes calls without content.
type Follower interface {
	Follow(ctx context.Context, r wire.Request) (egress.Response, error)
}

// Order is what a driver needs to know to begin, apart from the content.
type Order struct {
	Feature  privacy.FeatureID
	Workflow Workflow
	Webhook  string // our address for the recipient's hint; empty: poll only
	Resume   []byte // what Save stored last; nil at the first attempt
}

// Workflow is the recipient's side of a feature: what to run, and where each field goes.
type Workflow struct {
	ID    string
	Nodes map[privacy.Field]Node
}

// Node is the place of one field in a workflow.
type Node struct {
	ID   string
	Name string
}

// Ticket names a job at the recipient. It is opaque to everyone but its driver, holds no content,
// and is stored sealed.
type Ticket []byte

// State is how far a job is. The zero State is Unknown: keep asking.
type State int

// The states of a job.
const (
	Unknown State = iota
	Queued
	Running
	Done
	Failed
)

// String returns the state's word.
func (s State) String() string {
	switch s {
	case Queued:
		return "queued"
	case Running:
		return "running"
	case Done:
		return "done"
	case Failed:
		return "failed"
	default:
		return "unknown"
	}
}

// Status is the answer to a poll.
type Status struct {
	State         State
	Class         egress.Class // of Failed
	Code          string       // the recipient's code, of Failed
	Results       []Result     // of Done; never empty
	QueuePosition int          // of Queued, where the recipient tells; else 0
}

// Result is one file that the recipient made. The address names the operator's account there and
// is never shown to anyone.
type Result struct{ URL string }

// CancelOutcome is what a cancellation achieved. The zero CancelOutcome is Unsupported.
type CancelOutcome int

// The outcomes of a cancellation.
const (
	Unsupported CancelOutcome = iota
	Stopped
	TooLate
)

// Residue is what the recipient still holds after Forget.
type Residue struct{ Held []Held }

// Held is one thing that stays at the recipient.
type Held struct {
	What   string        // "photo", "result"
	For    time.Duration // from now on, as the recipient states; 0: it states nothing
	Reason string        // code
}

// Fail returns the error for a refusal that the recipient put into words of its own.
func Fail(class egress.Class, code string) error { return &egress.Error{Class: class, Code: code} }
