package disclosure_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"vow.example/vow/apps"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/guardtest"
	"vow.example/vow/internal/guard/internal/seal"
	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
)

const (
	someone = privacy.SubjectID("sub_0000000000000000000000000a")
	task    = privacy.TaskID("tsk_0000000000000000000000000a")
	record  = privacy.ConsentID("con_0000000000000000000000000a")
)

// ledger keeps rows in memory and can fail.
type ledger struct {
	rows map[privacy.TransferID]disclosure.Entry
	fail error
}

func newLedger() *ledger { return &ledger{rows: map[privacy.TransferID]disclosure.Entry{}} }

func (l *ledger) Prepare(_ context.Context, e disclosure.Entry) error {
	if l.fail != nil {
		return l.fail
	}
	l.rows[e.ID] = e
	return nil
}

func (l *ledger) Entry(_ context.Context, id privacy.TransferID) (disclosure.Entry, error) {
	e, ok := l.rows[id]
	if !ok {
		return disclosure.Entry{}, errors.New("no row")
	}
	return e, l.fail
}

func load(t *testing.T, app string) *policy.Policy {
	t.Helper()
	src, err := apps.FS.ReadFile(app + "/policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Load(app+"/policy.yaml", src)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func feature(t *testing.T, p *policy.Policy, id privacy.FeatureID) policy.Feature {
	t.Helper()
	f, ok := p.Feature(id)
	if !ok {
		t.Fatalf("no feature %s", id)
	}
	return f
}

// photo is a lease on a small picture of someone, changed by the edits.
func photo(edits ...func(*vault.Ref)) disclosure.Item {
	ref := vault.Ref{App: "pixplus", Subject: someone, Category: "source_photo", MediaType: "image/png"}
	for _, edit := range edits {
		edit(&ref)
	}
	return disclosure.Media(guardtest.Picture(ref, []byte("picture")))
}

func avatar(t *testing.T, p *policy.Policy) disclosure.Case {
	f := feature(t, p, "avatar")
	return disclosure.Case{
		Policy: p, Task: task,
		Permit: guardtest.Permit(p, someone, task, f, record), Clearance: guardtest.Clearance(p, task, f),
		Content: disclosure.Content{
			"photo": photo(), "prompt": disclosure.Text(privacy.NewText("a fox")), "style": disclosure.Code("pencil"),
		},
	}
}

func TestPrepareWritesTheLedgerBeforeAnythingCanLeave(t *testing.T) {
	t.Parallel()
	p, l, clk := load(t, "pixplus"), newLedger(), clock.NewFake(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC))
	d, err := disclosure.Prepare(t.Context(), l, clk, avatar(t, p))
	if err != nil {
		t.Fatal(err)
	}
	row, ok := l.rows[d.ID()]
	if !ok {
		t.Fatal("there is a Disclosure and no row")
	}
	if row.App != "pixplus" || row.Subject != someone || row.Task != task || row.Consent != record ||
		row.Feature != "avatar" || row.Recipient != "runninghub" || row.Purpose != "requested_feature" ||
		row.PolicyHash != p.Hash() || !row.At.Equal(clk.Now()) || !privacy.HasPrefix(string(row.ID), privacy.PrefixTransfer) {
		t.Errorf("the row is %+v", row)
	}
	if !slices.Equal(row.Fields, []privacy.Field{"photo", "prompt", "style"}) {
		t.Errorf("the row names %v", row.Fields)
	}
	if !d.Valid() || d.Recipient() != "runninghub" || d.App() != "pixplus" || d.Feature() != "avatar" || !d.Has("photo") || d.Has("email") {
		t.Error("the Disclosure does not say what was prepared")
	}
	if d.Transport("photo") != "bytes" || d.Transport("prompt") != "text" || d.Transport("style") != "text" || d.Subject() != someone || d.Task() != task {
		t.Error("the Disclosure does not say whose it is, or how it travels")
	}
	if d.Code("style") != "pencil" || d.Code("prompt") != "" || d.MediaType("photo") != "image/png" || d.Bytes("photo") != 7 || len(d.Spent()) != 0 {
		t.Error("the accessors are wrong")
	}
}

func TestNoLedgerRowMeansNoDisclosure(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.fail = errors.New("disk full")
	d, err := disclosure.Prepare(t.Context(), l, clock.Real{}, avatar(t, load(t, "pixplus")))
	if !errors.Is(err, l.fail) || d.Valid() {
		t.Errorf("got %v, valid %v", err, d.Valid())
	}
}

