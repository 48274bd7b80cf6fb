package live_test

import (
	"testing"

	"vow.example/vow/internal/task/live"
)

func TestNothingIsLeftOfWhatHasEnded(t *testing.T) {
	t.Parallel()
	b := live.New()
	news, unwatch := b.Watch("tsk_1")
	ctx, done := b.Start(t.Context(), "tsk_1")
	n, left := b.Arrive("sub_1")
	if first, second := b.Hint("tsk_1"), b.Hint("tsk_1"); !first || second || n != 1 || b.Idle() {
		t.Errorf("hints %v and %v, %d uploads", first, second, n)
	}
	b.Wake("tsk_1")
	b.Wake("tsk_1") // nobody has read the first yet
	b.Wake("tsk_2")
	<-news
	b.Cancel("tsk_2")
	if ctx.Err() != nil {
		t.Error("the cancel of another task arrived")
	}
	b.Cancel("tsk_1")
	if ctx.Err() == nil {
		t.Error("the cancel did not arrive")
	}
	unwatch()
	done()
	left()
	b.Heed("tsk_1")
	if !b.Idle() {
		t.Error("something is left")
	}
}
