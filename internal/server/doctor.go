package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/film"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/server/ops"
	"vow.example/vow/internal/server/recipients"
	"vow.example/vow/internal/server/storage"
)

// Check is one line of the doctor's report.
type Check struct{ Name, Level, Detail string }

// DoctorOptions say what to look at.
type DoctorOptions struct {
	Server ServeOptions
	Online bool // ask recipients that can tell whether they still have the models that the apps use
}

// Doctor looks at everything that the promises stand on: the disk that keys are overwritten on, the
// root key, the configuration, the policies, and the recipients.
func Doctor(ctx context.Context, o DoctorOptions) ([]Check, error) {
	var list []Check
	add := func(name, level, detail string) { list = append(list, Check{name, level, detail}) }
	conf, err := o.Server.config()
	var s setting
	if err == nil {
		s, err = conf.setting()
	}
	if err != nil {
		add("configuration", "fail", err.Error())
	} else {
		add("configuration", "ok", "apps, recipients and credentials are complete")
		add("log keeper", "warn", ops.LogKeeper(s.apps.policies, clock.Real{}.Now()))
		list = append(list, conf.recipientChecks(ctx, s, o.Online)...)
		list = append(list, conf.storageChecks(ctx, s, o.Online)...)
	}
	dir := conf.DataDir
	if dir == "" {
		dir = "."
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		add("data directory", "fail", cause(err).Error())
		return list, nil
	}
	for _, c := range keyring.SelfTest(dir).Checks {
		add(c.Name, string(c.Level), c.Detail)
	}
	list = append(list, filmCheck())
	if conf.RootKey != "" {
		if root, err := conf.root(); err != nil {
			add("root key", "fail", err.Error())
		} else if _, err := root.Key(); err != nil {
			add("root key", "fail", err.Error())
		} else {
			add("root key", "ok", "found, outside the data directory")
		}
	}
	return list, nil
}

// storageChecks says where every app's objects rest.
func (c config) storageChecks(ctx context.Context, s setting, online bool) (list []Check) {
	lines := storage.Report(s.places, s.apps.policies, s.apps.order)
	if online {
		lines = append(lines, storage.Try(ctx, c.DataDir, s.places)...)
	}
	for _, line := range lines {
		list = append(list, Check(line))
	}
	return list
}

// filmCheck is what the doctor says about ffmpeg.
func filmCheck() Check {
	r := film.ReportOf(film.Find())
	switch {
	case !r.Found:
		return Check{"films", "warn", "no ffmpeg: films are animated WebP, and the own engine takes no videos"}
	case r.Problem != "":
		return Check{"films", "warn", r.Problem}
	default:
		return Check{"films", "ok", r.Version + "; " + r.Sandbox}
	}
}

// recipientChecks looks at every recipient: whether it is paused, how a running server finds it, and
// whether it still has the models that are asked of it.
func (c config) recipientChecks(ctx context.Context, s setting, online bool) []Check {
	var list []Check
	running, err := c.askHealth(ctx)
	if c.OpsAddr != "" && err != nil {
		list = append(list, Check{"running server", "warn", "ops_addr does not answer: the server is not running, or runs with another configuration"})
	}
	list = append(list, auditChecks(s.apps, running.Audits)...)
	for _, l := range recipients.Lapses(s.apps.policies, s.apps.order, clock.Real{}.Now()) {
		list = append(list, Check{"contract of " + string(l.App) + " with " + string(l.Recipient), "warn", l.Says})
	}
	for _, id := range s.apps.recipients() {
		check := Check{"recipient " + string(id), "ok", s.apps.driverOf(id) + " at " + c.Recipients[id].Address()}
		if paused, since := (pauses{c.DataDir}).Paused(id); paused {
			check.Level, check.Detail = "warn", "paused by the operator since "+since.UTC().Format(time.RFC3339)
		}
		for _, r := range running.Recipients {
			if r.ID == string(id) {
				check.Level, check.Detail = levelOf(r), describe(r)
			}
		}
		list = append(list, check)
		if online {
			list = append(list, modelCheck(ctx, s, id)...)
		}
	}
	return list
}

