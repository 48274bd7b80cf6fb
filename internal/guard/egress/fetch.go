package egress

import (
	"bufio"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
)

// Address is where a recipient keeps a result: a URL that it told, or a path of its own.
type Address struct {
	URL     string                // as the recipient told it; empty: Service, Path and Query
	Service string                // which of the recipient's addresses
	Path    string                // literal, below that address
	Query   map[string]string     // goes out sorted by name
	Header  map[string]wire.Value // credentials that reading it needs; they go to the recipient's own hosts only, never along a redirect
}

const maxRedirects = 3

// Meta describes a result. The type is what the bytes are, not what the host says.
type Meta struct {
	MediaType string
	Bytes     int64 // -1 where the host does not say
}

// Fetch opens a result at an address that a recipient gave. The address is made https, its host
// must be allow-listed, every redirect is judged anew, and the reader fails when the result is
// longer or slower than permitted. The caller closes the reader.
func (e *Egress) Fetch(ctx context.Context, from privacy.RecipientID, at Address) (io.ReadCloser, Meta, error) {
	l := e.links[from]
	if l == nil {
		return nil, Meta{}, e.finish(from, refusal(blocked("unknown-recipient"), false))
	}
	ctx, cancel := context.WithTimeout(ctx, l.config.FetchTimeout)
	body, meta, failed := l.fetch(ctx, at.URL)
	if failed != nil {
		cancel()
		return nil, Meta{}, e.finish(from, failed)
	}
	return &result{from: body, left: l.config.MaxResult, cancel: cancel}, meta, nil
}

func (l *link) fetch(ctx context.Context, rawURL string) (io.ReadCloser, Meta, *Error) {
	target, err := url.Parse(rawURL)
	for range maxRedirects + 1 {
		if err != nil {
			return nil, Meta{}, refusal(blocked("result-address"), false)
		}
		if target, err = l.admit(target); err != nil {
			return nil, Meta{}, refusal(err, false)
		}
		answer, err := l.get(ctx, target)
		if err != nil {
			return nil, Meta{}, failure(err, false, true)
		}
		next := answer.Header.Get("Location")
		if answer.StatusCode < 300 || answer.StatusCode >= 400 || next == "" {
			return l.accept(answer)
		}
		_ = answer.Body.Close()
		if target, err = target.Parse(next); err != nil {
			return nil, Meta{}, refusal(blocked("result-address"), false)
		}
	}
	return nil, Meta{}, refusal(blocked("too-many-redirects"), false)
}

func (l *link) get(ctx context.Context, target *url.URL) (*http.Response, error) {
	hr, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, blocked("result-address")
	}
	hr.Header.Set("User-Agent", agent)
	hr.Header.Set("Accept", strings.Join(l.config.ResultTypes, ", "))
	return l.once.RoundTrip(hr)
}

// admit returns the address in the form in which it may be fetched, or the rule it breaks.
func (l *link) admit(u *url.URL) (*url.URL, error) {
	v := *u
	v.Fragment, v.Host = "", strings.ToLower(u.Host)
	if v.User != nil || v.Host == "" || v.Opaque != "" || v.Scheme != "http" && v.Scheme != "https" {
		return nil, blocked("result-address")
	}
	if isLoopbackHost(l.base.Hostname()) && hostPort(&v) == hostPort(l.base) && v.Scheme == l.base.Scheme {
		return &v, nil
	}
	if v.Scheme == "http" {
		if v.Port() == "80" {
			v.Host = v.Hostname()
		}
		v.Scheme = "https"
	}
	allowed := append([]string{l.base.Host}, l.config.ResultHosts...)
	if !slices.ContainsFunc(allowed, func(pattern string) bool { return hostMatches(pattern, &v) }) {
		return nil, blocked("result-host")
	}
	return &v, nil
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

// accept judges status, length and type, the type by the first bytes as well as by the header.
func (l *link) accept(answer *http.Response) (io.ReadCloser, Meta, *Error) {
	fail := func(e *Error) (io.ReadCloser, Meta, *Error) {
		_ = answer.Body.Close()
		return nil, Meta{}, e
	}
	if answer.StatusCode != http.StatusOK {
		return fail((&call{link: l, resendable: true}).status(answer))
	}
	if answer.ContentLength > l.config.MaxResult {
		return fail(refusal(blocked("result-too-large"), false))
	}
	declared, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if declared != "application/octet-stream" && !slices.Contains(l.config.ResultTypes, declared) {
		return fail(refusal(blocked("result-type"), false))
	}
	buffered := bufio.NewReader(answer.Body)
	first, err := buffered.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return fail(failure(err, false, true))
	}
	real, _, _ := mime.ParseMediaType(http.DetectContentType(first))
	if !slices.Contains(l.config.ResultTypes, real) {
		return fail(refusal(blocked("result-type"), false))
	}
	return struct {
		io.Reader
		io.Closer
	}{buffered, answer.Body}, Meta{MediaType: real, Bytes: answer.ContentLength}, nil
}

// result is a download that ends with an error at its limit, and frees its deadline when closed.
type result struct {
	from   io.ReadCloser
	left   int64
	cancel context.CancelFunc
}

// Read returns the next bytes, or an *Error when the limit is passed or the transfer breaks.
func (r *result) Read(p []byte) (int, error) {
	if int64(len(p)) > r.left+1 {
		p = p[:r.left+1]
	}
	n, err := r.from.Read(p)
	if r.left -= int64(n); r.left < 0 {
		return 0, refusal(blocked("result-too-large"), false)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return n, failure(err, false, true)
	}
	return n, err
}

// Close ends the download.
func (r *result) Close() error {
	defer r.cancel()
	return r.from.Close()
}
