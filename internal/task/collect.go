package task

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"time"

	"vow.example/vow/internal/guard/egress"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/media"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/store"
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
	remote, err := s.ticketed.open(row.Ticket)
	if err != nil {
		return 0, err
	}
	status, err := s.Providers.Poll(ctx, j.Recipient, remote)
	if err != nil {
		return s.pollAgain(ctx, j, row, err)
	}
	switch status.State {
	case driver.Done:
		if len(status.Results) == 0 {
			return 0, s.fail(ctx, j, failure{code: codeOf(egress.Failed), class: string(egress.Failed)})
		}
		return s.fetch(ctx, j, row, remote, status.Results)
	case driver.Failed:
		s.forget(ctx, j, row, remote)
		return 0, s.fail(ctx, j, failure{code: codeOf(status.Class), class: string(status.Class)})
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

// pollAgain keeps asking after a passing failure; nothing is sent again by asking.
func (s *Service) pollAgain(ctx context.Context, j job, row store.Ticket, err error) (time.Duration, error) {
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	var e *egress.Error
	if errors.As(err, &e) && !e.Class.Retryable() {
		return 0, s.fail(ctx, j, failure{code: codeOf(e.Class), class: string(e.Class)})
	}
	again, err := s.waiting(ctx, j, row, j.Percent, j.QueuePosition)
	if e != nil {
		again = max(again, min(e.RetryAfter, longestWait))
	}
	return again, err
}

// fetch streams the result in, decodes it within limits, labels it and seals it.
func (s *Service) fetch(ctx context.Context, j job, row store.Ticket, remote driver.Ticket, results []driver.Result) (time.Duration, error) {
	s.At("collect.done")
	body, meta, err := s.Providers.Fetch(ctx, j.Recipient, *results[0].File)
	if err != nil {
		return s.pollAgain(ctx, j, row, err)
	}
	defer body.Close()
	byRole, _ := s.inputs(ctx, j) // gone meanwhile: the result stays in the form it came in
	release, err := s.pixels.Hold(ctx, max(unknownPixels, pixelsOf(slices.Collect(maps.Values(byRole))...)))
	if err != nil {
		return 0, err
	}
	defer release()
	kind := wantedType(byRole, meta.MediaType)
	err = s.keepResult(ctx, j, kind, func(w io.Writer) (media.Info, error) {
		info, err := media.Mark(ctx, w, body, kind, media.Label{Visible: j.feature.LabelAI, Digital: true, Source: media.SourceTrained})
		info.Stripped = nil // what was removed from a recipient's file says nothing about the person's
		return info, err
	})
	if err != nil {
		if again := (*egress.Error)(nil); errors.As(err, &again) {
			return s.pollAgain(ctx, j, row, again)
		}
		return 0, s.refuseResult(ctx, j, err)
	}
	s.forget(ctx, j, row, remote)
	return 0, nil
}

// wantedType keeps a result in the family of its source; without a source it stays what came.
func wantedType(byRole map[privacy.Field]store.Object, came string) string {
	for _, o := range byRole {
		return resultType(o.MediaType)
	}
	return came
}

// refuseResult ends the task when what came back is not a picture within the limits.
func (s *Service) refuseResult(ctx context.Context, j job, err error) error {
	if ctx.Err() != nil || errors.Is(err, store.ErrNotFound) {
		return err
	}
	s.Log.Error("the recipient's result was refused", log.Task(j.ID), log.Recipient(j.Recipient), log.Code(err))
	return s.fail(ctx, j, failure{code: "provider-refused", class: "bad_media"})
}

// forget erases at the recipient what can be erased there and notes until when the rest stays.
func (s *Service) forget(ctx context.Context, j job, row store.Ticket, remote driver.Ticket) {
	residue, err := s.Providers.Forget(ctx, j.Recipient, remote)
	if err != nil {
		s.Log.Error("the recipient was not reached to erase", log.Task(j.ID), log.Recipient(j.Recipient), log.Code(err))
		return
	}
	until := time.Time{}
	for _, held := range residue.Held {
		if end := s.Clock.Now().Add(held.For); held.For > 0 && end.After(until) {
			until = end
		}
	}
	if until.IsZero() {
		return
	}
	if err := s.DB.Write(ctx, func(tx *store.Tx) error { return tx.FinishTransfer(ctx, row.Transfer, "sent", 0, until) }); err != nil {
		s.Log.Error("the recipient's own deadline was not noted", log.Task(j.ID), log.Code(err))
	}
}

// stopAtRecipient asks the recipient to stop and says how that ended, honestly.
func (s *Service) stopAtRecipient(ctx context.Context, j job) string {
	row, err := s.DB.App(j.App).Ticket(ctx, j.ID)
	if j.feature.IsLocal() || errors.Is(err, store.ErrNotFound) {
		return nothingSent
	}
	remote, errTicket := s.ticketed.open(row.Ticket)
	progress, errProgress := s.ticketed.open(row.Progress)
	if err := errors.Join(err, errTicket, errProgress); err != nil {
		s.Log.Error("the ticket could not be read", log.Task(j.ID), log.Code(err))
		return mayFinish
	}
	switch {
	case remote != nil:
	case provider.Interrupted(progress): // an answer was lost
		return mayFinish
	case provider.WasSent(progress): // something arrived, but no job was made of it
		return stoppedThere
	default:
		return nothingSent
	}
	outcome, err := s.Providers.Cancel(ctx, j.Recipient, remote)
	s.forget(ctx, j, row, remote)
	if err == nil && outcome == driver.Stopped {
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
	if !s.running.hint(id) {
		return nil
	}
	err := s.DB.Write(ctx, func(tx *store.Tx) error { return s.queue.Hurry(ctx, tx.SQL(), app, id) })
	if err != nil {
		s.running.heed(id)
	}
	return err
}
