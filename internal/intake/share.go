package intake

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/intake/form"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/terms"
)

// Targets returns the short list of apps that an app may ask its device about, to offer them for sharing.
func Targets(p *policy.Policy, platform terms.Platform) []string {
	var ids []string
	for _, in := range p.Terms().Intakes {
		if in.Kind != terms.ShareTargets || !terms.On(in.Platforms, platform) {
			continue
		}
		for _, f := range in.Fields {
			if f.Kind == terms.Flag && terms.On(f.Platforms, platform) {
				ids = append(ids, f.ID)
			}
		}
	}
	return ids
}

// Share returns which of the targets are present, and keeps nothing (KME-PERM-03). A list of anything else
// on the device is refused.
func (s *Service) Share(ctx context.Context, c Call) ([]string, error) {
	if err := s.admit(c); err != nil {
		return nil, err
	}
	env, platform, err := s.open(c, terms.ShareTargets, "targets")
	if err != nil {
		return nil, err
	}
	in, err := choose(c.Who, terms.ShareTargets, platform, "")
	if err != nil {
		return nil, fault.New(fault.NotFound, "feature-unavailable", "This app does not offer this here.")
	}
	a, err := s.sheet(c.Who, in, in.Fields, platform, "/targets").Judge(env["targets"])
	if err != nil {
		return nil, refusal(err)
	}
	profile, err := s.profile(ctx, c.Who)
	if err != nil {
		return nil, err
	}
	if err := permitted(profile, batch{intake: in, answers: []form.Answers{a}}); err != nil {
		return nil, err
	}
	values := a.Values()
	present := []string{}
	for _, id := range slices.Sorted(maps.Keys(values)) {
		if values[id] == true {
			present = append(present, id)
		}
	}
	return present, nil
}

// member reads a string member of an object, or "".
func member(env map[string]json.RawMessage, name string) string {
	v, _ := form.String(env[name])
	return v
}
