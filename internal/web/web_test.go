package web

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/public"
)

// browser is a person without scripts: it keeps cookies and follows nothing by itself.
type browser struct {
	t       *testing.T
	site    http.Handler
	cookies map[string]string
}

func newBrowser(t *testing.T, site http.Handler) *browser {
	t.Helper()
	return &browser{t: t, site: site, cookies: map[string]string{}}
}

// signedIn has a session with PixPlus.
func signedIn(t *testing.T, site http.Handler) *browser {
	t.Helper()
	b := newBrowser(t, site)
	b.cookies["sid-pixplus"] = fakeToken
	return b
}

func (b *browser) do(r *http.Request) *http.Response {
	b.t.Helper()
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	b.site.ServeHTTP(w, r)
	resp := w.Result()
	for _, c := range resp.Cookies() {
		b.cookies[c.Name] = c.Value
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return resp
}

func (b *browser) get(path string) (*http.Response, string) {
	b.t.Helper()
	resp := b.do(httptest.NewRequest(http.MethodGet, path, nil))
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp, string(body)
}

// post sends a form as a page of ours does.
func (b *browser) post(path string, form url.Values) (*http.Response, string) {
	b.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	resp := b.do(r)
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp, string(body)
}

func everyPage() []string {
	return []string{"/", "/tour/strip", "/docs", "/receipts/rcp_1", "/problems/", "/problems/erased",
		"/pixplus/", "/pixplus/e/avatar", "/pixplus/e/avatar?again=upl_1", "/pixplus/e/visual_effect", "/pixplus/e/avatar/sheet", "/pixplus/e/avatar/consent", "/pixplus/e/avatar/upload?consent=con_1",
		"/pixplus/tasks/tsk_running", "/pixplus/tasks/tsk_awaiting_confirmation", "/pixplus/tasks/tsk_blocked", "/pixplus/tasks/tsk_failed", "/pixplus/tasks/tsk_canceled", "/pixplus/tasks/tsk_done?view=steps",
		"/pixplus/works", "/pixplus/works/out_1", "/pixplus/privacy", "/pixplus/privacy/delete?scope=content", "/pixplus/privacy/delete?scope=account", "/pixplus/policy", "/pixplus/settings", "/pixplus/age", "/pixplus/declined",
		"/pixplus/policy/lists", "/pixplus/policy/versions", "/pixplus/policy/versions/v2", "/pixplus/policy/diff", "/pixplus/policy/diff?from=1&to=2", "/pixplus/contact", "/pixplus/data-deletion",
		"/pixplus/notices", "/pixplus/notices?next=%2Fpixplus%2Fworks", "/pixplus/privacy/items", "/pixplus/privacy?done=withdrawn", "/pixplus/consents/con_1", "/pixplus/support", "/pixplus/support?about=complaint", "/pixplus/support/thr_1", "/pixplus/complaints/ip", "/pixplus/complaints/ip?done=itk_1",
		"/pixplus/privacy/rights/access", "/pixplus/privacy/rights/correct", "/pixplus/privacy/rights/restrict", "/pixplus/privacy/rights/object", "/pixplus/privacy/rights/move", "/pixplus/privacy/rights/withdraw", "/pixplus/privacy/rights/person"}
}

func everyPageOfMixoo() []string {
	return []string{"/", "/mixoo/", "/mixoo/e/face_swap", "/mixoo/e/veo_3_1", "/mixoo/e/nano_banana", "/mixoo/e/text_to_image", "/mixoo/e/image_to_video_volc", "/mixoo/e/age_change/consent", "/mixoo/e/veo_3_1/sheet", "/mixoo/e/nano_banana_pro/upload?consent=con_1",
		"/mixoo/tasks/tsk_refused", "/mixoo/works", "/mixoo/works/out_film", "/mixoo/works/out_seen", "/mixoo/works/out_empty", "/mixoo/works/out_words", "/mixoo/works/out_picture", "/mixoo/privacy", "/mixoo/privacy/delete?scope=content"}
}

func withQuery(path, pair string) string {
	if strings.Contains(path, "?") {
		return path + "&" + pair
	}
	return path + "?" + pair
}

func TestEveryPageAnswersInBothLanguagesUnderAStrictPolicy(t *testing.T) {
	t.Parallel()
	plain, _ := newSite(t, nil)
	many, _ := newMixoo(t)
	inline := regexp.MustCompile(`(?i)<script(?:[^>]*)>\s*[^<\s]|<style|\sstyle=|\son[a-z]+=|javascript:`)
	for _, path := range append(everyPage(), everyPageOfMixoo()...) {
		for _, lang := range []string{"en", "zh-Hans"} {
			t.Run(path+" "+lang, func(t *testing.T) {
				t.Parallel()
				b := signedIn(t, plain)
				if strings.HasPrefix(path, "/mixoo") {
					b = inMixoo(t, many)
				}
				resp, body := b.get(withQuery(path, "lang="+lang))
				if resp.StatusCode != http.StatusOK {
					t.Fatalf("answered %d: %s", resp.StatusCode, body)
				}
				if hit := inline.FindString(body); hit != "" {
					t.Errorf("holds inline code or style: %q", hit)
				}
				csp := resp.Header.Get("Content-Security-Policy")
				for _, want := range []string{"default-src 'self'", "frame-ancestors 'none'", "form-action 'self'"} {
					if !strings.Contains(csp, want) {
						t.Errorf("policy %q lacks %q", csp, want)
					}
				}
				if got := resp.Header.Get("Cache-Control"); got != "no-store" {
					t.Errorf("may be kept in a cache: %q", got)
				}
				if strings.Contains(body, "<html") && !strings.Contains(body, `<html lang="`+lang+`"`) {
					t.Error("does not say its language")
				}
			})
		}
	}
}

func TestEveryLinkOfAPageKeepsTheLanguageThatWasAskedFor(t *testing.T) {
	t.Parallel()
	site, _ := newSite(t, nil)
	links := regexp.MustCompile(`(?:href|action)="(/[^"]*)"`)
	for _, path := range everyPage() {
		_, body := signedIn(t, site).get(withQuery(path, "lang=zh-Hans"))
		for _, m := range links.FindAllStringSubmatch(body, -1) {
			free := strings.HasPrefix(m[1], "/static/") || strings.Contains(m[1], "/api/v1/") || strings.HasPrefix(m[1], "/demo/") || m[1] == "/openapi.json" || m[1] == "/pixplus/policy"
			if !free && !strings.Contains(m[1], "lang=") {
				t.Errorf("%s: the link %s forgets the language", path, m[1])
			}
		}
	}
}

func TestLookingAtPublicPagesMakesNoSession(t *testing.T) {
	t.Parallel()
	site, api := newSite(t, nil)
	b := newBrowser(t, site)
	for _, path := range []string{"/", "/pixplus/", "/pixplus/e/avatar", "/pixplus/e/avatar/consent", "/pixplus/privacy", "/pixplus/works", "/pixplus/policy", "/pixplus/policy/lists", "/pixplus/policy/versions", "/pixplus/policy/versions/1", "/pixplus/policy/diff",
		"/pixplus/contact", "/pixplus/data-deletion", "/pixplus/notices", "/pixplus/support", "/pixplus/privacy/items", "/pixplus/privacy/rights/access", "/pixplus/privacy/delete"} {
		if resp, _ := b.get(path); resp.StatusCode != http.StatusOK {
			t.Errorf("%s answered %d", path, resp.StatusCode)
		}
	}
	if _, made := api.last(http.MethodPost, "/v1/sessions"); made || len(b.cookies) > 0 {
		t.Errorf("a session was made by looking; cookies %v", b.cookies)
	}
	if q, _ := api.last(http.MethodGet, "/v1/features"); q.Header.Get("Authorization") != "Bearer pk_test_pixplus" {
		t.Errorf("features were read with %q", q.Header.Get("Authorization"))
	}
}

func TestTheFirstActMakesTheSessionAndItsCookie(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"http://127.0.0.1:8420": "sid-pixplus", "https://photos.example": "__Host-sid-pixplus"} {
		site, _ := newSite(t, func(o *Options) { o.PublicURL = address })
		b := newBrowser(t, site)
		if _, page := b.get("/pixplus/settings"); len(b.cookies) != 0 || strings.Contains(page, "sub_") {
			t.Error("the settings make a stranger known")
		}
		resp, _ := b.post("/pixplus/e/avatar/consent", url.Values{"hash": {"sha256:4f"}, "decision": {"granted"}})
		if len(resp.Cookies()) != 1 {
			t.Fatalf("%s: %d cookies", address, len(resp.Cookies()))
		}
		c := resp.Cookies()[0]
		secure := strings.HasPrefix(address, "https")
		if c.Name != want || !c.HttpOnly || c.Secure != secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.MaxAge > 30*24*3600 {
			t.Errorf("%s: cookie is %v", address, c)
		}
		if _, page := b.get("/pixplus/settings"); !strings.Contains(page, "sub_01jd8k2m3n4p5q6r7s8t9v0w1x") {
			t.Error("the page does not show the user id")
		}
	}
}

