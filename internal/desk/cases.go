package desk

import (
	"context"
	"errors"
	"slices"
	"time"

	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/desk"
	"vow.example/vow/internal/store/intake"
)

// caseLasts is how long a case is open. Who needs longer opens another one, and says why again.
const caseLasts = 7 * 24 * time.Hour

// handles says which roles look into which kind of case.
func handles(role, kind string) bool {
	switch kind {
	case "support", "rights":
		return role == Officer || role == Support
	case "moderation", "security", "minors":
		return role == Officer || role == Moderator
	case "legal":
		return role == Officer
	default:
		return false
	}
}

// reads says for which purposes a role reads. The policy decides beside it what the purpose opens.
func reads(role string, u privacy.Purpose) bool {
	switch role {
	case Officer:
		return true
	case Moderator:
		return slices.Contains([]privacy.Purpose{"safety_review", "security", "auth_security"}, u)
	case Support:
		return slices.Contains([]privacy.Purpose{"support", "troubleshooting", "fault_recovery", "service_operation"}, u)
	default:
		return false
	}
}

// OpenCase opens a case about a subject. reason is a code, such as ticket-17.
func (s *Service) OpenCase(ctx context.Context, by facts.Staff, who Subject, kind, reason string) (facts.Case, error) {
	if _, err := s.about(ctx, by, actCase, who); err != nil {
		return facts.Case{}, err
	}
	if !handles(by.Role, kind) {
		return facts.Case{}, ErrForbidden
	}
	if !isCode(reason) {
		return facts.Case{}, invalid("/reason", "format", "A reason is a code of letters, digits and -_./, without a blank.")
	}
	now := s.Clock.Now()
	c := facts.Case{
		App: who.App, ID: privacy.CaseID(privacy.NewID(privacy.PrefixCase)), Subject: who.ID, Kind: kind, Reason: reason,
		Staff: by.ID, At: now, ClosesAt: now.Add(caseLasts),
	}
	until, err := s.Eraser.EvidenceUntil(who.App, "audit_entry")
	if err != nil {
		return c, err
	}
	return c, unlessNotFound(s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := c.Insert(ctx, tx, until); err != nil {
			return err
		}
		return s.note(ctx, tx, by, audit.Event{Kind: "case_opened", App: c.App, Subject: c.Subject, Object: string(c.ID), Data: map[string]string{"kind": kind, "reason": reason}})
	}))
}

// CloseCase ends a case: from now on nothing is read within it.
func (s *Service) CloseCase(ctx context.Context, by facts.Staff, id privacy.CaseID) (facts.Case, error) {
	c, err := s.caseOf(ctx, by, id)
	if err != nil {
		return c, err
	}
	p, err := s.Policies.For(ctx, c.App, c.Subject)
	if err != nil {
		return c, err
	}
	if err := s.near(ctx, by, p, Subject{c.App, c.Subject}); err != nil {
		return c, err
	}
	now := s.Clock.Now()
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := c.Close(ctx, tx, now); err != nil {
			return err
		}
		return s.note(ctx, tx, by, audit.Event{Kind: "case_closed", App: c.App, Subject: c.Subject, Object: string(c.ID)})
	})
	c.ClosesAt = now
	return c, unlessNotFound(err)
}

// Cases lists the cases of an app, newest first.
func (s *Service) Cases(ctx context.Context, by facts.Staff, app privacy.AppID, before privacy.CaseID, limit int) ([]facts.Case, error) {
	if _, err := s.mayList(by, app); err != nil {
		return nil, err
	}
	return facts.Cases(ctx, s.DB.App(app), before, limit)
}

// caseOf returns an open case that somebody may look into. Whatever is wrong with it, the answer is the
// same: there is no case.
func (s *Service) caseOf(ctx context.Context, by facts.Staff, id privacy.CaseID) (facts.Case, error) {
	if !may(by.Role, actCase) {
		return facts.Case{}, ErrForbidden
	}
	c, err := facts.CaseByID(ctx, s.DB.Everywhere(), id)
	if errors.Is(err, store.ErrNotFound) || err == nil && (by.App != "" && by.App != c.App || !c.OpenAt(s.Clock.Now())) {
		return c, vault.ErrNoCase
	}
	if err == nil && !handles(by.Role, c.Kind) {
		return c, ErrForbidden
	}
	return c, err
}

// Accesses lists who of the staff has read something of a subject, newest first. It is the subject's own.
func (s *Service) Accesses(ctx context.Context, who Subject, before string, limit int) ([]facts.Access, error) {
	return facts.Accesses(ctx, s.DB.App(who.App), who.ID, before, limit)
}

// Orders lists what staff asked for about a subject, and what the subject asked to keep. It is the subject's own.
func (s *Service) Orders(ctx context.Context, who Subject, limit int) ([]facts.Order, error) {
	return facts.Orders(ctx, s.DB.App(who.App), who.ID, limit)
}

// Complaints lists what people of an app complained about, newest first: who wrote it and where, and nothing of what
// they wrote. That is read within a case.
func (s *Service) Complaints(ctx context.Context, by facts.Staff, app privacy.AppID, before string, limit int) ([]intake.Complaint, error) {
	if !may(by.Role, actCase) {
		return nil, ErrForbidden
	}
	if _, err := s.mayList(by, app); err != nil {
		return nil, err
	}
	return intake.Complaints(ctx, s.DB.App(app), before, limit, s.Clock.Now())
}
