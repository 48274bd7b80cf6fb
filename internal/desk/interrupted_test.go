package desk

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"vow.example/vow/internal/blob"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/desk"
)

// failing is a disk on which no header can be written while it is broken.
type failing struct {
	vault.Blobs
	broken bool
}

var errDisk = errors.New("the disk is full")

func (f *failing) OverwriteHeader(ctx context.Context, id string, h [vault.HeaderSize]byte) error {
	if f.broken {
		return errDisk
	}
	return f.Blobs.OverwriteHeader(ctx, id, h)
}

// breaks puts a disk under the vault that breaks.
func (w *world) breaks() *failing {
	w.t.Helper()
	var file string
	must(w.t, w.DB.Everywhere().QueryRowContext(w.t.Context(), `SELECT file FROM pragma_database_list WHERE name = 'main'`).Scan(&file))
	blobs, err := blob.NewFile(filepath.Join(filepath.Dir(file), "objects"))
	must(w.t, err)
	w.t.Cleanup(func() { must(w.t, blobs.Close()) })
	disk := &failing{Blobs: blobs}
	w.Vault = vault.New(w.ring, disk, w.clock, 1<<20)
	return disk
}

func TestAnOrderThatEverybodyAgreedToComesIntoForceAfterAnInterruption(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, asker := w.person(app), w.staff(Officer)
	photo := w.put(who, "source_photo", "evidence")
	disk := w.breaks()
	o, err := w.Ask(t.Context(), asker, order(who, photo.Object))
	must(t, err)
	first, second := w.staff(Officer), w.staff(Officer)
	_, err = w.Approve(t.Context(), first, facts.Hold, o.ID)
	must(t, err)
	disk.broken = true
	for range 2 { // once it agrees and cannot go on, then it cannot go on
		if _, err := w.Approve(t.Context(), second, facts.Hold, o.ID); !errors.Is(err, errDisk) {
			t.Fatalf("%v, want %v", err, errDisk)
		}
	}
	if x := w.object(photo); x.Hold != "" {
		t.Fatalf("it is said to be held and is not: %+v", x)
	}
	disk.broken = false
	_, err = w.Approve(t.Context(), asker, facts.Hold, o.ID)
	is(t, err, "same-person")
	o, err = w.Approve(t.Context(), first, facts.Hold, o.ID)
	if err != nil || o.State != facts.InForce || len(o.Approvals) != 2 || w.object(photo).Hold != store.HoldOrder {
		t.Fatalf("%+v, %v", o, err)
	}
	for _, by := range []facts.Staff{first, second} {
		_, err = w.Approve(t.Context(), by, facts.Hold, o.ID)
		is(t, err, "same-person")
	}
}

func TestAnOrderThatWasInterruptedIsNotPutInForceAfterItsTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	o, err := w.Ask(t.Context(), w.staff(Officer), Ask{Subject: who, Kind: facts.Override, Ground: "legal_claims", Document: "Claim-3"})
	must(t, err)
	by := w.staff(Officer)
	must(t, w.DB.Write(t.Context(), func(tx *store.Tx) error { return o.Approve(t.Context(), tx, by.ID, w.clock.Now()) })) // and then the power went
	w.clock.Advance(orderLasts)
	_, err = w.Approve(t.Context(), w.staff(Officer), facts.Override, o.ID)
	is(t, err, "conflict")
}

func TestWhoeverGoesOnAtTheSameTimeFindsTheOrderInForce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	photo := w.put(who, "source_photo", "evidence")
	for _, a := range []Ask{order(who, photo.Object), {Subject: who, Kind: facts.Override, Ground: "legal_claims", Document: "Claim-3"}} {
		o, err := w.Ask(t.Context(), w.staff(Officer), a)
		must(t, err)
		officers := []facts.Staff{w.staff(Officer), w.staff(Officer), w.staff(Officer), w.staff(Officer)}
		for _, by := range officers[:o.Needed] {
			must(t, w.DB.Write(t.Context(), func(tx *store.Tx) error { return o.Approve(t.Context(), tx, by.ID, w.clock.Now()) }))
		}
		read, err := facts.OrderByID(t.Context(), w.DB.Everywhere(), o.ID) // as all of them read it
		must(t, err)
		leaves := w.leaves()
		var all sync.WaitGroup
		for _, by := range officers {
			all.Go(func() {
				if got, err := w.enforce(t.Context(), by, read); err != nil || got.State != facts.InForce {
					t.Errorf("%s: %+v, %v", a.Kind, got, err)
				}
			})
		}
		all.Wait()
		if n := w.leaves() - leaves; n != 1 {
			t.Errorf("%s: %d leaves say that it is in force, want one", a.Kind, n)
		}
	}
}
