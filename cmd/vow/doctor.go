package main

import (
	"context"
	"fmt"
	"strings"

	"vow.example/vow/internal/server"
)

type doctorCmd struct {
	serverFlags `embed:""`
	Online      bool `help:"Also ask recipients that can tell whether they still have the models that the apps use, and try each bucket."`
}

// Help shows an example.
func (doctorCmd) Help() string {
	return `Tests whether keys can really be destroyed on this disk, and everything else a server needs.
A warning names a risk that you may accept; a failure stops the server. With ops_addr in the
configuration it also says how the running server finds each recipient.

Example:
  vow doctor --config /etc/vow/vow.yaml
  vow doctor --config /etc/vow/vow.yaml --online`
}

type checkLine struct {
	Name   string `json:"name"`
	Level  string `json:"level"`
	Detail string `json:"detail"`
}

// Run prints every check and fails where one failed.
func (c *doctorCmd) Run(ctx context.Context, o output) error {
	checks, err := server.Doctor(ctx, server.DoctorOptions{Server: c.options(o), Online: c.Online})
	if err != nil {
		return err
	}
	var text strings.Builder
	lines, failed := make([]checkLine, 0, len(checks)), 0
	for _, k := range checks {
		lines = append(lines, checkLine{k.Name, k.Level, k.Detail})
		fmt.Fprintf(&text, "%-5s %-28s %s\n", k.Level, k.Name, k.Detail)
		if k.Level == "fail" {
			failed++
		}
	}
	fmt.Fprintf(&text, "%d checks, %d failed", len(lines), failed)
	doc := struct {
		OK     bool        `json:"ok"`
		Checks []checkLine `json:"checks"`
	}{failed == 0, lines}
	if err := o.print(doc, text.String()); err != nil {
		return err
	}
	if failed > 0 {
		return errCheck()
	}
	return nil
}
