package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/client/admin"
)

// counterFlags say which running server is meant, and who acts: an act about a person has an author.
type counterFlags struct {
	URL serverURL `help:"The server." name:"url" env:"VOW_URL" required:"" placeholder:"URL"`
	Key string    `help:"Credential of a member of staff whose role does this." env:"VOW_STAFF_KEY" required:"" placeholder:"RK"`
}

// get reads a list of one app.
func (f counterFlags) get(ctx context.Context, list, app string, out any) error {
	path := "/v1/admin/" + list
	if app != "" {
		path += "?" + url.Values{"app": {app}}.Encode()
	}
	return f.URL.client(f.Key).Call(ctx, "GET", path, nil, out)
}

// post does one thing to something.
func (f counterFlags) post(ctx context.Context, path string, in, out any) error {
	return f.URL.client(f.Key).Call(ctx, "POST", "/v1/admin/"+path, in, out)
}

type staffSignalsCmd struct {
	counterFlags
	App string `help:"The app; left out by staff of one app." placeholder:"ID"`
}

// Help shows an example.
func (staffSignalsCmd) Help() string {
	return `Bursts of wrong passwords and of tasks, newest first: pseudonyms, counts and times, no content.

Example:
  vow staff signals --url https://photos.example.com --key "$VOW_STAFF_KEY" --app mixoo`
}

// Run lists the signs of abuse.
func (c *staffSignalsCmd) Run(ctx context.Context, o output) error {
	var page client.Page[admin.Signal]
	if err := c.get(ctx, "signals", c.App, &page); err != nil {
		return err
	}
	lines := []string{}
	for _, s := range page.Data {
		who := s.Subject
		if who == "" {
			who = "nobody known"
		}
		lines = append(lines, fmt.Sprintf("%s  %-23s  %5d tries since %s  %s", s.ID, s.Kind, s.Tries, s.At.Format(time.RFC3339), who))
	}
	if len(lines) == 0 {
		lines = append(lines, "No signs of abuse.")
	}
	return o.print(page.Data, strings.Join(lines, "\n"))
}

type staffSuspendCmd struct {
	counterFlags
	Case   string `arg:"" help:"Identifier of the open case about the person; read in it first." placeholder:"CASE"`
	Reason string `help:"fraud, abuse, misconduct or unauthorised_access." required:"" enum:"fraud,abuse,misconduct,unauthorised_access"`
}

// Help shows an example.
func (staffSuspendCmd) Help() string {
	return `The account starts nothing from then on. Rights, settings and what was made stay. It is your decision: the
case must be one of moderation or security, and you must have read something in it.

Example:
  vow staff suspend cas_… --reason fraud --url https://photos.example.com --key "$VOW_STAFF_KEY"`
}

// Run suspends an account.
func (c *staffSuspendCmd) Run(ctx context.Context, o output) error {
	var x admin.Suspension
	if err := c.post(ctx, "cases/"+url.PathEscape(c.Case)+"/suspend", admin.Suspend{Reason: c.Reason}, &x); err != nil {
		return err
	}
	return o.print(x, fmt.Sprintf("%s is suspended until %s at the latest.\nTo lift it: vow staff lift %s", x.Subject, x.Until.Format(time.RFC3339), x.ID))
}

type staffLiftCmd struct {
	counterFlags
	ID string `arg:"" help:"Identifier of the suspension." placeholder:"SUSPENSION"`
}

// Run lifts a suspension.
func (c *staffLiftCmd) Run(ctx context.Context, o output) error {
	var x admin.Suspension
	if err := c.post(ctx, "suspensions/"+url.PathEscape(c.ID)+"/lift", nil, &x); err != nil {
		return err
	}
	return o.print(x, x.Subject+" is not suspended any more.")
}

type staffSuspendedCmd struct {
	counterFlags
	App string `help:"The app; left out by staff of one app." placeholder:"ID"`
}

// Run lists the suspensions.
func (c *staffSuspendedCmd) Run(ctx context.Context, o output) error {
	var page client.Page[admin.Suspension]
	if err := c.get(ctx, "suspensions", c.App, &page); err != nil {
		return err
	}
	lines := []string{}
	for _, x := range page.Data {
		state := "until " + x.Until.Format(time.RFC3339)
		if x.LiftedAt != nil {
			state = "lifted " + x.LiftedAt.Format(time.RFC3339) + " by " + x.LiftedBy
		}
		lines = append(lines, fmt.Sprintf("%s  %s  %-19s  by %s  %s", x.ID, x.Subject, x.Reason, x.Staff, state))
	}
	if len(lines) == 0 {
		lines = append(lines, "Nobody is suspended.")
	}
	return o.print(page.Data, strings.Join(lines, "\n"))
}
