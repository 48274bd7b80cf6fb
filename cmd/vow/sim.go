package main

import (
	"context"
	"time"

	"vow.example/vow/internal/server"
)

type simCmd struct {
	Recipient string `arg:"" help:"Kind of recipient: alibaba, comfyui, gemini, openai, runninghub, tencent, volcengine or zhipu." enum:"alibaba,comfyui,gemini,openai,runninghub,tencent,volcengine,zhipu"`
	Addr      string `help:"Loopback address to listen on; a free port when left out." default:"127.0.0.1:0" placeholder:"HOST:PORT"`
	Apps      string `help:"Folder of apps whose models its account knows; the built-in ones when left out." type:"existingdir" placeholder:"DIR"`

	Seed  uint64        `help:"Seed of its names and of the dice of its faults." default:"1"`
	Fault []string      `help:"How often a fault strikes, from 0 to 1; may be repeated. A wrong name lists them all." placeholder:"NAME=RATE" sep:"none"`
	Skew  time.Duration `help:"How far its clock is off, such as 20m or -6m."`
}

// Help shows an example.
func (simCmd) Help() string {
	return `Speaks the recipient's wire protocol on this machine, so that an app can be tried without an account.
It checks signatures, fields and types as the recipient does, and shows what it received and still holds
at /evidence.vow. It prints its credentials and the lines of vow.yaml that lead a server to it.
A fault for the next calls can also be ordered while it runs: POST {"fault":"lost_reply","path":"/","times":1}
to /faults.vow.

Examples:
  vow sim runninghub --addr 127.0.0.1:9100
  vow sim tencent --fault slow_reply=0.2 --fault lost_reply=0.05 --seed 7
  vow sim comfyui --apps docs/examples`
}

// Run serves until Ctrl-C.
func (c *simCmd) Run(ctx context.Context, o output) error {
	return server.Sim(ctx, server.SimOptions{Recipient: c.Recipient, Addr: c.Addr, AppsDir: c.Apps, Out: o.out, Seed: c.Seed, Faults: c.Fault, Skew: c.Skew})
}
