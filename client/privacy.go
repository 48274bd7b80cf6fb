package client

import (
	"context"
	"iter"
	"time"
)

// Holdings counts, from storage and at this moment, what the server holds of the person.
func (c *Client) Holdings(ctx context.Context) (Holdings, error) {
	var out Holdings
	err := c.get(ctx, "/v1/privacy/holdings", nil, &out)
	return out, err
}

// Items lists what Holdings counts, one by one, with every clock.
func (c *Client) Items(ctx context.Context) iter.Seq2[Item, error] {
	return pages[Item](ctx, c, "/v1/privacy/items", nil)
}

// DeleteItem erases one of the person's items now.
func (c *Client) DeleteItem(ctx context.Context, id string) (Receipt, error) {
	var out Receipt
	err := c.delete(ctx, at("/v1/privacy/items/", id, ""), &out)
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

// Item is one thing that the server holds of the person.
type Item struct {
	ID        string    `json:"id"`
	Category  string    `json:"category" example:"source_photo"`
	Text      string    `json:"text" doc:"The category in plain words"`
	Bytes     int64     `json:"bytes"`
	Where     string    `json:"where" enum:"disk,memory"`
	Feature   string    `json:"feature,omitempty"`
	Task      string    `json:"task,omitempty"`
	WrittenAt time.Time `json:"written_at"`
	Clock     Clock     `json:"clock"`
	Held      string    `json:"held,omitempty" enum:"order,keep" doc:"What keeps it beyond its clock: a legal order, or the person's own wish"`
}

// Transfer is one row of the disclosure ledger.
type Transfer struct {
	ID                 string       `json:"id" doc:"trf_…"`
	Task               string       `json:"task"`
	Recipient          RecipientRef `json:"recipient"`
	Feature            string       `json:"feature"`
	Fields             []string     `json:"fields" example:"[\"photo\",\"prompt\"]"`
	Bytes              int64        `json:"bytes"`
	Purpose            string       `json:"purpose"`
	Consent            string       `json:"consent"`
	Outcome            string       `json:"outcome" enum:"prepared,sent,refused,unknown,shared" doc:"prepared: recorded before the first byte; unknown: the answer was lost, treat as sent; shared: shown to others by the person"`
	At                 time.Time    `json:"at"`
	ProviderKeepsUntil *time.Time   `json:"provider_keeps_until,omitempty" doc:"As the recipient's policy states"`
	Held               []Held       `json:"held" doc:"What the recipient still holds, or held"`
	Fetches            []LinkFetch  `json:"fetches" doc:"When the recipient read a picture through a link of ours"`
}

// Held is one thing that stays at a recipient after the work.
type Held struct {
	What       string     `json:"what" example:"result" doc:"The recipient's thing in one word: inputs, result, template, log, job …"`
	Text       string     `json:"text" doc:"Who holds what until when and why, in plain words"`
	Until      *time.Time `json:"until,omitempty" doc:"As the recipient states; absent: it states nothing"`
	UntilText  string     `json:"until_text" doc:"The date, or: not stated"`
	Reason     string     `json:"reason" enum:"no-erase-call,erase-failed,lost-reply"`
	ReasonText string     `json:"reason_text" doc:"The reason in plain words"`
	State      string     `json:"state" enum:"open,overdue,closed" doc:"overdue: erasing it there has failed and is tried again; closed: it is gone, as stated or as verified"`
	ClosedAt   *time.Time `json:"closed_at,omitempty"`
}

// LinkFetch is one reading of a picture through a short-lived link.
type LinkFetch struct {
	Field  string    `json:"field" example:"photo"`
	At     time.Time `json:"at"`
	Number int       `json:"number" doc:"Of the reading, from 1"`
	Bytes  int64     `json:"bytes"`
}
