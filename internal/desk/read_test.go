package desk

import (
	"errors"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/desk"
)

func TestStaffReadWithinACaseAndThePersonSeesIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, by := w.person(app), w.staff(Moderator)
	photo := w.put(who, "source_photo", "a picture of somebody")
	c := w.openCase(by, who, "moderation")
	before := w.leaves()
	got, err := w.read(by, Read{Case: c.ID, Object: photo.Object, Purpose: "safety_review", Reason: "report-3"})
	if err != nil || got != "a picture of somebody" {
		t.Fatalf("%q, %v", got, err)
	}
	if n := w.leaves() - before; n != 1 {
		t.Errorf("%d leaves for one reading", n)
	}
	leaf, err := w.DB.Log().Leaf(t.Context(), before)
	must(t, err)
	e, err := audit.ParsePayload(leaf.Payload)
	must(t, err)
	if e.Kind != "staff_read" || e.Subject != who.ID || e.Data["staff"] != string(by.ID) || e.Data["read"] != string(photo.Object) ||
		e.Data["purpose"] != "safety_review" || e.Data["case"] != string(c.ID) || e.Data["reason"] != "report-3" {
		t.Errorf("%+v", e)
	}
	seen, err := w.Accesses(t.Context(), who, "", 10)
	must(t, err)
	if len(seen) != 1 || seen[0].Staff != by.ID || seen[0].Object != photo.Object || seen[0].Purpose != "safety_review" || seen[0].Role != Moderator || !seen[0].At.Equal(w.clock.Now()) {
		t.Errorf("%+v", seen)
	}
	if other, err := w.Accesses(t.Context(), w.person(app), "", 10); err != nil || len(other) != 0 {
		t.Errorf("somebody else sees %+v, %v", other, err)
	}
	counts, err := w.DB.App(app).CountRows(t.Context(), who.ID)
	must(t, err)
	n := 0
	for _, r := range counts {
		if r.Category == "audit_entry" {
			n += r.Count
		}
	}
	if n == 0 {
		t.Error("the privacy centre does not count the reading")
	}
}

