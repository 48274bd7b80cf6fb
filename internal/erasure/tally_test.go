package erasure

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/tally"
)

// event stores something of a category whose clock starts with the writing.
func (w *world) event(s privacy.SubjectID, c privacy.Category) store.Object {
	w.t.Helper()
	const app = "pixplus"
	p, now := w.policy(app), w.clock.Now()
	d, err := retention.For(p, c, policy.ItemWritten, now)
	must(w.t, err)
	o := store.Object{WrittenAt: now, Storage: p.StorageOf(c), Orientation: 1}
	o.Ref, err = w.Vault.Put(w.t.Context(), vault.Spec{
		App: app, Subject: s, Object: privacy.ObjectID(privacy.NewID("itk")), Category: c,
		MediaType: "application/json", Storage: o.Storage, PolicyHash: p.Hash(),
	}, d, bytes.NewReader([]byte(`{"name":"app_open"}`)))
	must(w.t, err)
	w.write(func(tx *store.Tx) error { return tx.InsertObject(w.t.Context(), o, d, retention.Deadline{}) })
	o, err = w.DB.App(app).Object(w.t.Context(), s, o.Object)
	must(w.t, err)
	return o
}

// counts returns the days that may be shown, of any number of people.
func (w *world) counts() string {
	w.t.Helper()
	now := w.clock.Now()
	list, err := tally.Days(w.t.Context(), w.DB.App("pixplus"), tally.Question{From: now.AddDate(-1, 0, 0), To: now, Least: 1, Now: now})
	must(w.t, err)
	return fmt.Sprint(list)
}

// dump returns every value of every count.
func (w *world) dump() string {
	w.t.Helper()
	var all string
	must(w.t, w.DB.Everywhere().QueryRowContext(w.t.Context(),
		`SELECT coalesce(group_concat(concat_ws('|', t.app, t.category, t.day, t.things, t.people, t.expires_at), ';'), '') FROM tallies t`).Scan(&all))
	return all
}

func TestAfterThePeriodACountRemainsAndNobodyInIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, bob := w.person("pixplus"), w.person("pixplus")
	things := []store.Object{w.event(ann, "usage_events"), w.event(ann, "usage_events"), w.event(bob, "usage_events"), w.event(bob, "crash_report")}
	w.clock.Advance(29 * 24 * time.Hour)
	if w.sweep() != 0 || w.dump() != "" {
		t.Fatalf("counted before its time: %s", w.dump())
	}
	w.clock.Advance(24 * time.Hour)
	if n := w.sweep(); n != len(things) || w.held() != 0 {
		t.Fatalf("%d went, %d are held", n, w.held())
	}
	day := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	if got := w.dump(); got != fmt.Sprintf("pixplus|usage_events|%d|3|2", day.UnixMilli()) { // a crash report's clock destroys
		t.Errorf("what remains is %q", got)
	}
	if got := w.counts(); got != "[{2026-11-21 usage_events 3 2}]" {
		t.Errorf("what is shown is %s", got)
	}
	for _, o := range things {
		if all := w.dump(); strings.Contains(all, string(o.Object)) || strings.Contains(all, string(o.Subject)) {
			t.Errorf("%s is named in %s", o.Object, all)
		}
		if _, err := w.DB.App(o.App).Object(t.Context(), o.Subject, o.Object); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s has a row: %v", o.Object, err)
		}
	}
}

func TestACountIsNeitherLostNorDoubledWhereTheProcessDies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.person("pixplus")
	w.event(s, "usage_events")
	w.event(s, "usage_events")
	w.clock.Advance(30 * 24 * time.Hour)
	died, deaths := errors.New("the process died"), 0
	for range 3 {
		w.stop = func(at string) {
			if at == "erase.destroyed" { // the key is gone, the row is not
				panic(died)
			}
		}
		func() {
			defer func() {
				if recover() == died { //nolint:errorlint // the very value
					deaths++
				}
			}()
			_, _ = w.Sweep(t.Context(), w.clock.Now())
		}()
		w.close()
		w.open()
	}
	w.stop = nil
	if deaths != 3 || w.dump() != "" {
		t.Fatalf("control: died %d times, and counted %s", deaths, w.dump())
	}
	w.sweep()
	w.close()
	w.open()
	w.sweep() // once more finds nothing
	if got := w.counts(); got != "[{2026-11-21 usage_events 2 1}]" {
		t.Errorf("what remains is %s", got)
	}
}

func TestACountThatCannotBeWrittenLeavesTheRowForTheNextSweep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.event(w.person("pixplus"), "usage_events")
	w.clock.Advance(30 * 24 * time.Hour)
	_, err := w.DB.Writer().ExecContext(t.Context(), `CREATE TRIGGER broken BEFORE INSERT ON tallies BEGIN SELECT RAISE(ABORT, 'the disk is full'); END`)
	must(t, err)
	if _, err := w.Sweep(t.Context(), w.clock.Now()); err == nil {
		t.Fatal("a count was lost, and nobody was told")
	}
	_, err = w.DB.Writer().ExecContext(t.Context(), `DROP TRIGGER broken`)
	must(t, err)
	w.sweep()
	if got := w.counts(); got != "[{2026-11-21 usage_events 1 1}]" {
		t.Errorf("what remains is %s", got)
	}
}

func TestWhatAPersonErasesIsNotCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, leaves := w.person("pixplus"), w.person("pixplus")
	wished, kept := w.event(s, "usage_events"), w.event(s, "usage_events")
	w.event(leaves, "usage_events")
	_, err := w.Object(t.Context(), wished, SubjectRequest, nil)
	must(t, err)
	_, err = w.Subject(t.Context(), "pixplus", leaves)
	must(t, err)
	w.clock.Advance(30 * 24 * time.Hour)
	w.sweep()
	if got := w.counts(); got != "[{2026-11-21 usage_events 1 1}]" {
		t.Errorf("what remains is %s; only %s ran out", got, kept.Object)
	}
}
