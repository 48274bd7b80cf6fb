package forward

import (
	"context"
	"errors"
	"time"

	"github.com/sosodev/duration"

	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/store"
	rows "vow.example/vow/internal/store/forward"
	"vow.example/vow/internal/task/outcome"
)

const (
	batch     = 200
	firstWait = time.Second
	mostWait  = 10 * time.Minute
	turnWait  = 5 * time.Second
	every     = 200 * time.Millisecond
)

// Run sends what is due until ctx is done, and then waits for what is on its way. A recipient that is slow
// holds up nobody else's.
func (s *Service) Run(ctx context.Context) error {
	defer s.work.Wait()
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		if err := s.start(ctx); err != nil && ctx.Err() == nil {
			s.Log.Error("what waits to be forwarded could not be read; it is tried again", log.Code(err))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
		}
	}
}

// Sweep sends what is due now, and returns when it is done.
func (s *Service) Sweep(ctx context.Context) error {
	err := s.start(ctx)
	s.work.Wait()
	return err
}

// start sends what is due to every recipient that is not busy already and need not be left alone.
func (s *Service) start(ctx context.Context) error {
	now := s.Machine.Now()
	due, err := rows.Due(ctx, s.DB, s.Clock.Now(), now, batch)
	if err != nil {
		return err
	}
	lanes := map[privacy.RecipientID][]rows.Row{}
	for _, r := range due {
		lanes[r.Recipient] = append(lanes[r.Recipient], r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for to, list := range lanes {
		if s.busy[to] || now.Before(s.rest[to]) {
			continue
		}
		s.busy[to] = true
		s.work.Go(func() {
			rest := s.lane(ctx, list)
			s.mu.Lock()
			defer s.mu.Unlock()
			s.busy[to], s.rest[to] = false, s.Machine.Now().Add(rest)
		})
	}
	return nil
}

// lane sends to one recipient, one after the other, until it says "not now". It returns for how long the
// recipient is left alone.
func (s *Service) lane(ctx context.Context, list []rows.Row) time.Duration {
	for _, r := range list {
		rest, err := s.send(ctx, r)
		switch {
		case ctx.Err() != nil:
			return 0
		case err != nil:
			s.Log.Error("something could not be forwarded; it is tried again", log.Recipient(r.Recipient), log.Code(err))
			return firstWait
		case rest > 0:
			return rest
		}
	}
	return 0
}

// send hands one row to its recipient. Every proof is derived now.
func (s *Service) send(ctx context.Context, r rows.Row) (rest time.Duration, err error) {
	o, err := s.order(ctx, r)
	if err != nil {
		return 0, s.dropIf(ctx, r, err)
	}
	d, err := s.prepared(ctx, &o)
	if err != nil {
		return 0, s.dropIf(ctx, r, err)
	}
	s.At("forward.prepared")
	defer s.Recipients.Release(r.ID)
	begun, err := s.Recipients.Begin(ctx, d, provider.Start{Save: s.saver(o.row)})
	s.At("forward.sent")
	after := context.WithoutCancel(ctx) // what has left is recorded even where the server stops
	if err == nil {
		return 0, s.taken(after, o, d, begun)
	}
	return s.untaken(after, o, d, err)
}

// prepared makes the Disclosure: under the ledger row of an earlier try that was not taken, or under a new
// one where that was another policy's.
func (s *Service) prepared(ctx context.Context, o *order) (disclosure.Disclosure, error) {
	l := entry{s, o.row}
	if o.row.Transfer == "" {
		return o.prepare(ctx, l)
	}
	d, err := o.resume(ctx, l)
	if !errors.Is(err, disclosure.ErrRefused) && !errors.Is(err, store.ErrNotFound) {
		return d, err
	}
	again := o.row
	again.ID, again.Transfer = name(), ""
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		t := outcome.Word(o.row.WasSent, false)
		if err := tx.FinishTransfer(ctx, o.row.Transfer, t, o.row.Bytes, time.Time{}); err != nil {
			return err
		}
		return rows.Advance(ctx, tx, o.row, again.ID)
	})
	if err != nil {
		return disclosure.Disclosure{}, err
	}
	return disclosure.Disclosure{}, errAgain
}

// errAgain says that a row begins anew, in a later sweep.
var errAgain = errors.New("forward: again")

// dropIf ends a row that is over, and leaves one that could not be judged for later.
func (s *Service) dropIf(ctx context.Context, r rows.Row, err error) error {
	switch {
	case errors.Is(err, errAgain):
		return nil
	case errors.Is(err, disclosure.ErrRefused):
		s.Log.Error("a report did not fit the policy and stays here", log.Recipient(r.Recipient), log.Code(err))
	case !errors.Is(err, errOver) && !errors.Is(err, disclosure.ErrLapsed):
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error { return rows.Drop(ctx, tx, r) })
}

// saver notes, before each call, that the row may leave. Where its person said no meanwhile, it does not.
func (s *Service) saver(r rows.Row) func(context.Context, []byte) error {
	return func(ctx context.Context, _ []byte) error {
		err := s.DB.Write(ctx, func(tx *store.Tx) error { return rows.SetLeaving(ctx, tx, r) })
		s.At("forward.saved")
		return err
	}
}

