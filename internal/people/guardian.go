package people

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/people/screens"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/people"
	"vow.example/vow/internal/task"
)

const (
	guardianTime  = 48 * time.Hour // between the question to a guardian and the code on the person's device
	guardianTries = 5              // wrong contacts and codes, together
	codeDigits    = 8
)

// The refusals of the guardian's way.
var (
	errNoMinor  = fault.New(fault.Conflict, "conflict", "No guardian is needed here.")
	errTries    = fault.New(fault.Unavailable, "rate-limited", "Too many wrong answers. Ask the guardian again in two days.")
	errWrong    = fault.New(fault.Refused, "guardian-required", "That is not what was agreed. Try again.")
	errNoAnswer = fault.New(fault.Conflict, "conflict", "The guardian has not agreed yet.")
	errReadAnew = fault.New(fault.Conflict, "conflict", "What the guardian read has changed since. The guardian has to read it again, at the same address.")
)

// Request is what a guardian is asked.
type Request struct {
	Policy  *policy.Policy
	State   string
	Screen  screens.Consenting
	Subject privacy.SubjectID `json:"-"`
}

// AskGuardian names a guardian by an address, of which only a keyed digest is kept, and returns the link
// that the guardian opens. Where a Deliver is set the link goes to that address and to nobody else, and
// "" is returned. It may be asked again until the guardian has agreed; wrong answers go on counting.
func (s *Service) AskGuardian(ctx context.Context, who task.Who, contact privacy.Text) (link string, err error) {
	if link, err = s.ask(ctx, who, contact); err != nil || s.Deliver == nil {
		return link, err
	}
	return "", s.Deliver(ctx, who, contact, link)
}

// ask writes the request that a link opens.
func (s *Service) ask(ctx context.Context, who task.Who, contact privacy.Text) (link string, err error) {
	s.guardians.Lock()
	defer s.guardians.Unlock()
	p, err := s.Profile(ctx, who)
	if err != nil {
		return "", err
	}
	if !who.Policy.Terms().Minors.NeedsGuardian(p.Band) || p.Guardian == facts.Confirmed {
		return "", errNoMinor
	}
	address := plain(contact)
	if len(address) < 5 || len(address) > 254 {
		return "", invalid("/contact", "length", "An address of the guardian has 5 to 254 characters.")
	}
	now := s.Clock.Now()
	link = secret("gl_")
	g := facts.Guardian{
		App: who.App(), Subject: who.Subject, State: facts.Asked, Contact: s.contact(who.App(), contact), Link: s.digest("guardian-links", link),
		At: now, ExpiresAt: now.Add(guardianTime),
	}
	before, err := facts.GuardianOf(ctx, s.DB.App(who.App()), who.Subject)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return "", err
	}
	if err == nil && now.Before(before.ExpiresAt) {
		g.Tries = before.Tries
	}
	if g.Tries >= guardianTries {
		return "", errTries
	}
	return link, s.putGuardian(ctx, who, g, audit.Event{Kind: "guardian_asked"})
}

func (s *Service) putGuardian(ctx context.Context, who task.Who, g facts.Guardian, e audit.Event) error {
	return gone(s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := facts.PutGuardian(ctx, tx, g, s.Clock.Now()); err != nil {
			return err
		}
		return s.note(ctx, tx, who, e)
	}))
}

func (s *Service) contact(app privacy.AppID, contact privacy.Text) []byte {
	return s.digest("guardian-contacts", string(app), plain(contact))
}

// GuardianRequest returns what the guardian behind a link is asked, in lang.
func (s *Service) GuardianRequest(ctx context.Context, link string, lang privacy.Lang) (Request, error) {
	g, who, err := s.byLink(ctx, link)
	if err != nil {
		return Request{}, err
	}
	screen, err := screens.ConsentingOf(who.Policy, lang)
	return Request{Policy: who.Policy, State: g.State, Screen: screen, Subject: g.Subject}, err
}

func (s *Service) byLink(ctx context.Context, link string) (facts.Guardian, task.Who, error) {
	g, err := facts.GuardianByLink(ctx, s.DB.Everywhere(), s.digest("guardian-links", link))
	if errors.Is(err, store.ErrNotFound) || err == nil && !s.Clock.Now().Before(g.ExpiresAt) {
		return g, task.Who{}, errThing
	}
	if err != nil {
		return g, task.Who{}, err
	}
	who, err := s.who(ctx, g.App, g.Subject)
	return g, who, err
}

// Agreement is what a guardian answers.
type Agreement struct {
	Contact privacy.Text // the address that the person named: who does not know it is no guardian
	Hash    string       // of the text that was read
	Items   []string     // what of it is agreed to, beside the use of the app itself
}

// GuardianAgrees records that a guardian agreed, and returns the code that is typed on the person's device.
// Until then nothing changes.
func (s *Service) GuardianAgrees(ctx context.Context, link string, a Agreement) (code string, err error) {
	s.guardians.Lock()
	defer s.guardians.Unlock()
	g, who, err := s.identified(ctx, link, a.Contact)
	if err != nil {
		return "", err
	}
	if g.State != facts.Asked && g.State != facts.Shown {
		return "", errNoMinor
	}
	if _, ok := screens.FindConsenting(who.Policy, a.Hash); !ok {
		return "", consent.ErrStale
	}
	offered := screens.Pairs(who.Policy)
	for _, id := range a.Items {
		if !slices.Contains(offered, id) {
			return "", invalid("/items", "not_an_item", "The text that the guardian read has no such item.")
		}
	}
	n, err := rand.Int(rand.Reader, big.NewInt(100_000_000))
	if err != nil {
		return "", fmt.Errorf("people: make a code: %w", err)
	}
	code = fmt.Sprintf("%0*d", codeDigits, n)
	g.State, g.Code, g.Scope, g.Screen = facts.Shown, s.code(g, code), a.Items, a.Hash
	return code, s.putGuardian(ctx, who, g, audit.Event{Kind: "guardian_agreed"})
}

