// Package center is the pages on which people see what is held of them, who received it and who looked at
// it, and on which they use every right they have.
//
// It promises that each number comes from the server at that moment and not from the policy's text, that a
// page says what will happen, by when, and what stays before its button, and that all of it works without
// scripts. It never decides about a right: the public API does.
package center

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/stage"
)

// Routes registers the pages with a function that knows the app.
func Routes(app func(pattern string, page func(*stage.Visit) error)) {
	app("GET /{app}/privacy", center)
	app("GET /{app}/privacy/items", items)
	app("POST /{app}/privacy/items/{id}/delete", deleteItem)
	app("GET /{app}/privacy/transfers/{file}", transfersFile)
	app("GET /{app}/privacy/rights/{right}", showRight)
	app("POST /{app}/privacy/rights/{right}", useRight)
	app("GET /{app}/privacy/delete", askDelete)
	app("POST /{app}/privacy/delete", erase)
	app("POST /{app}/privacy/withdraw", withdrawAll)
	app("GET /{app}/consents/{id}", consentText)
	app("POST /{app}/consents/{id}/withdraw", withdraw)
	app("GET /{app}/support", support)
	app("POST /{app}/support", write)
	app("GET /{app}/feedback", func(v *stage.Visit) error { return v.Redirect("/", v.App.ID, "/support#feedback") })
	app("POST /{app}/feedback", feedback)
	app("GET /{app}/support/{id}", thread)
	app("POST /{app}/support/{id}", reply)
	app("POST /{app}/support/{id}/close", closeThread)
	app("GET /{app}/complaints/{source}", complaint)
	app("POST /{app}/complaints/{source}", complain)
}

// held is what the server holds of a person and what became of it.
type held struct {
	App       client.App
	Session   bool
	Holdings  client.Holdings
	Transfers []client.Transfer
	Consents  []client.Consent
	Receipts  []client.Receipt
}

// centerData is the privacy centre. Without a session there is nobody to hold anything about.
type centerData struct {
	held
	Accesses   []client.Access
	Measures   []client.Measure
	Threads    []client.SupportThread
	Notices    int // that wait
	Categories []category
	Rights     []right
	Titles     map[string]string
	Names      map[string]string // of recipients
	Done       string            // what was done just now: withdrawn, deleted, changed
}

// Content counts the pictures and texts held, without records and codes.
func (d held) Content() int {
	n := 0
	for _, h := range d.Holdings.Data {
		if h.Where != "database" {
			n += h.Count
		}
	}
	return n
}

// Records counts what is held beside content.
func (d held) Records() int {
	n := 0
	for _, h := range d.Holdings.Data {
		if h.Where == "database" {
			n += h.Count
		}
	}
	return n
}

// GoneBy is when the last record goes; nil: there is none, or it has no date.
func (d held) GoneBy() *time.Time {
	var last *time.Time
	for _, h := range d.Holdings.Data {
		if h.AllGoneBy != nil && (last == nil || h.AllGoneBy.After(*last)) {
			last = h.AllGoneBy
		}
	}
	return last
}

// theirs is one thing of a person that somebody else has.
type theirs struct {
	Recipient client.RecipientRef
	Feature   string
	At        time.Time // of the transfer
	Text      string    // empty: the recipient's policy says when its copy goes
	UntilText string    // the date, as the text writes it
	State     string    // open or overdue
	Until     *time.Time
}

