// Package intake takes what an app hands over beside the inputs of features: facts about the device,
// events, crashes, identifiers at a login, words to support, and what a vendor sends in.
//
// It promises that everything of a call is judged before anything of it is written, that a call is taken
// whole or not at all, that the person's permissions, switches and objections are read anew each time, and
// that what was taken lies in the vault under its category's clock. It never keeps an identifier of
// hardware other than as a keyed digest, never takes a network address from a body, and never tells a
// caller what it refused beyond the field's name.
package intake

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/intake/bound"
	"vow.example/vow/internal/intake/form"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/people"
	"vow.example/vow/internal/task"
)

// Policies says which policy rules: for an app, for a subject, and for what was stored under an earlier one.
type Policies interface {
	InForce(app privacy.AppID, at time.Time) (*policy.Policy, bool)
	For(ctx context.Context, app privacy.AppID, s privacy.SubjectID) (*policy.Policy, error)
	ByHash(app privacy.AppID, hash privacy.PolicyHash) (*policy.Policy, bool)
}

// Options are the parts that a Service works with.
type Options struct {
	DB       *store.DB
	Vault    *vault.Vault
	Ring     *keyring.Ring
	Eraser   *erasure.Eraser
	Policies Policies
	Clock    clock.Clock
	Machine  clock.Clock // of the computer: vendors sign by it. nil: Clock
	// Secret returns what a vendor signs with for an app, or nothing where none is set up.
	Secret func(app privacy.AppID, source string) []byte
	// Standing, where set, answers whether anything of a person may be handled; a refusal ends a vendor's delivery.
	Standing func(ctx context.Context, who task.Who) error
	// Taken, where set, is told in the transaction that keeps a thing: the outbox of those who may get it.
	Taken func(ctx context.Context, tx *store.Tx, b Batch) error
}

// Service takes in. It is safe for concurrent use.
type Service struct {
	Options
	rates bound.Rates
	seen  bound.Once
}

// New returns a Service.
func New(o Options) *Service {
	if o.Machine == nil {
		o.Machine = o.Clock
	}
	if o.Secret == nil {
		o.Secret = func(privacy.AppID, string) []byte { return nil }
	}
	return &Service{Options: o}
}

// Check refuses a policy under which something would be taken in that no clock ends.
func Check(p *policy.Policy, now time.Time) error {
	for _, in := range p.Terms().Intakes {
		if in.Kind == terms.ShareTargets {
			continue
		}
		if _, err := clocks(p, in.Category, now, now); err != nil {
			return fmt.Errorf("intake: %s of %s: %w", in.ID, p.App(), err)
		}
	}
	for _, in := range p.Terms().Inbound {
		if _, err := clocks(p, in.Category, now, now); err != nil {
			return fmt.Errorf("intake: inbound %s of %s: %w", in.ID, p.App(), err)
		}
	}
	return nil
}

// Call is one request of an app, unread.
type Call struct {
	Who  task.Who
	Body []byte
	Peer netip.Addr // whom the server sees at the other end; the zero address is nobody
}

// MaxBytes is how long a body may be.
const MaxBytes = 64 << 10

// admit refuses a caller who comes too often and a body that is too long.
func (s *Service) admit(c Call) error {
	if !s.rates.Take(c.Who.App(), c.Who.Subject, s.Clock.Now()) {
		return fault.New(fault.Unavailable, "rate-limited", "Too many calls of one person. Nothing of this one was kept.")
	}
	if len(c.Body) > MaxBytes {
		return fault.New(fault.Invalid, "media-too-large", "A call takes at most 64 KiB.").With("max_bytes", int64(MaxBytes))
	}
	return nil
}

// refusal turns a finding of the form into the fault that the API shows.
func refusal(err error) error {
	var r *form.Refusal
	if !errors.As(err, &r) {
		return err
	}
	f := fault.New(fault.Invalid, r.Code, map[string]string{
		form.CodeField:    "The policy does not list this field. Nothing of the call was kept.",
		form.CodeCategory: "This is never accepted here. Nothing of the call was kept.",
		form.CodeRule:     "The request breaks a rule. See errors. Nothing of the call was kept.",
	}[r.Code])
	var list []task.FieldError
	for _, w := range r.Wrong {
		list = append(list, task.FieldError{Pointer: w.Pointer, Code: w.Code, Detail: w.Detail})
	}
	if r.Clause != "" {
		f = f.With("rule", r.Clause)
	}
	return f.With("errors", list)
}

func refuse(code, pointer, rule, detail string) error {
	return refusal(form.Refuse(code, pointer, rule, detail))
}

// gone turns the absence of a subject into the refusal of its session.
func gone(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return fault.New(fault.Refused, "unauthenticated", "This account was erased.")
	}
	return err
}

// profile returns the choices of a subject as they are now.
func (s *Service) profile(ctx context.Context, who task.Who) (facts.Profile, error) {
	p, err := facts.ProfileOf(ctx, s.DB.App(who.App()), who.Subject, s.Clock.Now())
	return p, gone(err)
}

// digest stands for an identifier: under a key of the app, so that the same device in two apps shows two
// digests that nothing joins (MIX-1.8-02).
func (s *Service) digest(app privacy.AppID, field, value string) []byte {
	key := s.Ring.Subkey("intake-risk/" + string(app))
	defer clear(key[:])
	h := hmac.New(sha256.New, key[:])
	h.Write([]byte(field))
	h.Write([]byte{0})
	h.Write([]byte(value))
	return h.Sum(nil)
}
