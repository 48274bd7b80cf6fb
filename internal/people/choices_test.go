package people

import (
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/people/screens"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/works"
	"vow.example/vow/internal/task"
)

func TestAnAcceptanceIsARecordOfTheExactTextAndCanBeTakenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, _ := w.enter("aifitting", terms.Over)
	zh, asked, err := screens.ReadingOf(who.Policy, "zh-CN")
	if err != nil || !asked || zh.Language != "zh-Hans" || len(zh.Sections) == 0 || zh.Accept != "同意" {
		t.Fatalf("%+v %v %v", zh, asked, err)
	}
	en, _, err := screens.ReadingOf(who.Policy, "en")
	if err != nil || en.Hash == zh.Hash {
		t.Errorf("two texts, one hash: %v", err)
	}
	wantCode(t, w.Decide(t.Context(), who, zh.Version, "sha256:else"), "consent-stale")
	wantCode(t, w.Decide(t.Context(), who, "aifitting/v99", zh.Hash), "consent-stale")
	w.stands(who, "policy-not-accepted")
	must(t, w.Decide(t.Context(), who, zh.Version, zh.Hash))
	w.stands(who, "")
	p, err := w.Profile(t.Context(), who)
	must(t, err)
	rec, err := w.DB.App(who.App()).Consent(t.Context(), who.Subject, p.Acceptance)
	if err != nil || rec.Mode != ModeAcceptance || rec.Screen != zh.Hash || rec.Language != "zh-Hans" || rec.Version != zh.Version || rec.PolicyHash != who.Policy.Hash() || p.Version != zh.Version || p.Hash != zh.Hash {
		t.Errorf("%+v %+v %v", rec, p, err)
	}
	must(t, w.DB.Write(t.Context(), func(tx *store.Tx) error {
		return tx.ChangeConsent(t.Context(), who.App(), who.Subject, rec.ID, consent.Withdrawn, w.clock.Now())
	}))
	w.stands(who, "policy-not-accepted")
}

func TestAnAcceptanceOutlivesItsRecordAndAWithdrawalDoesToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, other := w.settled("sample"), w.settled("sample")
	p, err := w.Profile(t.Context(), other)
	must(t, err)
	must(t, w.DB.Write(t.Context(), func(tx *store.Tx) error {
		return tx.ChangeConsent(t.Context(), "sample", other.Subject, p.Acceptance, consent.Withdrawn, w.clock.Now())
	}))
	for range 4 { // in use for longer than the record is kept
		w.clock.Advance(100 * 24 * time.Hour)
		now := w.clock.Now()
		for _, s := range []privacy.SubjectID{who.Subject, other.Subject} {
			must(t, w.DB.Write(t.Context(), func(tx *store.Tx) error {
				return tx.TouchSubject(t.Context(), "sample", s, now, now.AddDate(0, 0, 180))
			}))
		}
		_, err := w.Eraser.Sweep(t.Context(), now)
		must(t, err)
	}
	if list, err := w.DB.App("sample").Consents(t.Context(), who.Subject, "", 10); err != nil || len(list) != 0 {
		t.Fatalf("%d records, %v", len(list), err)
	}
	w.stands(who, "")
	w.stands(other, "policy-not-accepted")
}

func TestWhoDeclinesThePolicyLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, _ := w.enter("aifitting", terms.Over)
	must(t, w.Decline(t.Context(), who))
	if all, counts := w.everything(); strings.Contains(all, string(who.Subject)) || counts["ages"] != 0 || counts["subjects"] != 0 {
		t.Errorf("something is left: %v", counts)
	}
	w.stands(who, "unauthenticated")
	wantCode(t, w.Decide(t.Context(), who, "aifitting/v1", "x"), "consent-stale")
}

