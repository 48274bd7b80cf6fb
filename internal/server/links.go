package server

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"slices"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/egress/medialink"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/task/ledger"
)

// Where recipients read media through links, and where they call back.
const (
	linkPath = "/m"
	hookPath = "/hooks"
)

// afar lists the recipients on other machines, which cannot reach us where our own address is on
// this one.
func (s setting) afar() []privacy.RecipientID {
	u, err := url.Parse(s.publicURL)
	if err == nil {
		ip, err := netip.ParseAddr(u.Hostname())
		if u.Hostname() != "localhost" && (err != nil || !ip.IsLoopback()) {
			return nil
		}
	}
	var list []privacy.RecipientID
	for _, c := range s.egress {
		if !c.AllowLoopback {
			list = append(list, c.Recipient)
		}
	}
	return list
}

// hooks is where recipients call back, or "" where they could not: then they are asked instead.
func (s setting) hooks() string {
	if len(s.afar()) > 0 {
		return ""
	}
	return s.publicURL + hookPath
}

// reachable refuses to give links to this machine's own address to recipients on others.
func (s setting) reachable() error {
	for _, app := range s.apps.order {
		for _, f := range s.apps.policies[app].Features() {
			byLink := slices.ContainsFunc(f.Fields, func(sent policy.SentField) bool { return sent.Transport == "url" })
			if f.Live && byLink && slices.Contains(s.afar(), f.Recipient) {
				return fmt.Errorf("server: public_url is missing: %s reads the pictures of %s/%s through links to this server", f.Recipient, app, f.ID)
			}
		}
	}
	return nil
}

// fetches dates the rows of links by the policies' clock. How long a link lives is measured by the
// machine's: in a demo whose days pass in a minute it would be dead before it is read.
type fetches struct {
	ledger.Links
	clock clock.Clock
}

// Fetched implements medialink.Fetches.
func (f fetches) Fetched(ctx context.Context, x medialink.Fetch) error {
	x.At = f.clock.Now()
	return f.Links.Fetched(ctx, x)
}
