package stage

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// door is the page of the app that opens what a problem with that code keeps shut; "" is none.
func door(code string) string {
	return map[string]string{
		"age-required":        "/welcome",
		"policy-not-accepted": "/welcome",
		"guardian-required":   "/guardian",
		"age-not-allowed":     "/age",
		"notice-required":     "/notices",
	}[code]
}

// Door is the address of the page that opens what a problem with that code keeps shut, and from which a
// person comes back to next; "" where there is none.
func (v *Visit) Door(code, next string) string {
	page := door(code)
	if page == "" || v.App.ID == "" {
		return ""
	}
	if page != "/age" {
		page += "?next=" + url.QueryEscape(next)
	}
	return v.Link("/", v.App.ID, page)
}

// ToDoor leads to that page, and reports whether there is one.
func (v *Visit) ToDoor(code, next string) bool {
	address := v.Door(code, next)
	if address != "" {
		http.Redirect(v.W, v.R, address, http.StatusSeeOther)
	}
	return address != ""
}

// here is the page that a person was on: this one, or the one whose form led to this act.
func (v *Visit) here() string {
	path := v.R.URL.Path
	if v.R.Method == http.MethodGet || v.R.Method == http.MethodHead {
		q := v.R.URL.Query()
		q.Del("lang")
		if len(q) > 0 {
			path += "?" + q.Encode()
		}
		return path
	}
	cut := strings.LastIndexByte(path, '/')
	if acts := []string{"cancel", "confirm", "stop", "delete", "withdraw", "favorite", "share", "unshare"}; slices.Contains(acts, path[cut+1:]) {
		return path[:cut]
	}
	return path
}

// Next is where a person was before, as the address or the form says: a page of this app, never of anybody
// else, or its first page.
func (v *Visit) Next() string {
	next := v.R.URL.Query().Get("next")
	if v.R.PostForm.Has("next") {
		next = v.R.PostForm.Get("next")
	}
	home := "/" + v.App.ID + "/"
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" || strings.ContainsAny(next, "\\\r\n\t") {
		return home
	}
	clean := strings.HasPrefix(u.Path, home) && !strings.Contains(u.Path, "//") && !strings.Contains(u.Path, "/.") && !strings.HasPrefix(u.Path, home+"api/")
	if !clean {
		return home
	}
	return next
}