func TestSwitchesAndPermissionsAreReadAtTheMomentTheyAreAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.settled("sample")
	app, s, ctx := who.App(), who.Subject, t.Context()
	if w.SwitchOn(ctx, app, s, "analytics") || !w.SwitchOn(ctx, app, s, "diagnostics") || w.SwitchOn(ctx, app, s, "advertising") {
		t.Error("before anything is set, the policy's presets hold, and what it does not list is off")
	}
	must(t, w.SetSwitches(ctx, who, map[string]bool{"analytics": true, "diagnostics": false}))
	if !w.SwitchOn(ctx, app, s, "analytics") || w.SwitchOn(ctx, app, s, "diagnostics") || w.SwitchOn(ctx, app, "sub_else", "diagnostics") || w.SwitchOn(ctx, "mixoo", s, "analytics") {
		t.Error("what was set does not hold, or holds for somebody else")
	}
	if r := rule(w.SetSwitches(ctx, who, map[string]bool{"analytics": false, "advertising": true})); r != " not_a_switch" || !w.SwitchOn(ctx, app, s, "analytics") {
		t.Errorf("%q: half of a refused change was made", r)
	}
	if w.Granted(ctx, app, s, "camera") {
		t.Error("granted before it was reported")
	}
	must(t, w.SetPermissions(ctx, who, terms.Android, map[string]bool{"camera": true}))
	if !w.Granted(ctx, app, s, "camera") {
		t.Error("a reported permission is not known")
	}
	must(t, w.SetPermissions(ctx, who, terms.Android, map[string]bool{"camera": false}))
	if w.Granted(ctx, app, s, "camera") {
		t.Error("a permission that was taken back still counts")
	}
	for permission, platform := range map[string]terms.Platform{"contacts": terms.IOS, "tracking": terms.Android} {
		if r := rule(w.SetPermissions(ctx, who, platform, map[string]bool{permission: true})); r != " not_a_permission" || w.Granted(ctx, app, s, permission) {
			t.Errorf("%s on %s: %q", permission, platform, r)
		}
	}
	must(t, w.SetPermissions(ctx, who, terms.IOS, map[string]bool{"tracking": true}))
	p, err := w.Profile(ctx, who)
	if got := Switches(who, p); err != nil || len(got) != 2 || !got["analytics"] || got["diagnostics"] {
		t.Errorf("%v %v", got, err)
	}
}

func TestAnObjectionHoldsForItsPurposeUntilItIsTakenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.settled("sample")
	ctx := t.Context()
	objected := func(p privacy.Purpose) bool { return w.Objected(ctx, who.App(), who.Subject, p) }
	if objected("requested_feature") {
		t.Error("objected before a word was said")
	}
	must(t, w.Object(ctx, who, map[privacy.Purpose]bool{"requested_feature": true, "legal_duty": true}))
	must(t, w.Object(ctx, who, map[privacy.Purpose]bool{"requested_feature": true, "legal_duty": false}))
	if !objected("requested_feature") || objected("legal_duty") {
		t.Error("the objections are mixed up")
	}
	if p, err := w.Profile(ctx, who); err != nil || len(p.Objections) != 1 {
		t.Errorf("%v %v", p.Objections, err)
	}
	if r := rule(w.Object(ctx, who, map[privacy.Purpose]bool{"sale": true})); r != " not_a_purpose" {
		t.Error(r)
	}
	if !w.Objected(ctx, who.App(), "sub_nobody", "security") {
		t.Error("what cannot be read counts as an objection")
	}
}

func TestRestrictionNeedsAGroundOfThePolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.settled("sample")
	if r := rule(w.Restrict(t.Context(), who, "because")); r != "/ground not_a_ground" {
		t.Error(r)
	}
	w.stands(who, "")
	must(t, w.Restrict(t.Context(), who, "accuracy_contested"))
	w.stands(who, "processing-restricted")
	if p, err := w.Profile(t.Context(), who); err != nil || p.Restriction != "accuracy_contested" || !p.RestrictedAt.Equal(w.clock.Now()) {
		t.Errorf("%+v %v", p, err)
	}
	must(t, w.Lift(t.Context(), who))
	w.stands(who, "")
}

func TestNothingIsWrittenForAnAccountThatIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.settled("sample")
	must(t, w.erase(t.Context(), who))
	reading, _, err := screens.ReadingOf(who.Policy, "en")
	must(t, err)
	for name, do := range map[string]func() error{
		"switches":    func() error { return w.SetSwitches(t.Context(), who, map[string]bool{"analytics": true}) },
		"permissions": func() error { return w.SetPermissions(t.Context(), who, "", map[string]bool{"camera": true}) },
		"acceptance":  func() error { return w.Decide(t.Context(), who, reading.Version, reading.Hash) },
		"age":         func() error { return w.SetAge(t.Context(), who, terms.Over, privacy.Text{}) },
		"login": func() error {
			return w.SetLogin(t.Context(), who, Credentials{Login: text("me@example.org"), Password: text("a long and odd one")})
		},
		"restriction": func() error { return w.Restrict(t.Context(), who, "accuracy_contested") },
		"locale":      func() error { return w.SetLocale(t.Context(), who, "en") },
		"device":      func() error { _, err := w.Remember(t.Context(), who, terms.Web); return err },
	} {
		if err := do(); err == nil {
			t.Errorf("%s was written", name)
		}
	}
	if all, _ := w.everything(); strings.Contains(all, string(who.Subject)) {
		t.Error("something came back")
	}
}

func TestAMarkEndsWithItsWorkAndNeverLengthensAClock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, other := w.settled("aifitting"), w.settled("aifitting")
	o := w.work(who, "image/png", "a picture")
	due := o.Due()
	must(t, w.Favourite(t.Context(), who, o.Object))
	must(t, w.Favourite(t.Context(), who, o.Object))
	again, err := w.DB.App(who.App()).Object(t.Context(), who.Subject, o.Object)
	if err != nil || !again.Due().Equal(due) {
		t.Errorf("the clock moved from %v to %v, %v", due, again.Due(), err)
	}
	wantCode(t, w.Favourite(t.Context(), other, o.Object), "not-found")
	wantCode(t, w.Favourite(t.Context(), who, "out_nothing"), "not-found")
	second := w.work(who, "video/mp4", "a film")
	if got := w.list(who, "", true); len(got) != 1 || got[0] != o.Object {
		t.Errorf("favourites: %v", got)
	}
	if got := w.list(who, "video/", false); len(got) != 1 || got[0] != second.Object {
		t.Errorf("films: %v", got)
	}
	if got := w.list(who, "", false); len(got) != 2 || got[0] != second.Object {
		t.Errorf("works, newest first: %v", got)
	}
	if len(w.list(other, "", false)) != 0 {
		t.Error("somebody else sees them")
	}
	_, err = w.Eraser.Object(t.Context(), again, "subject_request", nil)
	must(t, err)
	if all, counts := w.everything(); counts["favourites"] != 0 || len(w.list(who, "", true)) != 0 {
		t.Errorf("a mark outlived its work: %s", all)
	}
	must(t, w.Favourite(t.Context(), who, second.Object))
	must(t, w.Unfavourite(t.Context(), who, second.Object))
	if _, counts := w.everything(); counts["favourites"] != 0 {
		t.Error("a mark that was taken away is still there")
	}
	wantCode(t, w.Favourite(t.Context(), w.settled("mixoo"), second.Object), "feature-unavailable")
}

func TestALateSweepShowsNoDeadWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who := w.settled("aifitting")
	o := w.work(who, "image/png", "a picture")
	must(t, w.Favourite(t.Context(), who, o.Object))
	w.clock.Advance(o.Due().Sub(w.clock.Now()))
	if len(w.list(who, "", true)) != 0 || len(w.list(who, "image/", false)) != 0 {
		t.Error("a work past its clock is listed")
	}
	wantCode(t, w.Favourite(t.Context(), who, o.Object), "not-found")
}

func (w *world) list(who task.Who, kind string, favourite bool) []privacy.ObjectID {
	w.t.Helper()
	ids, err := works.WorkIDs(w.t.Context(), w.DB.App(who.App()), who.Subject, works.Filter{Kind: kind, Favourite: favourite, Limit: 10, Now: w.clock.Now()})
	must(w.t, err)
	return ids
}
