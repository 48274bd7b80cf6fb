package people

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/blob"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/people"
	"vow.example/vow/internal/people/export"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task"
)

// desk is the group of routes over real parts.
type desk struct {
	t       *testing.T
	handler http.Handler
	db      *store.DB
	vault   *vault.Vault
	clock   *clock.Adjustable
	pols    book.Fixed
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, clock: clock.NewFake(time.Date(2026, 11, 21, 14, 10, 0, 0, time.UTC)), pols: book.Fixed{"sample": policytest.Load(t, policytest.Members(t, policytest.Asking(t))), "aifitting": policytest.OneClick(t, "aifitting"), "pixplus": policytest.PixPlus(t)}}
	var root [32]byte
	_, _ = rand.Read(root[:])
	dir := t.TempDir()
	ring, err := keyring.Open(filepath.Join(dir, "keyring.bin"), keyring.RootFromBytes(root))
	must(t, err)
	d.db, err = store.Open(t.Context(), filepath.Join(dir, "vow.db"), [64]byte{1, 2, 3})
	must(t, err)
	blobs, err := blob.NewFile(filepath.Join(dir, "objects"))
	must(t, err)
	d.vault = vault.New(ring, blobs, d.clock, 1<<20)
	digest := func(token string) []byte { return []byte("digest of " + token) }
	service := people.New(people.Options{
		DB: d.db, Vault: d.vault, Ring: ring, Clock: d.clock, Digest: digest, Policies: d.pols,
		Eraser: erasure.New(erasure.Options{DB: d.db, Vault: d.vault, Ring: ring, Clock: d.clock, Log: log.Logger{}, Policies: d.pols}),
	})
	s := &rest.Server{Base: "http://127.0.0.1:8420", Standing: service.Standing}
	s.SessionOf = func(ctx context.Context, authorization string) (*rest.Credential, error) {
		found, err := d.db.SessionByDigest(ctx, digest(rest.Bearer(authorization)))
		if err != nil || !d.clock.Now().Before(found.ExpiresAt) {
			return nil, fault.New(fault.Refused, "unauthenticated", "")
		}
		return &rest.Credential{Who: task.Who{Policy: d.pols[found.App], Subject: found.Subject}, Session: found.ID, Lang: rest.LangOf(ctx)}, nil
	}
	s.Open("1")
	Routes(Options{People: service, Export: export.New(d.db, d.vault, d.clock), DB: d.db, AppOf: func(_, app string) (*policy.Policy, bool) {
		return d.pols.InForce(privacy.AppID(app), d.clock.Now())
	}})(s)
	d.handler = s.Handler()
	t.Cleanup(func() { must(t, errors.Join(d.db.Close(), blobs.Close(), ring.Close())) })
	return d
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ask calls a route and returns its status; into may be nil.
func (d *desk) ask(method, path, token, body string, into any) (int, []byte) {
	d.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	raw, err := io.ReadAll(w.Result().Body)
	must(d.t, err)
	if into != nil {
		if err := json.Unmarshal(raw, into); err != nil {
			d.t.Fatalf("%s %s: %d %v: %s", method, path, w.Code, err, raw)
		}
	}
	return w.Code, raw
}

// wants calls a route that must answer with that status, and a refusal with that code.
func (d *desk) wants(status int, code, method, path, token, body string) {
	d.t.Helper()
	got, raw := d.ask(method, path, token, body, nil)
	var p client.Problem
	if code != "" {
		_ = json.Unmarshal(raw, &p) // no problem: its code stays empty
	}
	if got != status || p.Code != code {
		d.t.Errorf("%s %s: %d %s, want %d %s", method, path, got, raw, status, code)
	}
}

// session opens a session and takes it to where data may be handled.
func (d *desk) session(app string) client.Session {
	d.t.Helper()
	var s client.Session
	d.ask("POST", "/v1/sessions", "", `{"app":"`+app+`","platform":"ios","age_band":"over"}`, &s)
	if s.AccessToken == "" {
		d.t.Fatalf("%+v", s)
	}
	if s.Standing == "policy-not-accepted" {
		d.accept(s.AccessToken)
	}
	return s
}

