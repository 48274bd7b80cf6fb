package consent_test

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
)

const (
	ada  privacy.SubjectID = "sub_ada"
	task privacy.TaskID    = "tsk_1"
)

// records is a careless store: it answers with what it has, whoever asks. Check must not trust it.
type records struct {
	byID     consent.Record
	standing consent.Record
	err      error
}

func (r records) Consent(_ context.Context, _ privacy.SubjectID, id privacy.ConsentID) (consent.Record, error) {
	if r.err == nil && r.byID.ID != id {
		return consent.Record{}, consent.ErrNoRecord
	}
	return r.byID, r.err
}

func (r records) StandingConsent(context.Context, privacy.SubjectID, privacy.FeatureID, privacy.RecipientID) (consent.Record, error) {
	if r.err == nil && r.standing.ID == "" {
		return consent.Record{}, consent.ErrNoRecord
	}
	return r.standing, r.err
}

// given returns a record that covers the feature under p, in lang.
func given(t *testing.T, p *policy.Policy, f privacy.FeatureID, lang privacy.Lang) consent.Record {
	t.Helper()
	feature, ok := p.Feature(f)
	if !ok {
		t.Fatalf("no feature %s", f)
	}
	screen, err := p.Screen(f, lang)
	if err != nil {
		t.Fatal(err)
	}
	return consent.Record{
		ID: "con_1", App: p.App(), Subject: ada, Feature: f, Recipient: feature.Recipient,
		Decision: consent.Given, Screen: screen.Hash, Language: lang, PolicyHash: p.Hash(),
		Version: p.Version(), Mode: feature.Consent, At: time.Date(2026, 11, 21, 14, 0, 0, 0, time.UTC),
	}
}

func ask(f privacy.FeatureID) consent.Ask {
	return consent.Ask{Subject: ada, Feature: f, Task: task, Consent: "con_1"}
}

func TestAConsentToTheTextInForcePermitsItsTaskAndNothingElse(t *testing.T) {
	t.Parallel()
	p := policytest.PixPlus(t)
	avatar, _ := p.Feature("avatar")
	other, _ := p.Feature("portrait_enhance")
	for _, lang := range p.Languages() {
		permit, err := consent.Check(context.Background(), records{byID: given(t, p, "avatar", lang)}, p, ask("avatar"))
		if err != nil || !permit.Valid() {
			t.Fatalf("%s: %v", lang, err)
		}
		if permit.Consent() != "con_1" || permit.Subject() != ada || permit.Task() != task || permit.Feature() != "avatar" {
			t.Errorf("the permit is for %s, %s, %s", permit.Subject(), permit.Task(), permit.Feature())
		}
		elsewhere := avatar
		elsewhere.Recipient = privacy.Own
		for name, covered := range map[string]bool{
			"what it was made for": permit.Covers(p, ada, task, avatar),
			"another subject":      !permit.Covers(p, "sub_bob", task, avatar),
			"another task":         !permit.Covers(p, ada, "tsk_2", avatar),
			"another feature":      !permit.Covers(p, ada, task, other),
			"another recipient":    !permit.Covers(p, ada, task, elsewhere),
			"another app":          !permit.Covers(policytest.AIFitting(t), ada, task, avatar),
			"a policy that moved":  !permit.Covers(changed(t), ada, task, avatar),
		} {
			if !covered {
				t.Errorf("%s: wrong cover of %q", lang, name)
			}
		}
	}
}

// changed returns PixPlus with another consent text for photos.
func changed(t *testing.T) *policy.Policy {
	t.Helper()
	src := policytest.Mutate(t, policytest.Source(t, "pixplus"), "no advertising, no training", "no advertising")
	return policytest.Load(t, src)
}

