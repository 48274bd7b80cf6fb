package clock

import (
	"testing"
	"time"
)

func TestAClockNeverRunsBackwards(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 21, 14, 0, 0, 0, time.UTC)
	fake := NewFake(start)
	if got := fake.Now(); !got.Equal(start) {
		t.Fatalf("a fake clock moves by itself: %v", got)
	}
	moved := fake.Moved()
	fake.Advance(25 * time.Hour)
	select {
	case <-moved:
	default:
		t.Error("Advance does not wake waiters")
	}
	fake.Advance(-time.Hour)
	if got, want := fake.Now(), start.Add(25*time.Hour); !got.Equal(want) {
		t.Errorf("now = %v, want %v", got, want)
	}
}

func TestAFastClockRunsFaster(t *testing.T) {
	t.Parallel()
	fast := NewFast(1440)
	before := fast.Now()
	time.Sleep(20 * time.Millisecond)
	if passed := fast.Now().Sub(before); passed < 20*time.Second {
		t.Errorf("20 ms made only %v", passed)
	}
}
