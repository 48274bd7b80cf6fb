package policies

import (
	"net/http"
	"slices"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/stage"
)

// deletionData is the page on which everything can be deleted without the app: first what happens, then
// what happened.
type deletionData struct {
	App      client.App
	Session  bool
	Contacts contacts
	Right    client.PolicyEntry // what the policy says about it; empty: nothing
	Logins   bool               // accounts of this app can have a login
	Problem  *client.Problem
	Done     *client.RightsRequest
}

func deletion(v *stage.Visit) error { return showDeletion(v, http.StatusOK, deletionData{}) }

func showDeletion(v *stage.Visit, status int, d deletionData) error {
	d.App, d.Session = v.App, v.Token != ""
	api, ctx := v.API(), v.Context()
	var err error
	if d.Contacts, err = api.PolicyContacts(ctx, v.App.ID); err != nil {
		return err
	}
	rights, err := api.PolicyRights(ctx, v.App.ID)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(rights, func(e client.PolicyEntry) bool { return e.ID == "erase" }); i >= 0 {
		d.Right = rights[i]
	}
	categories, err := api.PolicyCategories(ctx, v.App.ID)
	if err != nil {
		return err
	}
	d.Logins = slices.ContainsFunc(categories, func(c client.PolicyCategory) bool { return c.ID == "credentials" })
	return v.Show(status, "deletion", stage.Frame{Title: v.Text("deletion.title", "app", v.App.Name), Tab: "privacy", Narrow: true, Data: d})
}

// erase signs in and erases at once, with a session that no browser ever sees.
func erase(v *stage.Visit) error {
	if err := v.Parse(); err != nil {
		return err
	}
	login, password := v.R.PostForm.Get("login"), v.R.PostForm.Get("password")
	if login == "" || password == "" {
		return showDeletion(v, http.StatusBadRequest, deletionData{Problem: &client.Problem{Title: v.Text("deletion.both")}})
	}
	made, err := v.API().WithToken("").NewSession(v.Context(), client.SessionCreate{App: v.App.ID, Platform: "web", Login: login, Password: password})
	if err != nil {
		return deny(v, err)
	}
	gone, err := v.API().WithToken(made.AccessToken).RightsRequest(v.Context(), client.RightsRequestCreate{Kind: "erase", Scope: "account"})
	if err != nil {
		return deny(v, err)
	}
	return showDeletion(v, http.StatusOK, deletionData{Done: &gone})
}

// deny shows beside the form why it did not work. A server that failed is a page of its own.
func deny(v *stage.Visit, err error) error {
	p := stage.AsProblem(err)
	if p.Status >= http.StatusInternalServerError {
		return err
	}
	full := v.Describe(p)
	if p.Status == http.StatusUnauthorized {
		full.Title, full.Detail = v.Text("deletion.wrong"), v.Text("deletion.wrong.do")
	}
	return showDeletion(v, p.Status, deletionData{Problem: full})
}

// contactData is who answers for the app.
type contactData struct {
	App      client.App
	Contacts contacts
	Right    client.PolicyEntry // how soon a complaint is answered; empty: the policy says nothing
	Support  bool               // the app takes messages itself
}

func contact(v *stage.Visit) error {
	d := contactData{App: v.App}
	api, ctx := v.API(), v.Context()
	var err error
	if d.Contacts, err = api.PolicyContacts(ctx, v.App.ID); err != nil {
		return err
	}
	rights, err := api.PolicyRights(ctx, v.App.ID)
	if err != nil {
		return err
	}
	for _, r := range rights {
		if r.ID == "complain" {
			d.Right = r
		}
	}
	schemas, err := api.PolicyCollection(ctx, v.App.ID)
	if err != nil {
		return err
	}
	d.Support = slices.ContainsFunc(schemas, func(s client.PolicySchema) bool {
		return s.Kind == "support" && (len(s.Platforms) == 0 || slices.Contains(s.Platforms, "web"))
	})
	return v.Show(http.StatusOK, "contact", stage.Frame{Title: v.Text("contact.title"), Tab: "privacy", Narrow: true, Data: d})
}
