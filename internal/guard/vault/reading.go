package vault

import (
	"strings"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
)

// Why says whose hand opens content. The zero Why is refused.
type Why int

// The hands that open content.
const (
	ForNothing    Why = iota
	ForReview         // a review gate looks at it
	ForFeature        // the feature that the person asked for runs in process
	ForDisclosure     // it is sent to a recipient
	ForSubject        // the person downloads it
	ForStaff          // a member of staff looks at it, within a case
)

func (w Why) known() bool { return w >= ForReview && w <= ForStaff }

// Reading says what content is read for. The policy must list the purpose for the category of what is
// read; only people reading what is theirs need no purpose. The zero Reading is refused.
type Reading struct {
	Why     Why
	Purpose privacy.Purpose
	Policy  *policy.Policy
	Case    privacy.CaseID // ForStaff: within which case; nobody of the staff reads outside one
	// Ground opens what no purpose does. ForStaff it is one of the policy's grounds for use without
	// consent, which never open a face (FIT-2.4-01); ForDisclosure one of its grounds for a disclosure.
	Ground string
}

// The refusals of a reading.
var (
	ErrNotAllowed = fault.New(fault.Refused, "purpose-not-allowed", "The policy does not let this be read for that purpose.")
	ErrNoCase     = fault.New(fault.Refused, "case-required", "Staff read only within an open case.")
)

// allows says why an object must not be read for that.
func (r Reading) allows(ref Ref) error {
	switch {
	case !r.Why.known():
		return ErrPurpose
	case r.Why == ForSubject:
		return nil
	case r.Policy == nil || r.Policy.App() != ref.App || r.Purpose == "":
		return ErrPurpose
	case r.Why == ForStaff && r.Case == "":
		return ErrNoCase
	}
	ok, explanation := r.Policy.PurposeAllowed(ref.Category, r.Purpose)
	if ok || r.grounded(ref.Category) {
		return nil
	}
	return ErrNotAllowed.With("explanation", explanation)
}

func (r Reading) grounded(c privacy.Category) (ok bool) {
	switch {
	case r.Ground == "":
	case r.Why == ForStaff && !strings.HasPrefix(string(c), "face_"):
		_, ok = terms.Open(r.Policy.Terms().Exemptions, r.Ground, c)
	case r.Why == ForDisclosure:
		_, ok = terms.Open(r.Policy.Terms().Disclosures, r.Ground, c)
	}
	return ok
}
