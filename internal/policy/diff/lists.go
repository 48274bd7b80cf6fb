package diff

import (
	"time"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/terms"
)

// pairs walks two lists by key: first what was, in its order, then what is new. A member that is
// missing on one side is nil there.
func pairs[T any](was, is []T, key func(T) string, f func(was, is *T)) {
	later := make(map[string]*T, len(is))
	for i := range is {
		later[key(is[i])] = &is[i]
	}
	seen := make(map[string]bool, len(was))
	for i := range was {
		k := key(was[i])
		seen[k] = true
		f(&was[i], later[k])
	}
	for i := range is {
		if !seen[key(is[i])] {
			f(nil, &is[i])
		}
	}
}

// listed is what two versions list, and what it means that a member is only in one of them.
type listed[T any] struct {
	was, is    []T
	of         func(T) thing // what a member is called; both versions know it by its id
	came, went effect
	both       func(t thing, was, is T) // compares a member that both have
}

// compare notes what is new in a list and what is gone, and compares the rest.
func compare[T any](c *comparison, l listed[T]) {
	pairs(l.was, l.is, func(x T) string { return l.of(x).id }, func(was, is *T) {
		switch {
		case was == nil:
			c.came(l.of(*is), l.came)
		case is == nil:
			c.went(l.of(*was), l.went)
		default:
			l.both(l.of(*is), *was, *is)
		}
	})
}

// words turns typed words into texts.
func words[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	return out
}

// starts are moments that bring out what two ways of counting differ in: ends of short and long
// months, leap days, weekends.
func starts() []time.Time {
	var list []time.Time
	first := time.Date(2024, 1, 1, 12, 0, 0, 0, time.UTC)
	for day := range 400 {
		list = append(list, first.AddDate(0, 0, day))
	}
	return list
}

// order compares two ways to count time: 1 where the second ends later for some start, -1 where it
// never does and ends earlier for some, 0 where both are the same.
func order(was, is func(time.Time) time.Time) int {
	earlier := false
	for _, at := range starts() {
		switch x := is(at).Compare(was(at)); {
		case x > 0:
			return 1
		case x < 0:
			earlier = true
		}
	}
	if earlier {
		return -1
	}
	return 0
}

func orderLimits(was, is policy.Limit) int { return order(was.After, is.After) }

func orderDeadlines(a, b *terms.Terms, was, is terms.Deadline) int {
	return order(
		func(at time.Time) time.Time { return a.Calendar.Due(was, at) },
		func(at time.Time) time.Time { return b.Calendar.Due(is, at) })
}

// orderStated compares what a recipient states about its copy. A recipient that states nothing keeps
// longer than any that states a period.
func orderStated(was, is string) int {
	a, errA := policy.ParseLimit(was)
	b, errB := policy.ParseLimit(is)
	switch {
	case errA != nil && errB != nil:
		return 0
	case errB != nil:
		return 1
	case errA != nil:
		return -1
	default:
		return orderLimits(a, b)
	}
}
