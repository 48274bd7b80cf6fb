package desk

import (
	"errors"
	"testing"
	"time"

	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/people"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/desk"
	"vow.example/vow/internal/task"
)

func order(who Subject, o privacy.ObjectID) Ask {
	return Ask{Subject: who, Kind: facts.Hold, Ground: "authority_order", Object: o, Document: "Court-2026/17"}
}

func TestAHeldThingOutlivesItsClockSealedAndDiesWhenTheHoldEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	photo, free := w.put(who, "source_photo", "evidence"), w.put(who, "source_photo", "not evidence")
	a := order(who, photo.Object)
	a.Until = w.clock.Now().Add(40 * 24 * time.Hour)
	w.inForce(a)
	moderator := w.staff(Moderator)
	w.clock.Advance(25 * time.Hour)
	w.sweep()
	if w.Vault.Holds(t.Context(), free.Ref) {
		t.Error("what nobody ordered to keep outlived its clock")
	}
	held := w.object(photo)
	if !w.Vault.Holds(t.Context(), held.Ref) || held.Hold != store.HoldOrder || !held.ExpiresAt.Equal(photo.ExpiresAt) {
		t.Fatalf("the evidence is gone, or its clock moved: %+v", held)
	}
	w.clock.Advance(30 * 24 * time.Hour) // many hours' keys die meanwhile
	w.sweep()
	c := w.openCase(moderator, who, "moderation")
	in := Read{Case: c.ID, Object: photo.Object, Purpose: "safety_review", Reason: "r"}
	_, err := w.read(moderator, in)
	is(t, err, "processing-restricted")
	o := w.inForce(Ask{Subject: who, Kind: facts.Override, Ground: "legal_claims", Document: "Claim-3"})
	in.Override = o.ID
	if got, err := w.read(moderator, in); err != nil || got != "evidence" {
		t.Fatalf("under an override: %q, %v", got, err)
	}
	if seen, err := w.Accesses(t.Context(), who, "", 1); err != nil || seen[0].Ground != "legal_claims" {
		t.Errorf("the override is not in the record: %+v, %v", seen, err)
	}
	w.clock.Advance(15 * 24 * time.Hour)
	w.sweep()
	if _, err := w.DB.App(app).ReceiptOf(t.Context(), who.ID, photo.Object); err != nil || w.Vault.Holds(t.Context(), held.Ref) {
		t.Errorf("the hold ended and the thing lives: %v", err)
	}
}

func TestAHoldThatIsEndedEarlyLetsGoAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, officer := w.person(app), w.staff(Officer)
	photo := w.put(who, "source_photo", "evidence")
	first, second := w.inForce(order(who, photo.Object)), w.inForce(order(who, ""))
	w.clock.Advance(48 * time.Hour)
	_, err := w.EndHold(t.Context(), officer, first.ID)
	must(t, err)
	w.sweep()
	if !w.Vault.Holds(t.Context(), w.object(photo).Ref) {
		t.Fatal("another order still keeps it")
	}
	_, err = w.EndHold(t.Context(), officer, second.ID)
	must(t, err)
	w.sweep()
	if w.Vault.Holds(t.Context(), photo.Ref) {
		t.Error("no order keeps it, and it lives")
	}
	_, err = w.EndHold(t.Context(), officer, second.ID)
	is(t, err, "conflict")
	_, err = w.EndHold(t.Context(), w.staff(Moderator), second.ID)
	is(t, err, "forbidden")
}

