package vault_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
)

// hold returns the proof that an order keeps things for so long.
func hold(t testing.TB, h *house, lasts time.Duration) retention.Hold {
	t.Helper()
	src := policytest.Mutate(t, policytest.Minimal(), "id: sample,", "id: pixplus,")
	p := policytest.Load(t, policytest.Mutate(t, src, "\nnotices:", `
holds:
  grounds: [{id: authority_order, text: {en: an order of a court}, needs: [document]}]
  approvals: 2
  most: P60D
notices:`))
	now := h.clock.Now()
	proof, err := retention.Held(p, retention.Order{App: app, Ground: "authority_order", Document: "d", Approvals: 2, From: now, Until: now.Add(lasts)})
	if err != nil {
		t.Fatal(err)
	}
	return proof
}

// until reads an object that a hold keeps.
func (h *house) until(t testing.TB, ref vault.Ref, due time.Time) error {
	t.Helper()
	lease, err := h.Lend(t.Context(), ref, due, vault.Reading{Why: vault.ForSubject})
	if err != nil {
		return err
	}
	r, err := lease.Open()
	if err != nil {
		return err
	}
	var got bytes.Buffer
	_, err = got.ReadFrom(r)
	return errors.Join(err, r.Close())
}

func TestAKeptObjectOutlivesItsHourAndDiesWithTheHoursOfItsHold(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	kept, free := h.put(t, spec(policy.Disk), noise(1000)), h.put(t, spec(policy.Disk), noise(1000))
	proof := hold(t, h, 48*time.Hour)
	held, err := h.Keep(t.Context(), kept, proof)
	if err != nil || !held.Epoch.After(kept.Epoch) {
		t.Fatalf("%v, %v", held.Epoch, err)
	}
	h.clock.Advance(25 * time.Hour)
	if _, err := h.ring.DestroyEpochs(h.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if err := h.until(t, held, proof.Until()); err != nil {
		t.Errorf("the order is not kept: %v", err)
	}
	if h.Holds(t.Context(), free) {
		t.Error("the hour's key is left")
	}
	h.clock.Advance(24 * time.Hour)
	if _, err := h.ring.DestroyEpochs(h.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if h.Holds(t.Context(), held) || h.until(t, held, h.clock.Now().Add(time.Hour)) == nil {
		t.Error("it outlives its hold")
	}
}

func TestAShorterHoldMovesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ref := h.put(t, spec(policy.Disk), noise(1000))
	held, err := h.Keep(t.Context(), ref, hold(t, h, time.Hour))
	if err != nil || !held.Epoch.Equal(ref.Epoch) {
		t.Errorf("%v, %v", held.Epoch, err)
	}
}

func TestAHoldBringsNothingBackAndKeepsNoMemory(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	memory, erased, person := h.put(t, spec(policy.Memory), noise(10)), h.put(t, spec(policy.Disk), noise(10)), h.put(t, spec(policy.Disk), noise(10))
	if err := h.Erase(t.Context(), erased); err != nil {
		t.Fatal(err)
	}
	proof := hold(t, h, 48*time.Hour)
	stranger := person
	stranger.App = "mixoo"
	for name, c := range map[string]struct {
		ref  vault.Ref
		hold retention.Hold
		want error
	}{
		"memory":        {memory, proof, vault.ErrUnkept},
		"erased":        {erased, proof, vault.ErrErased},
		"another app's": {stranger, proof, vault.ErrNoDeadline},
		"no proof":      {person, retention.Hold{}, vault.ErrNoDeadline},
	} {
		if _, err := h.Keep(t.Context(), c.ref, c.hold); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if err := h.ring.DestroySubject(app, subject); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Keep(t.Context(), person, proof); !errors.Is(err, vault.ErrErased) {
		t.Errorf("a destroyed key is out of reach: %v", err)
	}
	if _, err := h.Keep(t.Context(), person, hold(t, h, time.Minute)); !errors.Is(err, vault.ErrErased) {
		t.Errorf("nor is it by an order that needs no later hour: %v", err)
	}
	h.clock.Advance(48 * time.Hour)
	if _, err := h.Keep(t.Context(), person, proof); !errors.Is(err, vault.ErrErased) {
		t.Errorf("an order that is over: %v", err)
	}
}

func TestAFailureWhileKeepingIsToldAndTheObjectStaysReadable(t *testing.T) {
	t.Parallel()
	eachFailure(t, func(t *testing.T, h *house, arm func()) {
		ref := h.put(t, spec(policy.Disk), noise(1000))
		proof := hold(t, h, 48*time.Hour)
		arm()
		_, err := h.Keep(t.Context(), ref, proof)
		if h.blobs.ops < h.blobs.failAt {
			if err != nil {
				t.Errorf("without a failure: %v", err)
			}
			return
		}
		if !errors.Is(err, errBlobs) {
			t.Errorf("call %d failed and Keep said %v", h.blobs.failAt, err)
		}
		if err := h.until(t, ref, start().Add(time.Hour)); err != nil {
			t.Errorf("a hold that failed cost the object: %v", err)
		}
	})
}

// TestAnEndMovesNoKeyThatAnOrderKeeps: the order is looked for while nobody else can move the object's end,
// and where nobody can say whether there is one, the key stays as it is.
func TestAnEndMovesNoKeyThatAnOrderKeeps(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ref := h.put(t, spec(policy.Disk), noise(1000))
	early, broken := inHours(spec(policy.Disk), 2), errors.New("disk on fire")
	for name, c := range map[string]struct {
		held vault.Held
		want error
	}{
		"kept":        {func(context.Context) (bool, error) { return true, nil }, vault.ErrKept},
		"nobody says": {func(context.Context) (bool, error) { return false, broken }, broken},
	} {
		if got, err := h.Rewrap(t.Context(), ref, early, c.held); !errors.Is(err, c.want) || got != ref {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := h.ring.DestroyEpochs(start().Add(3 * time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := h.read(t.Context(), ref); err != nil {
		t.Errorf("after the earlier hour it is not readable: %v", err)
	}
}
