package desk

import (
	"testing"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/desk"
)

// between calls its function before it tells the time for the nth time.
type between struct {
	clock.Clock
	n    int
	then func()
}

func (b *between) Now() time.Time {
	if b.n--; b.n == 0 {
		b.then()
	}
	return b.Clock.Now()
}

// TestAnEndThatDidNotKnowOfAHoldTakesNothingFromIt: the thing's end moves earlier after its key was wrapped
// for the hold, and before any row says so.
func TestAnEndThatDidNotKnowOfAHoldTakesNothingFromIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, asker, third := w.person(app), w.staff(Officer), w.staff(Officer)
	photo := w.put(who, "source_photo", "evidence")
	a := order(who, photo.Object)
	a.Until = w.clock.Now().Add(40 * 24 * time.Hour)
	o, err := w.Ask(t.Context(), asker, a)
	must(t, err)
	_, err = w.Approve(t.Context(), w.staff(Officer), facts.Hold, o.ID)
	must(t, err)
	last, err := retention.Ceiling(w.pol, "source_photo", photo.WrittenAt)
	must(t, err)
	early := retention.Shorten(last, w.clock.Now().Add(2*time.Hour))
	race := &between{Clock: w.clock, n: 4} // told to judge, to approve, to list, and then inside the last transaction
	race.then = func() {
		if w.object(photo).Hold != "" {
			t.Error("the row says already that it is held")
		}
		moved, err := w.Vault.Rewrap(t.Context(), photo.Ref, early, w.DB.Held(photo, w.clock.Now()))
		if err != nil || !moved.Epoch.Before(photo.Epoch) {
			t.Errorf("the end was not moved: %v, %v", moved.Epoch, err)
		}
	}
	w.Clock = race
	_, err = w.Approve(t.Context(), third, facts.Hold, o.ID)
	must(t, err)
	if race.n > 0 {
		t.Fatal("the race did not happen")
	}
	w.clock.Advance(30 * 24 * time.Hour)
	w.sweep()
	if held := w.object(photo); held.Hold != store.HoldOrder || !w.Vault.Holds(t.Context(), held.Ref) {
		t.Errorf("an order keeps it, and its key is gone: %+v", held)
	}
}
