package desk

import (
	"context"
	"errors"
	"slices"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/desk"
	"vow.example/vow/internal/store/people"
	"vow.example/vow/internal/store/tally"
	"vow.example/vow/internal/task"
)

// MarkUnderage erases everything of somebody who turned out to be too young: at once, without a clock and
// without asking who they are (MIX-7-02, FIT-8-03, WIZ-7-02). Only a legal order outlives the mark, sealed.
// erased is false where a guardian has agreed and that is enough.
func (s *Service) MarkUnderage(ctx context.Context, by facts.Staff, who Subject) (erased bool, err error) {
	p, err := s.about(ctx, by, actUnderage, who)
	if err != nil {
		return false, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error { return s.note(ctx, tx, by, event("underage_marked", who, nil)) })
	if err != nil {
		return false, err
	}
	return s.Underage(ctx, task.Who{Policy: p, Subject: who.ID})
}

// Restrict restricts the processing of a subject's data on a ground of the policy, at the subject's
// request, or with an empty ground lifts the restriction. Then, or on a ground that keeps nothing, what was kept goes.
func (s *Service) Restrict(ctx context.Context, by facts.Staff, who Subject, ground string) error {
	p, err := s.about(ctx, by, actRestrict, who)
	if err != nil {
		return err
	}
	known := func(g terms.Ground) bool { return g.ID == ground }
	if ground != "" && !slices.ContainsFunc(p.Terms().Restrictions, known) {
		return retention.ErrGround
	}
	return s.profile(ctx, by, event("restricted", who, map[string]string{"ground": ground}), func(tx *store.Tx, f *people.Profile) error {
		f.Restriction, f.RestrictedAt = ground, time.Time{}
		if ground != "" {
			f.RestrictedAt = s.Clock.Now()
		}
		return s.restricted(ctx, tx, by, task.Who{Policy: p, Subject: who.ID}, ground)
	})
}

// Objection writes that a subject objects to a purpose, or, where the objection was answered by an override of
// the policy's list, that it stands no longer.
func (s *Service) Objection(ctx context.Context, by facts.Staff, who Subject, u privacy.Purpose, override string) error {
	p, err := s.about(ctx, by, actRestrict, who)
	if err != nil {
		return err
	}
	if _, ok := p.Terms().Purpose(u); !ok {
		return invalid("/purpose", "unknown", "The policy has no such purpose.")
	}
	if override != "" && !slices.ContainsFunc(p.Terms().Overrides, func(g terms.Ground) bool { return g.ID == override }) {
		return retention.ErrGround
	}
	if override != "" {
		if err := s.overridden(ctx, who, override); err != nil {
			return err
		}
	}
	return s.profile(ctx, by, event("objected", who, map[string]string{"purpose": string(u), "ground": override}), func(_ *store.Tx, f *people.Profile) error {
		f.Objections = slices.DeleteFunc(f.Objections, func(x privacy.Purpose) bool { return x == u })
		if override == "" {
			f.Objections = append(f.Objections, u)
		}
		return nil
	})
}

// overridden refuses where no override on that ground stands for a subject: nobody sets an objection aside
// alone, or without what the ground asks for (MIX-6.4-03).
func (s *Service) overridden(ctx context.Context, who Subject, ground string) error {
	all, err := facts.Orders(ctx, s.DB.App(who.App), who.ID, maxOrders)
	stands := func(o facts.Order) bool {
		return o.Kind == facts.Override && o.Ground == ground && o.StandsAt(s.Clock.Now())
	}
	if err != nil || slices.ContainsFunc(all, stands) {
		return err
	}
	return retention.ErrSecond
}

// profile changes what is known of a subject, in one transaction with its leaf.
func (s *Service) profile(ctx context.Context, by facts.Staff, e audit.Event, change func(*store.Tx, *people.Profile) error) error {
	now := s.Clock.Now()
	return unlessNotFound(s.DB.Write(ctx, func(tx *store.Tx) error {
		f, err := people.ProfileOf(ctx, tx.App(e.App), e.Subject, now)
		if err != nil {
			return err
		}
		if err := change(tx, &f); err != nil {
			return err
		}
		if err := people.PutProfile(ctx, tx, people.Owner{App: e.App, Subject: e.Subject, Now: now}, f); err != nil {
			return err
		}
		return s.note(ctx, tx, by, e)
	}))
}

// Tells sends a message of a kind that the policy lists; marketing is on no list.
func (s *Service) Tells(ctx context.Context, by facts.Staff, m Message) (string, error) {
	p, err := s.inApp(by, actApp, m.App)
	if err != nil {
		return "", err
	}
	if !slices.Contains(p.Terms().Notices.Kinds, m.Kind) {
		return "", errKind
	}
	return s.tell(ctx, by, m)
}

