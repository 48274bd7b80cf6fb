package server

import (
	"context"
	"errors"
	"slices"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/editions"
	"vow.example/vow/internal/forward"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/intake"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/server/recipients"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task"
	"vow.example/vow/internal/task/ledger"
	box "vow.example/vow/internal/task/sealed"
)

// buildForward makes the service that brings reports and messages to recipients that no feature names.
func (c *core) buildForward() {
	c.forward = forward.New(forward.Options{
		DB: c.db, Eraser: c.eraser, Policies: c.editions, Choices: c.people, Reader: keeper{c}, Recipients: c.pool, Lane: c.lane,
		Ledger: ledger.New(ledger.Options{
			DB: c.db, Eraser: c.eraser, Recipients: c.pool, Clock: c.clock, Log: c.log, Box: box.New(c.ring.Subkey("tickets")), At: c.point,
		}),
		MayReceive: c.people.MayReceive, Silenced: c.people.Silenced, Clock: c.clock, Machine: clock.Real{}, Log: c.log, At: c.point,
	})
}

// startForward ends what an earlier process was sending, and sends until the work stops.
func (c *core) startForward(ctx, running context.Context) error {
	if err := c.forward.Recover(ctx); err != nil {
		return err
	}
	c.forwarded = make(chan error, 1)
	go func() { c.forwarded <- c.forward.Run(running) }()
	return nil
}

// stopForward waits for what is on its way. The work was stopped before.
func (c *core) stopForward() error {
	if c.forwarded == nil {
		return nil
	}
	if err := <-c.forwarded; !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func (c *core) point(name string) {
	if c.at != nil {
		c.at(name)
	}
}

// lane says how a recipient takes reports or messages: by its driver, where it is wired and has an address.
func (c *core) lane(app privacy.AppID, r privacy.RecipientID) (forward.Lane, bool) {
	wiring := c.apps.wiring[app]
	flow, wired := wiring.Only(r)
	reached := slices.ContainsFunc(c.setting.egress, func(at egress.Config) bool { return at.Recipient == r })
	if !wired || !reached {
		return forward.Lane{}, false
	}
	out := forward.Lane{Events: recipients.Kinds()[wiring[r].Driver].Events}
	if out.Events == 1 { // it knows an event by a word of its own only
		out.Only = map[string]bool{}
		for name := range flow.Nodes["events"].Words {
			out.Only[name] = true
		}
	}
	return out, true
}

// keeper opens what the intake has kept.
type keeper struct{ c *core }

// Read implements forward.Reader.
func (k keeper) Read(ctx context.Context, o store.Object, how vault.Reading) (intake.Record, error) {
	return k.c.intake.Read(ctx, o, how)
}

// teller tells people of announcements outside of the app.
type teller struct{ c *core }

// Deliver queues a sentence that there is something to read. It never counts as told: only who has seen the
// announcement itself was told of it.
func (t teller) Deliver(ctx context.Context, m editions.Message) (reached bool, err error) {
	says, ok := disclosure.SentenceOf(m.Kind)
	if m.Channel != "push" || !ok || t.c.forward == nil {
		return false, nil
	}
	to := forward.Person{App: m.App, Subject: m.Subject}
	return false, t.c.db.Write(ctx, func(tx *store.Tx) error { return t.c.forward.Tell(ctx, tx, to, says, m.Notice) })
}

// tellEnded queues the sentence that a task is done, or could not be completed.
func (c *core) tellEnded(ctx context.Context, tx *store.Tx, k store.Task) error {
	says := disclosure.TaskFailed
	if k.State == store.Succeeded {
		says = disclosure.TaskDone
	}
	return c.forward.Tell(ctx, tx, forward.Person{App: k.App, Subject: k.Subject}, says, string(k.ID))
}

// chosen empties the queue of what a person has switched off.
func (c *core) chosen(ctx context.Context, who task.Who) error { return c.forward.Chosen(ctx, who) }

// receivers lists everyone who is wired to get reports or messages.
func (a appSet) receivers() (list []privacy.RecipientID) {
	add := func(app privacy.AppID, r privacy.RecipientID) {
		if _, wired := a.wiring[app].Only(r); wired && !slices.Contains(list, r) {
			list = append(list, r)
		}
	}
	for _, app := range a.order {
		t := a.policies[app].Terms()
		for _, f := range t.Forwards {
			add(app, f.Recipient)
		}
		for _, g := range t.Notices.Gateways {
			add(app, g.Recipient)
		}
	}
	return list
}

// receiversOf lists those of them that the operator has configured: whoever is not gets nothing.
func (a appSet) receiversOf(conf recipients.Set) []privacy.RecipientID {
	return slices.DeleteFunc(a.receivers(), func(r privacy.RecipientID) bool { _, ok := conf[r]; return !ok })
}
