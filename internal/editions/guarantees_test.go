package editions

import (
	"errors"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	rows "vow.example/vow/internal/store/editions"
)

const day = 24 * time.Hour

// The edits that the guarantees are about.
func unused(iso string) edit {
	return edit{"source_photo, starts: unused, limit: PT24H", "source_photo, starts: unused, limit: " + iso}
}

func work(iso string) edit { return edit{"limit: P7D", "limit: " + iso} }

func TestALaxerVersionNeverFreesWhatIsStoredAndAStricterOneReachesIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, notices("lead: immediate, channels: [in_app], reductions: notice"))
	anna := w.person()
	photo, result := w.keep(anna, "source_photo"), w.keep(anna, "generated_image")
	w.publish(2, 0, unused("PT48H"), work("P14D"), notices("lead: immediate, channels: [in_app], reductions: notice"))
	w.after(time.Hour)
	late := w.keep(anna, "source_photo")
	w.after(23*time.Hour - time.Minute)
	if w.version(anna) != "v2" || !w.holds(photo) || !w.holds(result) {
		t.Fatal("v1 and its clocks are gone too early")
	}
	w.after(time.Minute)
	if w.holds(photo) || !w.holds(late) {
		t.Error("what came in under v1 lives by v2, or what came in under v2 by v1")
	}
	w.publish(3, time.Hour, unused("PT26H"), work("P2D"), notices("lead: immediate, channels: [in_app], reductions: notice"))
	w.after(time.Hour)
	w.after(2*time.Hour - time.Minute)
	if !w.holds(late) {
		t.Error("v3 erases before its clock")
	}
	w.after(time.Minute)
	if w.holds(late) {
		t.Error("v3 does not reach what came in under v2")
	}
	w.after(21*time.Hour - time.Minute)
	if !w.holds(result) {
		t.Error("a result dies too early")
	}
	w.after(time.Minute)
	if w.holds(result) {
		t.Error("v3 does not reach a result of v1")
	}
}

func TestFewerRightsBindOnlyWhoAgreed(t *testing.T) {
	t.Parallel()
	rule := notices("lead: P7D, channels: [in_app, push], reductions: consent, popup: true")
	w := newWorld(t, rule)
	anna, ben := w.person(), w.person()
	p := w.publish(2, 7*day, work("P14D"), rule)
	if !p.Diff.Reduces() {
		t.Fatal("twice as long reduces nothing")
	}
	w.say(anna, w.only(anna).ID, Agree)
	w.say(ben, w.only(ben).ID, Seen)
	w.after(6 * day)
	if w.version(anna) != "v1" || w.version(ben) != "v1" {
		t.Error("a version binds before its date")
	}
	w.after(30 * day)
	for range 3 { // going on is no consent
		if w.waits(ben) || w.waits(anna) {
			t.Error("who has seen the notice waits")
		}
	}
	if w.version(anna) != "v2" || w.version(ben) != "v1" || w.how(anna, 2) != rows.Agreed || w.how(ben, 2) != "" {
		t.Errorf("anna %s, ben %s (%s)", w.version(anna), w.version(ben), w.how(ben, 2))
	}
	hers, his := w.keep(anna, "generated_image"), w.keep(ben, "generated_image")
	w.after(7 * day)
	if w.holds(his) || !w.holds(hers) {
		t.Error("the old term does not go on for who did not agree, or the new one not for who did")
	}
	w.after(7 * day)
	if w.holds(hers) {
		t.Error("the new term never ends")
	}
	if n := w.only(ben); !n.NeedsConsent || n.Binds {
		t.Errorf("%+v", n)
	}
	w.say(ben, w.only(ben).ID, Agree) // later on
	if w.version(ben) != "v2" || w.only(ben).NeedsConsent {
		t.Error("who agrees later is not bound")
	}
}

func TestASensitiveKindOfDataWaitsForConsent(t *testing.T) {
	t.Parallel()
	rule := notices("lead: immediate, channels: [in_app], reductions: consent")
	w := newWorld(t, rule)
	anna := w.person()
	w.publish(2, 0, rule, edit{"{id: moderation_record, name: {en: Reviews}, storage: disk,", "{id: moderation_record, name: {en: Reviews}, storage: disk, sensitive: true,"})
	w.after(time.Hour)
	if w.version(anna) != "v1" {
		t.Error("sensitive data is handled without consent")
	}
	w.say(anna, w.only(anna).ID, Agree)
	if w.version(anna) != "v2" {
		t.Error("consent does not open it")
	}
}

