package desk

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/client/admin"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/blob"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/desk"
	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task"
)

const blocks = `grounds:
  - {id: legal_demand, text: {en: a court asks}, needs: [document], approvals: 1}
restrictions:
  - {id: claims, text: {en: you need it for a claim}, needs: [request]}
overrides:
  - {id: legal_claims, text: {en: a claim needs it}, needs: [document], approvals: 1}
holds:
  grounds: [{id: authority_order, text: {en: an order of a court}, needs: [document]}]
  approvals: 2
  most: P60D
transfers: consent
statistics: 5
notices: {lead: immediate, channels: [in_app], kinds: [service]}
`

// counter is the desk behind HTTP. Tests that use it are not parallel: huma keeps how it speaks of errors
// for the whole process.
type counter struct {
	t     *testing.T
	http  http.Handler
	desk  *desk.Service
	clock *clock.Adjustable
	pol   *policy.Policy
	told  []desk.Message
}

func newCounter(t *testing.T) *counter {
	t.Helper()
	c := &counter{t: t, clock: clock.NewFake(time.Date(2026, 11, 21, 14, 10, 0, 0, time.UTC))}
	src := policytest.Mutate(t, policytest.Minimal(), "notices: {lead: immediate, channels: [in_app]}\n", blocks)
	src = policytest.Mutate(t, src, "  - {id: legal_duty,", "  - {id: service_operation, text: {en: run it}}\n  - {id: legal_duty,")
	src = policytest.Mutate(t, src, "{id: task_metadata, name: {en: Tasks}, storage: disk, purposes: [requested_feature]", "{id: task_metadata, name: {en: Tasks}, storage: disk, purposes: [requested_feature, service_operation]")
	c.pol = policytest.Load(t, src)
	dir := t.TempDir()
	ring, err := keyring.Open(filepath.Join(dir, "keyring.bin"), keyring.RootFromBytes([32]byte([]byte("0123456789abcdefghijklmnopqrstuv"))))
	must(t, err)
	db, err := store.Open(t.Context(), filepath.Join(dir, "vow.db"), [64]byte{1})
	must(t, err)
	blobs, err := blob.NewFile(filepath.Join(dir, "objects"))
	must(t, err)
	t.Cleanup(func() { must(t, errors.Join(db.Close(), blobs.Close(), ring.Close())) })
	policies, v := book.Fixed{"sample": c.pol}, vault.New(ring, blobs, c.clock, 1<<20)
	digest := func(token string) []byte { return []byte("digest of " + token) }
	c.desk = desk.New(desk.Options{
		DB: db, Vault: v, Policies: policies, Clock: c.clock, Digest: digest,
		Eraser: erasure.New(erasure.Options{DB: db, Vault: v, Ring: ring, Clock: c.clock, Log: log.Logger{}, Policies: policies}),
		Tell: func(_ context.Context, m desk.Message) (string, error) {
			c.told = append(c.told, m)
			return "ntc_1", nil
		},
	})
	for _, p := range desk.DemoStaff() {
		_, _, err := desk.Hire(t.Context(), db, c.clock, digest, p)
		must(t, err)
	}
	s := &rest.Server{Base: "https://vow.example", StaffOf: Staff(c.desk), SessionOf: c.session}
	s.Open("1")
	Routes(c.desk)(s)
	c.http = s.Handler()
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// session takes a subject's own identifier as its credential.
func (c *counter) session(_ context.Context, authorization string) (*rest.Credential, error) {
	id := rest.Bearer(authorization)
	if !strings.HasPrefix(id, "sub_") {
		return nil, fault.New(fault.Refused, "unauthenticated", "Start a session first.")
	}
	return &rest.Credential{Who: task.Who{Policy: c.pol, Subject: privacy.SubjectID(id)}, Lang: "en"}, nil
}

// ask sends a request and decodes the answer into out; it returns status and problem code.
func (c *counter) ask(method, path, token, body string, out any) (int, string) {
	c.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	c.http.ServeHTTP(w, r)
	if w.Code >= 300 {
		var p client.Problem
		must(c.t, json.Unmarshal(w.Body.Bytes(), &p))
		return w.Code, p.Code
	}
	if raw, ok := out.(*[]byte); ok {
		*raw = w.Body.Bytes()
	} else if out != nil {
		must(c.t, json.Unmarshal(w.Body.Bytes(), out))
	}
	return w.Code, ""
}

func (c *counter) want(status int, code, method, path, token, body string, out any) {
	c.t.Helper()
	if got, problem := c.ask(method, path, token, body, out); got != status || problem != code {
		c.t.Fatalf("%s %s: %d %s, want %d %s", method, path, got, problem, status, code)
	}
}

func (c *counter) person() string {
	c.t.Helper()
	s := store.Subject{ID: privacy.SubjectID(privacy.NewID(privacy.PrefixSubject)), Locale: "en", CreatedAt: c.clock.Now(), ExpiresAt: c.clock.Now().AddDate(0, 0, 180)}
	must(c.t, c.desk.DB.Write(c.t.Context(), func(tx *store.Tx) error { return tx.InsertSubject(c.t.Context(), "sample", s) }))
	return string(s.ID)
}

func (c *counter) photo(of string) store.Object {
	c.t.Helper()
	d, err := retention.Ceiling(c.pol, "source_photo", c.clock.Now())
	must(c.t, err)
	o := store.Object{WrittenAt: c.clock.Now(), Storage: policy.Disk, Orientation: 1}
	o.Ref, err = c.desk.Vault.Put(c.t.Context(), vault.Spec{
		App: "sample", Subject: privacy.SubjectID(of), Object: privacy.ObjectID(privacy.NewID(privacy.PrefixUpload)), Category: "source_photo",
		MediaType: "image/jpeg", Storage: policy.Disk, PolicyHash: c.pol.Hash(),
	}, d, strings.NewReader("a picture"))
	must(c.t, err)
	must(c.t, c.desk.DB.Write(c.t.Context(), func(tx *store.Tx) error { return tx.InsertObject(c.t.Context(), o, d, retention.Deadline{}) }))
	return o
}

const officer, officer2, officer3 = "rk_demo_officer", "rk_demo_officer2", "rk_demo_officer3"

func TestAReadingByStaffOverHTTPIsSeenByThePerson(t *testing.T) {
	c := newCounter(t)
	me := c.person()
	photo := c.photo(me)
	open := fmt.Sprintf(`{"app":"sample","subject":%q,"kind":"legal","reason":"ticket-17"}`, me)
	read := fmt.Sprintf(`{"object":%q,"purpose":"requested_feature","reason":"r-1"}`, photo.Object)
	c.want(401, "unauthenticated", "POST", "/v1/admin/cases", me, open, nil)
	c.want(401, "unauthenticated", "POST", "/v1/admin/cases", "", open, nil)
	c.want(422, "validation", "POST", "/v1/admin/cases", officer, strings.Replace(open, `"app":"sample",`, "", 1), nil)
	c.want(403, "case-required", "POST", "/v1/admin/reads", officer, read, nil)
	c.want(403, "case-required", "POST", "/v1/admin/cases/cas_x/read", officer, read, nil)
	var opened admin.Case
	c.want(201, "", "POST", "/v1/admin/cases", officer, open, &opened)
	c.want(403, "forbidden", "POST", "/v1/admin/cases/"+opened.ID+"/read", "rk_demo_support", read, nil)
	c.want(403, "purpose-not-allowed", "POST", "/v1/admin/cases/"+opened.ID+"/read", officer, strings.Replace(read, "requested_feature", "training", 1), nil)
	c.want(422, "validation", "POST", "/v1/admin/cases/"+opened.ID+"/read", officer, `{"category":"account","purpose":"requested_feature","reason":"r"}`, nil)
	var content []byte
	c.want(200, "", "POST", "/v1/admin/cases/"+opened.ID+"/read", officer, read, &content)
	if string(content) != "a picture" {
		t.Errorf("%q", content)
	}
	var records admin.Records
	c.want(200, "", "POST", "/v1/admin/cases/"+opened.ID+"/records", officer, `{"category":"source_photo","purpose":"requested_feature","reason":"r"}`, &records)
	if len(records.Objects) != 1 || records.Objects[0].ID != string(photo.Object) || records.Objects[0].Sealed {
		t.Errorf("%+v", records)
	}
	var seen client.Page[client.Access]
	c.want(200, "", "GET", "/v1/privacy/access", me, "", &seen)
	if len(seen.Data) != 2 || seen.Data[1].Object != string(photo.Object) || seen.Data[1].Role != "officer" || seen.Data[1].Why != "make what you asked for" || seen.Data[1].Case != opened.ID {
		t.Errorf("%+v", seen)
	}
	var none client.Page[client.Access]
	c.want(200, "", "GET", "/v1/privacy/access", c.person(), "", &none)
	c.want(401, "unauthenticated", "GET", "/v1/privacy/access", officer, "", nil)
	if len(none.Data) != 0 {
		t.Errorf("%+v", none)
	}
	var list client.Page[admin.Case]
	c.want(200, "", "GET", "/v1/admin/cases?app=sample", "rk_demo_auditor", "", &list)
	if len(list.Data) != 1 || list.Data[0].Subject != me {
		t.Errorf("%+v", list)
	}
	var complaints client.Page[admin.FiledComplaint]
	c.want(200, "", "GET", "/v1/admin/complaints?app=sample", officer, "", &complaints)
	if complaints.Data == nil || len(complaints.Data) != 0 {
		t.Errorf("%+v", complaints)
	}
	c.want(403, "forbidden", "GET", "/v1/admin/complaints?app=sample", "rk_demo_auditor", "", nil)
	c.want(200, "", "POST", "/v1/admin/cases/"+opened.ID+"/close", officer, "", nil)
	c.want(403, "case-required", "POST", "/v1/admin/cases/"+opened.ID+"/read", officer, read, nil)
	c.want(405, "method-not-allowed", "PUT", "/v1/admin/holds", officer, `{}`, nil)
}

func TestAHoldAndADisclosureOverHTTPNeedOtherPeople(t *testing.T) {
	c := newCounter(t)
	me := c.person()
	photo := c.photo(me)
	hold := fmt.Sprintf(`{"app":"sample","subject":%q,"ground":"authority_order","object":%q,"document":"Court-1"}`, me, photo.Object)
	c.want(422, "ground-required", "POST", "/v1/admin/holds", officer, strings.Replace(hold, "authority_order", "other", 1), nil)
	var o admin.Order
	c.want(201, "", "POST", "/v1/admin/holds", officer, hold, &o)
	approve := "/v1/admin/holds/" + o.ID + "/approve"
	c.want(403, "same-person", "POST", approve, officer, "", nil)
	c.want(200, "", "POST", approve, officer2, "", &o)
	c.want(403, "same-person", "POST", approve, officer2, "", nil)
	c.want(200, "", "POST", approve, officer3, "", &o)
	if o.State != "in_force" || len(o.Approvals) != 2 {
		t.Errorf("%+v", o)
	}
	var mine client.Page[client.Measure]
	c.want(200, "", "GET", "/v1/privacy/measures", me, "", &mine)
	if len(mine.Data) != 1 || mine.Data[0].Text != "an order of a court" || mine.Data[0].Object != string(photo.Object) {
		t.Errorf("%+v", mine)
	}
	c.want(200, "", "POST", "/v1/admin/holds/"+o.ID+"/end", officer, "", &o)
	give := fmt.Sprintf(`{"app":"sample","subject":%q,"ground":"legal_demand","document":"Court-2","categories":["source_photo"],"receiver":"Court of X"}`, me)
	c.want(422, "ground-required", "POST", "/v1/admin/disclosures", officer, strings.Replace(give, "legal_demand", "other", 1), nil)
	c.want(201, "", "POST", "/v1/admin/disclosures", officer, give, &o)
	c.want(403, "second-person-required", "POST", "/v1/admin/disclosures/"+o.ID+"/archive", officer, "", nil)
	c.want(200, "", "POST", "/v1/admin/disclosures/"+o.ID+"/approve", officer2, "", nil)
	var raw []byte
	c.want(200, "", "POST", "/v1/admin/disclosures/"+o.ID+"/archive", officer, "", &raw)
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	must(t, err)
	if len(z.File) != 1 {
		t.Fatalf("%d files", len(z.File))
	}
	f, err := z.File[0].Open()
	must(t, err)
	if content, err := io.ReadAll(f); err != nil || string(content) != "a picture" {
		t.Errorf("%q, %v", content, err)
	}
	c.want(409, "conflict", "POST", "/v1/admin/disclosures/"+o.ID+"/archive", officer, "", nil)
	c.want(200, "", "GET", "/v1/privacy/measures", me, "", &mine)
	if mine.Data[0].Receiver != "Court of X" || mine.Data[0].State != "done" {
		t.Errorf("%+v", mine.Data[0])
	}
	var all client.Page[admin.Order]
	c.want(200, "", "GET", "/v1/admin/disclosures?app=sample", "rk_demo_auditor", "", &all)
	if len(all.Data) != 1 || all.Data[0].Kind != "disclosure" {
		t.Errorf("%+v", all)
	}
}

func TestTheOtherActsOfStaffOverHTTP(t *testing.T) {
	c := newCounter(t)
	me, child := c.person(), c.person()
	photo := c.photo(me)
	c.want(200, "", "PUT", "/v1/admin/subjects/"+me+"/restriction", officer, `{"app":"sample","ground":"claims"}`, nil)
	c.want(422, "ground-required", "PUT", "/v1/admin/subjects/"+me+"/restriction", officer, `{"app":"sample","ground":"none"}`, nil)
	var kept client.Measure
	c.want(201, "", "POST", "/v1/privacy/keeps", me, fmt.Sprintf(`{"object":%q}`, photo.Object), &kept)
	if kept.Kind != "keep" || kept.State != "in_force" || kept.Text != "you need it for a claim" {
		t.Errorf("%+v", kept)
	}
	c.want(404, "not-found", "DELETE", "/v1/privacy/keeps/"+kept.ID, child, "", nil)
	c.want(200, "", "DELETE", "/v1/privacy/keeps/"+kept.ID, me, "", nil)
	c.want(200, "", "PUT", "/v1/admin/subjects/"+me+"/objections", officer, `{"app":"sample","purpose":"requested_feature"}`, nil)
	var text client.TransferText
	c.want(200, "", "GET", "/v1/privacy/transfer-consent", me, "", &text)
	c.want(201, "", "POST", "/v1/privacy/transfer-consent", me, fmt.Sprintf(`{"name":"Ann","hash":%q}`, text.Hash), nil)
	c.want(201, "", "POST", "/v1/privacy/disclosure-consents", me, `{"receiver":"a service of mine","categories":["account"]}`, nil)
	c.want(422, "validation", "POST", "/v1/privacy/disclosure-consents", me, `{"receiver":"a service of mine","categories":["fun"]}`, nil)
	var marked admin.Marked
	c.want(200, "", "POST", "/v1/admin/subjects/"+child+"/underage?app=sample", "rk_demo_moderator", "", &marked)
	c.want(404, "not-found", "POST", "/v1/admin/subjects/"+child+"/underage?app=sample", "rk_demo_moderator", "", nil)
	var count admin.Count
	c.want(200, "", "GET", "/v1/admin/reads?app=sample&category=account&purpose=requested_feature", "rk_demo_auditor", "", &count)
	if !marked.Erased || count.People != 0 || count.Category != "account" {
		t.Errorf("%+v %+v", marked, count)
	}
	c.want(403, "purpose-not-allowed", "GET", "/v1/admin/reads?app=sample&category=account&purpose=advertising", "rk_demo_auditor", "", nil)
	c.want(403, "purpose-not-allowed", "POST", "/v1/admin/exports", officer, `{"app":"sample","category":"source_photo","purpose":"training"}`, nil)
	c.want(403, "purpose-not-allowed", "POST", "/v1/admin/exports", officer, `{"app":"sample","category":"account","purpose":"requested_feature"}`, nil)
	var stats admin.Statistics
	c.want(200, "", "GET", "/v1/admin/statistics?app=sample&from=2026-11-21&to=2026-11-21", "rk_demo_auditor", "", &stats)
	c.want(422, "validation", "GET", "/v1/admin/statistics?app=sample&from=2026-11-22&to=2026-11-21", "rk_demo_auditor", "", nil)
	c.want(422, "message-kind-not-allowed", "POST", "/v1/admin/messages", "rk_demo_owner", `{"app":"sample","type":"marketing","text":{"en":"Buy."}}`, nil)
	c.want(201, "", "POST", "/v1/admin/messages", "rk_demo_owner", `{"app":"sample","type":"service","text":{"en":"We repair it tonight."}}`, nil)
	c.want(422, "feature-unavailable", "POST", "/v1/admin/templates", "rk_demo_developer", `{"app":"sample","kind":"template","id":"x"}`, nil)
	c.want(404, "not-found", "POST", "/v1/admin/templates/review", "rk_demo_moderator", `{"app":"sample","kind":"template","id":"x","verdict":"approved"}`, nil)
	c.want(404, "not-found", "POST", "/v1/admin/templates/publish", "rk_demo_moderator", `{"app":"sample","kind":"template","id":"x"}`, nil)
	c.want(404, "not-found", "POST", "/v1/admin/templates/unpublish", "rk_demo_moderator", `{"app":"sample","kind":"template","id":"x"}`, nil)
	c.want(200, "", "GET", "/v1/admin/templates?app=sample", "rk_demo_developer", "", nil)
	var closing admin.Closing
	c.want(200, "", "POST", "/v1/admin/app/close", "rk_demo_owner", `{"app":"sample","notice":{"en":"We close."}}`, &closing)
	if closing.Notice != "ntc_1" || closing.PurgeAt.After(c.clock.Now().AddDate(0, 0, 30)) || len(c.told) != 2 {
		t.Errorf("%+v %+v", closing, c.told)
	}
	var staff []admin.Staff
	c.want(200, "", "GET", "/v1/admin/staff", "rk_demo_owner", "", &staff)
	if len(staff) != len(desk.DemoStaff()) {
		t.Errorf("%d people", len(staff))
	}
}
