// Package driver says what Vow asks of a recipient that runs AI: begin, poll, cancel, forget.
//
// It promises that a driver is a pure translator: it turns an order into request values with
// placeholders and an answer into a status, and has no state, client, log or clock of its own, so
// that two people can never be mixed up in it. It never sees content: the Sender fills that in
// behind its back. A driver never retries.
package driver

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"time"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
)

// Driver speaks one recipient's protocol. Errors are *egress.Error; whether a step may be tried
// again is its Class.
type Driver interface {
	// Begin hands the order over. It saves what it learned after each call that must not be made
	// twice, and continues from Order.Resume.
	Begin(ctx context.Context, s Sender, o Order) (Begun, error)
	// Poll asks how the job is. A job that failed is a Status, not an error. A recipient that
	// answers at once is never polled, unless its ticket only has to be read.
	Poll(ctx context.Context, f Follower, t Ticket) (Status, error)
	// Cancel asks the recipient to stop the job.
	Cancel(ctx context.Context, f Follower, t Ticket) (CancelOutcome, error)
	// Forget erases at the recipient what can be erased there, verifies it where a call exists for
	// that, and returns what stays. It may be called again, until nothing is left to try.
	Forget(ctx context.Context, f Follower, t Ticket) (Residue, error)
	// Leftover returns a ticket for Forget from what Begin saved before it was interrupted or
	// failed; false: nothing was left behind that a call could erase.
	Leftover(saved []byte) (Ticket, bool)
}

// Begun is what came of Begin: a job to ask about, or the result itself.
type Begun struct {
	Ticket Ticket  // nil where there is nothing to poll, cancel or forget
	Status *Status // of a recipient that answers at once: Done, Delivered or Failed
}

// Sender carries one Disclosure. A driver names fields; it never holds their content.
type Sender interface {
	// Fields returns the fields that may be sent, sorted.
	Fields() []privacy.Field
	// MediaType returns the media type behind a field, or "" where the field is no medium.
	MediaType(f privacy.Field) string
	// Transport returns how the policy lets the field travel: "text", "bytes", "base64" or "url".
	Transport(f privacy.Field) string
	// Send makes one call. A field that has been sent is refused. The Response of an error holds
	// the recipient's body where one could be read.
	Send(ctx context.Context, r wire.Request) (egress.Response, error)
	// Stream makes one call whose answer is an event stream, and hands over each event's data as
	// it comes. An error of each ends the stream and is returned.
	Stream(ctx context.Context, r wire.Request, each func(data []byte) error) (egress.Response, error)
	// Show passes a piece of a text result on to whoever waits for it.
	Show(piece privacy.Text)
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
	Key      string // a UUID that stays the same in every try of this order and names no person: for recipients that refuse a second arrival
	Resume   []byte // what Save stored last; nil at the first attempt
}

// Workflow is the recipient's side of a feature: what to run, and where each field goes.
type Workflow struct {
	Call  string                 // the recipient's operation, in its own word; empty where there is one only
	ID    string                 // workflow, application or model there
	Nodes map[privacy.Field]Node // the place of each field
	Set   map[string]string      // fixed settings of the call, in the recipient's words
	Graph []byte                 // of graph-driven recipients: the workflow itself, as JSON
}

// Node is the place of one field in a workflow.
type Node struct {
	ID    string            // of the node; empty where a call has parameters and no nodes
	Name  string            // of the parameter
	Words map[string]string // the recipient's word for each option of the policy that it calls otherwise
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
	Delivered // taken by a recipient that makes nothing of it: there is no result and nothing to ask about; comes from Begin only
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
	case Delivered:
		return "delivered"
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

// Result is one thing that the recipient made. One member is set.
type Result struct {
	File       *egress.Address // a file at the recipient; its address names the operator's account there and is never shown
	Inline     []byte          // the picture itself
	Attributes *Attributes     // measured facts about a picture
	Text       privacy.Text    // words
}

// Attributes is the closed record of what may be kept of a picture analysis (MIX-1.7-01): counts,
// ranges and scores, never a position, a landmark or a vector.
type Attributes struct {
	FaceCount *int     `json:"face_count,omitempty"`
	Ages      []string `json:"ages,omitempty"`    // ranges of ten years, "20-29", one per face
	Genders   []string `json:"genders,omitempty"` // "female" or "male", as estimated, one per face
	Quality   []int    `json:"quality,omitempty"` // 0 to 100, one per face
}

// CancelOutcome is what a cancellation achieved. The zero CancelOutcome is Unsupported.
type CancelOutcome int

// The outcomes of a cancellation.
const (
	Unsupported CancelOutcome = iota
	Stopped
	TooLate
)

// Residue is what Forget achieved, and what the recipient still holds after it.
type Residue struct {
	Erased []string // what was erased and found gone: "template", "task record"
	Held   []Held
}

// Held is one thing that stays at the recipient.
type Held struct {
	What   string        // "inputs", "result", "template", "log"
	For    time.Duration // from now on, as the recipient states; 0: it states nothing
	Reason string        // NoEraseCall or EraseFailed
}

// The reasons why something stays.
const (
	NoEraseCall = "no-erase-call"
	EraseFailed = "erase-failed"
)

// Fail returns the error for a refusal that the recipient put into words of its own.
func Fail(class egress.Class, code string) error { return &egress.Error{Class: class, Code: code} }

// Code returns what a recipient calls a code where it is one, and "unlisted" where it is not: a
// sentence in its place could quote the person.
func Code(said string) string {
	if regexp.MustCompile(`^[A-Za-z0-9._-]{1,80}$`).MatchString(said) {
		return said
	}
	return "unlisted"
}

// TicketOf writes down a ticket from a driver's own form of it.
func TicketOf(form any) (Ticket, error) {
	raw, err := json.Marshal(form)
	if err != nil {
		return nil, Fail(egress.Bug, "ticket")
	}
	return raw, nil
}

// Final returns the class of a job that has ended badly. What would be "not now" for a call is a
// failure here, and so is what nobody has described: the job is over, and its content does not travel
// twice.
func Final(c egress.Class) egress.Class {
	if c.Retryable() || c == egress.Unclassified || c == egress.UnknownOutcome {
		return egress.Failed
	}
	return c
}

// UnlessGone turns the error of a question into the end of the job where the recipient has no such
// job, and leaves every other error as it is.
func UnlessGone(err error) (Status, error) {
	var e *egress.Error
	if errors.As(err, &e) && e.Class == egress.Gone {
		return Status{State: Failed, Class: e.Class, Code: e.Code}, nil
	}
	return Status{}, err
}
