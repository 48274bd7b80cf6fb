package task

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sosodev/duration"

	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task/outcome"
)

// failure says why a task ended without a result: codes only.
type failure struct{ code, class, rule string }

// ending is a terminal event.
type ending struct {
	state   store.TaskState
	failure failure
	outcome string // of a cancel
	more    func(*store.Tx) error
	// bySubject says that the person ended it: by a cancel, a withdrawal or an erasure.
	bySubject bool
}

// reason is why what a terminal event erases is erased.
func (e ending) reason() erasure.Reason {
	if e.bySubject {
		return erasure.SubjectRequest
	}
	return erasure.TaskEnded
}

// fail ends a task without a result.
func (s *Service) fail(ctx context.Context, j job, f failure) error {
	if err := s.because(ctx, j, f); err != nil {
		return err
	}
	return s.end(ctx, j, ending{state: store.Failed, failure: f})
}

// because records why a task is about to fail: where the process dies before the end, the next one
// ends the task for that reason and asks nobody again.
func (s *Service) because(ctx context.Context, j job, f failure) error {
	ctx = context.WithoutCancel(ctx)
	k, err := s.DB.App(j.App).TaskByID(ctx, j.ID)
	if err == nil && k.ErrorCode != f.code {
		k.ErrorCode, k.ErrorClass = f.code, f.class
		err = s.DB.Write(ctx, func(tx *store.Tx) error { return tx.UpdateTask(ctx, k) })
	}
	if errors.Is(err, store.ErrNotFound) { // it ended, or was erased meanwhile
		return nil
	}
	return err
}

// end is the terminal event: it starts or shortens the clock of everything the task used.
// "Immediate" happens here: the keys are destroyed, then one transaction erases the rows, writes
// the receipts and ends the task. Interrupted, it runs again to the same end.
func (s *Service) end(ctx context.Context, j job, e ending) error {
	ctx = context.WithoutCancel(ctx)
	s.letGo(j.ID)
	if err := s.conclude(ctx, j); err != nil {
		return err
	}
	j, err := s.load(ctx, j.App, j.ID) // the ledger may have changed the facts since the step began
	if errors.Is(err, store.ErrNotFound) || err == nil && j.State.Ended() {
		return nil // another path ended the task first
	}
	if err != nil {
		return err
	}
	now := s.Clock.Now()
	gone, kept, err := s.clocks(ctx, j, e, now)
	if err != nil {
		return err
	}
	k := j.Task
	k.State, k.EndedAt, k.Rewrite, k.QueuePosition = e.state, now, "", 0
	k.ErrorCode, k.ErrorClass, k.CancelOutcome = e.failure.code, e.failure.class, e.outcome
	if e.failure.rule != "" {
		k.Rule = e.failure.rule
	}
	if e.state == store.Succeeded {
		k.Percent = 100
	}
	s.At("settle.rewrapped")
	_, err = s.Eraser.Objects(ctx, gone, e.reason(), func(tx *store.Tx) error {
		for _, c := range kept {
			if err := tx.SetDeadline(ctx, k.App, c.ref, c.deadline); err != nil && !errors.Is(err, store.ErrNotFound) {
				return err // not found: the sweeper was faster
			}
		}
		return s.close(ctx, tx, k, e)
	})
	if errors.Is(err, errStopped) {
		if j, err = s.load(ctx, j.App, j.ID); err != nil {
			return err
		}
		return s.stop(ctx, j, j.StopReason)
	}
	s.At("settle.done")
	if err == nil {
		s.live.Wake(j.ID)
	}
	if err == nil && k.State == store.Succeeded && k.Rule == "" {
		s.pace.Note(way(k), now.Sub(k.CreatedAt))
	}
	return err
}

// letGo ends what a task holds outside of its rows: the links through which its recipient reads, and
// its place there.
func (s *Service) letGo(id privacy.TaskID) {
	if s.Links != nil {
		s.Links.End(id)
	}
	if s.Providers != nil {
		s.Providers.Release(id)
	}
}

// shortened is an object that lives on under an earlier deadline.
type shortened struct {
	ref      vault.Ref
	deadline retention.Deadline
}

// clocks starts the clocks of a terminal event: which objects end now, and which later.
func (s *Service) clocks(ctx context.Context, j job, e ending, now time.Time) (gone []store.Object, kept []shortened, err error) {
	event := policy.TaskFailed
	if e.state == store.Succeeded {
		event = policy.TaskSucceeded
	}
	list, err := s.DB.App(j.App).TaskObjects(ctx, j.ID)
	if err != nil {
		return nil, nil, err
	}
	for _, o := range list {
		if isResult(o) {
			if e.state != store.Succeeded {
				gone = append(gone, o) // a result that arrived after the end was decided is thrown away
			}
			continue
		}
		d, err := s.clock(j, o, event, now)
		if err != nil {
			return nil, nil, err
		}
		if !d.At().After(now) || o.Memory {
			o.Rule, o.Starts, o.ExpiresAt = d.Rule(), d.Starts(), d.At() // the receipt names the clock that ran out
			gone = append(gone, o)
			continue
		}
		if isCopy(o) || o.Role == review.Earlier || e.bySubject && !j.WasSent { // PIX-4-05: who says no before anything was sent leaves nothing behind
			gone = append(gone, o)
			continue
		}
		if o.ExpiresAt.Before(d.At()) {
			continue // an earlier try that failed has set an earlier clock: a new try never moves it later
		}
		ref, err := s.Vault.Rewrap(ctx, o.Ref, d, s.DB.Held(o, now))
		switch {
		case errors.Is(err, vault.ErrErased):
			gone = append(gone, o)
		case err == nil, errors.Is(err, vault.ErrLater), errors.Is(err, vault.ErrKept):
			// Later: an end that was interrupted has wrapped it for an earlier hour. Kept: only the row's clock moves.
			kept = append(kept, shortened{ref, d})
		default:
			return nil, nil, fmt.Errorf("task: shorten deadline: %w", err)
		}
	}
	return gone, kept, nil
}