// taken records that the recipient has it, and queues what is left of a report.
func (s *Service) taken(ctx context.Context, o order, d disclosure.Disclosure, begun driver.Begun) error {
	if begun.Status == nil || begun.Status.State != driver.Delivered {
		return s.ended(ctx, o, d, "unknown", false) // no such recipient makes a job of it: nobody knows what this one did
	}
	keeps := stated(o.policy, d.Recipient())
	err := s.ended(ctx, o, d, "sent", true)
	if err != nil {
		return err
	}
	return s.Ledger.Kept(ctx, s.entryOf(o.row, d), keeps)
}

// ended writes what became of an order. on says that the rest of the report goes on.
func (s *Service) ended(ctx context.Context, o order, d disclosure.Disclosure, word string, on bool) error {
	keeps := time.Time{}
	if k := stated(o.policy, d.Recipient()); word == "sent" && k > 0 {
		keeps = s.Clock.Now().Add(k)
	}
	defer s.At("forward.recorded")
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.FinishTransfer(ctx, d.ID(), word, o.row.Bytes+d.SentBytes(), keeps); err != nil {
			return err
		}
		if word == "sent" {
			if err := s.noteTransfer(ctx, tx, o.row, "sent", disclosure.Entry{ID: d.ID(), Recipient: d.Recipient()}); err != nil {
				return err
			}
		}
		if !on || !o.more {
			return rows.Drop(ctx, tx, o.row)
		}
		rest := o.row
		rest.Done = o.next
		return rows.Advance(ctx, tx, rest, name())
	})
}

// untaken decides what happens with an order that failed: it waits, it may have arrived, or it is over.
func (s *Service) untaken(ctx context.Context, o order, d disclosure.Disclosure, err error) (time.Duration, error) {
	var e *egress.Error
	if !errors.As(err, &e) {
		if errors.Is(err, store.ErrNotFound) { // its person said no, or is gone
			return 0, s.dropIf(ctx, o.row, errOver)
		}
		return 0, errors.Join(err, s.later(ctx, o.row, d, &egress.Error{Class: egress.Unclassified}))
	}
	switch {
	case e.Class == egress.Waiting:
		rest := min(max(e.RetryAfter, turnWait), mostWait)
		return rest, s.later(ctx, o.row, d, &egress.Error{Class: egress.Waiting, RetryAfter: rest, WasSent: o.row.WasSent})
	case e.Class == egress.UnknownOutcome:
		return 0, errors.Join(s.Ledger.Lost(ctx, s.entryOf(o.row, d)), s.ended(ctx, o, d, "unknown", true))
	case e.Class.Retryable():
		return 0, s.later(ctx, o.row, d, e)
	default:
		s.Log.Error("the recipient did not take what was forwarded", log.Recipient(d.Recipient()), log.Code(e))
		return 0, s.ended(ctx, o, d, outcome.Word(o.row.WasSent || e.WasSent, false), e.Class == egress.Failed)
	}
}

// later has a row wait for its next try, longer each time. One that waits for its turn has not tried.
func (s *Service) later(ctx context.Context, r rows.Row, d disclosure.Disclosure, e *egress.Error) error {
	if e.Class != egress.Waiting {
		r.Tries++
	}
	pause := min(firstWait<<min(r.Tries, 10), mostWait)
	r.WasSent, r.Bytes = r.WasSent || e.WasSent, r.Bytes+d.SentBytes()
	r.NextAt = s.Machine.Now().Add(max(pause, e.RetryAfter))
	return s.DB.Write(ctx, func(tx *store.Tx) error { return rows.Wait(ctx, tx, r) })
}

// lost ends a row that may have arrived.
func (s *Service) lost(ctx context.Context, r rows.Row) error {
	e := disclosure.Entry{ID: r.Transfer, App: r.App, Subject: r.Subject, Task: r.ID, Recipient: r.Recipient}
	if err := s.Ledger.Lost(ctx, e); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.FinishTransfer(ctx, r.Transfer, "unknown", r.Bytes, time.Time{}); err != nil {
			return err
		}
		return rows.Drop(ctx, tx, r)
	})
}

func (s *Service) entryOf(r rows.Row, d disclosure.Disclosure) disclosure.Entry {
	return disclosure.Entry{ID: d.ID(), App: r.App, Subject: r.Subject, Task: r.ID, Recipient: d.Recipient()}
}

func (s *Service) noteTransfer(ctx context.Context, tx *store.Tx, r rows.Row, kind audit.Kind, e disclosure.Entry) error {
	return s.note(ctx, tx, r, audit.Event{Kind: kind, Data: map[string]string{"transfer": string(e.ID), "recipient": string(e.Recipient)}})
}

// stated is for how long a recipient states to keep what it gets; 0: it states nothing.
func stated(pol *policy.Policy, r privacy.RecipientID) time.Duration {
	who, ok := pol.Recipient(r)
	d, err := duration.Parse(who.Retention.Inputs)
	if !ok || err != nil {
		return 0
	}
	return d.ToTimeDuration()
}
