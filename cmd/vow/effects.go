package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"vow.example/vow/cmd/vow/internal/gallery"
	"vow.example/vow/internal/effects"
	"vow.example/vow/internal/effects/effect"
	"vow.example/vow/internal/effects/showcase"
)

type effectsCmd struct {
	List    effectsListCmd    `cmd:"" help:"List every effect of the own engine with its parameters."`
	Gallery effectsGalleryCmd `cmd:"" help:"Draw a page that shows every effect before and after."`
	Samples effectsSamplesCmd `cmd:"" help:"Draw the pictures that an app's home page shows beside its effects."`
}

type effectsListCmd struct{}

// effectLine is one effect for scripts.
type effectLine struct {
	Name   string      `json:"name"`
	About  string      `json:"about"`
	Least  int         `json:"least_pictures"`
	Most   int         `json:"most_pictures"`
	Params []paramLine `json:"params"`
}

type paramLine struct {
	Name    string   `json:"name"`
	Kind    string   `json:"kind"`
	Min     float64  `json:"min"`
	Max     float64  `json:"max"`
	Values  []string `json:"values,omitempty"`
	Default string   `json:"default"`
}

// Run prints the catalogue.
func (effectsListCmd) Run(o output) error {
	var text strings.Builder
	var lines []effectLine
	for _, e := range effects.Catalogue() {
		line := effectLine{e.Name, e.About, e.Least, e.Most, []paramLine{}}
		fmt.Fprintf(&text, "%s\n  %s\n", e.Name, e.About)
		for _, p := range e.Params {
			line.Params = append(line.Params, paramLine{p.Name, p.Kind, p.Min, p.Max, p.Values, p.Default})
			takes := strings.Join(p.Values, " | ")
			if p.Kind != effect.Choice {
				least, most := p.Bounds()
				takes = least + " to " + most
			}
			fmt.Fprintf(&text, "  %-10s %s (default %s)\n", p.Name, takes, p.Default)
		}
		lines = append(lines, line)
	}
	return o.print(lines, text.String())
}

type effectsGalleryCmd struct {
	Out   string `help:"Folder that takes README.md and the pictures; ${default} when left out." default:"docs/effects" placeholder:"DIR"`
	Photo string `help:"A photo of a face instead of the sample photo." type:"existingfile" placeholder:"FILE"`
}

// Help shows examples.
func (effectsGalleryCmd) Help() string {
	return `Works without a server: nothing is stored but the page.

Examples:
  vow effects gallery
  vow effects gallery --photo me.jpg --out my-effects`
}

// Run draws the page.
func (c *effectsGalleryCmd) Run(ctx context.Context, o output) error {
	options := gallery.Options{Dir: c.Out, Note: func(name string) { fmt.Fprintln(o.err, name) }}
	if c.Photo != "" {
		var err error
		if options.Photo, err = os.ReadFile(c.Photo); err != nil {
			return err
		}
	}
	if info, err := os.Stat(c.Out); err == nil && !info.IsDir() {
		return usagef("--out %s: is a file, not a folder", c.Out)
	}
	if err := gallery.Write(ctx, options); err != nil {
		if c.Photo != "" {
			err = fmt.Errorf("--photo %s: %w", c.Photo, err)
		}
		return err
	}
	return o.print(map[string]string{"page": c.Out + "/README.md"}, "Written: "+c.Out+"/README.md")
}

type effectsSamplesCmd struct {
	App        string            `arg:"" help:"Folder of the app, with its policy.yaml; its folder samples takes the pictures." type:"existingdir" placeholder:"APP"`
	Illustrate map[string]string `help:"Draw an illustration of a feature that a recipient makes, by an effect of ours; only where it truly shows the kind of work." placeholder:"FEATURE=EFFECT"`
}

// Help shows examples.
func (effectsSamplesCmd) Help() string {
	return `A feature without a picture keeps its sign. A picture of your own, a JPEG of at most 13 kB, is
samples/FEATURE.jpg, or samples/FEATURE.illustration.jpg where the recipient did not make it.

Examples:
  vow effects samples apps/studio
  vow effects samples apps/studio --illustrate sketch=pencil`
}

// Run draws the pictures of every feature of the own engine, and of those that are named.
func (c *effectsSamplesCmd) Run(ctx context.Context, o output) error {
	names, err := gallery.WriteSamples(ctx, c.App, c.Illustrate)
	if err != nil {
		return err
	}
	return o.print(map[string][]string{"samples": names}, fmt.Sprintf("Written: %d in %s/%s", len(names), c.App, showcase.Folder))
}