// GuardianRefuses records that a guardian says no, or takes the consent back: everything of the person is
// erased at once, because nothing may be kept without it (FIT-8-03).
func (s *Service) GuardianRefuses(ctx context.Context, link string, contact privacy.Text) error {
	s.guardians.Lock()
	_, who, err := s.identified(ctx, link, contact)
	s.guardians.Unlock()
	if err != nil {
		return err
	}
	return s.erase(ctx, who)
}

// identified finds the request behind a link for whoever knows the address that it was sent to.
func (s *Service) identified(ctx context.Context, link string, contact privacy.Text) (facts.Guardian, task.Who, error) {
	g, who, err := s.byLink(ctx, link)
	switch {
	case err != nil:
		return g, who, err
	case g.Tries >= guardianTries && g.State != facts.Confirmed:
		return g, who, errTries
	case !hmac.Equal(g.Contact, s.contact(g.App, contact)):
		return g, who, s.wrong(ctx, who, g)
	default:
		return g, who, nil
	}
}

// wrong counts a wrong answer. Where there were too many, a code that was shown is worth nothing.
func (s *Service) wrong(ctx context.Context, who task.Who, g facts.Guardian) error {
	g.Tries++
	if g.Tries >= guardianTries && g.State == facts.Shown {
		g.State, g.Code = facts.Asked, nil
	}
	if err := s.putGuardian(ctx, who, g, audit.Event{Kind: "guardian_wrong"}); err != nil {
		return err
	}
	return errWrong
}

func (s *Service) code(g facts.Guardian, code string) []byte {
	return s.digest("guardian-codes", string(g.App), string(g.Subject), code)
}

// ConfirmGuardian takes the code that the guardian was shown, on the person's own device. From then on the
// app is open, for what the guardian agreed to (FIT-8-01, FIT-8-02).
func (s *Service) ConfirmGuardian(ctx context.Context, who task.Who, code string) error {
	s.guardians.Lock()
	defer s.guardians.Unlock()
	now := s.Clock.Now()
	g, err := facts.GuardianOf(ctx, s.DB.App(who.App()), who.Subject)
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && !now.Before(g.ExpiresAt):
		return errNoAnswer
	case err != nil:
		return err
	case g.State == facts.Confirmed:
		return nil
	case g.Tries >= guardianTries:
		return errTries
	case g.State != facts.Shown:
		return errNoAnswer
	case !hmac.Equal(g.Code, s.code(g, strings.TrimSpace(code))):
		return s.wrong(ctx, who, g)
	}
	return s.confirm(ctx, who, g, now)
}

// confirm writes the consent of the guardian under its own clock, to the very text that was read.
func (s *Service) confirm(ctx context.Context, who task.Who, g facts.Guardian, now time.Time) error {
	expires, err := until(who.Policy, "guardian_consent", now)
	if err != nil {
		return err
	}
	keep, err := s.Eraser.EvidenceUntil(who.App(), "consent_record")
	if err != nil {
		return err
	}
	shown, same := screens.FindConsenting(who.Policy, g.Screen)
	if !same {
		g.State, g.Code, g.Scope, g.Screen = facts.Asked, nil, nil, ""
		if err := s.putGuardian(ctx, who, g, audit.Event{Kind: "guardian_asked"}); err != nil {
			return err
		}
		return errReadAnew
	}
	rec := consent.Record{
		ID: privacy.ConsentID(privacy.NewID(privacy.PrefixConsent)), App: who.App(), Subject: who.Subject, Feature: Whole, Recipient: privacy.Own, Decision: consent.Given,
		Screen: shown.Hash, Language: shown.Language, PolicyHash: who.Policy.Hash(), Version: shown.Version, Mode: ModeGuardian, At: now,
	}
	g.State, g.Code, g.Tries, g.Consent, g.ExpiresAt = facts.Confirmed, nil, 0, rec.ID, expires
	return gone(s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := facts.PutGuardian(ctx, tx, g, now); err != nil {
			return err
		}
		if err := tx.InsertConsent(ctx, rec, keep); err != nil {
			return err
		}
		return s.note(ctx, tx, who, audit.Event{Kind: "guardian_confirmed", Object: string(rec.ID), Data: map[string]string{"scope": strings.Join(g.Scope, ",")}})
	}))
}

// MayReceive answers whether data of a subject may be used for a purpose and go to a recipient for it: nil,
// or why not. An objection to the purpose stops it at once (MIX-6.5-01). A minor's guardian has to have agreed
// to exactly that (FIT-8-02); what stays with the operator needs the guardian's consent to the app alone.
func (s *Service) MayReceive(ctx context.Context, who task.Who, purpose privacy.Purpose, to privacy.RecipientID) error {
	p, err := s.Profile(ctx, who)
	switch {
	case err != nil:
		return err
	case slices.Contains(p.Objections, purpose):
		return ErrObjected
	case !who.Policy.Terms().Minors.NeedsGuardian(p.Band):
		return nil
	case p.Guardian != facts.Confirmed:
		return ErrGuardian
	case to != privacy.Own && !slices.Contains(p.Scope, screens.Pair(purpose, to)):
		return ErrGuardian.With("recipient", string(to))
	default:
		return nil
	}
}
