package review

import (
	"crypto/hmac"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/internal/seal"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

// ErrNotCleared says that the stored verdict does not let this text pass.
var ErrNotCleared = fault.New(fault.Refused, "review-required", "This request has not passed the safety review in its present form.")

// errProof says that something tried to keep a Clearance.
var errProof = errors.New("review: a clearance cannot be encoded")

// Clearance proves that the exact texts of one task passed the review under the policy in force,
// each for its own field.
// It is used in the same call and never stored. The zero Clearance clears nothing.
type Clearance struct{ c *clearance }

type clearance struct {
	task    privacy.TaskID
	feature privacy.FeatureID
	policy  privacy.PolicyHash
	texts   map[privacy.Field]privacy.Text
	any     bool // minted for a test: clears every text
}

// Clear makes a Clearance from a stored verdict: only a Cleared one, only for exactly the texts that
// were judged, each in the field that it was judged for, and only while the policy is the one they
// were judged under. Otherwise it fails with ErrNotCleared and the reason.
func Clear(v Verdict, mac func(string) string, texts map[privacy.Field]privacy.Text, p *policy.Policy) (Clearance, error) {
	switch {
	case v.Outcome != Cleared:
		return Clearance{}, ErrNotCleared.With("rule", v.Rule)
	case v.Task == "" || v.Feature == "":
		return Clearance{}, ErrNotCleared.With("rule", "review.unknown")
	case v.PolicyHash != p.Hash():
		return Clearance{}, ErrNotCleared.With("rule", "review.policy_changed")
	case !sameText(v.PromptMAC, textsMAC(mac, v.Task, texts)):
		return Clearance{}, ErrNotCleared.With("rule", "review.text_changed")
	}
	return Clearance{&clearance{task: v.Task, feature: v.Feature, policy: v.PolicyHash, texts: maps.Clone(texts)}}, nil
}

// textsMAC binds texts to their fields and their task. The task keeps equal texts of two people
// apart; the lengths keep a word from moving out of one text into the next. An empty text is none.
func textsMAC(mac func(string) string, t privacy.TaskID, texts map[privacy.Field]privacy.Text) string {
	var all strings.Builder
	fmt.Fprintf(&all, "review/texts\x00%d:%s", len(t), t)
	for _, field := range slices.Sorted(maps.Keys(texts)) {
		if text := texts[field]; !text.Empty() {
			fmt.Fprintf(&all, "\x00%d:%s%d:%s", len(field), field, text.Len(), text.Reveal())
		}
	}
	return mac(all.String())
}

// texts returns every text of a request by its field.
func (r Request) texts() map[privacy.Field]privacy.Text {
	all := map[privacy.Field]privacy.Text{Main: r.Prompt}
	maps.Copy(all, r.Others)
	return all
}

func sameText(a, b string) bool { return a != "" && hmac.Equal([]byte(a), []byte(b)) }

// Valid reports whether the clearance was made by Clear.
func (c Clearance) Valid() bool { return c.c != nil }

// Covers reports whether the clearance is for this task and feature under this policy.
func (c Clearance) Covers(pol *policy.Policy, t privacy.TaskID, f policy.Feature) bool {
	return c.c != nil && pol != nil && c.c.policy == pol.Hash() && c.c.task == t && c.c.feature == f.ID
}

// Clears reports whether the clearance was given for exactly this text in this field.
func (c Clearance) Clears(field privacy.Field, text privacy.Text) bool {
	if c.c == nil || c.c.any {
		return c.c != nil
	}
	judged, ok := c.c.texts[field]
	return ok && judged.Reveal() == text.Reveal()
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
