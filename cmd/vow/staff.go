package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/server"
)

type staffCmd struct {
	Add    staffAddCmd    `cmd:"" help:"Let somebody work at the desk; prints the credential once."`
	List   staffListCmd   `cmd:"" help:"List who works at the desk."`
	Remove staffRemoveCmd `cmd:"" help:"End somebody's credential, at once."`

	Signals   staffSignalsCmd   `cmd:"" help:"List the signs of abuse that a running server has counted."`
	Suspend   staffSuspendCmd   `cmd:"" help:"Suspend the account that a case is about."`
	Suspended staffSuspendedCmd `cmd:"" help:"List who is suspended, and by whose decision."`
	Lift      staffLiftCmd      `cmd:"" help:"End a suspension."`
	Audits    staffAuditsCmd    `cmd:"" help:"List when security was audited, and which audit is late."`
	Audited   staffAuditedCmd   `cmd:"" help:"Write down that security was audited."`
}

// deskFlags say which server's desk is meant.
type deskFlags struct {
	Config  string `help:"Configuration file of the server." type:"existingfile" placeholder:"FILE"`
	DataDir string `help:"Data directory of the server." name:"data-dir" placeholder:"DIR"`
	RootKey string `help:"Root key: file:PATH, env:NAME or credential:NAME." name:"root-key" placeholder:"KEY"`
	Apps    string `help:"Folder of apps; the built-in ones when left out." type:"existingdir" placeholder:"DIR"`
}

// with opens the desk's list of people, and closes it again. The first member of staff may come before the
// server's first start.
func (f deskFlags) with(ctx context.Context, first bool, do func(*server.Personnel) error) error {
	p, err := server.OpenPersonnel(ctx, server.ServeOptions{ConfigFile: f.Config, DataDir: f.DataDir, RootKey: f.RootKey, AppsDir: f.Apps}, first)
	if err != nil {
		return err
	}
	return errors.Join(do(p), p.Close())
}

type staffAddCmd struct {
	deskFlags
	Role   string `help:"officer, moderator, support, auditor, developer, owner; or backend: the operator's own server." required:""`
	Region string `help:"Where the person works: two letters, such as US." required:""`
	App    string `help:"The one app; left out: every app." placeholder:"ID"`
}

// Help shows an example.
func (staffAddCmd) Help() string {
	return `The credential is printed once and is not stored. Lost ones are replaced: remove the old, add a new one.
The server must be stopped meanwhile: it holds the key file by itself. A backup that is put back ends every
credential: nothing in it says whose was taken away since.

Example:
  vow staff add --config /etc/vow/vow.yaml --role moderator --region US --app pixplus`
}

// Run adds somebody.
func (c *staffAddCmd) Run(ctx context.Context, o output) error {
	return c.with(ctx, true, func(p *server.Personnel) error {
		id, token, err := p.Add(ctx, c.Role, c.Region, c.App)
		if errors.Is(err, server.ErrPosition) {
			return usagef("staff: %v", err)
		}
		if err != nil {
			return err
		}
		doc := struct {
			OK    bool   `json:"ok"`
			ID    string `json:"id"`
			Token string `json:"token"`
		}{true, id, token}
		return o.print(doc, fmt.Sprintf("%s works here as %s.\nCredential, shown this once: %s", id, c.Role, token))
	})
}

type staffListCmd struct{ deskFlags }

// Run lists everybody.
func (c *staffListCmd) Run(ctx context.Context, o output) error {
	return c.with(ctx, false, func(p *server.Personnel) error {
		all, err := p.List(ctx)
		if err != nil {
			return err
		}
		type row struct {
			ID     string `json:"id"`
			Role   string `json:"role"`
			Region string `json:"region"`
			App    string `json:"app,omitempty"`
		}
		rows, lines := []row{}, []string{}
		for _, s := range all {
			rows = append(rows, row{string(s.ID), s.Role, s.Region, string(s.App)})
			app := string(s.App)
			if app == "" {
				app = "every app"
			}
			lines = append(lines, fmt.Sprintf("%s  %-9s  %s  %s", s.ID, s.Role, s.Region, app))
		}
		if len(lines) == 0 {
			lines = append(lines, "Nobody works at the desk.")
		}
		return o.print(rows, strings.Join(lines, "\n"))
	})
}

type staffRemoveCmd struct {
	deskFlags
	ID string `arg:"" help:"Identifier of the member of staff."`
}

// Run ends a credential.
func (c *staffRemoveCmd) Run(ctx context.Context, o output) error {
	return c.with(ctx, false, func(p *server.Personnel) error {
		if err := p.Remove(ctx, privacy.StaffID(c.ID)); err != nil {
			return err
		}
		doc := struct {
			OK bool `json:"ok"`
		}{true}
		return o.print(doc, c.ID+" does not work here any more.")
	})
}
