package e2e

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"vow.example/vow/client"
)

// TestATaskWithoutCookies is the whole job in an app without cookies: every page and every call of it,
// with somebody else's cookie in the browser, which nothing may read.
func TestATaskWithoutCookies(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	other := s.member("picwiz")
	w := &person{stage: s, p: newTab(t, s.url, phone())}
	p := w.p
	set := p.watchCookies()
	other.sit(p)
	p.open("/picwiz/settings")
	p.there("#cookies")
	if n := p.count("#uid"); n != 0 {
		t.Error("a cookie was read: the settings know somebody")
	}
	_, err := chromedp.Call(p.ctx, network.DeleteCookies, network.DeleteCookiesParams{Name: "sid-picwiz", URL: s.url})
	p.must(err)
	delete(p.known, "picwiz") // whose cookie that was is nothing to this tab
	w.make()
	w.look()
	w.leaveAndReturn()
	w.erase()
	p.noCookies(set)
	for _, request := range p.sent("GET") {
		if strings.Contains(request, "at_") {
			t.Errorf("a token is in an address: %s", request)
		}
	}
}

// make runs one effect to its result.
func (w *person) make() {
	p := w.p
	p.t.Helper()
	p.press("nav.tab a[href='/picwiz/']")
	p.press("a.cover[href='/picwiz/e/portrait_enhance']")
	p.press("input[value='astronaut.jpg']")
	p.press("#go")
	p.agree()
	p.until("the result is there", `location.pathname.startsWith('/picwiz/works/')`)
	p.until("the picture is loaded", `document.querySelector('.after')?.naturalWidth > 0`)
	if src := read[string](p, `document.querySelector('.after').src`); !strings.HasPrefix(src, "blob:") {
		p.t.Errorf("the result comes from %s, want a blob", src)
	}
	if saved := read[string](p, `new Promise((resolve) => {
		const old = HTMLAnchorElement.prototype.click
		HTMLAnchorElement.prototype.click = function () { HTMLAnchorElement.prototype.click = old; resolve(this.href.slice(0, 5) + ' ' + this.download) }
		document.querySelector('a[download]').dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }))
	})`); !strings.HasPrefix(saved, "blob: picwiz-out_") {
		p.t.Errorf("the download is %q", saved)
	}
	if got := p.status(p.path()); got != 200 && got != 401 {
		p.t.Errorf("a stranger's look at the result answered %d", got)
	}
}

// look opens every page of the app from the tabs, and the document stays the same.
func (w *person) look() {
	p := w.p
	p.t.Helper()
	read[bool](p, `(window.same = true)`)
	p.press("nav.tab a[href='/picwiz/works']")
	p.until("the picture in the list is loaded", `document.querySelector('.tile img')?.naturalWidth > 0`)
	p.press(".pick1 input")
	if saved := read[string](p, `new Promise((resolve) => {
		const made = URL.createObjectURL
		URL.createObjectURL = (blob) => { URL.createObjectURL = made; resolve(blob.type + ' ' + (blob.size > 1000)); return made(blob) }
		document.querySelector('button[data-file]').click()
	})`); saved != "application/zip true" {
		p.t.Errorf("what was picked is saved as %q", saved)
	}
	p.press("nav.tab a[href='/picwiz/privacy']")
	p.there(".holdings")
	p.press("nav.tab a[href='/picwiz/settings']")
	p.there("#uid")
	if title := p.text("h1"); title != "Settings" || !read[bool](p, `document.title.startsWith('Settings') && document.activeElement.localName === 'h1'`) {
		p.t.Error("title and focus do not follow")
	}
	read[bool](p, `(history.back(), true)`)
	p.there(".holdings")
	if !read[bool](p, `window.same === true`) {
		p.t.Error("the document was loaded anew")
	}
}

// leaveAndReturn loads the document anew: the tab still knows who it is.
func (w *person) leaveAndReturn() {
	p := w.p
	p.t.Helper()
	p.open("/")
	p.open("/picwiz/privacy?lang=zh-Hans")
	p.there(".holdings")
	p.open("/picwiz/works")
	p.press(".tile a")
	p.until("the picture is loaded", `document.querySelector('.after')?.naturalWidth > 0`)
}

// erase ends the account; the tab forgets, and the credential is worth nothing.
func (w *person) erase() {
	p := w.p
	p.t.Helper()
	token := read[string](p, `sessionStorage.getItem('session-picwiz')`)
	p.press(".tabnote a")
	p.press("main form button")
	p.there(".note.ok")
	p.until("the tab has forgotten", `sessionStorage.getItem('session-picwiz') === null`)
	if _, err := client.New(w.url, token, nil).Me(p.t.Context()); err == nil {
		p.t.Error("the token still works")
	}
	p.press("nav.tab a[href='/picwiz/settings']")
	p.there("#cookies")
	if n := p.count("#uid"); n != 0 {
		p.t.Error("the settings still know somebody")
	}
}

// TestSigningOutWithoutCookiesForgetsTheTab ends the session and nothing else.
func TestSigningOutWithoutCookiesForgetsTheTab(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	m := s.member("picwiz")
	p := newTab(t, s.url, desktop())
	set := p.watchCookies()
	p.open("/picwiz/settings")
	read[bool](p, call(`(t) => (sessionStorage.setItem('session-picwiz', t), true)`, m.token))
	p.open("/picwiz/settings")
	p.press("form[action='/picwiz/sign-out'] button")
	p.until("the home page is there", `location.pathname === '/picwiz/'`)
	p.until("the tab has forgotten", `sessionStorage.getItem('session-picwiz') === null`)
	p.noCookies(set)
}

// TestEventsComeWithTheCredentialOfTheTab reads a task's events by fetch, as EventSource would.
func TestEventsComeWithTheCredentialOfTheTab(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	m := s.member("picwiz")
	task := m.task("portrait_enhance", "")
	p := newTab(t, s.url, desktop())
	p.open("/picwiz/policy")
	read[bool](p, call(`(t) => (sessionStorage.setItem('session-picwiz', t), true)`, m.token))
	names := read[[]string](p, call(`async (id) => {
		const { Stream } = await import(document.querySelector('script[type=module]').src.replace('app.js', 'session.js'))
		const stream = new Stream('/picwiz/api/v1/tasks/' + id + '/events'), names = []
		stream.onopen = () => names.push('open')
		await new Promise((done) => {
			for (const name of ['state', 'output', 'done']) stream.addEventListener(name, (e) => { JSON.parse(e.data); names.push(name); if (name === 'done') done() })
		})
		stream.close()
		return names
	}`, task.ID))
	if names[0] != "open" || !slices.Contains(names, "state") || names[len(names)-1] != "done" {
		t.Errorf("heard %v", names)
	}
}

// TestTheAPISetsNoCookie asks a few routes directly.
func TestTheAPISetsNoCookie(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := newTab(t, s.url, desktop())
	set := p.watchCookies()
	for _, path := range []string{"/v1/apps", "/v1/apps/picwiz", "/v1/apps/picwiz/materials", "/picwiz/policy", "/picwiz/e/art_style"} {
		p.open(path)
	}
	p.noCookies(set)
	text := read[string](p, `fetch('/v1/apps/picwiz').then((r) => r.text())`)
	if !bytes.Contains([]byte(text), []byte(`"cookieless":true`)) {
		t.Errorf("the app does not say that it is cookie-less: %s", text)
	}
	s.enter(p, "pixplus") // the control: a check that sees no cookie anywhere shows nothing
	if set() == 0 || len(p.cookies()) == 0 {
		t.Error("the cookie of another app was not seen")
	}
}
