package budget

import (
	"context"
	"runtime"
	"testing"
)

func TestTwoLargePicturesAreNotDecodedAtOnce(t *testing.T) {
	t.Parallel()
	p := New()
	release, err := p.Hold(t.Context(), 49_000_000)
	if err != nil {
		t.Fatal(err)
	}
	small, err := p.Hold(t.Context(), 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	small()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Hold(gone, 49_000_000); err == nil {
		t.Fatal("a second large picture found room")
	}
	release()
	if release, err = p.Hold(t.Context(), 10*AtOnce); err != nil {
		t.Fatal("a picture beyond the budget waits for ever")
	}
	release()
}

func TestAPersonTakesTurnsAndNobodyElseWaitsForThem(t *testing.T) {
	t.Parallel()
	turns := NewTurns(2)
	first, ok := turns.Wait(t.Context(), "a")
	if !ok {
		t.Fatal("no turn for the first")
	}
	waiting := make(chan func())
	go func() {
		done, _ := turns.Wait(t.Context(), "a")
		waiting <- done
	}()
	for turns.length("a") < 2 { // until the second stands in line
		runtime.Gosched()
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, ok := turns.Wait(gone, "a"); ok || turns.length("a") != 2 {
		t.Error("one who left is still in line")
	}
	if _, ok := turns.Wait(t.Context(), "a"); ok {
		t.Error("a third found room")
	}
	other, ok := turns.Wait(t.Context(), "b")
	if !ok {
		t.Fatal("somebody else waits")
	}
	other()
	first()
	(<-waiting)()
	if turns.length("a") != 0 || len(turns.busy) != 0 {
		t.Error("somebody is still in line")
	}
}

func (t *Turns) length(person string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if one := t.busy[person]; one != nil {
		return one.users
	}
	return 0
}
