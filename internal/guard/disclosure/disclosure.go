// Package disclosure decides whether content may leave for a recipient, and writes that down
// before it does.
//
// It promises that a Disclosure exists only where a Permit, a Clearance and the policy in force
// agree on the same task, where every field is one the feature's recipient may receive, and where
// the ledger row was committed first; and that each field of it leaves at most once. It never
// stores, prints or encodes a Disclosure, never opens content itself, and never sends anything.
package disclosure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/privacy"
)

// ErrRefused says that content may not leave. It carries the rule, and the field where one is to blame.
var ErrRefused = fault.New(fault.Refused, "egress-refused", "This data may not be sent to the recipient.")

// ErrLapsed says that the contract with the recipient was not reviewed in time: until it is, nothing leaves
// for it (MIX-1.4-02, C-MIX-09). It carries the recipient.
var ErrLapsed = fault.New(fault.Unavailable, "recipient-lapsed", "The contract with this recipient was not reviewed in time.")

// errProof says that something tried to keep a Disclosure.
var errProof = errors.New("disclosure: a disclosure cannot be encoded")

// Entry is the fact that content was about to leave: one row of the disclosure ledger.
type Entry struct {
	ID         privacy.TransferID
	App        privacy.AppID
	Subject    privacy.SubjectID
	Task       privacy.TaskID
	Consent    privacy.ConsentID
	Feature    privacy.FeatureID
	Recipient  privacy.RecipientID
	Fields     []privacy.Field // sorted
	Purpose    privacy.Purpose
	PolicyHash privacy.PolicyHash
	At         time.Time
}

// Ledger keeps entries. Every method commits in a transaction of its own before it returns.
type Ledger interface {
	// Prepare writes the row that must exist before the first byte leaves.
	Prepare(ctx context.Context, e Entry) error
	// Entry returns the row with that id as it was prepared.
	Entry(ctx context.Context, id privacy.TransferID) (Entry, error)
}

// Disclosure proves that these fields may leave for this recipient, and that the ledger knows. It
// is used in the same call and never stored; copies share what has been spent. The zero
// Disclosure discloses nothing.
type Disclosure struct{ d *disclosure }

type disclosure struct {
	entry Entry
	items Content

	mu    sync.Mutex
	spent map[privacy.Field]bool
	bytes int64
}

func newDisclosure(e Entry, c Content, spent []privacy.Field) Disclosure {
	e.Fields = slices.Sorted(maps.Keys(c))
	d := &disclosure{entry: e, items: maps.Clone(c), spent: map[privacy.Field]bool{}}
	for _, f := range spent {
		d.spent[f] = true
		d.bytes += c[f].size()
	}
	return Disclosure{d}
}

// Valid reports whether the disclosure was made by Prepare or Resume.
func (d Disclosure) Valid() bool { return d.d != nil }

// ID returns the ledger row, or "" for the zero Disclosure.
func (d Disclosure) ID() privacy.TransferID {
	if d.d == nil {
		return ""
	}
	return d.d.entry.ID
}

// App returns whose app this is, or "" for the zero Disclosure.
func (d Disclosure) App() privacy.AppID {
	if d.d == nil {
		return ""
	}
	return d.d.entry.App
}

// Subject returns whose content it is, or "" for the zero Disclosure.
func (d Disclosure) Subject() privacy.SubjectID {
	if d.d == nil {
		return ""
	}
	return d.d.entry.Subject
}

// Task returns what it was prepared for, or "" for the zero Disclosure.
func (d Disclosure) Task() privacy.TaskID {
	if d.d == nil {
		return ""
	}
	return d.d.entry.Task
}

// Feature returns the feature it serves, or "" for the zero Disclosure.
func (d Disclosure) Feature() privacy.FeatureID {
	if d.d == nil {
		return ""
	}
	return d.d.entry.Feature
}

// Recipient returns who may receive it, or "" for the zero Disclosure.
func (d Disclosure) Recipient() privacy.RecipientID {
	if d.d == nil {
		return ""
	}
	return d.d.entry.Recipient
}

// Fields returns the fields it covers, sorted.
func (d Disclosure) Fields() []privacy.Field {
	if d.d == nil {
		return nil
	}
	return slices.Clone(d.d.entry.Fields)
}

// Has reports whether the field is part of it, spent or not.
func (d Disclosure) Has(f privacy.Field) bool {
	return d.item(f).kind != unknownKind
}

// Code returns the chosen option behind a field, or "". Options are words of the policy.
func (d Disclosure) Code(f privacy.Field) string { return d.item(f).code }

// MediaType returns the media type behind a field, or "".
func (d Disclosure) MediaType(f privacy.Field) string { return d.item(f).mediaType }

// Transport returns how the policy lets the field travel: "text", "bytes", "base64" or "url".
func (d Disclosure) Transport(f privacy.Field) string { return d.item(f).transport }

// Bytes returns the size of the content behind a field.
func (d Disclosure) Bytes(f privacy.Field) int64 { return d.item(f).size() }

func (d Disclosure) item(f privacy.Field) Item {
	if d.d == nil {
		return Item{}
	}
	return d.d.items[f]
}

// Spent returns the fields that have left or may have left, sorted.
func (d Disclosure) Spent() []privacy.Field {
	if d.d == nil {
		return nil
	}
	d.d.mu.Lock()
	defer d.d.mu.Unlock()
	return slices.Sorted(maps.Keys(d.d.spent))
}

// SentBytes returns how many bytes of content have left under this ledger row: through this
// Disclosure, and before it in the fields that were spent when it was resumed.
func (d Disclosure) SentBytes() int64 {
	if d.d == nil {
		return 0
	}
	d.d.mu.Lock()
	defer d.d.mu.Unlock()
	return d.d.bytes
}

// Format prints "[disclosure]" whatever the verb: a proof is nothing to read.
func (d Disclosure) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[disclosure]") }

// MarshalJSON refuses: a proof is derived again, never stored.
func (d Disclosure) MarshalJSON() ([]byte, error) { return nil, errProof }

// MarshalText refuses: a proof is derived again, never stored.
func (d Disclosure) MarshalText() ([]byte, error) { return nil, errProof }

// GobEncode refuses: a proof is derived again, never stored.
func (d Disclosure) GobEncode() ([]byte, error) { return nil, errProof }
