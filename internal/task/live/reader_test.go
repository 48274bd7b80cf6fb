package live_test

import (
	"strings"
	"sync"
	"testing"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/task/live"
)

// text joins what a reader has taken.
func text(r *live.Reader) string {
	var all strings.Builder
	_, pieces, _ := r.Take()
	for _, piece := range pieces {
		all.WriteString(piece.Reveal())
	}
	return all.String()
}

func TestAReaderGetsThePiecesOfItsTaskOnceAndFromNowOn(t *testing.T) {
	t.Parallel()
	b := live.New()
	b.Show("tsk_1", privacy.NewText("before"), nil)
	r, done := b.Read("tsk_1")
	b.Show("tsk_1", privacy.NewText("one "), nil)
	b.Show("tsk_2", privacy.NewText("of another"), nil)
	b.Show("tsk_1", privacy.NewText("two"), nil)
	<-r.News()
	if got := text(r); got != "one two" || text(r) != "" {
		t.Errorf("%q", got)
	}
	late, left := b.Read("tsk_1")
	b.Show("tsk_1", privacy.NewText("three"), nil)
	if first, second := text(r), text(late); first != "three" || second != "three" {
		t.Errorf("%q %q", first, second)
	}
	done()
	left()
	b.Show("tsk_1", privacy.NewText("after"), nil)
	if text(r) != "" || !b.Idle() {
		t.Error("something is left of a reading that has ended")
	}
}

func TestAReaderHasTheNoticesOfWhatHasCome(t *testing.T) {
	t.Parallel()
	b := live.New()
	r, done := b.Read("tsk_1")
	defer done()
	b.Show("tsk_1", privacy.NewText("one"), []string{"ai_generated"})
	b.Show("tsk_1", privacy.NewText("two"), []string{"ai_generated", "legal"})
	if _, pieces, notices := r.Take(); len(pieces) != 2 || len(notices) != 2 || notices[1] != "legal" {
		t.Errorf("%d pieces with %v", len(pieces), notices)
	}
	b.Show("tsk_1", privacy.NewText(strings.Repeat("y", 300<<10)), []string{"ai_generated", "medical", "legal"})
	if _, pieces, notices := r.Take(); len(pieces) != 0 || len(notices) != 3 {
		t.Errorf("%d pieces with %v: who is too slow still has the notices", len(pieces), notices)
	}
}

func TestWhoComesLateOrAgainReadsFromTheBeginning(t *testing.T) {
	t.Parallel()
	b := live.New()
	_, ended := b.Start(t.Context(), "tsk_1")
	first, left := b.Read("tsk_1")
	b.Show("tsk_1", privacy.NewText("one "), []string{"ai_generated"})
	if at, pieces, _ := first.Take(); at != 0 || len(pieces) != 1 {
		t.Errorf("%d pieces at %d", len(pieces), at)
	}
	left()
	b.Show("tsk_1", privacy.NewText("two "), []string{"ai_generated", "legal"})
	again, left := b.Read("tsk_1")
	<-again.News()
	if at, pieces, notices := again.Take(); at != 0 || len(pieces) != 2 || len(notices) != 2 {
		t.Errorf("%d pieces at %d with %v", len(pieces), at, notices)
	}
	b.Show("tsk_1", privacy.NewText("three"), nil)
	if at, pieces, _ := again.Take(); at != len("one two ") || len(pieces) != 1 {
		t.Errorf("%d pieces at %d", len(pieces), at)
	}
	b.Show("tsk_1", privacy.NewText(strings.Repeat("y", 300<<10)), nil)
	late, leave := b.Read("tsk_1")
	if got := text(late); got != "" {
		t.Errorf("a text of which the beginning is gone is shown: %d bytes", len(got))
	}
	leave()
	left()
	ended()
	if !b.Idle() {
		t.Error("something of the text is left after the work")
	}
}

func TestASlowReaderCostsABoundedRoomAndReadsNoHole(t *testing.T) {
	t.Parallel()
	for name, piece := range map[string]string{"many small pieces": "x", "large pieces": strings.Repeat("y", 100<<10)} {
		b := live.New()
		r, done := b.Read("tsk_1")
		for range 10_000 {
			b.Show("tsk_1", privacy.NewText(piece), nil)
		}
		if n := len(text(r)); n == 0 || n > 256<<10 {
			t.Errorf("%s: %d bytes were kept", name, n)
		}
		b.Show("tsk_1", privacy.NewText("behind a hole"), nil)
		if text(r) != "" {
			t.Errorf("%s: the reader was shown a text with a hole", name)
		}
		done()
	}
}

func TestReadersAndWritersDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	b := live.New()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			r, done := b.Read("tsk_1")
			defer done()
			for range 200 {
				select {
				case <-r.News():
				default:
				}
				r.Take()
			}
		})
		all.Go(func() {
			for range 200 {
				b.Show("tsk_1", privacy.NewText("piece"), nil)
			}
		})
	}
	all.Wait()
	if !b.Idle() {
		t.Error("something is left")
	}
}
