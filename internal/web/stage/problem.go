package stage

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"vow.example/vow/client"
)

// errorData is the page of something that did not work.
type errorData struct {
	App     client.App
	Problem *client.Problem
	Known   bool
	Retry   bool
	Rights  bool // the app takes nothing, but everybody's rights are open
}

// AsProblem is the problem that the API answered, or "internal" for any other failure.
func AsProblem(err error) *client.Problem {
	var p *client.Problem
	if errors.As(err, &p) {
		return p
	}
	return &client.Problem{Status: http.StatusInternalServerError, Code: "internal"}
}

// unknown reports whether the API does not know the credential.
func unknown(err error) bool {
	return err != nil && AsProblem(err).Status == http.StatusUnauthorized
}

// Fail is the error of a page that refuses by itself.
func (v *Visit) Fail(status int, code string) error {
	return &client.Problem{Status: status, Code: code}
}

// answer turns an error into a page. A session that the API no longer knows is forgotten first, so
// that the next view starts clean.
func (v *Visit) answer(err error) {
	if err == nil {
		return
	}
	p := AsProblem(err)
	if p.Status == http.StatusUnauthorized && v.Token != "" && !v.App.Cookieless {
		v.dropCookie()
		if v.R.Method == http.MethodGet {
			http.Redirect(v.W, v.R, v.R.URL.RequestURI(), http.StatusSeeOther)
			return
		}
	}
	if v.WantsJSON() {
		writeProblem(v.W, p)
		return
	}
	if p.Status == http.StatusForbidden && v.ToDoor(p.Code, v.here()) {
		return
	}
	v.showProblem(p)
}

// WantsJSON reports whether a script asks, which goes on by itself.
func (v *Visit) WantsJSON() bool {
	return strings.HasPrefix(v.R.URL.Path, "/"+v.App.ID+"/api/") || v.R.Header.Get("Accept") == "application/json"
}

func writeProblem(w http.ResponseWriter, p *client.Problem) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

// Describe completes a problem with our own words, in the language of the visit, where the API
// gave none.
func (v *Visit) Describe(p *client.Problem) *client.Problem {
	full := *p
	if full.Status == http.StatusNotFound {
		full.Code = "not-found"
	}
	known := full.Code
	if !v.HasText("problem." + known + ".title") {
		known = "internal"
	}
	if full.Title == "" || full.Detail == "" || strings.HasPrefix(p.Code, "http-") {
		full.Title, full.Detail = v.Text("problem."+known+".title"), v.Text("problem."+known+".do")
	}
	return &full
}

// showProblem writes the error page. It is the last resort, so its own failure is plain text.
func (v *Visit) showProblem(p *client.Problem) {
	if p.Status < 400 {
		p.Status = http.StatusInternalServerError
	}
	p = v.Describe(p)
	d := errorData{App: v.App, Problem: p, Retry: p.Status >= 500 && v.R.Method == http.MethodGet}
	d.Rights = v.App.ID != "" && (p.Code == "app-closed" || p.Code == "processing-restricted" || p.Code == "suspended")
	d.Known = v.HasText("problem." + p.Code + ".title")
	f := Frame{Title: p.Title, Narrow: true, NoIndex: true, Data: d}
	if err := v.Show(p.Status, "error", f); err != nil {
		http.Error(v.W, http.StatusText(p.Status), p.Status)
	}
}
