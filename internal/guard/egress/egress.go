// Package egress is the one HTTP client that reaches recipients.
//
// It promises that content leaves only under a Disclosure, once per field, in the way that the
// policy lets it travel, to the configured hosts of its recipient, over TLS, without redirects; that
// results are fetched only from allow-listed hosts and the recipient's own, within limits of size, time
// and type, with credentials for its own hosts alone; that no literal part of a request carries a
// secret, an identifier of ours or an address; and that every error says whether content may have
// left. It never retries, keeps no cookies, sends no referer, reads no proxy settings, and never
// repeats a recipient's words.
//
// Its parts, in the order of a call: wire (requests as values), internal/gate (judges them),
// internal/body (fills them), medialink (lends pictures by address), sign (signs), internal/dialer
// (connects), internal/sse (reads streams).
package egress

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"vow.example/vow/internal/guard/egress/internal/dialer"
	"vow.example/vow/internal/guard/egress/internal/gate"
	"vow.example/vow/internal/guard/egress/internal/rule"
	"vow.example/vow/internal/guard/internal/handover"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/privacy"
)

// agent is the User-Agent of every request: it says what speaks, not for whom or where.
const agent = "vow"

// Egress sends to recipients and fetches from them. It is safe for concurrent use.
type Egress struct {
	links map[privacy.RecipientID]*link
	log   log.Logger

	mu      sync.Mutex
	blocked map[BlockedCount]int
}

// BlockedCount says how often a rule stopped a request to a recipient.
type BlockedCount struct {
	Recipient privacy.RecipientID
	Rule      string
	Count     int
}

// link is one recipient's destination.
type link struct {
	config Config
	at     addresses
	gate   *gate.Gate
	out    *http.Transport
}

// New returns an Egress for the configured recipients. An address that is not https, and not
// loopback with leave, is refused.
func New(configs []Config, l log.Logger) (*Egress, error) {
	e := &Egress{links: map[privacy.RecipientID]*link{}, log: l, blocked: map[BlockedCount]int{}}
	every := secrets(configs)
	for _, c := range configs {
		at, err := c.check()
		if err != nil {
			return nil, err
		}
		if _, twice := e.links[c.Recipient]; twice {
			return nil, fmt.Errorf("egress: recipient %s is configured twice", c.Recipient)
		}
		c = c.withDefaults()
		d := reach(c, at)
		e.links[c.Recipient] = &link{
			config: c, at: at, out: newTransport(d, c),
			gate: gate.New(gate.Terms{
				Secrets: every, CallbackBase: c.CallbackBase,
				Credentials: slices.Collect(maps.Keys(c.Credentials)), Services: slices.Collect(maps.Keys(at)),
			}),
		}
	}
	return e, nil
}

// reach returns a dialer that knows the recipient's own places inside, by host and port.
func reach(c Config, at addresses) dialer.Dialer {
	d := dialer.Dialer{Resolver: c.Resolver}
	for _, u := range at {
		switch {
		case dialer.IsLoopbackHost(u.Hostname()):
			d.Loopback = append(d.Loopback, hostPort(u))
		case c.AllowPrivate:
			d.Private = append(d.Private, hostPort(u))
		}
	}
	return d
}

// secrets lists every recipient's credentials: one recipient's key must not reach another either.
func secrets(configs []Config) []string {
	var list []string
	for _, c := range configs {
		for _, cred := range c.Credentials {
			list = append(list, cred.reveal())
		}
	}
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}

// newTransport speaks HTTP/1.1 directly: no proxy from the environment, no transparent
// decompression, nothing the recipient can make us do besides answering. Each call has a connection
// of its own: a kept one could die under a request, after which nobody knows what arrived, and
// net/http writes to the standard log what comes in on it unasked.
func newTransport(d dialer.Dialer, c Config) *http.Transport {
	return &http.Transport{
		Proxy:                  nil,
		DialContext:            d.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.RootCAs},
		TLSHandshakeTimeout:    10 * time.Second,
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// Close drops idle connections.
func (e *Egress) Close() {
	for _, l := range e.links {
		l.out.CloseIdleConnections()
	}
}

// Reaches reports whether the recipient is configured.
func (e *Egress) Reaches(r privacy.RecipientID) bool { return e.links[r] != nil }

// Blocked returns how often each rule stopped something, sorted by recipient and rule.
func (e *Egress) Blocked() []BlockedCount {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := make([]BlockedCount, 0, len(e.blocked))
	for k, n := range e.blocked {
		k.Count = n
		list = append(list, k)
	}
	slices.SortFunc(list, func(a, b BlockedCount) int {
		return cmp.Or(cmp.Compare(a.Recipient, b.Recipient), strings.Compare(a.Rule, b.Rule))
	})
	return list
}

// badCertificate is the code of a recipient that cannot show who it is. The call may be tried
// again, but it is counted like a blocked one: somebody may stand in between.
const badCertificate = "certificate"

// finish counts a blocked attempt and returns the error as it is.
func (e *Egress) finish(r privacy.RecipientID, err *Error) error {
	if err.Class == Blocked || err.Code == badCertificate {
		e.mu.Lock()
		e.blocked[BlockedCount{Recipient: r, Rule: err.Code}]++
		e.mu.Unlock()
		e.log.Error("egress refused a request", log.Recipient(r), log.Code(err))
	}
	return err
}

// refusal is the Error of a rule, or of the Disclosure's own refusal.
func refusal(err error, sent bool) *Error {
	return &Error{Class: Blocked, Code: cmp.Or(rule.Of(err), ruleOf(err)), WasSent: sent, cause: err}
}

func key() handover.Key { return handover.New() }

func hostPort(u *url.URL) string {
	if u.Port() != "" {
		return strings.ToLower(u.Host)
	}
	if u.Scheme == "http" {
		return strings.ToLower(u.Host) + ":80"
	}
	return strings.ToLower(u.Host) + ":443"
}
