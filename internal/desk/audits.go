package desk

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/audits"
	facts "vow.example/vow/internal/store/desk"
)

// SecurityPart says of one part of security until when it must be audited next.
type SecurityPart struct {
	Part string
	Last audits.Audit // its At is zero: none is on record
	Due  time.Time    // zero: none is on record, so that it is due now
	Late bool
}

// Audited says which parts of security were audited when, and which report says so.
type Audited struct {
	Parts  []string
	At     time.Time // zero: now
	Report string    // SHA-256 of the report, in hex: the report itself stays with whoever made it
}

// SecurityAudits says of each part that the policy promises to have audited when that was, and when it must
// be again (WIZ-5-05). A policy that promises none has no part.
func (s *Service) SecurityAudits(ctx context.Context, by facts.Staff, app privacy.AppID) ([]SecurityPart, error) {
	p, err := s.inApp(by, actAudit, app)
	if err != nil {
		return nil, err
	}
	return s.parts(ctx, p)
}

// DueAudits is SecurityAudits for the server itself, which tells its operator what is late.
func (s *Service) DueAudits(ctx context.Context, app privacy.AppID) ([]SecurityPart, error) {
	p, ok := s.Policies.InForce(app, s.Clock.Now())
	if !ok {
		return nil, nil
	}
	return s.parts(ctx, p)
}

func (s *Service) parts(ctx context.Context, p *policy.Policy) ([]SecurityPart, error) {
	t, now := p.Terms(), s.Clock.Now()
	last, err := audits.Last(ctx, s.DB.App(p.App()))
	if err != nil {
		return nil, err
	}
	list := []SecurityPart{}
	for _, part := range t.Audits.Scope {
		x := SecurityPart{Part: part, Late: true}
		if i := slices.IndexFunc(last, func(a audits.Audit) bool { return a.Part == part }); i >= 0 {
			x.Last, x.Due = last[i], t.Calendar.Due(t.Audits.Every, last[i].At)
			x.Late = !now.Before(x.Due)
		}
		list = append(list, x)
	}
	return list, nil
}

// RecordAudit writes down that parts of security were audited: from then on the next audit of each is due the
// policy's interval later. One leaf of the log says who wrote it. What is still to come is no audit.
func (s *Service) RecordAudit(ctx context.Context, by facts.Staff, app privacy.AppID, a Audited) ([]SecurityPart, error) {
	p, err := s.inApp(by, actAudit, app)
	if err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	if a.At.IsZero() {
		a.At = now
	}
	if err := a.check(p.Terms().Audits.Scope, now); err != nil {
		return nil, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		for _, part := range a.Parts {
			x := audits.Audit{App: app, Part: part, At: a.At, Report: a.Report, Staff: by.ID, NotedAt: now}
			if err := x.Insert(ctx, tx); errors.Is(err, store.ErrNotFound) {
				return fault.New(fault.Conflict, "conflict", "An audit of "+part+" at that moment is on record already.")
			} else if err != nil {
				return err
			}
		}
		return s.note(ctx, tx, by, audit.Event{Kind: "security_audited", App: app, Data: map[string]string{
			"parts": strings.Join(a.Parts, "/"), "took_place": a.At.UTC().Format(time.RFC3339), "report": a.Report,
		}})
	})
	if err != nil {
		return nil, err
	}
	return s.parts(ctx, p)
}

// check refuses what is no audit of the policy's: of another part or of none, without a report, or to come.
func (a Audited) check(scope []string, now time.Time) error {
	raw, err := hex.DecodeString(a.Report)
	switch {
	case len(scope) == 0:
		return invalid("/app", "not_promised", "The policy of this app promises no audits.")
	case len(a.Parts) == 0:
		return invalid("/parts", "required", "Name what was audited: "+strings.Join(scope, ", ")+".")
	case slices.ContainsFunc(a.Parts, func(part string) bool { return !slices.Contains(scope, part) }):
		return invalid("/parts", "unknown", "The policy has these parts audited: "+strings.Join(scope, ", ")+".")
	case len(slices.Compact(slices.Sorted(slices.Values(a.Parts)))) < len(a.Parts):
		return invalid("/parts", "repeated", "Name each part once.")
	case a.At.After(now):
		return invalid("/at", "out_of_bounds", "The moment at which the audit took place; not one to come.")
	case err != nil || len(raw) != 32 || strings.ToLower(a.Report) != a.Report:
		return invalid("/report", "format", "The SHA-256 of the report: 64 characters of 0-9 and a-f.")
	}
	return nil
}
