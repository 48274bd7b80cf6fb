package rest

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/policytest"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/task"
)

// seen is what a handler was told about its request.
type seen struct {
	Subject string `json:"subject"`
	Staff   string `json:"staff"`
	Lang    string `json:"lang"`
	Request string `json:"request"`
}

func look(ctx context.Context, _ *struct{}) (*Answer[seen], error) {
	out := seen{Lang: string(LangOf(ctx)), Request: RequestOf(ctx)}
	if who := WhoOf(ctx); who != nil {
		out.Subject = string(who.Subject) + "@" + string(who.App())
	}
	if s := StaffOf(ctx); s != nil {
		out.Staff = string(s.ID)
	}
	return Reply(out)
}

type measured struct {
	Body struct {
		Size int `json:"size" maximum:"9"`
	}
}

// counter is a server with one operation of every kind of credential. Tests that use it are not
// parallel: huma keeps how it speaks of errors for the whole process.
func counter(t *testing.T, staff func(context.Context, string) (*Staff, error)) http.Handler {
	t.Helper()
	pol := policytest.PixPlus(t)
	s := &Server{
		Base: "https://vow.example", StaffOf: staff,
		SessionOf: func(_ context.Context, authorization string) (*Credential, error) {
			if Bearer(authorization) != "at_me" {
				return nil, fault.New(fault.Refused, "unauthenticated", "Start a session first.")
			}
			return &Credential{Who: task.Who{Policy: pol, Subject: "sub_me"}}, nil
		},
		VisitorOf: func(_ context.Context, authorization string) *Credential {
			if Bearer(authorization) != "pk_app" {
				return nil
			}
			return &Credential{Who: task.Who{Policy: pol}}
		},
	}
	s.Open("1")
	Register(s, Op{Method: "GET", Path: "/open", ID: "open", Summary: "Open", Open: true}, look)
	Register(s, Op{Method: "GET", Path: "/mine", ID: "mine", Summary: "Mine"}, look)
	Register(s, Op{Method: "GET", Path: "/offer", ID: "offer", Summary: "Offer", AppKey: true}, look)
	Register(s, Op{Method: "PUT", Path: "/desk", ID: "desk", Summary: "Desk", Staff: true}, look)
	Register(s, Op{Method: "POST", Path: "/size", ID: "size", Summary: "Size", Open: true}, func(_ context.Context, in *measured) (*Answer[int], error) {
		if in.Body.Size == 0 {
			return nil, context.DeadlineExceeded
		}
		return Reply(in.Body.Size)
	})
	return s.Handler()
}

func desk(_ context.Context, authorization string) (*Staff, error) {
	if Bearer(authorization) != "st_anna" {
		return nil, fault.New(fault.Refused, "unauthenticated", "Nobody of the staff has this credential.")
	}
	return &Staff{ID: "stf_anna", Role: "reviewer"}, nil
}

func ask(t *testing.T, h http.Handler, method, path, token, body string, into any) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "bearer "+token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
		t.Fatalf("%s %s: %v: %s", method, path, err, w.Body)
	}
	return w.Result()
}

func TestEveryOperationTakesItsOwnCredentialAndNoOther(t *testing.T) {
	h := counter(t, desk)
	for _, c := range []struct {
		method, path, token string
		subject, staff      string
		denied              bool
	}{
		{method: "GET", path: "/open"},
		{method: "GET", path: "/open", token: "at_me"},
		{method: "GET", path: "/mine", token: "at_me", subject: "sub_me@pixplus"},
		{method: "GET", path: "/mine", denied: true},
		{method: "GET", path: "/mine", token: "pk_app", denied: true},
		{method: "GET", path: "/mine", token: "st_anna", denied: true},
		{method: "GET", path: "/offer", token: "pk_app", subject: "@pixplus"},
		{method: "GET", path: "/offer", token: "at_me", subject: "sub_me@pixplus"},
		{method: "GET", path: "/offer", token: "st_anna", denied: true},
		{method: "PUT", path: "/desk", token: "st_anna", staff: "stf_anna"},
		{method: "PUT", path: "/desk", token: "at_me", denied: true},
		{method: "PUT", path: "/desk", token: "pk_app", denied: true},
		{method: "PUT", path: "/desk", denied: true},
	} {
		var got struct {
			seen
			client.Problem
		}
		res := ask(t, h, c.method, c.path, c.token, "", &got)
		if c.denied {
			if res.StatusCode != http.StatusUnauthorized || got.Code != "unauthenticated" || res.Header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%s with %q: %d %s", c.path, c.token, res.StatusCode, got.Code)
			}
			continue
		}
		if res.StatusCode != http.StatusOK || got.Subject != c.subject || got.Staff != c.staff {
			t.Errorf("%s with %q: %d %+v", c.path, c.token, res.StatusCode, got.seen)
		}
	}
}

