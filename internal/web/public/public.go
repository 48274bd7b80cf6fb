// Package public serves the pages that ask nobody who they are: the start page with its tour, what
// an app can do, receipts, problem types and the documentation of the API.
//
// It promises that looking at any of them makes no session, and that it shows only what the public
// API tells everybody, or the sessions of the same browser. It never writes anything but the clock
// of a demo.
package public

import (
	"encoding/json"
	"fmt"
	"net/http"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/stage"
	"vow.example/vow/internal/web/static"
)

// Check is one step of the verification of a receipt.
type Check struct {
	Name   string
	OK     bool
	Detail string
}

// Options are what the public pages need besides the stage.
type Options struct {
	// Samples names the photos that people may try instead of their own.
	Samples []string
	// VerifyReceipt checks a receipt step by step; nil shows it unchecked.
	VerifyReceipt func(client.Receipt) ([]Check, bool)
}

// Pages are the public pages, one method per page.
type Pages struct {
	o        Options
	problems []Problem
}

// New reads the list of problem types.
func New(o Options) (*Pages, error) {
	problems, err := Problems()
	if err != nil {
		return nil, err
	}
	return &Pages{o: o, problems: problems}, nil
}

// receiptData is the public check of a receipt.
type receiptData struct {
	Receipt client.Receipt
	Checks  []Check
	OK      bool
	Checked bool
}

// Receipt shows a receipt and checks it step by step; whoever has its number may look.
func (p *Pages) Receipt(v *stage.Visit) error {
	r, err := v.API().Receipt(v.Context(), v.R.PathValue("id"))
	if err != nil {
		return err
	}
	d := receiptData{Receipt: r}
	if p.o.VerifyReceipt != nil {
		d.Checked = true
		d.Checks, d.OK = p.o.VerifyReceipt(r)
	}
	return v.Show(http.StatusOK, "receipt", stage.Frame{Title: v.Text("receipt.title"), NoIndex: true, Narrow: true, Data: d})
}

// ReceiptFile is the receipt as a file that "vow receipt verify" reads.
func (p *Pages) ReceiptFile(v *stage.Visit) error {
	r, err := v.API().Receipt(v.Context(), v.R.PathValue("id"))
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("public: receipt: %w", err)
	}
	h, kind, ending := v.W.Header(), "application/json", ".json"
	if v.R.URL.Query().Get("as") == "txt" {
		kind, ending = "text/plain; charset=utf-8", ".txt" // opens everywhere; reads the same
	}
	h.Set("Content-Type", kind)
	h.Set("X-Robots-Tag", "noindex")
	h.Set("Content-Disposition", `attachment; filename="receipt-`+r.ID+ending+`"`)
	_, _ = v.W.Write(append(b, '\n'))
	return nil
}

// Problem is one entry of the list of problem types.
type Problem struct {
	Code   string `json:"code"`
	Status int    `json:"status"`
}

// Problems lists every problem type that has a page.
func Problems() ([]Problem, error) {
	b, err := static.Files.ReadFile("problems.json")
	if err != nil {
		return nil, fmt.Errorf("public: problems: %w", err)
	}
	var list []Problem
	if err := json.Unmarshal(b, &list); err != nil {
		return nil, fmt.Errorf("public: problems: %w", err)
	}
	return list, nil
}

// ProblemIndex lists the problem types.
func (p *Pages) ProblemIndex(v *stage.Visit) error {
	return v.Show(http.StatusOK, "problems", stage.Frame{Title: v.Text("problems.title"), Narrow: true, Data: p.problems})
}

// Problem explains the problem type that the address names.
func (p *Pages) Problem(v *stage.Visit) error {
	for _, q := range p.problems {
		if q.Code == v.R.PathValue("code") {
			return v.Show(http.StatusOK, "problem", stage.Frame{Title: v.Text("problem." + q.Code + ".title"), Narrow: true, Data: q})
		}
	}
	return v.Fail(http.StatusNotFound, "not-found")
}
