package center

import (
	"net/http"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/stage"
)

// eraseData is the page before and after "delete": first what will happen, then what happened.
type eraseData struct {
	held
	Scope string
	Right client.PolicyEntry // what the policy says about it; empty: nothing
	Done  *client.RightsRequest
}

func scopeOf(value string) string {
	if value == "account" {
		return "account"
	}
	return "content"
}

func askDelete(v *stage.Visit) error {
	d := eraseData{Scope: scopeOf(v.R.URL.Query().Get("scope"))}
	var err error
	if d.held, err = readHeld(v); err != nil {
		return err
	}
	if d.Right, err = entryOf(v, "erase"); err != nil {
		return err
	}
	return v.Show(http.StatusOK, "delete", stage.Frame{Title: v.Text("delete." + d.Scope + ".title"), Tab: "privacy", Narrow: true, Data: d})
}

// erase deletes and shows the receipts in the same answer: after "account" the session is gone and
// nobody could ask for them again from this page.
func erase(v *stage.Visit) error {
	if err := v.Parse(); err != nil {
		return err
	}
	if v.Token == "" {
		return v.Redirect("/", v.App.ID, "/privacy")
	}
	d := eraseData{Scope: scopeOf(v.R.PostForm.Get("scope"))}
	gone, err := v.API().RightsRequest(v.Context(), client.RightsRequestCreate{Kind: "erase", Scope: d.Scope})
	if err != nil {
		return err
	}
	d.App, d.Done = v.App, &gone
	v.W.Header().Set("Clear-Site-Data", `"cache"`)
	if d.Scope == "account" {
		v.Forget()
	}
	return v.Show(http.StatusOK, "delete", stage.Frame{Title: v.Text("delete.done.title"), Tab: "privacy", Narrow: true, Data: d})
}
