package people

import (
	"context"

	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/people/screens"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/people"
	"vow.example/vow/internal/task"
)

// The modes of consent records that are not about a feature.
const (
	ModeAcceptance policy.ConsentMode = "policy_acceptance"
	ModeGuardian   policy.ConsentMode = "guardian_consent"
)

// Whole is the word in a consent record where the policy itself was decided about.
const Whole privacy.FeatureID = "policy"

// Decide records that a person accepts the policy whose text has this hash. The version and the text must
// be those in force, otherwise the answer is consent.ErrStale and the person reads again (FIT-0-02,
// KME-0-02).
func (s *Service) Decide(ctx context.Context, who task.Who, version, hash string) error {
	shown, err := screens.FindReading(who.Policy, version, hash)
	if err != nil {
		return err
	}
	rec := consent.Record{
		ID: privacy.ConsentID(privacy.NewID(privacy.PrefixConsent)), App: who.App(), Subject: who.Subject, Feature: Whole, Recipient: privacy.Own,
		Decision: consent.Given, Screen: shown.Hash, Language: shown.Language, PolicyHash: who.Policy.Hash(), Version: shown.Version, Mode: ModeAcceptance, At: s.Clock.Now(),
	}
	keep, err := s.Eraser.EvidenceUntil(who.App(), "consent_record")
	if err != nil {
		return err
	}
	e := audit.Event{Kind: "policy_accepted", Object: string(rec.ID), Data: map[string]string{"version": rec.Version, "screen": rec.Screen}}
	return s.change(ctx, who, e, func(tx *store.Tx, p *facts.Profile) error {
		p.Acceptance, p.Version, p.Hash, p.AcceptedAt = rec.ID, rec.Version, rec.Screen, rec.At
		return tx.InsertConsent(ctx, rec, keep)
	})
}

// Decline ends the account of whoever does not accept the policy: it stores nothing (FIT-0-02).
func (s *Service) Decline(ctx context.Context, who task.Who) error { return s.erase(ctx, who) }
