// Package consent decides whether a person has agreed, right now, to what is about to happen.
//
// It promises that a Permit exists only while a matching, unwithdrawn record under the policy in
// force stands behind it, and that a record for one task serves one task. It never stores a
// Permit, never widens a record, and never treats silence, an old version or a yes before a no as agreement.
package consent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/internal/seal"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

// Decision is what the person said. The zero Decision is Unknown and permits nothing.
type Decision int

// The decisions a record can hold. Withdrawn is by the subject; Revoked is by the server, after a backup was
// put back: whether the subject had withdrawn it since, no row says.
const (
	Unknown Decision = iota
	Given
	Refused
	Withdrawn
	Revoked
)

// String returns the word of the API.
func (d Decision) String() string {
	switch d {
	case Given:
		return "granted"
	case Refused:
		return "declined"
	case Withdrawn:
		return "withdrawn"
	case Revoked:
		return "revoked"
	default:
		return "unknown"
	}
}

// Record is the fact that a person decided about one disclosure (fields of ISO/IEC TS 27560:
// record id, subject, notice, language, time, purpose and recipient, state and its change).
type Record struct {
	ID         privacy.ConsentID
	App        privacy.AppID
	Subject    privacy.SubjectID
	Feature    privacy.FeatureID
	Recipient  privacy.RecipientID
	Decision   Decision
	Screen     string // hash of the exact text that was shown
	Language   privacy.Lang
	PolicyHash privacy.PolicyHash
	Version    string
	Mode       policy.ConsentMode // per task: a yes to one task, because the policy or the person wants it so
	Task       privacy.TaskID     // the one task of a per-task record, once used
	At         time.Time
	ChangedAt  time.Time // of withdrawal or revocation
}

// Records finds stored records. Implementations answer ErrNoRecord when there is none.
type Records interface {
	// Consent returns the subject's record with that id.
	Consent(ctx context.Context, subject privacy.SubjectID, id privacy.ConsentID) (Record, error)
	// StandingConsent returns the subject's newest record for the feature and recipient.
	StandingConsent(ctx context.Context, subject privacy.SubjectID, f privacy.FeatureID, r privacy.RecipientID) (Record, error)
}

// ErrNoRecord says that no record was found.
var ErrNoRecord = errors.New("consent: no record")

// The refusals.
var (
	ErrRequired  = fault.New(fault.Refused, "consent-required", "This feature starts only after you agree to its disclosure.")
	ErrStale     = fault.New(fault.Conflict, "consent-stale", "What would be sent, to whom or for how long has changed since you were asked.")
	ErrWithdrawn = fault.New(fault.Refused, "consent-withdrawn", "You withdrew this consent.")
)

// Permit proves that consent was checked just now for one task. It is used in the same call and
// never stored. The zero Permit permits nothing.
type Permit struct{ p *permit }

type permit struct {
	consent   privacy.ConsentID
	app       privacy.AppID
	subject   privacy.SubjectID
	feature   privacy.FeatureID
	recipient privacy.RecipientID
	task      privacy.TaskID
	policy    privacy.PolicyHash
}

// Ask is the question that Check answers.
type Ask struct {
	Subject privacy.SubjectID
	Feature privacy.FeatureID
	Task    privacy.TaskID
	Consent privacy.ConsentID // empty: look for a standing record
}

// Check answers whether the subject agrees to the feature, for this task, under the policy in
// force. It fails with ErrRequired, ErrStale or ErrWithdrawn, which carry the recipient.
func Check(ctx context.Context, records Records, p *policy.Policy, ask Ask) (Permit, error) {
	feature, ok := p.Feature(ask.Feature)
	if !ok || !feature.Live || ask.Subject == "" || ask.Task == "" {
		return Permit{}, ErrRequired
	}
	rec, err := find(ctx, records, feature, ask)
	if errors.Is(err, ErrNoRecord) {
		return Permit{}, explain(ErrRequired, feature)
	}
	if err != nil {
		return Permit{}, fmt.Errorf("consent: find record: %w", err)
	}
	if err := valid(rec, p, feature, ask); err != nil {
		return Permit{}, err
	}
	return Permit{&permit{
		consent: rec.ID, app: p.App(), subject: rec.Subject, feature: feature.ID,
		recipient: feature.Recipient, task: ask.Task, policy: p.Hash(),
	}}, nil
}

