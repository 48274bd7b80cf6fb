package main

import (
	"context"

	"vow.example/vow/internal/server"
)

type simCmd struct {
	Recipient string `arg:"" help:"Which recipient." enum:"alibaba,comfyui,gemini,openai,runninghub,tencent,volcengine,zhipu"`
	Addr      string `help:"Address to listen on." default:"127.0.0.1:0" placeholder:"HOST:PORT"`
}

// Help shows an example.
func (simCmd) Help() string {
	return `Speaks the recipient's wire protocol on this machine, so that an app can be tried without an account:
alibaba, comfyui, gemini, openai, runninghub, tencent, volcengine or zhipu. It checks signatures, fields
and types as the recipient does, and shows what it received and still holds at /evidence.vow.

Example:
  vow sim runninghub --addr 127.0.0.1:9100`
}

// Run serves until Ctrl-C.
func (c *simCmd) Run(ctx context.Context, o output) error {
	return server.Sim(ctx, server.SimOptions{Recipient: c.Recipient, Addr: c.Addr, Out: o.out})
}
