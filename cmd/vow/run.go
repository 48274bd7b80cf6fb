package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"vow.example/vow/client"
	"vow.example/vow/cmd/vow/internal/photojob"
	"vow.example/vow/cmd/vow/internal/terminal"
	"vow.example/vow/internal/server"
)

type runCmd struct {
	Input    string            `arg:"" help:"The photo." placeholder:"IN.jpg"`
	App      string            `help:"The app." required:"" placeholder:"APP"`
	Feature  string            `help:"What to make." required:"" placeholder:"FEATURE"`
	Output   string            `help:"File for the result." short:"o" required:"" placeholder:"OUT.jpg"`
	Prompt   string            `help:"Text for features that take one." placeholder:"TEXT"`
	Param    map[string]string `help:"A choice of the feature; may be repeated." mapsep:"none" placeholder:"NAME=VALUE"`
	URL      string            `help:"A running server; a private demo server when left out." name:"url" env:"VOW_URL" placeholder:"URL"`
	Key      string            `help:"The app's publishable key on that server." env:"VOW_APP_KEY" placeholder:"PK"`
	Apps     string            `help:"Folder of apps for the private server." type:"existingdir" placeholder:"DIR"`
	Agree    bool              `help:"Agree to the disclosure that is printed." xor:"answer"`
	Decline  bool              `help:"Decline it." xor:"answer"`
	Accept   bool              `help:"Accept a prompt that the review changed." name:"accept-rewrite"`
	Lang     string            `help:"Language of the disclosure." default:"en" placeholder:"TAG"`
	Force    bool              `help:"Replace OUT.jpg."`
	Erase    bool              `help:"Erase everything on the server after the download."`
	Receipts string            `help:"Folder that takes the erasure receipts." placeholder:"DIR"`
}

// Help shows an example.
func (runCmd) Help() string {
	return `Prints what would be sent, to whom, why and for how long, and asks. Nothing is uploaded before you agree.
Without a terminal and without --agree the answer is no; a prompt that the review changed is taken with --accept-rewrite only. Exit code 3: declined. Ctrl-C cancels the task.
With --json every line is one JSON object; the last one is
  {"task","state","was_sent","transfers":[{"recipient","fields":[…]}],"output","receipts":[…]}

Example:
  vow run --app pixplus --feature avatar me.jpg -o cartoon.jpg
  vow run --app aifitting --feature avatar me.jpg -o cartoon.jpg --url http://127.0.0.1:8420 --agree --json`
}

// Run does the main job.
func (c *runCmd) Run(ctx context.Context, o output) error {
	person := terminal.NewPerson(o.in, o.out)
	var ui photojob.UI = person
	var script *terminal.Script
	if o.json {
		person = terminal.NewPerson(o.in, o.err)
		script = terminal.NewScript(o.out, person)
		ui = script
	}
	url, key, stop, err := c.server(ctx)
	if err != nil {
		return err
	}
	defer stop()
	result, err := photojob.Run(ctx, client.New(url, "", nil), c.options(o, ui, url, key), ui)
	if wrong := new(photojob.UsageError); errors.As(err, &wrong) {
		return usagef("%s", wrong.Error())
	}
	if script != nil {
		if lost := script.Last(result); lost != nil {
			return errors.Join(err, lost)
		}
	} else {
		summary(ui, result)
	}
	if errors.Is(err, photojob.ErrDeclined) {
		return &codedError{exitDeclined, err.Error()}
	}
	return err
}

// server returns where the job runs. A private server outlives ctx, so that Ctrl-C can still be
// told to it; stop ends it.
func (c *runCmd) server(ctx context.Context) (url, key string, stop func(), err error) {
	if c.URL != "" {
		return c.URL, c.Key, func() {}, nil
	}
	url, keys, stop, err := server.Private(context.WithoutCancel(ctx), c.Apps)
	if err != nil {
		return "", "", nil, fmt.Errorf("start private server: %w", err)
	}
	return url, keys[c.App], stop, nil
}

// options decides what silence means: without a terminal nobody can be asked.
func (c *runCmd) options(o output, ui photojob.UI, url, key string) photojob.Options {
	answer := photojob.Ask
	switch {
	case c.Agree:
		answer = photojob.Agree
	case c.Decline:
		answer = photojob.Decline
	case !terminal.IsTerminal(o.in):
		ui.Note("No terminal to ask at, and no --agree: taken as a no.")
		answer = photojob.Decline
	}
	return photojob.Options{
		Server: url, App: c.App, AppKey: key, Feature: c.Feature, Input: c.Input, Output: c.Output,
		Prompt: c.Prompt, Params: c.Param, Answer: answer, Rewrite: c.Accept, Person: terminal.IsTerminal(o.in), Lang: c.Lang,
		Force: c.Force, Erase: c.Erase, Receipts: c.Receipts,
	}
}

// summary tells a person what has happened.
func summary(ui photojob.UI, r photojob.Result) {
	if r.State == "declined" || r.Task == "" {
		return
	}
	for _, t := range r.Transfers {
		ui.Note("Transfer: " + strings.Join(t.Fields, ", ") + " to " + t.Recipient)
	}
	if !r.WasSent {
		ui.Note("Nothing left this server.")
	}
	for _, id := range r.Receipts {
		ui.Note("Erased, with receipt " + id)
	}
	if r.Output != "" {
		ui.Note("Result: " + r.Output)
	}
}