func TestNothingIsReadWithoutItsCaseRolePurposeAndReason(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, other := w.person(app), w.person(app)
	officer, moderator, support := w.staff(Officer), w.staff(Moderator), w.staff(Support)
	photo := w.put(who, "source_photo", "a picture")
	foreign := w.put(other, "source_photo", "another picture")
	c, help := w.openCase(moderator, who, "moderation"), w.openCase(support, who, "support")
	closed := w.openCase(officer, who, "legal")
	_, err := w.CloseCase(t.Context(), officer, closed.ID)
	must(t, err)
	one := officer
	one.App = "other" // works for another app
	abroad := officer
	abroad.Region = "CN"
	read := func(c privacy.CaseID, o privacy.ObjectID, u privacy.Purpose, reason string) Read {
		return Read{Case: c, Object: o, Purpose: u, Reason: reason}
	}
	_, err = w.Cases(t.Context(), abroad, app, "", 10)
	is(t, err, "region-not-allowed")
	_, err = w.ListOrders(t.Context(), abroad, app, facts.Hold)
	is(t, err, "region-not-allowed")
	_, err = w.CloseCase(t.Context(), abroad, c.ID)
	is(t, err, "region-not-allowed")
	before, _ := w.Accesses(t.Context(), who, "", 10)
	for name, c := range map[string]struct {
		by   facts.Staff
		in   Read
		code string
	}{
		"no case":                        {officer, read("", photo.Object, "safety_review", "r"), "case-required"},
		"a case that is not there":       {officer, read("cas_x", photo.Object, "safety_review", "r"), "case-required"},
		"a closed case":                  {officer, read(closed.ID, photo.Object, "safety_review", "r"), "case-required"},
		"staff of another app":           {one, read(c.ID, photo.Object, "safety_review", "r"), "case-required"},
		"no purpose":                     {officer, read(c.ID, photo.Object, "", "r"), "validation"},
		"staff in another region":        {abroad, read(c.ID, photo.Object, "safety_review", "r"), "region-not-allowed"},
		"a role that reads nothing":      {w.staff(Auditor), read(c.ID, photo.Object, "safety_review", "r"), "forbidden"},
		"a developer":                    {w.staff(Developer), read(c.ID, photo.Object, "safety_review", "r"), "forbidden"},
		"an owner":                       {w.staff(Owner), read(c.ID, photo.Object, "safety_review", "r"), "forbidden"},
		"a moderator's case for support": {support, read(c.ID, photo.Object, "safety_review", "r"), "forbidden"},
		"a purpose of another role":      {support, read(help.ID, photo.Object, "safety_review", "r"), "forbidden"},
		"a purpose that the photo lacks": {officer, read(c.ID, photo.Object, "support", "r"), "purpose-not-allowed"},
		"training":                       {officer, read(c.ID, photo.Object, "training", "r"), "purpose-not-allowed"},
		"no reason":                      {officer, read(c.ID, photo.Object, "safety_review", ""), "validation"},
		"a reason that is a sentence":    {officer, read(c.ID, photo.Object, "safety_review", "he asked me to"), "validation"},
		"another person's photo":         {officer, read(c.ID, foreign.Object, "safety_review", "r"), "not-found"},
		"an override that is not there":  {officer, Read{Case: c.ID, Object: photo.Object, Purpose: "safety_review", Reason: "r", Override: "ord_x"}, "not-found"},
		"an exemption that is not there": {officer, Read{Case: c.ID, Object: photo.Object, Purpose: "support", Reason: "r", Exemption: "vital_interests"}, "not-found"},
	} {
		if _, err := w.read(c.by, c.in); err == nil || fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	if after, _ := w.Accesses(t.Context(), who, "", 10); len(after) != len(before) {
		t.Errorf("a refused reading left %d rows", len(after)-len(before))
	}
}

func TestACaseClosesByItselfAndOpensForItsRolesOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, by := w.person(app), w.staff(Moderator)
	photo := w.put(who, "generated_image", "a result")
	c := w.openCase(by, who, "moderation")
	w.clock.Advance(caseLasts - time.Second)
	if _, err := w.read(by, Read{Case: c.ID, Object: photo.Object, Purpose: "safety_review", Reason: "r"}); fault.CodeOf(err) != "purpose-not-allowed" {
		t.Errorf("a result has no such purpose: %v", err)
	}
	w.clock.Advance(time.Second)
	_, err := w.read(by, Read{Case: c.ID, Object: photo.Object, Purpose: "safety_review", Reason: "r"})
	is(t, err, "case-required")
	for _, bad := range []struct{ role, kind, code string }{
		{Support, "moderation", "forbidden"}, {Moderator, "legal", "forbidden"}, {Officer, "curiosity", "forbidden"}, {Auditor, "support", "forbidden"},
	} {
		_, err := w.OpenCase(t.Context(), w.staff(bad.role), who, bad.kind, "r")
		is(t, err, bad.code)
	}
	_, err = w.OpenCase(t.Context(), by, Subject{app, "sub_nobody"}, "moderation", "r")
	is(t, err, "not-found")
	_, err = w.OpenCase(t.Context(), by, Subject{"other", who.ID}, "moderation", "r")
	is(t, err, "not-found")
	_, err = w.OpenCase(t.Context(), by, who, "moderation", "because he is my neighbour")
	is(t, err, "validation")
}

func TestAReadingThatCannotBeRecordedDoesNotHappen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, by := w.person(app), w.staff(Moderator)
	photo := w.put(who, "source_photo", "a picture")
	c := w.openCase(by, who, "moderation")
	must(t, w.DB.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.SQL().Exec(`CREATE TRIGGER broken BEFORE INSERT ON audit_leaves BEGIN SELECT RAISE(ABORT, 'the log is full'); END`)
		return err
	}))
	_, body, err := w.Open(t.Context(), by, Read{Case: c.ID, Object: photo.Object, Purpose: "safety_review", Reason: "r"})
	if err == nil || body != nil || !strings.Contains(err.Error(), "the log is full") {
		t.Fatalf("read without a record: %v", err)
	}
	if _, err := w.Records(t.Context(), by, Read{Case: c.ID, Category: "source_photo", Purpose: "safety_review", Reason: "r"}); err == nil {
		t.Error("records were read without a record")
	}
	if seen, err := w.Accesses(t.Context(), who, "", 10); err != nil || len(seen) != 0 {
		t.Errorf("half a record: %+v, %v", seen, err)
	}
	if _, _, err := w.Count(t.Context(), w.staff(Auditor), app, "source_photo", "safety_review"); err == nil {
		t.Error("counted without a record")
	}
}

func TestErasedAndDueThingsAreReadByNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, by := w.person(app), w.staff(Moderator)
	due, gone := w.put(who, "source_photo", "a picture"), w.put(who, "source_photo", "another")
	c := w.openCase(by, who, "moderation")
	_, err := w.Eraser.Object(t.Context(), gone, erasure.SubjectRequest, nil)
	must(t, err)
	_, err = w.read(by, Read{Case: c.ID, Object: gone.Object, Purpose: "safety_review", Reason: "r"})
	is(t, err, "erased")
	w.clock.Advance(24 * time.Hour) // the sweeper is late
	_, err = w.read(by, Read{Case: c.ID, Object: due.Object, Purpose: "safety_review", Reason: "r"})
	is(t, err, "erased")
}

func TestRecordsAreReadByCategoryAndHoldNoContent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, by := w.person(app), w.staff(Support)
	photo := w.put(who, "source_photo", "a picture")
	c := w.openCase(by, who, "support")
	before := w.leaves()
	got, err := w.Records(t.Context(), by, Read{Case: c.ID, Category: "account", Purpose: "support", Reason: "r"})
	must(t, err)
	if len(got.Rows["subjects"]) != 1 || len(got.Rows["tasks"]) != 0 || len(got.Objects) != 0 || w.leaves() != before+1 {
		t.Errorf("%+v", got)
	}
	_, err = w.Records(t.Context(), by, Read{Case: c.ID, Category: "task_metadata", Purpose: "support", Reason: "r"})
	is(t, err, "purpose-not-allowed")
	moderator := w.staff(Moderator)
	m := w.openCase(moderator, who, "moderation")
	got, err = w.Records(t.Context(), moderator, Read{Case: m.ID, Category: "source_photo", Purpose: "safety_review", Reason: "r"})
	must(t, err)
	if len(got.Objects) != 1 || got.Objects[0].Object != photo.Object || len(got.Rows) != 0 {
		t.Errorf("%+v", got)
	}
	if seen, err := w.Accesses(t.Context(), who, "", 10); err != nil || len(seen) != 2 || seen[0].Category != "source_photo" || seen[0].Object != "" {
		t.Errorf("%+v, %v", seen, err)
	}
}

func TestACountNamesItsPurposeAndSkipsWhoObjects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	auditor, officer := w.staff(Auditor), w.staff(Officer)
	a, b, c := w.person(app), w.person(app), w.person(app)
	for _, who := range []Subject{a, a, b, c, w.person(app), w.person(app), w.person(app)} {
		w.put(who, "source_photo", "a picture")
	}
	stranger := w.person("other")
	w.put(stranger, "source_photo", "a picture")
	count := func(u privacy.Purpose) (store.CategoryCount, error) {
		n, _, err := w.Count(t.Context(), auditor, app, "source_photo", u)
		return n, err
	}
	if n, err := count("safety_review"); err != nil || n != (store.CategoryCount{Things: 7, People: 6}) {
		t.Errorf("%+v, %v", n, err)
	}
	for _, u := range []privacy.Purpose{"advertising", "training", "improvement", "profiling", "support", ""} {
		_, err := count(u)
		is(t, err, "purpose-not-allowed")
	}
	must(t, w.Objection(t.Context(), officer, a, "safety_review", ""))
	if n, err := count("safety_review"); err != nil || n.People != 5 {
		t.Errorf("who objects is counted: %+v, %v", n, err)
	}
	if n, err := count("requested_feature"); err != nil || n.People != 6 {
		t.Errorf("an objection reaches another purpose: %+v, %v", n, err)
	}
	must(t, w.Restrict(t.Context(), officer, b, "accuracy_contested"))
	if n, err := count("requested_feature"); err != nil || n.People != 5 {
		t.Errorf("restricted data is counted: %+v, %v", n, err)
	}
	must(t, w.Restrict(t.Context(), officer, c, "accuracy_contested"))
	if n, err := count("requested_feature"); err != nil || n != (store.CategoryCount{Hidden: true}) {
		t.Errorf("of four people, where five are the least: %+v, %v", n, err)
	}
	_, _, err := w.Count(t.Context(), w.staff(Support), app, "source_photo", "safety_review")
	is(t, err, "forbidden")
	var f *fault.Error
	if _, err := count("advertising"); !errors.As(err, &f) || !strings.Contains(f.Extra()["explanation"].(string), "forbids") {
		t.Errorf("%v", err)
	}
}
