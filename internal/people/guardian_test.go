package people

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task"
)

type contextOf = context.Context

const parent = "marker-parent@example.org"

// guarded takes a minor through the guardian's consent and the acceptance of the policy.
func (w *world) guarded(who task.Who, items ...string) {
	w.t.Helper()
	must(w.t, w.ConfirmGuardian(w.t.Context(), who, w.agreed(who, items...)))
	w.accept(who)
	w.stands(who, "")
}

// agreed returns the code that a guardian was shown.
func (w *world) agreed(who task.Who, items ...string) string {
	w.t.Helper()
	link, err := w.AskGuardian(w.t.Context(), who, text(parent))
	must(w.t, err)
	r, err := w.GuardianRequest(w.t.Context(), link, "en")
	must(w.t, err)
	code, err := w.GuardianAgrees(w.t.Context(), link, Agreement{Contact: text(" Marker-Parent@example.org "), Hash: r.Screen.Hash, Items: items})
	must(w.t, err)
	return code
}

func TestAMinorIsLockedUntilTheGuardianAgreedAndTheCodeIsTyped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, _ := w.enter("aifitting", terms.Under)
	w.stands(who, "guardian-required")
	wantCode(t, w.ConfirmGuardian(t.Context(), who, "00000000"), "conflict")
	code := w.agreed(who)
	w.stands(who, "guardian-required")
	wantCode(t, w.ConfirmGuardian(t.Context(), who, "x"+code), "guardian-required")
	must(t, w.ConfirmGuardian(t.Context(), who, " "+code+" "))
	w.stands(who, "policy-not-accepted")
	w.accept(who)
	w.stands(who, "")
	if all, counts := w.everything(); strings.Contains(strings.ToLower(all), "marker") || strings.Contains(all, code) || counts["guardians"] != 1 {
		t.Errorf("more than digests is kept of the guardian: %v", counts)
	}
	list, err := w.DB.App(who.App()).Consents(t.Context(), who.Subject, "", 10)
	if err != nil || len(list) != 2 || list[1].Mode != ModeGuardian || list[1].Decision != consent.Given || list[1].Screen == "" {
		t.Errorf("%+v %v", list, err)
	}
	if _, err := w.AskGuardian(t.Context(), who, text(parent)); err == nil {
		t.Error("a second guardian replaces the first")
	}
	must(t, w.DB.Write(t.Context(), func(tx *store.Tx) error {
		return tx.ChangeConsent(t.Context(), who.App(), who.Subject, list[1].ID, consent.Withdrawn, w.clock.Now())
	}))
	w.stands(who, "guardian-required")
	wantCode(t, w.MayReceive(t.Context(), who, "requested_feature", privacy.Own), "guardian-required")
}

func TestWrongAnswersEndTheGuardiansCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, _ := w.enter("aifitting", terms.Under)
	code := w.agreed(who)
	for range guardianTries {
		wantCode(t, w.ConfirmGuardian(t.Context(), who, "12345678x"), "guardian-required")
	}
	wantCode(t, w.ConfirmGuardian(t.Context(), who, code), "rate-limited")
	_, err := w.AskGuardian(t.Context(), who, text("another@example.org"))
	wantCode(t, err, "rate-limited")
	w.clock.Advance(guardianTime)
	w.guarded(who)
}

func TestGuessesThatAreSentAtOnceAreCountedOneByOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, _ := w.enter("aifitting", terms.Under)
	code := w.agreed(who)
	var all sync.WaitGroup
	var judged atomic.Int32
	for range 40 {
		all.Go(func() {
			if err := w.ConfirmGuardian(t.Context(), who, "12345678x"); fault.CodeOf(err) == "guardian-required" {
				judged.Add(1)
			}
		})
	}
	all.Wait()
	if judged.Load() != guardianTries {
		t.Errorf("%d guesses were judged", judged.Load())
	}
	wantCode(t, w.ConfirmGuardian(t.Context(), who, code), "rate-limited")
}

func TestOnlyWhoKnowsTheAddressAnswersForTheGuardian(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, _ := w.enter("aifitting", terms.Under)
	link, err := w.AskGuardian(t.Context(), who, text(parent))
	must(t, err)
	r, err := w.GuardianRequest(t.Context(), link, "zh-Hans")
	must(t, err)
	if r.State != "asked" || !strings.Contains(r.Screen.Statement, "监护人") || len(r.Screen.Hash) != 71 {
		t.Errorf("%+v", r)
	}
	_, err = w.GuardianAgrees(t.Context(), link, Agreement{Contact: text("somebody@example.org"), Hash: r.Screen.Hash})
	wantCode(t, err, "guardian-required")
	_, err = w.GuardianAgrees(t.Context(), link, Agreement{Contact: text(parent), Hash: "sha256:other"})
	wantCode(t, err, "consent-stale")
	_, err = w.GuardianAgrees(t.Context(), link, Agreement{Contact: text(parent), Hash: r.Screen.Hash, Items: []string{"advertising:everyone"}})
	if got := rule(err); got != "/items not_an_item" {
		t.Error(got)
	}
	wantCode(t, w.GuardianRefuses(t.Context(), link, text("somebody@example.org")), "guardian-required")
	_, err = w.GuardianRequest(t.Context(), link+"x", "en")
	wantCode(t, err, "not-found")
	w.clock.Advance(guardianTime)
	_, err = w.GuardianRequest(t.Context(), link, "en")
	wantCode(t, err, "not-found")
	if over := w.settled("aifitting"); true {
		_, err = w.AskGuardian(t.Context(), over, text(parent))
		wantCode(t, err, "conflict")
	}
}

