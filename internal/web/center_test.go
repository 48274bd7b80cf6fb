package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"vow.example/vow/client"
)

func lacks(t *testing.T, page string, unwanted ...string) {
	t.Helper()
	for _, s := range unwanted {
		if strings.Contains(page, s) {
			t.Errorf("the page holds %q", s)
		}
	}
}

// sent fails the test if the API was not asked that, with all of that in the body.
func sent(t *testing.T, api *fakeAPI, method, path string, parts ...string) {
	t.Helper()
	q, ok := api.last(method, path)
	if !ok {
		t.Errorf("the API was not asked %s %s", method, path)
	}
	for _, part := range parts {
		if !strings.Contains(q.Body, part) {
			t.Errorf("%s %s was sent %q, without %q", method, path, q.Body, part)
		}
	}
}

func TestTheCentreHasItsSectionsInOrder(t *testing.T) {
	t.Parallel()
	site, _ := newSite(t, nil)
	_, page := signedIn(t, site).get("/pixplus/privacy")
	inOrder(t, page, `id="hold"`, "41", `href="/pixplus/privacy/items"`, `id="who"`, "RunningHub", "transfers.csv", "transfers.json", `id="why"`, "3 now", "All 4 kinds of data",
		`id="consents"`, `href="/pixplus/consents/con_1"`, "Withdraw", `id="access"`, "An appeal asked for it.", "Moderator", "United States", "Legal hold", "a court demands it", "One other member of staff agreed",
		`id="rights"`, "Get a copy", "Correct", "Delete some of it", "Delete everything", "Restrict processing", "Object", "Move to another service", "Withdraw everything", "Ask a person",
		`id="requests"`, `href="/pixplus/support/thr_1"`, `id="receipts"`, "/receipts/rcp_1/file?as=txt", `id="notices"`, "1 notice waits")
}

func TestAStrangersCentreIsOpenAndEmpty(t *testing.T) {
	t.Parallel()
	site, api := newSite(t, nil)
	b := newBrowser(t, site)
	_, page := b.get("/pixplus/privacy")
	holds(t, page, "We hold nothing of yours.", "Nobody has looked at your content.", "Get a copy")
	for _, path := range []string{"access", "correct", "restrict", "object", "move", "withdraw"} {
		r, page := b.get("/pixplus/privacy/rights/" + path)
		if r.StatusCode != http.StatusOK || strings.Contains(page, "<form") {
			t.Errorf("%s answered %d with a form for nobody", path, r.StatusCode)
		}
		holds(t, page, "What will happen", "By when", "What stays, and why")
	}
	for _, path := range []string{"/pixplus/consents/con_1", "/pixplus/support/thr_1", "/pixplus/privacy/transfers/transfers.csv"} {
		if r, _ := b.get(path); r.StatusCode != http.StatusSeeOther {
			t.Errorf("%s answered %d", path, r.StatusCode)
		}
	}
	b.post("/pixplus/privacy/withdraw", nil)
	b.post("/pixplus/privacy/items/out_1/delete", nil)
	b.post("/pixplus/privacy/rights/restrict", url.Values{"ground": {"contested"}})
	if _, made := api.last(http.MethodPost, "/v1/sessions"); made {
		t.Error("a stranger's click made a session")
	}
}