func TestOptionalFieldsMayBeLeftOut(t *testing.T) {
	t.Parallel()
	c := avatar(t, load(t, "pixplus"))
	c.Content = disclosure.Content{"photo": photo()}
	d, err := disclosure.Prepare(t.Context(), newLedger(), clock.Real{}, c)
	if err != nil || d.Has("prompt") {
		t.Errorf("got %v", err)
	}
}

func TestPrepareRefuses(t *testing.T) {
	t.Parallel()
	p, other := load(t, "pixplus"), load(t, "aifitting")
	local := feature(t, other, "avatar")
	cases := map[string]struct {
		rule string
		edit func(c *disclosure.Case)
	}{
		"without a policy":                 {"no-permit", func(c *disclosure.Case) { c.Policy = nil }},
		"the zero Permit":                  {"no-permit", func(c *disclosure.Case) { c.Permit = consent.Permit{} }},
		"the zero Clearance":               {"no-clearance", func(c *disclosure.Case) { c.Clearance = review.Clearance{} }},
		"no task":                          {"permit-does-not-cover", func(c *disclosure.Case) { c.Task = "" }},
		"a Permit for another task":        {"permit-does-not-cover", func(c *disclosure.Case) { c.Task = "tsk_other" }},
		"a Permit under another policy":    {"not-routed-outside", func(c *disclosure.Case) { c.Policy = other }},
		"a Clearance for another task":     {"clearance-does-not-cover", func(c *disclosure.Case) { c.Clearance = guardtest.Clearance(p, "tsk_other", feature(t, p, "avatar")) }},
		"a Clearance for another feature":  {"clearance-does-not-cover", func(c *disclosure.Case) { c.Clearance = guardtest.Clearance(p, task, feature(t, p, "visual_effect")) }},
		"a Clearance under another policy": {"clearance-does-not-cover", func(c *disclosure.Case) { c.Clearance = guardtest.Clearance(other, task, local) }},
		"a feature that is not offered yet": {"unknown-feature", func(c *disclosure.Case) {
			c.Permit = guardtest.Permit(p, someone, task, feature(t, p, "talking_photo"), record)
		}},
		"a feature that runs on our own server": {"not-routed-outside", func(c *disclosure.Case) {
			c.Policy, c.Permit, c.Clearance = other, guardtest.Permit(other, someone, task, local, record), guardtest.Clearance(other, task, local)
		}},
		"no content":                       {"no-content", func(c *disclosure.Case) { c.Content = nil }},
		"a missing required field":         {"missing-field", func(c *disclosure.Case) { delete(c.Content, "photo") }},
		"a field the policy does not list": {"field-not-in-policy", func(c *disclosure.Case) { c.Content["email"] = disclosure.Text(privacy.NewText("a@b.example")) }},
		"the zero Item":                    {"no-item", func(c *disclosure.Case) { c.Content["photo"] = disclosure.Item{} }},
		"the zero Lease":                   {"no-lease", func(c *disclosure.Case) { c.Content["photo"] = disclosure.Media(vault.Lease{}) }},
		"an empty picture":                 {"no-lease", func(c *disclosure.Case) { c.Content["photo"] = disclosure.Media(guardtest.Picture(vault.Ref{}, nil)) }},
		"a text in place of the photo":     {"wrong-transport", func(c *disclosure.Case) { c.Content["photo"] = disclosure.Text(privacy.NewText("x")) }},
		"a photo in place of the prompt":   {"wrong-transport", func(c *disclosure.Case) { c.Content["prompt"] = photo() }},
		"a text in place of a choice":      {"wrong-transport", func(c *disclosure.Case) { c.Content["style"] = disclosure.Text(privacy.NewText("pencil")) }},
		"an option in place of the prompt": {"wrong-transport", func(c *disclosure.Case) { c.Content["prompt"] = disclosure.Code("pencil") }},
		"an option nobody offered":         {"unknown-choice", func(c *disclosure.Case) { c.Content["style"] = disclosure.Code("my name is") }},
		"an empty prompt":                  {"empty-text", func(c *disclosure.Case) { c.Content["prompt"] = disclosure.Text(privacy.Text{}) }},
		"a prompt beyond its bound": {"text-too-long", func(c *disclosure.Case) {
			c.Content["prompt"] = disclosure.Text(privacy.NewText(string(make([]byte, 1300))))
		}},
		"another person's photo": {"other-subject", func(c *disclosure.Case) { c.Content["photo"] = photo(func(r *vault.Ref) { r.Subject = "sub_other" }) }},
		"another app's photo":    {"other-subject", func(c *disclosure.Case) { c.Content["photo"] = photo(func(r *vault.Ref) { r.App = "aifitting" }) }},
		"an object of another category": {"other-category", func(c *disclosure.Case) {
			c.Content["photo"] = photo(func(r *vault.Ref) { r.Category = "generated_image" })
		}},
		"a media type the input does not take": {"media-type", func(c *disclosure.Case) { c.Content["photo"] = photo(func(r *vault.Ref) { r.MediaType = "video/mp4" }) }},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, l := avatar(t, p), newLedger()
			tc.edit(&c)
			d, err := disclosure.Prepare(t.Context(), l, clock.Real{}, c)
			var f *fault.Error
			if !errors.Is(err, disclosure.ErrRefused) || !errors.As(err, &f) || f.Extra()["rule"] != tc.rule {
				t.Errorf("got %v, want the rule %s", err, tc.rule)
			}
			if d.Valid() || len(l.rows) != 0 {
				t.Error("something was prepared all the same")
			}
		})
	}
}

