package book

import (
	"errors"
	"testing"
	"time"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
)

func version(t *testing.T, number string, edits ...[2]string) *policy.Policy {
	t.Helper()
	src := policytest.Mutate(t, policytest.Minimal(), "version: v1", "version: "+number)
	for _, e := range edits {
		src = policytest.Mutate(t, src, e[0], e[1])
	}
	return policytest.Load(t, src)
}

func day(n int) time.Time { return time.Date(2026, 11, n, 12, 0, 0, 0, time.UTC) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAVersionTakesEffectByTheClock(t *testing.T) {
	t.Parallel()
	b := New()
	must(t, b.Add(Edition{Policy: version(t, "v1"), Number: 1}))
	must(t, b.Add(Edition{Policy: version(t, "v2"), Number: 2, PublishedAt: day(1), EffectiveAt: day(10)}))
	for at, want := range map[time.Time]string{{}: "sample/v1", day(10).Add(-time.Nanosecond): "sample/v1", day(10): "sample/v2", day(20): "sample/v2"} {
		if p, ok := b.InForce("sample", at); !ok || p.Version() != want {
			t.Errorf("%s: %s", at, p.Version())
		}
	}
	if _, ok := b.InForce("other", day(1)); ok {
		t.Error("an app that is not there has a policy")
	}
	if n := len(b.Effective("sample", day(9))); n != 1 {
		t.Errorf("%d versions are in effect", n)
	}
}

func TestAPublishedVersionNeverChanges(t *testing.T) {
	t.Parallel()
	b := New()
	must(t, b.Add(Edition{Policy: version(t, "v1"), Number: 1}))
	must(t, b.Add(Edition{Policy: version(t, "v1"), Number: 1})) // the same again
	other := version(t, "v1", [2]string{"limit: P7D", "limit: P8D"})
	if err := b.Add(Edition{Policy: other, Number: 1}); !errors.Is(err, ErrChanged) {
		t.Errorf("got %v", err)
	}
	if list := b.All("sample"); len(list) != 1 || list[0].Policy.Hash() == other.Hash() {
		t.Errorf("%d versions", len(list))
	}
}

func TestVersionsAndDatesOnlyGrow(t *testing.T) {
	t.Parallel()
	b := New()
	must(t, b.Add(Edition{Policy: version(t, "v2"), Number: 2, EffectiveAt: day(10)}))
	for name, e := range map[string]Edition{
		"an older number":    {Policy: version(t, "v1"), Number: 1, EffectiveAt: day(11)},
		"an earlier effect":  {Policy: version(t, "v3"), Number: 3, EffectiveAt: day(9)},
		"another number":     {Policy: version(t, "v3"), Number: 4, EffectiveAt: day(11)},
		"a number with zero": {Policy: version(t, "v03"), Number: 3, EffectiveAt: day(11)},
	} {
		if err := b.Add(e); !errors.Is(err, ErrOrder) && !errors.Is(err, ErrNumber) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(b.All("sample")) != 1 {
		t.Error("a refused version is in the book")
	}
}

func TestAnItemFindsTheVersionItWasStoredUnder(t *testing.T) {
	t.Parallel()
	b := New()
	first, second := version(t, "v1"), version(t, "v2")
	must(t, b.Add(Edition{Policy: first, Number: 1}))
	must(t, b.Add(Edition{Policy: second, Number: 2, EffectiveAt: day(1)}))
	if p, ok := b.ByHash("sample", first.Hash()); !ok || p != first {
		t.Error("v1 is not found by its digest")
	}
	if p, ok := b.ByVersion("sample", 2); !ok || p != second {
		t.Error("v2 is not found by its number")
	}
	if _, ok := b.ByHash("other", first.Hash()); ok {
		t.Error("another app has the policy")
	}
	if r, ok := b.Recipient("sample", "own_servers"); !ok || r.ID != "own_servers" {
		t.Error("a recipient is not found")
	}
}

func TestVersionsBindTogetherWhileSomebodyMayStillWait(t *testing.T) {
	t.Parallel()
	once := [2]string{"lead: immediate", "lead: immediate, reductions: notice"}
	lead := [2]string{"lead: immediate", "lead: P30D, reductions: notice"}
	consent := [2]string{"lead: immediate", "lead: immediate, reductions: consent"}
	for name, c := range map[string]struct {
		edits [][2]string
		want  int
	}{
		"a version that binds everybody at once":      {[][2]string{once}, 1},
		"a version that waits for each consent":       {[][2]string{consent}, 2},
		"a version that waits for each person's lead": {[][2]string{lead}, 2},
	} {
		b := New()
		must(t, b.Add(Edition{Policy: version(t, "v1", c.edits...), Number: 1}))
		must(t, b.Add(Edition{Policy: version(t, "v2"), Number: 2, EffectiveAt: day(5)}))
		if got := b.Binding("sample", day(6)); len(got) != c.want || got[len(got)-1].Version() != "sample/v2" {
			t.Errorf("%s: %d", name, len(got))
		}
		if got := b.Binding("sample", day(4)); len(got) != 1 || got[0].Version() != "sample/v1" {
			t.Errorf("%s, before: %d", name, len(got))
		}
	}
}

func TestFixedPoliciesAreTheSameForEverybody(t *testing.T) {
	t.Parallel()
	p := version(t, "v1")
	f := Fixed{"sample": p}
	if got, err := f.For(t.Context(), "sample", "sub_1"); err != nil || got != p {
		t.Error("no policy for a subject")
	}
	if _, err := f.For(t.Context(), "other", "sub_1"); err == nil {
		t.Error("an app that is not there has a policy")
	}
	if got, ok := f.ByHash("sample", p.Hash()); !ok || got != p || len(f.Binding("sample", day(1))) != 1 || f.Binding("other", day(1)) != nil {
		t.Error("the policy is not found")
	}
	if _, ok := f.ByHash("sample", "other"); ok {
		t.Error("any digest finds it")
	}
	if _, ok := f.Recipient("sample", "own_servers"); !ok {
		t.Error("a recipient is not found")
	}
}
