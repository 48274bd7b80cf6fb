package intake

import (
	"context"
	"crypto/hmac"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/intake/form"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/intake"
	"vow.example/vow/internal/task"
)

// Risk is what a login should ask for.
type Risk struct {
	StepUp  bool // the device is not one of those that were seen: ask for a further proof. It stays strange until the digests of the others end
	Reduced bool // no identifier came along, so that a stranger's device cannot be noticed (KME-A-03)
}

// AtLogin compares the identifiers of a device with those of earlier logins and keeps their digests
// (KME-A-01). Without identifiers it keeps nothing.
func (s *Service) AtLogin(ctx context.Context, c Call) (Risk, error) {
	if err := s.admit(c); err != nil {
		return Risk{}, err
	}
	env, platform, err := s.open(c, terms.LoginRisk, "schema", "data")
	if err != nil {
		return Risk{}, err
	}
	if len(env["data"]) == 0 && !Watches(c.Who.Policy.Terms(), platform) {
		return Risk{}, nil
	}
	list, err := s.report(c.Who, terms.LoginRisk, platform, env)
	if err != nil {
		return Risk{}, refusal(err)
	}
	profile, err := s.profile(ctx, c.Who)
	if err != nil {
		return Risk{}, err
	}
	may := allows(c.Who, list[0])
	chosen := may(profile)
	if err := unlessUnwanted(chosen); err != nil {
		return Risk{}, err
	}
	marks, err := s.marks(c.Who, list)
	if err != nil {
		return Risk{}, err
	}
	if len(marks) == 0 || chosen != nil {
		return Risk{Reduced: true}, nil
	}
	r, err := s.compare(ctx, c.Who, marks, may)
	if err != nil && unlessUnwanted(err) == nil {
		return Risk{Reduced: true}, nil
	}
	return r, err
}

// Watches reports whether an app looks at identifiers of the device at a login on that platform.
func Watches(t *terms.Terms, platform terms.Platform) bool {
	return slices.ContainsFunc(t.Intakes, func(in terms.Intake) bool { return in.Kind == terms.LoginRisk && terms.On(in.Platforms, platform) })
}

// mark is the digest of an identifier, not written yet.
type mark struct {
	facts.Risk
	until time.Time
}

// marks returns the digests of all identifiers of a call.
func (s *Service) marks(who task.Who, list []batch) (out []mark, err error) {
	for _, b := range list {
		for _, a := range b.answers {
			given := a.Digests()
			if len(given) == 0 {
				continue
			}
			d, err := retention.For(who.Policy, b.intake.Category, policy.ItemWritten, s.Clock.Now())
			if err != nil {
				return nil, fmt.Errorf("intake: %w", err)
			}
			for _, field := range slices.Sorted(maps.Keys(given)) {
				out = append(out, mark{facts.Risk{
					Field: field, Digest: s.digest(who.App(), field, form.Normal(given[field])), Category: b.intake.Category, Known: true,
				}, d.At()})
			}
		}
	}
	return out, nil
}

// compare writes digests and says whether they are strange. A device is known when any of its identifiers
// is: people reset some of them.
func (s *Service) compare(ctx context.Context, who task.Who, marks []mark, may judge) (r Risk, err error) {
	err = s.keep(ctx, who, nil, may, func(tx *store.Tx) error {
		seen, err := facts.Risks(ctx, tx.App(who.App()), who.Subject, s.Clock.Now())
		if err != nil {
			return err
		}
		r.StepUp = strange(seen, marks)
		for i := range marks {
			marks[i].Known = !r.StepUp
		}
		if err := s.write(ctx, tx, who, marks); err != nil {
			return err
		}
		return s.note(ctx, tx, who, audit.Event{Kind: "login_checked", Data: map[string]string{"step_up": strconv.FormatBool(r.StepUp)}})
	})
	return r, err
}

func strange(seen []facts.Risk, marks []mark) bool {
	known := false
	for _, old := range seen {
		if !old.Known {
			continue
		}
		known = true
		if slices.ContainsFunc(marks, func(m mark) bool { return m.Field == old.Field && hmac.Equal(m.Digest, old.Digest) }) {
			return false
		}
	}
	return known
}

func (s *Service) write(ctx context.Context, tx *store.Tx, who task.Who, marks []mark) error {
	for _, m := range marks {
		o := facts.Owner{App: who.App(), Subject: who.Subject, Now: s.Clock.Now(), Until: m.until}
		if err := facts.PutRisk(ctx, tx, o, m.Risk); err != nil {
			return gone(err)
		}
	}
	return nil
}

// Revoke erases what was taken under a permission that the device reports as taken back (FIT-2.1.2-02), and
// returns how many things went.
func (s *Service) Revoke(ctx context.Context, who task.Who, permission string) (int, error) {
	intakes, fields := under(who.Policy.Terms(), permission)
	all, err := s.DB.App(who.App()).Objects(ctx, who.Subject)
	if err != nil {
		return 0, err
	}
	list := slices.DeleteFunc(all, func(o store.Object) bool {
		return !privacy.HasPrefix(string(o.Object), prefix) || !slices.Contains(intakes, string(o.Role))
	})
	if len(list) > 0 {
		if _, err := s.Eraser.Objects(ctx, list, erasure.SubjectRequest, nil); err != nil {
			return 0, err
		}
	}
	gone := len(list)
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		for _, f := range fields {
			n, err := facts.DeleteRisks(ctx, tx, who.App(), who.Subject, f)
			if err != nil {
				return err
			}
			gone += n
		}
		return nil
	})
	return gone, err
}

// under lists the schemas and the digested fields that stand under a permission.
func under(t *terms.Terms, permission string) (intakes, fields []string) {
	for _, in := range t.Intakes {
		if in.Permission == permission {
			intakes = append(intakes, in.ID)
		}
		for _, f := range in.Fields {
			if f.Kind == terms.Digest && (f.Permission == permission || in.Permission == permission) {
				fields = append(fields, f.ID)
			}
		}
	}
	return intakes, fields
}