var errKind = fault.New(fault.Invalid, "message-kind-not-allowed", "The policy does not list this as a reason to write to people.")

func (s *Service) tell(ctx context.Context, by facts.Staff, m Message) (string, error) {
	if s.Tell == nil {
		return "", fault.New(fault.Unavailable, "busy", "This server has no way to write to people.")
	}
	id, err := s.Tell(ctx, m)
	if err != nil {
		return "", err
	}
	e := event("people_told", Subject{m.App, m.Subject}, map[string]string{"kind": m.Kind})
	e.Object = id
	return id, s.DB.Write(ctx, func(tx *store.Tx) error { return s.note(ctx, tx, by, e) })
}

// closingMost is how long data may outlive its app, whatever the policy says.
const closingMost = 30 * 24 * time.Hour

// CloseApp ends an app: nothing more is taken in from now on, people are told, and everything goes within
// the policy's time for erasing an account (FIT-7.6-01, KME-SVC-03).
func (s *Service) CloseApp(ctx context.Context, by facts.Staff, app privacy.AppID, notice map[privacy.Lang]string) (facts.Closing, error) {
	p, err := s.inApp(by, actApp, app)
	if err != nil {
		return facts.Closing{}, err
	}
	if len(notice) == 0 {
		return facts.Closing{}, invalid("/notice", "required", "Say what people are told.")
	}
	now := s.Clock.Now()
	c := facts.Closing{App: app, Staff: by.ID, At: now, PurgeAt: purgeAt(p, now)}
	if kind := closingKind(p.Terms().Notices.Kinds); s.Tell != nil && kind != "" {
		if c.Notice, err = s.tell(ctx, by, Message{App: app, Kind: kind, Text: notice}); err != nil {
			return c, err
		}
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := c.Insert(ctx, tx); err != nil {
			return err
		}
		e := event("app_closed", Subject{App: app}, nil)
		e.Object = c.Notice
		return s.note(ctx, tx, by, e)
	})
	if errors.Is(err, store.ErrNotFound) {
		return c, fault.New(fault.Conflict, "conflict", "This app has ended already.")
	}
	return c, err
}

// closingKind is the listed kind of message that fits the end of an app best, or "" where none does.
func closingKind(kinds []string) string {
	for _, kind := range []string{"closing", "service_notice", "service", "update"} {
		if slices.Contains(kinds, kind) {
			return kind
		}
	}
	return ""
}

func purgeAt(p *policy.Policy, now time.Time) time.Time {
	most := now.Add(closingMost)
	for _, id := range []string{"erase", "erasure"} {
		if r, ok := p.Terms().Right(id); ok && p.Terms().Calendar.Due(r.Deadline, now).Before(most) {
			return p.Terms().Calendar.Due(r.Deadline, now)
		}
	}
	return most
}

// Closed reports whether an app has ended.
func (s *Service) Closed(ctx context.Context, app privacy.AppID) (bool, error) {
	_, err := facts.ClosingOf(ctx, s.DB.App(app))
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

const purgeBatch = 50

// Sweep erases what is left of apps that have ended, a batch of it, and returns how many accounts went. It
// implements retention.Due.
func (s *Service) Sweep(ctx context.Context, now time.Time) (total int, failed error) {
	due, err := facts.DueClosings(ctx, s.DB.Everywhere(), now)
	if err != nil {
		return 0, err
	}
	for _, c := range due {
		n, err := s.purge(ctx, c, now)
		total, failed = total+n, errors.Join(failed, err)
	}
	return total, failed
}

func (s *Service) purge(ctx context.Context, c facts.Closing, now time.Time) (n int, failed error) {
	app := s.DB.App(c.App)
	list, err := facts.Subjects(ctx, app, now, purgeBatch)
	if err != nil {
		return 0, err
	}
	for _, id := range list {
		p, err := s.Policies.For(ctx, c.App, id)
		if err == nil {
			err = s.Erase(ctx, task.Who{Policy: p, Subject: id})
		}
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		n++
	}
	if len(list) > 0 || failed != nil {
		return n, failed
	}
	if empty, err := facts.Empty(ctx, app); err != nil || !empty {
		return n, err // an order keeps something: it goes when the order ends
	}
	return n, s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := errors.Join(c.Purged(ctx, tx, now), tally.Forget(ctx, tx, c.App)); err != nil {
			return err
		}
		return s.note(ctx, tx, facts.Staff{}, event("app_purged", Subject{App: c.App}, nil))
	})
}
