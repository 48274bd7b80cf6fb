package task

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task/answer"
	"vow.example/vow/internal/task/outcome"
	"vow.example/vow/internal/task/result"
)

const (
	percentQueued  = 45
	percentRunning = 60
)

// collect asks the recipient for the result, fetches it, marks it as AI-generated and stores it
// under its own deadline. The recipient's address never reaches the person.
func (s *Service) collect(ctx context.Context, j job) (time.Duration, error) {
	row, err := s.DB.App(j.App).Ticket(ctx, j.ID)
	if errors.Is(err, store.ErrNotFound) && j.feature.IsLocal() {
		return 0, s.fail(ctx, j, failure{code: "upload-again"}) // the process died while it was being made
	}
	if err != nil {
		return 0, err
	}
	remote, err := s.ticketed.Open(row.Ticket)
	if err != nil {
		return 0, err
	}
	if row.Answered || remote == nil { // the process died with the answer in its hands
		return 0, s.fail(ctx, j, failed(egress.UnknownOutcome))
	}
	status, err := s.Providers.Poll(ctx, j.Recipient, remote)
	if err != nil {
		return s.pollAgain(ctx, j, row, err)
	}
	switch status.State {
	case driver.Done:
		if len(status.Results) == 0 {
			return 0, s.fail(ctx, j, failed(egress.Failed))
		}
		err := s.take(ctx, j, status.Results[0])
		if e := unread(err); e != nil {
			return s.pollAgain(ctx, j, row, e)
		}
		return 0, s.refuseResult(ctx, j, err)
	case driver.Failed:
		return 0, s.fail(ctx, j, failed(status.Class))
	case driver.Queued:
		return s.waiting(ctx, j, row, percentQueued, status.QueuePosition)
	default:
		return s.waiting(ctx, j, row, percentRunning, 0)
	}
}

// waiting counts the poll and reports progress when it changed. A recipient that never comes to an
// end is asked to stop.
func (s *Service) waiting(ctx context.Context, j job, row store.Ticket, percent, queue int) (time.Duration, error) {
	if row.Polls++; time.Duration(row.Polls)*s.PollEvery > s.GiveUp {
		s.stopAtRecipient(ctx, j)
		return 0, s.fail(ctx, j, failure{code: "provider-timeout", class: "transient"})
	}
	if percent > j.Percent || queue != j.QueuePosition {
		s.report(ctx, j, percent, queue)
	}
	err := s.DB.Write(ctx, func(tx *store.Tx) error { return tx.PutTicket(ctx, row, s.Clock.Now(), j.ExpiresAt) })
	return s.PollEvery, err
}

// pollAgain keeps asking after a passing failure; nothing is sent again by asking. Where the
// recipient's turn has not come, nobody was asked.
func (s *Service) pollAgain(ctx context.Context, j job, row store.Ticket, err error) (time.Duration, error) {
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	var e *egress.Error
	if errors.As(err, &e) && e.Class == egress.Waiting {
		return min(cmp.Or(e.RetryAfter, turnWait), longestWait), nil
	}
	if e != nil && !e.Class.Retryable() {
		return 0, s.fail(ctx, j, failed(e.Class))
	}
	again, err := s.waiting(ctx, j, row, j.Percent, j.QueuePosition)
	if e != nil {
		again = max(again, min(e.RetryAfter, longestWait))
	}
	return again, err
}

// take reads a result, whose kind must be the policy's, and stores it.
func (s *Service) take(ctx context.Context, j job, r driver.Result) error {
	s.At("collect.done")
	byRole, _ := s.inputs(ctx, j) // gone meanwhile: the result stays in the form it came in
	want := result.Want{Feature: j.feature, Label: s.label(j), Picture: wantedType(byRole)}
	ready, err := result.Inline(ctx, want, r)
	if r.File != nil {
		body, meta, failed := s.Providers.Fetch(ctx, j.Recipient, *r.File)
		if failed != nil {
			return failed
		}
		defer body.Close()
		ready, err = result.File(ctx, want, body, meta.MediaType)
	}
	if err != nil {
		return err
	}
	if ready.MediaType == result.Plain {
		asked := func() []privacy.Text { return s.question(ctx, j) }
		if j.notices, err = answer.Notices(s.Advice, j.answer, answer.Words{Of: j.feature.Result, Asked: asked, Text: r.Text}); err != nil {
			return err
		}
	}
	if result.KindOf(ready.MediaType) == result.Image {
		release, err := s.pixels.Hold(ctx, max(unknownPixels, pixelsOf(slices.Collect(maps.Values(byRole))...)))
		if err != nil {
			return err
		}
		defer release()
	}
	return s.keepResult(ctx, j, ready)
}

