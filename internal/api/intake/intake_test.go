package intake

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
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
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/intake"
	"vow.example/vow/internal/intake/bound"
	"vow.example/vow/internal/intake/device"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	people "vow.example/vow/internal/store/people"
	"vow.example/vow/internal/task"
)

// world is the group on real parts: a session is the subject's own name. Tests that use it are not parallel:
// huma keeps how it speaks of errors for the whole process.
type world struct {
	t       *testing.T
	clock   *clock.Adjustable
	db      *store.DB
	vault   *vault.Vault
	handler http.Handler
	logged  bytes.Buffer
}

const app = privacy.AppID("collector")

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, clock: clock.NewFake(time.Date(2026, 11, 21, 14, 10, 0, 0, time.UTC))}
	dir := t.TempDir()
	var root [32]byte
	_, _ = rand.Read(root[:])
	ring, err := keyring.Open(filepath.Join(dir, "keyring.bin"), keyring.RootFromBytes(root))
	must(t, err)
	w.db, err = store.Open(t.Context(), filepath.Join(dir, "vow.db"), [64]byte{1})
	must(t, err)
	blobs, err := blob.NewFile(filepath.Join(dir, "objects"))
	must(t, err)
	pol := policytest.Load(t, policytest.Collection())
	policies := book.Fixed{app: pol}
	w.vault = vault.New(ring, blobs, w.clock, 1<<20)
	eraser := erasure.New(erasure.Options{DB: w.db, Vault: w.vault, Ring: ring, Clock: w.clock, Log: log.Logger{}, Policies: policies})
	service := intake.New(intake.Options{
		DB: w.db, Vault: w.vault, Ring: ring, Eraser: eraser, Policies: policies, Clock: w.clock, Secret: func(privacy.AppID, string) []byte { return []byte("whsec") },
	})
	s := &rest.Server{
		Base: "https://vow.example", Log: log.New(&w.logged),
		SessionOf: func(_ context.Context, authorization string) (*rest.Credential, error) {
			id := rest.Bearer(authorization)
			if !privacy.HasPrefix(id, privacy.PrefixSubject) {
				return nil, fault.New(fault.Refused, "unauthenticated", "Start a session first.")
			}
			return &rest.Credential{Who: task.Who{Policy: pol, Subject: privacy.SubjectID(id)}, Lang: "en"}, nil
		},
		VisitorOf: func(_ context.Context, authorization string) *rest.Credential {
			if rest.Bearer(authorization) != "pk_collector" {
				return nil
			}
			return &rest.Credential{Who: task.Who{Policy: pol}, Lang: "en"}
		},
		Standing: func(_ context.Context, who task.Who) error {
			if p, err := people.ProfileOf(context.Background(), w.db.App(app), who.Subject, w.clock.Now()); err == nil && p.Restriction != "" {
				return fault.New(fault.Refused, "processing-restricted", "Restricted.")
			}
			return nil
		},
	}
	s.Open("1")
	Routes(s, Options{
		Intake: service, Devices: &device.Service{DB: w.db, Eraser: eraser, Clock: w.clock}, Policies: policies, Now: w.clock.Now, Apps: []privacy.AppID{app},
		Pending: func(context.Context, task.Who) ([]string, error) { return []string{"ntc_1"}, nil },
	})
	w.handler = s.Handler()
	t.Cleanup(func() { must(t, errors.Join(w.db.Close(), blobs.Close(), ring.Close())) })
	return w
}

func (w *world) person() privacy.SubjectID {
	w.t.Helper()
	id := privacy.SubjectID(privacy.NewID(privacy.PrefixSubject))
	s := store.Subject{ID: id, Locale: "en", CreatedAt: w.clock.Now(), ExpiresAt: w.clock.Now().AddDate(0, 6, 0)}
	must(w.t, w.db.Write(w.t.Context(), func(tx *store.Tx) error { return tx.InsertSubject(w.t.Context(), app, s) }))
	return id
}

