package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"vow.example/vow/client/admin"
)

type staffAuditsCmd struct {
	counterFlags
	App string `help:"The app; left out by staff of one app." placeholder:"ID"`
}

// Help shows an example.
func (staffAuditsCmd) Help() string {
	return `When each part of an app's security was audited, and until when it must be again, by the number of its policy.

Example:
  vow staff audits --app picwiz --url https://photos.example.com --key "$VOW_STAFF_KEY"`
}

// Run lists the parts.
func (c *staffAuditsCmd) Run(ctx context.Context, o output) error {
	var doc admin.SecurityAudits
	if err := c.get(ctx, "security-audits", c.App, &doc); err != nil {
		return err
	}
	return o.print(doc, told(doc))
}

type staffAuditedCmd struct {
	counterFlags
	App    string   `help:"The app; left out by staff of one app." placeholder:"ID"`
	Part   []string `help:"What was audited: access, configuration, dependencies, vulnerabilities." required:"" placeholder:"PART"`
	At     string   `help:"Day of the audit, such as 2026-11-22; now when left out." placeholder:"DAY"`
	Report string   `help:"The report. It stays here: only its digest is recorded." type:"existingfile" required:"" placeholder:"FILE"`
}

// Help shows an example.
func (staffAuditedCmd) Help() string {
	return `Writes down that parts of an app's security were audited. The next audit of each is due the policy's interval
later. Keep the report: its digest shows that it is the one.

Example:
  vow staff audited --app picwiz --part access --part dependencies --report audit-2026-11.pdf --url https://photos.example.com --key "$VOW_STAFF_KEY"`
}

// Run records the audit.
func (c *staffAuditedCmd) Run(ctx context.Context, o output) error {
	in := admin.SecurityAudited{App: c.App, Parts: c.Part}
	if c.At != "" {
		day, err := time.Parse(time.DateOnly, c.At)
		if err != nil {
			return usagef("--at %s: write the day like 2026-11-22", c.At)
		}
		in.At = &day
	}
	var err error
	if in.Report, err = digestOf(c.Report); err != nil {
		return usagef("--report %s: %v", c.Report, err)
	}
	var doc admin.SecurityAudits
	if err := c.post(ctx, "security-audits", in, &doc); err != nil {
		return err
	}
	return o.print(doc, told(doc))
}

// digestOf returns the SHA-256 of a file.
func digestOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("open report: %w", err)
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", fmt.Errorf("read report: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// told says each part on a line.
func told(doc admin.SecurityAudits) string {
	if len(doc.Parts) == 0 {
		return "The policy of " + doc.App + " promises no audits."
	}
	var lines []string
	for _, p := range doc.Parts {
		switch {
		case p.LastAt == nil:
			lines = append(lines, fmt.Sprintf("%-16s late   none is on record", p.Part))
		case p.Late:
			lines = append(lines, fmt.Sprintf("%-16s late   since %s", p.Part, p.DueAt.Format(time.DateOnly)))
		default:
			lines = append(lines, fmt.Sprintf("%-16s ok     due by %s", p.Part, p.DueAt.Format(time.DateOnly)))
		}
	}
	return strings.Join(lines, "\n")
}
