package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"vow.example/vow/client"
)

// grown has a session of somebody who has said everything.
func grown(t *testing.T, site http.Handler, g *gate) *browser {
	t.Helper()
	b := newBrowser(t, site)
	b.cookies["sid-pixplus"] = gateToken
	g.sessions[gateToken] = &client.Me{ID: "sub_1", UserID: "sub_1", Membership: "free", AgeBand: "over", Accepted: true, CreatedAt: day()}
	return b
}

// leads checks where an answer sends the browser.
func leads(t *testing.T, resp *http.Response, want string) {
	t.Helper()
	if got := resp.Header.Get("Location"); resp.StatusCode != http.StatusSeeOther || got != want {
		t.Errorf("answered %d to %q, want %q", resp.StatusCode, got, want)
	}
}

func TestTheFirstActLeadsOverTheFirstVisitAndBack(t *testing.T) {
	t.Parallel()
	site, g := newGate(t, nil, "acceptance", "age")
	b := newBrowser(t, site)
	form := url.Values{"hash": {"sha256:4f"}, "decision": {"granted"}}
	resp, _ := b.post("/pixplus/e/avatar/consent", form)
	leads(t, resp, "/pixplus/welcome?next=%2Fpixplus%2Fe%2Favatar%2Fconsent")
	if len(b.cookies) != 0 || len(g.sessions) != 0 {
		t.Error("somebody became known before the age was said")
	}
	_, page := b.get("/pixplus/welcome?next=%2Fpixplus%2Fe%2Favatar%2Fconsent")
	holds(t, page, "PixPlus is run by PixPlus Support Team", `name="next" value="/pixplus/e/avatar/consent"`, `href="/pixplus/policy"`, "What leaves this device", "RunningHub")
	inOrder(t, page, `<button class="btn" name="band" value="under"`, `<button class="btn" name="band" value="over"`)
	if strings.Contains(page, "checked") || strings.Contains(page, `name="consent"`) {
		t.Error("something is chosen beforehand")
	}
	resp, _ = b.post("/pixplus/welcome", url.Values{"band": {"over"}, "next": {"/pixplus/e/avatar/consent"}})
	leads(t, resp, "/pixplus/welcome?next=%2Fpixplus%2Fe%2Favatar%2Fconsent")
	_, page = b.get("/pixplus/welcome?next=%2Fpixplus%2Fe%2Favatar%2Fconsent")
	inOrder(t, page, "PixPlus opens after you agree.", `class="mark"><h3>1. Faces`, "<details><summary>One more section", "2. End", `value="declined">Do not agree`, `value="accepted">Agree`)
	resp, page = b.post("/pixplus/welcome", url.Values{"decision": {"accepted"}, "version": {"pixplus/v1"}, "hash": {"sha256:old"}, "next": {"/pixplus/e/avatar/consent"}})
	if resp.StatusCode != http.StatusConflict || !strings.Contains(page, "changed while you were reading") || !strings.Contains(page, `value="/pixplus/e/avatar/consent"`) {
		t.Errorf("a policy that changed meanwhile answered %d", resp.StatusCode)
	}
	resp, _ = b.post("/pixplus/welcome", url.Values{"decision": {"accepted"}, "version": {"pixplus/v1"}, "hash": {"sha256:p"}, "next": {"/pixplus/e/avatar/consent"}})
	leads(t, resp, "/pixplus/e/avatar/consent")
	resp, _ = b.post("/pixplus/e/avatar/consent", form)
	leads(t, resp, "/pixplus/e/avatar/upload?consent=con_new")
	resp, _ = b.get("/pixplus/welcome?next=/pixplus/works")
	leads(t, resp, "/pixplus/works")
}

