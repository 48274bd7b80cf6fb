// Package ops shows an operator how the recipients are doing and which audits are late: metrics for a scraper, health as JSON
// for vow doctor.
//
// It promises numbers and words of our own only: no identifier of a person or task, no address, no
// credential and nothing that a recipient said. It is meant for loopback, and the server refuses to
// put it anywhere else. It never changes anything.
package ops

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Recipient is the state of one recipient.
type Recipient struct {
	ID       string     `json:"id"`
	State    string     `json:"state"`               // "ok", "waiting", "open", "paused" or "unconfigured"
	InFlight int        `json:"in_flight"`           // jobs there now
	Parallel int        `json:"parallel,omitempty"`  // jobs that are allowed at one time; 0: no cap
	Failures int        `json:"failures"`            // in a row
	LastCode string     `json:"last_code,omitempty"` // of the latest failure: our class, and the recipient's code
	LastOK   *time.Time `json:"last_ok,omitempty"`   // of the latest answer
	Blocked  []Blocked  `json:"blocked"`             // what our own gate refused to send
	Overdue  int        `json:"overdue"`             // erasures there that have failed and are tried again
	Held     int        `json:"held"`                // open entries of what it still holds
}

// Blocked counts the requests that one rule of the gate stopped.
type Blocked struct {
	Rule  string `json:"rule"`
	Count int    `json:"count"`
}

// Audit says until when one part of an app's security must be audited next.
type Audit struct {
	App  string     `json:"app"`
	Part string     `json:"part"`
	Due  *time.Time `json:"due_at,omitempty"` // nil: none is on record, so that it is due now
	Late bool       `json:"late"`
}

// Health is what /health answers.
type Health struct {
	Recipients []Recipient `json:"recipients"`
	Audits     []Audit     `json:"security_audits"`
}

// Handler serves /health and /metrics from what source reports at that moment.
func Handler(source func() Health) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collector{source, descriptions()})
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		_ = enc.Encode(source()) // the reader has gone; nothing to do about it
	})
	return mux
}

// described names every metric.
type described struct{ state, inFlight, failures, blocked, held, overdue, audits *prometheus.Desc }

func descriptions() described {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("vow_recipient_"+name, help, append([]string{"recipient"}, labels...), nil)
	}
	return described{
		state:    desc("state", "1 for the state that the recipient is in.", "state"),
		inFlight: desc("jobs", "Jobs at the recipient now."),
		failures: desc("failures_in_a_row", "Failed calls since the latest good answer."),
		blocked:  desc("blocked_total", "Requests that our own gate refused, by rule.", "rule"),
		held:     desc("held", "Open ledger entries of what the recipient still holds."),
		overdue:  desc("erasures_overdue", "Erasures at the recipient that have failed and are tried again."),
		audits:   prometheus.NewDesc("vow_security_audit_late", "1 where the next audit of a part of an app's security is late.", []string{"app", "part"}, nil),
	}
}

// collector turns the reported states into metrics.
type collector struct {
	source func() Health
	d      described
}

// Describe implements prometheus.Collector.
func (c collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.d.state, c.d.inFlight, c.d.failures, c.d.blocked, c.d.held, c.d.overdue, c.d.audits} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c collector) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	health := c.source()
	for _, a := range health.Audits {
		late := 0.0
		if a.Late {
			late = 1
		}
		gauge(c.d.audits, late, a.App, a.Part)
	}
	for _, r := range health.Recipients {
		gauge(c.d.state, 1, r.ID, r.State)
		gauge(c.d.inFlight, float64(r.InFlight), r.ID)
		gauge(c.d.failures, float64(r.Failures), r.ID)
		gauge(c.d.held, float64(r.Held), r.ID)
		gauge(c.d.overdue, float64(r.Overdue), r.ID)
		for _, b := range r.Blocked {
			out <- prometheus.MustNewConstMetric(c.d.blocked, prometheus.CounterValue, float64(b.Count), r.ID, b.Rule)
		}
	}
}
