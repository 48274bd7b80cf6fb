package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/server/simulate"
)

// SimOptions configure a simulated recipient.
type SimOptions struct {
	Recipient string // the word of its driver
	Addr      string
	AppsDir   string // apps whose models its account knows; empty: the built-in ones
	Out       io.Writer
	Seed      uint64
	Faults    []string // "hang=0.1": how often each strikes
	Skew      time.Duration
}

// Sim runs one simulated recipient on loopback until ctx is done. Its credentials come from the
// environment (RUNNINGHUB_API_KEY, TENCENT_SECRET_ID …) or are made and printed, with the lines of
// vow.yaml that lead a server to it.
func Sim(ctx context.Context, o SimOptions) error {
	if host, _, err := net.SplitHostPort(o.Addr); err != nil || !net.ParseIP(host).IsLoopback() {
		return errors.New("server: addr must be a loopback address such as 127.0.0.1:8430")
	}
	given := map[string]string{}
	for _, name := range simulate.Credentials(o.Recipient) {
		given[name] = os.Getenv(simulate.Variable(o.Recipient, name))
	}
	set, err := loadApps(o.AppsDir, testKey)
	if err != nil {
		return err
	}
	models, ids := map[string]string{}, []privacy.RecipientID{}
	for _, id := range set.recipients() {
		if set.driverOf(id) == o.Recipient {
			maps.Copy(models, simulate.Models(set.wiring, id))
			ids = append(ids, id)
		}
	}
	rates, err := simulate.ParseRates(o.Faults)
	if err != nil {
		return fmt.Errorf("server: fault: %w", err)
	}
	r, err := simulate.Start(o.Recipient, o.Addr, simulate.Options{
		Clock: clock.Real{}, Credentials: given, Models: models, Queue: demoQueue, Run: demoRunning, Seed: o.Seed, Rates: rates, Skew: o.Skew,
	})
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	defer r.Close()
	fmt.Fprint(o.Out, r.Introduce(ids, given))
	<-ctx.Done()
	return nil
}
