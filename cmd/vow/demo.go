package main

import (
	"context"

	"vow.example/vow/internal/server"
)

type demoCmd struct {
	Addr     string `help:"Loopback address to listen on; ${default} when left out." default:"127.0.0.1:8420" placeholder:"HOST:PORT"`
	Dir      string `help:"Folder for the data; made if missing. When left out: vow-demo in this folder, which is erased at the end." placeholder:"DIR"`
	Open     bool   `help:"Open the browser." default:"true" negatable:""`
	RealTime bool   `help:"Let the clock run at its natural pace."`
	Brisk    bool   `help:"Let the simulated recipients answer at once instead of after a second or two."`
	Apps     string `help:"Folder of apps; the built-in ones when left out." type:"existingdir" placeholder:"DIR"`
}

// Help shows an example.
func (demoCmd) Help() string {
	return `Example:
  vow demo
  vow demo --addr 127.0.0.1:0 --dir my-demo --no-open --real-time`
}

// Run serves until Ctrl-C.
func (c *demoCmd) Run(ctx context.Context, o output) error {
	return server.Demo(ctx, server.DemoOptions{
		Addr: c.Addr, Dir: c.Dir, Open: c.Open && !o.json, RealTime: c.RealTime, Brisk: c.Brisk, Out: o.out, AppsDir: c.Apps,
	})
}
