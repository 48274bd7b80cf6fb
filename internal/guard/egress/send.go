package egress

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
)

// Send makes one call under a Disclosure. The fields it carries are spent from the moment the
// call starts; they become unspent again only when it is certain that no byte of the request left.
// An error is an *Error; where a body could be read, the Response has it even then.
func (e *Egress) Send(ctx context.Context, d disclosure.Disclosure, r wire.Request) (Response, error) {
	l := e.links[d.Recipient()]
	if !d.Valid() || l == nil {
		return Response{}, e.finish(d.Recipient(), refusal(blocked("no-disclosure"), false))
	}
	fields, err := l.read(r)
	if err != nil {
		return Response{}, e.finish(d.Recipient(), refusal(err, wasSent(d)))
	}
	payloads, err := d.Take(key(), fields)
	if err != nil {
		return Response{}, e.finish(d.Recipient(), refusal(err, wasSent(d)))
	}
	segments, contentType, err := l.compose(r.Body, payloads)
	if err != nil {
		d.Return(key(), fields)
		return Response{}, e.finish(d.Recipient(), refusal(err, wasSent(d)))
	}
	c := &call{link: l, request: r, body: newStream(segments), contentType: contentType, size: total(segments)}
	resp, failed := c.do(ctx, l.once, l.config.SendTimeout)
	untouched, content := c.end()
	d.Count(key(), content)
	if failed != nil && untouched {
		d.Return(key(), fields)
	}
	if failed != nil {
		failed.WasSent = wasSent(d)
		return resp, e.finish(d.Recipient(), failed)
	}
	return resp, nil
}

// Stream makes one call like Send, whose answer is an event stream, and hands over the data of each
// event as it comes, the closing "[DONE]" included. An error of each ends the stream and is returned.
func (e *Egress) Stream(ctx context.Context, d disclosure.Disclosure, r wire.Request, each func(data []byte) error) (Response, error) {
	return Response{}, e.finish(d.Recipient(), refusal(blocked("stream"), false))
}

// Untaken makes fields unspent again after the recipient has answered that it did not accept the
// call (for example "queue full"), so that a later attempt of the same step may carry them.
// Adapters cannot call it; the pool does, on a definite answer only.
func Untaken(d disclosure.Disclosure, fields []privacy.Field) { d.Return(key(), fields) }

// wasSent reports whether anything of the disclosure may have left.
func wasSent(d disclosure.Disclosure) bool { return len(d.Spent()) > 0 || d.SentBytes() > 0 }

// Follow makes one call without content: a question about a ticket, or a cancellation. A request
// with a content placeholder is refused.
func (e *Egress) Follow(ctx context.Context, to privacy.RecipientID, r wire.Request) (Response, error) {
	l := e.links[to]
	if l == nil {
		return Response{}, e.finish(to, refusal(blocked("unknown-recipient"), false))
	}
	fields, err := l.read(r)
	if err == nil && len(fields) > 0 {
		err = blocked("content-in-follow-up")
	}
	if err != nil {
		return Response{}, e.finish(to, refusal(err, false))
	}
	segments, contentType, err := l.compose(r.Body, nil)
	if err != nil {
		return Response{}, e.finish(to, refusal(err, false))
	}
	c := &call{link: l, request: r, body: newStream(segments), contentType: contentType, size: total(segments), resendable: true}
	resp, failed := c.do(ctx, l.follow, l.config.FollowTimeout)
	c.end()
	if failed != nil {
		return resp, e.finish(to, failed)
	}
	return resp, nil
}

// call is one request on its way.
type call struct {
	link        *link
	request     wire.Request
	body        *stream
	contentType string
	size        int64
	resendable  bool // a second arrival does no harm
	connected   atomic.Bool
}

// end closes and wipes the body, and says how many bytes of content left and whether it is certain
// that nothing did.
func (c *call) end() (untouched bool, content int64) {
	touched, content, broken := c.body.state()
	wipe(c.body.segments)
	if broken != nil {
		return content == 0, content
	}
	return !touched && (c.size > 0 || !c.connected.Load()), content
}

func (c *call) do(ctx context.Context, rt http.RoundTripper, limit time.Duration) (Response, *Error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { c.connected.Store(true) }})
	hr, err := c.build(ctx)
	if err != nil {
		return Response{}, &Error{Class: Blocked, Code: "address", cause: err}
	}
	answer, err := rt.RoundTrip(hr)
	if err != nil {
		touched, _, broken := c.body.state()
		if broken != nil {
			return Response{}, &Error{Class: Bug, Code: "content-unreadable", cause: broken}
		}
		return Response{}, failure(err, touched || c.size == 0 && c.connected.Load(), c.resendable)
	}
	defer answer.Body.Close()
	return c.read(answer)
}

func (c *call) build(ctx context.Context) (*http.Request, error) {
	address := strings.TrimSuffix(c.link.base.String(), "/") + c.request.Path
	hr, err := http.NewRequestWithContext(ctx, c.request.Method, address, nil)
	if err != nil {
		return nil, err
	}
	if c.size > 0 {
		hr.Body, hr.ContentLength = c.body, c.size
		hr.Header.Set("Content-Type", c.contentType)
	}
	hr.Header.Set("User-Agent", agent)
	for name, v := range c.request.Header {
		switch v := v.(type) {
		case wire.Literal:
			hr.Header.Set(name, string(v))
		case wire.Secret:
			hr.Header.Set(name, c.link.config.Credentials[string(v)].reveal())
		case wire.Bearer:
			hr.Header.Set(name, "Bearer "+c.link.config.Credentials[string(v)].reveal())
		}
	}
	return hr, nil
}

// ruleOf names the rule behind a refusal by the Disclosure.
func ruleOf(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		if rule, ok := f.Extra()["rule"].(string); ok {
			return rule
		}
	}
	return "refused"
}