// auditChecks says which audits of security a running server has on record, and which are late. What no server
// answers for is said to be unknown.
func auditChecks(apps appSet, known []ops.Audit) (list []Check) {
	for _, app := range apps.order {
		promised := apps.policies[app].Terms().Audits
		if promised.Promised() && !slices.ContainsFunc(known, func(a ops.Audit) bool { return a.App == string(app) }) {
			list = append(list, Check{"security audits of " + string(app), "warn", "due every " + promised.Every.ISO + "; the running server knows when the last one was, and ops_addr asks it"})
		}
	}
	for _, a := range known {
		c := Check{"security audit of " + a.App + ": " + a.Part, "ok", ""}
		switch {
		case a.Due == nil:
			c.Level, c.Detail = "warn", "none is on record (vow staff audited)"
		case a.Late:
			c.Level, c.Detail = "warn", "late since "+a.Due.UTC().Format(time.DateOnly)+" (vow staff audited)"
		default:
			c.Detail = "due by " + a.Due.UTC().Format(time.DateOnly)
		}
		list = append(list, c)
	}
	return list
}

func levelOf(r ops.Recipient) string {
	if r.State == "ok" && r.Overdue == 0 && len(r.Blocked) == 0 {
		return "ok"
	}
	return "warn"
}

// describe says how a running server finds a recipient.
func describe(r ops.Recipient) string {
	parts := []string{"state " + r.State, fmt.Sprintf("%d jobs there", r.InFlight)}
	if r.Failures > 0 {
		parts = append(parts, fmt.Sprintf("%d failures in a row, the latest %s", r.Failures, r.LastCode))
	}
	for _, b := range r.Blocked {
		parts = append(parts, fmt.Sprintf("our gate refused %d (%s)", b.Count, b.Rule))
	}
	if r.Held > 0 {
		parts = append(parts, fmt.Sprintf("holds %d things of the ledger", r.Held))
	}
	if r.Overdue > 0 {
		parts = append(parts, fmt.Sprintf("%d erasures there have failed and are tried again", r.Overdue))
	}
	return strings.Join(parts, "; ")
}

// askHealth asks the running server, on loopback.
func (c config) askHealth(ctx context.Context) (h ops.Health, err error) {
	const patience, most = 3 * time.Second, 1 << 20
	if c.OpsAddr == "" {
		return h, nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.OpsAddr+"/health", nil)
	if err != nil {
		return h, err
	}
	answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		return h, err
	}
	defer answer.Body.Close()
	return h, json.NewDecoder(io.LimitReader(answer.Body, most)).Decode(&h)
}

// modelCheck warns of models that the apps use and the recipient no longer has.
func modelCheck(ctx context.Context, s setting, id privacy.RecipientID) []Check {
	name := "models of " + string(id)
	e, err := egress.New(s.egress, log.Logger{})
	if err != nil {
		return []Check{{name, "fail", err.Error()}}
	}
	defer e.Close()
	has, can, err := recipients.Models(ctx, e, id, s.apps.driverOf(id))
	if !can {
		return nil
	}
	if err != nil {
		var failed *egress.Error
		if errors.As(err, &failed) {
			return []Check{{name, "warn", "could not be asked: " + failed.Error()}}
		}
		return []Check{{name, "warn", "could not be asked"}}
	}
	var gone []string
	for _, app := range s.apps.order {
		for feature, flow := range s.apps.wiring[app][id].Workflows {
			if flow.ID != "" && !slices.Contains(has, flow.ID) {
				gone = append(gone, flow.ID+" ("+string(app)+"/"+string(feature)+")")
			}
		}
	}
	slices.Sort(gone)
	if len(gone) > 0 {
		return []Check{{name, "warn", "no longer offered: " + strings.Join(gone, ", ") + "; name others under recipients." + string(id) + ".models"}}
	}
	return []Check{{name, "ok", "all that the apps use are offered"}}
}
