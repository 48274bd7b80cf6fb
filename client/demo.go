package client

import (
	"context"
	"iter"
	"time"
)

// ClockAdvance moves the clock of a demo server forward.
type ClockAdvance struct {
	Advance string `json:"advance" minLength:"2" maxLength:"32" doc:"ISO 8601 duration" example:"PT25H"`
}

// ClockState is the clock of a demo server.
type ClockState struct {
	Now    time.Time `json:"now"`
	Speed  float64   `json:"speed" doc:"Clock seconds per real second"`
	Erased int       `json:"erased" doc:"What the sweep after an advance erased"`
}

// DemoRecipient sums up a simulated recipient.
type DemoRecipient struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	URL      string `json:"url" doc:"Where it listens on this machine"`
	Requests int    `json:"requests" doc:"Requests received so far"`
	Holds    int    `json:"holds" doc:"Personal items it still holds"`
}

// Received is everything that a simulated recipient got and still holds.
type Received struct {
	Recipient string            `json:"recipient"`
	Requests  []ReceivedRequest `json:"requests"`
	Holds     []ReceivedItem    `json:"holds"`

	Violations []string `json:"violations,omitempty" doc:"What a recipient should never have seen"`
}

// ReceivedRequest is one request that reached a simulated recipient.
type ReceivedRequest struct {
	At     time.Time `json:"at"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Fields []string  `json:"fields" doc:"Personal fields it carried"`
	Keys   []string  `json:"keys" doc:"Every key of the body"`
	Bytes  int64     `json:"bytes"`

	Body map[string]any `json:"body,omitempty" doc:"What the body said, of a recipient that is sent no content"`
}

// ReceivedItem is one thing that a simulated recipient still holds.
type ReceivedItem struct {
	Field  string    `json:"field"`
	Kind   string    `json:"kind"`
	Bytes  int64     `json:"bytes"`
	SHA256 string    `json:"sha256"`
	Until  time.Time `json:"until"`
}

// DemoSearch asks a simulated recipient for pieces of content.
type DemoSearch struct {
	Marks [][]byte `json:"marks" minItems:"1" maxItems:"64" doc:"Pieces of content, in base64"`
}

// DemoFound says which pieces a simulated recipient ever read.
type DemoFound struct {
	Found     []int `json:"found" doc:"Positions of the pieces that were read, raw, in JSON, in an address or in base64"`
	Forgotten int   `json:"forgotten" doc:"How many of the oldest calls it no longer remembers"`
}

// DemoAdvance moves the clock of a demo server forward by an ISO 8601 duration and returns after
// the sweep has finished.
func (c *Client) DemoAdvance(ctx context.Context, advance string) (ClockState, error) {
	var out ClockState
	err := c.post(ctx, "/demo/clock", nil, ClockAdvance{Advance: advance}, &out)
	return out, err
}

// DemoRecipients lists the simulated recipients of a demo server.
func (c *Client) DemoRecipients(ctx context.Context) iter.Seq2[DemoRecipient, error] {
	return pages[DemoRecipient](ctx, c, "/demo/recipients", nil)
}

// DemoReceived returns everything that a simulated recipient got and still holds.
func (c *Client) DemoReceived(ctx context.Context, recipient string) (Received, error) {
	var out Received
	err := c.get(ctx, at("/demo/recipients/", recipient, "/received"), nil, &out)
	return out, err
}
