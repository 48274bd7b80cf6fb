package retention_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"vow.example/vow/internal/guard/retention"
)

func TestWorkingDaysAreCountedFromTheDayAfterReceipt(t *testing.T) {
	t.Parallel()
	shanghai := time.FixedZone("UTC+8", 8*3600)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		berlin = time.FixedZone("CET", 3600)
	}
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
	holidays := []time.Time{day(2026, 10, 1), day(2026, 10, 2), day(2026, 10, 5), day(2026, 10, 6), day(2026, 10, 7)}
	for _, tt := range []struct {
		name     string
		start    time.Time
		n        int
		loc      *time.Location
		holidays []time.Time
		want     time.Time
	}{
		{"a Monday and one day", time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), 1, time.UTC, nil, day(2026, 3, 4)},
		{"over a weekend", time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC), 2, time.UTC, nil, day(2026, 3, 10)},
		{"received on a Saturday", time.Date(2026, 3, 7, 9, 0, 0, 0, time.UTC), 1, time.UTC, nil, day(2026, 3, 10)},
		{"fifteen days", time.Date(2026, 3, 2, 23, 59, 0, 0, time.UTC), 15, time.UTC, nil, day(2026, 3, 24)},
		{"a week of holidays", time.Date(2026, 9, 30, 9, 0, 0, 0, shanghai), 1, shanghai, holidays, time.Date(2026, 10, 9, 0, 0, 0, 0, shanghai)},
		{"already tomorrow in the zone", time.Date(2026, 3, 1, 17, 0, 0, 0, time.UTC), 1, shanghai, nil, time.Date(2026, 3, 4, 0, 0, 0, 0, shanghai)},
		{"over a change to summer time", time.Date(2026, 3, 27, 23, 30, 0, 0, berlin), 1, berlin, nil, time.Date(2026, 3, 31, 0, 0, 0, 0, berlin)},
		{"none", time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), 0, time.UTC, nil, day(2026, 3, 3)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := retention.WorkingDays(tt.start, tt.n, tt.loc, tt.holidays); !got.Equal(tt.want) {
				t.Errorf("due %v, not %v", got, tt.want)
			}
		})
	}
}

func TestExactlyNWorkingDaysLieBeforeTheEnd(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		from := time.Unix(rapid.Int64Range(1_700_000_000, 1_900_000_000).Draw(t, "start"), 0).UTC()
		n := rapid.IntRange(1, 60).Draw(t, "n")
		var holidays []time.Time
		free := map[string]bool{}
		for range rapid.IntRange(0, 10).Draw(t, "holidays") {
			h := from.AddDate(0, 0, rapid.IntRange(0, 40).Draw(t, "holiday"))
			holidays, free[h.Format(time.DateOnly)] = append(holidays, h), true
		}
		end := retention.WorkingDays(from, n, time.UTC, holidays)
		counted := 0
		for d := from.Truncate(24*time.Hour).AddDate(0, 0, 1); d.Before(end); d = d.AddDate(0, 0, 1) {
			if d.Weekday() != time.Saturday && d.Weekday() != time.Sunday && !free[d.Format(time.DateOnly)] {
				counted++
			}
		}
		if counted != n {
			t.Fatalf("%d working days lie between %v and %v, not %d", counted, from, end, n)
		}
	})
}
