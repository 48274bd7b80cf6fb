package task

import (
	"context"
	"errors"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
)

// The three honest outcomes of a cancel.
const (
	nothingSent  = "nothing_sent"
	stoppedThere = "stopped_at_recipient"
	mayFinish    = "may_finish_there"
)

// Cancel stops a task and returns once it has ended. A task that has ended is not cancelable.
func (s *Service) Cancel(ctx context.Context, who Who, id privacy.TaskID) error {
	k, err := s.DB.App(who.App()).Task(ctx, who.Subject, id)
	if errors.Is(err, store.ErrNotFound) {
		return errNotFound
	}
	if err != nil {
		return err
	}
	if k.State.Ended() {
		return fault.New(fault.Conflict, "not-cancelable", "This task has already ended.").With("state", string(k.State))
	}
	return s.Stop(ctx, k, "canceled")
}

// Stop records that a task must stop, reaches whoever works on it, and ends it. It returns once the
// task has ended.
func (s *Service) Stop(ctx context.Context, k store.Task, reason string) error {
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.RequestStop(ctx, k.App, k.ID, reason, s.Clock.Now()); err != nil {
			return err
		}
		return s.note(ctx, tx, k, "stop_requested", map[string]string{"reason": reason})
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil // it ended in the meantime
	}
	if err != nil {
		return err
	}
	s.At("stop.requested")
	s.live.Cancel(k.ID)
	unlock := s.queue.Lock(k.ID)
	defer unlock()
	j, err := s.load(ctx, k.App, k.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil || j.State.Ended() {
		return err
	}
	return s.stop(ctx, j, reason)
}

// stop ends a task before its result, asking the recipient to stop where something was sent. The
// caller holds the task.
func (s *Service) stop(ctx context.Context, j job, reason string) error {
	ctx = context.WithoutCancel(ctx)
	outcome := s.stopAtRecipient(ctx, j)
	s.At("stop.asked")
	e := ending{state: store.Canceled, failure: failure{code: reason}, outcome: outcome}
	switch reason {
	case "expired":
		e.state = store.Expired
	case "canceled":
		e.failure.code, e.bySubject = "", true
	case "consent-withdrawn", "account-erased":
		e.bySubject = true
	}
	return s.end(ctx, j, e)
}

// Withdraw records that the subject withdrew a consent and stops every task that stands on it
// (PIX-12-04: queued and running work stops).
func (s *Service) Withdraw(ctx context.Context, who Who, id privacy.ConsentID) error {
	app := s.DB.App(who.App())
	rec, err := app.Consent(ctx, who.Subject, id)
	if errors.Is(err, consent.ErrNoRecord) {
		return errNotFound
	}
	if err != nil {
		return err
	}
	if rec.Decision == consent.Withdrawn {
		return nil
	}
	now := s.Clock.Now()
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.ChangeConsent(ctx, who.App(), who.Subject, id, consent.Withdrawn, now); err != nil {
			if !errors.Is(err, store.ErrNotFound) {
				return err
			}
			return fault.New(fault.Conflict, "conflict", "Only a given consent can be withdrawn.")
		}
		k := store.Task{App: who.App(), Subject: who.Subject, PolicyHash: who.Policy.Hash()}
		return s.note(ctx, tx, k, "consent_withdrawn", map[string]string{"consent": string(id)})
	})
	if err != nil {
		return err
	}
	s.At("withdraw.recorded")
	open, err := app.OpenTasks(ctx, who.Subject)
	if err != nil {
		return err
	}
	for _, k := range open {
		if k.Consent != id {
			continue
		}
		if err := s.Stop(ctx, k, "consent-withdrawn"); err != nil {
			return err
		}
	}
	return nil
}

// StopAll stops every open task of a subject.
func (s *Service) StopAll(ctx context.Context, who Who, reason string) error {
	open, err := s.DB.App(who.App()).OpenTasks(ctx, who.Subject)
	if err != nil {
		return err
	}
	for _, k := range open {
		if err := s.Stop(ctx, k, reason); err != nil {
			return err
		}
	}
	return nil
}

// EndRestored ends every task that a backup has brought back under way, and asks no recipient anything: what
// is left there is owed, and erased later.
func (s *Service) EndRestored(ctx context.Context) error {
	open, err := s.DB.OpenTasks(ctx)
	for _, k := range open {
		j, failed := s.load(ctx, k.App, k.ID)
		if failed == nil {
			failed = s.end(ctx, j, ending{state: store.Failed, failure: failure{code: restored}})
		}
		err = errors.Join(err, failed)
	}
	return err
}

// Recover enqueues every task that has facts and no end, and counts those that their recipient has.
// Jobs of an earlier process are gone.
func (s *Service) Recover(ctx context.Context) (int, error) {
	open, err := s.DB.OpenTasks(ctx)
	if err != nil || len(open) == 0 {
		return 0, err
	}
	return len(open), s.DB.Write(ctx, func(tx *store.Tx) error {
		for _, k := range open {
			if k.Recipient != privacy.Own && k.WasSent {
				s.Providers.Occupy(k.Recipient, k.ID)
			}
			if err := s.queue.Enqueue(ctx, tx.SQL(), k.App, k.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

// Overdue stops tasks that have passed their greatest age, so that a terminal event always comes, and
// looks after what recipients still hold.
// One that cannot be stopped now does not keep the others alive. Where a recipient must be asked, a
// worker does it: the sweep, which waits for this, never waits for a recipient.
func (s *Service) Overdue(ctx context.Context) error {
	late, err := s.DB.OverdueTasks(ctx, s.Clock.Now())
	for _, k := range late {
		if k.WasSent {
			err = errors.Join(err, s.Nudge(ctx, k.App, k.ID))
		} else {
			err = errors.Join(err, s.Stop(ctx, k, "expired"))
		}
	}
	return errors.Join(err, s.ledger.Remind(ctx, func(app privacy.AppID, id string) error { return s.Nudge(ctx, app, privacy.TaskID(id)) }))
}
