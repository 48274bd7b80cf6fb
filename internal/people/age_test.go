package people

import (
	"errors"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task"
)

func TestWhoeverIsTooYoungLeavesNothingAndGetsNoSecondTry(t *testing.T) {
	t.Parallel()
	for _, app := range []privacy.AppID{"pixplus", "mixoo", "picwiz", "kmeng"} {
		w := newWorld(t)
		e := Entry{Policy: w.policies[app], Locale: "en", Platform: terms.IOS, Band: terms.Under, Device: text("marker-device"), Login: text("marker@example.org"), Password: text("marker-password")}
		_, err := w.Enter(t.Context(), e)
		wantCode(t, err, "age-not-allowed")
		all, counts := w.everything()
		if strings.Contains(all, "marker") || strings.Contains(all, "sub_") {
			t.Errorf("%s: something was kept: %s", app, all)
		}
		delete(counts, "goose_db_version")
		delete(counts, "sqlite_sequence")
		cookieless := w.policies[app].Cookieless()
		if len(counts) > 1 || counts["refusals"] != map[bool]int{true: 0, false: 1}[cookieless] {
			t.Errorf("%s: rows: %v", app, counts)
		}
		again := Entry{Policy: w.policies[app], Locale: "en", Platform: terms.IOS, Band: terms.Over, Device: text("marker-device")}
		if _, err := w.Enter(t.Context(), again); (err == nil) != cookieless {
			t.Errorf("%s: a second try: %v", app, err)
		}
		again.Device = text("another device")
		if _, err := w.Enter(t.Context(), again); err != nil {
			t.Errorf("%s: somebody else: %v", app, err)
		}
		w.clock.Advance(181 * 24 * time.Hour) // AGE: P180D
		_, err = w.Eraser.Sweep(t.Context(), w.clock.Now())
		must(t, err)
		again.Device = text("marker-device")
		if _, err := w.Enter(t.Context(), again); err != nil {
			t.Errorf("%s: years later: %v", app, err)
		}
		if _, counts := w.everything(); counts["refusals"] != 0 {
			t.Errorf("%s: the refusal outlived its clock", app)
		}
	}
}

func TestWhoeverComesBackAndIsTooYoungAfterAllIsErased(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.settled("mixoo")
	must(t, w.SetLogin(t.Context(), who, Credentials{Login: text("marker@example.org"), Password: text(good)}))
	e := Entry{Policy: w.policies["mixoo"], Locale: "en", Platform: terms.IOS, Band: terms.Under, Login: text("marker@example.org"), Password: text("another password")}
	_, err := w.Enter(t.Context(), e)
	wantCode(t, err, "age-not-allowed")
	w.stands(who, "") // somebody else said so
	e.Password = text(good)
	a, err := w.Enter(t.Context(), e)
	wantCode(t, err, "age-not-allowed")
	w.stands(who, "unauthenticated")
	if all, _ := w.everything(); a.Token != "" || strings.Contains(all, string(who.Subject)) {
		t.Errorf("something is left: %s", all)
	}
}

func TestAnAppThatHasEndedTakesNobodyNew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	must(t, w.SetLogin(t.Context(), w.settled("mixoo"), Credentials{Login: text("marker@example.org"), Password: text(good)}))
	w.Closed = func(_ contextOf, app privacy.AppID) (bool, error) { return app == "mixoo", nil }
	_, err := w.Enter(t.Context(), Entry{Policy: w.policies["mixoo"], Locale: "en", Band: terms.Over})
	wantCode(t, err, "app-closed")
	if _, err := w.back("mixoo", "marker@example.org", good); err != nil {
		t.Errorf("rights need a session: %v", err)
	}
	if _, err := w.Enter(t.Context(), Entry{Policy: w.policies["pixplus"], Locale: "en", Band: terms.Over}); err != nil {
		t.Errorf("another app: %v", err)
	}
}

func TestASessionThatTurnsOutTooYoungIsErasedWithEverythingOfIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, _ := w.enter("pixplus", "")
	w.stands(who, "age-required")
	must(t, w.SetLogin(t.Context(), who, Credentials{Login: text("marker@example.org"), Password: text("a long and odd one")}))
	wantCode(t, w.SetAge(t.Context(), who, terms.Under, text("marker-device")), "age-not-allowed")
	all, counts := w.everything()
	if strings.Contains(all, string(who.Subject)) || strings.Contains(all, "marker") {
		t.Errorf("something is left: %s", all)
	}
	for _, name := range []string{"subjects", "sessions", "profiles", "ages", "logins", "guardians", "consents"} {
		if counts[name] != 0 {
			t.Errorf("%s has %d rows", name, counts[name])
		}
	}
	wantCode(t, w.SetAge(t.Context(), who, terms.Over, text("marker-device")), "unauthenticated")
	w.stands(who, "unauthenticated")
}

