package desk

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/desk"
)

// revised are the policies after a new version came into force.
type revised struct {
	book.Fixed
	now *policy.Policy
}

// InForce returns the new version.
func (r revised) InForce(privacy.AppID, time.Time) (*policy.Policy, bool) { return r.now, true }

// For returns the new version.
func (r revised) For(context.Context, privacy.AppID, privacy.SubjectID) (*policy.Policy, error) {
	return r.now, nil
}

// ByHash returns either version.
func (r revised) ByHash(app privacy.AppID, hash privacy.PolicyHash) (*policy.Policy, bool) {
	if hash == r.now.Hash() {
		return r.now, true
	}
	return r.Fixed.ByHash(app, hash)
}

func TestOldDataKeepsItsOldPurposes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, by := w.person(app), w.staff(Officer)
	old := w.put(who, "source_photo", "an old picture")
	fixed, _ := w.Policies.(book.Fixed)
	src := policytest.Minimal()
	for _, change := range [][2]string{
		{"version: v1", "version: v2"},
		{"  - {id: legal_duty,", "  - {id: support, text: {en: help}}\n  - {id: legal_duty,"},
		{"storage: disk, purposes: [requested_feature]}\n  - {id: face_landmarks", "storage: disk, purposes: [requested_feature, support]}\n  - {id: face_landmarks"},
	} {
		src = policytest.Mutate(t, src, change[0], change[1])
	}
	w.Policies = revised{fixed, policytest.Load(t, src)}
	fresh := w.put(who, "source_photo", "a new picture")
	c := w.openCase(by, who, "legal")
	_, err := w.read(by, Read{Case: c.ID, Object: old.Object, Purpose: "support", Reason: "r"})
	is(t, err, "purpose-not-allowed")
	if !strings.Contains(err.Error(), "purpose") {
		t.Error(err)
	}
	if got, err := w.read(by, Read{Case: c.ID, Object: fresh.Object, Purpose: "support", Reason: "r"}); err != nil || got != "a new picture" {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := w.read(by, Read{Case: c.ID, Object: old.Object, Purpose: "requested_feature", Reason: "r"}); err != nil || got != "an old picture" {
		t.Errorf("%q, %v", got, err)
	}
}

// remembered lets an object be one that lives in memory.
func (w *world) remembered(o store.Object) store.Object {
	w.t.Helper()
	must(w.t, w.DB.Write(w.t.Context(), func(tx *store.Tx) error {
		_, err := tx.SQL().Exec(`UPDATE objects SET storage = 'memory' WHERE id = ?`, o.Object)
		return err
	}))
	return w.object(o)
}

func TestWhatLivesInMemoryIsSeenByNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, by := w.person(app), w.staff(Officer)
	face := w.put(who, "source_photo", "a face")
	spec := vault.Spec{App: app, Subject: who.ID, Object: face.Object, Category: "source_photo", MediaType: "image/jpeg", Storage: policy.Memory, PolicyHash: w.pol.Hash()}
	d, err := retention.Ceiling(w.pol, "source_photo", w.clock.Now())
	must(t, err)
	_, err = w.Vault.Put(t.Context(), spec, d, bytes.NewReader([]byte("a face")))
	must(t, err)
	w.remembered(face)
	c := w.openCase(by, who, "legal")
	_, err = w.read(by, Read{Case: c.ID, Object: face.Object, Purpose: "safety_review", Reason: "r"})
	is(t, err, "not-found")
	got, err := w.Records(t.Context(), by, Read{Case: c.ID, Category: "source_photo", Purpose: "safety_review", Reason: "r"})
	if err != nil || len(got.Objects) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	o := w.agreed(by, demand(who, "source_photo"))
	a, err := w.Archive(t.Context(), by, o.ID, "")
	must(t, err)
	if files := unzip(t, a); len(files) != 0 {
		t.Errorf("%v", files)
	}
}

func TestWhatStaffWroteIsNeitherHeldNorHandedOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	who, by := w.person(app), w.staff(Officer)
	photo := w.put(who, "source_photo", "evidence")
	first := w.agreed(by, demand(who, "account")) // its words are sealed beside the person's things
	all, err := w.Ask(t.Context(), by, order(who, ""))
	must(t, err)
	w.clock.Advance(time.Second)
	late := w.put(who, "source_photo", "came later")
	for range all.Needed {
		all, err = w.Approve(t.Context(), w.staff(Officer), facts.Hold, all.ID)
		must(t, err)
	}
	held := map[privacy.ObjectID]bool{}
	list, err := w.DB.App(app).Objects(t.Context(), who.ID)
	must(t, err)
	for _, o := range list {
		held[o.Object] = o.Hold != ""
	}
	if !held[photo.Object] || held[first.Words] || held[late.Object] || first.Words == "" {
		t.Errorf("%v", held)
	}
	o := w.agreed(by, demand(who, "disclosure_record"))
	a, err := w.Archive(t.Context(), by, o.ID, "")
	must(t, err)
	for name := range unzip(t, a) {
		if strings.Contains(name, string(first.Words)) || strings.Contains(name, string(o.Words)) {
			t.Errorf("%s is what staff wrote", name)
		}
	}
}
