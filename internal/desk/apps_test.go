package desk

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/desk"
)

func TestTheOfficersMarkErasesEverythingAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, by := w.person(app), w.staff(Moderator)
	photo := w.put(who, "source_photo", "a child")
	c := w.openCase(by, who, "minors")
	_, err := w.MarkUnderage(t.Context(), w.staff(Support), who)
	is(t, err, "forbidden")
	erased, err := w.MarkUnderage(t.Context(), by, who)
	if err != nil || !erased {
		t.Fatalf("%v, %v", erased, err)
	}
	if w.Vault.Holds(t.Context(), photo.Ref) || w.ring.HasSubject(app, who.ID) {
		t.Error("a key is left")
	}
	if rows, err := w.DB.App(app).Facts(t.Context(), who.ID); err != nil || len(rows) != 0 {
		t.Errorf("rows are left: %v, %v", rows, err)
	}
	_, err = w.read(by, Read{Case: c.ID, Object: photo.Object, Purpose: "safety_review", Reason: "r"})
	is(t, err, "case-required")
	_, err = w.MarkUnderage(t.Context(), by, who)
	is(t, err, "not-found")
	n := 0
	for i := range w.leaves() {
		leaf, err := w.DB.Log().Leaf(t.Context(), i)
		must(t, err)
		if bytes.Contains(leaf.Payload, []byte(photo.Object)) {
			n++ // the receipt's leaf opens
		}
	}
	if n != 1 {
		t.Errorf("%d leaves open the receipt", n)
	}
}

func TestOnlyALegalOrderOutlivesTheMark(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	photo := w.put(who, "source_photo", "evidence")
	w.inForce(order(who, photo.Object))
	_, err := w.MarkUnderage(t.Context(), w.staff(Officer), who)
	must(t, err)
	if o := w.object(photo); w.clock.Now().Before(o.Due()) || !w.Vault.Holds(t.Context(), o.Ref) {
		t.Errorf("%+v", o)
	}
	_, err = w.OpenCase(t.Context(), w.staff(Officer), who, "legal", "r")
	is(t, err, "not-found")
}

