package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/desk"
	"vow.example/vow/internal/task"
)

// A written consent to a transfer is a consent record of its own: for no feature, to whoever is abroad.
const (
	transferFeature   = privacy.FeatureID("transfer")
	transferRecipient = privacy.RecipientID("abroad")
	writtenMode       = policy.ConsentMode("written")
)

// TransferText is what somebody reads before consenting in writing, with its digest.
func TransferText(p *policy.Policy, lang privacy.Lang) (text, hash string) {
	text = "I agree that " + p.Name(lang) + " may let my data be read or received outside the region in which it is stored. I type my name to say so, and I can take this back at any time."
	if lang == "zh-Hans" {
		text = "我同意" + p.Name(lang) + "允许在存储地区以外读取或接收我的数据。我输入姓名以示同意，并可随时撤回。"
	}
	sum := sha256.Sum256([]byte(string(p.Hash()) + "\n" + text))
	return text, "sha256:" + hex.EncodeToString(sum[:])
}

// ConsentToTransfer records a person's written consent that data crosses the region pin: the name that was
// typed, the exact text and the time (WIZ-3-02). An app whose policy lets nothing cross asks nobody.
func (s *Service) ConsentToTransfer(ctx context.Context, who task.Who, name privacy.Text, hash string, lang privacy.Lang) (consent.Record, error) {
	if t := who.Policy.Terms().Transfers; t != "consent" && t != "law_and_written_consent" {
		return consent.Record{}, fault.New(fault.Invalid, "feature-unavailable", "This app lets no data cross the border, with or without consent.")
	}
	text, want := TransferText(who.Policy, lang)
	if hash != want {
		return consent.Record{}, consent.ErrStale
	}
	if strings.TrimSpace(name.Reveal()) == "" {
		return consent.Record{}, invalid("/name", "required", "Type your name.")
	}
	return s.consent(ctx, who, consent.Record{Feature: transferFeature, Recipient: transferRecipient, Screen: hash, Language: lang, Mode: writtenMode},
		map[string]string{"name": name.Reveal(), "text": text})
}

// A consent to one disclosure is a record of its own too: its digest covers who gets what.
const (
	handOverFeature   = privacy.FeatureID("disclosure")
	handOverRecipient = privacy.RecipientID("third_party")
)

// handOverHash stands for a receiver and the kinds of data that a person consents to hand over.
func handOverHash(app privacy.AppID, receiver privacy.Text, categories []privacy.Category) string {
	h := sha256.New()
	for _, part := range append([]privacy.Category{privacy.Category(app), privacy.Category(receiver.Reveal())}, slices.Sorted(slices.Values(categories))...) {
		_, _ = io.WriteString(h, string(part)+"\x00") // a hash takes everything
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// ConsentToDisclosure records that a person agrees that staff hand kinds of data to one receiver, or, with
// neither, that staff read what is restricted. It opens just that (KME-DISC.A-01: "consent record per
// recipient and category, older than the disclosure").
func (s *Service) ConsentToDisclosure(ctx context.Context, who task.Who, receiver privacy.Text, categories []privacy.Category) (consent.Record, error) {
	if receiver.Empty() != (len(categories) == 0) {
		return consent.Record{}, invalid("/receiver", "required", "Name the receiver and the kinds of data, or neither.")
	}
	for _, c := range categories {
		if !who.Policy.HasCategory(c) {
			return consent.Record{}, invalid("/categories", "unknown", "The policy has no such kind of data.")
		}
	}
	return s.consent(ctx, who, consent.Record{Feature: handOverFeature, Recipient: handOverRecipient, Screen: handOverHash(who.App(), receiver, categories), Mode: writtenMode},
		map[string]string{"receiver": receiver.Reveal()})
}

// consent records a decision of a person about the desk, with its words sealed beside it.
func (s *Service) consent(ctx context.Context, who task.Who, c consent.Record, said map[string]string) (consent.Record, error) {
	form, err := json.Marshal(said)
	if err != nil {
		return consent.Record{}, err
	}
	about := Subject{who.App(), who.Subject}
	until, err := s.Eraser.EvidenceUntil(who.App(), "consent_record")
	if err != nil {
		return consent.Record{}, err
	}
	words, err := s.store(ctx, who.Policy, about, "consent_record", form)
	if err != nil {
		return consent.Record{}, err
	}
	c.ID, c.App, c.Subject, c.Decision = privacy.ConsentID(privacy.NewID(privacy.PrefixConsent)), who.App(), who.Subject, consent.Given
	c.PolicyHash, c.Version, c.At = who.Policy.Hash(), who.Policy.Version(), s.Clock.Now()
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.InsertConsent(ctx, c, until); err != nil {
			return err
		}
		if err := words.insert(ctx, tx); err != nil {
			return err
		}
		e := event("desk_consented", about, map[string]string{"feature": string(c.Feature)})
		e.Object = string(c.ID)
		return s.note(ctx, tx, facts.Staff{}, e)
	})
	return c, s.unlessStored(ctx, words, err)
}

// mayCross reports whether a person's written consent to a transfer stands.
func (s *Service) mayCross(ctx context.Context, who Subject) (bool, error) {
	id, err := s.crossing(ctx, who)
	return id != "", err
}

// crossing is a person's written consent to a transfer that stands, or "".
func (s *Service) crossing(ctx context.Context, who Subject) (privacy.ConsentID, error) {
	c, err := s.DB.App(who.App).StandingConsent(ctx, who.ID, transferFeature, transferRecipient)
	if errors.Is(err, consent.ErrNoRecord) || err == nil && (c.Decision != consent.Given || c.Mode != writtenMode) {
		return "", nil
	}
	return c.ID, err
}
