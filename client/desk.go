package client

import (
	"context"
	"iter"
	"time"
)

// Accesses lists what staff have read of the person, newest first.
func (c *Client) Accesses(ctx context.Context) iter.Seq2[Access, error] {
	return pages[Access](ctx, c, "/v1/privacy/access", nil)
}

// Access is one reading by staff. Its row is older than the first byte that was read.
type Access struct {
	ID       string    `json:"id" doc:"acc_…"`
	At       time.Time `json:"at"`
	Role     string    `json:"role"`
	Region   string    `json:"region"`
	Case     string    `json:"case"`
	Object   string    `json:"object,omitempty" doc:"Left out: records of the category"`
	Category string    `json:"category"`
	Text     string    `json:"text" doc:"The category in plain words"`
	Purpose  string    `json:"purpose"`
	Why      string    `json:"why" doc:"The purpose in plain words"`
	Ground   string    `json:"ground,omitempty"`
	Reason   string    `json:"reason"`
}

// Measure is something that staff asked for or decided about the person, or that the person asked to keep.
type Measure struct {
	ID         string     `json:"id" doc:"ord_… or sus_…"`
	Kind       string     `json:"kind" enum:"hold,keep,disclosure,override,exemption,suspension"`
	Ground     string     `json:"ground"`
	Text       string     `json:"text" doc:"The ground in plain words"`
	Object     string     `json:"object,omitempty"`
	Categories []string   `json:"categories"`
	Receiver   string     `json:"receiver,omitempty"`
	Reason     string     `json:"reason,omitempty"`
	State      string     `json:"state" enum:"asked,in_force,done,ended"`
	Approved   int        `json:"approved" doc:"How many others of the staff have agreed"`
	Needed     int        `json:"needed" doc:"How many have to; 0: it needs nobody else"`
	At         time.Time  `json:"at"`
	Until      time.Time  `json:"until"`
	EndedAt    *time.Time `json:"ended_at,omitempty"`
}

// KeepCreate asks to keep one item beyond its clock, sealed, while processing is restricted.
type KeepCreate struct {
	Object string `json:"object" maxLength:"64"`
}

// TransferText is what somebody reads before consenting in writing that data crosses the border.
type TransferText struct {
	Text string `json:"text"`
	Hash string `json:"hash"`
}

// TransferConsent is that consent, with the name that was typed.
type TransferConsent struct {
	Name string `json:"name" maxLength:"200"`
	Hash string `json:"hash" maxLength:"100"`
}

// DisclosureConsent says to whom staff may hand which kinds of the person's data.
type DisclosureConsent struct {
	Receiver   string   `json:"receiver" maxLength:"400"`
	Categories []string `json:"categories" maxItems:"64"`
}

// Recorded is the identifier of what was recorded.
type Recorded struct {
	ID string `json:"id"`
}

// Measures lists what staff asked for about the person, and what the person asked to keep.
func (c *Client) Measures(ctx context.Context) ([]Measure, error) {
	var out Page[Measure]
	err := c.get(ctx, "/v1/privacy/measures", nil, &out)
	return out.Data, err
}
