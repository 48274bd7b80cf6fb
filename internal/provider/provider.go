// Package provider routes a Disclosure to the driver of its recipient.
//
// It promises that a recipient without wiring, driver and address receives nothing, that what has
// been sent is known durably before it leaves, so that an interrupted step never sends it again,
// that every error says whether content may have left, and that a recipient is called only when its
// traffic rules allow it. It never retries, never picks another recipient, and never stores
// anything itself.
package provider

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/google/uuid"

	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/egress/wire"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/provider/traffic"
)

// Pool knows every recipient's driver and every app's workflows. It is safe for concurrent use.
type Pool struct {
	egress  *egress.Egress
	drivers map[privacy.RecipientID]driver.Driver
	wiring  map[privacy.AppID]Wiring
	traffic *traffic.Control
}

// NewPool binds wiring to drivers by name. It fails where a wired recipient has no driver, or two
// apps want different drivers for the same recipient. A recipient without an address is no error:
// it receives nothing. Until Govern is called, no traffic rule holds.
func NewPool(e *egress.Egress, wiring map[privacy.AppID]Wiring, drivers map[string]driver.Driver) (*Pool, error) {
	p := &Pool{egress: e, drivers: map[privacy.RecipientID]driver.Driver{}, wiring: wiring}
	names := map[privacy.RecipientID]string{}
	for app, w := range wiring {
		for recipient, route := range w {
			d, ok := drivers[route.Driver]
			if !ok || d == nil {
				return nil, fmt.Errorf("provider: %s of %s wants the unknown driver %q", recipient, app, route.Driver)
			}
			if other, ok := names[recipient]; ok && other != route.Driver {
				return nil, fmt.Errorf("provider: %s is wired to two drivers", recipient)
			}
			names[recipient], p.drivers[recipient] = route.Driver, d
		}
	}
	return p, nil
}

// Govern sets the rules of traffic. It is called once, before the first task.
func (p *Pool) Govern(c *traffic.Control) { p.traffic = c }

// Start is what Begin needs besides the Disclosure.
type Start struct {
	Webhook  string                   // our address for the recipient's hint; empty: poll only
	Show     func(piece privacy.Text) // takes the pieces of a text result as they come; nil: nobody waits
	Progress []byte                   // what Save stored last for this ledger row; nil at the first attempt
	// Save makes progress durable. Begin calls it before every call to the recipient.
	Save func(ctx context.Context, progress []byte) error
}

// Begin sends the task's content and returns the ticket of the job, or its result. Every error of the recipient
// is an *egress.Error. One of the class UnknownOutcome must not be tried again; after a Retryable
// one, a new Disclosure from disclosure.Resume with Sent(progress) continues where this attempt
// ended. One of the class Waiting comes before anything of this attempt has left: the turn of the
// task has not come. A task that begins holds one of the recipient's places until Release.
func (p *Pool) Begin(ctx context.Context, d disclosure.Disclosure, s Start) (driver.Begun, error) {
	workflow, ok := p.wiring[d.App()][d.Recipient()].workflow(d.Feature())
	drv := p.drivers[d.Recipient()]
	if !d.Valid() || !ok || drv == nil {
		return driver.Begun{}, errNotWired()
	}
	prog, err := parse(s.Progress)
	if err != nil {
		return driver.Begun{}, err
	}
	if prog.Open {
		return driver.Begun{}, &egress.Error{Class: egress.UnknownOutcome, Code: "interrupted", WasSent: true}
	}
	done, err := p.traffic.Order(d.Recipient(), d.Task())
	if err != nil {
		return driver.Begun{}, waiting(err, prog.Left)
	}
	failed := errors.New("provider: the driver panicked")
	defer func() { done(failed) }()
	out := &sender{egress: p.egress, d: d, save: s.Save, progress: prog, show: s.Show}
	begun, err := drv.Begin(ctx, out, driver.Order{
		Feature: d.Feature(), Workflow: workflow, Webhook: s.Webhook, Key: keyOf(d), Resume: prog.State,
	})
	if failed = err; err != nil {
		return driver.Begun{}, out.settle(ctx, err)
	}
	return begun, nil
}

