package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/diff"
	"vow.example/vow/internal/privacy"
)

type policyDiffCmd struct {
	Old  string `arg:"" help:"The policy file that is in force." placeholder:"OLD"`
	New  string `arg:"" help:"The policy file that is to follow." placeholder:"NEW"`
	Lang string `help:"Language." default:"en" placeholder:"TAG"`
}

// Help shows an example.
func (policyDiffCmd) Help() string {
	return `Says what changes for people, in words, and how the change must be announced. Nobody chooses the class:
  protects      it only protects more, and may take effect at once
  neutral       wording, or something that asks for its own consent
  material      collection, sharing, clocks, rights or gates change
  significant   service model, ownership, main recipients or the responsible contact change

Example:
  vow policy diff apps/pixplus/policy.yaml pixplus-v2.yaml
  vow policy diff old.yaml new.yaml --json`
}

type changeLine struct {
	Kind          string `json:"kind"`
	What          string `json:"what"`
	Text          string `json:"text"`
	From          string `json:"from,omitempty"`
	To            string `json:"to,omitempty"`
	Class         string `json:"class"`
	ReducesRights bool   `json:"reduces_rights"`
	Reconsent     bool   `json:"needs_reconsent"`
	SensitiveNew  bool   `json:"sensitive_new"`
}

type diffDoc struct {
	From          string       `json:"from"`
	To            string       `json:"to"`
	Class         string       `json:"class"`
	ReducesRights bool         `json:"reduces_rights"`
	SensitiveNew  bool         `json:"sensitive_new"`
	Changes       []changeLine `json:"changes"`
}

// Run prints the changes.
func (c *policyDiffCmd) Run(o output) error {
	was, err := single(c.Old)
	if err != nil {
		return err
	}
	is, err := single(c.New)
	if err != nil {
		return err
	}
	if was.App() != is.App() {
		return usagef("%s and %s are policies of different apps", c.Old, c.New)
	}
	lang := policy.Match(c.Lang, is.Languages())
	d := diff.Between(was, is)
	doc := diffDoc{From: d.From, To: d.To, Class: d.Class().String(), ReducesRights: d.Reduces(), SensitiveNew: d.SensitiveNew(), Changes: []changeLine{}}
	var text strings.Builder
	fmt.Fprintf(&text, "%s -> %s: %s", d.From, d.To, d.Class())
	if d.Reduces() {
		fmt.Fprint(&text, ", reduces rights")
	}
	fmt.Fprintln(&text)
	for _, x := range d.Changes {
		doc.Changes = append(doc.Changes, lineOf(x, lang))
		fmt.Fprintf(&text, "%-12s %s%s\n", x.Class, x.Sentence(lang), marks(x))
	}
	return o.print(doc, text.String())
}

func lineOf(x diff.Change, lang privacy.Lang) changeLine {
	return changeLine{
		Kind: string(x.Kind), What: x.What, Text: x.Sentence(lang), From: x.From.In(lang), To: x.To.In(lang), Class: x.Class.String(),
		ReducesRights: x.Reduces, Reconsent: x.Reconsent, SensitiveNew: x.SensitiveNew,
	}
}

// marks says what a change needs beside its class.
func marks(x diff.Change) string {
	var words []string
	if x.Reduces {
		words = append(words, "reduces rights")
	}
	if x.Reconsent {
		words = append(words, "asks again")
	}
	if x.SensitiveNew {
		words = append(words, "sensitive")
	}
	if len(words) == 0 {
		return ""
	}
	return " [" + strings.Join(words, ", ") + "]"
}

type policyPublishCmd struct {
	File      string    `arg:"" help:"The policy file of the next version." placeholder:"FILE"`
	Effective string    `help:"From when it is in force: a date (its first moment in UTC) or an RFC 3339 time." required:"" placeholder:"DATE"`
	URL       serverURL `help:"The server." name:"url" env:"VOW_URL" required:"" placeholder:"URL"`
	Key       string    `help:"Credential of an officer or a developer." env:"VOW_STAFF_KEY" required:"" placeholder:"RK"`
}

// Help shows an example.
func (policyPublishCmd) Help() string {
	return `Makes the file the next version of its app's policy on a running server, or says everything that speaks
against it. A published version never changes. People are told at once; the version takes effect at its date,
without a restart.

Example:
  vow policy publish pixplus-v2.yaml --effective 2027-01-15 --url https://photos.example.com --key "$VOW_STAFF_KEY"`
}

// Run publishes, and prints what people are told.
func (c *policyPublishCmd) Run(ctx context.Context, o output) error {
	at, err := moment(c.Effective)
	if err != nil {
		return usagef("--effective %s: neither a date nor an RFC 3339 time", c.Effective)
	}
	yaml, err := os.ReadFile(c.File)
	if err != nil {
		return usagef("%s: there is no such file that can be read", c.File)
	}
	p, err := c.URL.client(c.Key).PublishPolicy(ctx, client.PolicyDraft{YAML: string(yaml), EffectiveAt: at})
	var refused *client.Problem
	if errors.As(err, &refused) && len(refused.Errors) > 0 {
		for _, e := range refused.Errors {
			fmt.Fprintf(o.err, "%s:%s\n", c.File, e.Detail)
		}
		return &codedError{exitFailed, refused.Code + ": " + refused.Title + ". " + counted(len(refused.Errors), "finding")}
	}
	if err != nil {
		return err
	}
	var text strings.Builder
	fmt.Fprintf(&text, "published  %s (%s), in force from %s\n", p.Version, p.Diff.Class, at.Format(time.RFC3339))
	for _, x := range p.Diff.Changes {
		fmt.Fprintf(&text, "  %s\n", x.Text)
	}
	return o.print(p, text.String())
}

// moment reads a date or a time.
func moment(s string) (time.Time, error) {
	if day, err := time.Parse(time.DateOnly, s); err == nil {
		return day, nil
	}
	return time.Parse(time.RFC3339, s)
}
