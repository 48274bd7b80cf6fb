package people

import (
	"net/http"
	"slices"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/stage"
)

// settingsData is the settings page. A stranger sees what does not depend on a person.
type settingsData struct {
	client.Me
	Switches    []client.Setting
	Permissions []client.DevicePermission
	Messages    messages
	Remembered  bool // this device keeps what signs in again
	OneClick    bool // the app's policy has such a thing
	Refused     bool
	Saved       string // the section that was changed a moment ago
	Section     string // the section that the problem is about
	Problem     *client.Problem
}

// Settings shows who somebody is to the app, and everything about that which can be changed.
func Settings(v *stage.Visit) error { return showSettings(v, http.StatusOK, settingsData{}) }

func showSettings(v *stage.Visit, status int, d settingsData) error {
	d.OneClick, d.Remembered, d.Refused = v.Offers("one_click"), v.Remembered() != "", v.Refused()
	if saved := v.R.URL.Query().Get("saved"); d.Problem == nil && slices.Contains(sections(), saved) {
		d.Saved = saved
	}
	if v.Token != "" {
		if err := d.read(v); err != nil {
			return err
		}
	}
	var err error
	if d.Messages, err = readMessages(v); err != nil {
		return err
	}
	return v.Show(status, "settings", stage.Frame{Title: v.Text("settings.title"), Tab: "settings", Page: "settings", Narrow: true, Data: d})
}

func (d *settingsData) read(v *stage.Visit) error {
	var err error
	if d.Me, err = v.API().Me(v.Context()); err != nil {
		return err
	}
	switches, err := v.API().Settings(v.Context())
	if err != nil {
		return err
	}
	permissions, err := v.API().Permissions(v.Context())
	d.Switches, d.Permissions = switches.Data, permissions.Data
	return err
}

// NameOf is what a switch is called, "" where this person has none of that name.
func (d settingsData) NameOf(id string) string {
	for _, s := range d.Switches {
		if s.ID == id {
			return s.Name
		}
	}
	return ""
}

func sections() []string {
	return []string{"switches", "messages", "language", "login", "password", "login-removed", "remember", "forget"}
}

// Change takes one form of the settings page; the path value "what" names it.
func Change(v *stage.Visit) error {
	if err := v.Parse(); err != nil {
		return err
	}
	if v.Token == "" {
		return v.Redirect("/", v.App.ID, "/settings")
	}
	what := v.R.PathValue("what")
	err := change(v, what)
	if err == nil {
		return v.Redirect("/", v.App.ID, "/settings?saved=", what, "#", section(what))
	}
	if stage.AsProblem(err).Code == "not-found" && !slices.Contains(sections(), what) {
		return err
	}
	if code := stage.AsProblem(err).Code; code != "unauthenticated" && v.ToDoor(code, "/"+v.App.ID+"/settings") {
		return nil
	}
	p := stage.AsProblem(err)
	if p.Status >= http.StatusInternalServerError {
		return err
	}
	return showSettings(v, p.Status, settingsData{Section: section(what), Problem: v.Describe(p)})
}

// section is where on the page a form stands.
func section(what string) string {
	switch what {
	case "password", "login-removed":
		return "login"
	case "forget":
		return "remember"
	}
	return what
}

func change(v *stage.Visit, what string) error {
	form, api, ctx := v.R.PostForm, v.API(), v.Context()
	switch what {
	case "switches":
		set := map[string]bool{}
		for _, id := range form["known"] {
			set[id] = slices.Contains(form["on"], id)
		}
		_, err := api.SetSettings(ctx, set)
		return err
	case "messages":
		_, err := api.SetMessages(ctx, chosen(form))
		return err
	case "language":
		v.Speak(form.Get("lang"))
		_, err := api.UpdateMe(ctx, client.MeUpdate{Locale: v.Lang})
		return err
	case "login":
		return api.SetAccount(ctx, client.Account{Login: form.Get("login"), Password: form.Get("password")})
	case "password":
		return api.ChangePassword(ctx, client.PasswordChange{Password: form.Get("password"), NewPassword: form.Get("new_password")})
	case "login-removed":
		return api.DeleteAccount(ctx, client.LoginRemoval{Password: form.Get("password")})
	case "remember":
		kept, err := api.Remember(ctx, client.RememberCreate{Platform: "web"})
		if err == nil {
			v.Remember(kept)
		}
		return err
	case "forget":
		_, err := api.Forget(ctx)
		if err == nil {
			v.DropRemembered()
		}
		return err
	}
	return v.Fail(http.StatusNotFound, "not-found")
}

// SignOut ends the session. What signs in again with one click stays, where there is such a thing.
func SignOut(v *stage.Visit) error {
	if v.Token != "" {
		if err := v.API().EndSession(v.Context()); err != nil && stage.AsProblem(err).Status >= 500 {
			return err
		}
	}
	v.SignOut()
	return v.Redirect("/", v.App.ID, "/")
}
