package desk

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/desk"
)

// The source of complaints of the sample: one that is handed on, and one that is not.
const (
	passing = `collection:
  - {id: ip, kind: complaint, category: complaint, passed_on: ip_complaint, purpose: support, fields: [{id: text, kind: text, max: 500}]}
  - {id: noise, kind: complaint, category: complaint, purpose: support, fields: [{id: text, kind: text, max: 500}]}
  - {id: help, kind: support, category: support_message, purpose: support, fields: [{id: text, kind: text, max: 500}]}
`
	asked = "  - {id: ip_complaint, text: {en: a complaint to whom it is about}, categories: [complaint], needs: [request], approvals: 1}\n"
)

// complaining is the sample with complaints. Each change replaces a piece of it.
func complaining(t *testing.T, changes ...string) *policy.Policy {
	t.Helper()
	src := sampleSource(t)
	for _, change := range [][2]string{
		{"  - {id: agreed, text", asked + "  - {id: agreed, text"},
		{"exemptions:\n", passing + "exemptions:\n"},
		{"  - {id: audit_entry, name", "  - {id: complaint, name: {en: Complaints}, storage: disk, purposes: [support], origin: subject}\n  - {id: support_message, name: {en: Messages}, storage: disk, purposes: [support], origin: subject}\n  - {id: audit_entry, name"},
		{"  - {category: audit_entry,", "  - {category: complaint, starts: item_written, limit: P30D, end: destroy, chosen_by: operator}\n  - {category: support_message, starts: item_written, limit: P30D, end: destroy, chosen_by: operator}\n  - {category: audit_entry,"},
	} {
		src = policytest.Mutate(t, src, change[0], change[1])
	}
	for pair := range slices.Chunk(changes, 2) {
		src = policytest.Mutate(t, src, pair[0], pair[1])
	}
	return policytest.Load(t, src)
}

// versions are policies of which earlier ones are known, too.
type versions struct {
	book.Fixed
	earlier *policy.Policy
}

// ByHash returns the policy with that digest.
func (v versions) ByHash(a privacy.AppID, hash privacy.PolicyHash) (*policy.Policy, bool) {
	if v.earlier.Hash() == hash {
		return v.earlier, true
	}
	return v.Fixed.ByHash(a, hash)
}

// becomes lets another version of the policy rule from now on.
func (w *world) becomes(p *policy.Policy) {
	w.Policies = versions{book.Fixed{app: p}, w.pol}
	w.pol = p
}

// wrote stores what a person wrote in a source under the policy of that day.
func (w *world) wrote(who Subject, source string, c privacy.Category, content string) store.Object {
	w.t.Helper()
	now := w.clock.Now()
	d, err := retention.Ceiling(w.pol, c, now)
	must(w.t, err)
	o := store.Object{WrittenAt: now, Storage: w.pol.StorageOf(c), Role: privacy.Field(source), Origin: "subject", Orientation: 1}
	o.Ref, err = w.Vault.Put(w.t.Context(), vault.Spec{
		App: who.App, Subject: who.ID, Object: privacy.ObjectID(privacy.NewID("itk")), Category: c,
		MediaType: "application/json", Storage: o.Storage, PolicyHash: w.pol.Hash(),
	}, d, bytes.NewReader([]byte(content)))
	must(w.t, err)
	must(w.t, w.DB.Write(w.t.Context(), func(tx *store.Tx) error { return tx.InsertObject(w.t.Context(), o, d, retention.Deadline{}) }))
	return o
}

// handOn asks for one complaint to be handed to whom it is about, who has asked for it.
func handOn(who Subject, id privacy.ObjectID) Ask {
	return Ask{
		Subject: who, Kind: facts.Disclosure, Ground: "ip_complaint", Object: id, Categories: []privacy.Category{"complaint"},
		Words: Words{Receiver: privacy.NewText("the person complained about"), Request: privacy.NewText("Who says so?")},
	}
}

func TestAComplaintGoesToWhomItIsAboutAndNothingElseOfItsWriterDoes(t *testing.T) {
	t.Parallel()
	w := worldOf(t, complaining(t))
	who, by := w.person(app), w.staff(Officer)
	mine := w.wrote(who, "ip", "complaint", "my picture, Ann, ann@example.com")
	w.wrote(who, "ip", "complaint", "about somebody else")
	w.wrote(who, "noise", "complaint", "too loud")
	w.wrote(who, "help", "support_message", "how do I sing")
	w.put(who, "source_photo", "a face")
	o := w.agreed(by, handOn(who, mine.Object))
	before := w.leaves()
	a, err := w.Archive(t.Context(), by, o.ID, "")
	must(t, err)
	ledger, err := w.DB.App(app).Transfers(t.Context(), who.ID, "", 10)
	if err != nil || len(ledger) != 1 || ledger[0].Recipient != "ip_complaint" || ledger[0].Outcome != "sent" || !slices.Equal(ledger[0].Fields, []privacy.Field{"complaint"}) || w.leaves() != before+1 {
		t.Fatalf("the row must stand before the first byte: %+v, %v", ledger, err)
	}
	want := map[string]string{"complaint/" + string(mine.Object): "my picture, Ann, ann@example.com"}
	if files := unzip(t, a); !maps.Equal(files, want) {
		t.Errorf("handed over: %v", files)
	}
	_, err = w.Archive(t.Context(), by, o.ID, "")
	is(t, err, "conflict")
}

