package desk

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/effects/material"
	"vow.example/vow/internal/erasure/erasuretest"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/desk"
)

const app = privacy.AppID("sample")

// blocks are what the sample's policy says about its desk.
const blocks = `staff: {regions: [US]}
grounds:
  - {id: legal_demand, text: {en: a court asks}, needs: [document], approvals: 2, abroad: law_and_written_consent}
  - {id: violation, text: {en: a rule was broken}, categories: [account, moderation_record], needs: [rule], approvals: 1}
  - {id: danger, text: {en: somebody is in danger}, needs: [reason], approvals: 1}
  - {id: agreed, text: {en: you agreed}, categories: [account], needs: [consent], approvals: 1, abroad: never}
  - {id: respondent, text: {en: a respondent asked}, categories: [account], needs: [request, performance], approvals: 1}
exemptions:
  - {id: vital_interests, text: {en: to save a life}, approvals: 1}
restrictions:
  - {id: accuracy_contested, text: {en: you contest it}}
  - {id: claims, text: {en: you need it for a claim}, needs: [request]}
overrides:
  - {id: legal_claims, text: {en: a claim needs it}, needs: [document], approvals: 1}
holds:
  grounds: [{id: authority_order, text: {en: an order of a court}, needs: [document]}]
  approvals: 2
  most: P60D
transfers: consent
statistics: 5
inbound: [{id: crash_vendor, name: {en: Crash Desk}, category: crash_report, purpose: service_operation, fields: [{id: fault_code, kind: word, max: 64}]}]
notices: {lead: immediate, channels: [in_app], kinds: [service, security]}
`

// sample is the smallest policy with a desk.
func sample(t testing.TB) *policy.Policy {
	t.Helper()
	return policytest.Load(t, sampleSource(t))
}

func sampleSource(t testing.TB) []byte {
	t.Helper()
	src := policytest.Minimal()
	for _, change := range [][2]string{
		{"regions: {storage: [], recipients: []}", "regions: {storage: [US], recipients: []}"},
		{"{id: own_servers, name: {en: our own server}, class: local,", "{id: own_servers, name: {en: our own server}, class: local, region: US,"},
		{"notices: {lead: immediate, channels: [in_app]}\n", blocks},
		{"  - {id: legal_duty,", "  - {id: safety_review, text: {en: look for abuse}}\n  - {id: support, text: {en: help}}\n  - {id: service_operation, text: {en: run it}}\n  - {id: legal_duty,"},
		{"storage: disk, purposes: [requested_feature]}\n  - {id: face_landmarks", "storage: disk, purposes: [requested_feature, safety_review]}\n  - {id: face_landmarks"},
		{"{id: task_metadata, name: {en: Tasks}, storage: disk, purposes: [requested_feature]", "{id: task_metadata, name: {en: Tasks}, storage: disk, purposes: [requested_feature, service_operation]"},
		{"{id: account, name: {en: Account}, storage: disk, purposes: [requested_feature]", "{id: account, name: {en: Account}, storage: disk, purposes: [requested_feature, support]"},
		{"short: {en: logs}, storage: disk, purposes: [legal_duty]}", "short: {en: logs}, storage: disk, purposes: [legal_duty, service_operation]}"},
		{"  - {id: operational_log,", "  - {id: crash_report, name: {en: Faults}, storage: disk, purposes: [service_operation]}\n  - {id: operational_log,"},
		{"  - {category: operational_log,", "  - {category: crash_report, starts: item_written, limit: P30D, end: aggregate, chosen_by: operator}\n  - {category: operational_log,"},
	} {
		src = policytest.Mutate(t, src, change[0], change[1])
	}
	return src
}

// world is a desk on real parts under a clock that stands still.
type world struct {
	*Service
	t     *testing.T
	clock *clock.Adjustable
	ring  *keyring.Ring
	pol   *policy.Policy
	told  []Message
	files fstest.MapFS
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return worldOf(t, sample(t))
}

