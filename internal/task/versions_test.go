package task

import (
	"context"
	"testing"
	"time"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
)

// versions are two versions of one app; the second binds everybody.
type versions struct{ was, is *policy.Policy }

func (v versions) For(context.Context, privacy.AppID, privacy.SubjectID) (*policy.Policy, error) {
	return v.is, nil
}

func (v versions) ByHash(_ privacy.AppID, hash privacy.PolicyHash) (*policy.Policy, bool) {
	for _, p := range []*policy.Policy{v.was, v.is} {
		if p.Hash() == hash {
			return p, true
		}
	}
	return nil, false
}

func TestAThingEndsByItsOwnVersionOrByAStricterOneButNeverByALaxerOne(t *testing.T) {
	t.Parallel()
	ended := time.Date(2026, 11, 21, 14, 0, 0, 0, time.UTC)
	failed := func(limit string) *policy.Policy {
		return policytest.Load(t, policytest.Mutate(t, policytest.Minimal(), "starts: task_failed, limit: PT24H, end: destroy", "starts: task_failed, limit: "+limit+", end: destroy"))
	}
	for name, c := range map[string]struct {
		was, is string
		want    time.Duration
	}{
		"a longer clock came later":  {"PT24H", "PT48H", 24 * time.Hour},
		"a shorter clock came later": {"PT24H", "PT12H", 12 * time.Hour},
		"nothing came":               {"PT24H", "PT24H", 24 * time.Hour},
	} {
		v := versions{failed(c.was), failed(c.is)}
		s := &Service{Options: Options{Policies: v}}
		o := store.Object{}
		o.App, o.Category, o.PolicyHash = "sample", "source_photo", v.was.Hash()
		d, err := s.clock(job{pol: v.is}, o, policy.TaskFailed, ended)
		if err != nil || !d.At().Equal(ended.Add(c.want)) {
			t.Errorf("%s: %s, %v", name, d, err)
		}
		o.PolicyHash = "of a version that is lost"
		if d, err := s.clock(job{pol: v.is}, o, policy.TaskFailed, ended); err != nil || d.PolicyHash() != v.is.Hash() {
			t.Errorf("%s, lost: %s, %v", name, d, err)
		}
	}
}
