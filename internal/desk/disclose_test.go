package desk

import (
	"archive/zip"
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/desk"
	"vow.example/vow/internal/task"
)

func demand(who Subject, categories ...privacy.Category) Ask {
	return Ask{
		Subject: who, Kind: facts.Disclosure, Ground: "legal_demand", Document: "Court-2026/17", Categories: categories,
		Words: Words{Receiver: privacy.NewText("Court of X")},
	}
}

// unzip returns the content of an archive by name.
func unzip(t *testing.T, a *Archive) map[string]string {
	t.Helper()
	var raw bytes.Buffer
	must(t, a.Write(&raw))
	z, err := zip.NewReader(bytes.NewReader(raw.Bytes()), int64(raw.Len()))
	must(t, err)
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		must(t, err)
		content, err := io.ReadAll(r)
		must(t, err)
		files[f.Name] = string(content)
	}
	return files
}

// agreed asks for a disclosure and lets others agree.
func (w *world) agreed(by facts.Staff, a Ask) facts.Order {
	w.t.Helper()
	o, err := w.Ask(w.t.Context(), by, a)
	must(w.t, err)
	for range o.Needed {
		o, err = w.Approve(w.t.Context(), w.staff(Officer), facts.Disclosure, o.ID)
		must(w.t, err)
	}
	return o
}

func TestADisclosureHandsOverItsScopeOnceAndThePersonSeesToWhom(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, by := w.person(app), w.staff(Officer)
	photo, result := w.put(who, "source_photo", "evidence"), w.put(who, "generated_image", "not in scope")
	other := w.put(w.person(app), "source_photo", "somebody else's")
	o := w.agreed(by, demand(who, "source_photo", "account"))
	_, err := w.Archive(t.Context(), w.staff(Officer), o.ID, "")
	is(t, err, "forbidden") // only who asked
	before := w.leaves()
	a, err := w.Archive(t.Context(), by, o.ID, "")
	must(t, err)
	ledger, err := w.DB.App(app).Transfers(t.Context(), who.ID, "", 10)
	if err != nil || len(ledger) != 1 || ledger[0].Recipient != "legal_demand" || ledger[0].Outcome != "sent" || ledger[0].Bytes != int64(len("evidence")) || !slices.Equal(ledger[0].Fields, []privacy.Field{"source_photo", "account"}) {
		t.Fatalf("the row must stand before the first byte: %+v, %v", ledger, err)
	}
	if w.leaves() != before+1 {
		t.Error("no leaf")
	}
	files := unzip(t, a)
	if files["source_photo/"+string(photo.Object)] != "evidence" || !strings.Contains(files["account/records.json"], "subjects") || len(files) != 2 {
		t.Errorf("%v (not %s, %s)", files, result.Object, other.Object)
	}
	_, err = w.Archive(t.Context(), by, o.ID, "")
	is(t, err, "conflict")
	mine, err := w.Orders(t.Context(), who, 10)
	must(t, err)
	words, err := w.WordsOf(t.Context(), mine[0])
	if err != nil || mine[0].State != facts.Done || words.Receiver.Reveal() != "Court of X" {
		t.Errorf("%+v, %q, %v", mine, words.Receiver.Reveal(), err)
	}
}

func TestADisclosureNeedsEveryAgreementAndHoldsOnlyWhatStillExists(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, by := w.person(app), w.staff(Officer)
	photo := w.put(who, "source_photo", "evidence")
	o, err := w.Ask(t.Context(), by, demand(who, "source_photo"))
	must(t, err)
	_, err = w.Archive(t.Context(), by, o.ID, "")
	is(t, err, "second-person-required")
	_, err = w.Approve(t.Context(), by, facts.Disclosure, o.ID)
	is(t, err, "same-person")
	_, err = w.Approve(t.Context(), w.staff(Officer), facts.Disclosure, o.ID)
	must(t, err)
	_, err = w.Archive(t.Context(), by, o.ID, "")
	is(t, err, "second-person-required")
	_, err = w.Approve(t.Context(), w.staff(Officer), facts.Disclosure, o.ID)
	must(t, err)
	w.clock.Advance(24 * time.Hour)
	a, err := w.Archive(t.Context(), by, o.ID, "")
	must(t, err)
	if files := unzip(t, a); len(files) != 0 {
		t.Errorf("expired %s came along: %v", photo.Object, files)
	}
	late := w.agreed(by, demand(who, "account"))
	w.clock.Advance(orderLasts)
	_, err = w.Archive(t.Context(), by, late.ID, "")
	is(t, err, "conflict")
}