func TestAnOrderNeedsTwoOtherPeopleAndEachOfThemOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, asker, second := w.person(app), w.staff(Officer), w.staff(Officer)
	photo := w.put(who, "source_photo", "evidence")
	o, err := w.Ask(t.Context(), asker, order(who, photo.Object))
	must(t, err)
	if o.Needed != 2 || o.State != facts.Asked {
		t.Errorf("%+v", o)
	}
	_, err = w.Approve(t.Context(), asker, facts.Hold, o.ID)
	is(t, err, "same-person")
	_, err = w.Approve(t.Context(), w.staff(Moderator), facts.Hold, o.ID)
	is(t, err, "forbidden")
	_, err = w.Approve(t.Context(), second, facts.Disclosure, o.ID)
	is(t, err, "not-found")
	o, err = w.Approve(t.Context(), second, facts.Hold, o.ID)
	if err != nil || o.State != facts.Asked || w.object(photo).Hold != "" {
		t.Fatalf("one agreement holds: %+v, %v", o, err)
	}
	_, err = w.Approve(t.Context(), second, facts.Hold, o.ID)
	is(t, err, "same-person")
	elsewhere := w.staff(Officer)
	elsewhere.App = "other"
	_, err = w.Approve(t.Context(), elsewhere, facts.Hold, o.ID)
	is(t, err, "not-found")
	abroad := w.staff(Officer)
	abroad.Region = "CN"
	_, err = w.Approve(t.Context(), abroad, facts.Hold, o.ID)
	is(t, err, "region-not-allowed")
	third := w.staff(Officer)
	o, err = w.Approve(t.Context(), third, facts.Hold, o.ID)
	if err != nil || o.State != facts.InForce || w.object(photo).Hold != store.HoldOrder {
		t.Fatalf("%+v, %v", o, err)
	}
	_, err = w.Approve(t.Context(), w.staff(Officer), facts.Hold, o.ID)
	is(t, err, "conflict")
}

func TestAHoldNeedsItsGroundItsDocumentAndAnEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, officer := w.person(app), w.staff(Officer)
	photo := w.put(who, "source_photo", "evidence")
	face := w.put(who, "source_photo", "a face in memory")
	must(t, w.DB.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.SQL().Exec(`UPDATE objects SET storage = 'memory' WHERE id = ?`, face.Object)
		return err
	}))
	erased := w.put(who, "source_photo", "erased")
	_, err := w.Eraser.Object(t.Context(), erased, erasure.SubjectRequest, nil)
	must(t, err)
	due := w.put(who, "source_photo", "due")
	for name, c := range map[string]struct {
		change func(*Ask)
		code   string
	}{
		"another ground":              {func(a *Ask) { a.Ground = "curiosity" }, "ground-required"},
		"a ground for something else": {func(a *Ask) { a.Ground = "legal_demand" }, "ground-required"},
		"no document":                 {func(a *Ask) { a.Document = "" }, "ground-required"},
		"a document in words":         {func(a *Ask) { a.Document = "the letter of Mr X" }, "validation"},
		"longer than one order":       {func(a *Ask) { a.Until = w.clock.Now().AddDate(0, 0, 61) }, "hold-too-long"},
		"an end in the past":          {func(a *Ask) { a.Until = w.clock.Now() }, "hold-too-long"},
		"something that was erased":   {func(a *Ask) { a.Object = erased.Object }, "erased"},
		"something in memory":         {func(a *Ask) { a.Object = face.Object }, "memory-only"},
		"something that never was":    {func(a *Ask) { a.Object = "upl_x" }, "not-found"},
		"somebody who never was":      {func(a *Ask) { a.Subject.ID = "sub_x" }, "not-found"},
		"another app":                 {func(a *Ask) { a.Subject.App = "other" }, "not-found"},
	} {
		a := order(who, photo.Object)
		c.change(&a)
		if _, err := w.Ask(t.Context(), officer, a); err == nil || fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	w.clock.Advance(24 * time.Hour)
	_, err = w.Ask(t.Context(), officer, order(who, due.Object)) // the sweeper is late
	is(t, err, "erased")
}

func TestAnOrderBringsNothingBackThatWentBeforeItWasInForce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	photo := w.put(who, "source_photo", "evidence")
	o, err := w.Ask(t.Context(), w.staff(Officer), order(who, photo.Object))
	must(t, err)
	_, err = w.Approve(t.Context(), w.staff(Officer), facts.Hold, o.ID)
	must(t, err)
	w.clock.Advance(24 * time.Hour)
	w.sweep()
	_, err = w.Approve(t.Context(), w.staff(Officer), facts.Hold, o.ID)
	is(t, err, "erased")
	if w.Vault.Holds(t.Context(), photo.Ref) {
		t.Error("it is back")
	}
}

