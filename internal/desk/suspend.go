package desk

import (
	"context"
	"errors"
	"slices"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/abuse"
	facts "vow.example/vow/internal/store/desk"
)

const prefixSuspension = "sus"

// Reasons lists why an account may be suspended.
func Reasons() []string {
	return []string{"fraud", "abuse", "misconduct", "unauthorised_access"}
}

// Signals lists the signs of abuse that were counted in an app, newest first: pseudonyms, codes, counts
// and times, and nothing that anybody wrote (MIX-2.4-03).
func (s *Service) Signals(ctx context.Context, by facts.Staff, app privacy.AppID, before string, limit int) ([]abuse.Signal, error) {
	if err := s.guards(by, app); err != nil {
		return nil, err
	}
	return abuse.Signals(ctx, s.DB.App(app), s.Clock.Now(), before, limit)
}

// Suspensions lists the suspensions of an app, newest first, those that were lifted among them.
func (s *Service) Suspensions(ctx context.Context, by facts.Staff, app privacy.AppID) ([]abuse.Suspension, error) {
	if err := s.guards(by, app); err != nil {
		return nil, err
	}
	return abuse.Suspensions(ctx, s.DB.App(app), "", s.Clock.Now(), maxOrders)
}

// guards answers whether somebody may see the lists that speak against accounts of an app. They name people,
// so they are read where people's data may be read.
func (s *Service) guards(by facts.Staff, app privacy.AppID) error {
	p, err := s.inApp(by, actSuspend, app)
	if err == nil && len(p.Terms().StaffRegions) > 0 && !slices.Contains(p.Terms().StaffRegions, by.Region) {
		return ErrRegion
	}
	return err
}

// Suspend suspends the account that a case is about: it starts nothing until that is lifted, or until the
// record of it ends. It is a person's decision: whoever takes it has a reason of the list, and has read
// something of the person within the case. No count and no program does it (MIX-2.4-04, MIX-6.8-01).
func (s *Service) Suspend(ctx context.Context, by facts.Staff, id privacy.CaseID, reason string) (abuse.Suspension, error) {
	if by.ID == "" || !may(by.Role, actSuspend) {
		return abuse.Suspension{}, ErrForbidden
	}
	c, err := s.caseOf(ctx, by, id)
	if err != nil {
		return abuse.Suspension{}, err
	}
	who := Subject{c.App, c.Subject}
	if _, err := s.about(ctx, by, actSuspend, who); err != nil {
		return abuse.Suspension{}, err
	}
	if err := s.decidable(ctx, by, c, reason); err != nil {
		return abuse.Suspension{}, err
	}
	until, err := s.Eraser.EvidenceUntil(c.App, "moderation_record")
	if err != nil {
		return abuse.Suspension{}, err
	}
	x := abuse.Suspension{
		App: c.App, ID: privacy.NewID(prefixSuspension), Subject: c.Subject, Case: c.ID, Reason: reason, Staff: by.ID, At: s.Clock.Now(), Until: until,
	}
	return x, suspendedAlready(s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := x.Insert(ctx, tx); err != nil {
			return err
		}
		return s.note(ctx, tx, by, ofSuspension("suspended", x))
	}))
}

// decidable refuses a decision that nobody can have taken: without a reason of the list, in a case about
// something else, or by somebody who has looked at nothing.
func (s *Service) decidable(ctx context.Context, by facts.Staff, c facts.Case, reason string) error {
	if !slices.Contains(Reasons(), reason) {
		return invalid("/reason", "unknown", "A reason of the list: fraud, abuse, misconduct, unauthorised_access.")
	}
	if c.Kind != "moderation" && c.Kind != "security" {
		return invalid("/case", "kind", "An account is suspended in a case of moderation or security.")
	}
	read, err := c.ReadBy(ctx, s.DB.Everywhere(), by.ID)
	if err == nil && !read {
		err = invalid("/case", "not_read", "Read what the case is about first: a person decides about a person.")
	}
	return err
}

// LiftSuspension ends a suspension. It takes less than suspending: nobody waits for a case to be read again.
func (s *Service) LiftSuspension(ctx context.Context, by facts.Staff, id string) (abuse.Suspension, error) {
	if by.ID == "" || !may(by.Role, actSuspend) {
		return abuse.Suspension{}, ErrForbidden
	}
	x, err := abuse.SuspensionByID(ctx, s.DB.Everywhere(), id)
	if err != nil {
		return x, unlessNotFound(err)
	}
	if _, err := s.about(ctx, by, actSuspend, Subject{x.App, x.Subject}); err != nil {
		return abuse.Suspension{}, err
	}
	now := s.Clock.Now()
	if !x.StandsAt(now) {
		return x, errNotSuspended
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := x.Lift(ctx, tx, by.ID, now); err != nil {
			return err
		}
		return s.note(ctx, tx, by, ofSuspension("suspension_lifted", x))
	})
	if errors.Is(err, store.ErrNotFound) {
		return x, errNotSuspended
	}
	x.LiftedAt, x.LiftedBy = now, by.ID
	return x, err
}

var errNotSuspended = fault.New(fault.Conflict, "conflict", "This suspension has ended.")

// SuspensionsOf lists the suspensions of a subject. It is the subject's own.
func (s *Service) SuspensionsOf(ctx context.Context, who Subject, limit int) ([]abuse.Suspension, error) {
	return abuse.Suspensions(ctx, s.DB.App(who.App), who.ID, s.Clock.Now(), limit)
}

func suspendedAlready(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return fault.New(fault.Conflict, "conflict", "This account is suspended already.")
	}
	return err
}

func ofSuspension(kind audit.Kind, x abuse.Suspension) audit.Event {
	e := event(kind, Subject{x.App, x.Subject}, map[string]string{"reason": x.Reason, "case": string(x.Case)})
	e.Object = x.ID
	return e
}
