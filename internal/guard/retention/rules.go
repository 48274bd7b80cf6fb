package retention

import (
	"fmt"
	"time"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

// For returns the deadline of a category whose clock is started by event e at the given moment. It
// fails where the policy has no such row: nothing is kept under a rule that nobody published.
func For(p *policy.Policy, c privacy.Category, e policy.Event, at time.Time) (Deadline, error) {
	if p == nil || at.IsZero() {
		return Deadline{}, fmt.Errorf("retention: a deadline needs a policy and a moment")
	}
	row, ok := p.Row(c, e)
	if !ok {
		return Deadline{}, fmt.Errorf("retention: category %s has no clock for %s", c, e)
	}
	return made(p, row, at, row.Limit.After(at.UTC())), nil
}

// Strictest returns the earliest deadline that any of the policies gives: what was stored under one
// version is also bound by a stricter one that came later, and never freed by a laxer one (MIX-8-01:
// "data is governed by the policy version in force when it was collected"). A policy without such a
// row, or none, counts for nothing; where no policy has one, it fails.
func Strictest(c privacy.Category, e policy.Event, at time.Time, policies ...*policy.Policy) (Deadline, error) {
	var first Deadline
	failed := fmt.Errorf("retention: category %s has no clock for %s in any policy", c, e)
	for _, p := range policies {
		if p == nil {
			continue
		}
		d, err := For(p, c, e, at)
		if err != nil {
			failed = err
			continue
		}
		if first.IsZero() || before(d.d, first.d) {
			first = d
		}
	}
	if first.IsZero() {
		return first, failed
	}
	return first, nil
}

// Ceiling returns the longest that any clock of the category can run for a thing written now. An
// upload gets it at once, before anyone knows how its task will end. A clock that starts with the
// writing bounds the thing by itself; otherwise the thing may wait until its unused-clock ends, then
// serve a task of the greatest age, and then live as long as the longest task clock says.
func Ceiling(p *policy.Policy, c privacy.Category, at time.Time) (Deadline, error) {
	if p == nil || at.IsZero() {
		return Deadline{}, fmt.Errorf("retention: a deadline needs a policy and a moment")
	}
	at = at.UTC()
	if d, ok := written(p, c, at); ok {
		return d, nil
	}
	idle, hasIdle := Idle(p, c, at)
	latest := at
	if hasIdle {
		latest = idle.At()
	}
	ended := p.Limits().MaxTaskAge.After(latest)
	var longest Deadline
	for _, e := range []policy.Event{policy.TaskSucceeded, policy.TaskFailed, policy.AnalysisEnded} {
		row, ok := p.Row(c, e)
		if !ok {
			continue
		}
		if !ended.After(latest) {
			return Deadline{}, fmt.Errorf("retention: category %s waits for tasks, but the policy gives tasks no greatest age", c)
		}
		d := made(p, row, at, row.Limit.After(ended))
		if longest.IsZero() || before(longest.d, d.d) {
			longest = d
		}
	}
	switch {
	case !longest.IsZero():
		return longest, nil
	case hasIdle:
		return idle, nil
	default:
		return Deadline{}, fmt.Errorf("retention: category %s has no clock that bounds a stored thing", c)
	}
}

// written returns the earliest clock that starts with the writing itself.
func written(p *policy.Policy, c privacy.Category, at time.Time) (Deadline, bool) {
	var first Deadline
	for _, e := range []policy.Event{policy.ItemWritten, policy.ResultStored} {
		d, err := For(p, c, e, at)
		if err != nil {
			continue
		}
		if first.IsZero() || before(d.d, first.d) {
			first = d
		}
	}
	return first, !first.IsZero()
}

// Idle returns the deadline of a thing that no task has taken, and whether the category has such a
// clock.
func Idle(p *policy.Policy, c privacy.Category, at time.Time) (Deadline, bool) {
	d, err := For(p, c, policy.Unused, at)
	return d, err == nil
}

func made(p *policy.Policy, row policy.RetentionRow, start, at time.Time) Deadline {
	return Deadline{&deadline{
		app: p.App(), category: row.Category, policy: p.Hash(), storage: p.StorageOf(row.Category),
		rule: row.ID, starts: row.Starts, floor: row.Floor,
		start: start.UTC().Round(0), at: at.UTC().Round(0),
	}}
}
