package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"vow.example/vow/cmd/vow/internal/photojob"
	"vow.example/vow/internal/evidence"
)

type receiptCmd struct {
	Get    receiptGetCmd    `cmd:"" help:"Fetch a receipt."`
	Verify receiptVerifyCmd `cmd:"" help:"Verify a receipt; a file needs no network."`
}

type receiptGetCmd struct {
	ID     string    `arg:"" name:"id" help:"Receipt id (rcp_…)."`
	URL    serverURL `help:"The server." name:"url" env:"VOW_URL" required:"" placeholder:"URL"`
	Output string    `help:"File to write; standard output when left out." short:"o" placeholder:"FILE"`
	Force  bool      `help:"Replace the file."`
}

// Help shows an example.
func (receiptGetCmd) Help() string {
	return `Example:
  vow receipt get rcp_06ex… --url https://photos.example.com -o receipt.json`
}

// Run fetches the receipt.
func (c *receiptGetCmd) Run(ctx context.Context, o output) error {
	if c.Output != "" {
		if err := photojob.CheckOutput("-o", c.Output, c.Force); err != nil {
			return err
		}
	}
	r, err := c.URL.client("").Receipt(ctx, c.ID)
	if err != nil {
		return fmt.Errorf("fetch receipt: %w", err)
	}
	write := func(w io.Writer) error { return photojob.WriteReceipt(w, r) }
	if c.Output == "" {
		return write(o.out)
	}
	if err := photojob.WriteFile(c.Output, c.Force, write); err != nil {
		return err
	}
	doc := struct {
		Receipt string `json:"receipt"`
		Output  string `json:"output"`
	}{r.ID, c.Output}
	return o.print(doc, "Receipt "+r.ID+" written to "+c.Output)
}

type receiptVerifyCmd struct {
	Receipt string    `arg:"" help:"File, or the id of a receipt (with --url)." placeholder:"FILE|ID"`
	URL     serverURL `help:"The server that has the receipt." name:"url" env:"VOW_URL" placeholder:"URL"`
	Key     string    `help:"Verifier key that the operator publishes; without it the key inside the receipt is used." placeholder:"KEY"`
}

// Help shows an example.
func (receiptVerifyCmd) Help() string {
	return `Checks signature, checkpoint, inclusion proof and every word of the statement.

Example:
  vow receipt verify receipt.json
  vow receipt verify receipt.json --key 'vow.example/log+1a2b3c4d+AX…'
  vow receipt verify rcp_06ex… --url https://photos.example.com`
}

// Run verifies and prints every check.
func (c *receiptVerifyCmd) Run(ctx context.Context, o output) error {
	report, err := c.verify(ctx)
	return o.verdict(report, err)
}

func (c *receiptVerifyCmd) verify(ctx context.Context) (evidence.Report, error) {
	info, err := os.Stat(c.Receipt)
	switch {
	case err == nil && info.IsDir():
		return evidence.Report{}, usagef("%s: is a folder; name a receipt in it", c.Receipt)
	case err == nil:
		report, err := evidence.VerifyReceiptFile(c.Receipt, c.Key)
		if err != nil {
			err = fmt.Errorf("%s: %w", c.Receipt, err)
		}
		return report, err
	case !strings.HasPrefix(c.Receipt, "rcp_"):
		return evidence.Report{}, usagef("%s: neither a file nor a receipt id", c.Receipt)
	case c.URL == "":
		return evidence.Report{}, usagef("--url: needed to fetch receipt %s", c.Receipt)
	}
	r, err := c.URL.client("").Receipt(ctx, c.Receipt)
	if err != nil {
		return evidence.Report{}, fmt.Errorf("fetch receipt: %w", err)
	}
	return evidence.VerifyReceipt(r, c.Key)
}

// verdict prints a report and fails where it failed.
func (o output) verdict(r evidence.Report, err error) error {
	if err != nil && !errors.Is(err, evidence.ErrNotVerified) {
		return err
	}
	if lost := o.print(r, r.Text()); lost != nil {
		return lost
	}
	if err != nil {
		return errCheck()
	}
	return nil
}
