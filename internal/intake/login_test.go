package intake_test

import (
	"bytes"
	"testing"

	"vow.example/vow/internal/intake"
	"vow.example/vow/internal/privacy"
	facts "vow.example/vow/internal/store/intake"
	people "vow.example/vow/internal/store/people"
	"vow.example/vow/internal/task"
)

func (w *world) login(who task.Who, body string) intake.Risk {
	w.t.Helper()
	r, err := w.AtLogin(w.t.Context(), call(who, body))
	must(w.t, err)
	return r
}

func TestAChangedDeviceAsksForAFurtherProof(t *testing.T) {
	t.Parallel()
	const (
		first  = `{"platform":"android","data":{"imei":"490154203237518","oaid":"38400000-8cf0-11bd-b23e-10b96e40000d"}}`
		reset  = `{"platform":"android","data":{"imei":"490154203237518","oaid":"11111111-8cf0-11bd-b23e-10b96e40000d"}}`
		spelt  = `{"platform":"android","data":{"imei":"49-015420-323751-8"}}`
		second = `{"platform":"android","data":{"imei":"356938035643809","oaid":"22222222-8cf0-11bd-b23e-10b96e40000d"}}`
		none   = `{"platform":"android"}`
	)
	w := newWorld(t)
	who := w.person(app)
	for i, step := range []struct {
		body string
		want intake.Risk
	}{
		{none, intake.Risk{Reduced: true}},
		{first, intake.Risk{}},
		{first, intake.Risk{}},
		{reset, intake.Risk{}}, // people reset some identifiers
		{spelt, intake.Risk{}},
		{second, intake.Risk{StepUp: true}},
		{second, intake.Risk{StepUp: true}}, // trying again proves nothing
		{first, intake.Risk{}},
	} {
		if got := w.login(who, step.body); got != step.want {
			t.Errorf("step %d: %+v, want %+v", i, got, step.want)
		}
	}
	if got := w.login(w.person(app), second); got.StepUp {
		t.Error("somebody else's devices count")
	}
	w.sweep(31 * day)
	if got := w.login(who, `{"platform":"android","data":{"imei":"111111111111119"}}`); got.StepUp {
		t.Error("digests outlive their clock")
	}
}

func TestTheSameDeviceInTwoAppsShowsNothingInCommon(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, two := w.person(app), w.person(other)
	const body = `{"platform":"android","data":{"imei":"490154203237518"}}`
	w.login(one, body)
	w.login(two, body)
	digest := func(who task.Who) []byte {
		list, err := facts.Risks(t.Context(), w.DB.App(who.App()), who.Subject, w.clock.Now())
		must(t, err)
		if len(list) != 1 || len(list[0].Digest) != 32 || list[0].Category != "hardware_ids" {
			t.Fatalf("%+v", list)
		}
		return list[0].Digest
	}
	if bytes.Equal(digest(one), digest(two)) {
		t.Error("the digests join the apps")
	}
}

func TestWhoObjectsSignsInWithReducedSecurity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	w.chooses(who, people.Profile{Objections: []privacy.Purpose{"security"}})
	before := w.held()
	if got := w.login(who, `{"platform":"android","data":{"imei":"490154203237518"}}`); !got.Reduced || w.held() != before {
		t.Errorf("%+v, %+v", got, w.held())
	}
}
