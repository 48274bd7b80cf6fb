package probe

import (
	"net/http"
	"net/url"
	"strings"
)

// Browser is a visit to the app's pages, with the cookies that it keeps.
type Browser struct {
	Kept map[string]string // by name
	Set  []Cookie          // every one that was set, in order

	p *Probe
}

// Cookie is one cookie as the server set it.
type Cookie struct {
	Name    string
	Seconds int  // how long the browser keeps it; 0: until it closes
	Shut    bool // scripts, other sites and other hosts cannot use it
}

// Browse begins a visit.
func (p *Probe) Browse() *Browser { return &Browser{Kept: map[string]string{}, p: p} }

// Post sends a form of one of the app's pages.
func (b *Browser) Post(path string, fields map[string]string) Answer {
	form := url.Values{}
	for name, value := range fields {
		form.Set(name, value)
	}
	return b.keep(b.p.Ask("POST", "/"+b.p.App+path, strings.NewReader(form.Encode()), b.with("Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin")...))
}

// Look reads one of the app's pages.
func (b *Browser) Look(path string) Answer {
	return b.keep(b.p.Ask("GET", "/"+b.p.App+path, nil, b.with()...))
}

func (b *Browser) with(header ...string) []string {
	var sent []string
	for name, value := range b.Kept {
		sent = append(sent, name+"="+value)
	}
	if len(sent) == 0 {
		return header
	}
	return append(header, "Cookie", strings.Join(sent, "; "))
}

func (b *Browser) keep(a Answer) Answer {
	if a.Status >= 400 {
		b.p.Failf("%s was answered with %d: %.300s", a.Call, a.Status, a.Body)
	}
	for _, c := range (&http.Response{Header: a.Header}).Cookies() {
		shut := c.HttpOnly && c.Domain == "" && (c.SameSite == http.SameSiteLaxMode || c.SameSite == http.SameSiteStrictMode)
		b.Set = append(b.Set, Cookie{c.Name, c.MaxAge, shut})
		if c.MaxAge >= 0 {
			b.Kept[c.Name] = c.Value
		}
	}
	return a
}
