package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"vow.example/vow/cmd/vow/internal/logcopy"
	"vow.example/vow/internal/evidence"
)

type auditCmd struct {
	Export auditExportCmd `cmd:"" help:"Copy the public audit log of a server, and verify the copy."`
	Verify auditVerifyCmd `cmd:"" help:"Verify a copy of the audit log; needs no network."`
}

type auditExportCmd struct {
	Dir string    `arg:"" help:"Folder for the copy; an earlier copy is continued."`
	URL serverURL `help:"The server." name:"url" env:"VOW_URL" required:"" placeholder:"URL"`
	Key string    `help:"Verifier key that the operator publishes; without it the key of the server is used." placeholder:"KEY"`
}

// Help shows an example.
func (auditExportCmd) Help() string {
	return `Writes C2SP tlog-tiles, which independent tools can check too. The log holds salted commitments, nothing
personal. Where the folder holds an earlier copy, the log must continue it.

Example:
  vow audit export ./log --url https://photos.example.com`
}

// Run copies, then verifies against the earlier copy.
func (c *auditExportCmd) Run(ctx context.Context, o output) error {
	since, done, err := setAside(c.Dir)
	if err != nil {
		return err
	}
	defer done()
	if _, err := logcopy.Copy(ctx, c.URL.client(""), c.Dir); err != nil {
		return err
	}
	return o.verdict(evidence.VerifyExport(c.Dir, c.Key, since))
}

// setAside keeps the checkpoint of an earlier copy until the new one has been compared with it.
func setAside(dir string) (path string, done func(), err error) {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return "", nil, usagef("%s: is a file, not a folder", dir)
	}
	earlier, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", func() {}, nil
	}
	if err != nil {
		return "", nil, fmt.Errorf("read earlier checkpoint: %w", err)
	}
	f, err := os.CreateTemp("", "vow-checkpoint-*")
	if err != nil {
		return "", nil, fmt.Errorf("keep earlier checkpoint: %w", err)
	}
	_, err = f.Write(earlier)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", nil, errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), func() { _ = os.Remove(f.Name()) }, nil
}

type auditVerifyCmd struct {
	Dir   string `arg:"" help:"Folder of the copy." type:"existingdir"`
	Key   string `help:"Verifier key that the operator publishes; without it the key beside the copy is used." placeholder:"KEY"`
	Since string `help:"An earlier checkpoint, or a receipt: the log must continue it." type:"existingfile" placeholder:"FILE"`
}

// Help shows an example.
func (auditVerifyCmd) Help() string {
	return `Recomputes every hash from the entries and compares it with the tiles and the signed checkpoint.

Example:
  vow audit verify ./log
  vow audit verify ./log --since receipt.json --key 'vow.example/log+1a2b3c4d+AX…'`
}

// Run verifies and prints every check.
func (c *auditVerifyCmd) Run(o output) error {
	if !exists(filepath.Join(c.Dir, "checkpoint")) {
		return usagef("%s: holds no copy of a log: there is no checkpoint in it", c.Dir)
	}
	return o.verdict(evidence.VerifyExport(c.Dir, c.Key, c.Since))
}