func TestAMaterialChangeWaitsThirtyDaysForEachPerson(t *testing.T) {
	t.Parallel()
	rule := notices("lead: P30D, channels: [in_app], reductions: notice")
	w := newWorld(t, rule)
	early, late, never := w.person(), w.person(), w.person()
	longer := []edit{rule, unused("PT48H")}
	if found := w.refused(Draft{YAML: source(t, 2, longer...), EffectiveAt: w.clock.Now().Add(29 * day)}); !strings.Contains(found, "too early") {
		t.Errorf("29 days: %s", found)
	}
	w.publish(2, 30*day, longer...)
	w.only(early)
	w.after(29 * day)
	if w.version(early) != "v1" {
		t.Error("after 29 days the new clocks apply")
	}
	w.only(late) // first reached one day before
	w.after(day)
	if w.version(early) != "v2" || w.version(late) != "v1" || w.version(never) != "v1" {
		t.Errorf("after 30 days: %s, %s, %s", w.version(early), w.version(late), w.version(never))
	}
	if w.version(w.person()) != "v2" {
		t.Error("a new account begins under an old version")
	}
	w.after(29 * day)
	if w.version(late) != "v2" || w.version(never) != "v1" {
		t.Errorf("after everybody's own 30 days: %s, %s", w.version(late), w.version(never))
	}
}

func TestWhatOnlyProtectsMayTakeEffectAtOnce(t *testing.T) {
	t.Parallel()
	rule := notices("lead: P30D, channels: [in_app], reductions: consent")
	w := newWorld(t, rule)
	anna := w.person()
	photo := w.keep(anna, "source_photo")
	w.publish(2, 0, rule, unused("PT12H"))
	w.after(12 * time.Hour)
	if w.version(anna) != "v2" || w.holds(photo) {
		t.Error("a shorter clock waits")
	}
}

func TestAVersionThatTakesProtectionBackIsComparedWithWhatBindsAndNotWithTheFirst(t *testing.T) {
	t.Parallel()
	rule := notices("lead: immediate, channels: [in_app], reductions: consent")
	w := newWorld(t, rule)
	anna := w.person()
	w.publish(2, 0, rule, unused("PT12H"))
	w.after(time.Hour)
	w.publish(3, 0, rule) // as v1 was
	w.after(time.Hour)
	if w.version(anna) != "v2" {
		t.Error("protection that was given is taken back without consent")
	}
}

func TestANewRecipientVoidsTheConsentsOfItsFeaturesAndNoOthers(t *testing.T) {
	t.Parallel()
	src := policytest.Source(t, "pixplus")
	was := policytest.Load(t, src)
	v2 := policytest.Mutate(t, src, "version: v1", "version: v2")
	is := policytest.Load(t, policytest.Mutate(t, v2, "name: {en: RunningHub, zh-Hans: RunningHub}", "name: {en: Another Company, zh-Hans: RunningHub}"))
	void, kept := 0, 0
	for _, f := range was.Features() {
		screen, err := was.Screen(f.ID, "en")
		must(t, err)
		current := consent.Current(consent.Record{Feature: f.ID, Recipient: f.Recipient, Decision: consent.Given, Screen: screen.Hash, Language: "en"}, is)
		if current != f.IsLocal() {
			t.Errorf("%s: the consent is current: %v", f.ID, current)
		}
		if current {
			kept++
		} else {
			void++
		}
	}
	if void == 0 || kept == 0 {
		t.Errorf("%d void, %d kept", void, kept)
	}
}

func TestAPublishedVersionNeverChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publish(2, 0)
	for _, change := range []string{`UPDATE policy_versions SET effective_at = 0 WHERE number = 2`, `DELETE FROM policy_versions`, `UPDATE policy_versions SET source = 'other'`} {
		err := w.DB.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.SQL().ExecContext(t.Context(), change)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "a published version never") {
			t.Errorf("%s: %v", change, err)
		}
	}
	if _, err := Open(t.Context(), w.Options, w.folder(source(t, 1, unused("PT48H")))); err == nil || !strings.Contains(err.Error(), "published already") {
		t.Errorf("a folder changes v1: %v", err)
	}
	if found := w.refused(Draft{YAML: source(t, 2, unused("PT12H")), EffectiveAt: w.clock.Now()}); !strings.Contains(found, "the next version is v3") {
		t.Errorf("v2 again: %s", found)
	}
}

func TestVersionsSurviveARestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publish(2, day)
	again, err := Open(t.Context(), w.Options, w.folder(w.first))
	must(t, err)
	for at, want := range map[time.Duration]string{0: "sample/v1", day: "sample/v2"} {
		p, ok := again.InForce(sample, w.clock.Now().Add(at))
		if !ok || p.Version() != want {
			t.Errorf("after %s: %v", at, p.Version())
		}
	}
	for i, e := range again.All(sample) {
		if e.Policy.Hash() != w.All(sample)[i].Policy.Hash() {
			t.Errorf("v%d reads otherwise", e.Number)
		}
	}
	if _, err := Open(t.Context(), w.Options, w.folder(source(t, 2))); err != nil {
		t.Errorf("a folder with the published v2: %v", err)
	}
	third, err := Open(t.Context(), w.Options, w.folder(source(t, 3, edit{"Write to {email}.", "Write to us: {email}."})))
	must(t, err)
	if p, _ := third.InForce(sample, w.clock.Now()); p.Version() != "sample/v1" {
		t.Errorf("a folder overtakes a version that is not in effect yet: %s", p.Version())
	}
	w.clock.Advance(day)
	if p, _ := third.InForce(sample, w.clock.Now()); p.Version() != "sample/v3" {
		t.Errorf("a folder with a further version: %s", p.Version())
	}
	if _, err := Open(t.Context(), w.Options, w.folder(source(t, 2))); err != nil {
		t.Errorf("a folder with a version of before: %v", err)
	}
	w.Options.Fits = func(p *policy.Policy) error { return errors.New(p.Version() + " has no wiring") }
	if _, err := Open(t.Context(), w.Options, w.folder(w.first)); err == nil || !strings.Contains(err.Error(), "v3 has no wiring") || strings.Contains(err.Error(), "v1") {
		t.Errorf("a server without wiring: %v", err)
	}
}

func TestAFolderWithALaxerVersionGivesPeopleTheirTime(t *testing.T) {
	t.Parallel()
	rule := notices("lead: P30D, channels: [in_app], reductions: notice")
	w := newWorld(t, rule)
	s, err := Open(t.Context(), w.Options, w.folder(source(t, 2, rule, unused("PT48H"))))
	must(t, err)
	list := s.All(sample)
	if len(list) != 2 || !list[1].EffectiveAt.Equal(w.clock.Now().Add(30*day)) {
		t.Errorf("%d versions", len(list))
	}
	if _, err := Open(t.Context(), w.Options, w.folder(source(t, 3, rule, edit{"2026-06-03", "2026-06"}, unused("PT49H")))); err == nil || !strings.Contains(err.Error(), "needs a later date") {
		t.Errorf("a folder breaks the rules of a publication: %v", err)
	}
}

func TestAnAccountThatIsErasedLeavesNothingOfWhatItWasTold(t *testing.T) {
	t.Parallel()
	rule := notices("lead: immediate, channels: [in_app], reductions: notice")
	w := newWorld(t, rule)
	anna := w.person()
	w.publish(2, 0, rule)
	w.after(time.Hour)
	w.say(anna, w.only(anna).ID, Agree)
	_, err := w.eraser.Subject(t.Context(), sample, anna)
	must(t, err)
	facts, err := w.DB.App(sample).Facts(t.Context(), anna)
	must(t, err)
	for name, list := range facts {
		if len(list) > 0 {
			t.Errorf("%s: %d rows", name, len(list))
		}
	}
	if list, err := w.Notices(t.Context(), sample, anna); err != nil || len(list) > 0 {
		t.Errorf("%d notices, %v", len(list), err)
	}
}

// records written under a longer clock end by the shorter one of a later version.
func TestRecordsFollowAStricterVersionToo(t *testing.T) {
	t.Parallel()
	rule := notices("lead: immediate, channels: [in_app], reductions: notice")
	w := newWorld(t, rule)
	anna := w.person()
	rec := consent.Record{
		ID: privacy.ConsentID(privacy.NewID(privacy.PrefixConsent)), App: sample, Subject: anna, Feature: "sketch", Recipient: privacy.Own, Decision: consent.Given,
		Mode: policy.PerTask, At: w.clock.Now(),
	}
	must(t, w.DB.Write(t.Context(), func(tx *store.Tx) error { return tx.InsertConsent(t.Context(), rec, w.clock.Now().AddDate(1, 0, 0)) }))
	count := func() int {
		list, err := w.DB.App(sample).Consents(t.Context(), anna, "", 10)
		must(t, err)
		return len(list)
	}
	w.publish(2, 0, rule, edit{"consent_record, starts: item_written, limit: P1Y", "consent_record, starts: item_written, limit: P1M"}, edit{"account, starts: last_active, limit: P180D", "account, starts: last_active, limit: P60D"})
	w.after(29 * day)
	if count() != 1 {
		t.Error("a record goes too early")
	}
	w.after(day)
	if count() != 0 {
		t.Error("a record of v1 outlives v2")
	}
	w.after(31 * day)
	if _, err := w.DB.App(sample).Subject(t.Context(), anna); err == nil {
		t.Error("an account of v1 outlives the idle clock of v2")
	}
}
