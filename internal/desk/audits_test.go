package desk

import (
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
	facts "vow.example/vow/internal/store/desk"
)

const day = 24 * time.Hour

// auditing is the sample with a promise of audits every ninety days.
func auditing(t *testing.T) *world {
	t.Helper()
	const notices = "notices: {lead: immediate, channels: [in_app]}\n"
	w, src := newWorld(t), policytest.Minimal()
	policies := book.Fixed{
		app:     policytest.Load(t, policytest.Mutate(t, src, notices, notices+"audits: {every: P90D, scope: [access, dependencies], chosen_by: operator}\n")),
		"other": policytest.Load(t, policytest.Mutate(t, src, "id: sample,", "id: other,")),
	}
	w.Policies, w.Eraser.Policies = policies, policies
	return w
}

// states says each part in a word: never, late or ok.
func states(list []SecurityPart) string {
	var out []string
	for _, p := range list {
		switch {
		case p.Last.At.IsZero() && p.Late && p.Due.IsZero():
			out = append(out, p.Part+" never")
		case p.Late:
			out = append(out, p.Part+" late")
		default:
			out = append(out, p.Part+" ok")
		}
	}
	return strings.Join(out, ", ")
}

func (w *world) audits() string {
	w.t.Helper()
	list, err := w.SecurityAudits(w.t.Context(), w.staff(Auditor), app)
	must(w.t, err)
	same, err := w.DueAudits(w.t.Context(), app)
	must(w.t, err)
	if states(list) != states(same) {
		w.t.Errorf("staff see %s, and the server %s", states(list), states(same))
	}
	return states(list)
}

func TestAnAuditIsLateWhenItsIntervalIsOverAndNotBefore(t *testing.T) {
	t.Parallel()
	w := auditing(t)
	if got := w.audits(); got != "access never, dependencies never" {
		t.Fatalf("before any audit: %s", got)
	}
	record := func(at time.Time, parts ...string) {
		t.Helper()
		_, err := w.RecordAudit(t.Context(), w.staff(Owner), app, Audited{Parts: parts, At: at, Report: strings.Repeat("0a", 32)})
		must(t, err)
	}
	record(time.Time{}, "access")
	if got := w.audits(); got != "access ok, dependencies never" {
		t.Errorf("one part of two: %s", got)
	}
	w.clock.Advance(10 * day)
	record(w.clock.Now().Add(-5*day), "dependencies")
	for step, want := range []string{"access ok, dependencies ok", "access late, dependencies ok", "access late, dependencies late"} {
		if got := w.audits(); got != want {
			t.Errorf("%d: %s, want %s", step, got, want)
		}
		w.clock.Advance([]time.Duration{80 * day, 5 * day, 0}[step])
	}
	record(w.clock.Now().Add(-100*day), "access") // what came before the last one brings the next no later
	if got := w.audits(); got != "access late, dependencies late" {
		t.Errorf("after an older one: %s", got)
	}
	record(w.clock.Now(), "access", "dependencies")
	if got := w.audits(); got != "access ok, dependencies ok" {
		t.Errorf("after both: %s", got)
	}
}

func TestTheLastMomentOfTheIntervalIsNotLate(t *testing.T) {
	t.Parallel()
	w := auditing(t)
	done := w.clock.Now()
	_, err := w.RecordAudit(t.Context(), w.staff(Officer), app, Audited{Parts: []string{"access", "dependencies"}, Report: strings.Repeat("0a", 32)})
	must(t, err)
	w.clock.Advance(90*day - time.Second)
	if got := w.audits(); got != "access ok, dependencies ok" {
		t.Error(got)
	}
	w.clock.Advance(time.Second)
	list, err := w.DueAudits(t.Context(), app)
	must(t, err)
	if !list[0].Late || !list[0].Due.Equal(done.AddDate(0, 0, 90)) {
		t.Errorf("%+v", list[0])
	}
}

