package terms_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"vow.example/vow/internal/policy/terms"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func days(list ...string) []time.Time {
	var out []time.Time
	for _, s := range list {
		d, _ := time.Parse(time.DateOnly, s)
		out = append(out, d)
	}
	return out
}

func TestADeadlineFallsDueByTheCalendarOfTheApp(t *testing.T) {
	t.Parallel()
	newYork, shanghai, berlin := zone(t, "America/New_York"), zone(t, "Asia/Shanghai"), zone(t, "Europe/Berlin")
	working := func(n int) terms.Deadline { return terms.Deadline{Days: n, Working: true} }
	for _, tt := range []struct {
		name     string
		calendar terms.Calendar
		deadline terms.Deadline
		start    time.Time
		want     time.Time
	}{
		{"at once", terms.Calendar{}, terms.Deadline{Immediate: true}, time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)},
		{"hours are hours", terms.Calendar{}, terms.Deadline{Time: 72 * time.Hour}, time.Date(2026, 3, 7, 9, 0, 0, 0, time.UTC), time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)},
		{"calendar days pass a week-end", terms.Calendar{}, terms.Deadline{Days: 30}, time.Date(2026, 1, 31, 9, 0, 0, 0, time.UTC), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)},
		{"one working day is the end of the next day", terms.Calendar{Zone: newYork}, working(1), time.Date(2026, 6, 1, 0, 30, 0, 0, newYork), time.Date(2026, 6, 3, 0, 0, 0, 0, newYork)},
		{"a request on a Friday", terms.Calendar{Zone: newYork}, working(1), time.Date(2026, 6, 5, 18, 0, 0, 0, newYork), time.Date(2026, 6, 9, 0, 0, 0, 0, newYork)},
		{"a request on a Sunday", terms.Calendar{Zone: newYork}, working(1), time.Date(2026, 6, 7, 18, 0, 0, 0, newYork), time.Date(2026, 6, 9, 0, 0, 0, 0, newYork)},
		{"seven working days", terms.Calendar{Zone: shanghai}, working(7), time.Date(2026, 3, 2, 10, 0, 0, 0, shanghai), time.Date(2026, 3, 12, 0, 0, 0, 0, shanghai)},
		{"fifteen working days", terms.Calendar{Zone: newYork}, working(15), time.Date(2026, 6, 1, 10, 0, 0, 0, newYork), time.Date(2026, 6, 23, 0, 0, 0, 0, newYork)},
		{"a listed holiday does not count", terms.Calendar{Zone: newYork, Holidays: days("2026-06-19")}, working(15), time.Date(2026, 6, 1, 10, 0, 0, 0, newYork), time.Date(2026, 6, 24, 0, 0, 0, 0, newYork)},
		{"a holiday on a Saturday changes nothing", terms.Calendar{Zone: newYork, Holidays: days("2026-07-04")}, working(3), time.Date(2026, 7, 1, 10, 0, 0, 0, newYork), time.Date(2026, 7, 7, 0, 0, 0, 0, newYork)},
		{"a week of holidays", terms.Calendar{Zone: shanghai, Holidays: days("2026-10-01", "2026-10-02", "2026-10-05", "2026-10-06", "2026-10-07")}, working(1), time.Date(2026, 9, 30, 10, 0, 0, 0, shanghai), time.Date(2026, 10, 9, 0, 0, 0, 0, shanghai)},
		{"already tomorrow there", terms.Calendar{Zone: shanghai}, working(1), time.Date(2026, 3, 2, 17, 0, 0, 0, time.UTC), time.Date(2026, 3, 5, 0, 0, 0, 0, shanghai)},
		{"still yesterday there", terms.Calendar{Zone: newYork}, working(1), time.Date(2026, 3, 3, 3, 0, 0, 0, time.UTC), time.Date(2026, 3, 4, 0, 0, 0, 0, newYork)},
		{"over the night that loses an hour", terms.Calendar{Zone: newYork}, working(1), time.Date(2026, 3, 6, 23, 30, 0, 0, newYork), time.Date(2026, 3, 10, 0, 0, 0, 0, newYork)},
		{"over the night that gains an hour", terms.Calendar{Zone: berlin}, working(1), time.Date(2026, 10, 23, 23, 30, 0, 0, berlin), time.Date(2026, 10, 27, 0, 0, 0, 0, berlin)},
		{"without a zone it is UTC", terms.Calendar{}, working(2), time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC), time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)},
		{"no days end today", terms.Calendar{}, working(0), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.calendar.Due(tt.deadline, tt.start); !got.Equal(tt.want) {
				t.Errorf("due %v, not %v", got, tt.want)
			}
		})
	}
}

func TestExactlySoManyWorkingDaysLieBeforeTheEnd(t *testing.T) {
	t.Parallel()
	sydney := zone(t, "Australia/Sydney")
	rapid.Check(t, func(t *rapid.T) {
		start := time.Unix(rapid.Int64Range(1_700_000_000, 1_900_000_000).Draw(t, "start"), 0).In(sydney)
		n := rapid.IntRange(1, 40).Draw(t, "n")
		calendar, free := terms.Calendar{Zone: sydney}, map[string]bool{}
		for range rapid.IntRange(0, 10).Draw(t, "holidays") {
			h := start.AddDate(0, 0, rapid.IntRange(0, 40).Draw(t, "holiday"))
			calendar.Holidays, free[h.Format(time.DateOnly)] = append(calendar.Holidays, h), true
		}
		end := calendar.Working(n, start)
		if h, m, s := end.Clock(); h+m+s != 0 {
			t.Fatalf("the end %v is no end of a day", end)
		}
		y, m, d := start.Date()
		counted := 0
		for day := time.Date(y, m, d+1, 12, 0, 0, 0, sydney); day.Before(end); day = day.AddDate(0, 0, 1) {
			if day.Weekday() != time.Saturday && day.Weekday() != time.Sunday && !free[day.Format(time.DateOnly)] {
				counted++
			}
		}
		if counted != n {
			t.Fatalf("%d working days lie before %v, not %d", counted, end, n)
		}
	})
}

func TestAShorterListOfHolidaysNeverMeansALaterEnd(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		start := time.Unix(rapid.Int64Range(1_700_000_000, 1_900_000_000).Draw(t, "start"), 0).UTC()
		n := rapid.IntRange(0, 40).Draw(t, "n")
		var all []time.Time
		for range rapid.IntRange(0, 20).Draw(t, "holidays") {
			all = append(all, start.AddDate(0, 0, rapid.IntRange(0, 60).Draw(t, "holiday")))
		}
		some := all[:rapid.IntRange(0, len(all)).Draw(t, "kept")]
		if (terms.Calendar{Holidays: some}).Working(n, start).After(terms.Calendar{Holidays: all}.Working(n, start)) {
			t.Fatal("fewer holidays gave a later end")
		}
	})
}
