package device_test

import (
	"testing"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/erasure/erasuretest"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/intake/device"
	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/intake"
	"vow.example/vow/internal/task"
)

type world struct {
	*device.Service
	t        *testing.T
	clock    *clock.Adjustable
	policies book.Fixed
	eraser   *erasure.Eraser
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newWorld(t *testing.T) *world {
	t.Helper()
	parts := erasuretest.Open(t, erasuretest.Start())
	policies := book.Fixed{"collector": policytest.Load(t, policytest.Collection()), "pixplus": policytest.PixPlus(t), "picwiz": policytest.Picwiz(t)}
	eraser := parts.Eraser(policies)
	return &world{&device.Service{DB: parts.DB, Eraser: eraser, Clock: parts.Clock}, t, parts.Clock, policies, eraser}
}

func (w *world) person(app privacy.AppID) task.Who {
	w.t.Helper()
	who := task.Who{Policy: w.policies[app], Subject: privacy.SubjectID(privacy.NewID(privacy.PrefixSubject))}
	s := store.Subject{ID: who.Subject, Locale: "en", CreatedAt: w.clock.Now(), ExpiresAt: w.clock.Now().AddDate(0, 6, 0)}
	must(w.t, w.DB.Write(w.t.Context(), func(tx *store.Tx) error { return tx.InsertSubject(w.t.Context(), app, s) }))
	return who
}

func (w *world) name(who task.Who, p terms.Platform, id string) string {
	w.t.Helper()
	d, err := w.Name(w.t.Context(), who, p, id)
	must(w.t, err)
	if !privacy.HasPrefix(d.ID, "dev") {
		w.t.Errorf("named %q", d.ID)
	}
	return d.ID
}

// names lists the names that the devices of a person have.
func (w *world) names(who task.Who) []facts.Device {
	w.t.Helper()
	list, err := facts.Devices(w.t.Context(), w.DB.App(who.App()), who.Subject, w.clock.Now())
	must(w.t, err)
	return list
}

func TestADeviceHasADifferentNameInEveryAppAndTheSameOneAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, there := w.person("collector"), w.person("pixplus")
	first := w.name(who, terms.IOS, "")
	elsewhere := w.name(there, terms.IOS, first) // the phone tries to carry its name over
	if elsewhere == first {
		t.Error("one name joins two apps")
	}
	if again := w.name(who, terms.IOS, first); again != first {
		t.Error("the name is not kept")
	}
	for what, id := range map[string]string{
		"another platform": w.name(who, terms.Android, first), "another person": w.name(w.person("collector"), terms.IOS, first),
		"a name of its own": w.name(who, terms.IOS, "38400000-8cf0-11bd-b23e-10b96e40000d"), "no name": w.name(who, terms.IOS, ""),
	} {
		if id == first {
			t.Errorf("%s gets the same name", what)
		}
	}
}

func TestANameEndsByItsClockUnlessItIsSeenAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("collector")
	id := w.name(who, terms.Web, "")
	w.clock.Advance(29 * 24 * time.Hour)
	w.name(who, terms.Web, id)
	w.clock.Advance(29 * 24 * time.Hour)
	if got := w.names(who); len(got) != 1 || got[0].ID != id || got[0].Platform != string(terms.Web) {
		t.Errorf("%+v", got)
	}
	w.clock.Advance(24 * time.Hour)
	if len(w.names(who)) != 0 {
		t.Error("it outlives its clock")
	}
	if again := w.name(who, terms.Web, id); again == id {
		t.Error("an old name comes back")
	}
}

func TestANameIsForgottenAndGoesWithTheAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("collector")
	id := w.name(who, terms.Web, "")
	if err := w.Forget(t.Context(), w.person("collector"), id); fault.CodeOf(err) != "not-found" {
		t.Errorf("somebody else: %v", err)
	}
	must(t, w.Forget(t.Context(), who, id))
	if len(w.names(who)) != 0 {
		t.Error("still there")
	}
	w.name(who, terms.Web, "")
	_, err := w.eraser.Subject(t.Context(), "collector", who.Subject)
	must(t, err)
	var left int
	must(t, w.DB.Everywhere().QueryRowContext(t.Context(), `SELECT count(*) FROM devices`).Scan(&left))
	if left != 0 {
		t.Errorf("%d names are left", left)
	}
	if _, err := w.Name(t.Context(), who, terms.Web, ""); fault.CodeOf(err) != "unauthenticated" {
		t.Errorf("an erased account names a device: %v", err)
	}
}

func TestNoNameIsGivenWhereThePolicyHasNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.Name(t.Context(), w.person("picwiz"), terms.IOS, ""); fault.CodeOf(err) != "category-not-allowed" {
		t.Error(err)
	}
	if _, err := w.Name(t.Context(), w.person("collector"), "symbian", ""); fault.CodeOf(err) != "field-not-allowed" {
		t.Error(err)
	}
}

func TestOneAccountHasFewDevices(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person("collector")
	for range 20 {
		w.name(who, terms.Web, "")
	}
	if _, err := w.Name(t.Context(), who, terms.Web, ""); fault.CodeOf(err) != "rate-limited" {
		t.Error(err)
	}
}