func (d *desk) accept(token string) {
	d.t.Helper()
	var r client.Reading
	d.ask("GET", "/v1/me/acceptance?lang=en", token, "", &r)
	var me client.Me
	d.ask("POST", "/v1/me/acceptance", token, `{"version":"`+r.Version+`","hash":"`+r.Hash+`","decision":"accepted"}`, &me)
	if !r.Required || r.Accepted || len(r.Sections) == 0 || !me.Accepted || me.AcceptedVersion != r.Version || me.Standing != "" {
		d.t.Fatalf("%+v %+v", r, me)
	}
}

func TestWhoeverIsTooYoungGetsNoSession(t *testing.T) {
	d := newDesk(t)
	d.wants(403, "age-not-allowed", "POST", "/v1/sessions", "", `{"app":"pixplus","age_band":"under","device":"d1"}`)
	d.wants(403, "age-not-allowed", "POST", "/v1/sessions", "", `{"app":"pixplus","age_band":"over","device":"d1"}`)
	d.wants(201, "", "POST", "/v1/sessions", "", `{"app":"pixplus","age_band":"over","device":"d2"}`)
	d.wants(401, "unauthenticated", "POST", "/v1/sessions", "", `{"app":"nobody"}`)
	d.wants(422, "validation", "POST", "/v1/sessions", "", `{"app":"pixplus","age_band":"17"}`)
	d.wants(422, "validation", "POST", "/v1/sessions", "", `{"app":"pixplus","birthday":"2014-01-01"}`)
	var s client.Session
	d.ask("POST", "/v1/sessions", "", `{"app":"pixplus"}`, &s)
	if s.Standing != "age-required" {
		t.Errorf("%+v", s)
	}
	d.wants(403, "age-not-allowed", "PUT", "/v1/me/age", s.AccessToken, `{"band":"under"}`)
	d.wants(401, "unauthenticated", "GET", "/v1/me", s.AccessToken, "")
}

func TestUntilEverythingIsSaidOnlyRightsAreOpen(t *testing.T) {
	d := newDesk(t)
	var s client.Session
	d.ask("POST", "/v1/sessions", "", `{"app":"sample"}`, &s)
	for want, next := range map[string]func(){
		"age-required": func() { d.wants(200, "", "PUT", "/v1/me/age", s.AccessToken, `{"band":"over"}`) },
	} {
		d.wants(403, want, "PUT", "/v1/me/permissions", s.AccessToken, `{"camera":"granted"}`)
		d.wants(403, want, "POST", "/v1/account", s.AccessToken, `{"login":"me@example.org","password":"long and odd 47"}`)
		d.wants(200, "", "GET", "/v1/privacy/export?dry_run=true", s.AccessToken, "")
		d.wants(200, "", "PUT", "/v1/me/privacy-settings", s.AccessToken, `{"analytics":true}`)
		next()
	}
	var p client.Problem
	if status, _ := d.ask("PUT", "/v1/me/permissions", s.AccessToken, `{"camera":"granted"}`, &p); status != 403 || p.Code != "policy-not-accepted" || p.Links["policy"] != "/v1/me/acceptance" {
		t.Errorf("%d %+v", status, p)
	}
	d.wants(409, "consent-stale", "POST", "/v1/me/acceptance", s.AccessToken, `{"version":"sample/v1","hash":"sha256:x","decision":"accepted"}`)
	var me client.Me
	d.ask("POST", "/v1/me/acceptance", s.AccessToken, `{"version":"x","hash":"x","decision":"declined"}`, &me)
	if me.Standing != "account-erased" {
		t.Errorf("%+v", me)
	}
	d.wants(401, "unauthenticated", "GET", "/v1/me", s.AccessToken, "")
}