func TestNothingElseOpensAComplaintAndItsGroundOpensNothingElse(t *testing.T) {
	t.Parallel()
	// every ground without a document opens everything by its text, so that only the desk stands before it
	w := worldOf(t, complaining(t, "categories: [account, moderation_record], needs: [rule]", "needs: [rule]", "categories: [account], needs: [consent]", "needs: [consent]", "categories: [account], needs: [request, performance]", "needs: [request, performance]"))
	who, by := w.person(app), w.staff(Officer)
	mine, noise := w.wrote(who, "ip", "complaint", "c"), w.wrote(who, "noise", "complaint", "n")
	letter, photo := w.wrote(who, "help", "support_message", "l"), w.put(who, "source_photo", "p")
	words := privacy.NewText("all of it")
	for name, change := range map[string]struct {
		ground   string
		object   privacy.ObjectID
		category privacy.Category
		code     string
	}{
		"a rule that was broken":         {"violation", mine.Object, "complaint", "recipient-not-allowed"},
		"a danger":                       {"danger", mine.Object, "complaint", "recipient-not-allowed"},
		"a transaction":                  {"respondent", mine.Object, "complaint", "recipient-not-allowed"},
		"a consent that was never given": {"agreed", mine.Object, "complaint", "consent-required"},
		"every complaint at once":        {"ip_complaint", "", "complaint", "validation"},
		"one of another source":          {"ip_complaint", noise.Object, "complaint", "recipient-not-allowed"},
		"a letter":                       {"ip_complaint", letter.Object, "support_message", "purpose-not-allowed"},
		"a letter called a complaint":    {"ip_complaint", letter.Object, "complaint", "validation"},
		"a picture":                      {"ip_complaint", photo.Object, "source_photo", "purpose-not-allowed"},
		"a picture called a complaint":   {"ip_complaint", photo.Object, "complaint", "validation"},
		"the account":                    {"ip_complaint", "", "account", "purpose-not-allowed"},
		"nothing that is there":          {"ip_complaint", "itk_gone", "complaint", "not-found"},
		"the complaint itself":           {"ip_complaint", mine.Object, "complaint", ""},
	} {
		a := handOn(who, change.object)
		a.Ground, a.Categories = change.ground, []privacy.Category{change.category}
		a.Words.Rule, a.Words.Reason, a.Words.Performance = words, words, words
		_, err := w.Ask(t.Context(), by, a)
		if change.code == "" && err != nil || change.code != "" && (err == nil || fault.CodeOf(err) != change.code) {
			t.Errorf("%s: %v, want %q", name, err, change.code)
		}
	}
	two := handOn(who, mine.Object)
	two.Categories = []privacy.Category{"complaint", "complaint"}
	_, err := w.Ask(t.Context(), by, two)
	is(t, err, "validation")
	unasked := handOn(who, mine.Object)
	unasked.Words.Request = privacy.Text{}
	_, err = w.Ask(t.Context(), by, unasked)
	is(t, err, "conflict")
	another := handOn(w.person(app), mine.Object) // somebody else's
	_, err = w.Ask(t.Context(), by, another)
	is(t, err, "not-found")
}

func TestAComplaintIsHandedOnOnlyWhereItsWriterWasTold(t *testing.T) {
	t.Parallel()
	w := worldOf(t, complaining(t, ", passed_on: ip_complaint", "", asked, ""))
	who, by := w.person(app), w.staff(Officer)
	early := w.wrote(who, "ip", "complaint", "before anybody said so")
	_, err := w.Ask(t.Context(), by, handOn(who, early.Object))
	is(t, err, "ground-required") // the policy knows no such ground
	w.becomes(complaining(t))
	_, err = w.Ask(t.Context(), by, handOn(who, early.Object))
	is(t, err, "recipient-not-allowed")
	late := w.wrote(who, "ip", "complaint", "after they said so")
	o := w.agreed(by, handOn(who, late.Object))
	w.becomes(complaining(t, ", passed_on: ip_complaint", "", "categories: [complaint], needs: [request]", "needs: [request]"))
	_, err = w.Archive(t.Context(), by, o.ID, "") // agreed to, and the policy has changed since
	is(t, err, "recipient-not-allowed")
	ledger, err := w.DB.App(app).Transfers(t.Context(), who.ID, "", 10)
	if err != nil || len(ledger) != 0 {
		t.Errorf("nothing left, and the ledger says %+v, %v", ledger, err)
	}
}