func TestAnAppThatEndsTakesNothingAndIsPurgedInTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.staff(Owner)
	notice := map[privacy.Lang]string{"en": "We close."}
	a, b, stranger := w.person(app), w.person(app), w.person("other")
	photo := w.put(a, "generated_image", "a result")
	foreign := w.put(stranger, "generated_image", "a result")
	if closed, err := w.Closed(t.Context(), app); err != nil || closed {
		t.Fatalf("%v, %v", closed, err)
	}
	_, err := w.CloseApp(t.Context(), w.staff(Moderator), app, notice)
	is(t, err, "forbidden")
	_, err = w.CloseApp(t.Context(), owner, app, nil)
	is(t, err, "validation")
	c, err := w.CloseApp(t.Context(), owner, app, notice)
	if err != nil || c.PurgeAt.After(w.clock.Now().Add(closingMost)) || !c.PurgeAt.Equal(time.Date(2026, 12, 2, 0, 0, 0, 0, time.UTC)) {
		t.Fatalf("%+v, %v", c, err)
	}
	if len(w.told) != 1 || w.told[0].Text["en"] != "We close." || w.told[0].Kind != "service" || c.Notice != "ntc_1" {
		t.Errorf("nobody was told: %+v, %+v", w.told, c)
	}
	_, err = w.CloseApp(t.Context(), owner, app, notice)
	is(t, err, "conflict")
	if closed, err := w.Closed(t.Context(), app); err != nil || !closed {
		t.Errorf("%v, %v", closed, err)
	}
	if closed, err := w.Closed(t.Context(), "other"); err != nil || closed {
		t.Errorf("another app ended: %v, %v", closed, err)
	}
	w.clock.Advance(c.PurgeAt.Sub(w.clock.Now()) - time.Second)
	w.sweep()
	if _, err := w.DB.App(app).Subject(t.Context(), b.ID); err != nil {
		t.Errorf("purged too early: %v", err)
	}
	w.clock.Advance(c.PurgeAt.Sub(w.clock.Now()))
	w.sweep()
	for _, who := range []Subject{a, b} {
		if rows, err := w.DB.App(app).Facts(t.Context(), who.ID); err != nil || len(rows) != 0 || w.ring.HasSubject(app, who.ID) {
			t.Errorf("left: %v, %v", rows, err)
		}
	}
	if w.Vault.Holds(t.Context(), photo.Ref) {
		t.Error("content is left")
	}
	if _, err := w.DB.App("other").Subject(t.Context(), stranger.ID); err != nil {
		t.Errorf("another app lost %s: %v", foreign.Object, err)
	}
	if c, err := facts.ClosingOf(t.Context(), w.DB.App(app)); err != nil || c.PurgedAt.IsZero() {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestAPurgeWaitsForALegalOrderAndEndsWithIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.person(app)
	photo := w.put(who, "source_photo", "evidence")
	w.inForce(order(who, photo.Object))
	c, err := w.CloseApp(t.Context(), w.staff(Owner), app, map[privacy.Lang]string{"en": "We close."})
	must(t, err)
	w.clock.Advance(c.PurgeAt.Sub(w.clock.Now()))
	w.sweep()
	if c, err := facts.ClosingOf(t.Context(), w.DB.App(app)); err != nil || !c.PurgedAt.IsZero() || !w.Vault.Holds(t.Context(), w.object(photo).Ref) {
		t.Fatalf("%+v, %v", c, err)
	}
	w.clock.Advance(61 * 24 * time.Hour)
	w.sweep()
	if c, err := facts.ClosingOf(t.Context(), w.DB.App(app)); err != nil || c.PurgedAt.IsZero() || w.Vault.Holds(t.Context(), photo.Ref) {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestRestrictionsAndObjectionsShutTheDeskUntilAnOverrideStands(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, officer, moderator := w.person(app), w.staff(Officer), w.staff(Moderator)
	photo := w.put(who, "source_photo", "a picture")
	c := w.openCase(moderator, who, "moderation")
	in := Read{Case: c.ID, Object: photo.Object, Purpose: "safety_review", Reason: "r"}
	is(t, w.Restrict(t.Context(), officer, who, "curiosity"), "ground-required")
	is(t, w.Restrict(t.Context(), moderator, who, "claims"), "forbidden")
	must(t, w.Restrict(t.Context(), officer, who, "accuracy_contested"))
	_, err := w.read(moderator, in)
	is(t, err, "processing-restricted")
	_, err = w.Records(t.Context(), moderator, Read{Case: c.ID, Category: "source_photo", Purpose: "safety_review", Reason: "r"})
	is(t, err, "processing-restricted")
	o, err := w.Ask(t.Context(), officer, Ask{Subject: who, Kind: facts.Override, Ground: "legal_claims", Document: "d"})
	must(t, err)
	in.Override = o.ID
	_, err = w.read(moderator, in)
	is(t, err, "second-person-required")
	_, err = w.Approve(t.Context(), w.staff(Officer), facts.Override, o.ID)
	must(t, err)
	if _, err := w.read(moderator, in); err != nil {
		t.Errorf("under an override: %v", err)
	}
	stranger := w.inForce(Ask{Subject: w.person(app), Kind: facts.Override, Ground: "legal_claims", Document: "d"})
	in.Override = stranger.ID
	_, err = w.read(moderator, in)
	is(t, err, "not-found")
	must(t, w.Restrict(t.Context(), officer, who, ""))
	in.Override = ""
	if _, err := w.read(moderator, in); err != nil {
		t.Errorf("lifted: %v", err)
	}
	is(t, w.Objection(t.Context(), officer, who, "fun", ""), "validation")
	must(t, w.Objection(t.Context(), officer, who, "safety_review", ""))
	_, err = w.read(moderator, in)
	is(t, err, "processing-restricted")
	is(t, w.Objection(t.Context(), officer, who, "safety_review", "curiosity"), "ground-required")
	alone := w.person(app)
	must(t, w.Objection(t.Context(), officer, alone, "safety_review", ""))
	is(t, w.Objection(t.Context(), officer, alone, "safety_review", "legal_claims"), "second-person-required")
	must(t, w.Objection(t.Context(), officer, who, "safety_review", "legal_claims"))
	if _, err := w.read(moderator, in); err != nil {
		t.Errorf("overridden: %v", err)
	}
}

func TestPeopleAreWrittenToForListedReasonsOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.staff(Owner)
	for _, kind := range []string{"marketing", "", "closing"} {
		_, err := w.Tells(t.Context(), owner, Message{App: app, Kind: kind, Text: map[privacy.Lang]string{"en": "x"}})
		is(t, err, "message-kind-not-allowed")
	}
	if len(w.told) != 0 {
		t.Errorf("%+v", w.told)
	}
	if id, err := w.Tells(t.Context(), owner, Message{App: app, Kind: "security", Text: map[privacy.Lang]string{"en": "x"}}); err != nil || id != "ntc_1" || len(w.told) != 1 {
		t.Errorf("%q, %v", id, err)
	}
	_, err := w.Tells(t.Context(), w.staff(Moderator), Message{App: app, Kind: "security"})
	is(t, err, "forbidden")
	w.Tell = nil
	_, err = w.Tells(t.Context(), owner, Message{App: app, Kind: "security"})
	is(t, err, "busy")
}

// tasks adds finished tasks of as many people.
func (w *world) tasks(n int, feature privacy.FeatureID, state store.TaskState) {
	w.t.Helper()
	for range n {
		who := w.person(app)
		w.taskOf(who, feature, state)
	}
}

func (w *world) taskOf(who Subject, feature privacy.FeatureID, state store.TaskState) {
	w.t.Helper()
	now := w.clock.Now()
	k := store.Task{
		ID: privacy.TaskID(privacy.NewID(privacy.PrefixTask)), App: who.App, Subject: who.ID, Feature: feature, State: state,
		CreatedAt: now, OverdueAt: now, ExpiresAt: now.AddDate(0, 1, 0), EndedAt: now,
	}
	must(w.t, w.DB.Write(w.t.Context(), func(tx *store.Tx) error { return tx.InsertTask(w.t.Context(), k) }))
}

func TestStatisticsShowNoGroupInWhichSomebodyCouldBeFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	auditor, officer := w.staff(Auditor), w.staff(Officer)
	w.tasks(9, "sketch", store.Succeeded)
	w.tasks(2, "sketch", store.Failed)
	w.tasks(6, "comic", store.Succeeded)
	busy := w.person(app)
	for range 7 {
		w.taskOf(busy, "comic", store.Failed) // seven tasks of one person are one person
	}
	day := w.clock.Now()
	n, err := w.Statistics(t.Context(), auditor, app, day, day)
	must(t, err)
	list := n.Days
	if len(list) != 1 || list[0].Day != "2026-11-21" || !list[0].Hidden {
		t.Fatalf("%+v", list)
	}
	// 1 + 2 people are too few together: the next smallest group hides them.
	if got := fmt.Sprint(list[0].Groups); got != fmt.Sprint([]facts.Group{{Day: "2026-11-21", Feature: "sketch", Outcome: "succeeded", Tasks: 9, People: 9}}) || list[0].Total != 24 {
		t.Errorf("%s, total %d", got, list[0].Total)
	}
	must(t, w.Restrict(t.Context(), officer, busy, "claims"))
	if n, err = w.Statistics(t.Context(), auditor, app, day, day); err != nil || n.Days[0].Total != 17 || len(n.Days[0].Groups) != 1 {
		t.Errorf("restricted data is counted, or one hidden group can be found by subtraction: %+v, %v", n, err)
	}
	if n, err := w.Statistics(t.Context(), auditor, app, day.AddDate(0, 0, 1), day.AddDate(0, 0, 2)); err != nil || len(n.Days) != 0 {
		t.Errorf("%+v, %v", n, err)
	}
	_, err = w.Statistics(t.Context(), w.staff(Support), app, day, day)
	is(t, err, "forbidden")
	_, err = w.Statistics(t.Context(), officer, "other", day, day) // its policy says nothing
	is(t, err, "purpose-not-allowed")
}