func TestWhoeverIsTooYoungGetsNothingAndNoSecondTry(t *testing.T) {
	t.Parallel()
	for name, known := range map[string]bool{"a stranger": false, "somebody with a session": true} {
		site, g := newGate(t, nil, "age")
		b := newBrowser(t, site)
		if known {
			b.cookies["sid-pixplus"], g.sessions[gateToken] = gateToken, &client.Me{ID: "sub_1"}
		}
		resp, _ := b.post("/pixplus/welcome", url.Values{"band": {"under"}, "next": {"/pixplus/works"}})
		leads(t, resp, "/pixplus/age")
		mark := b.cookies["sid-pixplus"]
		if len(g.sessions) != 0 || len(g.refused) != 1 || g.refused[0] != mark || strings.Contains(mark, "sub_") {
			t.Errorf("%s: sessions %v, refused %v, cookie %q", name, g.sessions, g.refused, mark)
		}
		if c := resp.Cookies(); c[len(c)-1].MaxAge != 0 || !c[len(c)-1].Expires.IsZero() {
			t.Errorf("%s: the mark outlives the browser: %v", name, c)
		}
		for _, path := range []string{"/pixplus/welcome", "/pixplus/welcome?next=/pixplus/works"} {
			resp, _ = b.get(path)
			leads(t, resp, "/pixplus/age")
		}
		resp, _ = b.post("/pixplus/welcome", url.Values{"band": {"over"}})
		leads(t, resp, "/pixplus/age")
		resp, _ = b.post("/pixplus/e/avatar/consent", url.Values{"hash": {"sha256:4f"}, "decision": {"granted"}})
		leads(t, resp, "/pixplus/age")
		resp, _ = b.post("/pixplus/sign-in", url.Values{"login": {"me"}, "password": {"long and odd 47"}})
		leads(t, resp, "/pixplus/age")
		if resp, page := b.get("/pixplus/age"); resp.StatusCode != 200 || !strings.Contains(page, "Nothing was kept") || strings.Contains(page, `name="band"`) {
			t.Errorf("%s: the page answered %d", name, resp.StatusCode)
		}
		if len(g.sessions) != 0 {
			t.Errorf("%s: a session was made after all", name)
		}
	}
}

func TestWhoeverDeclinesThePolicyIsForgotten(t *testing.T) {
	t.Parallel()
	site, g := newGate(t, nil, "acceptance", "age")
	b := newBrowser(t, site)
	b.post("/pixplus/welcome", url.Values{"band": {"over"}})
	resp, _ := b.post("/pixplus/welcome", url.Values{"decision": {"declined"}, "version": {"pixplus/v1"}, "hash": {"sha256:p"}})
	leads(t, resp, "/pixplus/declined")
	if len(b.cookies) != 0 || len(g.sessions) != 0 {
		t.Errorf("cookies %v, sessions %v", b.cookies, g.sessions)
	}
	if resp, page := b.get("/pixplus/declined"); resp.StatusCode != 200 || !strings.Contains(page, "was erased") {
		t.Errorf("answered %d", resp.StatusCode)
	}
}

func TestTheWayBackLeadsToAPageOfTheAppOnly(t *testing.T) {
	t.Parallel()
	site, g := newGate(t, nil, "age")
	for next, want := range map[string]string{
		"/pixplus/e/avatar?again=upl_1": "/pixplus/e/avatar?again=upl_1", "/pixplus/chat/cht_1#last": "/pixplus/chat/cht_1#last",
		"": "/pixplus/", "https://evil.example/": "/pixplus/", "//evil.example/pixplus/": "/pixplus/", `/\evil.example`: "/pixplus/", "/pixplus/..//evil.example": "/pixplus/",
		"/mixoo/works": "/pixplus/", "/pixplus/api/v1/me": "/pixplus/", "javascript:alert(1)": "/pixplus/", "/pixplus/../mixoo/": "/pixplus/", "/pixplus//evil.example": "/pixplus/", "%zz": "/pixplus/",
	} {
		resp, _ := grown(t, site, g).post("/pixplus/welcome", url.Values{"begin": {"yes"}, "next": {next}})
		leads(t, resp, want)
		resp, _ = grown(t, site, g).get("/pixplus/welcome?next=" + url.QueryEscape(next))
		leads(t, resp, want)
	}
}