// errStopped says that a stop was asked for before the task could succeed: the stop wins.
var errStopped = errors.New("task: stopped before its end")

// close writes the terminal facts, inside the transaction of end.
func (s *Service) close(ctx context.Context, tx *store.Tx, k store.Task, e ending) error {
	if e.state == store.Succeeded {
		if now, err := tx.App(k.App).TaskByID(ctx, k.ID); err != nil || !now.CancelAt.IsZero() {
			return errors.Join(err, errStopped)
		}
	}
	if e.more != nil {
		if err := e.more(tx); err != nil {
			return err
		}
	}
	if err := tx.UpdateTask(ctx, k); err != nil {
		return err
	}
	if err := tx.DeleteTicket(ctx, k.App, k.ID); err != nil {
		return err
	}
	if err := s.note(ctx, tx, k, "task_ended", map[string]string{"state": string(k.State), "code": k.ErrorCode}); err != nil {
		return err
	}
	if err := tx.AddEvent(ctx, k, "state", map[string]any{"state": k.State, "percent": k.Percent}, k.EndedAt); err != nil {
		return err
	}
	if err := tx.AddEvent(ctx, k, "done", map[string]any{"state": k.State, "was_sent": k.WasSent}, k.EndedAt); err != nil || s.Ended == nil || e.bySubject {
		return err
	}
	return s.Ended(ctx, tx, k)
}

// isResult tells what the task made from what it was given.
func isResult(o store.Object) bool { return privacy.HasPrefix(string(o.Object), privacy.PrefixOutput) }

// conclude gives the ledger row of a task that ends in the middle of being sent its true outcome, by
// the durable progress.
func (s *Service) conclude(ctx context.Context, j job) error {
	row, err := s.DB.App(j.App).Ticket(ctx, j.ID)
	if errors.Is(err, store.ErrNotFound) {
		if j.ErrorCode == restored && j.Recipient != privacy.Own {
			return s.ledger.Unsure(ctx, j.Task, j.pol)
		}
		return nil
	}
	progress, errProgress := s.ticketed.Open(row.Progress)
	remote, errTicket := s.ticketed.Open(row.Ticket)
	list, errList := s.DB.App(j.App).TaskTransfers(ctx, j.ID)
	if err := errors.Join(err, errProgress, errTicket, errList); err != nil {
		return err
	}
	if remote == nil && provider.WasSent(progress) {
		remote, _ = s.Providers.Leftover(j.Recipient, progress)
	}
	for _, t := range list {
		if t.Outcome == "prepared" {
			t.Outcome = outcome.Word(provider.WasSent(progress), provider.Interrupted(progress) || j.ErrorCode == restored)
			err = errors.Join(err, s.outcome(ctx, j, t, t.Outcome))
		}
		switch {
		case t.ID != row.Transfer:
		case remote != nil:
			err = errors.Join(err, s.forget(ctx, j, t, remote))
		case t.Outcome == "sent": // answered at once, or refused after all: what it got has no name by which it could be erased
			err = errors.Join(err, s.ledger.Kept(ctx, t.Entry, s.statedFor(j)))
		}
	}
	return err
}

// restored is why a task ends that was under way in a backup.
const restored = "restored"

// forget erases at the recipient what can be erased there, and notes what stays and until when.
func (s *Service) forget(ctx context.Context, j job, t store.Transfer, remote driver.Ticket) error {
	if j.ErrorCode == restored { // nobody is asked before the server answers
		return s.ledger.Owe(ctx, t.Entry, remote)
	}
	until, err := s.ledger.Forget(ctx, t.Entry, remote)
	if err != nil || until.IsZero() {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error { return tx.FinishTransfer(ctx, t.ID, t.Outcome, 0, until) })
}

// outcome records how a transfer ended that did not become a job there.
func (s *Service) outcome(ctx context.Context, j job, t store.Transfer, word string) error {
	keeps := time.Time{}
	if word != "refused" {
		keeps = s.keepsUntil(j, s.Clock.Now())
	}
	if word == "unknown" {
		if err := s.ledger.Lost(ctx, t.Entry); err != nil {
			return err
		}
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if word != "refused" {
			if err := tx.MarkSent(ctx, j.App, j.ID); err != nil {
				return err
			}
			data := map[string]any{"id": t.ID, "recipient": t.Recipient, "fields": t.Fields, "bytes": t.Bytes}
			if err := tx.AddEvent(ctx, j.Task, "transfer", data, s.Clock.Now()); err != nil {
				return err
			}
		}
		return tx.FinishTransfer(ctx, t.ID, word, t.Bytes, keeps)
	})
}

// statedFor is how long the recipient states to keep what it receives; 0 where it states nothing.
func (s *Service) statedFor(j job) time.Duration {
	r, ok := j.pol.Recipient(j.Recipient)
	d, err := duration.Parse(r.Retention.Inputs)
	if !ok || err != nil {
		return 0
	}
	return d.ToTimeDuration()
}

// keepsUntil is when the recipient's copy is gone by its own statement; zero where it states nothing.
func (s *Service) keepsUntil(j job, now time.Time) time.Time {
	r, ok := j.pol.Recipient(j.Recipient)
	if !ok {
		return time.Time{}
	}
	d, err := duration.Parse(r.Retention.Outputs)
	if err != nil {
		return time.Time{}
	}
	return now.Add(d.ToTimeDuration())
}
