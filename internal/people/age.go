package people

import (
	"context"
	"errors"
	"slices"
	"strings"

	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/people"
	"vow.example/vow/internal/task"
)

// known refuses a band that the app does not have, and names those that it has.
func known(p *policy.Policy, band, pointer string) error {
	bands := p.Terms().Minors.Bands()
	if slices.Contains(bands, band) {
		return nil
	}
	return invalid(pointer, "not_a_band", `One of: "`+strings.Join(bands, `", "`)+`".`)
}

// SetAge records the age band that a person says. In an app that stays shut for younger people "under"
// erases the account at once, and the answer is the refusal. An answer binds: only a younger band may
// replace it (MIX-7-01, FIT-8-01).
func (s *Service) SetAge(ctx context.Context, who task.Who, band string, device privacy.Text) error {
	if err := known(who.Policy, band, "/band"); err != nil {
		return err
	}
	if who.Policy.Terms().Minors.Shuts(band) {
		if err := errors.Join(s.refuse(ctx, who.Policy, device), s.erase(ctx, who)); err != nil {
			return err
		}
		return ErrTooYoung
	}
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := facts.ProfileOf(ctx, tx.App(who.App()), who.Subject, s.Clock.Now()); err != nil {
			return gone(err)
		}
		return s.putAge(ctx, tx, who, band)
	})
	if errors.Is(err, store.ErrNotFound) {
		return ErrGuardian // a younger band was said before
	}
	return err
}

// putAge writes the band, where the policy gives such a row a clock. Without one nothing is kept.
func (s *Service) putAge(ctx context.Context, tx *store.Tx, who task.Who, band string) error {
	now := s.Clock.Now()
	expires, err := until(who.Policy, "age_assertion", now)
	if err != nil {
		if who.Policy.Terms().Minors.MinAge > 0 {
			return err
		}
		return nil
	}
	if err := facts.PutAge(ctx, tx, who.App(), who.Subject, facts.Age{Band: band, At: now, ExpiresAt: expires}); err != nil {
		return err
	}
	return s.note(ctx, tx, who, audit.Event{Kind: "age_stated"}) // without the band, which has a clock of its own
}

// MarkUnderage is for a member of staff who learned that a person is too young: everything is erased at
// once, unless a guardian has agreed where that is enough (MIX-7-02, WIZ-7-02, FIT-8-03). Below the age at
// which an app stays shut none is. erased says whether it was.
func (s *Service) MarkUnderage(ctx context.Context, who task.Who) (erased bool, err error) {
	p, err := s.Profile(ctx, who)
	if err != nil {
		return false, err
	}
	if who.Policy.Terms().Minors.Guardian && p.Guardian == facts.Confirmed {
		return false, s.DB.Write(ctx, func(tx *store.Tx) error { return s.putAge(ctx, tx, who, terms.Under) })
	}
	return true, s.erase(ctx, who)
}
