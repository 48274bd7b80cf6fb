package people

import (
	"net/http"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/stage"
)

// guardianData is the step that a guardian takes together with a minor.
type guardianData struct {
	App     client.App
	Next    string
	State   string // "", "asked" or "shown"
	URL     string // for the guardian; shown once
	Problem *client.Problem
	Field   string // which of the two forms the problem is about
}

// Age is the age below which a guardian has to agree.
func (d guardianData) Age() int { return fullAge(d.App) }

// Guardian says what happens, takes an address, and takes the code.
func Guardian(v *stage.Visit) error {
	who, err := me(v)
	if err != nil {
		return err
	}
	if who.Standing != guardian {
		if v.Token == "" {
			return withNext(v, "/welcome", v.Next())
		}
		return onward(v, who.Standing)
	}
	return showGuardian(v, http.StatusOK, guardianData{State: who.Guardian})
}

func showGuardian(v *stage.Visit, status int, d guardianData) error {
	d.App, d.Next = v.App, v.Next()
	return v.Show(status, "guardian", stage.Frame{Title: v.Text("guardian.title"), Page: "guardian", Narrow: true, NoIndex: true, Data: d})
}

// GuardianStep names a guardian, or hands in the guardian's code.
func GuardianStep(v *stage.Visit) error {
	if err := v.Parse(); err != nil {
		return err
	}
	if v.Token == "" {
		return withNext(v, "/welcome", v.Next())
	}
	form := v.R.PostForm
	field := "email"
	if form.Has("code") {
		field = "code"
	}
	state, err := v.API().Guardian(v.Context(), client.GuardianStep{Email: form.Get("email"), Code: form.Get("code")})
	if err != nil {
		p, fatal := refused(v, err)
		if fatal != nil {
			return fatal
		}
		who, fatal := me(v)
		if fatal != nil {
			return fatal
		}
		return showGuardian(v, p.Status, guardianData{State: who.Guardian, Problem: p, Field: field})
	}
	if state.State == "confirmed" {
		return Guardian(v)
	}
	return showGuardian(v, http.StatusOK, guardianData{State: state.State, URL: state.URL})
}

// linkData is the page that a guardian opens.
type linkData struct {
	client.GuardianRequest
	Link    string
	Problem *client.Problem
	Code    string
	Done    bool // said no: everything is erased
}

// GuardianLink is what a guardian reads. It needs no account: the link is the key, and the address proves it.
func GuardianLink(v *stage.Visit) error { return showLink(v, http.StatusOK, linkData{}) }

func showLink(v *stage.Visit, status int, d linkData) error {
	d.Link = v.R.PathValue("link")
	if !d.Done {
		var err error
		if d.GuardianRequest, err = v.API().GuardianRequest(v.Context(), d.Link, v.Lang); err != nil {
			return err
		}
	}
	return v.Show(status, "guardianlink", stage.Frame{Title: v.Text("guardian.link.title"), Page: "guardian", Narrow: true, NoIndex: true, Data: d})
}

// GuardianDecides takes what a guardian decided.
func GuardianDecides(v *stage.Visit) error {
	if err := v.Parse(); err != nil {
		return err
	}
	form := v.R.PostForm
	in := client.GuardianDecision{Email: form.Get("email"), Decision: "declined"}
	if form.Get("decision") == "agreed" {
		in.Decision, in.Hash, in.Items = "agreed", form.Get("hash"), form["items"]
	}
	got, err := v.API().DecideAsGuardian(v.Context(), v.R.PathValue("link"), in)
	if err != nil {
		p, fatal := refused(v, err)
		if fatal != nil || p.Status == http.StatusNotFound {
			return err
		}
		return showLink(v, p.Status, linkData{Problem: p})
	}
	return showLink(v, http.StatusOK, linkData{Code: got.Code, Done: got.State == "declined"})
}