func TestMeShowsWhatTheSettingsPageNeeds(t *testing.T) {
	d := newDesk(t)
	s := d.session("sample")
	d.wants(200, "", "PUT", "/v1/me/permissions?platform=ios", s.AccessToken, `{"camera":"granted"}`)
	d.wants(422, "validation", "PUT", "/v1/me/permissions", s.AccessToken, `{"contacts":"granted"}`)
	d.wants(422, "validation", "PUT", "/v1/me/permissions", s.AccessToken, `{"camera":"perhaps"}`)
	d.wants(200, "", "PUT", "/v1/me/privacy-settings", s.AccessToken, `{"analytics":true}`)
	d.wants(422, "validation", "PUT", "/v1/me/privacy-settings", s.AccessToken, `{"advertising":true}`)
	d.wants(200, "", "PUT", "/v1/me/objections", s.AccessToken, `{"legal_duty":true}`)
	d.wants(200, "", "PATCH", "/v1/me", s.AccessToken, `{"locale":"zh-CN"}`)
	var me client.Me
	d.ask("GET", "/v1/me", s.AccessToken, "", &me)
	if me.UserID != s.Subject || me.ID != s.Subject || me.Membership != "free" || me.AgeBand != "over" || me.Locale != "en" || !me.Switches["analytics"] ||
		me.Permissions["camera"] != "granted" || len(me.Objections) != 1 || me.Restricted || me.Login || me.Standing != "" {
		t.Errorf("%+v", me)
	}
	d.wants(200, "", "PUT", "/v1/me/permissions", s.AccessToken, `{"camera":"denied"}`)
	var settings client.Page[client.Setting]
	var permissions client.Page[client.DevicePermission]
	d.ask("GET", "/v1/me/privacy-settings?lang=zh", s.AccessToken, "", &settings)
	d.ask("GET", "/v1/me/permissions", s.AccessToken, "", &permissions)
	if len(settings.Data) != 2 || !settings.Data[0].On || settings.Data[0].Name != "Analytics" || len(permissions.Data) != 2 || permissions.Data[0].State != "denied" || permissions.Data[0].Help == "" {
		t.Errorf("%+v %+v", settings, permissions)
	}
	d.wants(422, "validation", "PUT", "/v1/me/restriction", s.AccessToken, `{"ground":"mood"}`)
	d.wants(200, "", "PUT", "/v1/me/restriction", s.AccessToken, `{"ground":"accuracy_contested"}`)
	d.wants(423, "processing-restricted", "PUT", "/v1/me/permissions", s.AccessToken, `{"camera":"granted"}`)
	d.wants(200, "", "GET", "/v1/privacy/export", s.AccessToken, "")
	d.wants(200, "", "DELETE", "/v1/me/restriction", s.AccessToken, "")
	d.wants(200, "", "PUT", "/v1/me/permissions", s.AccessToken, `{"camera":"granted"}`)
}

