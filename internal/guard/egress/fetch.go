package egress

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"vow.example/vow/internal/guard/egress/internal/dialer"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
)

// Address is where a recipient keeps a result: a URL that it told, or a path of its own.
type Address struct {
	URL     string                // as the recipient told it; empty: Service, Path and Query
	Service string                // which of the recipient's addresses
	Path    string                // literal, below that address
	Query   map[string]string     // goes out sorted by name
	Header  map[string]wire.Value // credentials that reading it needs; they go to the recipient's own hosts only, and are dropped on a redirect elsewhere
}

const maxRedirects = 3

// Fetch opens a result at an address that a recipient gave, or at a path of the recipient's own.
// The address is made https, its host must be allow-listed, every redirect is judged anew, and the
// reader fails when the result is longer or slower than permitted. The caller closes the reader.
func (e *Egress) Fetch(ctx context.Context, from privacy.RecipientID, at Address) (io.ReadCloser, Meta, error) {
	l := e.links[from]
	if l == nil {
		return nil, Meta{}, e.finish(from, refusal(blocked("unknown-recipient"), false))
	}
	target, err := l.locate(at)
	if err != nil {
		return nil, Meta{}, e.finish(from, refusal(err, false))
	}
	ctx, cancel := context.WithTimeout(ctx, l.config.FetchTimeout)
	body, meta, failed := l.fetch(ctx, target, at.Header)
	if failed != nil {
		cancel()
		return nil, Meta{}, e.finish(from, failed)
	}
	return &result{from: body, left: l.config.MaxResult, cancel: cancel}, meta, nil
}

// locate turns an Address into one to fetch from.
func (l *link) locate(at Address) (*url.URL, error) {
	if at.URL != "" && (at.Service != "" || at.Path != "" || len(at.Query) > 0) || at.URL == "" && at.Path == "" {
		return nil, blocked("result-address")
	}
	if err := l.gate.Address(at.Service, at.Path, at.Query, at.Header); err != nil {
		return nil, err
	}
	if at.URL != "" {
		u, err := url.Parse(at.URL)
		if err != nil {
			return nil, blocked("result-address")
		}
		return u, nil
	}
	base := l.at[at.Service]
	if base == nil {
		return nil, blocked("unknown-service")
	}
	u := *base
	u.Path = strings.TrimSuffix(u.Path, "/") + at.Path
	q := url.Values{}
	for _, name := range slices.Sorted(maps.Keys(at.Query)) {
		q.Set(name, at.Query[name])
	}
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20")
	return &u, nil
}

func (l *link) fetch(ctx context.Context, target *url.URL, header map[string]wire.Value) (io.ReadCloser, Meta, *Error) {
	for range maxRedirects + 1 {
		var err error
		if target, err = l.admit(target); err != nil {
			return nil, Meta{}, refusal(err, false)
		}
		answer, err := l.get(ctx, target, header)
		if err != nil {
			return nil, Meta{}, failure(err, false, true)
		}
		next := answer.Header.Get("Location")
		if answer.StatusCode < 300 || answer.StatusCode >= 400 || next == "" {
			return l.accept(answer)
		}
		_ = answer.Body.Close()
		if !l.own(target) {
			header = nil // nothing comes back to a key that has once been left behind
		}
		if target, err = target.Parse(next); err != nil {
			return nil, Meta{}, refusal(blocked("result-address"), false)
		}
	}
	return nil, Meta{}, refusal(blocked("too-many-redirects"), false)
}

func (l *link) get(ctx context.Context, target *url.URL, header map[string]wire.Value) (*http.Response, error) {
	hr, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, blocked("result-address")
	}
	hr.Header.Set("User-Agent", agent)
	hr.Header.Set("Accept", strings.Join(l.config.ResultTypes, ", "))
	if l.own(target) {
		l.headers(hr.Header, header)
	}
	return l.out.RoundTrip(hr)
}

// own reports whether an address is on one of the recipient's own hosts, over the same scheme.
func (l *link) own(u *url.URL) bool {
	for _, base := range l.at {
		if hostPort(u) == hostPort(base) && u.Scheme == base.Scheme {
			return true
		}
	}
	return false
}

// admit returns the address in the form in which it may be fetched, or the rule it breaks.
func (l *link) admit(u *url.URL) (*url.URL, error) {
	v := *u
	v.Fragment, v.RawFragment, v.Host = "", "", strings.ToLower(u.Host)
	if v.User != nil || v.Host == "" || v.Opaque != "" || v.Scheme != "http" && v.Scheme != "https" || dialer.IsOdd(v.Hostname()) {
		return nil, blocked("result-address")
	}
	if dialer.IsLoopbackHost(v.Hostname()) && l.own(&v) {
		return &v, nil
	}
	if v.Scheme == "http" {
		if v.Port() == "80" {
			v.Host = strings.TrimSuffix(v.Host, ":80")
		}
		v.Scheme = "https"
	}
	if l.own(&v) || slices.ContainsFunc(l.config.ResultHosts, func(pattern string) bool { return hostMatches(pattern, &v) }) {
		return &v, nil
	}
	return nil, blocked("result-host")
}

// hostMatches compares with port: a pattern without one means 443 only.
func hostMatches(pattern string, u *url.URL) bool {
	pattern = strings.ToLower(pattern)
	if !strings.Contains(pattern, ":") {
		pattern += ":443"
	}
	target := hostPort(u)
	if suffix, ok := strings.CutPrefix(pattern, "*"); ok {
		return strings.HasPrefix(suffix, ".") && len(target) > len(suffix) && strings.HasSuffix(target, suffix)
	}
	return pattern == target
}