func (w *world) chooses(s privacy.SubjectID, p people.Profile) {
	w.t.Helper()
	must(w.t, w.db.Write(w.t.Context(), func(tx *store.Tx) error {
		return people.PutProfile(w.t.Context(), tx, people.Owner{App: app, Subject: s, Now: w.clock.Now()}, p)
	}))
}

// ask sends a request and returns the status and the code of the problem.
func (w *world) ask(token, method, path, body string, into any) (status int, code string) {
	w.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.RemoteAddr = "203.0.113.77:4711"
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Forwarded-For", "198.51.100.9")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return w.send(r, into)
}

func (w *world) send(r *http.Request, into any) (status int, code string) {
	w.t.Helper()
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	var p client.Problem
	if rec.Code >= http.StatusBadRequest {
		must(w.t, json.Unmarshal(rec.Body.Bytes(), &p))
	} else if into != nil {
		if err := json.Unmarshal(rec.Body.Bytes(), into); err != nil {
			w.t.Fatalf("%s: %v: %s", r.URL, err, rec.Body)
		}
	}
	return rec.Code, p.Code
}

func TestEveryRouteAnswersWithItsStatus(t *testing.T) {
	w := newWorld(t)
	me := string(w.person())
	const open = `"platform":"android","app_state":"foreground"`
	for _, tt := range []struct {
		token, method, path, body string
		status                    int
		code                      string
	}{
		{me, "POST", "/v1/telemetry", `{` + open + `,"schema":"device","data":{"device_model":"Pixel-8"}}`, 202, ""},
		{me, "POST", "/v1/telemetry", `{` + open + `,"schema":"device","data":{"mood":"x"}}`, 422, "field-not-allowed"},
		{me, "POST", "/v1/telemetry", `{` + open + `,"schema":"device","data":{"gps":"x"}}`, 422, "category-not-allowed"},
		{me, "POST", "/v1/telemetry", `{` + open + `,"schema":"device","data":{"carrier":"x"}}`, 409, "permission-required"},
		{me, "POST", "/v1/telemetry", `{` + open + `,"data":{"signal":"` + strings.Repeat("a", 70000) + `"}}`, 413, "media-too-large"},
		{"", "POST", "/v1/telemetry", `{` + open + `}`, 401, "unauthenticated"},
		{"pk_collector", "POST", "/v1/telemetry", `{` + open + `}`, 401, "unauthenticated"},
		{me, "POST", "/v1/events", `{` + open + `,"events":[{"name":"app_opened","at":"2026-11-21T14:10:00Z"}]}`, 202, ""},
		{me, "POST", "/v1/crash-reports", `{` + open + `,"data":{"signal":"SIGSEGV"}}`, 202, ""},
		{me, "POST", "/v1/login-risk", `{"platform":"android","data":{"imei":"490154203237518"}}`, 200, ""},
		{me, "POST", "/v1/feedback", `{"platform":"web","text":"nice"}`, 202, ""},
		{me, "POST", "/v1/surveys/spring", `{"platform":"web","data":{"likes":"films"}}`, 202, ""},
		{me, "POST", "/v1/surveys/none", `{"platform":"web"}`, 404, "feature-unavailable"},
		{me, "GET", "/v1/share-targets?platform=ios", "", 200, ""},
		{me, "GET", "/v1/share-targets", "", 422, "validation"},
		{me, "POST", "/v1/share-targets", `{"platform":"ios","targets":{"qq":true}}`, 409, "permission-required"},
		{me, "POST", "/v1/devices", `{"platform":"ios"}`, 201, ""},
		{me, "PUT", "/v1/devices", `{"platform":"ios"}`, 200, ""},
		{me, "POST", "/v1/devices", `{"platform":"symbian"}`, 422, "validation"},
		{me, "DELETE", "/v1/devices/dev_none", "", 404, "not-found"},
		{me, "GET", "/v1/support/thr_none", "", 404, "not-found"},
		{me, "POST", "/v1/inbound/nobody", `{}`, 404, "not-found"},
		{"", "POST", "/v1/inbound/firebase", `{}`, 401, "unauthenticated"},
	} {
		if status, code := w.ask(tt.token, tt.method, tt.path, tt.body, nil); status != tt.status || code != tt.code {
			t.Errorf("%s %s %.60s: %d %s, want %d %s", tt.method, tt.path, tt.body, status, code, tt.status, tt.code)
		}
	}
}