func find(ctx context.Context, records Records, f policy.Feature, ask Ask) (Record, error) {
	switch {
	case ask.Consent == "" && f.Consent == policy.PerTask:
		return Record{}, ErrNoRecord
	case ask.Consent == "":
		newest, err := records.StandingConsent(ctx, ask.Subject, f.ID, f.Recipient)
		if err == nil && newest.Mode == policy.PerTask && newest.Decision == Given {
			return Record{}, ErrNoRecord // a yes to one task is used by the task that names it
		}
		return newest, err
	}
	named, err := records.Consent(ctx, ask.Subject, ask.Consent)
	if err != nil || named.Mode == policy.PerTask {
		return named, err
	}
	// The newest decision rules: whoever said no since is not asked for the yes before.
	newest, err := records.StandingConsent(ctx, ask.Subject, f.ID, f.Recipient)
	if errors.Is(err, ErrNoRecord) || err == nil && newest.Decision == Given {
		return named, nil
	}
	return newest, err
}

// valid says why a record does not cover the question, strictest reason first.
func valid(rec Record, p *policy.Policy, f policy.Feature, ask Ask) error {
	switch {
	case rec.App != p.App() || rec.Subject != ask.Subject || rec.Feature != f.ID || rec.Recipient != f.Recipient:
		return explain(ErrRequired, f)
	case rec.Decision == Withdrawn:
		return explain(ErrWithdrawn, f)
	case rec.Decision != Given:
		return explain(ErrRequired, f)
	case !Current(rec, p):
		return explain(ErrStale, f)
	case f.Consent == policy.PerTask && rec.Mode != policy.PerTask: // what was agreed to for good, when the policy still allowed it
		return explain(ErrRequired, f)
	case rec.Mode == policy.PerTask && rec.Task != "" && rec.Task != ask.Task:
		return explain(ErrRequired, f).With("rule", "one consent serves one task")
	default:
		return nil
	}
}

// Current reports whether the text the person saw is, to the letter, the text the policy in force
// would show. A change of any part voids the record (PIX-14-02: "the screen is shown again").
func Current(rec Record, p *policy.Policy) bool {
	screen, err := p.Screen(rec.Feature, rec.Language)
	return err == nil && screen.Hash == rec.Screen && screen.Language == rec.Language
}

func explain(e *fault.Error, f policy.Feature) *fault.Error {
	return e.With("recipient", string(f.Recipient)).With("feature", string(f.ID))
}

// ErrNotStorable says that somebody tried to store or send a Permit. Store the Record; ask again.
var ErrNotStorable = errors.New("consent: a permit is never stored or sent")

// MarshalJSON fails with ErrNotStorable.
func (p Permit) MarshalJSON() ([]byte, error) { return nil, ErrNotStorable }

// GobEncode fails with ErrNotStorable.
func (p Permit) GobEncode() ([]byte, error) { return nil, ErrNotStorable }

// Format prints "[permit]" whatever the verb.
func (p Permit) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[permit]") }

// Valid reports whether the permit was made by Check.
func (p Permit) Valid() bool { return p.p != nil }

// Consent returns the record behind the permit, or "" for the zero Permit.
func (p Permit) Consent() privacy.ConsentID {
	if p.p == nil {
		return ""
	}
	return p.p.consent
}

// Covers reports whether the permit is for this app, subject, task and feature under this policy.
func (p Permit) Covers(pol *policy.Policy, s privacy.SubjectID, t privacy.TaskID, f policy.Feature) bool {
	return p.p != nil && p.p.app == pol.App() && p.p.policy == pol.Hash() && p.p.subject == s &&
		p.p.task == t && p.p.feature == f.ID && p.p.recipient == f.Recipient
}

// Subject returns whose permit this is, or "" for the zero Permit.
func (p Permit) Subject() privacy.SubjectID {
	if p.p == nil {
		return ""
	}
	return p.p.subject
}

// Task returns the task the permit is for, or "" for the zero Permit.
func (p Permit) Task() privacy.TaskID {
	if p.p == nil {
		return ""
	}
	return p.p.task
}

// Feature returns the feature the permit is for, or "" for the zero Permit.
func (p Permit) Feature() privacy.FeatureID {
	if p.p == nil {
		return ""
	}
	return p.p.feature
}

// Mint makes a Permit without a check. Only guardtest can call it.
func Mint(k seal.Key, pol *policy.Policy, s privacy.SubjectID, t privacy.TaskID, f policy.Feature, c privacy.ConsentID) Permit {
	k.Check()
	return Permit{&permit{consent: c, app: pol.App(), subject: s, feature: f.ID, recipient: f.Recipient, task: t, policy: pol.Hash()}}
}