func TestASealedThingIsDisclosedUnderAnOverrideOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, by := w.person(app), w.staff(Officer)
	photo := w.put(who, "source_photo", "evidence")
	w.inForce(order(who, photo.Object))
	w.clock.Advance(25 * time.Hour)
	w.sweep()
	o := w.agreed(by, demand(who, "source_photo"))
	a, err := w.Archive(t.Context(), by, o.ID, "")
	must(t, err)
	if files := unzip(t, a); len(files) != 0 {
		t.Errorf("sealed, and handed over: %v", files)
	}
	opened := w.inForce(Ask{Subject: who, Kind: facts.Override, Ground: "legal_claims", Document: "Claim-3"})
	o = w.agreed(by, demand(who, "source_photo"))
	a, err = w.Archive(t.Context(), by, o.ID, opened.ID)
	must(t, err)
	if files := unzip(t, a); files["source_photo/"+string(photo.Object)] != "evidence" {
		t.Errorf("%v", files)
	}
}

func TestADisclosureStandsOnAGroundOfThePolicyWithAllItNeeds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, by := w.person(app), w.staff(Officer)
	me := task.Who{Policy: w.pol, Subject: who.ID}
	_, hash := TransferText(w.pol, "en")
	abroad, err := w.ConsentToTransfer(t.Context(), me, privacy.NewText("Ann Other"), hash, "en")
	must(t, err)
	to := privacy.NewText("somebody")
	given, err := w.ConsentToDisclosure(t.Context(), me, to, []privacy.Category{"account"})
	must(t, err)
	elsewhere, err := w.ConsentToDisclosure(t.Context(), me, privacy.NewText("somebody else"), []privacy.Category{"account"})
	must(t, err)
	_, err = w.ConsentToDisclosure(t.Context(), me, to, nil)
	is(t, err, "validation")
	_, err = w.ConsentToDisclosure(t.Context(), me, to, []privacy.Category{"hardware_ids"})
	is(t, err, "validation")
	for name, c := range map[string]struct {
		ask  Ask
		code string
	}{
		"any other ground":       {Ask{Ground: "other", Categories: []privacy.Category{"account"}}, "ground-required"},
		"no ground":              {Ask{Categories: []privacy.Category{"account"}}, "ground-required"},
		"no document":            {Ask{Ground: "legal_demand", Categories: []privacy.Category{"account"}}, "ground-required"},
		"no rule":                {Ask{Ground: "violation", Categories: []privacy.Category{"account"}}, "ground-required"},
		"no consent":             {Ask{Ground: "agreed", Categories: []privacy.Category{"account"}}, "consent-required"},
		"somebody's consent":     {Ask{Ground: "agreed", Consent: "con_x", Categories: []privacy.Category{"account"}}, "consent-required"},
		"a consent to transfer":  {Ask{Ground: "agreed", Consent: abroad.ID, Categories: []privacy.Category{"account"}}, "consent-required"},
		"to another receiver":    {Ask{Ground: "agreed", Consent: elsewhere.ID, Categories: []privacy.Category{"account"}}, "consent-required"},
		"of more than agreed":    {Ask{Ground: "agreed", Consent: given.ID, Categories: []privacy.Category{"account", "task_metadata"}}, "consent-required"},
		"no request":             {Ask{Ground: "respondent", Categories: []privacy.Category{"account"}, Words: Words{Performance: to}}, "conflict"},
		"no performance":         {Ask{Ground: "respondent", Categories: []privacy.Category{"account"}, Words: Words{Request: to}}, "conflict"},
		"outside the ground":     {Ask{Ground: "violation", Categories: []privacy.Category{"account", "task_metadata"}, Words: Words{Rule: to}}, "purpose-not-allowed"},
		"undeclared data":        {Ask{Ground: "legal_demand", Document: "d", Categories: []privacy.Category{"hardware_ids"}}, "purpose-not-allowed"},
		"no data":                {Ask{Ground: "legal_demand", Document: "d"}, "validation"},
		"shared with nobody":     {Ask{Ground: "danger", Categories: []privacy.Category{"source_photo"}, Words: Words{Reason: to}}, "recipient-not-allowed"},
		"never abroad":           {Ask{Ground: "agreed", Consent: given.ID, Abroad: true, Categories: []privacy.Category{"account"}}, "region-not-allowed"},
		"a consent and its data": {Ask{Ground: "agreed", Consent: given.ID, Categories: []privacy.Category{"account"}}, ""},
		"a rule and its data":    {Ask{Ground: "violation", Categories: []privacy.Category{"account"}, Words: Words{Rule: to}}, ""},
		"a request with its act": {Ask{Ground: "respondent", Categories: []privacy.Category{"account"}, Words: Words{Request: to, Performance: to}}, ""},
		"faces by law":           {Ask{Ground: "legal_demand", Document: "d", Categories: []privacy.Category{"face_landmarks"}}, ""},
	} {
		c.ask.Subject, c.ask.Kind, c.ask.Words.Receiver = who, facts.Disclosure, to
		_, err := w.Ask(t.Context(), by, c.ask)
		if c.code == "" && err != nil || c.code != "" && (err == nil || fault.CodeOf(err) != c.code) {
			t.Errorf("%s: %v, want %q", name, err, c.code)
		}
	}
	nobody := demand(who, "account")
	nobody.Words.Receiver = privacy.Text{}
	_, err = w.Ask(t.Context(), by, nobody)
	is(t, err, "validation")
	_, err = w.Ask(t.Context(), w.staff(Support), demand(who, "account"))
	is(t, err, "forbidden")
}

