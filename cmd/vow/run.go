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
	Photo    string            `arg:"" optional:"" help:"The picture for the role that asks first: the first required one that no --input names. Left out where a feature takes none." placeholder:"PHOTO"`
	App      string            `help:"The app." required:"" placeholder:"APP"`
	Feature  string            `help:"What to make." required:"" placeholder:"FEATURE"`
	Input    []string          `help:"A picture for a role of the feature; may be repeated." sep:"none" placeholder:"ROLE=FILE"`
	Prompt   string            `help:"Text for features that take one." placeholder:"TEXT"`
	Negative string            `help:"What the result must not show, for features that ask." name:"negative-prompt" placeholder:"TEXT"`
	Param    map[string]string `help:"A choice of the feature; may be repeated." mapsep:"none" placeholder:"NAME=VALUE"`
	Output   string            `help:"File for the result: .jpg, .png or .webp for a picture, .mp4, .webp or .gif for a film, .json for facts and feature points, .txt for a text. Facts and texts need none." short:"o" placeholder:"FILE"`
	Force    bool              `help:"Replace the file."`
	OfAge    bool              `help:"Say that the person is as old as the app asks for; without it the terminal is asked." name:"of-age"`
	Agree    bool              `help:"Agree to the app's policy, where it asks, and to the disclosure that is printed." xor:"answer"`
	Decline  bool              `help:"Decline it." xor:"answer"`
	Accept   bool              `help:"Accept a prompt that the review changed." name:"accept-rewrite"`
	Lang     string            `help:"Language of the disclosure." default:"en" placeholder:"TAG"`
	URL      serverURL         `help:"A running server; a private demo server when left out." name:"url" env:"VOW_URL" placeholder:"URL"`
	Key      string            `help:"The app's publishable key on that server." env:"VOW_APP_KEY" placeholder:"PK"`
	Apps     string            `help:"Folder of apps for the private server." type:"existingdir" placeholder:"DIR"`
	Erase    bool              `help:"Erase everything on the server after the download."`
	Receipts string            `help:"Folder that takes the erasure receipts." placeholder:"DIR"`
}

// Help shows examples.
func (runCmd) Help() string {
	return `Prints what would be sent, to whom, why and for how long, and asks. Nothing is uploaded before you agree.
Without a terminal and without --agree the answer is no; a prompt that the review changed is taken with --accept-rewrite only. Exit code 3: declined. Ctrl-C cancels the task.

Facts about a picture are printed; so is a text, where no file is named for it. In the end you read who received what, what stays there, and the receipts.

With --json every line is one JSON object; facts and texts are in a line "result". The last line is
  {"task","state","was_sent","transfers":[{"recipient","fields":[…],"held":[…],"readings":[…]}],"output","receipts":[…]}

Examples:
  vow run --app pixplus --feature avatar me.jpg -o cartoon.jpg
  vow run --app mixoo --feature text_to_image --prompt "a lighthouse at dusk" --negative-prompt people --param style=oil -o picture.png
  vow run --app mixoo --feature face_swap me.jpg --input template_photo=poster.jpg -o swapped.png
  vow run --app mixoo --feature nano_banana me.jpg --input second_photo=hat.jpg --prompt "wear this hat" -o hat-on.png
  vow run --app mixoo --feature veo_3_1 first.jpg --prompt "the clouds move" --param duration=4 -o clip.mp4
  vow run --app mixoo --feature face_detection group.jpg
  vow run --app aifitting --feature face_swap me.jpg --param template=astronaut -o astronaut.jpg
  vow run --app aifitting --feature video_making me.jpg --input photo_2=us.jpg --param seconds=3 -o film.mp4
  vow run --app picwiz --feature portrait_points me.jpg -o points.json
  vow run --app aifitting --feature avatar me.jpg -o cartoon.jpg --url http://127.0.0.1:8420 --agree --of-age --json`
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
	if errors.As(err, new(*photojob.UsageError)) {
		return err // before anything was done
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
		return string(c.URL), c.Key, func() {}, nil
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
		Server: url, App: c.App, AppKey: key, Feature: c.Feature, Photo: c.Photo, Inputs: c.Input, Output: c.Output,
		Prompt: c.Prompt, Negative: c.Negative, Params: c.Param, Answer: answer, OfAge: c.OfAge, Rewrite: c.Accept, Person: terminal.IsTerminal(o.in), Lang: c.Lang,
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
		for _, r := range t.Readings {
			ui.Note(fmt.Sprintf("  Read through our link: %s, reading %d at %s, %d bytes", r.Field, r.Number, r.At.UTC().Format("15:04:05 MST"), r.Bytes))
		}
		for _, text := range t.Held {
			ui.Note("  Stays there: " + text)
		}
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
