package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// maxAnswer bounds what the client reads of one JSON answer; pictures are streamed instead.
const maxAnswer = 16 << 20

// Client speaks to one Vow server for one session. It is immutable and safe for concurrent use.
type Client struct {
	base  string
	token string
	lang  string
	http  *http.Client
}

// New returns a client of the server at baseURL, for example "http://127.0.0.1:8420". The token
// may be empty for public routes. A nil hc means http.DefaultClient; a client with a Timeout
// would also cut event streams and downloads short, so leave that to the context.
func New(baseURL, token string, hc *http.Client) *Client {
	if hc == nil {
		hc = http.DefaultClient
	}
	return &Client{base: strings.TrimRight(baseURL, "/"), token: token, http: hc}
}

// WithToken returns a copy that sends the access token of a session.
func (c *Client) WithToken(token string) *Client {
	d := *c
	d.token = token
	return &d
}

// WithLanguage returns a copy that asks for texts in lang, a BCP 47 tag.
func (c *Client) WithLanguage(lang string) *Client {
	d := *c
	d.lang = lang
	return &d
}

// call is one request: its zero fields are left out.
type call struct {
	method string
	path   string
	query  url.Values
	header http.Header
	body   io.Reader
	length int64 // of body; 0: whatever net/http finds out
}

// send performs the call. The answer's body is open and its status below 300; any other status
// is a *Problem.
func (c *Client) send(ctx context.Context, r call) (*http.Response, error) {
	target := c.base + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, r.body)
	if err != nil {
		return nil, fmt.Errorf("client: make request: %w", err)
	}
	for k, v := range r.header {
		req.Header[k] = v
	}
	if r.length > 0 {
		req.ContentLength = r.length
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if c.lang != "" {
		req.Header.Set("Accept-Language", c.lang)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	if resp.StatusCode >= 300 {
		defer resp.Body.Close()
		return nil, problem(resp)
	}
	return resp, nil
}

// problem reads the problem document of an answer. An answer that has none, from a proxy
// perhaps, becomes a problem with the code "http-<status>".
func problem(resp *http.Response) error {
	kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err == nil && (kind == "application/problem+json" || kind == "application/json") {
		var p Problem
		err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(&p)
		if err == nil && p.Code != "" {
			p.Status = resp.StatusCode
			return &p
		}
	}
	return &Problem{
		Status:    resp.StatusCode,
		Code:      fmt.Sprintf("http-%d", resp.StatusCode),
		Title:     http.StatusText(resp.StatusCode),
		Detail:    fmt.Sprintf("The server answered %d without a problem document.", resp.StatusCode),
		RequestID: resp.Header.Get("Request-Id"),
	}
}

// Error prints code and detail on one line, with every field and the rule it breaks.
func (p *Problem) Error() string {
	text := p.Code + ": " + p.Detail
	for _, e := range p.Errors {
		text += " [" + e.Pointer + ": " + e.Detail + "]"
	}
	return text
}

// get reads a JSON answer into out.
func (c *Client) get(ctx context.Context, path string, query url.Values, out any) error {
	return c.answer(ctx, call{method: http.MethodGet, path: path, query: query}, out)
}

// delete sends DELETE and reads a JSON answer into out; out may be nil.
func (c *Client) delete(ctx context.Context, path string, out any) error {
	return c.answer(ctx, call{method: http.MethodDelete, path: path}, out)
}

// post sends in as JSON and reads a JSON answer into out; either may be nil.
func (c *Client) post(ctx context.Context, path string, header http.Header, in, out any) error {
	r := call{method: http.MethodPost, path: path, header: http.Header{}}
	for k, v := range header {
		r.header[k] = v
	}
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("client: encode request: %w", err)
		}
		r.body = bytes.NewReader(b)
		r.header.Set("Content-Type", "application/json")
	}
	return c.answer(ctx, r, out)
}

// Call sends in as JSON, or nothing where in is nil, and reads a JSON answer into out, which may be nil. It is
// for routes that have no method of their own, such as those for staff: their documents are in client/admin.
func (c *Client) Call(ctx context.Context, method, path string, in, out any) error {
	if in == nil {
		return c.answer(ctx, call{method: method, path: path}, out)
	}
	b, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("client: encode request: %w", err)
	}
	return c.answer(ctx, call{method: method, path: path, body: bytes.NewReader(b), header: http.Header{"Content-Type": {"application/json"}}}, out)
}

// answer performs the call and decodes its JSON answer. An empty answer leaves out as it is.
func (c *Client) answer(ctx context.Context, r call, out any) error {
	resp, err := c.send(ctx, r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if out == nil || resp.StatusCode == http.StatusNoContent {
		_, err := io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer))
		return wrap("read answer", err)
	}
	err = json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(out)
	if errors.Is(err, io.EOF) {
		return nil
	}
	return wrap("decode answer of "+r.method+" "+r.path, err)
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("client: %s: %w", what, err)
}

// at builds a path with one escaped identifier: at("/v1/tasks/", id, "/cancel").
func at(before, id, after string) string { return before + url.PathEscape(id) + after }
