package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"vow.example/vow/internal/log"
	"vow.example/vow/internal/server/ops"
)

// split sends the API's paths to the API, links to their book, and everything else to the pages.
// operators, where not nil, answers the operator's questions in a demo.
func split(api, links, operators, pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, linkPath+"/") {
			links.ServeHTTP(w, r)
			return
		}
		if operators != nil && (r.URL.Path == "/demo/health" || r.URL.Path == "/demo/metrics") {
			http.StripPrefix("/demo", operators).ServeHTTP(w, r)
			return
		}
		for _, prefix := range []string{"/v1/", "/demo/", "/hooks/", "/log/", "/s/", "/openapi", "/healthz"} {
			if strings.HasPrefix(r.URL.Path, prefix) {
				api.ServeHTTP(w, r)
				return
			}
		}
		pages.ServeHTTP(w, r)
	})
}

// operators answers /health and /metrics in a demo; a real server has a listener of its own for them.
func (c *core) operators() http.Handler {
	if c.demo == nil {
		return nil
	}
	return ops.Handler(c.health)
}

// health reports how every recipient is, and which audits are late.
func (c *core) health() ops.Health {
	return ops.Health{Recipients: c.recipientHealth(), Audits: c.audits()}
}

// audits reports until when each part of the apps' security must be audited next.
func (c *core) audits() []ops.Audit {
	list := []ops.Audit{}
	for _, app := range c.apps.order {
		parts, err := c.desk.DueAudits(context.Background(), app)
		if err != nil {
			c.log.Error("when security was audited could not be read", log.Code(err))
		}
		for _, p := range parts {
			a := ops.Audit{App: string(app), Part: p.Part, Late: p.Late}
			if !p.Due.IsZero() {
				a.Due = &p.Due
			}
			list = append(list, a)
		}
	}
	return list
}

func (c *core) recipientHealth() []ops.Recipient {
	counts, err := c.db.HeldCounts(context.Background())
	if err != nil {
		c.log.Error("what recipients hold could not be counted", log.Code(err))
	}
	var list []ops.Recipient
	for _, h := range c.pool.Health() {
		r := ops.Recipient{
			ID: string(h.Recipient), State: h.State, InFlight: h.InFlight, Parallel: h.Parallel, Failures: h.Failures,
			LastCode: h.LastCode, Held: counts[h.Recipient].Open, Overdue: counts[h.Recipient].Overdue, Blocked: []ops.Blocked{},
		}
		if !h.LastOK.IsZero() {
			r.LastOK = &h.LastOK
		}
		for _, b := range h.Blocked {
			r.Blocked = append(r.Blocked, ops.Blocked{Rule: b.Rule, Count: b.Count})
		}
		list = append(list, r)
	}
	return list
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
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("server: addr %s is in use by another program", addr)
	case err != nil:
		return nil, fmt.Errorf("server: addr %s must be HOST:PORT of this machine: %w", addr, err)
	}
	return l, nil
}

// run serves until ctx is done, then lets requests finish for a moment and closes the core.
func run(ctx context.Context, l net.Listener, c *core) error {
	c.tasks.Steer()
	srv := &http.Server{Handler: c.handler, ErrorLog: c.log.ForServers(), ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, MaxHeaderBytes: maxHeader}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	if c.opsListener != nil {
		aside := &http.Server{Handler: ops.Handler(c.health), ErrorLog: c.log.ForServers(), ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, MaxHeaderBytes: maxHeader}
		go func() { _ = aside.Serve(c.opsListener) }() // ends with Close
		defer aside.Close()
	}
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