func TestAPersonsErasureLeavesOnlyWhatALegalOrderKeeps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	photo, free := w.put(who, "source_photo", "evidence"), w.put(who, "source_photo", "free")
	w.inForce(order(who, photo.Object))
	_, err := w.Eraser.Object(t.Context(), w.object(photo), erasure.SubjectRequest, nil)
	if !errors.Is(err, erasure.ErrHeld) {
		t.Fatalf("%v", err)
	}
	if o := w.object(photo); w.clock.Now().Before(o.Due()) || !w.Vault.Holds(t.Context(), o.Ref) {
		t.Fatalf("erased by its owner it must be sealed and kept: %+v", o)
	}
	receipts, err := w.Eraser.Subject(t.Context(), app, who.ID)
	if err != nil || len(receipts) != 1 || w.Vault.Holds(t.Context(), free.Ref) {
		t.Fatalf("%d receipts, %v", len(receipts), err)
	}
	w.sweep()
	if !w.Vault.Holds(t.Context(), w.object(photo).Ref) || !w.ring.HasSubject(app, who.ID) {
		t.Fatal("the order is not kept")
	}
	if list, err := w.Accesses(t.Context(), who, "", 10); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	w.clock.Advance(60 * 24 * time.Hour)
	w.sweep()
	if _, err := w.DB.App(app).Subject(t.Context(), who.ID); !errors.Is(err, store.ErrNotFound) || w.ring.HasSubject(app, who.ID) {
		t.Errorf("the order ended and the account is left: %v", err)
	}
	if rows, err := w.DB.App(app).Facts(t.Context(), who.ID); err != nil || len(rows) != 0 {
		t.Errorf("rows are left: %v, %v", rows, err)
	}
}

func TestAPersonKeepsOneItemUnderTheRightRestrictionOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, officer, moderator := w.person(app), w.staff(Officer), w.staff(Moderator)
	me := task.Who{Policy: w.pol, Subject: who.ID}
	photo, free := w.put(who, "source_photo", "my evidence"), w.put(who, "source_photo", "free")
	_, err := w.KeepMine(t.Context(), me, photo.Object)
	is(t, err, "ground-required")
	must(t, w.Restrict(t.Context(), officer, who, "accuracy_contested"))
	_, err = w.KeepMine(t.Context(), me, photo.Object)
	is(t, err, "ground-required")
	must(t, w.Restrict(t.Context(), officer, who, "claims"))
	_, err = w.KeepMine(t.Context(), me, "")
	is(t, err, "validation")
	o, err := w.KeepMine(t.Context(), me, photo.Object)
	if err != nil || o.State != facts.InForce {
		t.Fatalf("%+v, %v", o, err)
	}
	w.clock.Advance(25 * time.Hour)
	w.sweep()
	if w.Vault.Holds(t.Context(), free.Ref) || !w.Vault.Holds(t.Context(), w.object(photo).Ref) {
		t.Fatal("a keep is for one item")
	}
	c := w.openCase(moderator, who, "moderation")
	_, err = w.read(moderator, Read{Case: c.ID, Object: photo.Object, Purpose: "safety_review", Reason: "r"})
	is(t, err, "processing-restricted")
	_, err = w.LetGo(t.Context(), task.Who{Policy: w.pol, Subject: w.person(app).ID}, o.ID)
	is(t, err, "not-found")
	must(t, w.Restrict(t.Context(), officer, who, "")) // the restriction ends, and with it what stood on it
	w.sweep()
	if w.Vault.Holds(t.Context(), photo.Ref) {
		t.Error("the restriction ended and the item lives")
	}
}

