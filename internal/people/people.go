// Package people knows who a subject is to an app, and nothing more: how old in one word, whether a
// guardian agreed, whether the policy was accepted, what was switched off, how to come back.
//
// It promises that a person who is too young leaves nothing, that every answer about a choice is read
// from storage at the moment it is asked, and that where it cannot be read the answer is no. It never
// keeps a birthday, a name, an address or a password, and it never lengthens a clock.
package people

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"vow.example/vow/internal/abuse"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/people/password"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/people"
	"vow.example/vow/internal/task"
)

// Policies says which policy binds a subject.
type Policies interface {
	For(ctx context.Context, app privacy.AppID, s privacy.SubjectID) (*policy.Policy, error)
}

// Options are the parts that a Service works with. Every func may be nil, except Digest.
type Options struct {
	DB     *store.DB
	Vault  *vault.Vault
	Ring   *keyring.Ring
	Eraser *erasure.Eraser
	Clock  clock.Clock

	Policies Policies
	Digest   func(token string) []byte                                  // stands for a session's credential
	Erase    func(ctx context.Context, who task.Who) error              // stops what runs and erases the account; nil: the eraser does it
	Closed   func(ctx context.Context, app privacy.AppID) (bool, error) // whether the app has ended
	Pending  func(ctx context.Context, who task.Who) (bool, error)      // whether a notice waits that must be seen first
	// GoOn, where set, records that a person went on under the version that binds it.
	GoOn func(ctx context.Context, app privacy.AppID, subject privacy.SubjectID) error
	// Revoked, where set, erases what was taken under a permission that is taken back.
	Revoked func(ctx context.Context, who task.Who, permission string) error
	// Chosen, where set, is told after a choice was written: what waits to leave may be over.
	Chosen func(ctx context.Context, who task.Who) error
	// Restricted, where set, is told in the transaction that restricts processing on a ground, or lifts that: "".
	Restricted func(ctx context.Context, tx *store.Tx, who task.Who, ground string) error
	// Deliver, where set, brings a guardian's link to the contact that was named; then nobody else gets it.
	Deliver func(ctx context.Context, who task.Who, contact privacy.Text, link string) error
	// Guesses counts tries with a password and refuses a burst of them; nil: nothing is counted.
	Guesses *abuse.Service
}

// Service answers who a subject is.
type Service struct {
	Options
	passwords *password.Hasher
	guardians sync.Mutex // one answer at a time: wrong ones are counted, and guesses sent at once count each
}

// New returns a Service.
func New(o Options) *Service {
	return &Service{Options: o, passwords: password.New(o.Ring.Subkey("passwords"))}
}

// The refusals of Standing, in the order in which they are found; an objection is about one purpose alone.
var (
	ErrClosed     = fault.New(fault.Gone, "app-closed", "This app has ended. Your rights remain.")
	ErrAge        = fault.New(fault.Refused, "age-required", "Say which age band you belong to first. Nothing else is asked.")
	ErrTooYoung   = fault.New(fault.Refused, "age-not-allowed", "This app is not for people of your age. Nothing of you was kept.")
	ErrGuardian   = fault.New(fault.Refused, "guardian-required", "A parent or guardian has to agree first.")
	ErrAcceptance = fault.New(fault.Refused, "policy-not-accepted", "Read the privacy policy and say whether you accept it first.").With("policy", "/v1/me/acceptance")
	ErrSuspended  = fault.New(fault.Refused, "suspended", "Staff have suspended this account: nothing new is started. Your rights remain: export, correct, erase.")
	ErrRestricted = fault.New(fault.Refused, "processing-restricted", "Processing of your data is restricted. Your rights remain.")
	ErrObjected   = fault.New(fault.Refused, "processing-restricted", "You object to this purpose. Nothing is done for it until you take that back.").With("rule", "objection")
	ErrNotice     = fault.New(fault.Refused, "notice-required", "A notice waits. Read it first.")
)

var (
	errGone  = fault.New(fault.Refused, "unauthenticated", "This account was erased.")
	errThing = fault.New(fault.NotFound, "not-found", "There is no such thing here.")
)

// Standing answers whether data of a subject may be handled at all right now: nil, or the first reason
// why not.
func (s *Service) Standing(ctx context.Context, who task.Who) error {
	if err := s.usable(ctx, who); err != nil || s.Pending == nil {
		return err
	}
	waits, err := s.Pending(ctx, who)
	return errors.Join(err, when(waits, ErrNotice))
}

// usable is Standing without what the person has not read yet: a work that is shared stays shared meanwhile.
func (s *Service) usable(ctx context.Context, who task.Who) error {
	if s.Closed != nil {
		if closed, err := s.Closed(ctx, who.App()); err != nil || closed {
			return errors.Join(err, when(closed, ErrClosed))
		}
	}
	p, err := s.Profile(ctx, who)
	if err != nil {
		return err
	}
	return allowed(who.Policy, p)
}

// StandingOf is Standing for a caller that knows no policy.
func (s *Service) StandingOf(ctx context.Context, app privacy.AppID, subject privacy.SubjectID) error {
	who, err := s.who(ctx, app, subject)
	if err != nil {
		return err
	}
	return s.Standing(ctx, who)
}

func (s *Service) who(ctx context.Context, app privacy.AppID, subject privacy.SubjectID) (task.Who, error) {
	pol, err := s.Policies.For(ctx, app, subject)
	return task.Who{Policy: pol, Subject: subject}, err
}

