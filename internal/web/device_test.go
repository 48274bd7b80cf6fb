package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"vow.example/vow/client"
)

// newTabOnly is the site with an app that uses no cookies.
func newTabOnly(t *testing.T) (http.Handler, *fakeAPI) {
	t.Helper()
	return newSite(t, func(o *Options) {
		o.Apps = func() []client.App {
			list := cannedReads(false)["GET /v1/apps"].(client.Page[client.App]).Data
			list[0].Cookieless = true
			return list
		}
	})
}

// ask sends one request; nothing of the answer is kept.
func ask(site http.Handler, method, path string, header map[string]string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for name, value := range header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	site.ServeHTTP(w, r)
	return w
}

func TestAnAppWithoutCookiesNeitherSetsNorReadsOne(t *testing.T) {
	t.Parallel()
	site, api := newTabOnly(t)
	cookie := map[string]string{"Cookie": "sid-pixplus=" + fakeToken + "; __Host-sid-pixplus=" + fakeToken}
	for _, route := range []string{"GET /pixplus/", "GET /pixplus/e/avatar", "GET /pixplus/works", "GET /pixplus/privacy", "GET /pixplus/settings", "GET /pixplus/policy",
		"GET /pixplus/tasks/tsk_running", "GET /pixplus/works/out_1", "POST /pixplus/sign-out", "POST /pixplus/privacy/delete", "POST /pixplus/e/avatar/upload",
		"GET /pixplus/api/v1/me", "POST /pixplus/api/v1/consents", "POST /pixplus/api/v1/sessions", "GET /pixplus/api/v1/outputs/out_1/content", "GET /"} {
		method, path, _ := strings.Cut(route, " ")
		if got := ask(site, method, path, cookie).Result().Cookies(); len(got) != 0 {
			t.Errorf("%s sets %v", route, got)
		}
	}
	api.mu.Lock()
	defer api.mu.Unlock()
	for _, q := range api.requests {
		if strings.Contains(q.Header.Get("Authorization"), fakeToken) || q.Header.Get("Cookie") != "" {
			t.Errorf("the cookie was used for %s %s", q.Method, q.Path)
		}
	}
}

func TestATabOfAnAppWithoutCookiesBringsItsOwnCredential(t *testing.T) {
	t.Parallel()
	site, api := newTabOnly(t)
	made := ask(site, http.MethodPost, "/pixplus/api/v1/sessions", nil)
	if made.Code != http.StatusCreated || !strings.Contains(made.Body.String(), fakeToken) || made.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("a session answered %d %v", made.Code, made.Header())
	}
	own := map[string]string{"Authorization": "Bearer " + fakeToken}
	if body := ask(site, http.MethodGet, "/pixplus/settings", own).Body.String(); !strings.Contains(body, " data-session>") || !strings.Contains(body, `id="uid"`) {
		t.Error("the settings do not know the tab")
	}
	ask(site, http.MethodGet, "/pixplus/api/v1/privacy/holdings", own)
	if q, ok := api.last(http.MethodGet, "/v1/privacy/holdings"); !ok || q.Header.Get("Authorization") != "Bearer "+fakeToken {
		t.Error("the call did not carry the tab's credential")
	}
	stale := ask(site, http.MethodGet, "/pixplus/settings", map[string]string{"Authorization": "Bearer tok_of_yesterday"})
	if body := stale.Body.String(); stale.Code != http.StatusOK || strings.Contains(body, " data-session") || strings.Contains(body, `id="uid"`) {
		t.Errorf("a stale credential answered %d", stale.Code)
	}
	holds(t, stale.Body.String(), `data-cookieless="pixplus"`, `id="cookies"`, "No cookies are set and none are read.")
}

func TestOnlyAnAppWithoutCookiesHandsATokenToAScript(t *testing.T) {
	t.Parallel()
	site, _ := newSite(t, nil)
	if got := ask(site, http.MethodPost, "/pixplus/api/v1/sessions", nil); got.Code != http.StatusNotFound || strings.Contains(got.Body.String(), fakeToken) {
		t.Errorf("answered %d: %s", got.Code, got.Body)
	}
	r := ask(site, http.MethodGet, "/pixplus/api/v1/me", map[string]string{"Authorization": "Bearer " + fakeToken})
	if r.Code != http.StatusUnauthorized {
		t.Errorf("a script chose its credential: %d", r.Code)
	}
}

func TestWithoutCookiesAndScriptsThePageExplainsInsteadOfAsking(t *testing.T) {
	t.Parallel()
	site, _ := newTabOnly(t)
	body := ask(site, http.MethodGet, "/pixplus/e/avatar", nil).Body.String()
	holds(t, body, "This page needs JavaScript", "Only this tab knows you")
	if strings.Contains(body, "/e/avatar/consent") {
		t.Error("the page leads to a form that cannot work")
	}
	for _, path := range []string{"/pixplus/e/avatar/consent", "/pixplus/e/avatar/upload"} {
		if got := ask(site, http.MethodGet, path, nil); got.Code != http.StatusSeeOther || got.Header().Get("Location") != "/pixplus/e/avatar" {
			t.Errorf("%s answered %d to %s", path, got.Code, got.Header().Get("Location"))
		}
	}
}

func TestAResultThatCanBeReadOnceIsNotReadByThePage(t *testing.T) {
	t.Parallel()
	once := &onceAPI{}
	site, _ := newSite(t, func(o *Options) { once.Handler, o.API = o.API, once })
	b := newBrowser(t, site)
	b.cookies["sid-pixplus"] = fakeToken
	_, body := b.get("/pixplus/works/out_1")
	holds(t, body, `data-page="device"`, `data-output="out_1"`, `data-materials="/v1/apps/pixplus/materials"`, `id="device-receipt"`)
	if once.read || strings.Contains(body, "/content") {
		t.Error("the page read the result, which erases it")
	}
}

// onceAPI is the fake with a result that can be read once.
type onceAPI struct {
	http.Handler
	read bool
}

func (o *onceAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/v1/outputs/out_1":
		reply(w, 200, client.Output{ID: "out_1", Task: "tsk_done", Feature: "avatar", MediaType: "application/vnd.vow.points+json", Kind: "points", Once: true,
			ContentURL: "/v1/outputs/out_1/content", CreatedAt: day(), Clock: client.Clock{DeleteAt: at(24 * 3600e9)}})
	case "/v1/outputs/out_1/content":
		o.read = true
	default:
		o.Handler.ServeHTTP(w, r)
	}
}