func TestAnAnswerAboutAgeBindsButMayBecomeStricter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, _ := w.enter("aifitting", terms.Under)
	wantCode(t, w.SetAge(t.Context(), who, terms.Over, privacy.Text{}), "guardian-required")
	w.stands(who, "guardian-required")
	other, _ := w.enter("aifitting", terms.Over)
	must(t, w.SetAge(t.Context(), other, terms.Over, privacy.Text{}))
	w.stands(other, "policy-not-accepted")
	must(t, w.SetAge(t.Context(), other, terms.Under, privacy.Text{}))
	w.stands(other, "guardian-required")
	if r := rule(w.SetAge(t.Context(), other, "17", privacy.Text{})); r != "/band not_a_band" {
		t.Error(r)
	}
	_, err := w.Enter(t.Context(), Entry{Policy: w.policies["aifitting"], Band: "2014-01-01"})
	if r := rule(err); r != "/age_band not_a_band" {
		t.Error(r)
	}
}

func TestTheBandLivesAsLongAsTheAccountIsUsed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.settled("pixplus")
	w.clock.Advance(100 * 24 * time.Hour)
	now := w.clock.Now()
	must(t, w.DB.Write(t.Context(), func(tx *store.Tx) error {
		return tx.TouchSubject(t.Context(), who.App(), who.Subject, now, now.AddDate(0, 0, 180))
	}))
	w.clock.Advance(100 * 24 * time.Hour)
	_, err := w.Eraser.Sweep(t.Context(), w.clock.Now())
	must(t, err)
	if p, err := w.Profile(t.Context(), who); err != nil || p.Band != terms.Over {
		t.Errorf("%+v %v", p, err)
	}
	w.clock.Advance(81 * 24 * time.Hour)
	_, err = w.Eraser.Sweep(t.Context(), w.clock.Now())
	must(t, err)
	if all, _ := w.everything(); strings.Contains(all, string(who.Subject)) {
		t.Error("an account that nobody uses is still there")
	}
}

func TestAnAccountMarkedAsUnderageIsErasedAtOnceUnlessAGuardianAgreed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, app := range []privacy.AppID{"mixoo", "picwiz", "pixplus", "kmeng", "aifitting"} {
		who := w.settled(app)
		erased, err := w.MarkUnderage(t.Context(), who)
		if all, _ := w.everything(); err != nil || !erased || strings.Contains(all, string(who.Subject)) {
			t.Errorf("%s: %v %v", app, erased, err)
		}
	}
	who, _ := w.enter("aifitting", terms.Under)
	w.guarded(who)
	if erased, err := w.MarkUnderage(t.Context(), who); err != nil || erased {
		t.Errorf("%v %v", erased, err)
	}
}

func TestStandingNamesTheFirstReasonWhyNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, _ := w.enter("sample", "")
	w.stands(who, "age-required")
	must(t, w.SetAge(t.Context(), who, terms.Over, privacy.Text{}))
	w.stands(who, "policy-not-accepted")
	w.accept(who)
	w.stands(who, "")
	if err := w.StandingOf(t.Context(), who.App(), who.Subject); err != nil {
		t.Error(err)
	}
	must(t, w.Restrict(t.Context(), who, "accuracy_contested"))
	w.stands(who, "processing-restricted")
	must(t, w.Lift(t.Context(), who))
	waits, closed, broken := true, false, errors.New("the disk is gone")
	w.Pending = func(_ contextOf, _ task.Who) (bool, error) { return waits, nil }
	w.stands(who, "notice-required")
	w.Closed = func(_ contextOf, _ privacy.AppID) (bool, error) { return closed, nil }
	closed = true
	w.stands(who, "app-closed")
	waits, closed = false, false
	w.stands(who, "")
	w.Pending = func(_ contextOf, _ task.Who) (bool, error) { return false, broken }
	if err := w.Standing(t.Context(), who); !errors.Is(err, broken) {
		t.Errorf("a question without an answer opens the door: %v", err)
	}
	if err := w.Standing(t.Context(), task.Who{Policy: who.Policy, Subject: "sub_nobody"}); err == nil {
		t.Error("nobody stands")
	}
}