func TestTheNewestDecisionRulesWhateverRecordIsNamed(t *testing.T) {
	t.Parallel()
	p := policytest.AIFitting(t) // asks once
	yes := given(t, p, "avatar", "en")
	for _, c := range []struct {
		newest consent.Decision
		want   error
	}{{consent.Given, nil}, {consent.Refused, consent.ErrRequired}, {consent.Withdrawn, consent.ErrWithdrawn}, {consent.Revoked, consent.ErrRequired}} {
		no := yes
		no.ID, no.Decision, no.At = "con_2", c.newest, yes.At.Add(time.Hour)
		permit, err := consent.Check(context.Background(), records{byID: yes, standing: no}, p, ask("avatar"))
		if !errors.Is(err, c.want) || permit.Valid() != (c.want == nil) {
			t.Errorf("after %v: %v", c.newest, err)
		}
	}
	each := policytest.PixPlus(t) // asks each time: a no to the next task is none to this one
	yes = given(t, each, "avatar", "en")
	no := yes
	no.ID, no.Decision = "con_2", consent.Refused
	if _, err := consent.Check(context.Background(), records{byID: yes, standing: no}, each, ask("avatar")); err != nil {
		t.Error(err)
	}
}

func TestTheZeroPermitPermitsNothing(t *testing.T) {
	t.Parallel()
	p := policytest.PixPlus(t)
	var zero consent.Permit
	if zero.Valid() || zero.Consent() != "" || zero.Subject() != "" || zero.Task() != "" || zero.Feature() != "" {
		t.Error("the zero permit says something")
	}
	for _, f := range p.Features() {
		if zero.Covers(p, "", "", f) || zero.Covers(p, ada, task, f) {
			t.Errorf("the zero permit covers %s", f.ID)
		}
	}
}

func TestARecordThatDoesNotFitIsRefusedWithItsReason(t *testing.T) {
	t.Parallel()
	p := policytest.PixPlus(t)
	for name, tt := range map[string]struct {
		change func(*consent.Record)
		want   *fault.Error
	}{
		"of another subject":             {func(r *consent.Record) { r.Subject = "sub_bob" }, consent.ErrRequired},
		"of another app":                 {func(r *consent.Record) { r.App = "aifitting" }, consent.ErrRequired},
		"for another feature":            {func(r *consent.Record) { r.Feature = "portrait_enhance" }, consent.ErrRequired},
		"for another recipient":          {func(r *consent.Record) { r.Recipient = privacy.Own }, consent.ErrRequired},
		"without a decision":             {func(r *consent.Record) { r.Decision = consent.Unknown }, consent.ErrRequired},
		"with a decision nobody defined": {func(r *consent.Record) { r.Decision = 99 }, consent.ErrRequired},
		"declined":                       {func(r *consent.Record) { r.Decision = consent.Refused }, consent.ErrRequired},
		"withdrawn by the person":        {func(r *consent.Record) { r.Decision = consent.Withdrawn }, consent.ErrWithdrawn},
		"revoked by the server":          {func(r *consent.Record) { r.Decision = consent.Revoked }, consent.ErrRequired},
		"to another text":                {func(r *consent.Record) { r.Screen = "sha256:" + strings.Repeat("0", 64) }, consent.ErrStale},
		"to no text":                     {func(r *consent.Record) { r.Screen = "" }, consent.ErrStale},
		"in another language":            {func(r *consent.Record) { r.Language = "zh-Hans" }, consent.ErrStale},
		"in a language we do not speak":  {func(r *consent.Record) { r.Language = "fr" }, consent.ErrStale},
		"used by another task":           {func(r *consent.Record) { r.Task = "tsk_0" }, consent.ErrRequired},
		"withdrawn and stale":            {func(r *consent.Record) { r.Decision, r.Screen = consent.Withdrawn, "" }, consent.ErrWithdrawn},
	} {
		rec := given(t, p, "avatar", "en")
		tt.change(&rec)
		permit, err := consent.Check(context.Background(), records{byID: rec}, p, ask("avatar"))
		if !errors.Is(err, tt.want) || permit.Valid() {
			t.Errorf("%s: got %v, want %s", name, err, tt.want.Code())
		}
		var f *fault.Error
		if errors.As(err, &f) && (f.Extra()["recipient"] != "runninghub" || f.Extra()["feature"] != "avatar") {
			t.Errorf("%s: the refusal does not name the recipient: %v", name, f.Extra())
		}
	}
}

