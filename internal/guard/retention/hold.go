package retention

import (
	"errors"
	"slices"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
)

// leastApprovals is how many people other than the one who asks must agree to a legal order, whatever a
// policy says (C-ALL-13: "one legal-hold object: ground, document, scope, expiry, two approvals").
const leastApprovals = 2

// Order is the fact that somebody demanded that something be kept beyond its clock.
type Order struct {
	App       privacy.AppID
	Ground    string // of the policy's closed list
	Document  string // reference of the order on paper
	Approvals int    // people who agreed, beside who asked
	From      time.Time
	Until     time.Time
}

// Hold proves that something may be kept beyond its clock just now. Only Held and Kept make one. The zero
// Hold keeps nothing. Nothing else lengthens a clock (MIX-1.6-13: "only a longer period demanded by law").
type Hold struct{ h *Order }

// The refusals of a hold.
var (
	ErrGround   = fault.New(fault.Invalid, "ground-required", "The policy has no such ground for this.")
	ErrDocument = fault.New(fault.Invalid, "ground-required", "This ground needs the reference of a document.")
	ErrSecond   = fault.New(fault.Refused, "second-person-required", "Other people have to agree first.")
	ErrTooLong  = fault.New(fault.Invalid, "hold-too-long", "A hold ends, and within the time that the policy gives one order.")
)

// Held returns the proof that a legal order stands: its ground is on the policy's list, its document is
// named, enough other people agreed, and it ends within the policy's time for one order.
func Held(p *policy.Policy, o Order) (Hold, error) {
	if p == nil || o.App != p.App() {
		return Hold{}, errors.New("retention: a hold needs the app's policy")
	}
	h := p.Terms().Holds
	g, ok := ground(h.Grounds, o.Ground)
	switch {
	case !ok:
		return Hold{}, ErrGround
	case o.Document == "":
		return Hold{}, ErrDocument
	case o.Approvals < Approvals(p, g):
		return Hold{}, ErrSecond
	}
	return within(p, h.Most, o)
}

// Approvals returns how many other people must agree to a legal order on that ground.
func Approvals(p *policy.Policy, g terms.Ground) int {
	return max(leastApprovals, p.Terms().Holds.Approvals, g.Approvals)
}

// Kept returns the proof that a person asked for one item to be kept while its processing is restricted
// on a ground for which that is possible: one that needs the person's own request (C-MIX-04: "only at the
// user's own request and for these two grounds"). It ends like a legal order.
func Kept(p *policy.Policy, o Order) (Hold, error) {
	if p == nil || o.App != p.App() {
		return Hold{}, errors.New("retention: a hold needs the app's policy")
	}
	if !Keeps(p, o.Ground) {
		return Hold{}, ErrGround
	}
	return within(p, p.Terms().Holds.Most, o)
}

// Keeps reports whether a person may have something kept while processing is restricted on that ground.
func Keeps(p *policy.Policy, restriction string) bool {
	g, ok := ground(p.Terms().Restrictions, restriction)
	return ok && slices.Contains(g.Needs, "request")
}

func within(p *policy.Policy, most terms.Deadline, o Order) (Hold, error) {
	if o.From.IsZero() || !o.Until.After(o.From) || o.Until.After(p.Terms().Calendar.Due(most, o.From)) {
		return Hold{}, ErrTooLong
	}
	return Hold{&o}, nil
}

func ground(list []terms.Ground, id string) (terms.Ground, bool) {
	if i := slices.IndexFunc(list, func(g terms.Ground) bool { return g.ID == id }); i >= 0 {
		return list[i], true
	}
	return terms.Ground{}, false
}

// IsZero reports whether there is no hold.
func (h Hold) IsZero() bool { return h.h == nil }

// App returns whose policy knows the ground, or "".
func (h Hold) App() privacy.AppID {
	if h.h == nil {
		return ""
	}
	return h.h.App
}

// Until returns when the hold ends, or the zero time.
func (h Hold) Until() time.Time {
	if h.h == nil {
		return time.Time{}
	}
	return h.h.Until
}

// MarshalJSON refuses: a proof is never encoded.
func (h Hold) MarshalJSON() ([]byte, error) { return nil, ErrEncoded }

// GobEncode refuses: a proof is never encoded.
func (h Hold) GobEncode() ([]byte, error) { return nil, ErrEncoded }
