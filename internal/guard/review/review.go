// Package review decides, before anything is made or sent, whether a request is fit to be made.
//
// It promises that every review step the policy names has judged the exact texts and media of a
// task, that a rewritten text is judged again by every step, and that a missing step, an error, a
// timeout, a panic or an answer nobody understands holds the task instead of letting it pass.
// It never stores a Clearance, never keeps content in a Verdict, and never decides what is allowed:
// that is the gates' business.
package review

import (
	"context"
	"io"
	"time"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

// Outcome is what the review as a whole decided. The zero Outcome is Held, which passes nothing.
type Outcome int

// The outcomes. Rewritten waits for the person's word, and the text they confirm is reviewed again.
const (
	Held Outcome = iota
	Blocked
	Rewritten
	Cleared
)

// String returns the word of the API.
func (o Outcome) String() string {
	switch o {
	case Cleared:
		return "allowed"
	case Rewritten:
		return "rewritten"
	case Blocked:
		return "blocked"
	default:
		return "held"
	}
}

// ParseOutcome reads the word that String wrote. A word it does not know is Held.
func ParseOutcome(word string) Outcome {
	for _, o := range []Outcome{Blocked, Rewritten, Cleared} {
		if o.String() == word {
			return o
		}
	}
	return Held
}

// Verdict is the fact that a review took place. It holds codes only: the text itself is known by
// a MAC that differs from task to task, so that two tasks with equal texts cannot be linked.
type Verdict struct {
	Task       privacy.TaskID
	Feature    privacy.FeatureID
	Outcome    Outcome
	Rule       string        // "R-12", or "<step>.<failure>" when the task is held; empty when cleared
	Field      privacy.Field // the part of the request that the rule is about; empty where nobody said, and when cleared
	PromptMAC  string        // of all texts as they were judged last, each with its field; of a Rewritten verdict: with the rewritten one
	At         time.Time
	PolicyHash privacy.PolicyHash
	Pass       int // how many texts were judged
}

// Main is the field of the one text that a gate may rewrite.
const Main privacy.Field = "prompt"

// Earlier is the field of the earlier turns of a conversation. Every one of them was judged when it was
// new, or made by the model: the gates do not see them, and a Clearance holds for exactly these.
const Earlier privacy.Field = "history"

// Request is what a gate judges.
type Request struct {
	Task    privacy.TaskID
	Feature policy.Feature
	Prompt  privacy.Text                   // the text of the field Main
	Others  map[privacy.Field]privacy.Text // every further text; a gate lets it be or refuses it
	Media   []Media
	Lang    privacy.Lang
	At      time.Time // goes into the verdict; this package reads no clock
}

// Media is one picture or clip of the request. Each gate opens its own reader.
type Media struct {
	Field     privacy.Field
	MediaType string
	Open      func() (io.ReadCloser, error)
}

// Decision is what one gate says. The zero Decision is Unknown and holds the task.
type Decision int

// The decisions of a gate.
const (
	Unknown Decision = iota
	Allow
	Rewrite
	Hold
	Block
)

// Opinion is one gate's answer.
type Opinion struct {
	Decision Decision
	Rule     string        // the rule behind anything but Allow; a code, never content
	Field    privacy.Field // the part of the request that it is about, where the gate knows; never content
	Text     privacy.Text  // with Rewrite: the safe text
}

// Gate judges one aspect of a request. Judge must be safe for concurrent use.
type Gate interface {
	// Name returns the word by which a policy names this step.
	Name() string
	// Judge returns an opinion. An error holds the task.
	Judge(ctx context.Context, req Request) (Opinion, error)
}
