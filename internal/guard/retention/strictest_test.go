package retention

import (
	"testing"
	"time"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
)

func TestTheStrictestOfSeveralVersionsCounts(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 14, 0, 0, 0, time.UTC)
	version := func(limit string) *policy.Policy {
		return policytest.Load(t, policytest.Mutate(t, policytest.Minimal(), "limit: P7D", "limit: "+limit))
	}
	week, day, fortnight := version("P7D"), version("P1D"), version("P14D")
	for name, c := range map[string]struct {
		policies []*policy.Policy
		want     time.Duration
	}{
		"a laxer one frees nothing":     {[]*policy.Policy{week, fortnight}, 7 * 24 * time.Hour},
		"whatever the order":            {[]*policy.Policy{fortnight, week}, 7 * 24 * time.Hour},
		"a stricter one shortens":       {[]*policy.Policy{week, fortnight, day}, 24 * time.Hour},
		"one that is lost does nothing": {[]*policy.Policy{nil, week, nil}, 7 * 24 * time.Hour},
	} {
		d, err := Strictest("generated_image", policy.ResultStored, at, c.policies...)
		if err != nil || !d.At().Equal(at.Add(c.want)) {
			t.Errorf("%s: %s, %v", name, d, err)
		}
	}
}

func TestWithoutAnyClockNothingIsStrict(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 14, 0, 0, 0, time.UTC)
	p := policytest.Load(t, policytest.Minimal())
	for name, policies := range map[string][]*policy.Policy{"no policy": nil, "a lost one": {nil}, "no such clock": {p, p}} {
		if d, err := Strictest("generated_image", policy.TaskFailed, at, policies...); err == nil || !d.IsZero() {
			t.Errorf("%s: %s", name, d)
		}
	}
	if d, err := Strictest("generated_image", policy.ResultStored, time.Time{}, p); err == nil || !d.IsZero() {
		t.Error("a deadline without a moment")
	}
}
