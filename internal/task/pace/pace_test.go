package pace_test

import (
	"sync"
	"testing"
	"time"

	"vow.example/vow/internal/task/pace"
)

var way = pace.Way{App: "a", Feature: "f", Recipient: "r"}

func TestAFewTasksSayNothingYet(t *testing.T) {
	t.Parallel()
	var b pace.Book
	b.Note(way, time.Minute)
	b.Note(way, time.Minute)
	if got := b.Usual(way); got != 0 {
		t.Errorf("two tasks say that %s is usual", got)
	}
	if got := pace.SlowAfter(0); got != 0 {
		t.Errorf("something unknown is slow after %s", got)
	}
}

func TestUsualIsTheMiddleOfTheNewest(t *testing.T) {
	t.Parallel()
	var b pace.Book
	for range 40 {
		b.Note(way, time.Hour) // forgotten: the recipient is faster now
	}
	for _, seconds := range []int{20, 40, 30, 20, 40, 30, 20, 40, 30, 20, 40, 30, 20, 40, 3000} {
		b.Note(way, time.Duration(seconds)*time.Second)
	}
	if got := b.Usual(way); got != 30*time.Second {
		t.Errorf("usual is %s, want the middle of the newest fifteen: 30s", got)
	}
	other := way
	other.Recipient = "another"
	if got := b.Usual(other); got != 0 {
		t.Errorf("another recipient has the duration %s", got)
	}
}

func TestSlowIsMoreThanTwiceTheUsualAndNeverAMoment(t *testing.T) {
	t.Parallel()
	for usual, want := range map[time.Duration]time.Duration{
		time.Millisecond: 10 * time.Second, 5 * time.Second: 10 * time.Second, 40 * time.Second: 80 * time.Second,
	} {
		if got := pace.SlowAfter(usual); got != want {
			t.Errorf("after a usual %s it is slow after %s, want %s", usual, got, want)
		}
	}
}

func TestTheBookIsSafeForManyAtOnce(t *testing.T) {
	t.Parallel()
	var b pace.Book
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				b.Note(way, time.Second)
				b.Usual(way)
			}
		})
	}
	all.Wait()
	if got := b.Usual(way); got != time.Second {
		t.Errorf("usual is %s", got)
	}
}
