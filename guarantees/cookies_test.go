package guarantees

import (
	"bytes"
	"encoding/json"
	"html"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// Cookie names that a browser could send along: those of our own apps, and a stranger's.
const strangersCookie = "canary-cookie-4711"

// noCookie asks with and without cookies and a credential: no answer may set a cookie, and cookies may
// make no difference: no-cookie METHOD PATH [JSON|FORM]. With "!" a cookie must be set.
func noCookie(w *world, neg bool, args []string) {
	w.usage(len(args) == 2 || len(args) == 3, "no-cookie METHOD PATH [JSON|FORM]")
	body := ""
	if len(args) == 3 {
		body = args[2]
	}
	var statuses []int
	set := false
	for _, cookies := range []bool{false, true} {
		a := w.asBrowser(nil, args[0], args[1], body, cookies)
		statuses = append(statuses, a.status)
		set = set || len(a.header.Values("Set-Cookie")) > 0
		w.last = a
	}
	if set != neg {
		w.ts.Fatalf("%s %s: a cookie was set: %t", args[0], args[1], set)
	}
	if !neg && statuses[0] != statuses[1] {
		w.ts.Fatalf("%s %s: %v, with cookies another answer than without", args[0], args[1], statuses)
	}
}

// asBrowser asks as a browser does that is on a page of ours.
func (w *world) asBrowser(p *person, method, path, body string, cookies bool) answer {
	h := http.Header{"Sec-Fetch-Site": {"same-origin"}, "Accept": {"text/html"}}
	switch {
	case strings.HasPrefix(body, "{"):
		h.Set("Content-Type", "application/json")
	case body != "":
		h.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if cookies {
		h.Set("Cookie", "sid-"+w.me().app+"="+w.me().token+"; sid-pixplus="+strangersCookie+"; __Host-sid-"+w.me().app+"="+w.me().token+"; _ga="+strangersCookie)
	}
	return w.ask(p, method, path, strings.NewReader(body), h)
}

// walk visits every page of the app that can be reached from a page, as a stranger and as a person:
// walk PATH. No page sets a cookie, loads anything from elsewhere, holds a picture of one point, or has
// a tag by which a browser would be known again.
func walk(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 1, "walk PATH")
	root := args[0]
	if p := w.me(); p.task != "" {
		root += " " + args[0] + "tasks/" + p.task
		if p.result != "" {
			root += " " + args[0] + "works/" + p.result
		}
	}
	seen, todo := map[string]bool{}, strings.Fields(root)
	link := regexp.MustCompile(`(?:href|src|action|data-[a-z-]+)="([^"]+)"`)
	for len(todo) > 0 {
		path := todo[0]
		todo = todo[1:]
		if seen[path] {
			continue
		}
		seen[path] = true
		stranger, with := w.asBrowser(nil, "GET", path, "", false), w.asBrowser(nil, "GET", path, "", true)
		if without := timeless(stranger); stranger.status != with.status || !bytes.Equal(without, timeless(with)) {
			w.ts.Fatalf("%s: %d, with cookies %d: another page", path, stranger.status, with.status)
		}
		for _, a := range []answer{with, w.asBrowser(w.me(), "GET", path, "", false)} {
			w.harmlessPage(path, a)
			if to := a.header.Get("Location"); strings.HasPrefix(to, args[0]) {
				todo = append(todo, to)
			}
			if !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
				continue
			}
			for _, m := range link.FindAllStringSubmatch(string(a.body), -1) {
				to, _, _ := strings.Cut(html.UnescapeString(m[1]), "#")
				if strings.HasPrefix(to, args[0]) && !strings.Contains(to, "/content") {
					todo = append(todo, to)
				}
			}
		}
	}
	const fewest = 8
	if len(seen) < fewest {
		w.ts.Fatalf("only %d pages: %v", len(seen), seen)
	}
}