func TestWithoutStaffTheirOperationsAreClosedToEverybody(t *testing.T) {
	h := counter(t, nil)
	for _, token := range []string{"", "at_me", "pk_app", "st_anna"} {
		var p client.Problem
		if res := ask(t, h, "PUT", "/desk", token, "", &p); res.StatusCode != http.StatusUnauthorized || p.Code != "unauthenticated" {
			t.Errorf("%q: %d %s", token, res.StatusCode, p.Code)
		}
	}
}

func TestTheDocumentSaysWhichCredentialAnOperationTakes(t *testing.T) {
	h := counter(t, desk)
	var doc struct {
		Paths map[string]map[string]struct {
			Security  []map[string][]string `json:"security"`
			Responses map[string]any        `json:"responses"`
		} `json:"paths"`
		Components struct {
			Schemes map[string]any `json:"securitySchemes"`
		} `json:"components"`
	}
	ask(t, h, "GET", "/openapi.json", "", "", &doc)
	for path, want := range map[string]string{"/mine": "bearer", "/offer": "bearer", "/desk": "staff", "/open": ""} {
		for _, o := range doc.Paths[path] {
			if want == "" && len(o.Security) > 0 || want != "" && (len(o.Security) != 1 || o.Security[0][want] == nil) {
				t.Errorf("%s: %v", path, o.Security)
			}
			if o.Responses["default"] == nil || o.Responses["422"] != nil {
				t.Errorf("%s: %v", path, o.Responses)
			}
		}
		if want != "" && doc.Components.Schemes[want] == nil {
			t.Errorf("the scheme %s is not described", want)
		}
	}
}

func TestARequestHasALanguageAndAnID(t *testing.T) {
	h := counter(t, nil)
	var got seen
	res := ask(t, h, "GET", "/open?lang=zh-CN", "", "", &got)
	if got.Lang != "zh-Hans" || !strings.HasPrefix(got.Request, "req_") || got.Request != res.Header.Get("Request-Id") || res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%+v, %v", got, res.Header)
	}
	if LangOf(t.Context()) != "en" || RequestOf(t.Context()) != "" || WhoOf(t.Context()) != nil || StaffOf(t.Context()) != nil {
		t.Error("outside a request nothing is known")
	}
}

func TestAnErrorOfAHandlerAndOneOfTheFormAreProblemsAlike(t *testing.T) {
	h := counter(t, nil)
	for body, want := range map[string]struct {
		status        int
		code, pointer string
	}{
		`{"size":0}`:             {500, "internal", ""},
		`{"size":4711}`:          {422, "validation", "/size"},
		`{"size":1,"other":"x"}`: {422, "validation", "/other"},
		`{`:                      {400, "validation", ""},
	} {
		var p client.Problem
		res := ask(t, h, "POST", "/size", "", body, &p)
		if res.StatusCode != want.status || p.Code != want.code || p.Type != "https://vow.example/problems/"+want.code || p.RequestID != res.Header.Get("Request-Id") {
			t.Errorf("%s: %d %+v", body, res.StatusCode, p)
		}
		if len(p.Errors) > 0 && (p.Errors[0].Pointer != want.pointer || strings.Contains(p.Errors[0].Detail, "4711")) || (len(p.Errors) == 0) != (want.code == "internal") {
			t.Errorf("%s: %+v", body, p.Errors)
		}
	}
}

func TestWhatNoRouteTakesIsAProblemToo(t *testing.T) {
	h := counter(t, nil)
	var p client.Problem
	if res := ask(t, h, "GET", "/nowhere", "", "", &p); res.StatusCode != 404 || p.Code != "not-found" {
		t.Errorf("%d %s", res.StatusCode, p.Code)
	}
	if res := ask(t, h, "GET", "/desk", "", "", &p); res.StatusCode != 405 || p.Code != "method-not-allowed" || res.Header.Get("Allow") != "PUT" {
		t.Errorf("%d %s %q", res.StatusCode, p.Code, res.Header.Get("Allow"))
	}
}

func TestARefusalForWantOfConsentPointsToTheDisclosureInForce(t *testing.T) {
	t.Parallel()
	pol := policytest.PixPlus(t)
	screen, err := pol.Screen("avatar", "en")
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.WithValue(t.Context(), whoKey{}, &Credential{Who: task.Who{Policy: pol, Subject: "sub_me"}, Lang: "en"})
	p := (&Server{}).problemOf(ctx, fault.New(fault.Refused, "consent-required", "").With("feature", "avatar"))
	if p.Status != http.StatusForbidden || p.DisclosureHash != screen.Hash || p.Links["disclosure"] != "/v1/features/avatar/disclosure" || p.WasSent == nil || *p.WasSent || len(p.MissingFields) == 0 {
		t.Errorf("%+v", p)
	}
	again, ok := (&Server{}).Fail(ctx, p).(*problem)
	if !ok || again != p {
		t.Error("a problem that is complete is left as it is")
	}
	p = (&Server{}).problemOf(t.Context(), fault.New(fault.Refused, "consent-required", "").With("feature", "avatar"))
	if p.DisclosureHash != "" || p.Links != nil {
		t.Errorf("nobody is known, yet %+v", p)
	}
}

