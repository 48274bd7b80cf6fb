// Package people is the pages about who somebody is to an app: the first visit, the end of it for whoever
// is too young, a guardian's part, signing in, and the settings.
//
// It promises that each of them works without scripts, that a question has as many equal buttons as
// answers and nothing chosen beforehand, and that whoever was on the way somewhere gets there afterwards.
// It never keeps an answer, never decides about one, and never leads to a page of anybody else.
package people

import (
	"encoding/json"
	"net/http"
	"net/url"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/stage"
)

// The refusals that these pages open.
const (
	ageRequired = "age-required"
	tooYoung    = "age-not-allowed"
	unaccepted  = "policy-not-accepted"
	guardian    = "guardian-required"
	stale       = "consent-stale"
)

// answer is what a script gets instead of the next page.
type answer struct {
	Standing    string `json:"standing"`               // what has to happen next; empty: nothing
	AccessToken string `json:"access_token,omitempty"` // for the tab of an app without cookies
}

// onward leads to whatever has to happen next, or to where the person was.
func onward(v *stage.Visit, standing string) error {
	if v.WantsJSON() {
		return say(v, answer{Standing: standing, AccessToken: tabToken(v)})
	}
	next := v.Next()
	if standing != "" && v.ToDoor(standing, next) {
		return nil
	}
	return v.Redirect(next)
}

// tabToken is the credential where only a script can keep it.
func tabToken(v *stage.Visit) string {
	if v.App.Cookieless {
		return v.Token
	}
	return ""
}

func say(v *stage.Visit, a answer) error {
	v.W.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(v.W).Encode(a)
}

// me is who the visit is; a stranger is nobody.
func me(v *stage.Visit) (client.Me, error) {
	if v.Token == "" {
		return client.Me{}, nil
	}
	return v.API().Me(v.Context())
}

// withNext is the address of a page that knows where the person was.
func withNext(v *stage.Visit, page, next string) error {
	return v.Redirect("/", v.App.ID, page, "?next=", url.QueryEscape(next))
}

// refused is the problem of a form that is shown again with it; other errors are pages of their own.
func refused(v *stage.Visit, err error) (*client.Problem, error) {
	p := stage.AsProblem(err)
	if p.Status >= http.StatusInternalServerError || p.Status == http.StatusUnauthorized {
		return nil, err
	}
	return v.Describe(p), nil
}
