package bound

import (
	"testing"
	"time"
)

func TestCallsOfOneSubjectAreBoundedPerMinuteAndPerDay(t *testing.T) {
	t.Parallel()
	var r Rates
	now := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	taken := 0
	for range 40 {
		for range PerMinute + 1 {
			if r.Take("a", "s", now) {
				taken++
			}
		}
		now = now.Add(time.Minute)
	}
	if taken != PerDay {
		t.Errorf("%d calls in a day", taken)
	}
	if !r.Take("a", "other", now) || !r.Take("b", "s", now) {
		t.Error("somebody else is bounded too")
	}
	if !r.Take("a", "s", now.Add(24*time.Hour)) {
		t.Error("the next day is bounded too")
	}
}

func TestASignatureCountsOnceWhileItsWindowLasts(t *testing.T) {
	t.Parallel()
	var o Once
	now := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	end := now.Add(time.Minute)
	if !o.First("a", now, end) || o.First("a", now, end) || o.First("a", end, end) || !o.First("b", now, end) {
		t.Error("a signature counts twice, or another one not at all")
	}
	if !o.First("c", end.Add(time.Second), end.Add(time.Minute)) || len(o.seen) != 1 {
		t.Errorf("%d old signatures are kept", len(o.seen)-1)
	}
}
