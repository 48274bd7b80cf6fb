package client

import (
	"context"
	"iter"
)

// Holdings counts, from storage and at this moment, what the server holds of the person.
func (c *Client) Holdings(ctx context.Context) (Holdings, error) {
	var out Holdings
	err := c.get(ctx, "/v1/privacy/holdings", nil, &out)
	return out, err
}

// Transfers lists what left the server: to whom, which fields, when, under which consent.
func (c *Client) Transfers(ctx context.Context) iter.Seq2[Transfer, error] {
	return pages[Transfer](ctx, c, "/v1/privacy/transfers", nil)
}

// Receipts lists the person's erasure receipts.
func (c *Client) Receipts(ctx context.Context) iter.Seq2[Receipt, error] {
	return pages[Receipt](ctx, c, "/v1/privacy/receipts", nil)
}

// Receipt returns one receipt. The route is public: who knows the id may check the erasure.
func (c *Client) Receipt(ctx context.Context, id string) (Receipt, error) {
	var out Receipt
	err := c.get(ctx, at("/v1/receipts/", id, ""), nil, &out)
	return out, err
}

// RightsRequest asks for a right and returns when it is done.
func (c *Client) RightsRequest(ctx context.Context, in RightsRequestCreate) (RightsRequest, error) {
	var out RightsRequest
	err := c.post(ctx, "/v1/privacy/requests", nil, in, &out)
	return out, err
}