func TestAGuardianOpensTheAppForAMinor(t *testing.T) {
	d := newDesk(t)
	var s client.Session
	d.ask("POST", "/v1/sessions", "", `{"app":"aifitting","age_band":"under"}`, &s)
	if s.Standing != "guardian-required" {
		t.Fatalf("%+v", s)
	}
	d.wants(422, "validation", "POST", "/v1/me/guardian", s.AccessToken, `{}`)
	var asked client.GuardianState
	d.ask("POST", "/v1/me/guardian", s.AccessToken, `{"email":"parent@example.org"}`, &asked)
	var r client.GuardianRequest
	d.ask("GET", "/v1/guardian/"+asked.Link+"?lang=zh-CN", "", "", &r)
	if asked.State != "asked" || !strings.HasSuffix(asked.URL, "/g/"+asked.Link) || r.App != "aifitting" || !strings.Contains(r.Statement, "监护人") || r.PolicyURL != "/aifitting/policy" {
		t.Fatalf("%+v %+v", asked, r)
	}
	answer := `{"email":"parent@example.org","decision":"agreed","hash":"` + r.Hash + `"}`
	d.wants(403, "guardian-required", "POST", "/v1/guardian/"+asked.Link, "", strings.Replace(answer, "parent", "child", 1))
	var code client.GuardianAnswer
	d.ask("POST", "/v1/guardian/"+asked.Link, "", answer, &code)
	d.wants(403, "guardian-required", "PUT", "/v1/me/permissions", s.AccessToken, `{"camera":"granted"}`)
	var state client.GuardianState
	d.ask("POST", "/v1/me/guardian", s.AccessToken, `{"code":"`+code.Code+`"}`, &state)
	if state.State != "confirmed" || len(code.Code) != 8 {
		t.Errorf("%+v %+v", state, code)
	}
	d.accept(s.AccessToken)
	d.wants(200, "", "POST", "/v1/guardian/"+asked.Link, "", `{"email":"parent@example.org","decision":"declined"}`)
	d.wants(401, "unauthenticated", "GET", "/v1/me", s.AccessToken, "")
	d.wants(404, "not-found", "GET", "/v1/guardian/"+asked.Link, "", "")
}

// work stores a picture of a person.
func (d *desk) work(s client.Session, app privacy.AppID) string {
	d.t.Helper()
	pol := d.pols[app]
	deadline, err := retention.Ceiling(pol, "generated_image", d.clock.Now())
	must(d.t, err)
	o := store.Object{Storage: pol.StorageOf("generated_image"), WrittenAt: d.clock.Now(), Orientation: 1, Task: "tsk_1", Role: "result"}
	o.Ref, err = d.vault.Put(d.t.Context(), vault.Spec{
		App: app, Subject: privacy.SubjectID(s.Subject), Object: privacy.ObjectID(privacy.NewID(privacy.PrefixOutput)), Category: "generated_image", MediaType: "image/png",
		Storage: o.Storage, PolicyHash: pol.Hash(),
	}, deadline, strings.NewReader("the picture"))
	must(d.t, err)
	must(d.t, d.db.Write(d.t.Context(), func(tx *store.Tx) error { return tx.InsertObject(d.t.Context(), o, deadline, retention.Deadline{}) }))
	return string(o.Object)
}

func TestASharedWorkIsAPageForWhoeverHasTheLinkUntilItEnds(t *testing.T) {
	d := newDesk(t)
	s := d.session("sample")
	id := d.work(s, "sample")
	var link client.Share
	if status, raw := d.ask("POST", "/v1/outputs/"+id+"/share", s.AccessToken, "", &link); status != 201 || link.Clock.DeleteAt == nil {
		t.Fatalf("%d %s", status, raw)
	}
	status, page := d.ask("GET", "/s/"+link.Token, "", "", nil)
	if status != 200 || !strings.Contains(string(page), `src="/s/`+link.Token+`/content"`) || !strings.Contains(string(page), "AI-generated") || strings.Contains(string(page), s.Subject) || strings.Contains(string(page), "<script") {
		t.Errorf("%d %s", status, page)
	}
	if status, content := d.ask("GET", "/s/"+link.Token+"/content", "", "", nil); status != 200 || string(content) != "the picture" {
		t.Errorf("%d %s", status, content)
	}
	d.wants(404, "not-found", "GET", "/s/AAAA", "", "")
	d.wants(404, "not-found", "POST", "/v1/outputs/"+id+"/share", d.session("sample").AccessToken, "")
	d.wants(204, "", "DELETE", "/v1/outputs/"+id+"/share", s.AccessToken, "")
	d.wants(410, "share-ended", "GET", "/s/"+link.Token, "", "")
	d.wants(410, "share-ended", "GET", "/s/"+link.Token+"/content", "", "")
}