func TestAGuardianWhoTakesTheConsentBackHasEverythingErased(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, _ := w.enter("aifitting", terms.Under)
	var sent string
	w.Deliver = func(_ context.Context, _ task.Who, to privacy.Text, link string) error {
		if to.Reveal() == parent {
			sent = link
		}
		return nil
	}
	if link, err := w.AskGuardian(t.Context(), who, text(parent)); err != nil || link != "" || sent == "" {
		t.Fatalf("the link goes to the guardian and to nobody else: %q %v", link, err)
	}
	r, err := w.GuardianRequest(t.Context(), sent, "en")
	must(t, err)
	code, err := w.GuardianAgrees(t.Context(), sent, Agreement{Contact: text(parent), Hash: r.Screen.Hash})
	must(t, err)
	must(t, w.ConfirmGuardian(t.Context(), who, code))
	w.clock.Advance(30 * 24 * time.Hour)
	must(t, w.GuardianRefuses(t.Context(), sent, text(parent)))
	if all, _ := w.everything(); strings.Contains(all, string(who.Subject)) {
		t.Error("something of the minor is left")
	}
}

func TestNothingOfAMinorLeavesWithoutTheGuardiansConsentToExactlyThat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policies["pixplus"] = shipped(t, "pixplus", "below: refuse", "below: guardian", // an app with a recipient, and with guardians
		"\ncategories:\n", "\ncategories:\n  - {id: guardian_consent, name: {en: Guardian, zh-Hans: 监护人}, storage: disk, purposes: [legal_duty], clause: FIT-8-01}\n",
		"\nretention:\n", "\nretention:\n  - {category: guardian_consent, starts: last_active, limit: P180D, end: destroy, chosen_by: operator, clause: FIT-8-01}\n")
	who, _ := w.enter("pixplus", terms.Under)
	wantCode(t, w.MayReceive(t.Context(), who, "requested_feature", privacy.Own), "guardian-required")
	w.guarded(who)
	if err := w.MayReceive(t.Context(), who, "requested_feature", privacy.Own); err != nil {
		t.Errorf("what stays here: %v", err)
	}
	wantCode(t, w.MayReceive(t.Context(), who, "requested_feature", "runninghub"), "guardian-required")
	other, _ := w.enter("pixplus", terms.Under)
	w.guarded(other, "requested_feature:runninghub")
	if err := w.MayReceive(t.Context(), other, "requested_feature", "runninghub"); err != nil {
		t.Errorf("what the guardian agreed to: %v", err)
	}
	wantCode(t, w.MayReceive(t.Context(), other, "safety_review", "runninghub"), "guardian-required")
	if err := w.MayReceive(t.Context(), w.settled("pixplus"), "requested_feature", "runninghub"); err != nil {
		t.Errorf("a grown-up: %v", err)
	}
	if err := w.MayReceive(t.Context(), w.settled("mixoo"), "requested_feature", "gemini"); err != nil {
		t.Errorf("an app without guardians: %v", err)
	}
}

func TestAnObjectionStopsItsPurposeAndNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, app := range []privacy.AppID{"mixoo", "aifitting"} { // without and with guardians
		who := w.settled(app)
		may := func(purpose privacy.Purpose) error { return w.MayReceive(t.Context(), who, purpose, privacy.Own) }
		must(t, w.Object(t.Context(), who, map[privacy.Purpose]bool{"requested_feature": true}))
		if err := may("requested_feature"); !errors.Is(err, ErrObjected) || fault.KindOf(err) != fault.Refused {
			t.Errorf("%s: %v", app, err)
		}
		must(t, may("service_operation"))
		must(t, w.Object(t.Context(), who, map[privacy.Purpose]bool{"requested_feature": false}))
		must(t, may("requested_feature"))
	}
}

// TestTheGuardiansConsentNamesTheTextThatWasRead reads in Chinese and then under a policy that changes
// before the code is typed: the record names the first text, and the second is asked for anew.
func TestTheGuardiansConsentNamesTheTextThatWasRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, _ := w.enter("aifitting", terms.Under)
	link, err := w.AskGuardian(t.Context(), who, text(parent))
	must(t, err)
	agree := func() (code, read string) {
		r, err := w.GuardianRequest(t.Context(), link, "zh-Hans")
		must(t, err)
		code, err = w.GuardianAgrees(t.Context(), link, Agreement{Contact: text(parent), Hash: r.Screen.Hash})
		must(t, err)
		return code, r.Screen.Hash
	}
	code, _ := agree()
	w.policies["aifitting"] = shipped(t, "aifitting", "zh-Hans: AI Fitting", "zh-Hans: 新名称")
	who.Policy = w.policies["aifitting"]
	wantCode(t, w.ConfirmGuardian(t.Context(), who, code), "conflict")
	w.stands(who, "guardian-required")
	code, read := agree()
	must(t, w.ConfirmGuardian(t.Context(), who, code))
	list, err := w.DB.App(who.App()).Consents(t.Context(), who.Subject, "", 10)
	if err != nil || len(list) != 1 || list[0].Screen != read || list[0].Language != "zh-Hans" {
		t.Errorf("the guardian read %s in Chinese, the record says %+v (%v)", read, list, err)
	}
}