func TestARecordOfAnAuditIsOneLeafAndNamesWhoAndWhichReport(t *testing.T) {
	t.Parallel()
	w := auditing(t)
	by, report, before := w.staff(Auditor), strings.Repeat("c4", 32), w.leaves()
	list, err := w.RecordAudit(t.Context(), by, app, Audited{Parts: []string{"access", "dependencies"}, Report: report})
	must(t, err)
	if last := list[0].Last; last.Staff != by.ID || last.Report != report || last.App != app || !last.NotedAt.Equal(w.clock.Now()) {
		t.Errorf("%+v", last)
	}
	if n := w.leaves() - before; n != 1 {
		t.Errorf("%d leaves", n)
	}
	var payload string
	must(t, w.DB.Everywhere().QueryRowContext(t.Context(), `SELECT payload FROM audit_leaves ORDER BY leaf DESC LIMIT 1`).Scan(&payload))
	for _, word := range []string{`"kind":"security_audited"`, string(by.ID), "access/dependencies", report} {
		if !strings.Contains(payload, word) {
			t.Errorf("the leaf does not say %s: %s", word, payload)
		}
	}
}

func TestWhatIsNoAuditOfThePolicyIsNotRecorded(t *testing.T) {
	t.Parallel()
	w := auditing(t)
	auditor, report := w.staff(Auditor), strings.Repeat("c4", 32)
	far := auditor
	far.App = "other"
	before := w.leaves()
	for name, tc := range map[string]struct {
		by   facts.Staff
		app  privacy.AppID
		what Audited
		code string
	}{
		"a part that the policy does not have": {auditor, app, Audited{Parts: []string{"access", "vulnerabilities"}, Report: report}, "validation"},
		"no part":                              {auditor, app, Audited{Report: report}, "validation"},
		"a part twice":                         {auditor, app, Audited{Parts: []string{"access", "access"}, Report: report}, "validation"},
		"an audit to come":                     {auditor, app, Audited{Parts: []string{"access"}, At: w.clock.Now().Add(time.Second), Report: report}, "validation"},
		"no report":                            {auditor, app, Audited{Parts: []string{"access"}}, "validation"},
		"half a digest":                        {auditor, app, Audited{Parts: []string{"access"}, Report: report[:32]}, "validation"},
		"a digest in capitals":                 {auditor, app, Audited{Parts: []string{"access"}, Report: strings.ToUpper(report)}, "validation"},
		"words instead of a digest":            {auditor, app, Audited{Parts: []string{"access"}, Report: strings.Repeat("zz", 32)}, "validation"},
		"an app that promises no audits":       {auditor, "other", Audited{Parts: []string{"access"}, Report: report}, "validation"},
		"staff of another app":                 {far, app, Audited{Parts: []string{"access"}, Report: report}, "not-found"},
		"an app that is not there":             {auditor, "nowhere", Audited{Parts: []string{"access"}, Report: report}, "not-found"},
		"support":                              {w.staff(Support), app, Audited{Parts: []string{"access"}, Report: report}, "forbidden"},
		"a moderator":                          {w.staff(Moderator), app, Audited{Parts: []string{"access"}, Report: report}, "forbidden"},
		"a developer":                          {w.staff(Developer), app, Audited{Parts: []string{"access"}, Report: report}, "forbidden"},
		"the operator's own server":            {w.staff(Backend), app, Audited{Parts: []string{"access"}, Report: report}, "forbidden"},
	} {
		_, err := w.RecordAudit(t.Context(), tc.by, tc.app, tc.what)
		t.Log(name)
		is(t, err, tc.code)
	}
	for _, role := range []string{Support, Moderator, Developer, Backend} {
		_, err := w.SecurityAudits(t.Context(), w.staff(role), app)
		is(t, err, "forbidden")
	}
	if got := w.audits(); got != "access never, dependencies never" || w.leaves() != before {
		t.Errorf("%s, %d leaves", got, w.leaves()-before)
	}
}

func TestTheSameAuditIsRecordedOnce(t *testing.T) {
	t.Parallel()
	w := auditing(t)
	by, at := w.staff(Auditor), w.clock.Now()
	first := Audited{Parts: []string{"dependencies"}, At: at, Report: strings.Repeat("01", 32)}
	_, err := w.RecordAudit(t.Context(), by, app, first)
	must(t, err)
	before := w.leaves()
	_, err = w.RecordAudit(t.Context(), by, app, Audited{Parts: []string{"access", "dependencies"}, At: at, Report: strings.Repeat("02", 32)})
	is(t, err, "conflict")
	list, err := w.SecurityAudits(t.Context(), by, app)
	must(t, err)
	if states(list) != "access never, dependencies ok" || list[1].Last.Report != first.Report || w.leaves() != before {
		t.Errorf("%s: a record was changed, or half of one was written", states(list))
	}
}