func when(is bool, err *fault.Error) error {
	if is {
		return err
	}
	return nil
}

// allowed judges what is known of a subject.
func allowed(pol *policy.Policy, p facts.Profile) error {
	t := pol.Terms()
	switch {
	case p.Band == "" && t.Minors.Ask:
		return ErrAge
	case t.Minors.Shuts(p.Band):
		return ErrTooYoung
	case t.Minors.NeedsGuardian(p.Band) && p.Guardian != facts.Confirmed:
		return ErrGuardian
	case t.Acceptance != nil && !p.Accepted:
		return ErrAcceptance
	case p.Suspended != "":
		return ErrSuspended.With("rule", p.Suspended)
	case p.Restriction != "":
		return ErrRestricted.With("rule", p.Restriction)
	default:
		return nil
	}
}

// Profile returns what is known of a subject.
func (s *Service) Profile(ctx context.Context, who task.Who) (facts.Profile, error) {
	p, err := facts.ProfileOf(ctx, s.DB.App(who.App()), who.Subject, s.Clock.Now())
	if errors.Is(err, store.ErrNotFound) {
		return p, errGone
	}
	return p, err
}

// Objected reports whether a subject objects to a purpose. What cannot be read counts as an objection.
func (s *Service) Objected(ctx context.Context, app privacy.AppID, subject privacy.SubjectID, purpose privacy.Purpose) bool {
	p, err := facts.ProfileOf(ctx, s.DB.App(app), subject, s.Clock.Now())
	return err != nil || slices.Contains(p.Objections, purpose)
}

// SwitchOn reports whether a switch of the policy is on: as the person has set it, or as the policy
// presets it. A switch that the policy does not list is off, and so is one that cannot be read.
func (s *Service) SwitchOn(ctx context.Context, app privacy.AppID, subject privacy.SubjectID, id string) bool {
	p, err := facts.ProfileOf(ctx, s.DB.App(app), subject, s.Clock.Now())
	if err != nil {
		return false
	}
	pol, err := s.Policies.For(ctx, app, subject)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(pol.Terms().Switches, func(w terms.Switch) bool { return w.ID == id && on(p, w) })
}

func on(p facts.Profile, w terms.Switch) bool {
	if set, said := p.Switches[w.ID]; said {
		return set
	}
	return w.Default
}

// Granted reports whether the device has told that a permission of the policy is granted, and not taken
// it back since. What cannot be read is not granted.
func (s *Service) Granted(ctx context.Context, app privacy.AppID, subject privacy.SubjectID, permission string) bool {
	p, err := facts.ProfileOf(ctx, s.DB.App(app), subject, s.Clock.Now())
	return err == nil && p.Permissions[permission]
}

// change reads a profile, lets f change it and writes it, in one transaction with its audit leaf.
func (s *Service) change(ctx context.Context, who task.Who, e audit.Event, f func(*store.Tx, *facts.Profile) error) error {
	now := s.Clock.Now()
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		p, err := facts.ProfileOf(ctx, tx.App(who.App()), who.Subject, now)
		if err != nil {
			return err
		}
		if err := f(tx, &p); err != nil {
			return err
		}
		if err := facts.PutProfile(ctx, tx, facts.Owner{App: who.App(), Subject: who.Subject, Now: now}, p); err != nil {
			return err
		}
		return s.note(ctx, tx, who, e)
	})
	if err == nil && s.Chosen != nil {
		err = s.Chosen(ctx, who)
	}
	return gone(err)
}

// gone turns the absence of a subject into the refusal of its session.
func gone(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return errGone
	}
	return err
}

// note appends an event about a subject to the audit log, inside the transaction.
func (s *Service) note(ctx context.Context, tx *store.Tx, who task.Who, e audit.Event) error {
	e.App, e.Subject, e.PolicyHash = who.App(), who.Subject, who.Policy.Hash()
	return s.Eraser.Note(ctx, tx, e)
}

// until returns until when a row of a category is kept that is written, or used, now.
func until(pol *policy.Policy, c privacy.Category, now time.Time) (time.Time, error) {
	d, err := retention.For(pol, c, policy.LastActive, now)
	if err != nil {
		d, err = retention.For(pol, c, policy.ItemWritten, now)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("people: %w", err)
	}
	return d.At(), nil
}

// digest returns the keyed digest of some parts for a purpose.
func (s *Service) digest(purpose string, parts ...string) []byte {
	key := s.Ring.Subkey(purpose)
	defer clear(key[:])
	h := hmac.New(sha256.New, key[:])
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return h.Sum(nil)
}

const secretBytes = 24

// secret returns a fresh credential with a prefix that says what it opens.
func secret(prefix string) string {
	raw := make([]byte, secretBytes)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the program instead
	return prefix + base64.RawURLEncoding.EncodeToString(raw)
}

// invalid is the answer to a request that breaks a rule of one field.
func invalid(pointer, code, detail string) error {
	return fault.New(fault.Invalid, "validation", "The request breaks a rule. See errors.").
		With("errors", []task.FieldError{{Pointer: pointer, Code: code, Detail: detail}})
}

// erase stops what runs and erases the account with everything of it.
func (s *Service) erase(ctx context.Context, who task.Who) error {
	if s.Erase != nil {
		return s.Erase(ctx, who)
	}
	_, err := s.Eraser.Subject(ctx, who.App(), who.Subject)
	return err
}