func TestAConsentFromBeforeAPolicyChangeIsStale(t *testing.T) {
	t.Parallel()
	old := given(t, policytest.PixPlus(t), "avatar", "en")
	now := changed(t)
	if consent.Current(old, now) {
		t.Error("the old text counts as the new one")
	}
	if _, err := consent.Check(context.Background(), records{byID: old}, now, ask("avatar")); !errors.Is(err, consent.ErrStale) {
		t.Errorf("got %v", err)
	}
}

func TestAConsentPerTaskServesOneTask(t *testing.T) {
	t.Parallel()
	p := policytest.PixPlus(t)
	rec := given(t, p, "avatar", "en")
	rec.Task = task
	if _, err := consent.Check(context.Background(), records{byID: rec}, p, ask("avatar")); err != nil {
		t.Errorf("the task that used it is refused at its next step: %v", err)
	}
	next := ask("avatar")
	next.Task = "tsk_2"
	if _, err := consent.Check(context.Background(), records{byID: rec}, p, next); !errors.Is(err, consent.ErrRequired) {
		t.Errorf("a second task: got %v", err)
	}
	standing := ask("avatar")
	standing.Consent = ""
	if _, err := consent.Check(context.Background(), records{standing: rec}, p, standing); !errors.Is(err, consent.ErrRequired) {
		t.Errorf("a consent per task stands for later tasks: got %v", err)
	}
}

func TestAConsentPerFeatureStandsForEveryTaskUntilItIsWithdrawn(t *testing.T) {
	t.Parallel()
	p := policytest.AIFitting(t)
	rec := given(t, p, "avatar", "en")
	for _, id := range []privacy.TaskID{"tsk_1", "tsk_2"} {
		question := consent.Ask{Subject: ada, Feature: "avatar", Task: id}
		if permit, err := consent.Check(context.Background(), records{standing: rec}, p, question); err != nil || permit.Task() != id {
			t.Errorf("%s: %v", id, err)
		}
	}
	question := consent.Ask{Subject: ada, Feature: "avatar", Task: task}
	if _, err := consent.Check(context.Background(), records{}, p, question); !errors.Is(err, consent.ErrRequired) {
		t.Errorf("silence: got %v", err)
	}
	rec.Decision = consent.Withdrawn
	if _, err := consent.Check(context.Background(), records{standing: rec}, p, question); !errors.Is(err, consent.ErrWithdrawn) {
		t.Errorf("withdrawn: got %v", err)
	}
}

