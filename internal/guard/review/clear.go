package review

import (
	"crypto/hmac"
	"errors"
	"fmt"
	"io"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/internal/seal"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

// ErrNotCleared says that the stored verdict does not let this text pass.
var ErrNotCleared = fault.New(fault.Refused, "review-required", "This request has not passed the safety review in its present form.")

// errProof says that something tried to keep a Clearance.
var errProof = errors.New("review: a clearance cannot be encoded")

// Clearance proves that the exact text of one task passed the review under the policy in force.
// It is used in the same call and never stored. The zero Clearance clears nothing.
type Clearance struct{ c *clearance }

type clearance struct {
	task    privacy.TaskID
	feature privacy.FeatureID
	policy  privacy.PolicyHash
	prompt  privacy.Text
	any     bool // minted for a test: clears every text
}

// Clear makes a Clearance from a stored verdict: only a Cleared one, only for the text that was
// judged, and only while the policy is the one it was judged under. Otherwise it fails with
// ErrNotCleared and the reason.
func Clear(v Verdict, mac func(string) string, prompt privacy.Text, p *policy.Policy) (Clearance, error) {
	switch {
	case v.Outcome != Cleared:
		return Clearance{}, ErrNotCleared.With("rule", v.Rule)
	case v.Task == "" || v.Feature == "":
		return Clearance{}, ErrNotCleared.With("rule", "review.unknown")
	case v.PolicyHash != p.Hash():
		return Clearance{}, ErrNotCleared.With("rule", "review.policy_changed")
	case !sameText(v.PromptMAC, promptMAC(mac, v.Task, prompt)):
		return Clearance{}, ErrNotCleared.With("rule", "review.text_changed")
	}
	return Clearance{&clearance{task: v.Task, feature: v.Feature, policy: v.PolicyHash, prompt: prompt}}, nil
}

// promptMAC binds a text to its task. The task keeps equal texts of two people apart.
func promptMAC(mac func(string) string, t privacy.TaskID, prompt privacy.Text) string {
	return mac("review/prompt\x00" + string(t) + "\x00" + prompt.Reveal())
}

func sameText(a, b string) bool { return a != "" && hmac.Equal([]byte(a), []byte(b)) }

// Valid reports whether the clearance was made by Clear.
func (c Clearance) Valid() bool { return c.c != nil }

// Covers reports whether the clearance is for this task and feature under this policy.
func (c Clearance) Covers(pol *policy.Policy, t privacy.TaskID, f policy.Feature) bool {
	return c.c != nil && pol != nil && c.c.policy == pol.Hash() && c.c.task == t && c.c.feature == f.ID
}

// Clears reports whether the clearance was given for exactly this text.
func (c Clearance) Clears(text privacy.Text) bool {
	return c.c != nil && (c.c.any || c.c.prompt.Reveal() == text.Reveal())
}

// Format prints "[clearance]" whatever the verb: a proof is nothing to read.
func (c Clearance) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[clearance]") }

// MarshalJSON refuses: a proof is derived again, never stored.
func (c Clearance) MarshalJSON() ([]byte, error) { return nil, errProof }

// MarshalText refuses: a proof is derived again, never stored.
func (c Clearance) MarshalText() ([]byte, error) { return nil, errProof }

// GobEncode refuses: a proof is derived again, never stored.
func (c Clearance) GobEncode() ([]byte, error) { return nil, errProof }

// Mint makes a Clearance without a review. Only guardtest can call it.
func Mint(k seal.Key, pol *policy.Policy, t privacy.TaskID, f policy.Feature) Clearance {
	k.Check()
	return Clearance{&clearance{task: t, feature: f.ID, policy: pol.Hash(), any: true}}
}
