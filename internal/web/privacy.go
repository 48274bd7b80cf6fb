package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/stage"
)

// privacyData is the privacy centre. Without a session there is nobody to hold anything about.
type privacyData struct {
	App       client.App
	Session   bool
	Holdings  client.Holdings
	Transfers []client.Transfer
	Consents  []client.Consent
	Receipts  []client.Receipt
	Policy    client.PolicyDocument
	Titles    map[string]string
	Withdrawn bool
}

// Content counts the pictures and texts held, without records and codes.
func (d privacyData) Content() int {
	n := 0
	for _, h := range d.Holdings.Data {
		if h.Where != "database" {
			n += h.Count
		}
	}
	return n
}

// theirs is one thing of a person that somebody else has.
type theirs struct {
	Recipient client.RecipientRef
	Feature   string
	At        time.Time // of the transfer
	Text      string    // empty: the recipient's policy says when its copy goes
	State     string    // open or overdue
	Until     *time.Time
}

// Theirs lists what others have now: what is overdue first, then by date, without a date last.
// A transfer whose work still runs counts as long as the recipient's policy allows it a copy.
func (d privacyData) Theirs() []theirs {
	var list []theirs
	for _, t := range d.Transfers {
		row := theirs{Recipient: t.Recipient, Feature: t.Feature, At: t.At, State: "open", Until: t.ProviderKeepsUntil}
		left := t.Outcome == "sent" || t.Outcome == "unknown"
		if len(t.Held) == 0 && left && t.ProviderKeepsUntil != nil && t.ProviderKeepsUntil.After(d.Holdings.CountedAt) {
			list = append(list, row)
		}
		for _, h := range t.Held {
			if h.State != "closed" {
				row.Text, row.State, row.Until = h.Text, h.State, h.Until
				list = append(list, row)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b theirs) int { return strings.Compare(a.rank(), b.rank()) })
	return list
}

// rank orders by urgency.
func (t theirs) rank() string {
	switch {
	case t.State == "overdue":
		return "0"
	case t.Until == nil:
		return "2"
	}
	return "1" + t.Until.UTC().Format(time.RFC3339)
}

// Standing reports whether there is any consent left to withdraw.
func (d privacyData) Standing() bool {
	for _, c := range d.Consents {
		if c.Decision == "granted" && c.WithdrawnAt == nil {
			return true
		}
	}
	return false
}

func (s *site) privacy(v *stage.Visit) error {
	d, err := readPrivacy(v)
	if err != nil {
		return err
	}
	if d.Policy, err = v.API().Policy(v.Context(), v.App.ID, v.Lang); err != nil {
		return err
	}
	if d.Titles, err = v.Titles(); err != nil {
		return err
	}
	return v.Show(http.StatusOK, "privacy", stage.Frame{Title: v.Text("privacy.title"), Tab: "privacy", Page: "privacy", Data: d})
}

func readPrivacy(v *stage.Visit) (privacyData, error) {
	d := privacyData{App: v.App, Session: v.Token != "", Withdrawn: v.R.URL.Query().Get("withdrawn") != ""}
	d.Holdings.CountedAt = v.Now()
	if !d.Session {
		return d, nil
	}
	api, ctx := v.API(), v.Context()
	var err error
	if d.Holdings, err = api.Holdings(ctx); err != nil {
		return d, err
	}
	if d.Transfers, err = client.Collect(api.Transfers(ctx)); err != nil {
		return d, err
	}
	if d.Consents, err = client.Collect(api.Consents(ctx)); err != nil {
		return d, err
	}
	d.Receipts, err = client.Collect(api.Receipts(ctx))
	return d, err
}

func (s *site) withdraw(v *stage.Visit) error {
	if _, err := v.API().Withdraw(v.Context(), v.R.PathValue("id")); err != nil {
		return err
	}
	return v.Redirect("/", v.App.ID, "/privacy?withdrawn=1#consents")
}

func (s *site) withdrawAll(v *stage.Visit) error {
	if v.Token != "" {
		if _, err := v.API().RightsRequest(v.Context(), client.RightsRequestCreate{Kind: "withdraw_all"}); err != nil {
			return err
		}
	}
	return v.Redirect("/", v.App.ID, "/privacy?withdrawn=1#consents")
}

// eraseData is the page before and after "delete": first what will happen, then what happened.
type eraseData struct {
	privacyData
	Scope string
	Done  *client.RightsRequest
}

func scopeOf(value string) string {
	if value == "account" {
		return "account"
	}
	return "content"
}

func (s *site) askDelete(v *stage.Visit) error {
	held, err := readPrivacy(v)
	if err != nil {
		return err
	}
	d := eraseData{privacyData: held, Scope: scopeOf(v.R.URL.Query().Get("scope"))}
	return v.Show(http.StatusOK, "delete", stage.Frame{Title: v.Text("delete." + d.Scope + ".title"), Tab: "privacy", Narrow: true, Data: d})
}

// erase deletes and shows the receipts in the same answer: after "account" the session is gone and
// nobody could ask for them again from this page.
func (s *site) erase(v *stage.Visit) error {
	if err := v.Parse(); err != nil {
		return err
	}
	if v.Token == "" {
		return v.Redirect("/", v.App.ID, "/privacy")
	}
	d := eraseData{Scope: scopeOf(v.R.PostForm.Get("scope"))}
	done, err := v.API().RightsRequest(v.Context(), client.RightsRequestCreate{Kind: "erase", Scope: d.Scope})
	if err != nil {
		return err
	}
	d.App, d.Done = v.App, &done
	v.W.Header().Set("Clear-Site-Data", `"cache"`)
	if d.Scope == "account" {
		v.Forget()
	}
	return v.Show(http.StatusOK, "delete", stage.Frame{Title: v.Text("delete.done.title"), Tab: "privacy", Narrow: true, Data: d})
}

func (s *site) policy(v *stage.Visit) error {
	doc, err := v.API().Policy(v.Context(), v.App.ID, v.Lang)
	if err != nil {
		return err
	}
	return v.Show(http.StatusOK, "policy", stage.Frame{Title: doc.Title, Tab: "privacy", Data: doc})
}
