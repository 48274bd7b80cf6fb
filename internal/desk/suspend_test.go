package desk

import (
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/abuse"
	facts "vow.example/vow/internal/store/desk"
	"vow.example/vow/internal/store/people"
)

// looked is a case of moderation in which the member of staff has read.
func (w *world) looked(by facts.Staff, who Subject) facts.Case {
	w.t.Helper()
	c := w.openCase(by, who, "moderation")
	_, err := w.Records(w.t.Context(), by, Read{Case: c.ID, Category: "source_photo", Purpose: "safety_review", Reason: "report-1"})
	must(w.t, err)
	return c
}

// isSuspended reports what the one question about a subject's standing reads.
func (w *world) isSuspended(who Subject) string {
	w.t.Helper()
	p, err := people.ProfileOf(w.t.Context(), w.DB.App(who.App), who.ID, w.clock.Now())
	must(w.t, err)
	return p.Suspended
}

func TestAModeratorWhoHasReadSuspendsWithAReasonAndOneLeafNamesWho(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	moderator, who := w.staff(Moderator), w.person(app)
	c := w.looked(moderator, who)
	before := w.leaves()
	x, err := w.Suspend(t.Context(), moderator, c.ID, "fraud")
	must(t, err)
	if x.Staff != moderator.ID || x.Subject != who.ID || x.Case != c.ID || !x.Until.After(w.clock.Now()) || w.isSuspended(who) != "fraud" {
		t.Errorf("%+v, %q", x, w.isSuspended(who))
	}
	if w.leaves() != before+1 {
		t.Errorf("%d leaves", w.leaves()-before)
	}
	var payload string
	must(t, w.DB.Everywhere().QueryRowContext(t.Context(), `SELECT payload FROM audit_leaves WHERE object = ?`, x.ID).Scan(&payload))
	for _, word := range []string{`"kind":"suspended"`, string(moderator.ID), `"role":"moderator"`, "fraud", string(c.ID)} {
		if !strings.Contains(payload, word) {
			t.Errorf("the leaf does not say %s: %s", word, payload)
		}
	}
	_, err = w.Suspend(t.Context(), moderator, c.ID, "abuse")
	is(t, err, "conflict")
	if mine, err := w.SuspensionsOf(t.Context(), who, 10); err != nil || len(mine) != 1 || mine[0] != x {
		t.Errorf("the person sees %+v, %v", mine, err)
	}
	if other := w.person("other"); w.isSuspended(other) != "" {
		t.Error("somebody else is suspended too")
	}
}

func TestNobodyIsSuspendedWithoutAPersonWhoLookedAndAReason(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	moderator, who := w.staff(Moderator), w.person(app)
	unread := w.openCase(moderator, who, "moderation")
	_, err := w.Suspend(t.Context(), moderator, unread.ID, "fraud")
	is(t, err, "validation")
	c := w.looked(moderator, who)
	_, err = w.Suspend(t.Context(), w.staff(Moderator), c.ID, "fraud") // a colleague has looked, not this one
	is(t, err, "validation")
	for _, reason := range []string{"", "because", "Fraud"} {
		_, err = w.Suspend(t.Context(), moderator, c.ID, reason)
		is(t, err, "validation")
	}
	for _, role := range []string{Support, Auditor, Developer, Owner} {
		_, err = w.Suspend(t.Context(), w.staff(role), c.ID, "fraud")
		is(t, err, "forbidden")
	}
	machine := moderator
	machine.ID = ""
	_, err = w.Suspend(t.Context(), machine, c.ID, "fraud")
	is(t, err, "forbidden")
	_, err = w.Suspend(t.Context(), moderator, "cas_nothing", "fraud")
	is(t, err, "case-required")
	legal := w.openCase(w.staff(Officer), who, "legal")
	_, err = w.Suspend(t.Context(), w.staff(Officer), legal.ID, "fraud")
	is(t, err, "validation")
	w.clock.Advance(caseLasts)
	_, err = w.Suspend(t.Context(), moderator, c.ID, "fraud")
	is(t, err, "case-required")
	if w.isSuspended(who) != "" {
		t.Error("the account is suspended after all")
	}
}

func TestASuspensionIsLiftedOnceOrLapsesWithItsRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	moderator, who := w.staff(Moderator), w.person(app)
	c := w.looked(moderator, who)
	x, err := w.Suspend(t.Context(), moderator, c.ID, "abuse")
	must(t, err)
	_, err = w.LiftSuspension(t.Context(), w.staff(Auditor), x.ID)
	is(t, err, "forbidden")
	_, err = w.LiftSuspension(t.Context(), moderator, "sus_nothing")
	is(t, err, "not-found")
	elsewhere := w.staff(Moderator)
	elsewhere.App = "other"
	_, err = w.LiftSuspension(t.Context(), elsewhere, x.ID)
	is(t, err, "not-found")
	before := w.leaves()
	lifted, err := w.LiftSuspension(t.Context(), w.staff(Officer), x.ID)
	if err != nil || lifted.LiftedAt.IsZero() || w.isSuspended(who) != "" || w.leaves() != before+1 {
		t.Errorf("%+v, %v, %q", lifted, err, w.isSuspended(who))
	}
	_, err = w.LiftSuspension(t.Context(), moderator, x.ID)
	is(t, err, "conflict")
	x, err = w.Suspend(t.Context(), moderator, c.ID, "abuse")
	must(t, err)
	must(t, w.DB.Write(t.Context(), func(tx *store.Tx) error { // the account lives on
		return tx.TouchSubject(t.Context(), app, who.ID, w.clock.Now(), x.Until.AddDate(1, 0, 0))
	}))
	w.clock.Advance(x.Until.Sub(w.clock.Now()))
	if w.isSuspended(who) != "" {
		t.Error("it outlives its record")
	}
}

func TestSignsAndSuspensionsAreReadByRoleAndWhereDataMayBeRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	sign := abuse.Signal{App: app, ID: "sig_1", Subject: who.ID, Kind: "many_tasks", Tries: 61, At: w.clock.Now(), SeenAt: w.clock.Now()}
	must(t, w.DB.Write(t.Context(), func(tx *store.Tx) error { return sign.Put(t.Context(), tx, w.clock.Now().Add(time.Hour)) }))
	for _, role := range []string{Moderator, Officer} {
		if list, err := w.Signals(t.Context(), w.staff(role), app, "", 10); err != nil || len(list) != 1 || list[0] != sign {
			t.Errorf("%s: %+v, %v", role, list, err)
		}
		if list, err := w.Signals(t.Context(), w.staff(role), "other", "", 10); err != nil || len(list) != 0 {
			t.Errorf("%s in another app: %+v, %v", role, list, err)
		}
	}
	far := w.staff(Moderator)
	far.Region = "CN"
	stranger := w.staff(Moderator)
	stranger.App = "other"
	for _, c := range []struct {
		by   facts.Staff
		in   privacy.AppID
		code string
	}{
		{w.staff(Support), app, "forbidden"}, {w.staff(Auditor), app, "forbidden"}, {w.staff(Developer), app, "forbidden"}, {w.staff(Owner), app, "forbidden"},
		{far, app, "region-not-allowed"}, {stranger, app, "not-found"}, {w.staff(Officer), "no-such-app", "not-found"},
	} {
		_, err := w.Signals(t.Context(), c.by, c.in, "", 10)
		is(t, err, c.code)
		_, err = w.Suspensions(t.Context(), c.by, c.in)
		is(t, err, c.code)
	}
}
