package egress

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"vow.example/vow/internal/guard/egress/internal/body"
	"vow.example/vow/internal/guard/egress/internal/rule"
	"vow.example/vow/internal/guard/egress/sign"
	"vow.example/vow/internal/guard/egress/wire"
)

// maxSigned is how large the body of a signed request may be: it is held in memory.
const maxSigned = 12 << 20

// call is one request on its way.
type call struct {
	link       *link
	request    wire.Request
	filled     body.Filled
	size       int64
	target     *url.URL
	signed     map[string]string
	resendable bool // a second arrival does no harm
	connected  atomic.Bool
}

// prepare fills in a request that the gate has let through, and signs it. The call is not nil.
func (l *link) prepare(r wire.Request, fill body.Filling) (*call, *Error) {
	c := &call{link: l, request: r}
	filled, err := body.Fill(r, fill)
	if err != nil {
		return c, refusal(err, false)
	}
	c.filled, c.size = filled, filled.Body.Size()
	target := *l.at[r.Service]
	target.Path = strings.TrimSuffix(target.Path, "/") + r.Path
	target.RawQuery = filled.Query
	c.target = &target
	return c, c.sign()
}

// sign computes the signature that the request asks for. The body is read for it before anything
// is connected to.
func (c *call) sign() *Error {
	if c.request.Sign == nil {
		return nil
	}
	whole, err := c.filled.Body.Buffer(maxSigned)
	switch {
	case errors.Is(err, body.ErrTooLarge):
		return refusal(rule.Broken("signed-body-too-large"), false)
	case err != nil:
		return &Error{Class: Bug, Code: "content-unreadable", cause: err}
	}
	r := sign.Request{
		Method: c.request.Method, Host: c.target.Host, Path: c.target.EscapedPath(), Query: c.filled.Query, Body: whole,
	}
	if c.size > 0 {
		r.ContentType = c.filled.ContentType
	}
	now, secret := c.link.config.Clock.Now(), c.link.secret
	switch s := c.request.Sign.(type) {
	case wire.ACS3:
		k := sign.Key{ID: secret("access_key_id"), Secret: secret("access_key_secret"), Token: secret("security_token")}
		c.signed = sign.ACS3(r, k, sign.Operation{Action: s.Action, Version: s.Version}, nonce(), now)
	case wire.TC3:
		k := sign.Key{ID: secret("secret_id"), Secret: secret("secret_key"), Token: secret("token")}
		c.signed = sign.TC3(r, k, sign.Scope{Service: s.Service, Action: s.Action, Version: s.Version, Region: s.Region}, now)
	case wire.AOP:
		return c.signForm(r, sign.Key{ID: secret("api_key"), Secret: secret("api_security")}, now)
	case wire.Webhook:
		if c.signed, err = sign.Webhook(whole, s.ID, secret("webhook_secret"), now); err != nil {
			return refusal(rule.Broken("credential"), false)
		}
	}
	return nil
}

// signForm puts the key into the path, and the time and the signature behind the members of a form.
func (c *call) signForm(r sign.Request, k sign.Key, now time.Time) *Error {
	r.Path = c.request.Path // the gateway's own part of the address
	more, err := sign.AOP(r, k, now)
	if err != nil {
		return refusal(rule.Broken("credential"), false)
	}
	c.filled.Body.Append("&" + more)
	c.size, c.target.Path = c.filled.Body.Size(), c.target.Path+"/"+k.ID
	return nil
}

// nonce makes a signature good for one request.
func nonce() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails since Go 1.24
	return hex.EncodeToString(raw[:])
}

// end closes and wipes the body, and says how many bytes of content left and whether it is certain
// that nothing did. The head of a request goes out with its body, and alone where there is none.
func (c *call) end() (untouched bool, content int64) {
	if c.filled.Body == nil {
		return true, 0
	}
	s := c.filled.Body.End()
	c.filled.Body.Wipe()
	headLeft := c.connected.Load() && (s.Touched || c.size == 0 || c.filled.InAddress)
	content = s.Content
	if headLeft {
		content += c.filled.QueryBytes
	}
	if s.Broken != nil {
		return !s.Exposed && !(headLeft && c.filled.InAddress), content
	}
	return !s.Touched && !headLeft, content
}

// do makes the call within the limit and has take read the answer.
func (c *call) do(ctx context.Context, rt http.RoundTripper, limit time.Duration, take func(*call, *http.Response) *Error) *Error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { c.connected.Store(true) }})
	hr, err := c.build(ctx)
	if err != nil {
		return &Error{Class: Blocked, Code: "address", cause: err}
	}
	answer, err := rt.RoundTrip(hr)
	if err != nil {
		s := c.filled.Body.End()
		if s.Broken != nil {
			return &Error{Class: Bug, Code: "content-unreadable", cause: s.Broken}
		}
		headLeft := c.connected.Load() && (c.size == 0 || c.filled.InAddress)
		return failure(err, s.Touched || headLeft, c.resendable)
	}
	defer answer.Body.Close()
	return take(c, answer)
}

func (c *call) build(ctx context.Context) (*http.Request, error) {
	hr, err := http.NewRequestWithContext(ctx, c.request.Method, c.target.String(), nil)
	if err != nil {
		return nil, err
	}
	if c.size > 0 {
		hr.Body, hr.ContentLength = c.filled.Body, c.size
		hr.Header.Set("Content-Type", c.filled.ContentType)
	}
	hr.Header.Set("User-Agent", agent)
	c.link.headers(hr.Header, c.request.Header)
	if _, ok := c.request.Sign.(wire.ACS3); ok && hr.Header.Get("Accept") == "" {
		hr.Header.Set("Accept", "application/json")
	}
	for name, v := range c.signed {
		hr.Header.Set(name, v)
	}
	return hr, nil
}

// headers fills the headers that the gate has let through.
func (l *link) headers(h http.Header, from map[string]wire.Value) {
	for name, v := range from {
		switch v := v.(type) {
		case wire.Literal:
			h.Set(name, string(v))
		case wire.Secret:
			h.Set(name, l.secret(string(v)))
		case wire.Bearer:
			h.Set(name, "Bearer "+l.secret(string(v)))
		case wire.BearerIfSet:
			if secret := l.secret(string(v)); secret != "" {
				h.Set(name, "Bearer "+secret)
			}
		}
	}
}
