package editions

import (
	"testing"
	"time"
)

func TestWhatAPersonHasNotSeenIsNamedAndNotShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.person()
	if ids, err := w.Unseen(t.Context(), sample, anna); err != nil || ids == nil || len(ids) != 0 {
		t.Errorf("before anything was announced: %v, %v", ids, err)
	}
	p := w.publish(2, day, unused("PT48H"))
	ids, err := w.Unseen(t.Context(), sample, anna)
	if err != nil || len(ids) != 1 || ids[0] != p.Notice {
		t.Fatalf("%v, %v, want %s", ids, err, p.Notice)
	}
	w.clock.Advance(time.Minute)
	if n := w.only(anna); !n.ShownAt.Equal(w.clock.Now()) {
		t.Errorf("naming it has shown it: %+v", n)
	}
}
