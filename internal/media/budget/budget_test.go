package budget

import (
	"context"
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
