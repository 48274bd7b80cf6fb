// Command vow runs apps under their policy, and checks that they keep it.
//
// It promises one clear line for every error, exit code 0 for ok, 1 for a check that failed, 2 for
// wrong usage and, in `vow run`, 3 for a disclosure that was declined. It never prints content of
// a person that was not asked for.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)   // a second Ctrl-C ends the program at once
	signal.Ignore(syscall.SIGPIPE) // whoever stops reading does not keep us from erasing what is to be erased
	os.Exit(run(ctx, os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}))
}