func worldOf(t *testing.T, p *policy.Policy) *world {
	t.Helper()
	parts := erasuretest.Open(t, erasuretest.Start())
	w := &world{t: t, clock: parts.Clock, ring: parts.Ring, pol: p, files: fstest.MapFS{}}
	other := policytest.Load(t, policytest.Mutate(t, policytest.Minimal(), "id: sample,", "id: other,"))
	policies := book.Fixed{app: w.pol, "other": other}
	w.Service = New(Options{
		DB: parts.DB, Vault: parts.Vault, Policies: policies, Clock: w.clock, Digest: func(token string) []byte { return []byte("digest of " + token) },
		Eraser:    parts.Eraser(policies),
		Tell:      func(_ context.Context, m Message) (string, error) { w.told = append(w.told, m); return "ntc_1", nil },
		Materials: func(privacy.AppID) fs.FS { return w.files },
	})
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// is ends the test where err has another code.
func is(t *testing.T, err error, code string) {
	t.Helper()
	if err == nil || fault.CodeOf(err) != code {
		t.Fatalf("%v, want %s", err, code)
	}
}

// staff hires somebody in the US for every app.
func (w *world) staff(role string) facts.Staff {
	w.t.Helper()
	s, _, err := Hire(w.t.Context(), w.DB, w.clock, w.Digest, Position{Role: role, Region: "US"})
	must(w.t, err)
	return s
}

func (w *world) person(in privacy.AppID) Subject {
	w.t.Helper()
	s := store.Subject{ID: privacy.SubjectID(privacy.NewID(privacy.PrefixSubject)), Locale: "en", CreatedAt: w.clock.Now(), ExpiresAt: w.clock.Now().AddDate(0, 0, 180)}
	must(w.t, w.DB.Write(w.t.Context(), func(tx *store.Tx) error { return tx.InsertSubject(w.t.Context(), in, s) }))
	return Subject{in, s.ID}
}

// put stores something of a person.
func (w *world) put(who Subject, c privacy.Category, content string) store.Object {
	w.t.Helper()
	p, ok := w.Policies.InForce(who.App, w.clock.Now())
	if !ok {
		w.t.Fatal("no policy")
	}
	now := w.clock.Now()
	var d retention.Deadline
	var err error
	if p.StorageOf(c) == policy.Memory {
		d, err = retention.Ceiling(p, "generated_image", now)
		w.t.Fatal("use memory()", d, err)
	}
	d, err = retention.Ceiling(p, c, now)
	must(w.t, err)
	idle, _ := retention.Idle(p, c, now)
	o := store.Object{WrittenAt: now, Storage: p.StorageOf(c), Orientation: 1}
	o.Ref, err = w.Vault.Put(w.t.Context(), vault.Spec{
		App: who.App, Subject: who.ID, Object: privacy.ObjectID(privacy.NewID(privacy.PrefixUpload)), Category: c,
		MediaType: "image/jpeg", Storage: o.Storage, PolicyHash: p.Hash(),
	}, d, bytes.NewReader([]byte(content)))
	must(w.t, err)
	must(w.t, w.DB.Write(w.t.Context(), func(tx *store.Tx) error { return tx.InsertObject(w.t.Context(), o, d, idle) }))
	return w.object(o)
}

func (w *world) object(o store.Object) store.Object {
	w.t.Helper()
	o, err := w.DB.App(o.App).Object(w.t.Context(), o.Subject, o.Object)
	must(w.t, err)
	return o
}

// sweep runs a full pass over what is due.
func (w *world) sweep() {
	w.t.Helper()
	for {
		n, err := w.Eraser.Sweep(w.t.Context(), w.clock.Now())
		must(w.t, err)
		m, err := w.Sweep(w.t.Context(), w.clock.Now())
		must(w.t, err)
		if n+m == 0 {
			return
		}
	}
}

func (w *world) leaves() int64 {
	w.t.Helper()
	n, err := w.DB.Log().Size(w.t.Context())
	must(w.t, err)
	return n
}

// read reads an object as staff and returns what it holds.
func (w *world) read(by facts.Staff, in Read) (string, error) {
	w.t.Helper()
	_, body, err := w.Open(w.t.Context(), by, in)
	if err != nil {
		return "", err
	}
	raw, err := io.ReadAll(body)
	return string(raw), errors.Join(err, body.Close())
}

func (w *world) openCase(by facts.Staff, who Subject, kind string) facts.Case {
	w.t.Helper()
	c, err := w.OpenCase(w.t.Context(), by, who, kind, "ticket-17")
	must(w.t, err)
	return c
}

// inForce asks for something and lets as many others agree as it needs.
func (w *world) inForce(a Ask) facts.Order {
	w.t.Helper()
	o, err := w.Ask(w.t.Context(), w.staff(Officer), a)
	must(w.t, err)
	for range o.Needed {
		o, err = w.Approve(w.t.Context(), w.staff(Officer), a.Kind, o.ID)
		must(w.t, err)
	}
	if o.State != facts.InForce {
		w.t.Fatalf("%+v", o)
	}
	return o
}

// template puts a drawn template into the app's own folder.
func (w *world) template(id, credits string) {
	w.t.Helper()
	for _, name := range []string{"picture.jpg", "mask.png", "template.json"} {
		folder, err := material.Folder(nil, material.Template, material.List(material.Template)[0].ID)
		must(w.t, err)
		raw, err := fs.ReadFile(folder, name)
		must(w.t, err)
		if name == "template.json" {
			raw = []byte(strings.Replace(string(raw), `"credits": "`, `"credits": "`+credits, 1))
		}
		w.files["templates/"+id+"/"+name] = &fstest.MapFile{Data: raw}
	}
}
