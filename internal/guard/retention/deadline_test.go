package retention_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
)

func start() time.Time { return time.Date(2026, 3, 1, 14, 37, 12, 0, time.UTC) }

func minimal(t testing.TB) *policy.Policy { return policytest.Load(t, policytest.Minimal()) }

func must(t testing.TB, p *policy.Policy, c privacy.Category, e policy.Event, at time.Time) retention.Deadline {
	t.Helper()
	d, err := retention.For(p, c, e, at)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestADeadlineIsItsClockAddedToItsEvent(t *testing.T) {
	t.Parallel()
	p := minimal(t)
	for _, tt := range []struct {
		category privacy.Category
		event    policy.Event
		at, by   time.Duration
	}{
		{"source_photo", policy.TaskFailed, 24 * time.Hour, 24*time.Hour - retention.Margin},
		{"source_photo", policy.TaskSucceeded, 0, 0},
		{"generated_image", policy.ResultStored, 7 * 24 * time.Hour, 7*24*time.Hour - retention.Margin},
	} {
		d := must(t, p, tt.category, tt.event, start())
		if !d.At().Equal(start().Add(tt.at)) || !d.DestroyBy().Equal(start().Add(tt.by)) {
			t.Errorf("%s after %s: at %v, by %v", tt.category, tt.event, d.At(), d.DestroyBy())
		}
		row, _ := p.Row(tt.category, tt.event)
		if d.Rule() != row.ID || d.Starts() != tt.event || d.App() != p.App() || d.Category() != tt.category ||
			d.PolicyHash() != p.Hash() || d.Storage() != p.StorageOf(tt.category) || d.Floor() != row.Floor {
			t.Errorf("%s after %s does not say where it comes from: %v", tt.category, tt.event, d)
		}
	}
}

func TestNothingIsKeptUnderARuleThatNobodyPublished(t *testing.T) {
	t.Parallel()
	p := minimal(t)
	for name, err := range map[string]error{
		"no row":                     second(retention.For(p, "source_photo", policy.CaseClosed, start())),
		"an undeclared category":     second(retention.For(p, "voice", policy.ItemWritten, start())),
		"no moment":                  second(retention.For(p, "source_photo", policy.TaskFailed, time.Time{})),
		"no policy":                  second(retention.For(nil, "source_photo", policy.TaskFailed, start())),
		"ceiling without category":   second(retention.Ceiling(p, "voice", start())),
		"ceiling of a moving clock":  second(retention.Ceiling(p, "account", start())),
		"ceiling without a moment":   second(retention.Ceiling(p, "source_photo", time.Time{})),
		"ceiling without any policy": second(retention.Ceiling(nil, "source_photo", start())),
	} {
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, ok := retention.Idle(p, "generated_image", start()); ok {
		t.Error("a result has an unused-clock")
	}
}

func second(d retention.Deadline, err error) error {
	if err != nil && !d.IsZero() {
		return errors.Join(err, errors.New("and a deadline"))
	}
	return err
}

func TestTheCeilingIsNoEarlierThanAnyClockCanRun(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]*policy.Policy{"minimal": minimal(t), "pixplus": policytest.PixPlus(t), "aifitting": policytest.AIFitting(t)} {
		for _, row := range p.Retention() {
			ceiling, err := retention.Ceiling(p, row.Category, start())
			if err != nil {
				if row.Starts == policy.LastActive || row.Starts == policy.RequestDone || row.Starts == policy.CaseClosed {
					continue
				}
				t.Errorf("%s: %v", name, err)
				continue
			}
			if _, sure := p.Row(row.Category, policy.ItemWritten); sure {
				continue // bounded by its writing, whatever else happens
			}
			latest := start()
			if row.Starts == policy.TaskFailed || row.Starts == policy.TaskSucceeded || row.Starts == policy.AnalysisEnded {
				if idle, ok := retention.Idle(p, row.Category, start()); ok {
					latest = idle.At()
				}
				latest = p.Limits().MaxTaskAge.After(latest)
			}
			if end := row.Limit.After(latest); ceiling.At().Before(end) && row.Starts != policy.LastActive {
				t.Errorf("%s: %s ends at %v, its clock for %s runs until %v", name, row.Category, ceiling.At(), row.Starts, end)
			}
		}
	}
}

func TestAThingThatWaitsForATaskOutlivesTheGreatestTaskAge(t *testing.T) {
	t.Parallel()
	d, err := retention.Ceiling(minimal(t), "source_photo", start())
	if err != nil {
		t.Fatal(err)
	}
	// unused for 24 h, then a task of 24 h, then 24 h after its failure
	if !d.At().Equal(start().Add(72*time.Hour)) || d.Starts() != policy.TaskFailed {
		t.Errorf("the ceiling is %v", d)
	}
	idle, ok := retention.Idle(minimal(t), "source_photo", start())
	if !ok || !idle.At().Equal(start().Add(24*time.Hour)) {
		t.Errorf("the unused-clock is %v", idle)
	}
}

// anyDeadline draws a deadline of the shipped policies.
func anyDeadline(t *rapid.T, policies []*policy.Policy, label string) (retention.Deadline, time.Time) {
	p := policies[rapid.IntRange(0, len(policies)-1).Draw(t, label+" app")]
	row := rapid.SampledFrom(p.Retention()).Draw(t, label+" row")
	at := start().Add(time.Duration(rapid.Int64Range(0, int64(300*24*time.Hour)).Draw(t, label+" at")))
	d, err := retention.For(p, row.Category, row.Starts, at)
	if err != nil {
		t.Fatal(err)
	}
	return d, at
}

func TestDestructionIsNeverLaterThanAnyClock(t *testing.T) {
	t.Parallel()
	policies := []*policy.Policy{policytest.PixPlus(t), policytest.AIFitting(t), minimal(t)}
	rapid.Check(t, func(t *rapid.T) {
		a, _ := anyDeadline(t, policies, "a")
		b, began := anyDeadline(t, policies, "b")
		c, _ := anyDeadline(t, policies, "c")
		to := began.Add(time.Duration(rapid.Int64Range(-int64(time.Hour), int64(400*24*time.Hour)).Draw(t, "wish")))
		first := retention.Earlier(a, b)
		for _, d := range []retention.Deadline{a, b} {
			if first.At().After(d.At()) || first.DestroyBy().After(d.At()) {
				t.Fatalf("%v is later than %v", first, d)
			}
		}
		if retention.Earlier(b, a) != first {
			t.Fatal("Earlier depends on the order")
		}
		if retention.Earlier(first, c) != retention.Earlier(a, retention.Earlier(b, c)) {
			t.Fatal("Earlier depends on the grouping")
		}
		if retention.Earlier(a, a) != a {
			t.Fatal("Earlier of one thing is another")
		}
		short := retention.Shorten(b, to)
		if short.At().After(b.At()) || short.At().After(to) && to.Before(b.At()) || short.Rule() != b.Rule() {
			t.Fatalf("%v shortened to %v is %v", b, to, short)
		}
		if b.DestroyBy().Before(began) || b.DestroyBy().After(b.At()) || b.Floor() && !b.DestroyBy().Equal(b.At()) {
			t.Fatalf("%v is destroyed at %v", b, b.DestroyBy())
		}
	})
}

func TestTheZeroDeadlineSaysNothingAndStaysZero(t *testing.T) {
	t.Parallel()
	var zero retention.Deadline
	d := must(t, minimal(t), "source_photo", policy.TaskFailed, start())
	if !zero.IsZero() || !zero.At().IsZero() || !zero.DestroyBy().IsZero() || zero.Rule() != "" || zero.Starts() != "" || zero.Floor() ||
		zero.App() != "" || zero.Category() != "" || zero.PolicyHash() != "" || zero.Storage() != "" {
		t.Error("the zero deadline says something")
	}
	if !retention.Earlier(zero, d).IsZero() || !retention.Earlier(d, zero).IsZero() {
		t.Error("a lost deadline was papered over")
	}
	if !retention.Shorten(zero, start()).IsZero() {
		t.Error("a deadline was made of nothing")
	}
}

func TestADeadlineIsNeverEncoded(t *testing.T) {
	t.Parallel()
	d := must(t, minimal(t), "source_photo", policy.TaskFailed, start())
	if _, err := json.Marshal(d); !errors.Is(err, retention.ErrEncoded) {
		t.Errorf("JSON: %v", err)
	}
	if err := gob.NewEncoder(&bytes.Buffer{}).Encode(d); !errors.Is(err, retention.ErrEncoded) {
		t.Errorf("gob: %v", err)
	}
	if got := fmt.Sprint(retention.Deadline{}, d); got != "no deadline 2026-03-02T14:37:12Z "+d.Rule() {
		t.Errorf("prints as %q", got)
	}
}
