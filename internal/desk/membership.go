package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/desk"
	"vow.example/vow/internal/store/people"
)

const (
	memberIs           = privacy.Category("membership_status")
	memberWas          = privacy.Category("subscription_record")
	prefixSubscription = "sbn"
)

// SetMembership writes what the operator's own server has learnt from an app store: somebody is a member
// until a moment. The level is one of the policy's list, or nothing is written. The same report again changes
// nothing (FIT-7.2-01).
func (s *Service) SetMembership(ctx context.Context, by facts.Staff, who Subject, level string, until time.Time) (people.Membership, error) {
	m := people.Membership{App: who.App, Subject: who.ID, Level: level, Until: until.UTC().Truncate(time.Second), At: s.Clock.Now()}
	p, err := s.membership(ctx, by, who)
	if err != nil {
		return m, err
	}
	if _, ok := p.Terms().Level(level); !ok {
		return m, invalid("/level", "unknown", "One of: "+levels(p)+".")
	}
	if !m.At.Before(m.Until) {
		return m, invalid("/until", "past", "A membership that has ended is none: report its end instead.")
	}
	if err := s.wanted(ctx, p, who); err != nil {
		return m, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		was, err := people.MembershipOf(ctx, tx.App(who.App), who.ID, m.At)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if was.Level == m.Level && was.Until.Equal(m.Until) {
			m = was
			return nil
		}
		if m.Starts, m.Due, err = memberClock(p, m.At); err != nil {
			return err
		}
		if err := m.Put(ctx, tx); err != nil {
			return err
		}
		return s.reported(ctx, tx, "membership_set", report{m, p, by})
	})
	return m, unlessNotFound(err)
}

// EndMembership ends what somebody is a member of, now: the store has given the money back, or ended it. Where
// there is nothing to end it changes nothing.
func (s *Service) EndMembership(ctx context.Context, by facts.Staff, who Subject) error {
	p, err := s.membership(ctx, by, who)
	if err != nil {
		return err
	}
	now := s.Clock.Now()
	return unlessNotFound(s.DB.Write(ctx, func(tx *store.Tx) error {
		m, err := people.MembershipOf(ctx, tx.App(who.App), who.ID, now)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := m.End(ctx, tx); err != nil {
			return err
		}
		m.Until, m.At = now, now
		return s.reported(ctx, tx, "membership_ended", report{m, p, by})
	}))
}

// membership answers whether somebody may report memberships of a subject, and under which policy.
func (s *Service) membership(ctx context.Context, by facts.Staff, who Subject) (*policy.Policy, error) {
	p, err := s.about(ctx, by, actMember, who)
	if err == nil && len(p.Terms().Memberships) == 0 {
		err = fault.New(fault.NotFound, "feature-unavailable", "The policy of this app lists no memberships.")
	}
	return p, err
}

func levels(p *policy.Policy) string {
	var ids []string
	for _, m := range p.Terms().Memberships {
		ids = append(ids, m.ID)
	}
	return strings.Join(ids, ", ")
}

// wanted refuses to write about somebody who has processing restricted, or who objects to everything that a
// membership is kept for.
func (s *Service) wanted(ctx context.Context, p *policy.Policy, who Subject) error {
	person, err := people.ProfileOf(ctx, s.DB.App(who.App), who.ID, s.Clock.Now())
	if err != nil {
		return unlessNotFound(err)
	}
	refused := fault.New(fault.Refused, "processing-restricted", "This person does not want it: a restriction or an objection stands.")
	if person.Restriction != "" {
		return refused
	}
	for _, c := range p.Terms().Categories {
		if c.ID == memberIs && !slices.ContainsFunc(c.Purposes, func(u privacy.Purpose) bool { return !slices.Contains(person.Objections, u) }) {
			return refused
		}
	}
	return nil
}

// memberClock is how long the policy lets it be known who is a member: since the account was used last, where
// it says so, or else since it was written.
func memberClock(p *policy.Policy, now time.Time) (starts string, due time.Time, err error) {
	d, err := retention.For(p, memberIs, policy.LastActive, now)
	if err != nil {
		d, err = retention.For(p, memberIs, policy.ItemWritten, now)
	}
	if err != nil {
		return "", time.Time{}, fmt.Errorf("desk: %w", err)
	}
	return string(d.Starts()), d.At(), nil
}

// report is a membership as it was reported, under which policy and by whom.
type report struct {
	people.Membership
	pol *policy.Policy
	by  facts.Staff
}

// reported keeps the report where the policy keeps such records, and notes it: who, when, about whom, and
// nothing of what was bought, because the log may outlive the record.
func (s *Service) reported(ctx context.Context, tx *store.Tx, kind audit.Kind, r report) error {
	if r.pol.HasCategory(memberWas) {
		d, err := retention.For(r.pol, memberWas, policy.ItemWritten, r.At)
		if err != nil {
			return fmt.Errorf("desk: %w", err)
		}
		if err := r.Record(ctx, tx, privacy.NewID(prefixSubscription), d.At()); err != nil {
			return err
		}
	}
	return s.note(ctx, tx, r.by, event(kind, Subject{r.App, r.Subject}, nil))
}
