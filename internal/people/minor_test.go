package people

import (
	"strings"
	"testing"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/people/screens"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/task"
)

// guarding makes Picwiz an app of this world that lets minors in with a guardian's consent.
func guarding(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.policies["picwiz"] = policytest.Load(t, policytest.Guarding(t))
	return w
}

func TestAMinorHandsOverNothingBeforeTheGuardianAgreedAndAChildNever(t *testing.T) {
	t.Parallel()
	w := guarding(t)
	who, _ := w.enter("picwiz", terms.Minor)
	locked := func() {
		t.Helper()
		w.stands(who, "guardian-required")
		for _, f := range who.Policy.Features() {
			wantCode(t, w.MayReceive(t.Context(), who, f.Purpose, f.Recipient), "guardian-required")
		}
	}
	locked()
	wantCode(t, w.SetAge(t.Context(), who, terms.Over, privacy.Text{}), "guardian-required")
	code := w.agreed(who, screens.Pairs(who.Policy)...)
	locked()
	must(t, w.ConfirmGuardian(t.Context(), who, code))
	w.stands(who, "")
	wantCode(t, w.SetAge(t.Context(), who, terms.Over, privacy.Text{}), "guardian-required")
	if p, err := w.Profile(t.Context(), who); err != nil || p.Band != terms.Minor {
		t.Errorf("%+v %v", p, err)
	}
	wantCode(t, w.SetAge(t.Context(), who, terms.Under, text("marker-device")), "age-not-allowed")
	if all, _ := w.everything(); strings.Contains(all, string(who.Subject)) || strings.Contains(all, "marker") {
		t.Error("something of a child is left, whatever a guardian said")
	}
	_, err := w.Enter(t.Context(), Entry{Policy: w.policies["picwiz"], Locale: "en", Platform: terms.IOS, Band: terms.Under})
	wantCode(t, err, "age-not-allowed")
	grown, _ := w.enter("picwiz", terms.Over)
	w.stands(grown, "")
}

func TestWhoeverTurnsOutToBeAMinorIsLockedFromThenOn(t *testing.T) {
	t.Parallel()
	w := guarding(t)
	who, _ := w.enter("picwiz", terms.Over)
	_, err := w.AskGuardian(t.Context(), who, text(parent))
	wantCode(t, err, "conflict")
	must(t, w.SetAge(t.Context(), who, terms.Minor, privacy.Text{}))
	w.stands(who, "guardian-required")
	link, err := w.AskGuardian(t.Context(), who, text(parent))
	must(t, err)
	must(t, w.GuardianRefuses(t.Context(), link, text(parent)))
	w.stands(who, "unauthenticated")
	if all, _ := w.everything(); strings.Contains(all, string(who.Subject)) {
		t.Error("the guardian said no, and something is left")
	}
}

func TestABandThatAnAppDoesNotHaveIsRefusedByName(t *testing.T) {
	t.Parallel()
	w := guarding(t)
	for app, bands := range map[privacy.AppID]struct{ said, has string }{
		"picwiz":    {"teen", `One of: "under", "minor", "over".`},
		"pixplus":   {terms.Minor, `One of: "under", "over".`},
		"aifitting": {terms.Minor, `One of: "under", "over".`},
	} {
		_, err := w.Enter(t.Context(), Entry{Policy: w.policies[app], Locale: "en", Platform: terms.Web, Band: bands.said})
		who, _ := w.enter(app, terms.Over)
		for at, err := range map[string]error{"/age_band": err, "/band": w.SetAge(t.Context(), who, bands.said, privacy.Text{})} {
			if r := rule(err); r != at+" not_a_band" || !strings.Contains(detail(err), bands.has) {
				t.Errorf("%s, %s: %s %s", app, at, r, detail(err))
			}
		}
		if p, err := w.Profile(t.Context(), who); err != nil || p.Band != terms.Over {
			t.Errorf("%s: %+v %v", app, p, err)
		}
	}
	if _, counts := w.everything(); counts["subjects"] != 3 {
		t.Errorf("a refused band made an account: %d", counts["subjects"])
	}
}

// detail returns what a refused request says about the one field that broke a rule.
func detail(err error) string {
	if rule(err) == "" {
		return ""
	}
	f, _ := err.(*fault.Error)
	return f.Extra()["errors"].([]task.FieldError)[0].Detail
}

func TestAMarkOfStaffErasesAMinorWithoutAGuardianAndAChildInAnyCase(t *testing.T) {
	t.Parallel()
	w := guarding(t)
	minor, _ := w.enter("picwiz", terms.Minor)
	guarded, _ := w.enter("picwiz", terms.Minor)
	must(t, w.ConfirmGuardian(t.Context(), guarded, w.agreed(guarded)))
	for name, who := range map[string]task.Who{"without a guardian": minor, "with one": guarded} {
		if erased, err := w.MarkUnderage(t.Context(), who); err != nil || !erased {
			t.Errorf("%s: %v %v", name, erased, err)
		}
	}
}

func TestAMinorStaysOneUnderALaterPolicyThatAsksAGuardianOfEverybodyYounger(t *testing.T) {
	t.Parallel()
	w := guarding(t)
	who, _ := w.enter("picwiz", terms.Minor)
	later := strings.Replace(string(policytest.Guarding(t)), "min_age: 13, below: refuse, guardian_below: 18, ask", "min_age: 18, below: guardian, ask", 1)
	later = strings.Replace(strings.ReplaceAll(later, "{guardian_below}", "{min_age}"), "  minors.guardian_below: operator\n", "", 1)
	who.Policy = policytest.Load(t, []byte(later))
	w.policies["picwiz"] = who.Policy
	w.stands(who, "guardian-required")
	w.policies["picwiz"] = policytest.Picwiz(t)
	who.Policy = w.policies["picwiz"]
	w.stands(who, "") // from thirteen on nobody needs a guardian there
}
