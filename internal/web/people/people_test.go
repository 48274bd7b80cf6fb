package people

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/web/inprocess"
	"vow.example/vow/internal/web/stage"
)

// guardianAPI answers for one link, to whoever knows the address.
func guardianAPI(w http.ResponseWriter, r *http.Request) {
	answer := func(status int, v any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v)
	}
	var in client.GuardianDecision
	_ = json.NewDecoder(r.Body).Decode(&in)
	switch {
	case r.Header.Get("Authorization") != "":
		answer(500, client.Problem{Code: "internal"})
	case r.URL.Path != "/v1/guardian/gl_1":
		answer(404, client.Problem{Code: "not-found"})
	case r.Method == http.MethodGet:
		answer(200, client.GuardianRequest{App: "aifitting", Name: "AI Fitting", State: "asked", Statement: "I am the parent or guardian.", Hash: "sha256:g", Version: "aifitting/v1", PolicyURL: "/aifitting/policy",
			Items: []client.GuardianItem{{ID: "requested_feature:elsewhere", Text: "To make it: Elsewhere may receive data for it"}}})
	case in.Email != "parent@example.org":
		answer(403, client.Problem{Code: "guardian-required", Title: "A guardian has to agree", Detail: "That is not what was agreed. Try again."})
	case in.Decision == "declined":
		answer(200, client.GuardianAnswer{State: "declined"})
	case in.Hash != "sha256:g" || len(in.Items) != 1:
		answer(409, client.Problem{Code: "consent-stale", Title: "Changed", Detail: "Read again."})
	default:
		answer(200, client.GuardianAnswer{State: "shown", Code: "12345678"})
	}
}

// at sends a request to the guardian's page.
func at(t *testing.T, method, link string, form url.Values) (int, string) {
	t.Helper()
	site, err := stage.New(stage.Options{
		Client: &http.Client{Transport: inprocess.Transport{Handler: http.HandlerFunc(guardianAPI)}}, Clock: clock.NewFake(time.Date(2026, 11, 21, 14, 2, 31, 0, time.UTC)),
	})
	if err != nil {
		t.Fatal(err)
	}
	m := http.NewServeMux()
	m.Handle("GET /g/{link}", site.Page(GuardianLink))
	m.Handle("POST /g/{link}", site.Page(GuardianDecides))
	r := httptest.NewRequest(method, "/g/"+link, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	m.ServeHTTP(w, r)
	if len(w.Result().Cookies()) != 0 {
		t.Error("the page sets a cookie")
	}
	return w.Code, w.Body.String()
}

func TestAGuardianReadsBeforeAgreeingAndNothingIsTicked(t *testing.T) {
	t.Parallel()
	status, page := at(t, http.MethodGet, "gl_1", nil)
	for _, want := range []string{"I am the parent or guardian.", `href="/aifitting/policy"`, `name="items" value="requested_feature:elsewhere"`, `name="hash" value="sha256:g"`, "Elsewhere may receive data"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	no, yes := strings.Index(page, `value="declined"`), strings.Index(page, `value="agreed"`)
	if status != http.StatusOK || strings.Contains(page, "checked") || no < 0 || yes < no {
		t.Errorf("answered %d; no at %d, yes at %d", status, no, yes)
	}
	if status, _ := at(t, http.MethodGet, "gl_2", nil); status != http.StatusNotFound {
		t.Errorf("a link of nobody answered %d", status)
	}
}

func TestAGuardianGetsTheCodeOrIsToldWhatIsWrong(t *testing.T) {
	t.Parallel()
	form := func(email, decision string) url.Values {
		return url.Values{"email": {email}, "decision": {decision}, "hash": {"sha256:g"}, "items": {"requested_feature:elsewhere"}}
	}
	status, page := at(t, http.MethodPost, "gl_1", form("parent@example.org", "agreed"))
	if status != http.StatusOK || !strings.Contains(page, "<strong>12345678</strong>") {
		t.Errorf("agreeing answered %d", status)
	}
	status, page = at(t, http.MethodPost, "gl_1", form("child@example.org", "agreed"))
	if status != http.StatusForbidden || !strings.Contains(page, "not what was agreed") || strings.Contains(page, "child@") || !strings.Contains(page, `name="hash"`) {
		t.Errorf("another address answered %d", status)
	}
	stale := form("parent@example.org", "agreed")
	stale.Set("hash", "sha256:old")
	if status, page = at(t, http.MethodPost, "gl_1", stale); status != http.StatusConflict || !strings.Contains(page, `value="sha256:g"`) {
		t.Errorf("a text that changed answered %d", status)
	}
	status, page = at(t, http.MethodPost, "gl_1", form("parent@example.org", "declined"))
	if status != http.StatusOK || !strings.Contains(page, "was erased") || strings.Contains(page, `name="hash"`) {
		t.Errorf("declining answered %d", status)
	}
	if status, _ = at(t, http.MethodPost, "gl_2", form("parent@example.org", "agreed")); status != http.StatusNotFound {
		t.Errorf("a link of nobody answered %d", status)
	}
}
