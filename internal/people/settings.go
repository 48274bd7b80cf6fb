package people

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/people"
	"vow.example/vow/internal/task"
)

// SetLocale changes the person's language to the offered one that fits best, and returns it.
func (s *Service) SetLocale(ctx context.Context, who task.Who, to privacy.Lang) error {
	return gone(s.DB.Write(ctx, func(tx *store.Tx) error { return facts.SetLocale(ctx, tx, who.App(), who.Subject, to) }))
}

// SetSwitches sets switches of the policy. One that the policy does not list is refused, and nothing is set
// then (MIX-1.1-05).
func (s *Service) SetSwitches(ctx context.Context, who task.Who, set map[string]bool) error {
	for _, id := range slices.Sorted(maps.Keys(set)) {
		if !slices.ContainsFunc(who.Policy.Terms().Switches, func(w terms.Switch) bool { return w.ID == id }) {
			return invalid("", "not_a_switch", "The policy of this app has no such switch.")
		}
	}
	return s.change(ctx, who, audit.Event{Kind: "switches_set", Data: words(set, "on", "off")}, func(_ *store.Tx, p *facts.Profile) error {
		maps.Copy(p.Switches, set)
		return nil
	})
}

// SetPermissions records the state of permissions of the device. A permission that the policy does not list
// for the platform is refused: the app has no business with it. One that was taken back counts at once
// (WIZ-6-02).
func (s *Service) SetPermissions(ctx context.Context, who task.Who, platform terms.Platform, set map[string]bool) error {
	for _, id := range slices.Sorted(maps.Keys(set)) {
		listed := slices.ContainsFunc(who.Policy.Terms().Permissions, func(w terms.Permission) bool {
			return w.ID == id && (platform == "" || len(w.Platforms) == 0 || slices.Contains(w.Platforms, platform))
		})
		if !listed {
			return invalid("", "not_a_permission", "The policy of this app lists no such permission here.")
		}
	}
	err := s.change(ctx, who, audit.Event{Kind: "permissions_set", Data: words(set, "granted", "denied")}, func(_ *store.Tx, p *facts.Profile) error {
		maps.Copy(p.Permissions, set)
		return nil
	})
	for _, id := range slices.Sorted(maps.Keys(set)) {
		if err == nil && !set[id] && s.Revoked != nil {
			err = s.Revoked(ctx, who, id)
		}
	}
	return err
}

func words(set map[string]bool, yes, no string) map[string]string {
	m := map[string]string{}
	for id, v := range set {
		if m[id] = no; v {
			m[id] = yes
		}
	}
	return m
}

// Switches returns the state of every switch of the policy.
func Switches(who task.Who, p facts.Profile) map[string]bool {
	m := map[string]bool{}
	for _, w := range who.Policy.Terms().Switches {
		m[w.ID] = on(p, w)
	}
	return m
}

// Object records objections to purposes of the policy, and takes back those that are false. What is
// collected for such a purpose is dropped from then on.
func (s *Service) Object(ctx context.Context, who task.Who, set map[privacy.Purpose]bool) error {
	data := map[string]string{}
	for _, id := range slices.Sorted(maps.Keys(set)) {
		if !slices.Contains(who.Policy.Purposes(), id) {
			return invalid("", "not_a_purpose", "The policy of this app has no such purpose.")
		}
		if data[string(id)] = "taken_back"; set[id] {
			data[string(id)] = "objected"
		}
	}
	return s.change(ctx, who, audit.Event{Kind: "objections_set", Data: data}, func(_ *store.Tx, p *facts.Profile) error {
		p.Objections = slices.DeleteFunc(p.Objections, func(o privacy.Purpose) bool { _, named := set[o]; return named })
		for _, id := range slices.Sorted(maps.Keys(set)) {
			if set[id] {
				p.Objections = append(p.Objections, id)
			}
		}
		return nil
	})
}

// Restrict has processing of a person's data restricted for a ground of the policy: what is there stays
// where it is, and nothing is done with it.
func (s *Service) Restrict(ctx context.Context, who task.Who, ground string) error {
	var known []string
	for _, g := range who.Policy.Terms().Restrictions {
		known = append(known, g.ID)
	}
	if !slices.Contains(known, ground) {
		return invalid("/ground", "not_a_ground", "One of: "+strings.Join(known, ", ")+".")
	}
	return s.change(ctx, who, audit.Event{Kind: "restricted", Data: map[string]string{"ground": ground}}, func(tx *store.Tx, p *facts.Profile) error {
		p.Restriction, p.RestrictedAt = ground, s.Clock.Now()
		return s.restricted(ctx, tx, who, ground)
	})
}

// Lift ends a restriction, and what was kept under it goes. It succeeds where there is none.
func (s *Service) Lift(ctx context.Context, who task.Who) error {
	return s.change(ctx, who, audit.Event{Kind: "restriction_lifted"}, func(tx *store.Tx, p *facts.Profile) error {
		p.Restriction, p.RestrictedAt = "", time.Time{}
		return s.restricted(ctx, tx, who, "")
	})
}

func (s *Service) restricted(ctx context.Context, tx *store.Tx, who task.Who, ground string) error {
	if s.Restricted == nil {
		return nil
	}
	return s.Restricted(tx.Within(ctx), tx, who, ground)
}
