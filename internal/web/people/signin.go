package people

import (
	"net/http"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/stage"
)

// signInData is the page for whoever has an account already.
type signInData struct {
	App        client.App
	Next       string
	Remembered bool
	Problem    *client.Problem
}

// SignIn asks for login and password, or for one click where this device is remembered.
func SignIn(v *stage.Visit) error {
	if v.Token != "" {
		return v.Redirect(v.Next())
	}
	return showSignIn(v, http.StatusOK, nil)
}

func showSignIn(v *stage.Visit, status int, p *client.Problem) error {
	d := signInData{App: v.App, Next: v.Next(), Remembered: v.Remembered() != "", Problem: p}
	return v.Show(status, "signin", stage.Frame{Title: v.Text("settings.signin"), Tab: "settings", Page: "signin", Narrow: true, NoIndex: true, Data: d})
}

// DoSignIn opens the session. A wrong pair says no more than that it is wrong.
func DoSignIn(v *stage.Visit) error {
	if err := v.Parse(); err != nil {
		return err
	}
	form := v.R.PostForm
	var made client.Session
	var err error
	if form.Has("again") {
		made, err = v.Return()
	} else {
		made, err = v.Enter(client.SessionCreate{Login: form.Get("login"), Password: form.Get("password")})
	}
	if err == nil {
		return onward(v, made.Standing)
	}
	p := stage.AsProblem(err)
	if v.WantsJSON() || p.Status >= http.StatusInternalServerError {
		return err
	}
	if v.ToDoor(p.Code, v.Next()) {
		return nil
	}
	shown := v.Describe(p)
	if p.Status == http.StatusUnauthorized {
		shown.Title, shown.Detail = v.Text("settings.signin.wrong"), v.Text("settings.signin.wrong.text")
	}
	return showSignIn(v, p.Status, shown)
}
