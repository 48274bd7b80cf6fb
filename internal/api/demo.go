package api

import (
	"context"
	"net/http"
	"time"

	"github.com/sosodev/duration"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/privacy"
)

// Demo is what only a demonstration has: a clock that can be moved, and simulated recipients that
// show everything they received.
type Demo struct {
	Clock      *clock.Adjustable
	Sweep      func(ctx context.Context) error // returns when everything due is erased
	Recipients []DemoRecipient
}

// DemoRecipient is a simulated recipient. Received returns everything it got and still holds.
type DemoRecipient struct {
	ID       privacy.RecipientID
	Name     string
	URL      string
	Received func() any
	Counts   func() (requests, holds int)
}

// ClockState is what the demo clock shows.
type ClockState struct {
	Now   time.Time `json:"now"`
	Speed float64   `json:"speed" doc:"Clock seconds per real second"`
}

// RecipientState sums up a simulated recipient.
type RecipientState struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	URL      string `json:"url" doc:"Where it listens on this machine"`
	Requests int    `json:"requests" doc:"Requests received so far"`
	Holds    int    `json:"holds" doc:"Personal items it still holds"`
}

func (a *API) demoRoutes() {
	register(a, op{method: http.MethodGet, path: "/demo/clock", id: "demoClock", tag: "demo", summary: "What the demo clock shows", open: true}, a.demoClock)
	register(a, op{method: http.MethodPost, path: "/demo/clock", id: "advanceDemoClock", tag: "demo", summary: "Move the clock forward; returns after a sweep has finished", open: true}, a.advance)
	register(a, op{method: http.MethodGet, path: "/demo/recipients", id: "demoRecipients", tag: "demo", summary: "The simulated recipients", open: true}, a.demoRecipients)
	register(a, op{method: http.MethodGet, path: "/demo/recipients/{id}/received", id: "demoReceived", tag: "demo", summary: "Everything a simulated recipient received and still holds", open: true}, a.demoReceived)
}

func (a *API) demoClock(context.Context, *struct{}) (*answer[ClockState], error) {
	return reply(ClockState{Now: a.Demo.Clock.Now(), Speed: a.Demo.Clock.Speed()})
}

func (a *API) advance(ctx context.Context, in *struct {
	Body struct {
		Advance string `json:"advance" example:"PT25H" maxLength:"32" doc:"ISO 8601 duration"`
	}
}) (*answer[ClockState], error) {
	d, err := duration.Parse(in.Body.Advance)
	if err != nil || d.Negative {
		return nil, invalid("/advance", "duration", "Not an ISO 8601 duration such as PT25H or P7D.")
	}
	now := a.Demo.Clock.Now()
	then := now.AddDate(int(d.Years), int(d.Months), int(d.Weeks)*7+int(d.Days)).
		Add(time.Duration((d.Hours*3600 + d.Minutes*60 + d.Seconds) * float64(time.Second)))
	a.Demo.Clock.Advance(then.Sub(now))
	if err := a.Demo.Sweep(ctx); err != nil {
		return nil, err
	}
	return a.demoClock(ctx, nil)
}

// RecipientList lists the simulated recipients.
type RecipientList struct {
	Data []RecipientState `json:"data"`
}

func (a *API) demoRecipients(context.Context, *struct{}) (*answer[RecipientList], error) {
	out := RecipientList{Data: []RecipientState{}}
	for _, r := range a.Demo.Recipients {
		requests, holds := r.Counts()
		out.Data = append(out.Data, RecipientState{ID: string(r.ID), Name: r.Name, URL: r.URL, Requests: requests, Holds: holds})
	}
	return reply(out)
}

func (a *API) demoReceived(_ context.Context, in *IDPath) (*answer[any], error) {
	for _, r := range a.Demo.Recipients {
		if string(r.ID) == in.ID {
			return reply(r.Received())
		}
	}
	return nil, notFound()
}
