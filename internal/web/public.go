package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/static"
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

func (s *site) start(v *visit) error {
	apps, err := v.apps()
	if err != nil {
		return err
	}
	d := startData{Samples: s.samples, Advanced: v.r.URL.Query().Get("advanced") != ""}
	for _, a := range apps {
		sa, err := v.inApp(a).overview()
		if err != nil {
			return err
		}
		d.Apps = append(d.Apps, sa)
	}
	if !s.o.Demo {
		return v.show(http.StatusOK, "apps", frame{Title: "Vow", Data: d})
	}
	if d.Recipients, err = v.simulated(); err != nil {
		return err
	}
	if d.Rows, err = v.rows(); err != nil {
		return err
	}
	return v.show(http.StatusOK, "start", frame{Title: "Vow", Page: "start", Data: d})
}

// inApp is the visit of the same person to one app.
func (v *visit) inApp(a client.App) *visit {
	in := *v
	in.app, in.token = a, v.s.credential(v.r, a)
	return &in
}

// simulated lists the simulated recipients by the names that people know in their language.
func (v *visit) simulated() ([]client.DemoRecipient, error) {
	list, err := client.Collect(v.api().DemoRecipients(v.ctx()))
	for i, r := range list {
		if key := "recipient." + r.ID; v.s.pages.Catalog(v.lang).Has(key) {
			list[i].Name = v.text(key)
		}
	}
	return list, err
}

// rows collects what recipients received, and what was sent and erased for the sessions of this
// browser, newest first.
func (v *visit) rows() ([]stripRow, error) {
	var rows []stripRow
	simulated, err := v.simulated()
	if err != nil {
		return nil, err
	}
	for _, ref := range simulated {
		got, err := v.api().DemoReceived(v.ctx(), ref.ID)
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
	apps, err := v.apps()
	if err != nil {
		return nil, err
	}
	for _, a := range apps {
		own := v.inApp(a)
		if own.token != "" {
			rows = append(rows, own.ownRows()...)
		}
	}
	slices.SortStableFunc(rows, func(a, b stripRow) int { return b.At.Compare(a.At) })
	return rows[:min(len(rows), 14)], nil
}

// ownRows are the transfers and erasures of one session. A session that has ended shows none.
func (v *visit) ownRows() []stripRow {
	var rows []stripRow
	for t, err := range v.api().Transfers(v.ctx()) {
		if err != nil {
			break
		}
		rows = append(rows, stripRow{At: t.At, Kind: "transfer", App: v.app.Name, Who: t.Recipient.Name, Fields: t.Fields, Bytes: t.Bytes})
		for _, f := range t.Fetches {
			rows = append(rows, stripRow{At: f.At, Kind: "fetched", App: v.app.Name, Who: t.Recipient.Name, Fields: []string{f.Field}, Bytes: f.Bytes})
		}
	}
	for r, err := range v.api().Receipts(v.ctx()) {
		if err != nil {
			break
		}
		rows = append(rows, stripRow{At: r.DeletedAt, Kind: "erased", App: v.app.Name, Detail: r.ObjectKind, Link: v.link("/receipts/", r.ID)})
	}
	return rows
}

func (s *site) strip(v *visit) error {
	if !s.o.Demo {
		return v.fail(http.StatusNotFound, "not-found")
	}
	rows, err := v.rows()
	if err != nil {
		return err
	}
	return v.part("start", "strip", rows)
}

// moveClock advances the clock of a demo; the answer comes when the sweep has finished.
func (s *site) moveClock(v *visit) error {
	if !s.o.Demo {
		return v.fail(http.StatusNotFound, "not-found")
	}
	if err := v.parse(); err != nil {
		return err
	}
	if _, err := v.api().DemoAdvance(v.ctx(), v.r.PostForm.Get("advance")); err != nil {
		return err
	}
	return v.redirect("/?advanced=1#clock")
}

// receiptData is the public check of a receipt.
type receiptData struct {
	Receipt client.Receipt
	Checks  []Check
	OK      bool
	Checked bool
}

func (s *site) receipt(v *visit) error {
	r, err := v.api().Receipt(v.ctx(), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	d := receiptData{Receipt: r}
	if s.o.VerifyReceipt != nil {
		d.Checked = true
		d.Checks, d.OK = s.o.VerifyReceipt(r)
	}
	return v.show(http.StatusOK, "receipt", frame{Title: v.text("receipt.title"), NoIndex: true, Narrow: true, Data: d})
}

// receiptFile is the receipt as a file that "vow receipt verify" reads.
func (s *site) receiptFile(v *visit) error {
	r, err := v.api().Receipt(v.ctx(), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("web: receipt: %w", err)
	}
	h := v.w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Robots-Tag", "noindex")
	h.Set("Content-Disposition", `attachment; filename="receipt-`+r.ID+`.json"`)
	_, _ = v.w.Write(append(b, '\n'))
	return nil
}

// problemPage is one entry of the list of problem types.
type problemPage struct {
	Code   string `json:"code"`
	Status int    `json:"status"`
}

func loadProblems() ([]problemPage, error) {
	b, err := static.Files.ReadFile("problems.json")
	if err != nil {
		return nil, fmt.Errorf("web: problems: %w", err)
	}
	var list []problemPage
	if err := json.Unmarshal(b, &list); err != nil {
		return nil, fmt.Errorf("web: problems: %w", err)
	}
	return list, nil
}

func (s *site) problemIndex(v *visit) error {
	return v.show(http.StatusOK, "problems", frame{Title: v.text("problems.title"), Narrow: true, Data: s.problems})
}

func (s *site) problem(v *visit) error {
	for _, p := range s.problems {
		if p.Code == v.r.PathValue("code") {
			return v.show(http.StatusOK, "problem", frame{Title: v.text("problem." + p.Code + ".title"), Narrow: true, Data: p})
		}
	}
	return v.fail(http.StatusNotFound, "not-found")
}

func (s *site) missing(v *visit) error { return v.fail(http.StatusNotFound, "not-found") }

// errorData is the page of something that did not work.
type errorData struct {
	App     client.App
	Problem *client.Problem
	Known   bool
	Retry   bool
}

// describe completes a problem with our own words, in the language of the visit, where the API
// gave none.
func (v *visit) describe(p *client.Problem) *client.Problem {
	full := *p
	if full.Status == http.StatusNotFound {
		full.Code = "not-found"
	}
	catalog := v.s.pages.Catalog(v.lang)
	known := full.Code
	if !catalog.Has("problem." + known + ".title") {
		known = "internal"
	}
	if full.Title == "" || full.Detail == "" || strings.HasPrefix(p.Code, "http-") {
		full.Title, full.Detail = v.text("problem."+known+".title"), v.text("problem."+known+".do")
	}
	return &full
}

// showProblem writes the error page. It is the last resort, so its own failure is plain text.
func (v *visit) showProblem(p *client.Problem) {
	if p.Status < 400 {
		p.Status = http.StatusInternalServerError
	}
	p = v.describe(p)
	d := errorData{App: v.app, Problem: p, Retry: p.Status >= 500 && v.r.Method == http.MethodGet}
	d.Known = v.s.pages.Catalog(v.lang).Has("problem." + p.Code + ".title")
	f := frame{Title: p.Title, Narrow: true, NoIndex: true, Data: d}
	if err := v.show(p.Status, "error", f); err != nil {
		http.Error(v.w, http.StatusText(p.Status), p.Status)
	}
}