func TestTheAddressIsTheOneThatTheServerSees(t *testing.T) {
	w := newWorld(t)
	me := w.person()
	var got client.Accepted
	if status, _ := w.ask(string(me), "POST", "/v1/telemetry", `{"platform":"web","app_state":"foreground","schema":"device"}`, &got); status != 202 || got.Accepted != 1 {
		t.Fatalf("%d %+v", status, got)
	}
	list, err := w.db.App(app).Objects(t.Context(), me)
	must(t, err)
	lease, err := w.vault.Lend(t.Context(), list[0].Ref, list[0].Due(), vault.Reading{Why: vault.ForSubject})
	must(t, err)
	in, err := lease.Open()
	must(t, err)
	var r intake.Record
	must(t, errors.Join(json.NewDecoder(in).Decode(&r), in.Close()))
	if r.Network["ip_address"] != "203.0.113.0/24" {
		t.Errorf("a header decides the address: %v", r.Network["ip_address"])
	}
}

func TestAnAdvertisingIDIsRefusedWhereverItIsAndLeavesNoTraceInTheLog(t *testing.T) {
	w := newWorld(t)
	me := string(w.person())
	const id = "38400000-8cf0-11bd-b23e-10b96e40000d"
	const body = `{"platform":"ios","app_state":"foreground","schema":"device","data":{"device_model":"iPhone15,3"}}`
	for name, change := range map[string]func(*http.Request) *http.Request{
		"in the address": func(r *http.Request) *http.Request { r.URL.RawQuery = "idfa=" + id; return r },
		"in a header":    func(r *http.Request) *http.Request { r.Header.Set("X-IDFA", id); return r },
		"in the body": func(*http.Request) *http.Request {
			return httptest.NewRequest("POST", "/v1/telemetry", strings.NewReader(strings.Replace(body, `"device_model":"iPhone15,3"`, `"idfa":"`+id+`"`, 1)))
		},
	} {
		r := change(httptest.NewRequest("POST", "/v1/telemetry", strings.NewReader(body)))
		r.Header.Set("Authorization", "Bearer "+me)
		if status, code := w.send(r, nil); status != 422 || code != "category-not-allowed" {
			t.Errorf("%s: %d %s", name, status, code)
		}
	}
	if strings.Contains(w.logged.String(), id) || strings.Contains(strings.ToLower(w.logged.String()), "idfa") {
		t.Errorf("logged: %s", w.logged.String())
	}
	var rows int
	must(t, w.db.Everywhere().QueryRowContext(t.Context(), `SELECT count(*) FROM objects`).Scan(&rows))
	if rows != 0 {
		t.Errorf("%d objects", rows)
	}
}