func TestAComplaintThatIsGoneIsNotHandedOn(t *testing.T) {
	t.Parallel()
	w := worldOf(t, complaining(t))
	who, by := w.person(app), w.staff(Officer)
	taken, late := w.wrote(who, "ip", "complaint", "taken back"), w.wrote(who, "ip", "complaint", "its time is over")
	o, p := w.agreed(by, handOn(who, taken.Object)), w.agreed(by, handOn(who, late.Object))
	_, err := w.Eraser.Object(t.Context(), w.object(taken), "subject_request", nil)
	must(t, err)
	_, err = w.Archive(t.Context(), by, o.ID, "")
	is(t, err, "erased")
	w.clock.Advance(5 * 24 * time.Hour)
	again := w.wrote(who, "ip", "complaint", "another one")
	w.clock.Advance(25 * 24 * time.Hour)
	_, err = w.Archive(t.Context(), by, p.ID, "")
	is(t, err, "conflict")
	_, err = w.Ask(t.Context(), by, handOn(who, late.Object))
	is(t, err, "erased")
	o = w.agreed(by, handOn(who, again.Object))
	must(t, w.Restrict(t.Context(), by, who, "accuracy_contested"))
	_, err = w.Archive(t.Context(), by, o.ID, "")
	is(t, err, "processing-restricted")
	if ledger, err := w.DB.App(app).Transfers(t.Context(), who.ID, "", 10); err != nil || len(ledger) != 0 {
		t.Errorf("%+v, %v", ledger, err)
	}
}

func TestComplaintsAreListedWithoutWhatTheySay(t *testing.T) {
	t.Parallel()
	w := worldOf(t, complaining(t))
	ann, bob := w.person(app), w.person(app)
	first := w.wrote(ann, "ip", "complaint", "secret")
	w.wrote(ann, "help", "support_message", "a letter")
	w.clock.Advance(time.Second)
	second := w.wrote(bob, "noise", "complaint", "secret")
	for _, role := range []string{Officer, Moderator, Support} {
		list, err := w.Complaints(t.Context(), w.staff(role), app, "", 10)
		must(t, err)
		if len(list) != 2 || list[0].Object != second.Object || list[0].Subject != bob.ID || list[0].Source != "noise" || list[1].Object != first.Object || !list[1].ExpiresAt.Equal(w.object(first).ExpiresAt) {
			t.Errorf("%s sees %+v", role, list)
		}
	}
	for _, role := range []string{Auditor, Developer, Owner, Backend} {
		_, err := w.Complaints(t.Context(), w.staff(role), app, "", 10)
		is(t, err, "forbidden")
	}
	if list, err := w.Complaints(t.Context(), w.staff(Officer), app, string(second.Object), 10); err != nil || len(list) != 1 || list[0].Object != first.Object {
		t.Errorf("the next page: %+v, %v", list, err)
	}
	abroad, _, err := Hire(t.Context(), w.DB, w.clock, w.Digest, Position{Role: Officer, Region: "CN"})
	must(t, err)
	_, err = w.Complaints(t.Context(), abroad, app, "", 10)
	is(t, err, "region-not-allowed")
	other, _, err := Hire(t.Context(), w.DB, w.clock, w.Digest, Position{Role: Officer, Region: "US", App: "other"})
	must(t, err)
	_, err = w.Complaints(t.Context(), other, app, "", 10)
	is(t, err, "not-found")
	w.clock.Advance(30 * 24 * time.Hour)
	if list, err := w.Complaints(t.Context(), w.staff(Officer), app, "", 10); err != nil || len(list) != 0 {
		t.Errorf("after their time: %+v, %v", list, err)
	}
}

func TestTheLawOpensOneThingWhereItNamesOne(t *testing.T) {
	t.Parallel()
	w := worldOf(t, complaining(t))
	who, by := w.person(app), w.staff(Officer)
	one := w.put(who, "source_photo", "this one")
	w.put(who, "source_photo", "not that one")
	a := demand(who, "source_photo")
	a.Object = one.Object
	o := w.agreed(by, a)
	archive, err := w.Archive(t.Context(), by, o.ID, "")
	must(t, err)
	if files := unzip(t, archive); len(files) != 1 || !strings.Contains(files["source_photo/"+string(one.Object)], "this one") {
		t.Errorf("%v", files)
	}
}
