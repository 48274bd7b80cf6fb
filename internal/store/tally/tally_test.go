package tally

import (
	"fmt"
	"testing"
	"time"

	"vow.example/vow/internal/guard/guardtest"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/people"
	"vow.example/vow/internal/store/storetest"
)

func written() time.Time { return time.Date(2026, 11, 21, 14, 0, 0, 0, time.UTC) }

// out is when a clock of thirty days runs out.
func out() time.Time { return written().AddDate(0, 0, 30) }

type world struct {
	*store.DB
	t *testing.T
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return &world{storetest.Open(t, written(), written().AddDate(5, 0, 0), "pixplus", "mixoo"), t}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) write(f func(*store.Tx) error) {
	w.t.Helper()
	must(w.t, w.Write(w.t.Context(), f))
}

func (w *world) person(id privacy.SubjectID) privacy.SubjectID {
	w.t.Helper()
	w.write(func(tx *store.Tx) error {
		return tx.InsertSubject(w.t.Context(), "pixplus", store.Subject{ID: id, Locale: "en", CreatedAt: written(), ExpiresAt: written().AddDate(5, 0, 0)})
	})
	return id
}

// event records a thing of a person.
func (w *world) event(s privacy.SubjectID, at time.Time) store.Object {
	w.t.Helper()
	ref := vault.Ref{App: "pixplus", Subject: s, Object: privacy.ObjectID(privacy.NewID("itk")), Category: "usage_events", MediaType: "application/json"}
	o := store.Object{Ref: ref, Storage: policy.Disk, WrittenAt: at, Orientation: 1}
	d := guardtest.Deadline(vault.Spec{App: ref.App, Subject: s, Object: ref.Object, Category: ref.Category, Storage: policy.Disk}, at, at.AddDate(0, 0, 30))
	w.write(func(tx *store.Tx) error { return tx.InsertObject(w.t.Context(), o, d, retention.Deadline{}) })
	return o
}

// ends erases a thing and counts it.
func (w *world) ends(o store.Object, at time.Time, until ...time.Time) {
	w.t.Helper()
	w.write(func(tx *store.Tx) error {
		if err := tx.DeleteObject(w.t.Context(), o.App, o.Object); err != nil {
			return err
		}
		return Add(w.t.Context(), tx, o, at, append(until, time.Time{})[0])
	})
}

func (w *world) days(app privacy.AppID, least int, now time.Time) string {
	w.t.Helper()
	list, err := Days(w.t.Context(), w.App(app), Question{From: written(), To: written(), Least: least, Now: now})
	must(w.t, err)
	return fmt.Sprint(list)
}

func TestADayIsShownWhenNothingCanBeAddedAndEnoughPeopleAreInIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, bob := w.person("sub_ann"), w.person("sub_bob")
	list := []store.Object{w.event(ann, written()), w.event(ann, written()), w.event(bob, written())}
	w.event(ann, written().AddDate(0, 0, 1)) // of another day, and still kept
	for i, o := range list {
		if got := w.days("pixplus", 1, out()); got != "[]" {
			t.Errorf("with %d of 3 gone it is shown: %s", i, got)
		}
		w.ends(o, out())
	}
	const all = "[{2026-11-21 usage_events 3 2}]"
	for least, want := range map[int]string{0: all, 1: all, 2: all, 3: "[]"} { // three things of two people
		if got := w.days("pixplus", least, out()); got != want {
			t.Errorf("of at least %d people: %s", least, got)
		}
	}
	if got := w.days("mixoo", 1, out()); got != "[]" {
		t.Errorf("another app is shown %s", got)
	}
}

func TestNobodyIsCountedTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.person("sub_ann")
	for range 3 { // each is gone before the next one comes, and the day is not over
		w.ends(w.event(s, written()), written().Add(time.Hour))
	}
	if got := w.days("pixplus", 0, out()); got != "[]" {
		t.Errorf("a day of which nobody is known is shown: %s", got)
	}
	w.ends(w.event(s, written()), out())
	if got := w.days("pixplus", 1, out()); got != "[{2026-11-21 usage_events 4 1}]" {
		t.Errorf("%s", got)
	}
	if got := w.days("pixplus", 1, written().Add(time.Hour)); got != "[]" {
		t.Errorf("a day is shown before it is over: %s", got)
	}
}

func TestWhoObjectsOrIsRestrictedIsNotCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for id, p := range map[privacy.SubjectID]people.Profile{
		"sub_restricted": {Restriction: "claims"}, "sub_objects": {Objections: []privacy.Purpose{"improvement", Purpose}}, "sub_other": {Objections: []privacy.Purpose{"improvement"}},
	} {
		w.person(id)
		w.write(func(tx *store.Tx) error {
			return people.PutProfile(t.Context(), tx, people.Owner{App: "pixplus", Subject: id, Now: written()}, p)
		})
		w.ends(w.event(id, written()), out())
	}
	if got := w.days("pixplus", 1, out()); got != "[{2026-11-21 usage_events 1 1}]" { // who objects to something else
		t.Errorf("%s", got)
	}
}

func TestACountEndsWithItsOwnClockAndWithTheApp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, year := w.person("sub_ann"), out().AddDate(1, 0, 0)
	for _, until := range []time.Time{{}, year, year.Add(time.Hour)} {
		w.ends(w.event(s, written()), out(), until)
	}
	if got := w.days("pixplus", 1, year.Add(-time.Millisecond)); got != "[{2026-11-21 usage_events 3 3}]" {
		t.Fatalf("%s", got)
	}
	if got := w.days("pixplus", 1, year); got != "[]" {
		t.Errorf("past its clock it is shown: %s", got)
	}
	n := 0
	w.write(func(tx *store.Tx) (err error) { n, err = tx.EraseExpired(t.Context(), year); return err })
	if n != 1 {
		t.Errorf("the sweep erased %d rows", n)
	}
	w.ends(w.event(s, written()), out())
	if got := w.days("pixplus", 1, year.AddDate(3, 0, 0)); got != "[{2026-11-21 usage_events 1 1}]" {
		t.Errorf("without a clock: %s", got)
	}
	w.write(func(tx *store.Tx) error { return Forget(t.Context(), tx, "mixoo") })
	if w.days("pixplus", 1, out()) == "[]" {
		t.Error("the end of another app took it")
	}
	w.write(func(tx *store.Tx) error { return Forget(t.Context(), tx, "pixplus") })
	if got := w.days("pixplus", 1, out()); got != "[]" {
		t.Errorf("after the end of the app: %s", got)
	}
}
