package vault_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
)

// feature is the reading of a feature that somebody asked for.
func feature(t testing.TB) vault.Reading {
	return vault.Reading{Why: vault.ForFeature, Purpose: "requested_feature", Policy: policytest.PixPlus(t)}
}

// exempting is a policy with grounds for uses without consent and for disclosures.
func exempting(t testing.TB) *policy.Policy {
	t.Helper()
	src := policytest.Minimal()
	for _, change := range [][2]string{
		{"id: sample,", "id: pixplus,"},
		{"storage: disk, purposes: [requested_feature]}\n  - {id: face_landmarks", "storage: disk, purposes: [requested_feature, safety_review]}\n  - {id: face_landmarks"},
		{"  - {id: legal_duty,", "  - {id: safety_review, text: {en: look for abuse}}\n  - {id: support, text: {en: help}}\n  - {id: legal_duty,"},
		{"\nnotices:", "\nexemptions:\n  - {id: vital_interests, text: {en: to save a life}}\n" +
			"  - {id: contract, text: {en: a contract}, categories: [account]}\n" +
			"grounds: [{id: legal_requirement, text: {en: a court asks}, needs: [document], approvals: 2}]\nnotices:"},
	} {
		src = policytest.Mutate(t, src, change[0], change[1])
	}
	return policytest.Load(t, src)
}

func TestContentIsLentForAPurposeOfItsCategoryAndForNoOther(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	pol, photo := exempting(t), h.put(t, spec(policy.Disk), noise(10))
	other := photo
	other.App = "mixoo"
	face := photo
	face.Category = "face_landmarks"
	staff := func(u privacy.Purpose, c privacy.CaseID, exempt string) vault.Reading {
		return vault.Reading{Why: vault.ForStaff, Purpose: u, Policy: pol, Case: c, Ground: exempt}
	}
	for name, c := range map[string]struct {
		ref     vault.Ref
		reading vault.Reading
		want    error
	}{
		"a feature's own purpose":          {photo, vault.Reading{Why: vault.ForFeature, Purpose: "requested_feature", Policy: pol}, nil},
		"a review":                         {photo, vault.Reading{Why: vault.ForReview, Purpose: "safety_review", Policy: pol}, nil},
		"a disclosure":                     {photo, vault.Reading{Why: vault.ForDisclosure, Purpose: "requested_feature", Policy: pol}, nil},
		"the person, whatever the purpose": {photo, vault.Reading{Why: vault.ForSubject}, nil},
		"nothing at all":                   {photo, vault.Reading{}, vault.ErrPurpose},
		"an unknown hand":                  {photo, vault.Reading{Why: vault.ForStaff + 1, Purpose: "requested_feature", Policy: pol}, vault.ErrPurpose},
		"a negative hand":                  {photo, vault.Reading{Why: -1, Purpose: "requested_feature", Policy: pol}, vault.ErrPurpose},
		"no purpose":                       {photo, vault.Reading{Why: vault.ForFeature, Policy: pol}, vault.ErrPurpose},
		"no policy":                        {photo, vault.Reading{Why: vault.ForFeature, Purpose: "requested_feature"}, vault.ErrPurpose},
		"another app's policy":             {other, vault.Reading{Why: vault.ForFeature, Purpose: "requested_feature", Policy: pol}, vault.ErrPurpose},
		"training":                         {photo, vault.Reading{Why: vault.ForFeature, Purpose: "training", Policy: pol}, vault.ErrNotAllowed},
		"a purpose of other data":          {photo, vault.Reading{Why: vault.ForReview, Purpose: "support", Policy: pol}, vault.ErrNotAllowed},
		"staff within a case":              {photo, staff("safety_review", "cas_1", ""), nil},
		"staff without a case":             {photo, staff("safety_review", "", ""), vault.ErrNoCase},
		"staff for a purpose of nothing":   {photo, staff("improvement", "cas_1", ""), vault.ErrNotAllowed},
		"staff under an exemption":         {photo, staff("improvement", "cas_1", "vital_interests"), nil},
		"an exemption for other data":      {photo, staff("improvement", "cas_1", "contract"), vault.ErrNotAllowed},
		"an exemption that is not listed":  {photo, staff("improvement", "cas_1", "curiosity"), vault.ErrNotAllowed},
		"an exemption and a face":          {face, staff("improvement", "cas_1", "vital_interests"), vault.ErrNotAllowed},
		"an exemption without a case":      {photo, staff("improvement", "", "vital_interests"), vault.ErrNoCase},
		"a disclosure on a ground":         {photo, vault.Reading{Why: vault.ForDisclosure, Purpose: "legal_duty", Policy: pol, Ground: "legal_requirement"}, nil},
		"a disclosure on an exemption":     {photo, vault.Reading{Why: vault.ForDisclosure, Purpose: "legal_duty", Policy: pol, Ground: "vital_interests"}, vault.ErrNotAllowed},
		"staff on a disclosure's ground":   {photo, staff("legal_duty", "cas_1", "legal_requirement"), vault.ErrNotAllowed},
		"an exemption of no staff":         {photo, vault.Reading{Why: vault.ForFeature, Purpose: "improvement", Policy: pol, Ground: "vital_interests"}, vault.ErrNotAllowed},
	} {
		lease, err := h.Lend(t.Context(), c.ref, start().Add(time.Hour), c.reading)
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if err == nil && (lease.Why() != c.reading.Why || lease.Purpose() != c.reading.Purpose) || err != nil && lease.Valid() {
			t.Errorf("%s: lent for %d, %q", name, lease.Why(), lease.Purpose())
		}
	}
}

func TestARefusedPurposeIsExplainedByThePolicy(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ref := h.put(t, spec(policy.Disk), noise(10))
	r := feature(t)
	r.Purpose = "advertising"
	_, err := h.Lend(t.Context(), ref, start().Add(time.Hour), r)
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind() != fault.Refused || f.Code() != "purpose-not-allowed" {
		t.Fatalf("%v", err)
	}
	if why, _ := f.Extra()["explanation"].(string); !strings.Contains(why, "advertising") || !strings.Contains(why, "pixplus") {
		t.Errorf("explained by %q", why)
	}
}

func TestAPurposeOpensNothingAfterTheEndAndTheStorageIsNotAskedForAWrongOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ref := h.put(t, spec(policy.Disk), noise(10))
	if _, err := h.Lend(t.Context(), ref, time.Time{}, feature(t)); !errors.Is(err, vault.ErrErased) {
		t.Errorf("no end: %v", err)
	}
	// A refusal of the purpose does not depend on whether the object exists: it tells nothing about it.
	wrong := feature(t)
	wrong.Purpose = "training"
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	gone := ref
	gone.Object = "upl_gone"
	for _, r := range []vault.Ref{ref, gone} {
		if _, err := h.Lend(ended, r, start().Add(-time.Hour), wrong); !errors.Is(err, vault.ErrNotAllowed) {
			t.Errorf("%s: %v", r.Object, err)
		}
	}
}