func TestDataCrossesTheBorderWithLawAndWrittenConsentTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, by := w.person(app), w.staff(Officer)
	me := task.Who{Policy: w.pol, Subject: who.ID}
	abroad := demand(who, "account")
	abroad.Abroad = true
	_, err := w.Ask(t.Context(), by, abroad) // the law alone
	is(t, err, "region-not-allowed")
	_, hash := TransferText(w.pol, "en")
	_, err = w.ConsentToTransfer(t.Context(), me, privacy.NewText("  "), hash, "en")
	is(t, err, "validation")
	_, err = w.ConsentToTransfer(t.Context(), me, privacy.NewText("Ann"), "sha256:other", "en")
	is(t, err, "consent-stale")
	given, err := w.ConsentToTransfer(t.Context(), me, privacy.NewText("Ann Other"), hash, "en")
	must(t, err)
	alone := Ask{Subject: who, Kind: facts.Disclosure, Ground: "violation", Abroad: true, Categories: []privacy.Category{"account"}, Words: Words{Receiver: privacy.NewText("x"), Rule: privacy.NewText("x")}}
	if _, err := w.Ask(t.Context(), by, alone); err != nil {
		t.Errorf("this policy lets a written consent alone suffice where the ground asks for no more: %v", err)
	}
	o := w.agreed(by, abroad)
	withdraw := func(tx *store.Tx) error {
		return tx.ChangeConsent(t.Context(), app, who.ID, given.ID, consent.Withdrawn, w.clock.Now())
	}
	first := w.agreed(by, abroad)
	if _, err := w.Archive(t.Context(), by, first.ID, ""); err != nil {
		t.Errorf("both on file: %v", err)
	}
	ledger, err := w.DB.App(app).Transfers(t.Context(), who.ID, "", 1)
	if err != nil || ledger[0].Consent != given.ID || ledger[0].Recipient != "legal_demand" {
		t.Errorf("the ledger names both: %+v, %v", ledger, err)
	}
	must(t, w.DB.Write(t.Context(), withdraw))
	_, err = w.Archive(t.Context(), by, o.ID, "")
	is(t, err, "region-not-allowed")
}

func TestAConsentThatIsTakenBackStopsTheHandOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, by, to := w.person(app), w.staff(Officer), privacy.NewText("an integration")
	given, err := w.ConsentToDisclosure(t.Context(), task.Who{Policy: w.pol, Subject: who.ID}, to, []privacy.Category{"account"})
	must(t, err)
	a := Ask{Subject: who, Kind: facts.Disclosure, Ground: "agreed", Consent: given.ID, Categories: []privacy.Category{"account"}, Words: Words{Receiver: to}}
	first, second := w.agreed(by, a), w.agreed(by, a)
	if _, err := w.Archive(t.Context(), by, first.ID, ""); err != nil {
		t.Errorf("with consent: %v", err)
	}
	must(t, w.DB.Write(t.Context(), func(tx *store.Tx) error {
		return tx.ChangeConsent(t.Context(), app, who.ID, given.ID, consent.Withdrawn, w.clock.Now())
	}))
	_, err = w.Archive(t.Context(), by, second.ID, "")
	is(t, err, "consent-required")
}

