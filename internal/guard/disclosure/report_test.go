package disclosure_test

import (
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/guardtest"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
)

// agreed is a person who has switched everything on.
type agreed struct{}

func (agreed) SwitchOn(context.Context, privacy.AppID, privacy.SubjectID, string) bool { return true }
func (agreed) Objected(context.Context, privacy.AppID, privacy.SubjectID, privacy.Purpose) bool {
	return false
}
func (agreed) Granted(context.Context, privacy.AppID, privacy.SubjectID, string) bool { return true }
func (agreed) StandingOf(context.Context, privacy.AppID, privacy.SubjectID) error     { return nil }

const (
	batch  = privacy.TaskID("fwd_1")
	client = "00112233445566778899aabbccddeeff"
	device = "dev_00000000000000000000000000"
)

func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

func allowed(t *testing.T, p *policy.Policy, r privacy.RecipientID, on terms.Platform) consent.Allowance {
	t.Helper()
	a, err := consent.CheckSwitch(t.Context(), agreed{}, p, consent.Wish{Subject: someone, Batch: batch, Recipient: r, Platform: on, Intake: "usage"})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// opened is a report that the policy lets Adjust have.
func opened(t *testing.T, p *policy.Policy) disclosure.Report {
	t.Helper()
	return disclosure.Report{Policy: p, Allowance: allowed(t, p, "adjust", terms.Android), Batch: batch, Client: client, Events: []disclosure.Event{
		{Name: "app_open", At: noon(), Params: map[string]any{"app_open_count": 7.0, "app_version": "2.4.0"}},
	}}
}

func TestAReportIsOnTheLedgerBeforeItCanLeave(t *testing.T) {
	t.Parallel()
	p, l, clk := policytest.Mixoo(t), newLedger(), clock.NewFake(noon())
	d, err := disclosure.PrepareReport(t.Context(), l, clk, opened(t, p))
	if err != nil {
		t.Fatal(err)
	}
	row, ok := l.rows[d.ID()]
	if !ok || row.App != "mixoo" || row.Subject != someone || row.Task != batch || row.Recipient != "adjust" || row.Purpose != "usage_analysis" ||
		row.PolicyHash != p.Hash() || !row.At.Equal(noon()) || row.Consent != "" || row.Feature != "" {
		t.Errorf("the row is %+v", row)
	}
	if !slices.Equal(row.Fields, []privacy.Field{"analytics_id", "app_open_count", "app_version"}) {
		t.Errorf("the row names %v", row.Fields)
	}
	if !slices.Equal(d.Fields(), []privacy.Field{"analytics_id", "events"}) || d.Transport("events") != "text" || d.Transport("analytics_id") != "text" {
		t.Errorf("the driver sees %v", d.Fields())
	}
	l.fail = errors.New("disk full")
	if d, err := disclosure.PrepareReport(t.Context(), l, clk, opened(t, p)); err == nil || d.Valid() {
		t.Error("without a ledger row there is a Disclosure")
	}
}

func TestAReportThatDoesNotFitIsRefusedWithItsRule(t *testing.T) {
	t.Parallel()
	p := policytest.Mixoo(t)
	message, err := consent.CheckMessage(t.Context(), agreed{}, p, consent.Wish{Subject: someone, Batch: batch, Recipient: "notification_gateway", Platform: terms.IOS})
	if err != nil {
		t.Fatal(err)
	}
	params := func(r *disclosure.Report, name string, v any) { r.Events[0].Params[name] = v }
	for name, tt := range map[string]struct {
		change func(*disclosure.Report)
		rule   string
	}{
		"no policy":                     {func(r *disclosure.Report) { r.Policy = nil }, "no-allowance"},
		"no allowance":                  {func(r *disclosure.Report) { r.Allowance = consent.Allowance{} }, "no-allowance"},
		"the allowance of a message":    {func(r *disclosure.Report) { r.Allowance = message }, "allowance-does-not-cover"},
		"another batch":                 {func(r *disclosure.Report) { r.Batch = "fwd_2" }, "allowance-does-not-cover"},
		"no batch":                      {func(r *disclosure.Report) { r.Batch = "" }, "allowance-does-not-cover"},
		"another app's policy":          {func(r *disclosure.Report) { r.Policy = policytest.PixPlus(t) }, "allowance-does-not-cover"},
		"nothing":                       {func(r *disclosure.Report) { r.Events = nil }, "events-count"},
		"too much":                      {func(r *disclosure.Report) { r.Events = slices.Repeat(r.Events, 26) }, "events-count"},
		"a name of ours for the person": {func(r *disclosure.Report) { r.Client = string(someone) }, "client"},
		"no name for the person":        {func(r *disclosure.Report) { r.Client = "" }, "client"},
		"an event of nobody":            {func(r *disclosure.Report) { r.Events[0].Name = "purchase" }, "unknown-event"},
		"an event without a field":      {func(r *disclosure.Report) { r.Events[0].Params = nil }, "empty-event"},
		"an event without a time":       {func(r *disclosure.Report) { r.Events[0].At = time.Time{} }, "empty-event"},
		"a field of another recipient":  {func(r *disclosure.Report) { params(r, "landing_page", "home") }, "field-not-in-policy"},
		"a field of another event":      {func(r *disclosure.Report) { params(r, "page_dwell_time", 3.0) }, "field-not-in-policy"},
		"a prompt":                      {func(r *disclosure.Report) { params(r, "prompt", "a fox") }, "field-not-in-policy"},
		"a prompt in a listed field":    {func(r *disclosure.Report) { params(r, "app_version", "draw a fox, please") }, "not-a-code"},
		"an address":                    {func(r *disclosure.Report) { params(r, "app_version", "anna@example.com") }, "not-a-code"},
		"an identifier of ours":         {func(r *disclosure.Report) { params(r, "app_version", string(someone)) }, "not-a-code"},
		"a name of a device":            {func(r *disclosure.Report) { params(r, "app_version", device) }, "not-a-code"},
		"a word in place of a number":   {func(r *disclosure.Report) { params(r, "app_open_count", "7") }, "not-a-code"},
		"a number in place of a word":   {func(r *disclosure.Report) { params(r, "app_version", 2.4) }, "not-a-code"},
		"no number":                     {func(r *disclosure.Report) { params(r, "app_open_count", math.NaN()) }, "not-a-code"},
		"a list":                        {func(r *disclosure.Report) { params(r, "app_version", []any{"a"}) }, "not-a-code"},
		"an object":                     {func(r *disclosure.Report) { params(r, "app_version", map[string]any{"a": 1}) }, "not-a-code"},
		"bytes": {func(r *disclosure.Report) {
			params(r, "app_version", []byte("\xff\xd8"))
		}, "not-a-code"},
		"a lease": {func(r *disclosure.Report) {
			params(r, "app_version", guardtest.Picture(vault.Ref{App: "mixoo"}, []byte("picture")))
		}, "not-a-code"},
		"personal text": {func(r *disclosure.Report) { params(r, "app_version", privacy.NewText("a fox")) }, "not-a-code"},
	} {
		r, l := opened(t, p), newLedger()
		tt.change(&r)
		d, err := disclosure.PrepareReport(t.Context(), l, clock.NewFake(noon()), r)
		var f *fault.Error
		if d.Valid() || !errors.As(err, &f) || f.Extra()["rule"] != tt.rule || len(l.rows) != 0 {
			t.Errorf("%s: %v, want %s; %d rows", name, err, tt.rule, len(l.rows))
		}
		if err != nil && (strings.Contains(err.Error(), "fox") || strings.Contains(err.Error(), "anna")) {
			t.Errorf("%s: the refusal repeats it", name)
		}
	}
}

func TestAReportHasNoPlaceForContent(t *testing.T) {
	t.Parallel()
	for _, sent := range []reflect.Type{reflect.TypeFor[disclosure.Report](), reflect.TypeFor[disclosure.Event](), reflect.TypeFor[disclosure.Message]()} {
		for i := range sent.NumField() {
			switch sent.Field(i).Type {
			case reflect.TypeFor[disclosure.Content](), reflect.TypeFor[disclosure.Item](), reflect.TypeFor[privacy.Text](), reflect.TypeFor[vault.Lease]():
				t.Errorf("%s.%s holds content", sent, sent.Field(i).Name)
			}
		}
	}
}

func TestAnAllowanceOpensNoFeature(t *testing.T) {
	t.Parallel()
	p := load(t, "pixplus")
	c := avatar(t, p)
	c.Permit = consent.Permit{}
	if d, err := disclosure.Prepare(t.Context(), newLedger(), clock.NewFake(noon()), c); err == nil || d.Valid() {
		t.Error("a photo leaves without a permit")
	}
}

func TestABatchThatWasNotTakenGoesOnUnderItsRowOnly(t *testing.T) {
	t.Parallel()
	p, l, clk := policytest.Mixoo(t), newLedger(), clock.NewFake(noon())
	first, err := disclosure.PrepareReport(t.Context(), l, clk, opened(t, p))
	if err != nil {
		t.Fatal(err)
	}
	clk.Advance(time.Hour)
	again, err := disclosure.ResumeReport(t.Context(), l, clk, first.ID(), opened(t, p))
	if err != nil || again.ID() != first.ID() || len(l.rows) != 1 {
		t.Fatalf("%v, %d rows", err, len(l.rows))
	}
	other := opened(t, p)
	delete(other.Events[0].Params, "app_version")
	if d, err := disclosure.ResumeReport(t.Context(), l, clk, first.ID(), other); d.Valid() || !errors.Is(err, disclosure.ErrRefused) {
		t.Errorf("other fields under the row: %v", err)
	}
	if d, err := disclosure.ResumeReport(t.Context(), l, clk, "trf_nobody", opened(t, p)); d.Valid() || err == nil {
		t.Error("a row that is not there")
	}
	off := opened(t, p)
	off.Allowance = consent.Allowance{}
	if d, err := disclosure.ResumeReport(t.Context(), l, clk, first.ID(), off); d.Valid() || err == nil {
		t.Error("a switch that is off meanwhile")
	}
}

// spoken is a message that the policy lets its gateway carry.
func spoken(t *testing.T, p *policy.Policy) disclosure.Message {
	t.Helper()
	a, err := consent.CheckMessage(t.Context(), agreed{}, p, consent.Wish{Subject: someone, Batch: batch, Recipient: "notification_gateway", Platform: terms.IOS})
	if err != nil {
		t.Fatal(err)
	}
	return disclosure.Message{Policy: p, Allowance: a, Batch: batch, Device: device, Says: disclosure.TaskDone, Language: "en"}
}

func TestAMessageIsASentenceForADevice(t *testing.T) {
	t.Parallel()
	p, l, clk := policytest.Mixoo(t), newLedger(), clock.NewFake(noon())
	d, err := disclosure.PrepareMessage(t.Context(), l, clk, spoken(t, p))
	if err != nil {
		t.Fatal(err)
	}
	if row := l.rows[d.ID()]; row.Recipient != "notification_gateway" || row.Purpose != "service_operation" || !slices.Equal(row.Fields, []privacy.Field{"address", "message"}) {
		t.Errorf("the row is %+v", row)
	}
	if again, err := disclosure.ResumeMessage(t.Context(), l, clk, d.ID(), spoken(t, p)); err != nil || again.ID() != d.ID() {
		t.Errorf("the second try: %v", err)
	}
	report := opened(t, p)
	for name, tt := range map[string]struct {
		change func(*disclosure.Message)
		rule   string
	}{
		"no policy":                 {func(m *disclosure.Message) { m.Policy = nil }, "no-allowance"},
		"no allowance":              {func(m *disclosure.Message) { m.Allowance = consent.Allowance{} }, "no-allowance"},
		"the allowance of a report": {func(m *disclosure.Message) { m.Allowance = report.Allowance }, "allowance-does-not-cover"},
		"another batch":             {func(m *disclosure.Message) { m.Batch = "fwd_2" }, "allowance-does-not-cover"},
		"no sentence":               {func(m *disclosure.Message) { m.Says = "" }, "no-sentence"},
		"a sentence of one's own":   {func(m *disclosure.Message) { m.Says = "Your fox is ready" }, "no-sentence"},
		"marketing":                 {func(m *disclosure.Message) { m.Says = "marketing" }, "no-sentence"},
		"an e-mail address":         {func(m *disclosure.Message) { m.Device = "anna@example.com" }, "not-a-device"},
		"the subject as an address": {func(m *disclosure.Message) { m.Device = string(someone) }, "not-a-device"},
	} {
		m, l := spoken(t, p), newLedger()
		tt.change(&m)
		d, err := disclosure.PrepareMessage(t.Context(), l, clk, m)
		var f *fault.Error
		if d.Valid() || !errors.As(err, &f) || f.Extra()["rule"] != tt.rule || len(l.rows) != 0 {
			t.Errorf("%s: %v, want %s", name, err, tt.rule)
		}
		if d, err := disclosure.ResumeMessage(t.Context(), l, clk, "trf_1", m); d.Valid() || err == nil {
			t.Errorf("%s: goes on", name)
		}
	}
	if _, ok := disclosure.SentenceOf("marketing"); ok {
		t.Error("there is a sentence for marketing")
	}
	if s, ok := disclosure.SentenceOf("policy_change"); !ok || s != disclosure.PolicyChanged {
		t.Errorf("%s", s)
	}
}

func TestAMessageOutsideOfThePolicysListIsRefused(t *testing.T) {
	t.Parallel()
	src := policytest.Mutate(t, policytest.Source(t, "mixoo"), "security_alert, task_status]", "security_alert]")
	p := policytest.Load(t, src)
	if d, err := disclosure.PrepareMessage(t.Context(), newLedger(), clock.NewFake(noon()), spoken(t, p)); d.Valid() || !errors.Is(err, disclosure.ErrRefused) {
		t.Errorf("a matter that is not listed: %v", err)
	}
	m := spoken(t, p)
	m.Says = disclosure.PolicyChanged
	if _, err := disclosure.PrepareMessage(t.Context(), newLedger(), clock.NewFake(noon()), m); err != nil {
		t.Errorf("news of the policy: %v", err)
	}
}
