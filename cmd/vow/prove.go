package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"vow.example/vow/apps"
	"vow.example/vow/cmd/vow/internal/photojob"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/prove"
	"vow.example/vow/internal/prove/checks"
	"vow.example/vow/internal/prove/register"
	"vow.example/vow/internal/prove/report"
	"vow.example/vow/internal/server"
)

type proveCmd struct {
	App     string    `help:"Only the promises of this app." placeholder:"APP"`
	Promise []string  `help:"Only these promises; several are separated by commas." placeholder:"ID"`
	URL     serverURL `help:"Look at a demonstration that runs already instead of starting one. What needs its folder is then not seen." placeholder:"URL"`
	HTML    string    `help:"Also write a page with the evidence for every promise." type:"path" placeholder:"FILE"`
	List    bool      `help:"Say how each promise is checked, and check nothing."`
	Quiet   bool      `help:"Print no progress."`
}

// Help shows an example.
func (proveCmd) Help() string {
	return `Starts a scratch server for each app, with simulated recipients and a clock that is moved, and says of
every promise of the apps' published policies: kept, kept by people, text shown, or not yet.
Nothing of it leaves this machine, and nothing is left behind.

Exit code 1: a promise was seen broken.

Example:
  vow prove
  vow prove --app pixplus --html proof.html
  vow prove --promise PIX-4-01,PIX-7-04
  vow demo & vow prove --url http://127.0.0.1:8420`
}

// Run checks the promises.
func (c *proveCmd) Run(ctx context.Context, o output) error {
	all, err := register.Load(apps.FS)
	if err != nil {
		return err
	}
	chosen, err := c.choose(all)
	if err != nil {
		return err
	}
	plan := prove.Plan{Promises: chosen, Proofs: checks.All(), URL: string(c.URL)}
	if c.List {
		return c.list(o, plan)
	}
	if c.HTML != "" {
		if err := photojob.CheckOutput("--html", c.HTML, true); err != nil {
			return err
		}
	}
	if plan.Scratch.Binary, err = os.Executable(); err != nil {
		return errors.New("the program does not know where it is")
	}
	if !c.Quiet {
		plan.Progress = func(done, all int, r prove.Result) {
			fmt.Fprintf(o.err, "%3d/%d  %-10s %-12s %6.1f s\n", done, all, r.Status, r.ID, r.Took.Seconds())
		}
	}
	results, err := plan.Run(ctx)
	if err != nil {
		return err
	}
	return c.report(o, report.New(clock.Real{}.Now(), server.Version, results))
}

// choose returns the promises that were asked for.
func (c *proveCmd) choose(all []register.Promise) ([]register.Promise, error) {
	known := func(is func(register.Promise) bool) bool { return slices.ContainsFunc(all, is) }
	if c.App != "" && !known(func(p register.Promise) bool { return p.App == c.App }) {
		return nil, usagef("--app: no app is called %q", c.App)
	}
	for _, id := range c.Promise {
		if !known(func(p register.Promise) bool { return p.ID == id && (c.App == "" || p.App == c.App) }) {
			return nil, usagef("--promise: no promise of %s is called %q", cmp.Or(c.App, "any app"), id)
		}
	}
	return slices.DeleteFunc(all, func(p register.Promise) bool {
		return c.App != "" && p.App != c.App || len(c.Promise) > 0 && !slices.Contains(c.Promise, p.ID)
	}), nil
}

// list says how each promise is checked.
func (c *proveCmd) list(o output, plan prove.Plan) error {
	type row struct {
		ID      string `json:"id"`
		Promise string `json:"promise"`
		How     string `json:"how,omitempty"`
		Missing string `json:"missing,omitempty"`
	}
	rows := make([]row, len(plan.Promises))
	var text strings.Builder
	for i, p := range plan.Promises {
		proof := plan.Proofs[p.ID]
		rows[i] = row{p.ID, p.Text, proof.How, proof.Missing}
		if proof.Check == nil {
			fmt.Fprintf(&text, "%-14s not yet: %s\n", p.ID, proof.Missing)
			continue
		}
		fmt.Fprintf(&text, "%-14s %s\n", p.ID, proof.How)
	}
	return o.print(rows, text.String())
}

func (c *proveCmd) report(o output, doc report.Document) error {
	if c.HTML != "" {
		f, err := os.Create(c.HTML)
		if err != nil {
			return fmt.Errorf("--html: %w", err)
		}
		if err := errors.Join(doc.HTML(f), f.Close()); err != nil {
			return err
		}
	}
	write := doc.Text
	if o.json {
		write = doc.JSON
	}
	if err := write(o.out); err != nil {
		return err
	}
	if !doc.OK() {
		return errCheck()
	}
	return nil
}
