package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"vow.example/vow/client"
)

func TestThePolicyShowsEveryListBehindIt(t *testing.T) {
	t.Parallel()
	site, _ := newSite(t, nil)
	b := newBrowser(t, site)
	_, page := b.get("/pixplus/policy")
	inOrder(t, page, "PixPlus Privacy Policy", `href="/pixplus/policy/versions"`, `href="/pixplus/policy/diff"`, `href="/pixplus/policy/lists"`, `href="/pixplus/contact"`, `href="#s1"`, `href="#list-sdks"`, "Information we collect",
		`id="list-retention"`, `id="list-rights"`, "within 30 days", "within 15 working days", "at once", `id="list-recipients"`, "statistics, only while", `id="list-permissions"`, "Camera", "Settings of the device",
		`id="list-collection"`, "your message", "Handed on in one case: a complaint, to whom it is about", "app_open", "You can switch this off", "Only while this permission is granted: camera", `id="list-sdks"`, "CrashKit", "waits for its security check", `id="list-refused"`, "contacts and calls",
		`id="list-contacts"`, "Operator:", "Joint operator:", "Second Ltd.", "joint@second.org", "support@pixplus.example", "example address", "86 1")
	if n := strings.Count(page, "example address"); n != 1 {
		t.Errorf("%d addresses are said to be examples, and one is", n)
	}
	_, lists := b.get("/pixplus/policy/lists")
	inOrder(t, lists, "1. What is collected", "Messages to support", "an address, stars, your message", "answer you", "when you hand it over", "2. What is shared with third parties", "RunningHub", "Cartoon portrait", "the photo you chose", "after your consent", "Umeng", "statistics")
	shared := lists[strings.Index(lists, "2. What is shared"):]
	lacks(t, shared, "Pencil sketch", "Talking photo")
}

func TestEveryVersionCanBeReadAndCompared(t *testing.T) {
	t.Parallel()
	site, api := newSite(t, nil)
	b := newBrowser(t, site)
	_, page := b.get("/pixplus/policy/versions")
	inOrder(t, page, "Version 2", "upcoming", "in force from", `href="/pixplus/policy/diff?to=2"`, "Version 1", "in force")
	_, page = b.get("/pixplus/policy/versions/v2")
	holds(t, page, "This version takes effect", "Two.", `href="/pixplus/policy"`)
	lacks(t, page, `id="list-`)
	for _, path := range []string{"versions/v3", "versions/none", "versions/0"} {
		if r, _ := b.get("/pixplus/policy/" + path); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s answered %d", path, r.StatusCode)
		}
	}
	_, page = b.get("/pixplus/policy/diff")
	inOrder(t, page, `<option value="1" selected>`, `<option value="2" selected>`, "material", "fewer rights", "These effects ask again: Cartoon portrait", "Results are kept 14 days instead of 7.", "<del>P7D</del>", "<ins>P14D</ins>", "neutral", "significant")
	if _, ok := api.last(http.MethodGet, "/v1/apps/pixplus/policy/diff"); !ok {
		t.Error("the versions were not compared")
	}
}

func TestEverythingCanBeDeletedWithoutTheApp(t *testing.T) {
	t.Parallel()
	site, api := newSite(t, nil)
	b := newBrowser(t, site)
	_, page := b.get("/pixplus/data-deletion")
	inOrder(t, page, "Delete your PixPlus data", "What will happen", "By when", "within 30 days", "What stays, and why", `name="login"`, `type="password"`, "Without a login", "Open Settings, then Privacy center.", "support@pixplus.example")
	if r, page := b.post("/pixplus/data-deletion", url.Values{"login": {"me"}}); r.StatusCode != http.StatusBadRequest || !strings.Contains(page, "Type your login and your password.") {
		t.Errorf("half a login: %d", r.StatusCode)
	}
	r, page := b.post("/pixplus/data-deletion", url.Values{"login": {"me"}, "password": {"secret"}})
	sent(t, api, "POST", "/v1/sessions", `"login":"me"`, `"password":"secret"`)
	sent(t, api, "POST", "/v1/privacy/requests", `"erase"`, `"account"`)
	if r.StatusCode != http.StatusOK || len(b.cookies) != 0 {
		t.Errorf("answered %d, cookies %v", r.StatusCode, b.cookies)
	}
	inOrder(t, page, "Deleted here", "5 items erased", "/receipts/rcp_1")
}