func TestStaffAbroadReadOnlyOfWhoConsentedInWriting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, other := w.person(app), w.person(app)
	cn, _, err := Hire(t.Context(), w.DB, w.clock, w.Digest, Position{Role: Officer, Region: "CN"})
	must(t, err)
	_, err = w.OpenCase(t.Context(), cn, who, "legal", "r")
	is(t, err, "region-not-allowed")
	_, hash := TransferText(w.pol, "zh-Hans")
	given, err := w.ConsentToTransfer(t.Context(), task.Who{Policy: w.pol, Subject: who.ID}, privacy.NewText("安"), hash, "zh-Hans")
	must(t, err)
	if _, err := w.OpenCase(t.Context(), cn, who, "legal", "r"); err != nil {
		t.Errorf("with consent: %v", err)
	}
	_, err = w.OpenCase(t.Context(), cn, other, "legal", "r")
	is(t, err, "region-not-allowed")
	must(t, w.DB.Write(t.Context(), func(tx *store.Tx) error {
		return tx.ChangeConsent(t.Context(), app, who.ID, given.ID, consent.Withdrawn, w.clock.Now())
	}))
	_, err = w.OpenCase(t.Context(), cn, who, "legal", "r")
	is(t, err, "region-not-allowed")
}

func TestARestrictedPersonsDataIsHandedOverByLawOrUnderAnOverride(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, by := w.person(app), w.staff(Officer)
	must(t, w.Restrict(t.Context(), by, who, "accuracy_contested"))
	rule := Ask{Subject: who, Kind: facts.Disclosure, Ground: "violation", Categories: []privacy.Category{"account"}, Words: Words{Receiver: privacy.NewText("x"), Rule: privacy.NewText("x")}}
	o := w.agreed(by, rule)
	_, err := w.Archive(t.Context(), by, o.ID, "")
	is(t, err, "processing-restricted")
	opened := w.inForce(Ask{Subject: who, Kind: facts.Override, Ground: "legal_claims", Document: "Claim-3"})
	if _, err := w.Archive(t.Context(), by, o.ID, opened.ID); err != nil {
		t.Errorf("under an override: %v", err)
	}
	law := w.agreed(by, demand(who, "account"))
	if _, err := w.Archive(t.Context(), by, law.ID, ""); err != nil {
		t.Errorf("by law: %v", err)
	}
}

func TestAnExemptionOpensWhatThePurposesDoNotAndOnlyOnceAgreed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, by := w.person(app), w.staff(Officer)
	photo := w.put(who, "source_photo", "where is she")
	c := w.openCase(by, who, "legal")
	in := Read{Case: c.ID, Object: photo.Object, Purpose: "support", Reason: "r"}
	_, err := w.read(by, in)
	is(t, err, "purpose-not-allowed")
	_, err = w.Ask(t.Context(), by, Ask{Subject: who, Kind: facts.Exemption, Ground: "vital_interests"})
	is(t, err, "ground-required") // a reason
	_, err = w.Ask(t.Context(), by, Ask{Subject: who, Kind: facts.Exemption, Ground: "research", Words: Words{Reason: privacy.NewText("x")}})
	is(t, err, "ground-required")
	o, err := w.Ask(t.Context(), by, Ask{Subject: who, Kind: facts.Exemption, Ground: "vital_interests", Words: Words{Reason: privacy.NewText("she is missing")}})
	must(t, err)
	in.Exemption = o.ID
	_, err = w.read(by, in)
	is(t, err, "second-person-required")
	_, err = w.Approve(t.Context(), w.staff(Officer), facts.Exemption, o.ID)
	must(t, err)
	if got, err := w.read(by, in); err != nil || got != "where is she" {
		t.Errorf("%q, %v", got, err)
	}
	w.clock.Advance(orderLasts)
	c = w.openCase(by, who, "legal")
	fresh := w.put(who, "source_photo", "again")
	_, err = w.read(by, Read{Case: c.ID, Object: fresh.Object, Purpose: "support", Reason: "r", Exemption: o.ID})
	is(t, err, "processing-restricted") // its time is over
}
