package public

import (
	"net/http"
	"slices"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/stage"
)

// startData is the start page: a guided tour in demo mode, the list of apps otherwise.
type startData struct {
	Apps       []startApp
	Samples    []string
	Rows       []stripRow
	Recipients []client.DemoRecipient // simulated ones
	Advanced   bool
}

// stripRow is one line of "what the server does".
type stripRow struct {
	At     time.Time
	Kind   string // received, transfer, fetched, erased
	App    string
	Who    string
	Fields []string
	Bytes  int64
	Detail string
	Link   string
}

// Start is the start page: the guided tour, or the list of apps of a server in use.
func (p *Pages) Start(v *stage.Visit) error {
	apps, err := v.Apps()
	if err != nil {
		return err
	}
	d := startData{Samples: p.o.Samples, Advanced: v.R.URL.Query().Get("advanced") != ""}
	for _, a := range apps {
		sa, err := overview(v.InApp(a))
		if err != nil {
			return err
		}
		d.Apps = append(d.Apps, sa)
	}
	if !v.Demo() {
		return v.Show(http.StatusOK, "apps", stage.Frame{Title: "Vow", Data: d})
	}
	if d.Recipients, err = simulatedOf(v); err != nil {
		return err
	}
	if d.Rows, err = rowsOf(v); err != nil {
		return err
	}
	return v.Show(http.StatusOK, "start", stage.Frame{Title: "Vow", Page: "start", Data: d})
}

// simulatedOf lists the simulated recipients by the names that people know in their language.
func simulatedOf(v *stage.Visit) ([]client.DemoRecipient, error) {
	list, err := client.Collect(v.API().DemoRecipients(v.Context()))
	for i, r := range list {
		if key := "recipient." + r.ID; v.HasText(key) {
			list[i].Name = v.Text(key)
		}
	}
	return list, err
}

// rowsOf collects what recipients received, and what was sent and erased for the sessions of this
// browser, newest first.
func rowsOf(v *stage.Visit) ([]stripRow, error) {
	var rows []stripRow
	simulated, err := simulatedOf(v)
	if err != nil {
		return nil, err
	}
	for _, ref := range simulated {
		got, err := v.API().DemoReceived(v.Context(), ref.ID)
		if err != nil {
			return nil, err
		}
		for _, q := range got.Requests {
			if len(q.Fields) == 0 {
				continue
			}
			rows = append(rows, stripRow{At: q.At, Kind: "received", Who: ref.Name, Fields: q.Fields, Bytes: q.Bytes, Detail: q.Method + " " + q.Path})
		}
	}
	apps, err := v.Apps()
	if err != nil {
		return nil, err
	}
	for _, a := range apps {
		own := v.InApp(a)
		if own.Token != "" {
			rows = append(rows, ownRows(own)...)
		}
	}
	slices.SortStableFunc(rows, func(a, b stripRow) int { return b.At.Compare(a.At) })
	return rows[:min(len(rows), 14)], nil
}

// ownRows are the transfers and erasures of one session. A session that has ended shows none.
func ownRows(v *stage.Visit) []stripRow {
	var rows []stripRow
	for t, err := range v.API().Transfers(v.Context()) {
		if err != nil {
			break
		}
		rows = append(rows, stripRow{At: t.At, Kind: "transfer", App: v.App.Name, Who: t.Recipient.Name, Fields: t.Fields, Bytes: t.Bytes})
		for _, f := range t.Fetches {
			rows = append(rows, stripRow{At: f.At, Kind: "fetched", App: v.App.Name, Who: t.Recipient.Name, Fields: []string{f.Field}, Bytes: f.Bytes})
		}
	}
	for r, err := range v.API().Receipts(v.Context()) {
		if err != nil {
			break
		}
		rows = append(rows, stripRow{At: r.DeletedAt, Kind: "erased", App: v.App.Name, Detail: r.ObjectKind, Link: v.Link("/receipts/", r.ID)})
	}
	return rows
}

// Strip is "what the server does" alone, for the script that keeps it up to date.
func (p *Pages) Strip(v *stage.Visit) error {
	if !v.Demo() {
		return v.Fail(http.StatusNotFound, "not-found")
	}
	rows, err := rowsOf(v)
	if err != nil {
		return err
	}
	return v.Part("start", "strip", rows)
}

// MoveClock advances the clock of a demo; the answer comes when the sweep has finished.
func (p *Pages) MoveClock(v *stage.Visit) error {
	if !v.Demo() {
		return v.Fail(http.StatusNotFound, "not-found")
	}
	if err := v.Parse(); err != nil {
		return err
	}
	if _, err := v.API().DemoAdvance(v.Context(), v.R.PostForm.Get("advance")); err != nil {
		return err
	}
	return v.Redirect("/?advanced=1#clock")
}
