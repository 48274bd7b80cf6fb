package consent

import (
	"context"
	"fmt"
	"io"
	"slices"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
)

// Choices answers what a person has chosen. Every question is read anew; what cannot be read is a no.
type Choices interface {
	SwitchOn(ctx context.Context, app privacy.AppID, s privacy.SubjectID, id string) bool
	Objected(ctx context.Context, app privacy.AppID, s privacy.SubjectID, purpose privacy.Purpose) bool
	Granted(ctx context.Context, app privacy.AppID, s privacy.SubjectID, permission string) bool
	// StandingOf returns nil, or the reason why nothing may be done with data of the subject.
	StandingOf(ctx context.Context, app privacy.AppID, s privacy.SubjectID) error
}

// The refusals of an Allowance.
var (
	ErrOff         = fault.New(fault.Refused, "switched-off", "The person has switched this off, or objects to what it is for.")
	ErrNoRecipient = fault.New(fault.Refused, "recipient-not-allowed", "The policy does not let this recipient receive that.")
)

// Wish is the question that CheckSwitch and CheckMessage answer: may this recipient get this batch?
type Wish struct {
	Subject   privacy.SubjectID
	Batch     privacy.TaskID // names what is to leave
	Recipient privacy.RecipientID
	Platform  terms.Platform
	Intake    string // where it came in; of a message: empty
}

// Allowance proves that a person's switch was on just now for one batch of what an app reports, or for
// one message. It is used in the same call and never stored. It opens no feature, as a Permit opens no
// report: they are different types. The zero Allowance allows nothing.
type Allowance struct{ a *allowance }

type allowance struct {
	wish    Wish
	app     privacy.AppID
	policy  privacy.PolicyHash
	forward terms.Forward // of a report
	gateway terms.Gateway // of a message
}

// CheckSwitch answers whether the policy in force lets the recipient have what came in by the intake on
// that platform, and whether the person lets it: the switch is on, nobody objected to the purpose, and
// nothing restricts the use of their data (MIX-1.1-05, MIX-6.5-01).
func CheckSwitch(ctx context.Context, c Choices, p *policy.Policy, w Wish) (Allowance, error) {
	if w.Subject == "" || w.Batch == "" || w.Intake == "" || c == nil || p == nil {
		return Allowance{}, ErrNoRecipient
	}
	f, ok := p.Terms().ForwardOf(w.Recipient, w.Intake, w.Platform)
	if !ok || !reaches(p, w) || f.Switch == "" {
		return Allowance{}, ErrNoRecipient.With("recipient", string(w.Recipient))
	}
	if err := c.StandingOf(ctx, p.App(), w.Subject); err != nil {
		return Allowance{}, err
	}
	if !c.SwitchOn(ctx, p.App(), w.Subject, f.Switch) || c.Objected(ctx, p.App(), w.Subject, f.Purpose) {
		return Allowance{}, ErrOff.With("recipient", string(w.Recipient))
	}
	return Allowance{&allowance{wish: w, app: p.App(), policy: p.Hash(), forward: f}}, nil
}

// CheckMessage answers whether the policy in force lets the recipient carry messages to that platform, and
// whether the person lets it: the switch is on and the device has granted the permission (MIX-4-05). A
// notice that waits to be read stops no message: it is what messages are for.
func CheckMessage(ctx context.Context, c Choices, p *policy.Policy, w Wish) (Allowance, error) {
	if w.Subject == "" || w.Batch == "" || w.Intake != "" || c == nil || p == nil {
		return Allowance{}, ErrNoRecipient
	}
	g, ok := p.Terms().GatewayOf(w.Recipient, w.Platform)
	if !ok || !reaches(p, w) || g.Switch == "" || g.Permission == "" {
		return Allowance{}, ErrNoRecipient.With("recipient", string(w.Recipient))
	}
	if err := c.StandingOf(ctx, p.App(), w.Subject); err != nil && fault.CodeOf(err) != "notice-required" {
		return Allowance{}, err
	}
	if !c.SwitchOn(ctx, p.App(), w.Subject, g.Switch) || !c.Granted(ctx, p.App(), w.Subject, g.Permission) || c.Objected(ctx, p.App(), w.Subject, g.Purpose) {
		return Allowance{}, ErrOff.With("recipient", string(w.Recipient))
	}
	return Allowance{&allowance{wish: w, app: p.App(), policy: p.Hash(), gateway: g}}, nil
}

// reaches reports whether the recipient takes reports or messages at all, and may be reached from the
// platform (MIX-1.4-03: some only where the app is not on iOS).
func reaches(p *policy.Policy, w Wish) bool {
	r, ok := p.Recipient(w.Recipient)
	return ok && slices.Contains([]policy.RecipientClass{policy.Analytics, policy.Infrastructure}, r.Class) && terms.On(r.Platforms, w.Platform)
}

// Valid reports whether the allowance was made by CheckSwitch or CheckMessage.
func (a Allowance) Valid() bool { return a.a != nil }

// Wish returns what was asked, or the zero Wish.
func (a Allowance) Wish() Wish {
	if a.a == nil {
		return Wish{}
	}
	return a.a.wish
}

// Covers reports whether the allowance is for this batch under this policy.
func (a Allowance) Covers(p *policy.Policy, batch privacy.TaskID) bool {
	return a.a != nil && p != nil && a.a.app == p.App() && a.a.policy == p.Hash() && a.a.wish.Batch == batch
}

// Forward returns what the recipient may receive of the report; false: the allowance is for none.
func (a Allowance) Forward() (terms.Forward, bool) {
	if a.a == nil || a.a.forward.Recipient == "" {
		return terms.Forward{}, false
	}
	return a.a.forward, true
}

// Gateway returns who carries the message; false: the allowance is for none.
func (a Allowance) Gateway() (terms.Gateway, bool) {
	if a.a == nil || a.a.gateway.Recipient == "" {
		return terms.Gateway{}, false
	}
	return a.a.gateway, true
}

// MarshalJSON fails with ErrNotStorable.
func (a Allowance) MarshalJSON() ([]byte, error) { return nil, ErrNotStorable }

// GobEncode fails with ErrNotStorable.
func (a Allowance) GobEncode() ([]byte, error) { return nil, ErrNotStorable }

// Format prints "[allowance]" whatever the verb.
func (a Allowance) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[allowance]") }
