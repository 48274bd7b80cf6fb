package main

import (
	"context"
	"fmt"
	"strings"

	"vow.example/vow/internal/server"
)

type providerCmd struct {
	List   providerListCmd   `cmd:"" help:"List the recipients with their address, state and features."`
	Test   providerTestCmd   `cmd:"" help:"Send a sample to a recipient, or only show what would be sent."`
	Pause  providerPauseCmd  `cmd:"" help:"Stop sending to a recipient; its features are \"not available now\"."`
	Resume providerResumeCmd `cmd:"" help:"Send to a paused recipient again."`
}

type providerListCmd struct {
	serverFlags `embed:""`
}

// Help shows an example.
func (providerListCmd) Help() string {
	return `Everyone that a live feature of the apps sends to: name, driver, state, address, features; and
which contracts have lapsed, or do within thirty days.

Example:
  vow provider list --config /etc/vow/vow.yaml
  vow provider list --apps docs/examples`
}

// Run prints one line per recipient.
func (c *providerListCmd) Run(_ context.Context, o output) error {
	list, err := server.Recipients(c.options(o))
	if err != nil {
		return err
	}
	var text strings.Builder
	for _, r := range list {
		fmt.Fprintf(&text, "%-16s %-11s %-12s %s\n", r.ID, r.Driver, r.State, r.Address)
		fmt.Fprintf(&text, "%-16s %s\n", "", strings.Join(r.Features, ", "))
		for _, lapse := range r.Lapses {
			fmt.Fprintf(&text, "%-16s %s\n", "", lapse)
		}
	}
	return o.print(list, text.String())
}

type providerTestCmd struct {
	serverFlags `embed:""`
	Name        string `arg:"" help:"Recipient, as the policies name it."`
	Feature     string `help:"APP/FEATURE; every feature of the recipient when left out." placeholder:"APP/FEATURE"`
	DryRun      bool   `help:"Show the exact requests, with secrets masked, and send nothing to the recipient." name:"dry-run"`
}

// Help shows an example.
func (providerTestCmd) Help() string {
	return `With --dry-run, a sample photo and sample words go the whole way through consent, review and egress
to a simulator on this machine, and what arrives there is printed. Nothing leaves, no account is needed.
Without it, the same sample goes to the configured recipient, under the configured limits; the recipient
may charge for it.

Example:
  vow provider test tencent_cloud --dry-run
  vow provider test gemini --feature mixoo/nano_banana --dry-run
  vow provider test gemini --feature mixoo/nano_banana --config /etc/vow/vow.yaml`
}

// Run prints the requests, or what came of sending them.
func (c *providerTestCmd) Run(ctx context.Context, o output) error {
	app, feature, ok := strings.Cut(c.Feature, "/")
	if c.Feature != "" && (!ok || app == "" || feature == "") {
		return usagef("--feature must be APP/FEATURE, such as mixoo/cartoonize")
	}
	list, err := server.TryRecipient(ctx, server.TryOptions{
		Server: c.options(o), Recipient: c.Name, App: app, Feature: feature, DryRun: c.DryRun,
	})
	if err != nil {
		return err
	}
	var text strings.Builder
	failed := false
	for _, t := range list {
		failed = failed || t.Failure != ""
		fmt.Fprintf(&text, "=== %s/%s -> %s: %s\n", t.App, t.Feature, t.Recipient, t.Outcome())
		for _, held := range t.Held {
			fmt.Fprintf(&text, "    stays there: %s\n", held)
		}
		for _, r := range t.Requests {
			text.WriteString("\n" + r)
		}
		text.WriteString("\n")
	}
	if err := o.print(list, text.String()); err != nil {
		return err
	}
	if failed {
		return errCheck()
	}
	return nil
}

type pauseFlags struct {
	Config  string `help:"Configuration file." type:"existingfile" placeholder:"FILE"`
	DataDir string `help:"Data directory of the server." placeholder:"DIR"`
	Name    string `arg:"" help:"Recipient, as the policies name it."`
}

type providerPauseCmd struct {
	pauseFlags `embed:""`
}

// Help says what a pause does.
func (providerPauseCmd) Help() string {
	return `A running server sees it within a second. Tasks that have left go on and are collected; tasks that
have not left wait, and new ones are refused with "recipient-paused".

Example:
  vow provider pause gemini --data-dir /var/lib/vow`
}

// Run pauses.
func (c *providerPauseCmd) Run(_ context.Context, o output) error { return c.set(o, true) }

type providerResumeCmd struct {
	pauseFlags `embed:""`
}

// Help shows an example.
func (providerResumeCmd) Help() string {
	return `Tasks that have waited go on.

Example:
  vow provider resume gemini --data-dir /var/lib/vow`
}

// Run resumes.
func (c *providerResumeCmd) Run(_ context.Context, o output) error { return c.set(o, false) }

func (c *pauseFlags) set(o output, paused bool) error {
	options := server.ServeOptions{ConfigFile: c.Config, DataDir: c.DataDir, Out: o.out}
	if err := server.PauseRecipient(options, c.Name, paused); err != nil {
		return err
	}
	word := "resumed"
	if paused {
		word = "paused"
	}
	return o.print(map[string]any{"recipient": c.Name, "paused": paused}, c.Name+" is "+word)
}
