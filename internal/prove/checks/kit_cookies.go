package checks

import (
	"bytes"
	"regexp"
	"strings"

	"vow.example/vow/client"
	"vow.example/vow/internal/prove/probe"
)

// cookieless: neither the calls nor the pages of a whole run set a cookie or mark the person otherwise;
// a cookie that a browser sends opens nothing and is not kept.
func (j job) cookieless(p *probe.Probe) {
	mark := probe.Mark("cookie")
	who := p.Person().With("Cookie", "visit="+mark)
	var answers []probe.Answer
	note := func(a probe.Answer) probe.Answer {
		answers = append(answers, a.Fine())
		return a
	}
	note(p.Send("POST", "/v1/sessions", map[string]string{"app": p.App}, "Cookie", "visit="+mark))
	note(who.TryUpload(p.NewPhoto()))
	o, _ := j.order(p, who)
	screen := who.Screen(j.feature, "en")
	var c client.Consent
	note(who.Send("POST", "/v1/consents", client.ConsentCreate{Feature: j.feature, Recipient: last(screen.Who).ID, Decision: "granted", DisclosureHash: screen.Hash})).Into(&c)
	o.Consent = c.ID
	var k client.Task
	note(who.Try(o)).Into(&k)
	k = who.Wait(k.ID)
	for _, path := range []string{"/v1/me", "/v1/tasks/" + k.ID, "/v1/outputs/" + last(k.Outputs).ID + "/content", "/v1/privacy/holdings", "/v1/privacy/export", "/v1/notices", "/v1/bootstrap?platform=web"} {
		note(who.Get(path))
	}
	p.Must(k.State == "succeeded" && len(answers) > 9, "%d calls of a whole run were made with a cookie", len(answers))
	pages := 0
	for _, path := range []string{"", "policy", "privacy", "privacy/delete?scope=account", "works", "settings", "e/" + j.feature, "e/" + j.feature + "/sheet"} {
		a := note(p.Ask("GET", "/"+p.App+"/"+path, nil, "Cookie", "visit="+mark))
		if isPage(a) {
			pages++
			loadsNothingElse(p, a)
		}
	}
	p.Must(pages >= 6, "%d pages were read with it", pages)
	form := func(app, path, body string) probe.Answer {
		return p.Ask("POST", "/"+app+path, strings.NewReader(body), "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin")
	}
	p.Must(form("pixplus", "/welcome", "band=over").Header.Get("Set-Cookie") != "", "the same form of an app with cookies sets one")
	answers = append(answers, form(p.App, "/welcome", "band=over"), form(p.App, "/settings/language", "lang=zh-Hans"))
	for _, a := range answers {
		for _, name := range []string{"Set-Cookie", "Etag"} {
			if a.Header.Get(name) != "" {
				p.Failf("%s is answered with %s", a.Call, name)
			}
		}
	}
	p.Saw("no answer sets a cookie or a mark of the person")
	for _, name := range []string{"__Host-sid-" + p.App, "sid", "session"} {
		p.Ask("GET", "/v1/me", nil, "Cookie", name+"="+who.Token).Is(401)
	}
	p.Nowhere("the cookie that the browser sent", []byte(mark))
}

// loadsNothingElse: a page loads nothing from elsewhere and holds no beacon.
func loadsNothingElse(p *probe.Probe, a probe.Answer) {
	foreign := regexp.MustCompile(`(?i)(\s(src|srcset|poster|data|action|ping)|<link[^>]*\shref)\s*=\s*["']?\s*(https?:)?//`)
	if found := foreign.Find(a.Body); found != nil {
		p.Failf("%s loads from elsewhere: %s", a.Call, found)
	}
	if regexp.MustCompile(`(?i)<(iframe|img[^>]*\swidth=["']?1["'\s>])`).Match(a.Body) {
		p.Failf("%s holds a beacon", a.Call)
	}
	if !bytes.Contains([]byte(a.Header.Get("Content-Security-Policy")), []byte("default-src 'self'")) {
		p.Failf("%s lets the browser load from elsewhere", a.Call)
	}
}
