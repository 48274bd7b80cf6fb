package client

import (
	"context"
	"iter"
)

// DemoAdvance moves the clock of a demo server forward by an ISO 8601 duration and returns after
// the sweep has finished.
func (c *Client) DemoAdvance(ctx context.Context, advance string) (ClockState, error) {
	var out ClockState
	err := c.post(ctx, "/demo/clock", nil, ClockAdvance{Advance: advance}, &out)
	return out, err
}

// DemoRecipients lists the simulated recipients of a demo server.
func (c *Client) DemoRecipients(ctx context.Context) iter.Seq2[RecipientRef, error] {
	return pages[RecipientRef](ctx, c, "/demo/recipients", nil)
}

// DemoReceived returns everything that a simulated recipient got and still holds.
func (c *Client) DemoReceived(ctx context.Context, recipient string) (Received, error) {
	var out Received
	err := c.get(ctx, at("/demo/recipients/", recipient, "/received"), nil, &out)
	return out, err
}
