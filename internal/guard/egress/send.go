package egress

import (
	"context"
	"errors"
	"net/http"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress/internal/body"
	"vow.example/vow/internal/guard/egress/internal/rule"
	"vow.example/vow/internal/guard/egress/medialink"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
)

// Send makes one call under a Disclosure. The fields it carries are spent from the moment the
// call starts; they become unspent again only when it is certain that no byte of the request left.
// An error is an *Error; where a body could be read, the Response has it even then.
func (e *Egress) Send(ctx context.Context, d disclosure.Disclosure, r wire.Request) (Response, error) {
	if r.Reply == wire.Events {
		return Response{}, e.finish(d.Recipient(), refusal(blocked("reply"), wasSent(d)))
	}
	var resp Response
	err := e.carry(ctx, d, r, func(c *call, answer *http.Response) (failed *Error) {
		resp, failed = c.read(answer)
		return failed
	})
	return resp, err
}

// carry makes one call with the content of a Disclosure and has take read the answer.
func (e *Egress) carry(ctx context.Context, d disclosure.Disclosure, r wire.Request, take func(*call, *http.Response) *Error) error {
	l := e.links[d.Recipient()]
	if !d.Valid() || l == nil {
		return e.finish(d.Recipient(), refusal(blocked("no-disclosure"), false))
	}
	fields, err := l.gate.Read(r)
	if err != nil {
		return e.finish(d.Recipient(), refusal(err, wasSent(d)))
	}
	payloads, err := d.Take(key(), fields)
	if err != nil {
		return e.finish(d.Recipient(), refusal(err, wasSent(d)))
	}
	lent := &lending{link: l, about: d}
	c, failed := l.prepare(r, body.Filling{Secret: l.secret, Content: payloads, Link: lent.book()})
	if failed == nil {
		failed = c.do(ctx, l.out, l.config.SendTimeout, take)
	}
	untouched, content := c.end()
	d.Count(key(), content)
	if failed == nil {
		return nil
	}
	if untouched {
		d.Return(key(), fields)
		lent.revoke()
	}
	failed.WasSent = wasSent(d)
	return e.finish(d.Recipient(), failed)
}

// lending is the links of one call.
type lending struct {
	link  *link
	about disclosure.Disclosure
	list  []medialink.Link
}

// book returns what makes links, or nil where the recipient is given none.
func (l *lending) book() func(privacy.Field, disclosure.Payload) (string, error) {
	if l.link.config.Links == nil {
		return nil
	}
	return func(f privacy.Field, p disclosure.Payload) (string, error) {
		d := l.about
		made, err := l.link.config.Links.Grant(key(), medialink.Grant{
			Transfer: d.ID(), App: d.App(), Subject: d.Subject(), Task: d.Task(), Recipient: d.Recipient(),
			Field: f, Payload: p, From: l.link.config.LinkFrom,
		})
		if err != nil {
			return "", rule.Broken("no-link")
		}
		l.list = append(l.list, made)
		return made.Address(), nil
	}
}

// revoke ends the links of a call that certainly did not leave.
func (l *lending) revoke() {
	for _, made := range l.list {
		l.link.config.Links.Revoke(key(), made)
	}
}

// Untaken makes fields unspent again after the recipient has answered that it did not accept the
// call (for example "queue full"), so that a later attempt of the same step may carry them. The
// links of the task end: the later attempt has links of its own. Adapters cannot call it; the pool
// does, on a definite answer only.
func (e *Egress) Untaken(d disclosure.Disclosure, fields []privacy.Field) {
	if l := e.links[d.Recipient()]; l != nil && l.config.Links != nil {
		l.config.Links.End(d.Task())
	}
	d.Return(key(), fields)
}

// wasSent reports whether anything of the disclosure may have left.
func wasSent(d disclosure.Disclosure) bool { return len(d.Spent()) > 0 || d.SentBytes() > 0 }

// Follow makes one call without content: a question about a ticket, or a cancellation. A request
// with a content placeholder is refused.
func (e *Egress) Follow(ctx context.Context, to privacy.RecipientID, r wire.Request) (Response, error) {
	l := e.links[to]
	if l == nil {
		return Response{}, e.finish(to, refusal(blocked("unknown-recipient"), false))
	}
	fields, err := l.gate.Read(r)
	switch {
	case err == nil && len(fields) > 0:
		err = blocked("content-in-follow-up")
	case err == nil && r.Reply == wire.Events:
		err = blocked("reply")
	}
	if err != nil {
		return Response{}, e.finish(to, refusal(err, false))
	}
	var resp Response
	c, failed := l.prepare(r, body.Filling{Secret: l.secret})
	if failed == nil {
		c.resendable = true
		failed = c.do(ctx, l.out, l.config.FollowTimeout, func(c *call, answer *http.Response) (failed *Error) {
			resp, failed = c.read(answer)
			return failed
		})
	}
	c.end()
	if failed != nil {
		return resp, e.finish(to, failed)
	}
	return resp, nil
}

func (l *link) secret(name string) string { return l.config.Credentials[name].reveal() }

// ruleOf names the rule behind a refusal by the Disclosure.
func ruleOf(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		if name, ok := f.Extra()["rule"].(string); ok {
			return name
		}
	}
	return "refused"
}