func TestEachItemHasItsClockAndCanBeDeleted(t *testing.T) {
	t.Parallel()
	site, api := newSite(t, nil)
	b := signedIn(t, site)
	_, page := b.get("/pixplus/privacy/items")
	holds(t, page, "Result", "Cartoon portrait", "Deleted in", "from the moment the result is ready", "by a legal order", "There is no trash", `action="/pixplus/privacy/items/out_1/delete"`)
	r, _ := b.post("/pixplus/privacy/items/out_1/delete", nil)
	sent(t, api, http.MethodDelete, "/v1/privacy/items/out_1")
	if r.Header.Get("Location") != "/pixplus/privacy/items?receipt=rcp_1" || r.Header.Get("Clear-Site-Data") == "" {
		t.Errorf("went to %q", r.Header.Get("Location"))
	}
	_, page = b.get("/pixplus/privacy/items?receipt=rcp_1")
	holds(t, page, "The key was destroyed", "/receipts/rcp_1")
	if r, page := b.post("/pixplus/privacy/items/upl_9/delete", nil); r.StatusCode != http.StatusConflict || !strings.Contains(page, "Title of conflict") || !strings.Contains(page, "Cartoon portrait") {
		t.Errorf("an item that cannot go now: %d", r.StatusCode)
	}
}

func TestTransfersCanBeTakenAlong(t *testing.T) {
	t.Parallel()
	site, _ := newSite(t, nil)
	b := signedIn(t, site)
	r, csv := b.get("/pixplus/privacy/transfers/transfers.csv")
	holds(t, csv, "at,recipient,name", "2026-11-21T14:01:31Z,runninghub,RunningHub,CN,avatar,photo prompt,41331,requested_feature,con_0123456789abcdef,sent,2026-12-06T14:02:31Z")
	if r.Header.Get("Content-Disposition") != `attachment; filename="pixplus-transfers.csv"` || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/csv") {
		t.Errorf("%v", r.Header)
	}
	_, list := b.get("/pixplus/privacy/transfers/transfers.json")
	holds(t, list, `"id": "trf_1"`)
	if r, _ := b.get("/pixplus/privacy/transfers/anything"); r.StatusCode != http.StatusNotFound {
		t.Errorf("another file: %d", r.StatusCode)
	}
	r, receipt := b.get("/receipts/rcp_1/file?as=txt")
	if !strings.Contains(r.Header.Get("Content-Disposition"), "receipt-rcp_1.txt") || !strings.Contains(receipt, `"verifier_key"`) {
		t.Errorf("the receipt as text: %v", r.Header)
	}
}

func TestAConsentOpensTheExactTextThatWasShown(t *testing.T) {
	t.Parallel()
	site, _ := newSite(t, nil)
	b := signedIn(t, site)
	_, page := b.get("/pixplus/consents/con_1")
	inOrder(t, page, "Before we send your photo", "agreed", "the exact text that was shown", "sha256:4f", "What is sent", "the photo you chose", "Who receives it", "RunningHub", "Not now · Agree &amp; Continue", `action="/pixplus/consents/con_1/withdraw"`)
	if r, _ := b.get("/pixplus/consents/con_of_somebody"); r.StatusCode != http.StatusNotFound {
		t.Errorf("somebody's consent answered %d", r.StatusCode)
	}
}