func TestAWrongPasswordDeletesNothing(t *testing.T) {
	t.Parallel()
	var f *fakeAPI
	site, _ := newSite(t, func(o *Options) {
		f = o.API.(*fakeAPI)
		o.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v1/sessions" {
				problem(w, 401, "unauthenticated")
				return
			}
			f.ServeHTTP(w, r)
		})
	})
	r, page := signedIn(t, site).post("/pixplus/data-deletion", url.Values{"login": {"me"}, "password": {"wrong"}})
	if r.StatusCode != http.StatusUnauthorized || !strings.Contains(page, "Login or password is wrong.") || !strings.Contains(page, "Nothing was deleted.") {
		t.Errorf("answered %d", r.StatusCode)
	}
	if _, asked := f.last("POST", "/v1/privacy/requests"); asked {
		t.Error("something was erased")
	}
}

func TestNoticesAreReadAndAcknowledged(t *testing.T) {
	t.Parallel()
	site, api := newSite(t, nil)
	b := signedIn(t, site)
	_, page := b.get("/pixplus/notices?next=%2Fpixplus%2Fworks")
	inOrder(t, page, `class="btn s bell" href="/pixplus/notices"`, "Please read this first.", "PixPlus changes its privacy policy", "Policy change", "not acknowledged yet", "Results are kept 14 days", "fewer rights", "asks again", `href="/pixplus/policy/diff?from=1&amp;to=2"`,
		`name="next" value="/pixplus/works"`, "binds you only if you agree", `value="seen"`, `value="agree"`, "End of service", "Video effects end", "You acknowledged this")
	r, _ := b.post("/pixplus/notices/ntc_2", url.Values{"decision": {"agree"}, "next": {"/pixplus/works"}})
	sent(t, api, "POST", "/v1/notices/ntc_2/ack", `"agree"`)
	if r.Header.Get("Location") != "/pixplus/works" {
		t.Errorf("went to %q", r.Header.Get("Location"))
	}
	r, _ = b.post("/pixplus/notices/ntc_2", url.Values{"decision": {"anything"}, "next": {"https://elsewhere.example/"}})
	sent(t, api, "POST", "/v1/notices/ntc_2/ack", `"seen"`)
	if r.Header.Get("Location") != "/pixplus/" {
		t.Errorf("was led to %q", r.Header.Get("Location"))
	}
	if strings.Contains(page, `id="expiring"`) {
		t.Error("something is about to be deleted that lives for days")
	}
	_, page = newBrowser(t, site).get("/pixplus/notices")
	holds(t, page, "there is nobody to tell")
	lacks(t, page, "<form", "bell")
}

func TestWhatIsAboutToBeDeletedIsAnnounced(t *testing.T) {
	t.Parallel()
	soon, sooner := output("out_1"), output("out_3")
	soon.Clock.DeleteAt, sooner.Clock.DeleteAt = at(23*time.Hour), at(90*time.Minute)
	site, _ := newSite(t, func(o *Options) {
		f := o.API
		o.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v1/outputs" {
				reply(w, 200, client.Page[client.Output]{Data: []client.Output{soon, sooner, output("out_4")}})
				return
			}
			f.ServeHTTP(w, r)
		})
	})
	b := signedIn(t, site)
	_, page := b.get("/pixplus/notices")
	inOrder(t, page, "2 results are deleted within a day", "1 h 30 min", `href="/pixplus/works"`)
	_, page = b.get("/pixplus/notices?lang=zh")
	holds(t, page, "2 个作品将在一天内删除")
}

func TestAPopUpStandsInTheWayAndLeadsBack(t *testing.T) {
	t.Parallel()
	site, _ := newSite(t, func(o *Options) {
		f := o.API
		o.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v1/outputs" {
				problem(w, 403, "notice-required")
				return
			}
			f.ServeHTTP(w, r)
		})
	})
	r, _ := signedIn(t, site).get("/pixplus/works")
	if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/pixplus/notices?next=%2Fpixplus%2Fworks" {
		t.Errorf("answered %d to %q", r.StatusCode, r.Header.Get("Location"))
	}
	if r, _ := signedIn(t, site).get("/pixplus/privacy"); r.StatusCode != http.StatusOK {
		t.Errorf("the rights are shut: %d", r.StatusCode)
	}
}