func TestAMarkIsSetAndTakenAway(t *testing.T) {
	d := newDesk(t)
	s := d.session("aifitting")
	id := d.work(s, "aifitting")
	for range 2 {
		d.wants(204, "", "PUT", "/v1/outputs/"+id+"/favorite", s.AccessToken, "")
	}
	d.wants(404, "not-found", "PUT", "/v1/outputs/"+id+"/favorite", d.session("aifitting").AccessToken, "")
	d.wants(204, "", "DELETE", "/v1/outputs/"+id+"/favorite", s.AccessToken, "")
	d.wants(404, "feature-unavailable", "PUT", "/v1/outputs/"+id+"/favorite", d.session("pixplus").AccessToken, "")
}

func TestTheCopyIsAFileWhoseSizeIsToldFirst(t *testing.T) {
	d := newDesk(t)
	s := d.session("sample")
	id := d.work(s, "sample")
	var size client.ExportSize
	d.ask("GET", "/v1/privacy/export?dry_run=true", s.AccessToken, "", &size)
	if size.Files != 1 || size.Bytes != int64(len("the picture")) || size.Rows == 0 {
		t.Errorf("%+v", size)
	}
	if status, raw := d.ask("HEAD", "/v1/privacy/export", s.AccessToken, "", nil); status != 200 || len(raw) != 0 {
		t.Errorf("%d %d bytes", status, len(raw))
	}
	_, raw := d.ask("GET", "/v1/privacy/export", s.AccessToken, "", nil)
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	must(t, err)
	names := map[string]bool{}
	for _, f := range z.File {
		names[f.Name] = true
	}
	if !names["data.json"] || !names["index.html"] || !names["files/"+id+".png"] {
		t.Errorf("%v", names)
	}
	if status, raw := d.ask("GET", "/v1/privacy/export/schema", "", "", nil); status != 200 || !bytes.Equal(raw, export.Schema()) {
		t.Errorf("%d %s", status, raw)
	}
	d.wants(401, "unauthenticated", "GET", "/v1/privacy/export", "", "")
}

func TestAGuardiansPageWorksWithoutScripts(t *testing.T) {
	d := newDesk(t)
	var s client.Session
	d.ask("POST", "/v1/sessions", "", `{"app":"aifitting","age_band":"under"}`, &s)
	var asked client.GuardianState
	d.ask("POST", "/v1/me/guardian", s.AccessToken, `{"email":"parent@example.org"}`, &asked)
	path := "/g/" + asked.Link
	status, page := d.ask("GET", path, "", "", nil)
	hash := regexp.MustCompile(`name="hash" value="([^"]+)"`).FindStringSubmatch(string(page))
	if status != 200 || hash == nil || strings.Contains(string(page), "<script") || strings.Contains(string(page), "checked") {
		t.Fatalf("%d %s", status, page)
	}
	answer := func(values url.Values) string {
		r := httptest.NewRequest("POST", path+"?lang=zh", strings.NewReader(values.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		d.handler.ServeHTTP(w, r)
		return w.Body.String()
	}
	if got := answer(url.Values{"email": {"child@example.org"}, "hash": {hash[1]}, "decision": {"agreed"}}); !strings.Contains(got, `role="alert"`) || strings.Contains(got, "child@") {
		t.Error(got)
	}
	code := regexp.MustCompile(`<strong>(\d{8})</strong>`).FindStringSubmatch(answer(url.Values{"email": {"parent@example.org"}, "hash": {hash[1]}, "decision": {"agreed"}}))
	if code == nil {
		t.Fatal("no code")
	}
	d.wants(200, "", "POST", "/v1/me/guardian", s.AccessToken, `{"code":"`+code[1]+`"}`)
	if got := answer(url.Values{"email": {"parent@example.org"}, "decision": {"declined"}}); !strings.Contains(got, "已删除") {
		t.Error(got)
	}
	d.wants(401, "unauthenticated", "GET", "/v1/me", s.AccessToken, "")
	if status, _ := d.ask("GET", path, "", "", nil); status != 404 {
		t.Errorf("the link of an erased account: %d", status)
	}
}