func TestEachRightSaysWhatHappensBeforeItsButton(t *testing.T) {
	t.Parallel()
	site, api := newSite(t, nil)
	b := signedIn(t, site)
	_, page := b.get("/pixplus/privacy/rights/access")
	inOrder(t, page, "What will happen", "By when", "At once", "The policy allows us: within 15 working days.", "What stays, and why", "2 files with 176", "and 9 records", `href="/pixplus/api/v1/privacy/export" download="pixplus-my-data.zip"`)
	for path, to := range map[string]string{"some": "/pixplus/privacy/items", "all": "/pixplus/privacy/delete?scope=account"} {
		if r, _ := b.get("/pixplus/privacy/rights/" + path); r.Header.Get("Location") != to {
			t.Errorf("%s leads to %q", path, r.Header.Get("Location"))
		}
	}
	_, page = b.get("/pixplus/privacy/rights/object")
	inOrder(t, page, "What stays", `name="object" value="requested_feature"`, `name="shown" value="requested_feature"`)
	lacks(t, page, " checked")
	forms := []struct {
		right, method, path, done string
		form                      url.Values
		body                      []string
	}{
		{"object", "PUT", "/v1/me/objections", "objected", url.Values{"shown": {"requested_feature", "support"}, "object": {"support"}}, []string{`"requested_feature":false`, `"support":true`}},
		{"restrict", "PUT", "/v1/me/restriction", "restricted", url.Values{"ground": {"contested"}}, []string{`"contested"`}},
		{"restrict", "DELETE", "/v1/me/restriction", "lifted", url.Values{"lift": {"1"}}, nil},
		{"correct", "PATCH", "/v1/me", "corrected", url.Values{"locale": {"zh-Hans"}}, []string{`"zh-Hans"`}},
		{"correct", "PUT", "/v1/account", "corrected", url.Values{"password": {"old"}, "new_password": {"long enough"}}, []string{`"old"`, `"long enough"`}},
	}
	for _, f := range forms {
		r, _ := b.post("/pixplus/privacy/rights/"+f.right, f.form)
		sent(t, api, f.method, f.path, f.body...)
		if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/pixplus/privacy?done="+f.done+"#rights" {
			t.Errorf("%s answered %d to %q", f.right, r.StatusCode, r.Header.Get("Location"))
		}
	}
	for _, path := range []string{"access", "nothing"} {
		if r, _ := b.post("/pixplus/privacy/rights/"+path, nil); r.StatusCode != http.StatusNotFound {
			t.Errorf("a form that is none: %d", r.StatusCode)
		}
	}
}

func TestARefusedFormKeepsItsPageAndSaysWhy(t *testing.T) {
	t.Parallel()
	refuse := map[string]string{"PUT /v1/me/restriction": "validation", "POST /v1/support": "field-not-allowed", "POST /v1/complaints/ip": "validation"}
	var f *fakeAPI
	site, _ := newSite(t, func(o *Options) {
		f = o.API.(*fakeAPI)
		o.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if code := refuse[r.Method+" "+r.URL.Path]; code != "" {
				problem(w, 422, code)
				return
			}
			f.ServeHTTP(w, r)
		})
	})
	b := signedIn(t, site)
	r, page := b.post("/pixplus/privacy/rights/restrict", url.Values{"ground": {"other"}})
	if r.StatusCode != 422 {
		t.Errorf("answered %d", r.StatusCode)
	}
	inOrder(t, page, "Title of validation", "What will happen", "you contest that the data is right")
	r, page = b.post("/pixplus/support", url.Values{"text": {"what I <wrote>"}, "email": {"me@example.org"}})
	if r.StatusCode != 422 {
		t.Errorf("answered %d", r.StatusCode)
	}
	inOrder(t, page, "Title of field-not-allowed", "what I &lt;wrote&gt;", `value="me@example.org"`)
	r, page = b.post("/pixplus/complaints/ip", url.Values{"text": {"what I <wrote>"}, "email": {"me@example.org"}})
	if r.StatusCode != 422 {
		t.Errorf("answered %d", r.StatusCode)
	}
	inOrder(t, page, "Title of validation", "Read this before you write.", "what I &lt;wrote&gt;", `value="me@example.org"`)
}

func TestSupportIsAConversation(t *testing.T) {
	t.Parallel()
	site, api := newSite(t, nil)
	b := signedIn(t, site)
	_, page := b.get("/pixplus/support?about=complaint")
	inOrder(t, page, "within 15 working days", "You can turn to the regulator", `name="text"`, `maxlength="2000"`, `type="email"`, "Deleted 30 days after the case is closed.", "/pixplus/support/thr_1", "Tell us what you think", `name="stars"`, "support@pixplus.example")
	r, _ := b.post("/pixplus/support", url.Values{"text": {" Hello "}, "email": {""}})
	sent(t, api, "POST", "/v1/support", `"text":"Hello"`, `"platform":"web"`)
	if r.Header.Get("Location") != "/pixplus/support/thr_1?done=sent" {
		t.Errorf("went to %q", r.Header.Get("Location"))
	}
	_, page = b.get("/pixplus/support/thr_1?done=sent")
	inOrder(t, page, "Your message has arrived.", "Closes by itself", "Where is &lt;b&gt;my&lt;/b&gt; picture?", "me@example.org", "PixPlus support", "It was deleted on time.", "Deleted on time.", `action="/pixplus/support/thr_1"`, `action="/pixplus/support/thr_1/close"`)
	b.post("/pixplus/support/thr_1", url.Values{"text": {"More"}})
	sent(t, api, "POST", "/v1/support/thr_1/messages", `"More"`)
	b.post("/pixplus/support/thr_1/close", nil)
	sent(t, api, "POST", "/v1/support/thr_1/close")
	b.post("/pixplus/feedback", url.Values{"text": {"Good"}, "stars": {"4"}})
	sent(t, api, "POST", "/v1/feedback", `"Good"`, `"stars":4`)
}