func TestAnEndedSessionIsForgottenAndThePageLoadsAgain(t *testing.T) {
	t.Parallel()
	site, _ := newSite(t, nil)
	b := newBrowser(t, site)
	b.cookies["sid-pixplus"] = "tok_of_yesterday"
	resp, _ := b.get("/pixplus/works?lang=en")
	if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != "/pixplus/works?lang=en" || len(b.cookies) != 0 {
		t.Fatalf("answered %d to %q, cookies %v", resp.StatusCode, resp.Header.Get("Location"), b.cookies)
	}
	if resp, body := b.get("/pixplus/works?lang=en"); resp.StatusCode != http.StatusOK || !strings.Contains(body, "often empty") {
		t.Errorf("then answered %d", resp.StatusCode)
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	site, api := newSite(t, nil)
	r := httptest.NewRequest(http.MethodPost, "/pixplus/privacy/delete", strings.NewReader("scope=account"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if resp := signedIn(t, site).do(r); resp.StatusCode != http.StatusForbidden {
		t.Errorf("answered %d", resp.StatusCode)
	}
	if _, reached := api.last(http.MethodPost, "/v1/privacy/requests"); reached {
		t.Error("the request reached the API")
	}
}

func TestUnknownPlacesAreAPageWithTheWayBack(t *testing.T) {
	t.Parallel()
	site, _ := newSite(t, nil)
	for _, path := range []string{"/nothing", "/nothing/", "/pixplus/nothing", "/pixplus/e/face_swap", "/pixplus/e/talking_photo", "/problems/nothing", "/receipts/rcp_9", "/static/x/nothing.js", "/static/samples/other.jpg"} {
		resp, body := newBrowser(t, site).get(path)
		if resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s answered %d", path, resp.StatusCode)
		}
		if !strings.HasPrefix(path, "/static/x") && !strings.Contains(body, "not-found") {
			t.Errorf("%s does not name the problem", path)
		}
	}
}

func TestEveryProblemTypeHasItsPage(t *testing.T) {
	t.Parallel()
	site, _ := newSite(t, nil)
	list, err := public.Problems()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		for _, lang := range []string{"en", "zh"} {
			if resp, body := newBrowser(t, site).get("/problems/" + p.Code + "?lang=" + lang); resp.StatusCode != http.StatusOK || !strings.Contains(body, p.Code) {
				t.Errorf("%s in %s answered %d", p.Code, lang, resp.StatusCode)
			}
		}
	}
	documented := []string{"consent-required", "consent-stale", "consent-withdrawn", "review-blocked", "erased", "provider-timeout", "validation", "internal"}
	for _, code := range documented {
		if !slices.ContainsFunc(list, func(p public.Problem) bool { return p.Code == code }) {
			t.Errorf("%s has no page", code)
		}
	}
}

func TestStaticFilesMayBeKeptUnderTheirVersionOnly(t *testing.T) {
	t.Parallel()
	site, _ := newSite(t, nil)
	_, page := newBrowser(t, site).get("/")
	address := regexp.MustCompile(`/static/[0-9a-f]+/app\.css`).FindString(page)
	resp, _ := newBrowser(t, site).get(address)
	if resp.StatusCode != http.StatusOK || !strings.Contains(resp.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("%s answered %d, %q", address, resp.StatusCode, resp.Header.Get("Cache-Control"))
	}
	if resp, _ := newBrowser(t, site).get("/static/0/app.css"); strings.Contains(resp.Header.Get("Cache-Control"), "immutable") {
		t.Error("an old version may be kept for ever")
	}
}

func TestTheStartPageOfAServerInUseIsTheListOfApps(t *testing.T) {
	t.Parallel()
	site, _ := newSite(t, func(o *Options) {
		o.Demo = false
		o.Apps = func() []client.App { return []client.App{{ID: "pixplus", Name: "PixPlus"}} }
		o.Anonymous = func(string) string { return "pk_live_1" }
	})
	_, body := newBrowser(t, site).get("/")
	if !strings.Contains(body, "PixPlus") || strings.Contains(body, "AI Fitting") || strings.Contains(body, "clock") {
		t.Error("the page is not the plain list")
	}
	for _, path := range []string{"/tour/strip"} {
		if resp, _ := newBrowser(t, site).get(path); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s answered %d outside the demo", path, resp.StatusCode)
		}
	}
	if resp, _ := newBrowser(t, site).post("/tour/clock", url.Values{"advance": {"PT25H"}}); resp.StatusCode != http.StatusNotFound {
		t.Errorf("the clock moved outside the demo: %d", resp.StatusCode)
	}
}