func TestNoDifferenceToTheTotalGivesASmallGroupAway(t *testing.T) {
	t.Parallel()
	group := func(outcome string, people int) facts.Group {
		return facts.Group{Day: "d", Feature: "f", Outcome: outcome, Tasks: people, People: people}
	}
	for name, c := range map[string]struct {
		people []int
		shown  int
		total  int
	}{
		"all large":                     {[]int{5, 7, 9}, 3, 21},
		"one small hides the next":      {[]int{2, 7, 9}, 1, 18},
		"one small alone":               {[]int{2}, 0, 0},
		"two small, perhaps the same":   {[]int{3, 4, 9, 9}, 1, 25},
		"two small that are not enough": {[]int{1, 2, 9, 11}, 1, 23},
		"two of the same few, alone":    {[]int{3, 3}, 0, 0},
		"small, and nothing to hide in": {[]int{2, 2}, 0, 0},
		"exactly the least":             {[]int{5}, 1, 5},
	} {
		var groups []facts.Group
		for i, n := range c.people {
			groups = append(groups, group(fmt.Sprint(i), n))
		}
		d := suppressed(groups, 5)
		if len(d.Groups) != c.shown || d.Total != c.total || d.Hidden != (c.shown < len(c.people)) {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

func TestNobodyTakesRowsOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	officer := w.staff(Officer)
	for _, c := range []struct {
		category privacy.Category
		purpose  privacy.Purpose
	}{{"source_photo", "training"}, {"source_photo", "safety_review"}, {"account", "support"}, {"no such", "thing at all"}} {
		before := w.leaves()
		is(t, w.Export(t.Context(), officer, app, c.category, c.purpose), "purpose-not-allowed")
		if w.leaves() != before+1 {
			t.Errorf("%v: the attempt is not in the log", c)
		}
	}
	is(t, w.Export(t.Context(), w.staff(Support), app, "account", "support"), "forbidden")
}

func TestSomebodyOfOneAppLearnsNothingOfAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	by := w.staff(Officer)
	by.App = "other"
	who := w.person(app)
	now := w.clock.Now()
	_, errCases := w.Cases(t.Context(), by, app, "", 10)
	_, _, errCount := w.Count(t.Context(), by, app, "account", "support")
	_, errStats := w.Statistics(t.Context(), by, app, now, now)
	_, errOrders := w.ListOrders(t.Context(), by, app, facts.Hold)
	_, errMark := w.MarkUnderage(t.Context(), by, who)
	_, errAsk := w.Ask(t.Context(), by, order(who, ""))
	_, errTemplates := w.Templates(t.Context(), by, app)
	for i, err := range []error{errCases, errCount, errStats, errOrders, errMark, errAsk, errTemplates, w.Restrict(t.Context(), by, who, "claims"), w.Export(t.Context(), by, app, "account", "support")} {
		if !errors.Is(err, errNotFound) {
			t.Errorf("%d: %v", i, err)
		}
	}
}