func TestAPreciseSentenceIsShownInItsLanguageOnly(t *testing.T) {
	t.Parallel()
	zh := context.WithValue(t.Context(), langKey{}, policy.Match("zh", []privacy.Lang{"en", "zh-Hans"}))
	err := fault.New(fault.Conflict, "conflict", "The case is closed.")
	if p := (&Server{}).problemOf(t.Context(), err); p.Detail != "The case is closed." {
		t.Error(p.Detail)
	}
	if p := (&Server{}).problemOf(zh, err); p.Detail != ProblemOf("conflict").Detail("zh-Hans") {
		t.Error(p.Detail)
	}
}

func TestAFieldIsNamedByAJSONPointer(t *testing.T) {
	t.Parallel()
	for location, want := range map[string]string{"body.inputs[0].role": "/inputs/0/role", "query.limit": "/limit", "body": "", "path.id": "/id"} {
		if got := pointer(location); got != want {
			t.Errorf("%s: %q, want %q", location, got, want)
		}
	}
	p := (&Server{}).problemOf(t.Context(), Invalid("/scope", "not_an_input", "A scope belongs to kind erase only."))
	if p.Status != 422 || len(p.Errors) != 1 || p.Errors[0] != (client.FieldProblem{Pointer: "/scope", Code: "not_an_input", Detail: "A scope belongs to kind erase only."}) {
		t.Errorf("%+v", p)
	}
}

func TestOnlyABearerTokenIsAToken(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{"Bearer a": "a", "bearer  a ": "a", "Basic a": "", "a": "", "": "", "Bearer": ""} {
		if got := Bearer(header); got != want {
			t.Errorf("%q: %q, want %q", header, got, want)
		}
	}
}

func TestAMomentThatIsNotKnownIsLeftOut(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 14, 0, 0, 0, time.UTC)
	if TimeOrNil(time.Time{}) != nil || !TimeOrNil(now).Equal(now) {
		t.Error("only the zero moment is unknown")
	}
}

func TestAPersonsStandingIsAskedBeforeEveryOperationThatIsNotAlwaysOpen(t *testing.T) {
	asked, refusal := 0, error(nil)
	pol := policytest.PixPlus(t)
	s := &Server{
		Base: "https://vow.example",
		SessionOf: func(context.Context, string) (*Credential, error) {
			return &Credential{Who: task.Who{Policy: pol, Subject: "sub_me"}}, nil
		},
		StaffOf: desk,
		Standing: func(_ context.Context, who task.Who) error {
			if asked++; who.Subject != "sub_me" {
				t.Errorf("asked about %q", who.Subject)
			}
			return refusal
		},
	}
	s.Open("1")
	for path, op := range map[string]Op{"/data": {}, "/right": {Always: true}, "/offer": {AppKey: true}, "/open": {Open: true}, "/desk": {Staff: true}} {
		op.Method, op.Path, op.ID, op.Summary = "GET", path, path[1:], path[1:]
		Register(s, op, look)
	}
	h := s.Handler()
	for want, err := range map[int]error{
		http.StatusOK:        nil,
		http.StatusForbidden: fault.New(fault.Refused, "policy-not-accepted", "").With("policy", "/v1/me/acceptance"),
		http.StatusLocked:    fault.New(fault.Refused, "processing-restricted", ""),
		http.StatusGone:      fault.New(fault.Gone, "app-closed", ""),
	} {
		refusal = err
		for path, status := range map[string]int{"/data": want, "/right": 200, "/offer": 200, "/open": 200, "/desk": 200} {
			before := asked
			var p client.Problem
			token := map[bool]string{true: "st_anna", false: "at_me"}[path == "/desk"]
			res := ask(t, h, "GET", path, token, "", &p)
			if res.StatusCode != status || (asked > before) != (path == "/data") {
				t.Errorf("%v: %s: %d, asked %d times", err, path, res.StatusCode, asked-before)
			}
			if path == "/data" && err != nil && (p.Code != fault.CodeOf(err) || res.Header.Get("WWW-Authenticate") != "") {
				t.Errorf("%s: %q", p.Code, res.Header.Get("WWW-Authenticate"))
			}
			if p.Code == "policy-not-accepted" && p.Links["policy"] != "/v1/me/acceptance" {
				t.Errorf("%v", p.Links)
			}
		}
	}
}