// TestWhoeverWantsToBeAskedEachTimeIs: AI Fitting remembers a yes, unless the person said it for one task.
func TestWhoeverWantsToBeAskedEachTimeIs(t *testing.T) {
	t.Parallel()
	p := policytest.AIFitting(t)
	once := given(t, p, "avatar", "en")
	once.Mode = policy.PerTask
	unnamed := consent.Ask{Subject: ada, Feature: "avatar", Task: task}
	used := once
	used.Task = task
	next := ask("avatar")
	next.Task = "tsk_2"
	no, taken := once, once
	no.ID, no.Decision = "con_2", consent.Refused
	taken.Decision = consent.Withdrawn
	for name, c := range map[string]struct {
		stored records
		ask    consent.Ask
		want   error
	}{
		"the task that names it":               {records{byID: once, standing: once}, ask("avatar"), nil},
		"that task at its next step":           {records{byID: used, standing: used}, ask("avatar"), nil},
		"a second task":                        {records{byID: used, standing: used}, next, consent.ErrRequired},
		"a task that names none":               {records{standing: once}, unnamed, consent.ErrRequired},
		"one that names none, after its use":   {records{standing: used}, unnamed, consent.ErrRequired},
		"withdrawn, and none named":            {records{standing: taken}, unnamed, consent.ErrWithdrawn},
		"withdrawn, and named":                 {records{byID: taken, standing: taken}, ask("avatar"), consent.ErrWithdrawn},
		"a no to the next task, before it":     {records{byID: once, standing: no}, ask("avatar"), nil},
		"a no to the next task, none is named": {records{standing: no}, unnamed, consent.ErrRequired},
	} {
		permit, err := consent.Check(context.Background(), c.stored, p, c.ask)
		if !errors.Is(err, c.want) || permit.Valid() != (c.want == nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatWasAgreedToForGoodIsNotAYesToOneTask(t *testing.T) {
	t.Parallel()
	p := policytest.PixPlus(t) // asks each time
	rec := given(t, p, "avatar", "en")
	rec.Mode = policy.PerFeature
	if permit, err := consent.Check(context.Background(), records{byID: rec, standing: rec}, p, ask("avatar")); !errors.Is(err, consent.ErrRequired) || permit.Valid() {
		t.Errorf("got %v", err)
	}
}

func TestAQuestionWithoutSubjectTaskOrLiveFeatureIsRefused(t *testing.T) {
	t.Parallel()
	p := policytest.PixPlus(t)
	for name, change := range map[string]func(*consent.Ask){
		"no subject":          func(a *consent.Ask) { a.Subject = "" },
		"no task":             func(a *consent.Ask) { a.Task = "" },
		"an unknown feature":  func(a *consent.Ask) { a.Feature = "mind_reading" },
		"a forbidden feature": func(a *consent.Ask) { a.Feature = "face_swap" },
		"a planned feature":   func(a *consent.Ask) { a.Feature = "talking_photo" },
		"an unknown consent":  func(a *consent.Ask) { a.Consent = "con_2" },
	} {
		question := ask("avatar")
		change(&question)
		rec := given(t, p, "avatar", "en")
		if f, ok := p.Feature(question.Feature); ok {
			rec.Feature, rec.Recipient = f.ID, f.Recipient
		}
		permit, err := consent.Check(context.Background(), records{byID: rec, standing: rec}, p, question)
		if !errors.Is(err, consent.ErrRequired) || permit.Valid() {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestAStoreThatCannotAnswerPermitsNothing(t *testing.T) {
	t.Parallel()
	p, broken := policytest.PixPlus(t), errors.New("disk on fire")
	permit, err := consent.Check(context.Background(), records{err: broken}, p, ask("avatar"))
	if !errors.Is(err, broken) || permit.Valid() {
		t.Errorf("got %v", err)
	}
}

func TestAPermitIsNeverStoredSentOrPrinted(t *testing.T) {
	t.Parallel()
	p := policytest.PixPlus(t)
	permit, err := consent.Check(context.Background(), records{byID: given(t, p, "avatar", "en")}, p, ask("avatar"))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]any{
		"alone": permit, "by pointer": &permit, "in a job": struct{ Permit consent.Permit }{permit}, "in a list": []consent.Permit{permit},
	} {
		if out, err := json.Marshal(value); !errors.Is(err, consent.ErrNotStorable) {
			t.Errorf("JSON, %s: %s, %v", name, out, err)
		}
		var out bytes.Buffer
		if err := gob.NewEncoder(&out).Encode(value); err == nil {
			t.Errorf("gob, %s: encoded", name)
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
			if printed := fmt.Sprintf(verb, value); strings.Contains(printed, string(ada)) || strings.Contains(printed, "con_1") {
				t.Errorf("%s prints %s", verb, printed)
			}
		}
	}
}

func TestDecisionsHaveTheWordsOfTheAPI(t *testing.T) {
	t.Parallel()
	for d, want := range map[consent.Decision]string{
		consent.Unknown: "unknown", consent.Given: "granted", consent.Refused: "declined",
		consent.Withdrawn: "withdrawn", consent.Revoked: "revoked", 99: "unknown",
	} {
		if d.String() != want {
			t.Errorf("%d is %q, want %q", int(d), d, want)
		}
	}
}