// timeless is a page without the moment of asking and the number that every answer has for itself.
func timeless(a answer) []byte {
	return regexp.MustCompile(`req_[0-9a-f]+|data-now="[0-9]+"|<time[^>]*>[^<]*</time>`).ReplaceAll(a.body, nil)
}

func (w *world) harmlessPage(path string, a answer) {
	if c := a.header.Values("Set-Cookie"); len(c) > 0 {
		w.ts.Fatalf("%s sets a cookie: %v", path, c)
	}
	if bytes.Contains(a.body, []byte(strangersCookie)) || a.status >= http.StatusInternalServerError {
		w.ts.Fatalf("%s: %d %s", path, a.status, short(a.body))
	}
	if !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
		return
	}
	if tag := a.header.Get("Etag"); tag != "" {
		w.ts.Fatalf("%s has the tag %s", path, tag)
	}
	if from := regexp.MustCompile(`<(?:script|img|link|iframe|source|video|object|embed)[^>]+(?:src|href|data)="(?:https?:)?//[^"]*"`).Find(a.body); from != nil {
		w.ts.Fatalf("%s loads %s", path, from)
	}
	if beacon := regexp.MustCompile(`<img[^>]+(?:width|height)="1"`).Find(a.body); beacon != nil {
		w.ts.Fatalf("%s holds %s", path, beacon)
	}
}

// walkAPI tries every route that the API publishes, with and without a credential, with cookies in
// place of one: no answer sets a cookie, and a cookie opens nothing.
func walkAPI(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 0, "walk-api")
	var doc struct {
		Paths map[string]map[string]struct{ Security []any }
	}
	w.check(json.Unmarshal(w.ask(nil, "GET", "/openapi.json", nil, nil).body, &doc))
	p, tried := w.me(), 0
	for path, methods := range doc.Paths {
		at := strings.NewReplacer("{app}", p.app, "{kind}", "template", "{file}", "picture").Replace(path)
		switch {
		case strings.Contains(path, "/tasks/"):
			at = strings.Replace(at, "{id}", p.task, 1)
		case strings.Contains(path, "/features/"):
			at = strings.Replace(at, "{id}", p.feature, 1)
		case strings.Contains(path, "/materials/"):
			at = strings.Replace(at, "{id}", "knight", 1)
		default:
			at = strings.Replace(at, "{id}", "unknown", 1)
		}
		for method, op := range methods {
			method = strings.ToUpper(method)
			if at == "/v1/me" && method == "DELETE" || strings.HasPrefix(at, "/demo") || strings.HasSuffix(at, "/events") || at == "/v1/sessions/current" || !slices.Contains([]string{"GET", "POST", "DELETE", "PUT", "PATCH"}, method) {
				continue // they would end the person, or never end
			}
			body := ""
			if method != "GET" {
				body = "{}"
			}
			for _, a := range []answer{w.asBrowser(nil, method, at, body, true), w.asBrowser(p, method, at, body, true)} {
				if len(a.header.Values("Set-Cookie")) > 0 || a.status >= http.StatusInternalServerError {
					w.ts.Fatalf("%s %s: %d, cookies %v", method, at, a.status, a.header.Values("Set-Cookie"))
				}
			}
			if a := w.asBrowser(nil, method, at, body, true); len(op.Security) > 0 && a.status != http.StatusUnauthorized {
				w.ts.Fatalf("%s %s with a cookie in place of a credential: %d", method, at, a.status)
			}
			tried++
		}
	}
	const fewest = 25
	if tried < fewest {
		w.ts.Fatalf("only %d routes", tried)
	}
}

// noCookieCame checks that no answer since the start of the script, to whatever it was, set a cookie.
func noCookieCame(w *world, neg bool, args []string) {
	w.usage(!neg && len(args) == 0, "no-cookie-came")
	if len(w.baked) > 0 || w.asked < 5 {
		w.ts.Fatalf("of %d answers these set cookies: %v", w.asked, w.baked)
	}
}