func TestAScriptHearsWhatComesNext(t *testing.T) {
	t.Parallel()
	for name, tab := range map[string]bool{"with cookies": false, "without": true} {
		site, g := newGate(t, func(a *client.App) { a.Cookieless = tab }, "age")
		say := func(form url.Values) (int, map[string]string) {
			r := httptest.NewRequest(http.MethodPost, "/pixplus/welcome", strings.NewReader(form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Accept", "application/json")
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			w := httptest.NewRecorder()
			site.ServeHTTP(w, r)
			var got map[string]string
			_ = json.Unmarshal(w.Body.Bytes(), &got)
			if tab && len(w.Result().Cookies()) != 0 {
				t.Errorf("%s: a cookie was set", name)
			}
			return w.Code, got
		}
		if status, got := say(url.Values{"band": {"under"}}); status != 200 || got["standing"] != "age-not-allowed" || got["access_token"] != "" {
			t.Errorf("%s: %d %v", name, status, got)
		}
		status, got := say(url.Values{"band": {"over"}})
		if status != 200 || got["standing"] != "" || (got["access_token"] == gateToken) != tab {
			t.Errorf("%s: %d %v", name, status, got)
		}
		if g.sessions[gateToken].AgeBand != "over" {
			t.Errorf("%s: the answer was not kept", name)
		}
		made := ask(site, http.MethodPost, "/pixplus/api/v1/sessions", nil)
		if made.Code < 400 || strings.Contains(made.Body.String(), gateToken) {
			t.Errorf("%s: a session without an age answered %d", name, made.Code)
		}
		if body := ask(site, http.MethodGet, "/pixplus/welcome?sheet=1", nil).Body.String(); strings.Contains(body, "<html") || !strings.Contains(body, `id="welcome"`) {
			t.Errorf("%s: the sheet is %q", name, body)
		}
	}
}

func TestAGuardianIsAskedFoundAndBelieved(t *testing.T) {
	t.Parallel()
	site, g := newGate(t, nil, "age", "guardian")
	b := newBrowser(t, site)
	resp, _ := b.post("/pixplus/welcome", url.Values{"band": {"under"}, "next": {"/pixplus/works"}})
	leads(t, resp, "/pixplus/guardian?next=%2Fpixplus%2Fworks")
	resp, _ = b.post("/pixplus/e/avatar/consent", url.Values{"hash": {"sha256:4f"}, "decision": {"granted"}})
	leads(t, resp, "/pixplus/guardian?next=%2Fpixplus%2Fe%2Favatar%2Fconsent")
	_, page := b.get("/pixplus/guardian?next=/pixplus/works")
	if strings.Contains(page, `name="code"`) {
		t.Error("a code is asked for before anybody was asked")
	}
	_, page = b.post("/pixplus/guardian", url.Values{"email": {"parent@example.org"}, "next": {"/pixplus/works"}})
	holds(t, page, "http://127.0.0.1:8420/g/gl_1", `name="code"`, `value="/pixplus/works"`)
	if strings.Contains(page, "parent@example.org") {
		t.Error("the address comes back")
	}
	resp, page = b.post("/pixplus/guardian", url.Values{"code": {"00000000"}, "next": {"/pixplus/works"}})
	if resp.StatusCode != http.StatusForbidden || !strings.Contains(page, `role="alert"`) {
		t.Errorf("a wrong code answered %d", resp.StatusCode)
	}
	resp, _ = b.post("/pixplus/guardian", url.Values{"code": {"12345678"}, "next": {"/pixplus/works"}})
	leads(t, resp, "/pixplus/works")
	if g.sessions[gateToken].Guardian != "confirmed" {
		t.Error("the code did not arrive")
	}
	resp, _ = newBrowser(t, site).get("/pixplus/guardian")
	leads(t, resp, "/pixplus/welcome?next=%2Fpixplus%2F")
}

func TestSettingsAreFormsThatSayWhatHappened(t *testing.T) {
	t.Parallel()
	site, g := newGate(t, nil, "age")
	stranger := newBrowser(t, site)
	if _, page := stranger.get("/pixplus/settings"); !strings.Contains(page, "Nobody is signed in") || len(stranger.cookies) != 0 || strings.Contains(page, `id="uid"`) {
		t.Error("a stranger is made known by looking")
	}
	b := grown(t, site, g)
	_, page := b.get("/pixplus/settings")
	holds(t, page, "sub_1", "Free", "Usage facts", "which functions are used", "Camera", "not granted", "Settings, then Camera.", "Make a login", "Remember this device", `href="/pixplus/policy"`, `href="/pixplus/privacy"`, "Sign out")
	holds(t, page, "Policy change", "always", "About your work", "push message", "only while “Usage facts” is on")
	resp, _ := b.post("/pixplus/settings/switches", url.Values{"known": {"analytics", "diagnostics"}, "on": {"analytics"}})
	leads(t, resp, "/pixplus/settings?saved=switches#switches")
	if me := g.sessions[gateToken]; !me.Switches["analytics"] || len(me.Switches) != 2 || me.Switches["diagnostics"] {
		t.Errorf("the switches are %v", g.sessions[gateToken].Switches)
	}
	resp, page = b.post("/pixplus/settings/login", url.Values{"login": {"me"}, "password": {"short"}})
	if resp.StatusCode != http.StatusUnprocessableEntity || strings.Contains(page, "short") || !strings.Contains(page, `role="alert"`) {
		t.Errorf("a short password answered %d", resp.StatusCode)
	}
	resp, _ = b.post("/pixplus/settings/login", url.Values{"login": {"me"}, "password": {"long and odd 47"}})
	leads(t, resp, "/pixplus/settings?saved=login#login")
	_, page = b.get("/pixplus/settings?saved=login")
	holds(t, page, "Change the password", "Remove the login", "Saved.")
	holds(t, page, "Every other browser and app is signed out.")
	if resp, page = b.post("/pixplus/settings/login-removed", url.Values{"password": {"wrong"}}); resp.StatusCode != http.StatusUnauthorized || !strings.Contains(page, "Remove the login") {
		t.Errorf("a wrong password: %d", resp.StatusCode)
	}
	resp, _ = b.post("/pixplus/settings/login-removed", url.Values{"password": {"long and odd 47"}})
	leads(t, resp, "/pixplus/settings?saved=login-removed#login")
	resp, _ = b.post("/pixplus/settings/language", url.Values{"lang": {"zh-Hans"}})
	leads(t, resp, "/pixplus/settings?saved=language&lang=zh-Hans#language")
	if g.sessions[gateToken].Locale != "zh-Hans" {
		t.Error("the account does not know its language")
	}
	if resp, _ = b.post("/pixplus/settings/membership", nil); resp.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown setting answered %d", resp.StatusCode)
	}
}

func TestOneClickSignsInAgainAndLoginDoesToo(t *testing.T) {
	t.Parallel()
	site, g := newGate(t, nil, "age")
	b := grown(t, site, g)
	b.post("/pixplus/settings/remember", nil)
	if b.cookies["remember-pixplus"] != "kept_1" {
		t.Fatalf("cookies %v", b.cookies)
	}
	resp, _ := b.post("/pixplus/sign-out", nil)
	leads(t, resp, "/pixplus/")
	if b.cookies["sid-pixplus"] != "" || b.cookies["remember-pixplus"] != "kept_1" {
		t.Errorf("after signing out the cookies are %v", b.cookies)
	}
	if _, page := b.get("/pixplus/sign-in"); !strings.Contains(page, "Continue with one click") {
		t.Error("one click is not offered")
	}
	resp, _ = b.post("/pixplus/sign-in", url.Values{"again": {"yes"}, "next": {"/pixplus/works"}})
	leads(t, resp, "/pixplus/works")
	if b.cookies["sid-pixplus"] != gateToken || b.cookies["remember-pixplus"] != "kept_2" {
		t.Errorf("after one click the cookies are %v", b.cookies)
	}
	resp, _ = b.post("/pixplus/settings/forget", nil)
	leads(t, resp, "/pixplus/settings?saved=forget#remember")
	if _, kept := b.cookies["remember-pixplus"]; kept {
		t.Error("the device is still remembered")
	}
	other := newBrowser(t, site)
	resp, page := other.post("/pixplus/sign-in", url.Values{"login": {"me"}, "password": {"wrong"}})
	if resp.StatusCode != http.StatusUnauthorized || !strings.Contains(page, "does not match") || len(other.cookies) != 0 {
		t.Errorf("a wrong password answered %d", resp.StatusCode)
	}
}

func TestMarksAndLinksChangeNoClockAndSaySo(t *testing.T) {
	t.Parallel()
	site, g := newGate(t, nil, "age")
	b := grown(t, site, g)
	_, page := b.get("/pixplus/works/out_1")
	holds(t, page, "Favorite <span", "(still deleted <time", "Make a link", "Copies that others make stay")
	resp, _ := b.post("/pixplus/works/out_1/favorite", url.Values{"mark": {"yes"}, "next": {"/pixplus/works"}})
	leads(t, resp, "/pixplus/works#t-out_1")
	_, page = b.get("/pixplus/favorites")
	holds(t, page, "does not change the clock", `id="t-out_1"`, `aria-pressed="true"`)
	if strings.Contains(page, "out_3") {
		t.Error("what is not marked is among the marked")
	}
	b.post("/pixplus/works/out_1/favorite", url.Values{"mark": {"no"}})
	if _, page = b.get("/pixplus/favorites"); !strings.Contains(page, "No favorites.") {
		t.Error("the mark stays")
	}
	_, page = b.post("/pixplus/works/out_1/share", nil)
	holds(t, page, "http://127.0.0.1:8420/s/tk", "Copy the link", "Take it back")
	if _, page = b.get("/pixplus/works/out_1"); strings.Contains(page, "/s/tk") || !strings.Contains(page, "There is a link") {
		t.Error("the link is shown twice, or forgotten")
	}
	resp, _ = b.post("/pixplus/works/out_1/unshare", nil)
	leads(t, resp, "/pixplus/works/out_1#share")
	plain, h := newGate(t, func(a *client.App) { a.Offers = nil }, "age")
	b = grown(t, plain, h)
	_, page = b.get("/pixplus/works/out_1")
	if resp, _ = b.get("/pixplus/favorites"); resp.StatusCode != http.StatusNotFound || strings.Contains(page, "heart") || strings.Contains(page, `id="share"`) {
		t.Error("an app offers what its policy does not allow")
	}
}

func TestSeveralResultsAreErasedAfterOneQuestion(t *testing.T) {
	t.Parallel()
	site, g := newGate(t, nil, "age")
	b := grown(t, site, g)
	_, page := b.get("/pixplus/works")
	holds(t, page, `name="id" value="out_1"`, `name="id" value="out_3"`, `href="/pixplus/api/v1/privacy/export"`, "176", "Delete selected")
	_, page = b.post("/pixplus/works/delete", url.Values{"id": {"out_1", "out_3", "out_1"}, "next": {"/pixplus/works"}})
	holds(t, page, "Delete 2 results now?", `name="sure"`, "no undo")
	if len(g.erased) != 0 {
		t.Fatalf("before the answer %v was erased", g.erased)
	}
	resp, _ := b.post("/pixplus/works/delete", url.Values{"id": {"out_1", "out_3"}, "sure": {"yes"}})
	leads(t, resp, "/pixplus/works?deleted=1")
	if len(g.erased) != 2 {
		t.Errorf("erased %v", g.erased)
	}
	resp, _ = b.post("/pixplus/works/delete", url.Values{"next": {"/pixplus/favorites"}})
	leads(t, resp, "/pixplus/favorites")
	if _, page = b.get("/pixplus/works?show=video"); strings.Contains(page, "out_1") || !strings.Contains(page, "Nothing of this kind") {
		t.Error("a picture is among the videos")
	}
}
