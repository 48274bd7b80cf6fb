package main

import (
	"context"

	"vow.example/vow/internal/server"
)

// serverFlags say which server is meant.
type serverFlags struct {
	Config    string `help:"Configuration file." type:"existingfile" placeholder:"FILE"`
	DataDir   string `help:"Data directory." placeholder:"DIR"`
	RootKey   string `help:"Source of the root key, outside the data directory: file:PATH, env:NAME or credential:NAME." placeholder:"SOURCE"`
	Addr      string `help:"Address to listen on." placeholder:"HOST:PORT"`
	PublicURL string `help:"Address under which people reach the server." name:"public-url" placeholder:"URL"`
	Apps      string `help:"Folder of apps; the built-in ones when left out." type:"existingdir" placeholder:"DIR"`
}

func (f serverFlags) options(o output) server.ServeOptions {
	return server.ServeOptions{
		ConfigFile: f.Config, DataDir: f.DataDir, RootKey: f.RootKey, Addr: f.Addr,
		PublicURL: f.PublicURL, AppsDir: f.Apps, Out: o.out,
	}
}

type serveCmd struct {
	serverFlags `embed:""`
}

// Help shows an example.
func (serveCmd) Help() string {
	return `Flags win over the configuration file.

Example:
  vow keys create-root /etc/vow/root.key
  vow serve --config /etc/vow/vow.yaml
  vow serve --data-dir /var/lib/vow --root-key file:/etc/vow/root.key \
            --addr 127.0.0.1:8420 --public-url https://photos.example.com --apps /etc/vow/apps`
}

// Run serves until Ctrl-C.
func (c *serveCmd) Run(ctx context.Context, o output) error {
	return server.Serve(ctx, c.options(o))
}
