package editions

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/policy/diff"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	rows "vow.example/vow/internal/store/editions"
)

// byConsent is the word of a policy whose reductions bind only who agreed to them.
const byConsent = "consent"

// For returns the policy that binds a subject now. It is the version in force, or an earlier one for as
// long as a later one waits: for the subject's consent, or for the time that starts with the notice to
// this very subject.
func (s *Service) For(ctx context.Context, app privacy.AppID, subject privacy.SubjectID) (*policy.Policy, error) {
	e, err := s.editionFor(ctx, app, subject)
	return e.Policy, err
}

func (s *Service) editionFor(ctx context.Context, app privacy.AppID, subject privacy.SubjectID) (book.Edition, error) {
	now := s.Clock.Now()
	list := s.Effective(app, now)
	if len(list) == 0 {
		return book.Edition{}, fault.New(fault.NotFound, "not-found", "There is no such app.")
	}
	last := list[len(list)-1]
	if len(list) == 1 || subject == "" {
		return last, nil
	}
	f, err := rows.FactsOf(ctx, s.DB.App(app), subject)
	if errors.Is(err, store.ErrNotFound) {
		return last, nil // nobody is bound: the account is gone, or begins right now
	}
	if err != nil {
		return last, fmt.Errorf("editions: which version binds: %w", err)
	}
	return s.bound(list, f, now), nil
}

// bound walks the versions that have taken effect from the one under which the account began, and takes
// each that binds. One that does not bind yet is passed over: the next is compared with what binds.
func (s *Service) bound(list []book.Edition, f rows.Facts, now time.Time) book.Edition {
	first := 0
	for i, e := range list {
		if e.InForce(f.CreatedAt) {
			first = i
		}
	}
	binding := list[first]
	for _, e := range list[first+1:] {
		if s.binds(binding, e, f, now) {
			binding = e
		}
	}
	return binding
}

// binds reports whether a version binds somebody whom another one bound so far.
func (s *Service) binds(from, to book.Edition, f rows.Facts, now time.Time) bool {
	if _, ok := f.Bound[to.Number]; ok {
		return true
	}
	d := s.Between(from.Policy, to.Policy)
	promised := from.Policy.Terms()
	switch {
	case AsksConsent(promised.Notices, d):
		return false // FIT-9.1-02: "not reduced without explicit consent"
	case d.Class() < diff.Material:
		return true // WIZ-8-01 asks time for material changes; one that only protects needs none (C-WIZ-10)
	case book.Zero(promised.Notices.Lead):
		return true
	default:
		shown, ok := f.Shown[to.Number]
		return ok && !now.Before(promised.Calendar.Due(promised.Notices.Lead, shown))
	}
}

// AsksConsent reports whether a version with these changes binds only who agreed to it, by the rules of
// the version before: where it takes something away or handles a new sensitive kind of data.
func AsksConsent(n terms.Notices, d diff.Diff) bool {
	return n.Reductions == byConsent && (d.Reduces() || d.SensitiveNew())
}

// GoOn records that a subject went on after the version took effect that binds it (MIX-8-03, PIX-14-02,
// WIZ-8-02). It is no consent to anything that a consent screen asks. Only a request of the person itself,
// whom nothing has to wait for, is going on: what the server does meanwhile is silence.
func (s *Service) GoOn(ctx context.Context, app privacy.AppID, subject privacy.SubjectID) error {
	now := s.Clock.Now()
	list := s.Effective(app, now)
	if len(list) < 2 {
		return nil
	}
	f, err := rows.FactsOf(ctx, s.DB.App(app), subject)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("editions: going on: %w", err)
	}
	e := s.bound(list, f, now)
	if _, ok := f.Bound[e.Number]; ok || e.InForce(f.CreatedAt) {
		return nil
	}
	b := rows.Bound{App: app, Subject: subject, Number: e.Number, How: rows.Continued}
	if err := s.bind(ctx, b, e.Policy.Hash()); err != nil && !errors.Is(err, store.ErrNotFound) {
		s.Log.Error("that somebody went on under a new version could not be recorded", log.Code(err))
	}
	return nil
}

// bind records that a version binds a subject, with its leaf.
func (s *Service) bind(ctx context.Context, b rows.Bound, hash privacy.PolicyHash) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := rows.Bind(ctx, tx, b, s.Clock.Now()); err != nil {
			return err
		}
		return s.note(ctx, tx, audit.Event{Kind: "version_accepted", App: b.App, Subject: b.Subject, PolicyHash: hash, Data: map[string]string{"how": b.How}})
	})
}