// waiting says of a task whose turn has not come what has left of it before.
func waiting(err error, left bool) error {
	if e := failureOf(err); e != nil {
		e.WasSent = left
		return e
	}
	return err
}

// Occupy counts a task that is at its recipient already, after a restart.
func (p *Pool) Occupy(r privacy.RecipientID, task privacy.TaskID) { p.traffic.Occupy(r, task) }

// Release gives a task's place at its recipient to the next one.
func (p *Pool) Release(task privacy.TaskID) { p.traffic.Release(task) }

// keyOf is the order's name for the recipient: the same in every try, and no name of ours.
func keyOf(d disclosure.Disclosure) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte("vow/order\x00"+string(d.ID()))).String()
}

// Leftover returns a ticket by which Forget erases what an interrupted or failed Begin left at the
// recipient, from the progress that it saved; false: there is nothing of that kind.
func (p *Pool) Leftover(r privacy.RecipientID, progress []byte) (driver.Ticket, bool) {
	drv := p.drivers[r]
	prog, err := parse(progress)
	if drv == nil || err != nil || len(prog.State) == 0 {
		return nil, false
	}
	return drv.Leftover(prog.State)
}

// Poll asks the recipient how the job is.
func (p *Pool) Poll(ctx context.Context, r privacy.RecipientID, t driver.Ticket) (status driver.Status, err error) {
	drv := p.drivers[r]
	if drv == nil {
		return driver.Status{}, errNotWired()
	}
	done, err := p.traffic.Question(r)
	if err != nil {
		return driver.Status{}, waiting(err, true)
	}
	defer func() { done(err) }()
	return drv.Poll(ctx, NewFollower(p.egress, r), t)
}

// Cancel asks the recipient to stop the job.
func (p *Pool) Cancel(ctx context.Context, r privacy.RecipientID, t driver.Ticket) (driver.CancelOutcome, error) {
	drv := p.drivers[r]
	if drv == nil {
		return driver.Unsupported, errNotWired()
	}
	return drv.Cancel(ctx, NewFollower(p.egress, r), t)
}

// Forget erases at the recipient what can be erased there, and returns what stays.
func (p *Pool) Forget(ctx context.Context, r privacy.RecipientID, t driver.Ticket) (driver.Residue, error) {
	drv := p.drivers[r]
	if drv == nil {
		return driver.Residue{}, errNotWired()
	}
	return drv.Forget(ctx, NewFollower(p.egress, r), t)
}

// Fetch opens a result. The caller closes the reader.
func (p *Pool) Fetch(ctx context.Context, r privacy.RecipientID, at egress.Address) (body io.ReadCloser, meta egress.Meta, err error) {
	done, err := p.traffic.Question(r)
	if err != nil {
		return nil, egress.Meta{}, waiting(err, true)
	}
	defer func() { done(err) }()
	return p.egress.Fetch(ctx, r, at)
}

func errNotWired() error { return &egress.Error{Class: egress.Blocked, Code: "not-wired"} }

// NewFollower returns what makes content-free calls to one recipient.
func NewFollower(e *egress.Egress, to privacy.RecipientID) driver.Follower { return follower{e, to} }

// follower makes content-free calls to one recipient.
type follower struct {
	egress *egress.Egress
	to     privacy.RecipientID
}

// Follow makes one call without content.
func (f follower) Follow(ctx context.Context, r wire.Request) (egress.Response, error) {
	return f.egress.Follow(ctx, f.to, r)
}

// failureOf returns a copy of the *egress.Error that err is, or nil: then it is ours.
func failureOf(err error) *egress.Error {
	var e *egress.Error
	if errors.As(err, &e) {
		c := *e
		return &c
	}
	return nil
}
