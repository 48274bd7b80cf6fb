package web

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestForwardingReplacesEveryCredentialOfTheScript(t *testing.T) {
	t.Parallel()
	site, api := newSite(t, nil)
	r := httptest.NewRequest(http.MethodGet, "/pixplus/api/v1/tasks/tsk_running?lang=en", nil)
	r.Header.Set("Authorization", "Bearer stolen")
	r.Header.Set("X-Forwarded-For", "10.0.0.1")
	r.Header.Set("User-Agent", "a certain browser")
	r.AddCookie(&http.Cookie{Name: "sid-aifitting", Value: "another app"})
	if resp := signedIn(t, site).do(r); resp.StatusCode != http.StatusOK {
		t.Fatalf("answered %d", resp.StatusCode)
	}
	q, _ := api.last(http.MethodGet, "/v1/tasks/tsk_running")
	if got := q.Header.Get("Authorization"); got != "Bearer "+fakeToken {
		t.Errorf("the API saw %q", got)
	}
	for _, name := range []string{"Cookie", "X-Forwarded-For", "User-Agent"} {
		if q.Header.Get(name) != "" {
			t.Errorf("%s passed", name)
		}
	}
}

func TestScriptsCannotReachSessionsOrAnythingUnlisted(t *testing.T) {
	t.Parallel()
	site, api := newSite(t, nil)
	for _, path := range []string{"sessions", "sessions/current", "apps", "../demo/clock", ""} {
		r := httptest.NewRequest(http.MethodPost, "/pixplus/api/v1/"+path, strings.NewReader("{}"))
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		if resp := signedIn(t, site).do(r); resp.StatusCode < 300 {
			t.Errorf("%s answered %d", path, resp.StatusCode)
		}
	}
	if _, made := api.last(http.MethodPost, "/v1/sessions"); made {
		t.Error("a script made a session")
	}
}

func TestTheFirstActOfAScriptMakesTheSession(t *testing.T) {
	t.Parallel()
	site, api := newSite(t, nil)
	b := newBrowser(t, site)
	if resp, _ := b.get("/pixplus/api/v1/tasks"); resp.StatusCode != http.StatusUnauthorized || len(b.cookies) != 0 {
		t.Errorf("a read answered %d, cookies %v", resp.StatusCode, b.cookies)
	}
	r := httptest.NewRequest(http.MethodPost, "/pixplus/api/v1/consents", strings.NewReader(`{"feature":"avatar"}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if resp := b.do(r); resp.StatusCode != http.StatusCreated || b.cookies["sid-pixplus"] != fakeToken {
		t.Errorf("answered %d, cookies %v", resp.StatusCode, b.cookies)
	}
	if q, _ := api.last(http.MethodPost, "/v1/consents"); q.Body != `{"feature":"avatar"}` {
		t.Errorf("the API received %q", q.Body)
	}
}

func TestProblemsOfForwardedCallsStayDocuments(t *testing.T) {
	t.Parallel()
	site, _ := newSite(t, nil)
	resp, body := signedIn(t, site).get("/pixplus/api/v1/nothing")
	if resp.Header.Get("Content-Type") != "application/problem+json" || !strings.Contains(body, "not-found") {
		t.Errorf("answered %q %s", resp.Header.Get("Content-Type"), body)
	}
}

func TestEventsReachTheBrowserOneByOne(t *testing.T) {
	t.Parallel()
	site, _ := newSite(t, nil)
	server := httptest.NewServer(site)
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/pixplus/api/v1/tasks/tsk_new/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: "sid-pixplus", Value: fakeToken})
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("type is %q", resp.Header.Get("Content-Type"))
	}
	lines := bufio.NewScanner(resp.Body)
	events := 0
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "event: ") {
			events++
		}
	}
	if events != 5 {
		t.Errorf("%d events came through", events)
	}
}
