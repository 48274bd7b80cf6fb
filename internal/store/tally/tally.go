// Package tally keeps what remains of things whose clock ran out where the policy says that only counts
// remain: numbers by app, category and day.
//
// It promises that a thing is counted in the transaction that erases its row, that a day is shown only when
// nothing more can be added to it and it is of enough people, and that nobody is counted twice. It never
// keeps an identifier of a person or of a thing, and counts nothing of people who object to it or whose
// data is restricted.
package tally

import (
	"context"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/rows"
)

const (
	// Purpose is what counts serve. Who objects to it is not counted.
	Purpose = privacy.Purpose("service_operation")
	// Category is what a policy calls counts, where it gives them a clock.
	Category = privacy.Category("anonymous_statistics")
)

const (
	day   = 24 * time.Hour
	dayMs = int64(day / time.Millisecond)
)

// Add counts a thing whose row this transaction has erased already, at a moment. until is when the count
// itself ends; zero: the policy gives counts no clock.
//
// The last thing of a person's day counts the person. That needs no list of who was counted: a day that is
// over gets no more things. What is erased within its own day therefore counts nobody, and neither does a
// person whose last thing went for another reason than its clock.
func Add(ctx context.Context, tx *store.Tx, o store.Object, now, until time.Time) error {
	begins := o.WrittenAt.Truncate(day)
	return rows.Exec(ctx, tx.SQL(), `INSERT INTO tallies (app, category, day, things, people, expires_at)
		SELECT ?1, ?3, ?4, 1, ?6 >= ?5 AND NOT EXISTS (SELECT 1 FROM objects WHERE app = ?1 AND subject = ?2 AND category = ?3 AND written_at >= ?4 AND written_at < ?5), ?7
		WHERE NOT EXISTS (SELECT 1 FROM profiles p WHERE p.app = ?1 AND p.subject = ?2
			AND (p.restriction <> '' OR instr(',' || p.objections || ',', ',' || ?8 || ',') > 0))
		ON CONFLICT (app, category, day) DO UPDATE SET things = things + 1, people = people + excluded.people,
			expires_at = min(coalesce(expires_at, excluded.expires_at), coalesce(excluded.expires_at, expires_at))`,
		o.App, o.Subject, o.Category, rows.Ms(begins), rows.Ms(begins.Add(day)), rows.Ms(now), rows.MsOrNull(until), Purpose)
}

// Day is how many things of a category were written on a day, by at least so many people.
type Day struct {
	Day      string // 2026-11-21, in UTC
	Category privacy.Category
	Things   int
	People   int
}

// Question asks for days from one to another, both included, of at least so many people each, at a moment.
type Question struct {
	From, To time.Time
	Least    int
	Now      time.Time
}

// Days returns the days of an app that may be shown. A day to which something can still be added is not:
// two readings, one before and one after, would tell of a single thing.
func Days(ctx context.Context, a store.App, ask Question) ([]Day, error) {
	q, app := a.Rows()
	return rows.All(ctx, q, func(r rows.Scanner) (Day, error) {
		var d Day
		var begins int64
		err := r.Scan(&begins, &d.Category, &d.Things, &d.People)
		d.Day = rows.At(begins).Format(time.DateOnly)
		return d, err
	}, `SELECT day, category, things, people FROM tallies t WHERE app = ?1 AND day >= ?2 AND day <= ?3 AND people >= ?4 AND day + ?6 <= ?5
		AND (expires_at IS NULL OR expires_at > ?5)
		AND NOT EXISTS (SELECT 1 FROM objects o WHERE o.app = ?1 AND o.category = t.category AND o.written_at >= t.day AND o.written_at < t.day + ?6)
		ORDER BY day, category`,
		app, rows.Ms(ask.From.Truncate(day)), rows.Ms(ask.To.Truncate(day)), max(ask.Least, 1), rows.Ms(ask.Now), dayMs)
}

// Forget erases every count of an app that has ended.
func Forget(ctx context.Context, tx *store.Tx, app privacy.AppID) error {
	return rows.Exec(ctx, tx.SQL(), `DELETE FROM tallies WHERE app = ?`, app)
}