func TestWhoeverComplainsReadsWhoGetsItBeforeTheFirstField(t *testing.T) {
	t.Parallel()
	site, api := newSite(t, nil)
	b := signedIn(t, site)
	_, page := b.get("/pixplus/support")
	inOrder(t, page, `href="/pixplus/complaints/ip"`, `href="/pixplus/complaints/loud"`)
	lacks(t, page, "/pixplus/complaints/phone")
	_, page = b.get("/pixplus/complaints/ip")
	inOrder(t, page, "Read this before you write.", "your name and contact included", "a complaint, to whom it is about", "second person here has agreed", `<form method="post"`, `name="passed_on" value="respondent"`, "The work", `name="work"`, `name="text"`, `type="email"`, "Deleted 30 days after the case is closed.", "Send the complaint")
	lacks(t, page, "app_only")
	_, page = b.get("/pixplus/complaints/ip?lang=zh-Hans")
	inOrder(t, page, "填写前请先阅读。", "应请求，向被投诉方", `name="work"`)
	_, page = b.get("/pixplus/complaints/loud")
	lacks(t, page, "Read this before you write.", "passed_on") // it is handed on to nobody
	_, page = newBrowser(t, site).get("/pixplus/complaints/ip")
	inOrder(t, page, "Read this before you write.", "a complaint, to whom it is about")
	for _, other := range []string{"phone", "support", "nothing"} {
		if r, _ := b.get("/pixplus/complaints/" + other); r.StatusCode != 404 {
			t.Errorf("%s: %d", other, r.StatusCode)
		}
	}
	r, _ := b.post("/pixplus/complaints/ip", url.Values{"passed_on": {"respondent"}, "work": {" my song "}, "text": {"It is mine."}, "email": {""}, "app_only": {"x"}, "more": {"x"}})
	sent(t, api, "POST", "/v1/complaints/ip", `"work":"my song"`, `"passed_on":"respondent"`, `"platform":"web"`)
	if r.Header.Get("Location") != "/pixplus/complaints/ip?done=itk_1" {
		t.Errorf("went to %q", r.Header.Get("Location"))
	}
	_, page = b.get("/pixplus/complaints/ip?done=itk_1")
	inOrder(t, page, "Your complaint has arrived.", "itk_1", "/pixplus/privacy/items")
	_, page = b.get("/pixplus/complaints/ip?done=You+won")
	lacks(t, page, "You won", "has arrived")
}

func TestAnAppWithoutSupportNamesTheContactOnly(t *testing.T) {
	t.Parallel()
	site, _ := newSite(t, func(o *Options) {
		f := o.API
		o.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/policy/collection") {
				reply(w, 200, client.Page[client.PolicySchema]{Data: []client.PolicySchema{{ID: "s", Kind: "support", Platforms: []string{"ios"}}}})
				return
			}
			f.ServeHTTP(w, r)
		})
	})
	_, page := newBrowser(t, site).get("/pixplus/support")
	holds(t, page, "takes no messages here", "support@pixplus.example")
	lacks(t, page, "<textarea")
}
