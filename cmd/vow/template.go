package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"io"
	"io/fs"
	"os"
	"strings"

	"vow.example/vow/cmd/vow/internal/photojob"
	"vow.example/vow/internal/effects/face"
	"vow.example/vow/internal/effects/material"
	"vow.example/vow/internal/effects/swap"
	"vow.example/vow/internal/media"
)

type templateCmd struct {
	Check templateCheckCmd `cmd:"" help:"Find everything that is wrong with face templates."`
	List  templateListCmd  `cmd:"" help:"List the built-in face templates."`
}

type templateCheckCmd struct {
	Dirs    []string `arg:"" help:"Folders with picture.jpg, mask.png and template.json." placeholder:"DIR"`
	Preview string   `help:"Write the one template with its landmarks and its mask drawn over it." placeholder:"OUT.jpg"`
	Photo   string   `help:"Show the face of this photo in the template, beside the preview." placeholder:"PHOTO"`
	Force   bool     `help:"Replace the preview."`
}

// Help shows examples.
func (templateCheckCmd) Help() string {
	return `Prints every finding as folder/file: field: rule. Exit code 1 where there is one.

Examples:
  vow template check my-template your-template
  vow template check my-template --preview look.jpg --photo me.jpg`
}

type checkedTemplate struct {
	Dir      string   `json:"dir"`
	OK       bool     `json:"ok"`
	Findings []string `json:"findings"`
}

type templateCheckDoc struct {
	OK        bool              `json:"ok"`
	Templates []checkedTemplate `json:"templates"`
	Preview   string            `json:"preview,omitempty"`
}

// Run checks every folder, so that one bad template does not hide the findings of the next.
func (c *templateCheckCmd) Run(ctx context.Context, o output) error {
	if c.Preview != "" && len(c.Dirs) != 1 {
		return usagef("--preview: takes one folder, not %d", len(c.Dirs))
	}
	if c.Photo != "" && c.Preview == "" {
		return usagef("--photo: needs --preview, which says where to draw")
	}
	doc := templateCheckDoc{OK: true, Templates: []checkedTemplate{}}
	var text strings.Builder
	for _, dir := range c.Dirs {
		findings, err := swap.Check(os.DirFS(dir), ".")
		if err != nil {
			return usagef("%s: %s", dir, unreadable(err))
		}
		doc.OK = doc.OK && len(findings) == 0
		doc.Templates = append(doc.Templates, checkedTemplate{dir, len(findings) == 0, append([]string{}, findings...)})
		if len(findings) == 0 {
			fmt.Fprintf(&text, "OK  %s\n", dir)
		}
		for _, f := range findings {
			fmt.Fprintf(&text, "%s/%s\n", strings.TrimRight(dir, "/"), f)
		}
	}
	if c.Preview != "" && doc.OK {
		if err := c.draw(ctx); err != nil {
			return err
		}
		doc.Preview = c.Preview
		fmt.Fprintf(&text, "Preview: %s\n", c.Preview)
	}
	if err := o.print(doc, text.String()); err != nil {
		return err
	}
	if !doc.OK {
		return errCheck()
	}
	return nil
}

// unreadable is the reason without the name that os.DirFS makes up.
func unreadable(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such folder"
	case errors.Is(err, fs.ErrPermission):
		return "may not be read"
	default:
		return "is no folder that can be read"
	}
}

// draw writes the preview.
func (c *templateCheckCmd) draw(ctx context.Context) error {
	t, err := swap.Load(os.DirFS(c.Dirs[0]), ".")
	if err != nil {
		return err
	}
	img := swap.Preview(t)
	if c.Photo != "" {
		swapped, err := c.swapped(ctx, t)
		if err != nil {
			return err
		}
		img = beside(img, swapped)
	}
	err = photojob.WriteFile(c.Preview, c.Force, func(w io.Writer) error {
		return media.Encode(w, img, media.JPEG, media.Label{Digital: true, Source: media.SourceAlgorithm})
	})
	if errors.Is(err, fs.ErrExist) {
		return usagef("--preview %s: exists already; replace it with --force", c.Preview)
	}
	return err
}

// swapped puts the face of the photo into the template.
func (c *templateCheckCmd) swapped(ctx context.Context, t swap.Template) (*image.NRGBA, error) {
	file, err := os.Open(c.Photo)
	if err != nil {
		return nil, usagef("--photo: %v", err)
	}
	defer file.Close()
	photo, _, err := media.Open(ctx, file, media.Limits{})
	if err != nil {
		return nil, fmt.Errorf("--photo %s: %w", c.Photo, err)
	}
	f, err := face.One(photo)
	if err != nil {
		return nil, fmt.Errorf("--photo %s: %w", c.Photo, err)
	}
	return swap.Into(ctx, t, swap.Source{Photo: photo, Points: f.Points}, swap.DefaultBlend, nil)
}

// beside puts two pictures of one height next to each other.
func beside(a, b *image.NRGBA) *image.NRGBA {
	w := a.Rect.Dx()
	out := image.NewNRGBA(image.Rect(0, 0, w+b.Rect.Dx(), max(a.Rect.Dy(), b.Rect.Dy())))
	draw.Draw(out, image.Rect(0, 0, w, out.Rect.Dy()), a, a.Rect.Min, draw.Src)
	draw.Draw(out, image.Rect(w, 0, out.Rect.Dx(), out.Rect.Dy()), b, b.Rect.Min, draw.Src)
	return out
}

type templateListCmd struct{}

// Help shows an example.
func (templateListCmd) Help() string {
	return `Prints the names that the parameter "template" of face_swap takes.

Example:
  vow template list --json`
}

type templateLine struct {
	ID      string            `json:"id"`
	Title   map[string]string `json:"title"`
	Credits string            `json:"credits"`
	Width   int               `json:"width"`
	Height  int               `json:"height"`
}

// Run prints the built-in templates.
func (templateListCmd) Run(o output) error {
	doc := struct {
		Templates []templateLine `json:"templates"`
	}{[]templateLine{}}
	var text strings.Builder
	for _, m := range material.List(material.Template) {
		doc.Templates = append(doc.Templates, templateLine{m.ID, m.Title, m.Credits, m.Width, m.Height})
		fmt.Fprintf(&text, "%-20s %d×%d  %s\n", m.ID, m.Width, m.Height, m.Title["en"])
	}
	return o.print(doc, text.String())
}
