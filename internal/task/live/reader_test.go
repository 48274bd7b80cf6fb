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
	for _, piece := range r.Take() {
		all.WriteString(piece.Reveal())
	}
	return all.String()
}

func TestAReaderGetsThePiecesOfItsTaskOnceAndFromNowOn(t *testing.T) {
	t.Parallel()
	b := live.New()
	b.Show("tsk_1", privacy.NewText("before"))
	r, done := b.Read("tsk_1")
	b.Show("tsk_1", privacy.NewText("one "))
	b.Show("tsk_2", privacy.NewText("of another"))
	b.Show("tsk_1", privacy.NewText("two"))
	<-r.News()
	if got := text(r); got != "one two" || text(r) != "" {
		t.Errorf("%q", got)
	}
	late, left := b.Read("tsk_1")
	b.Show("tsk_1", privacy.NewText("three"))
	if first, second := text(r), text(late); first != "three" || second != "three" {
		t.Errorf("%q %q", first, second)
	}
	done()
	left()
	b.Show("tsk_1", privacy.NewText("after"))
	if text(r) != "" || !b.Idle() {
		t.Error("something is left of a reading that has ended")
	}
}

func TestASlowReaderCostsABoundedRoomAndReadsNoHole(t *testing.T) {
	t.Parallel()
	for name, piece := range map[string]string{"many small pieces": "x", "large pieces": strings.Repeat("y", 100<<10)} {
		b := live.New()
		r, done := b.Read("tsk_1")
		for range 10_000 {
			b.Show("tsk_1", privacy.NewText(piece))
		}
		if n := len(text(r)); n == 0 || n > 256<<10 {
			t.Errorf("%s: %d bytes were kept", name, n)
		}
		b.Show("tsk_1", privacy.NewText("behind a hole"))
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
				b.Show("tsk_1", privacy.NewText("piece"))
			}
		})
	}
	all.Wait()
	if !b.Idle() {
		t.Error("something is left")
	}
}
