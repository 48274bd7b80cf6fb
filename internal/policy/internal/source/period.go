package source

import (
	"errors"
	"strings"
	"time"

	"github.com/sosodev/duration"
)

// Period is a limit as written: at once, or a number of calendar units and clock time.
type Period struct {
	Immediate           bool
	Years, Months, Days int
	Time                time.Duration
}

// Immediate is the word for a limit of nothing.
const Immediate = "immediate"

// ReadPeriod reads "immediate" or a finite ISO 8601 duration. Days, months and years are kept as
// such, because a month has no fixed number of hours.
func ReadPeriod(s string) (Period, error) {
	if s == Immediate {
		return Period{Immediate: true}, nil
	}
	// The ISO reader accepts some texts that it does not understand in full: bound them here.
	if len(s) < 3 || len(s) > 32 || strings.ContainsAny(s, ".,-+") || strings.HasSuffix(s, "T") {
		return Period{}, errors.New("this is no ISO 8601 duration")
	}
	d, err := duration.Parse(s)
	if err != nil {
		return Period{}, errors.New("this is no ISO 8601 duration") // the reader's own words are about its code
	}
	const enough = 1 << 20
	if d.Negative || d.Years > 100 || d.Months > 1200 || max(d.Weeks, d.Days, d.Hours, d.Minutes, d.Seconds) > enough {
		return Period{}, errors.New("this is no duration within 100 years")
	}
	clock := time.Duration(d.Hours)*time.Hour + time.Duration(d.Minutes)*time.Minute + time.Duration(d.Seconds)*time.Second
	p := Period{Years: int(d.Years), Months: int(d.Months), Days: int(d.Days) + 7*int(d.Weeks), Time: clock}
	if p == (Period{}) {
		return Period{}, errors.New("this is a duration of nothing; write immediate")
	}
	return p, nil
}

// AtMostADay reports whether a period ends within 24 hours.
func AtMostADay(p Period) bool {
	const day = 24 * time.Hour
	return p.Years+p.Months == 0 && time.Duration(p.Days)*day+p.Time <= day
}

// ReadDeadline reads a period or a number of working days: "P15D working".
func ReadDeadline(s string) (p Period, working bool, err error) {
	iso, working := strings.CutSuffix(s, " working")
	p, err = ReadPeriod(iso)
	if err == nil && working && (p.Immediate || p.Days == 0 || p.Years+p.Months > 0 || p.Time > 0) {
		err = errors.New("working days are counted in days")
	}
	return p, working, err
}

// Exceeds reports whether a period can run longer than another one. The same period never does; a month
// or a year counts as long as it can be on the one side and as short on the other. What is no period
// exceeds nothing.
func Exceeds(limit, most string) bool {
	p, err := ReadPeriod(limit)
	q, wrong := ReadPeriod(most)
	const day = 24 * time.Hour
	longest := time.Duration(p.Years*366+p.Months*31+p.Days)*day + p.Time
	shortest := time.Duration(q.Years*365+q.Months*28+q.Days)*day + q.Time
	return err == nil && wrong == nil && p != q && longest > shortest
}