func TestWhatAPersonKeepsGoesWhenTheyOrStaffEndWhatItStoodOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	officer := w.staff(Officer)
	own := people.New(people.Options{
		DB: w.DB, Vault: w.Vault, Ring: w.ring, Eraser: w.Eraser, Clock: w.clock, Policies: w.Policies, Digest: w.Digest, Restricted: w.Restricted,
	})
	for name, c := range map[string]struct {
		end   func(task.Who) error
		stays bool
	}{
		"the person lifts the restriction": {func(me task.Who) error { return own.Lift(t.Context(), me) }, false},
		"the person names another ground":  {func(me task.Who) error { return own.Restrict(t.Context(), me, "accuracy_contested") }, false},
		"the person says the same again":   {func(me task.Who) error { return own.Restrict(t.Context(), me, "claims") }, true},
		"the staff lift the restriction":   {func(me task.Who) error { return w.Restrict(t.Context(), officer, Subject{app, me.Subject}, "") }, false},
		"the staff enter another ground": {func(me task.Who) error {
			return w.Restrict(t.Context(), officer, Subject{app, me.Subject}, "accuracy_contested")
		}, false},
		"the staff enter the same once more": {func(me task.Who) error { return w.Restrict(t.Context(), officer, Subject{app, me.Subject}, "claims") }, true},
	} {
		who := w.person(app)
		me := task.Who{Policy: w.pol, Subject: who.ID}
		must(t, own.Restrict(t.Context(), me, "claims"))
		photo, ordered := w.put(who, "source_photo", "my evidence"), w.put(who, "source_photo", "theirs")
		for _, x := range []store.Object{photo, ordered} {
			_, err := w.KeepMine(t.Context(), me, x.Object)
			must(t, err)
		}
		w.inForce(order(who, ordered.Object))
		must(t, c.end(me))
		list, err := w.Orders(t.Context(), who, 10)
		must(t, err)
		for _, o := range list {
			if o.Kind == facts.Keep && (o.State == facts.InForce) != c.stays {
				t.Errorf("%s: the keep is %s", name, o.State)
			}
		}
		if o := w.object(photo); o.HeldAt(w.clock.Now()) != c.stays {
			t.Errorf("%s: %q until %s", name, o.Hold, o.HoldUntil)
		}
		if o := w.object(ordered); o.Hold != store.HoldOrder || !o.HeldAt(w.clock.Now()) {
			t.Errorf("%s: it undid an order: %+v", name, o)
		}
	}
}

func TestAKeepNeverComesIntoForceAfterItsRestriction(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	me := task.Who{Policy: w.pol, Subject: who.ID}
	must(t, w.Restrict(t.Context(), w.staff(Officer), who, "claims"))
	photo := w.put(who, "source_photo", "mine")
	o := facts.Order{
		App: app, ID: privacy.NewID(prefixOrder), Subject: who.ID, Kind: facts.Keep, Ground: "claims", Object: photo.Object,
		State: facts.Asked, At: w.clock.Now(), Until: w.clock.Now().Add(time.Hour),
	}
	h, err := retention.Kept(w.pol, standsFor(o, 0))
	must(t, err)
	must(t, w.insert(t.Context(), facts.Staff{}, o, sealedWords{}))
	must(t, w.DB.Write(t.Context(), func(tx *store.Tx) error { return w.Restricted(t.Context(), tx, me, "") })) // in between
	_, err = w.keep(t.Context(), facts.Staff{}, o, h, store.HoldKeep)
	is(t, err, "not-found")
	late := o
	late.ID = privacy.NewID(prefixOrder)
	must(t, w.Restrict(t.Context(), w.staff(Officer), who, ""))
	must(t, w.insert(t.Context(), facts.Staff{}, late, sealedWords{}))
	_, err = w.keep(t.Context(), facts.Staff{}, late, h, store.HoldKeep)
	is(t, err, "ground-required")
	if x := w.object(photo); x.Hold != "" {
		t.Errorf("%q until %s", x.Hold, x.HoldUntil)
	}
}

func TestAPersonsOwnWordGoesBeforeTheirOwnKeepAndNeverBeforeAnOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, officer := w.person(app), w.staff(Officer)
	me := task.Who{Policy: w.pol, Subject: who.ID}
	must(t, w.Restrict(t.Context(), officer, who, "claims"))
	photo, other := w.put(who, "source_photo", "mine"), w.put(who, "source_photo", "mine too")
	for _, x := range []store.Object{photo, other} {
		_, err := w.KeepMine(t.Context(), me, x.Object)
		must(t, err)
	}
	if _, err := w.Eraser.Object(t.Context(), w.object(photo), erasure.SubjectRequest, nil); err != nil {
		t.Fatalf("my keep stands against me: %v", err)
	}
	w.inForce(order(who, other.Object))
	if o := w.object(other); o.Hold != store.HoldOrder {
		t.Errorf("the order is weaker than the keep: %+v", o)
	}
	list, err := w.Orders(t.Context(), who, 10)
	must(t, err)
	for _, o := range list {
		if o.Kind == facts.Keep && o.Object == other.Object {
			_, err := w.LetGo(t.Context(), me, o.ID)
			must(t, err)
		}
	}
	if o := w.object(other); o.Hold != store.HoldOrder || !o.HeldAt(w.clock.Now()) {
		t.Errorf("letting go undid an order: %+v", o)
	}
}
