package client

import (
	"context"
	"iter"
)

// CreateConsent records a decision about a disclosure, granted or declined.
func (c *Client) CreateConsent(ctx context.Context, in ConsentCreate) (Consent, error) {
	var out Consent
	err := c.post(ctx, "/v1/consents", nil, in, &out)
	return out, err
}

// Consents lists the person's decisions.
func (c *Client) Consents(ctx context.Context) iter.Seq2[Consent, error] {
	return pages[Consent](ctx, c, "/v1/consents", nil)
}

// ConsentText returns the exact text that was shown for a decision about a feature.
func (c *Client) ConsentText(ctx context.Context, id string) (Disclosure, error) {
	var out Disclosure
	err := c.get(ctx, at("/v1/consents/", id, "/text"), nil, &out)
	return out, err
}

// Withdraw takes a consent back. It also stops queued and running work that rests on it.
func (c *Client) Withdraw(ctx context.Context, id string) (Consent, error) {
	var out Consent
	err := c.delete(ctx, at("/v1/consents/", id, ""), &out)
	return out, err
}
