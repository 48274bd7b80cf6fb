package vault_test

import (
	"errors"
	"io"
	"testing"
	"time"

	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/policy"
)

// TestWhatTheRingRemembersAsErasedIsNeverOpenedAlthoughItsHeaderIsThere is the state after a backup of the
// blobs was put back.
func TestWhatTheRingRemembersAsErasedIsNeverOpenedAlthoughItsHeaderIsThere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	sp := spec(policy.Disk)
	gone, stays := h.put(t, sp, noise(100)), h.put(t, spec(policy.Disk), noise(100))
	due := h.clock.Now().Add(time.Hour)
	lease, err := h.Lend(t.Context(), gone, due, vault.Reading{Why: vault.ForSubject})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.ring.Bury(keyring.Erased{App: gone.App, Class: string(gone.Category), Object: gone.Object}); err != nil {
		t.Fatal(err)
	}
	if _, err := lease.Open(); !errors.Is(err, vault.ErrErased) {
		t.Errorf("it is opened: %v", err)
	}
	if _, err := h.Rewrap(t.Context(), gone, inHours(sp, 2), free); !errors.Is(err, vault.ErrErased) {
		t.Errorf("it is wrapped anew: %v", err)
	}
	if _, err := h.Keep(t.Context(), gone, retention.Hold{}); err == nil {
		t.Error("it is kept")
	}
	if left, err := h.Left(t.Context(), gone); err != nil || !left || h.Holds(t.Context(), gone) {
		t.Errorf("left %v, %v", left, err)
	}
	open, err := h.Lend(t.Context(), stays, due, vault.Reading{Why: vault.ForSubject})
	if err != nil {
		t.Fatal(err)
	}
	r, err := open.Open()
	if err != nil {
		t.Fatalf("the neighbour: %v", err)
	}
	if raw, err := io.ReadAll(r); err != nil || len(raw) != 100 {
		t.Errorf("the neighbour: %d bytes, %v", len(raw), err)
	}
	if err := errors.Join(r.Close(), h.Erase(t.Context(), gone)); err != nil {
		t.Fatal(err)
	}
	if left, err := h.Left(t.Context(), gone); err != nil || left {
		t.Errorf("left %v, %v", left, err)
	}
}

func TestWhatIsLeftOfMemoryIsTold(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ref := h.put(t, spec(policy.Memory), noise(100))
	if left, err := h.Left(t.Context(), ref); err != nil || !left {
		t.Errorf("left %v, %v", left, err)
	}
	if err := h.Erase(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	if left, err := h.Left(t.Context(), ref); err != nil || left {
		t.Errorf("left %v, %v", left, err)
	}
}
