package api

import (
	"context"
	"net/http"
	"time"

	"github.com/sosodev/duration"

	"vow.example/vow/client"
	"vow.example/vow/internal/api/rest"
	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/privacy"
)

// Demo is what only a demonstration has: a clock that can be moved, and simulated recipients that
// show everything they received.
type Demo struct {
	Clock      *clock.Adjustable
	Sweep      func(ctx context.Context) (int, error) // returns when everything due is erased, and how much that was
	Recipients []DemoRecipient
}

// DemoRecipient is a simulated recipient. Received returns everything it got and still holds.
type DemoRecipient struct {
	ID       privacy.RecipientID
	Name     string
	URL      string
	Received func() any
	Saw      func(marks [][]byte) (found []int, forgotten int) // which pieces it ever read
	Counts   func() (requests, holds int)
}

func (a *API) demoRoutes() {
	rest.Register(a.rest, rest.Op{Method: http.MethodGet, Path: "/demo/clock", ID: "demoClock", Tag: "demo", Summary: "What the demo clock shows", Open: true}, a.demoClock)
	rest.Register(a.rest, rest.Op{Method: http.MethodPost, Path: "/demo/clock", ID: "advanceDemoClock", Tag: "demo", Summary: "Move the clock forward; returns after a sweep has finished", Open: true}, a.advance)
	rest.Register(a.rest, rest.Op{Method: http.MethodGet, Path: "/demo/recipients", ID: "demoRecipients", Tag: "demo", Summary: "The simulated recipients", Open: true}, a.demoRecipients)
	rest.Register(a.rest, rest.Op{Method: http.MethodGet, Path: "/demo/recipients/{id}/received", ID: "demoReceived", Tag: "demo", Summary: "Everything a simulated recipient received and still holds", Open: true}, a.demoReceived)
	rest.Register(a.rest, rest.Op{Method: http.MethodPost, Path: "/demo/recipients/{id}/seen", ID: "seenByDemoRecipient", Tag: "demo", Summary: "Which pieces of content a simulated recipient ever read", Open: true}, a.demoSearch)
}

func (a *API) demoClock(context.Context, *struct{}) (*rest.Answer[client.ClockState], error) {
	return rest.Reply(client.ClockState{Now: a.Demo.Clock.Now(), Speed: a.Demo.Clock.Speed()})
}

// maxAdvanceYears is more than any clock of a policy runs.
const maxAdvanceYears = 10

func (a *API) advance(ctx context.Context, in *struct{ Body client.ClockAdvance }) (*rest.Answer[client.ClockState], error) {
	d, err := duration.Parse(in.Body.Advance)
	if err != nil || d.Negative {
		return nil, rest.Invalid("/advance", "duration", "Not an ISO 8601 duration such as PT25H or P7D.")
	}
	now := a.Demo.Clock.Now()
	then := now.AddDate(int(d.Years), int(d.Months), int(d.Weeks)*7+int(d.Days)).
		Add(time.Duration((d.Hours*3600 + d.Minutes*60 + d.Seconds) * float64(time.Second)))
	if then.After(now.AddDate(maxAdvanceYears, 0, 0)) {
		return nil, rest.Invalid("/advance", "too_long", "A step of the clock is at most 10 years.")
	}
	a.Demo.Clock.Advance(then.Sub(now))
	n, err := a.Demo.Sweep(ctx)
	if err != nil {
		return nil, err
	}
	return rest.Reply(client.ClockState{Now: a.Demo.Clock.Now(), Speed: a.Demo.Clock.Speed(), Erased: n})
}

func (a *API) demoRecipients(context.Context, *struct{}) (*rest.Answer[client.Page[client.DemoRecipient]], error) {
	out := client.Page[client.DemoRecipient]{Data: []client.DemoRecipient{}}
	for _, r := range a.Demo.Recipients {
		requests, holds := r.Counts()
		out.Data = append(out.Data, client.DemoRecipient{ID: string(r.ID), Name: r.Name, URL: r.URL, Requests: requests, Holds: holds})
	}
	return rest.Reply(out)
}

func (a *API) demoReceived(_ context.Context, in *rest.IDPath) (*rest.Answer[any], error) {
	for _, r := range a.Demo.Recipients {
		if string(r.ID) == in.ID {
			return rest.Reply(r.Received())
		}
	}
	return nil, rest.NotFound()
}

func (a *API) demoSearch(_ context.Context, in *struct {
	rest.IDPath
	Body client.DemoSearch
}) (*rest.Answer[client.DemoFound], error) {
	for _, r := range a.Demo.Recipients {
		if string(r.ID) == in.ID {
			found, forgotten := r.Saw(in.Body.Marks)
			return rest.Reply(client.DemoFound{Found: append([]int{}, found...), Forgotten: forgotten})
		}
	}
	return nil, rest.NotFound()
}
