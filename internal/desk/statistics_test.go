package desk

import (
	"fmt"
	"testing"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store/tally"
)

// logs has so many people leave a log each on the day that it is, and the first of them a second one.
func (w *world) logs(people int) {
	w.t.Helper()
	for i := range people {
		who := w.person(app)
		w.put(who, "crash_report", "a line")
		if i == 0 {
			w.put(who, "crash_report", "another line")
		}
	}
}

func TestWhatRemainsOfThingsThatAreGoneIsShownForDaysOfEnoughPeople(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	auditor, first := w.staff(Auditor), w.clock.Now()
	remains := func() string {
		n, err := w.Statistics(t.Context(), auditor, app, first, w.clock.Now())
		must(t, err)
		return fmt.Sprint(n.Remains)
	}
	w.logs(4) // five things of four people
	w.clock.Advance(24 * time.Hour)
	w.logs(5)
	w.clock.Advance(29*24*time.Hour + time.Minute)
	w.sweep()
	if got := remains(); got != "[]" {
		t.Errorf("a day of four people, or one that is kept yet, is shown: %s", got)
	}
	w.clock.Advance(24 * time.Hour)
	w.sweep()
	if got := remains(); got != "[{2026-11-22 crash_report 6 5}]" {
		t.Errorf("%s", got)
	}
	if n, err := w.Statistics(t.Context(), auditor, app, first, first); err != nil || len(n.Remains) != 0 {
		t.Errorf("another day: %+v, %v", n, err)
	}
}

func TestAnAppThatHasEndedLeavesNoCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.logs(5)
	w.clock.Advance(31 * 24 * time.Hour)
	w.sweep()
	left := func() int {
		list, err := tally.Days(t.Context(), w.DB.App(app), tally.Question{From: w.clock.Now().AddDate(-1, 0, 0), To: w.clock.Now(), Now: w.clock.Now()})
		must(t, err)
		return len(list)
	}
	if left() != 1 {
		t.Fatal("control: nothing is counted")
	}
	closing, err := w.CloseApp(t.Context(), w.staff(Owner), app, map[privacy.Lang]string{"en": "We close."})
	must(t, err)
	w.clock.Advance(closing.PurgeAt.Sub(w.clock.Now()))
	w.sweep()
	if left() != 0 {
		t.Error("counts outlive the app")
	}
}
