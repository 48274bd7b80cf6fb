package api

import (
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"vow.example/vow/client"
	apipeople "vow.example/vow/internal/api/people"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/people"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
)

// bare is the API without a pipeline behind it: what can be answered from policies and an empty database.
func bare(t *testing.T) http.Handler {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "vow.db"), [64]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	var root [32]byte
	_, _ = rand.Read(root[:])
	ring, err := keyring.Open(filepath.Join(t.TempDir(), "keyring.bin"), keyring.RootFromBytes(root))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = db.Close(), ring.Close() })
	policies, digest := book.Fixed{"pixplus": policytest.PixPlus(t), "aifitting": policytest.AIFitting(t)}, func(token string) []byte { return []byte(token) }
	routes := apipeople.Routes(apipeople.Options{
		People: people.New(people.Options{DB: db, Ring: ring, Clock: clock.Real{}, Policies: policies, Digest: digest}), DB: db,
		AppOf: func(_, app string) (*policy.Policy, bool) {
			return policies.InForce(privacy.AppID(app), clock.Real{}.Now())
		},
	})
	h, err := New(Options{
		DB: db, Digest: digest, Policies: policies,
		Order: []privacy.AppID{"pixplus", "aifitting"}, Keys: map[string]privacy.AppID{"pk_test_pixplus": "pixplus", "pk_test_aifitting": "aifitting"},
		PublicURL: "http://127.0.0.1:8420", Clock: clock.Real{}, Demo: &Demo{Clock: clock.NewFast(1)}, Groups: []func(*rest.Server){routes},
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func ask(t *testing.T, h http.Handler, method, path, token, body string, into any) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	res := w.Result()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if into != nil {
		if err := json.Unmarshal(raw, into); err != nil {
			t.Fatalf("%s %s: %v: %s", method, path, err, raw)
		}
	}
	return res
}

// operation is the part of the OpenAPI document that these tests look at.
type operation struct {
	ID        string                `json:"operationId"`
	Summary   string                `json:"summary"`
	Security  []map[string][]string `json:"security"`
	Responses map[string]struct {
		Content map[string]any `json:"content"`
	} `json:"responses"`
}

func document(t *testing.T) (paths map[string]map[string]operation, raw map[string]any) {
	t.Helper()
	h := bare(t)
	var doc struct {
		OpenAPI string                          `json:"openapi"`
		Paths   map[string]map[string]operation `json:"paths"`
	}
	ask(t, h, "GET", "/openapi.json", "", "", &doc)
	ask(t, h, "GET", "/openapi.json", "", "", &raw)
	if doc.OpenAPI != "3.1.0" {
		t.Errorf("version %s", doc.OpenAPI)
	}
	return doc.Paths, raw
}

func TestTheDocumentNamesEveryRouteAndSaysThatErrorsAreProblems(t *testing.T) {
	paths, _ := document(t)
	for path, methods := range map[string]string{
		"/healthz": "get", "/v1/apps": "get", "/v1/apps/{app}": "get", "/v1/apps/{app}/policy": "get", "/v1/sessions": "post", "/v1/sessions/current": "delete",
		"/v1/me": "get delete", "/v1/features": "get", "/v1/features/{id}": "get", "/v1/features/{id}/disclosure": "get", "/v1/consents": "get post",
		"/v1/consents/{id}": "delete", "/v1/uploads": "post", "/v1/uploads/{id}": "get delete", "/v1/tasks": "get post", "/v1/tasks/{id}": "get delete",
		"/v1/tasks/{id}/cancel": "post", "/v1/tasks/{id}/confirm": "post", "/v1/tasks/{id}/events": "get", "/v1/outputs": "get", "/v1/outputs/{id}": "get delete",
		"/v1/outputs/{id}/content": "get", "/v1/privacy/holdings": "get", "/v1/privacy/transfers": "get", "/v1/privacy/receipts": "get",
		"/v1/privacy/requests": "post", "/v1/receipts/{id}": "get", "/demo/clock": "get post", "/demo/recipients": "get", "/demo/recipients/{id}/received": "get", "/demo/recipients/{id}/seen": "post",
	} {
		for _, m := range strings.Fields(methods) {
			o, ok := paths[path][m]
			if !ok || o.ID == "" || o.Summary == "" {
				t.Errorf("%s %s is not documented", m, path)
			}
			if _, ok := o.Responses["default"].Content["application/problem+json"]; !ok {
				t.Errorf("%s %s does not document its problems", m, path)
			}
			open := strings.HasPrefix(path, "/demo") || strings.HasPrefix(path, "/v1/apps") || path == "/healthz" || path == "/v1/sessions" || path == "/v1/receipts/{id}"
			if open == (len(o.Security) > 0) {
				t.Errorf("%s %s: security %v", m, path, o.Security)
			}
		}
	}
}

func TestTheDocumentHasNoNullAndNoListOfTypes(t *testing.T) {
	_, raw := document(t)
	var walk func(at string, v any)
	walk = func(at string, v any) {
		switch v := v.(type) {
		case map[string]any:
			if _, list := v["type"].([]any); list {
				t.Errorf("%s has a list of types", at)
			}
			if strings.ContainsAny(at[strings.LastIndex(at, "/")+1:], " {\"") && strings.HasPrefix(at, "/components") {
				t.Errorf("%s is no name", at)
			}
			for k, x := range v {
				walk(at+"/"+strings.ReplaceAll(k, "/", "~1"), x)
			}
		case []any:
			for _, x := range v {
				walk(at, x)
			}
		}
	}
	walk("", raw)
}

func TestARequestThatBreaksARuleIsToldFieldAndRuleAndNeverItsValue(t *testing.T) {
	h := bare(t)
	for body, pointer := range map[string]string{
		`{"app":"pixplus","canary-7f3a":1}`:            "/canary-7f3a",
		`{"app_key":123}`:                              "/app_key",
		`{"locale":"` + strings.Repeat("x", 99) + `"}`: "/locale",
		`{"app":`: "",
		`[]`:      "",
	} {
		var p client.Problem
		res := ask(t, h, "POST", "/v1/sessions", "", body, &p)
		if res.StatusCode/100 != 4 || p.Code != "validation" || len(p.Errors) == 0 || p.Errors[0].Pointer != pointer {
			t.Errorf("%.30s: %d %+v", body, res.StatusCode, p)
		}
		raw, _ := json.Marshal(p)
		if strings.Contains(string(raw), "xxxx") || strings.Contains(string(raw), "123") && pointer == "/app_key" && !strings.Contains(p.RequestID, "123") {
			t.Errorf("the value comes back: %s", raw)
		}
		if res.Header.Get("Content-Type") != "application/problem+json" || p.RequestID == "" || p.RequestID != res.Header.Get("Request-Id") {
			t.Errorf("%.30s: %s, request %q", body, res.Header.Get("Content-Type"), p.RequestID)
		}
	}
}

func TestWithoutASessionNothingPersonalIsAnswered(t *testing.T) {
	paths, _ := document(t)
	h := bare(t)
	for path, ops := range paths {
		for method, o := range ops {
			if len(o.Security) == 0 {
				continue
			}
			var p client.Problem
			res := ask(t, h, strings.ToUpper(method), strings.NewReplacer("{id}", "x", "{app}", "pixplus").Replace(path), "", "", &p)
			if res.StatusCode != http.StatusUnauthorized || p.Code != "unauthenticated" {
				t.Errorf("%s %s: %d %s", method, path, res.StatusCode, p.Code)
			}
		}
	}
}

func TestAnAppKeyReadsWhatTheAppOffersAndNothingElse(t *testing.T) {
	h := bare(t)
	var features client.Page[client.Feature]
	if res := ask(t, h, "GET", "/v1/features?lang=zh-CN", "pk_test_pixplus", "", &features); res.StatusCode != 200 || len(features.Data) != 7 {
		t.Fatalf("%d, %d features", res.StatusCode, len(features.Data))
	}
	var d client.Disclosure
	ask(t, h, "GET", "/v1/features/avatar/disclosure?lang=zh", "pk_test_pixplus", "", &d)
	if d.Language != "zh-Hans" || d.AcceptLabel != "同意并继续" || d.Who[0].ID != "runninghub" || d.Scope != "single_job" {
		t.Errorf("%+v", d)
	}
	for _, path := range []string{"/v1/me", "/v1/tasks", "/v1/privacy/holdings", "/v1/consents"} {
		if res := ask(t, h, "GET", path, "pk_test_pixplus", "", nil); res.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	var p client.Problem
	if res := ask(t, h, "GET", "/v1/features/face_swap", "pk_test_pixplus", "", &p); res.StatusCode != 404 || p.Code != "feature-unavailable" {
		t.Errorf("%d %s", res.StatusCode, p.Code)
	}
}

func TestADemoClockMovesForwardOnly(t *testing.T) {
	h := bare(t)
	for _, bad := range []string{"-PT1H", "tomorrow", "P"} {
		var p client.Problem
		if res := ask(t, h, "POST", "/demo/clock", "", `{"advance":"`+bad+`"}`, &p); res.StatusCode != 422 || p.Errors[0].Pointer != "/advance" {
			t.Errorf("%q: %d %+v", bad, res.StatusCode, p)
		}
	}
}