// question returns the words that a task asks with, or nothing where they are gone: the answer alone
// tells then.
func (s *Service) question(ctx context.Context, j job) []privacy.Text {
	texts, _ := s.texts(ctx, j, vault.ForFeature)
	delete(texts, review.Earlier)
	return slices.Collect(maps.Values(texts))
}

// unread returns the failure of the recipient to hand its result over, or nil. What our own gate did
// not take in (another host, another type, too many bytes) is none: it says that there is no result.
func unread(err error) *egress.Error {
	var e *egress.Error
	if errors.As(err, &e) && e.Class != egress.Blocked {
		return e
	}
	return nil
}

// wantedType keeps a picture in the family of its source. Without one source, or with several, it
// stays what came.
func wantedType(byRole map[privacy.Field]store.Object) string {
	if o, ok := only(byRole); ok {
		return result.Picture(o.MediaType)
	}
	return ""
}

// refuseResult ends the task when what came back is not a result of its kind within the limits.
func (s *Service) refuseResult(ctx context.Context, j job, err error) error {
	if err == nil || ctx.Err() != nil || errors.Is(err, store.ErrNotFound) {
		return err
	}
	s.Log.Error("the recipient's result was refused", log.Task(j.ID), log.Recipient(j.Recipient), log.Code(err))
	return s.fail(ctx, j, failure{code: outcome.Of(egress.Failed).Code, class: string(egress.BadMedia)})
}

// stopAtRecipient asks the recipient to stop and says how that ended, honestly.
func (s *Service) stopAtRecipient(ctx context.Context, j job) string {
	row, err := s.DB.App(j.App).Ticket(ctx, j.ID)
	if j.feature.IsLocal() || errors.Is(err, store.ErrNotFound) {
		return nothingSent
	}
	remote, errTicket := s.ticketed.Open(row.Ticket)
	progress, errProgress := s.ticketed.Open(row.Progress)
	if err := errors.Join(err, errTicket, errProgress); err != nil {
		s.Log.Error("the ticket could not be read", log.Task(j.ID), log.Code(err))
		return mayFinish
	}
	switch {
	case row.Answered: // there is nothing left to stop
		return mayFinish
	case remote != nil:
	case provider.Interrupted(progress): // an answer was lost
		return mayFinish
	case provider.WasSent(progress): // something arrived, but no job was made of it
		return stoppedThere
	default:
		return nothingSent
	}
	done, err := s.Providers.Cancel(ctx, j.Recipient, remote)
	if err == nil && done == driver.Stopped {
		return stoppedThere
	}
	return mayFinish
}

// Hook takes a recipient's hint that a job has ended. The token is all that is believed: the
// recipient is asked itself.
func (s *Service) Hook(ctx context.Context, token string) error {
	row, err := s.DB.TicketByHook(ctx, s.digest("hook", token))
	if errors.Is(err, store.ErrNotFound) || len(row.Hook) == 0 {
		return errNotFound
	}
	if err != nil {
		return err
	}
	return s.Nudge(ctx, row.App, row.Task)
}

// Nudge has the next steps of a task done soon instead of at its next poll. However many hints come,
// one of them waits.
func (s *Service) Nudge(ctx context.Context, app privacy.AppID, id privacy.TaskID) error {
	if !s.live.Hint(id) {
		return nil
	}
	err := s.DB.Write(ctx, func(tx *store.Tx) error { return s.queue.Hurry(ctx, tx.SQL(), app, id) })
	if err != nil {
		s.live.Heed(id)
	}
	return err
}
