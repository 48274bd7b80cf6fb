package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"slices"
	"strings"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/server/simulate"
)

// SimOptions configure a simulated recipient.
type SimOptions struct {
	Recipient string // the word of its driver
	Addr      string
	Out       io.Writer
}

// Simulated lists the recipients that Sim can stand in for.
func Simulated() []string { return simulate.Names() }

// Sim runs one simulated recipient on loopback until ctx is done. Its credentials come from the
// environment (RUNNINGHUB_API_KEY, TENCENT_SECRET_ID …) or are made and printed.
func Sim(ctx context.Context, o SimOptions) error {
	if host, _, err := net.SplitHostPort(o.Addr); err != nil || !net.ParseIP(host).IsLoopback() {
		return errors.New("server: addr must be a loopback address such as 127.0.0.1:8430")
	}
	given := map[string]string{}
	variable := func(credential string) string { return strings.ToUpper(o.Recipient + "_" + credential) }
	for _, name := range simulate.Credentials(o.Recipient) {
		given[name] = os.Getenv(variable(name))
	}
	set, err := loadApps("", testKey)
	if err != nil {
		return err
	}
	models := map[string]string{}
	for _, id := range set.recipients() {
		if set.driverOf(id) == o.Recipient {
			maps.Copy(models, simulate.Models(set.wiring, id))
		}
	}
	r, err := simulate.Start(o.Recipient, o.Addr, simulate.Options{
		Clock: clock.Real{}, Credentials: given, Models: models, Queue: demoQueue, Run: demoRunning,
	})
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	defer r.Close()
	for _, name := range slices.Sorted(maps.Keys(r.Credentials)) {
		if given[name] == "" {
			fmt.Fprintf(o.Out, "%-18s %s   (set %s to choose it)\n", strings.ReplaceAll(name, "_", " "), r.Credentials[name], variable(name))
		}
	}
	fmt.Fprintf(o.Out, "simulated %s at %s\nevidence: %s%s\n", o.Recipient, r.Base, r.Base, simulate.EvidencePath)
	<-ctx.Done()
	return nil
}