func TestSupportIsWrittenReadAndClosedOverTheAPI(t *testing.T) {
	w := newWorld(t)
	me, other := w.person(), w.person()
	w.chooses(me, people.Profile{Restriction: "accuracy_contested", RestrictedAt: w.clock.Now()}) // who is shut out may ask why
	if status, code := w.ask(string(me), "POST", "/v1/crash-reports", `{"platform":"web","app_state":"foreground","data":{"signal":"X"}}`, nil); status == 202 || code != "processing-restricted" {
		t.Errorf("a restricted person is collected from: %d %s", status, code)
	}
	var first, second client.SupportThread
	if status, _ := w.ask(string(me), "POST", "/v1/support", `{"platform":"web","text":"Why?","email":"anna@example.com","data":{"topic":"bug"}}`, &first); status != 201 || first.State != "open" {
		t.Fatalf("%d %+v", status, first)
	}
	w.clock.Advance(time.Minute)
	w.ask(string(me), "POST", "/v1/support/"+first.ID+"/messages", `{"platform":"web","text":"Hello?"}`, nil)
	w.ask(string(me), "POST", "/v1/support", `{"platform":"web","text":"Another"}`, &second)
	if status, _ := w.ask(string(me), "GET", "/v1/support/"+first.ID, "", &first); status != 200 || len(first.Messages) != 2 || first.Messages[0].Text != "Why?" ||
		first.Messages[0].Email != "anna@example.com" || first.Messages[0].Data["topic"] != "bug" || first.Messages[1].Author != "subject" {
		t.Errorf("%d %+v", status, first)
	}
	var page client.Page[client.SupportThread]
	if w.ask(string(me), "GET", "/v1/support?limit=1", "", &page); len(page.Data) != 1 || page.Data[0].ID != second.ID || !page.HasMore {
		t.Errorf("%+v", page)
	}
	if w.ask(string(me), "GET", "/v1/support?cursor="+page.NextCursor, "", &page); len(page.Data) != 1 || page.Data[0].ID != first.ID {
		t.Errorf("%+v", page)
	}
	if status, code := w.ask(string(other), "GET", "/v1/support/"+first.ID, "", nil); status != 404 || code != "not-found" {
		t.Errorf("somebody else: %d %s", status, code)
	}
	if status, _ := w.ask(string(me), "POST", "/v1/support/"+first.ID+"/close", "", &first); status != 200 || first.State != "closed" || !first.DeleteBy.Equal(w.clock.Now().AddDate(0, 0, 30)) {
		t.Errorf("%d %+v", status, first)
	}
	if status, code := w.ask(string(me), "POST", "/v1/support/"+first.ID+"/messages", `{"platform":"web","text":"More"}`, nil); status != 409 || code != "conflict" {
		t.Errorf("%d %s", status, code)
	}
}

func TestADeviceIsNamedRenewedAndForgotten(t *testing.T) {
	w := newWorld(t)
	me := string(w.person())
	var first, again client.Device
	w.ask(me, "POST", "/v1/devices", `{"platform":"ios"}`, &first)
	w.ask(me, "PUT", "/v1/devices", `{"platform":"ios","id":"`+first.ID+`"}`, &again)
	if first.ID == "" || again.ID != first.ID || !first.DeleteAt.Equal(w.clock.Now().AddDate(0, 0, 30)) {
		t.Errorf("%+v, %+v", first, again)
	}
	if status, _ := w.ask(me, "DELETE", "/v1/devices/"+first.ID, "", nil); status != 204 {
		t.Error(status)
	}
	if w.ask(me, "PUT", "/v1/devices", `{"platform":"ios","id":"`+first.ID+`"}`, &again); again.ID == first.ID {
		t.Error("a forgotten name comes back")
	}
}

func TestAVendorSendsIn(t *testing.T) {
	w := newWorld(t)
	me := string(w.person())
	body := `{"subject":"` + me + `","data":{"signal":"SIGSEGV"}}`
	var said client.Accepted
	deliver := func(path, body, signed string) (int, string) {
		at := strconv.FormatInt(w.clock.Now().Unix(), 10)
		r := httptest.NewRequest("POST", path, strings.NewReader(body))
		r.Header.Set("Vow-Timestamp", at)
		r.Header.Set("Vow-Signature", bound.Sign([]byte("whsec"), at, []byte(signed)))
		said = client.Accepted{}
		return w.send(r, &said)
	}
	nobodys := strings.Replace(body, me, privacy.NewID(privacy.PrefixSubject), 1)
	for _, sent := range []string{body, nobodys} { // the answer tells nobody who is here
		if status, code := deliver("/v1/inbound/firebase", sent, sent); status != 202 || said.Accepted != 1 {
			t.Errorf("%d %s %+v", status, code, said)
		}
	}
	if status, code := deliver("/v1/inbound/firebase?app=collector", body, "other"); status != 401 || code != "unauthenticated" {
		t.Errorf("%d %s", status, code)
	}
	extra := strings.Replace(body, `"signal"`, `"device_id":"x","signal"`, 1)
	if status, code := deliver("/v1/inbound/firebase", extra, extra); status != 422 || code != "field-not-allowed" {
		t.Errorf("%d %s", status, code)
	}
}
