package terms

import (
	"time"
	_ "time/tzdata" // a deadline must not depend on which zones a machine happens to know
)

// Due returns the moment by which something that started at start must be done. Working days end with
// the last of them in the calendar's zone: the answer is the first moment of the day after it.
func (c Calendar) Due(d Deadline, start time.Time) time.Time {
	if d.Working {
		return c.Working(d.Days, start)
	}
	return start.AddDate(d.Years, d.Months, d.Days).Add(d.Time)
}

// Working returns the end of the n-th working day after start. The day after start is day 1 where it is
// a working day; Saturdays, Sundays and the listed holidays do not count. With n below 1 it is the end
// of the day of start.
func (c Calendar) Working(n int, start time.Time) time.Time {
	zone := c.zone()
	free := make(map[string]bool, len(c.Holidays))
	for _, h := range c.Holidays {
		free[h.Format(time.DateOnly)] = true
	}
	y, m, d := start.In(zone).Date()
	// Noon is skipped by no change to or from summer time, so that adding days never slips.
	day := time.Date(y, m, d, 12, 0, 0, 0, zone)
	for counted := 0; counted < n; {
		day = day.AddDate(0, 0, 1)
		if works(day.Weekday()) && !free[day.Format(time.DateOnly)] {
			counted++
		}
	}
	y, m, d = day.Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, zone)
}

// Begins returns the first moment of a day as a policy writes it, in the calendar's zone. What is no day
// gives the zero time; the check has refused it.
func (c Calendar) Begins(day string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, day, c.zone())
	if err != nil {
		return time.Time{}
	}
	return t
}

func works(d time.Weekday) bool { return d != time.Saturday && d != time.Sunday }

func (c Calendar) zone() *time.Location {
	if c.Zone == nil {
		return time.UTC
	}
	return c.Zone
}