// Theirs lists what others have now: what is overdue first, then by date, without a date last.
// A transfer whose work still runs counts as long as the recipient's policy allows it a copy.
func (d held) Theirs() []theirs {
	var list []theirs
	for _, t := range d.Transfers {
		row := theirs{Recipient: t.Recipient, Feature: t.Feature, At: t.At, State: "open", Until: t.ProviderKeepsUntil}
		left := t.Outcome == "sent" || t.Outcome == "unknown"
		if len(t.Held) == 0 && left && t.ProviderKeepsUntil != nil && t.ProviderKeepsUntil.After(d.Holdings.CountedAt) {
			list = append(list, row)
		}
		for _, h := range t.Held {
			if h.State != "closed" {
				row.Text, row.UntilText, row.State, row.Until = h.Text, h.UntilText, h.State, h.Until
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

// Standing counts the consents that can be withdrawn.
func (d held) Standing() int {
	n := 0
	for _, c := range d.Consents {
		if c.Decision == "granted" && c.WithdrawnAt == nil {
			n++
		}
	}
	return n
}

// guest is the same visit as anybody's: what an app offers is the same for everybody, and is shown to
// whoever may not use it, too.
func guest(v *stage.Visit) *stage.Visit {
	g := *v
	g.Token = ""
	return &g
}

func center(v *stage.Visit) error {
	d := centerData{Done: done(v)}
	var err error
	if d.held, err = readHeld(v); err != nil {
		return err
	}
	if err = d.personal(v); err != nil {
		return err
	}
	if err = d.published(v); err != nil {
		return err
	}
	return v.Show(http.StatusOK, "privacy", stage.Frame{Title: v.Text("privacy.title"), Tab: "privacy", Page: "privacy", Data: d})
}

// done is what the page before did, of a closed list.
func done(v *stage.Visit) string {
	if what := v.R.URL.Query().Get("done"); slices.Contains([]string{"withdrawn", "corrected", "restricted", "lifted", "objected"}, what) {
		return what
	}
	return ""
}

func readHeld(v *stage.Visit) (held, error) {
	d := held{App: v.App, Session: v.Token != ""}
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

// personal reads what staff did and what is under way.
func (d *centerData) personal(v *stage.Visit) (err error) {
	if !d.Session {
		return nil
	}
	api, ctx := v.API(), v.Context()
	if d.Accesses, err = client.Collect(api.Accesses(ctx)); err != nil {
		return err
	}
	if d.Measures, err = api.Measures(ctx); err != nil {
		return err
	}
	if d.Threads, err = client.Collect(api.SupportThreads(ctx)); err != nil {
		return err
	}
	d.Notices, err = api.NoticesWaiting(ctx)
	return err
}

// published reads what the policy says, and counts beside it.
func (d *centerData) published(v *stage.Visit) (err error) {
	if d.Titles, err = guest(v).Titles(); err != nil {
		return err
	}
	if d.Categories, err = readCategories(v, d.Holdings); err != nil {
		return err
	}
	recipients, err := v.API().PolicyRecipients(v.Context(), v.App.ID)
	if err != nil {
		return err
	}
	d.Names = map[string]string{}
	for _, r := range recipients {
		d.Names[r.ID] = r.Name
	}
	d.Rights, err = readRights(v)
	return err
}

// category is one kind of data of the policy, with what is held of it.
type category struct {
	client.PolicyCategory
	Why   []string // purposes in plain words
	Count int
}

func readCategories(v *stage.Visit, h client.Holdings) ([]category, error) {
	all, err := v.API().PolicyCategories(v.Context(), v.App.ID)
	if err != nil {
		return nil, err
	}
	purposes, err := purposesOf(v)
	if err != nil {
		return nil, err
	}
	list := make([]category, len(all))
	for i, c := range all {
		list[i].PolicyCategory = c
		for _, u := range c.Purposes {
			list[i].Why = append(list[i].Why, purposes[u])
		}
		for _, x := range h.Data {
			if x.Category == c.ID {
				list[i].Count += x.Count
			}
		}
	}
	return list, nil
}

// purposesOf reads the purposes in plain words, by their identifiers.
func purposesOf(v *stage.Visit) (map[string]string, error) {
	all, err := v.API().PolicyPurposes(v.Context(), v.App.ID)
	texts := map[string]string{}
	for _, u := range all {
		texts[u.ID] = u.Text
	}
	return texts, err
}
