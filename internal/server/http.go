package server

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"
)

// split sends the API's paths to the API and everything else to the pages.
func split(api, pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, prefix := range []string{"/v1/", "/demo/", "/hooks/", "/log/", "/openapi", "/healthz"} {
			if strings.HasPrefix(r.URL.Path, prefix) {
				api.ServeHTTP(w, r)
				return
			}
		}
		pages.ServeHTTP(w, r)
	})
}

const (
	headerTime = 10 * time.Second
	idleTime   = 2 * time.Minute
	drainTime  = 3 * time.Second
	maxHeader  = 64 << 10
)

// listen binds the address.
func listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("server: listen on %s: %w", addr, err)
	}
	return l, nil
}

// softHeap is where the collector begins to work harder: large pictures come and go, and twice their
// size need not stay between two collections.
const softHeap = 1 << 30

// limitHeap sets the soft limit unless the operator chose one with GOMEMLIMIT.
func limitHeap() {
	if debug.SetMemoryLimit(-1) == math.MaxInt64 {
		debug.SetMemoryLimit(softHeap)
	}
}

// run serves until ctx is done, then lets requests finish for a moment and closes the core.
func run(ctx context.Context, l net.Listener, c *core) error {
	limitHeap()
	srv := &http.Server{Handler: c.handler, ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, MaxHeaderBytes: maxHeader}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
		defer cancel()
		if stop := srv.Shutdown(drain); stop != nil {
			err = srv.Close() // event streams have no end of their own
		}
	}
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, c.close())
}