func TestALeaseForAnotherPurposeOrBeyondItsBoundDoesNotLeave(t *testing.T) {
	t.Parallel()
	ref := vault.Ref{App: "pixplus", Subject: someone, Category: "source_photo", MediaType: "image/png", Bytes: 7}
	open := func() (io.ReadCloser, error) { return nil, errors.New("must not be opened") }
	large := ref
	large.Bytes = 20_000_001
	for name, lease := range map[string]vault.Lease{
		"lent for review":  vault.Mint(seal.New(), ref, vault.ForReview, open),
		"beyond its bound": vault.Mint(seal.New(), large, vault.ForDisclosure, open),
	} {
		c, l := avatar(t, load(t, "pixplus")), newLedger()
		c.Content["photo"] = disclosure.Media(lease)
		if _, err := disclosure.Prepare(t.Context(), l, clock.Real{}, c); !errors.Is(err, disclosure.ErrRefused) || len(l.rows) != 0 {
			t.Errorf("a photo %s: %v", name, err)
		}
	}
}

func TestResumeServesTheSameRowAndNothingTwice(t *testing.T) {
	t.Parallel()
	p, l := load(t, "pixplus"), newLedger()
	first, err := disclosure.Prepare(t.Context(), l, clock.Real{}, avatar(t, p))
	if err != nil {
		t.Fatal(err)
	}
	again, err := disclosure.Resume(t.Context(), l, clock.Real{}, first.ID(), avatar(t, p), []privacy.Field{"photo"})
	if err != nil {
		t.Fatal(err)
	}
	if again.SentBytes() != again.Bytes("photo") {
		t.Errorf("%d bytes count as sent", again.SentBytes())
	}
	if again.ID() != first.ID() || len(l.rows) != 1 || !slices.Equal(again.Spent(), []privacy.Field{"photo"}) {
		t.Errorf("resumed as %s with %v spent, %d rows", again.ID(), again.Spent(), len(l.rows))
	}
}

func TestResumeRefusesARowThatSaysSomethingElse(t *testing.T) {
	t.Parallel()
	p, l := load(t, "pixplus"), newLedger()
	first, err := disclosure.Prepare(t.Context(), l, clock.Real{}, avatar(t, p))
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]func(c *disclosure.Case){
		"a field more or less": func(c *disclosure.Case) { delete(c.Content, "prompt") },
		"another consent": func(c *disclosure.Case) {
			c.Permit = guardtest.Permit(p, someone, task, feature(t, p, "avatar"), "con_other")
		},
		"a consent withdrawn":   func(c *disclosure.Case) { c.Permit = consent.Permit{} },
		"a field not permitted": func(c *disclosure.Case) { c.Content["email"] = disclosure.Code("x") },
	}
	for name, edit := range cases {
		c := avatar(t, p)
		edit(&c)
		if d, err := disclosure.Resume(t.Context(), l, clock.Real{}, first.ID(), c, nil); !errors.Is(err, disclosure.ErrRefused) || d.Valid() {
			t.Errorf("%s: %v", name, err)
		}
	}
	if d, err := disclosure.Resume(t.Context(), l, clock.Real{}, "trf_unknown", avatar(t, p), nil); err == nil || d.Valid() {
		t.Error("a row that does not exist was resumed")
	}
}
