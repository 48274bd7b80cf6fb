// Package retention turns "this clock, started by this event" into a Deadline, and runs the sweep
// that keeps deadlines.
//
// It promises that a Deadline exists only where a row of a policy stands behind it, that a Deadline
// only ever moves earlier, and that a sweep runs at boot before anything else. It never erases by
// itself, never guesses a limit that the policy leaves out, and never reads a clock it was not given.
package retention

import (
	"errors"
	"time"

	"vow.example/vow/internal/guard/internal/seal"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

// Margin is how long before the promised moment a thing under a ceiling is destroyed, so that it is
// gone at that moment and not after it.
const Margin = 30 * time.Second

// ErrEncoded says that somebody tried to encode a Deadline. Store At and Rule instead.
var ErrEncoded = errors.New("retention: a deadline is never encoded; store its moment and its rule")

// Deadline is the moment by which a stored thing must be gone, with the rule behind it. Only For,
// Ceiling, Idle, Earlier and Shorten make one. The zero Deadline is refused by everything that stores.
type Deadline struct{ d *deadline }

type deadline struct {
	app      privacy.AppID
	category privacy.Category
	policy   privacy.PolicyHash
	storage  policy.Storage
	rule     string
	starts   policy.Event
	start    time.Time
	at       time.Time
	floor    bool
}

// IsZero reports whether there is no deadline.
func (d Deadline) IsZero() bool { return d.d == nil }

// At returns the promised moment, or the zero time.
func (d Deadline) At() time.Time {
	if d.d == nil {
		return time.Time{}
	}
	return d.d.at
}

// DestroyBy returns when destruction should be done: for a ceiling a margin before At, but never
// before its clock started; for a floor At itself, because a floor also promises availability.
func (d Deadline) DestroyBy() time.Time {
	if d.d == nil {
		return time.Time{}
	}
	if d.d.floor || !d.d.at.After(d.d.start) {
		return d.d.at
	}
	by := d.d.at.Add(-Margin)
	if by.Before(d.d.start) {
		return d.d.start
	}
	return by
}

// Rule returns the id of the policy row, or "".
func (d Deadline) Rule() string {
	if d.d == nil {
		return ""
	}
	return d.d.rule
}

// Starts returns the event that started the clock, or "".
func (d Deadline) Starts() policy.Event {
	if d.d == nil {
		return ""
	}
	return d.d.starts
}

// Floor reports whether the moment is also a promise of availability.
func (d Deadline) Floor() bool { return d.d != nil && d.d.floor }

// App returns the app whose policy holds the rule, or "".
func (d Deadline) App() privacy.AppID {
	if d.d == nil {
		return ""
	}
	return d.d.app
}

// Category returns what the rule is about, or "".
func (d Deadline) Category() privacy.Category {
	if d.d == nil {
		return ""
	}
	return d.d.category
}

// PolicyHash returns the policy that holds the rule, or "".
func (d Deadline) PolicyHash() privacy.PolicyHash {
	if d.d == nil {
		return ""
	}
	return d.d.policy
}

// Storage returns where the category may rest, or "".
func (d Deadline) Storage() policy.Storage {
	if d.d == nil {
		return ""
	}
	return d.d.storage
}

// String prints the moment and the rule; both are facts about the policy, not about a person.
func (d Deadline) String() string {
	if d.d == nil {
		return "no deadline"
	}
	return d.d.at.Format(time.RFC3339) + " " + d.d.rule
}

// MarshalJSON refuses: a deadline is computed from facts, not read back.
func (d Deadline) MarshalJSON() ([]byte, error) { return nil, ErrEncoded }

// GobEncode refuses: a deadline is computed from facts, not read back.
func (d Deadline) GobEncode() ([]byte, error) { return nil, ErrEncoded }

// Earlier returns the one whose moment comes first. Where both fall on the same moment the ceiling
// wins over the floor. If one of them is missing the answer is the zero Deadline: a lost deadline
// must not be papered over by another one.
func Earlier(a, b Deadline) Deadline {
	if a.d == nil || b.d == nil {
		return Deadline{}
	}
	if before(b.d, a.d) {
		return b
	}
	return a
}

// before is a total order, so that Earlier does not depend on the order of its arguments.
func before(x, y *deadline) bool {
	if !x.at.Equal(y.at) {
		return x.at.Before(y.at)
	}
	if x.floor != y.floor {
		return !x.floor
	}
	if x.rule != y.rule {
		return x.rule < y.rule
	}
	return x.start.Before(y.start)
}

// Shorten moves the deadline to an earlier moment that the person chose. A later moment changes
// nothing. What the person shortens is no longer promised to be available, so it is a ceiling.
func Shorten(d Deadline, to time.Time) Deadline {
	if d.d == nil || !to.Before(d.d.at) {
		return d
	}
	short := *d.d
	short.at, short.floor = to.UTC().Round(0), false
	return Deadline{&short}
}

// Mint makes a ceiling without a policy, that runs from start to at. Only guardtest can call it.
func Mint(k seal.Key, subject About, start, at time.Time) Deadline {
	k.Check()
	return Deadline{&deadline{
		app: subject.App, category: subject.Category, policy: subject.Policy, storage: subject.Storage,
		rule: "test#" + string(subject.Category), starts: policy.ItemWritten, start: start.UTC(), at: at.UTC(),
	}}
}

// About says what a minted deadline is about.
type About struct {
	App      privacy.AppID
	Category privacy.Category
	Policy   privacy.PolicyHash
	Storage  policy.Storage
}
