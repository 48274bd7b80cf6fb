package main

import (
	"errors"
	"fmt"
	"io/fs"

	"vow.example/vow/internal/guard/keyring"
)

type keysCmd struct {
	CreateRoot createRootCmd `cmd:"" help:"Make the root key file of a server."`
}

type createRootCmd struct {
	Path string `arg:"" help:"File to make; keep it outside the data directory."`
}

// Help shows an example.
func (createRootCmd) Help() string {
	return `Without this file the data of the server cannot be read by anybody. Keep a copy in a safe place,
never next to the data. An existing file is never replaced.

Example:
  vow keys create-root /etc/vow/root.key`
}

// Run makes the file.
func (c *createRootCmd) Run(o output) error {
	err := keyring.CreateRootFile(c.Path)
	if errors.Is(err, fs.ErrExist) {
		return &codedError{exitFailed, c.Path + ": exists already; a root key is never replaced"}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", c.Path, err)
	}
	doc := struct {
		OK   bool   `json:"ok"`
		Path string `json:"path"`
	}{true, c.Path}
	return o.print(doc, "Root key written to "+c.Path+" (only you can read it).\nUse it with: vow serve --root-key file:"+c.Path)
}
