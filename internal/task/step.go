package task

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task/answer"
)

// job is one task at one step: its facts, its policy and its feature.
type job struct {
	store.Task
	pol     *policy.Policy
	feature policy.Feature
	answer  *answer.Stream // of words that come while they are made; nil: none do
	notices []string       // that the result must be shown with; nil: a machine made it
}

// clock starts the clock of something that the task holds: by the version it was stored under or by the
// one that binds its owner now, whichever ends first.
func (s *Service) clock(j job, o store.Object, e policy.Event, now time.Time) (retention.Deadline, error) {
	stored, _ := s.Policies.ByHash(o.App, o.PolicyHash)
	return retention.Strictest(o.Category, e, now, j.pol, stored)
}

func (j job) who() Who { return Who{Policy: j.pol, Subject: j.Subject} }

// step runs the step that the facts ask for. more says that another one may be ready; again says
// after how long to look once more.
func (s *Service) step(ctx context.Context, app privacy.AppID, id privacy.TaskID) (again time.Duration, more bool, err error) {
	j, err := s.load(context.WithoutCancel(ctx), app, id) // a cancel that arrives now is a fact to be read here
	if errors.Is(err, store.ErrNotFound) {
		s.letGo(id)
		return 0, false, nil // erased meanwhile
	}
	if err != nil {
		return 0, false, err
	}
	if j.State.Ended() {
		return 0, false, nil
	}
	stop, reason, err := s.mustStop(ctx, j)
	switch {
	case err != nil:
		return s.after(ctx, j, 0, err)
	case stop:
		return 0, false, s.stop(ctx, j, reason)
	case j.State == store.AwaitingConfirmation:
		return 0, false, nil // the person's turn
	}
	again, err = s.run(ctx, j)
	return s.after(ctx, j, again, err)
}

// run does the step that the state asks for. A panic is a failure that nobody classified: the task
// ends, and what it holds gets its clock.
func (s *Service) run(ctx context.Context, j job) (again time.Duration, err error) {
	defer func() {
		if recover() != nil {
			again, err = 0, errPanic
		}
	}()
	switch {
	case j.ErrorCode != "": // the process died between the reason and the end
		return 0, s.fail(ctx, j, failure{code: j.ErrorCode, class: j.ErrorClass})
	case j.State == store.Reviewing:
		return s.review(ctx, j)
	case (j.State == store.Queued || j.State == store.Sending) && j.feature.IsLocal():
		return s.make(ctx, j)
	case j.State == store.Queued || j.State == store.Sending:
		return s.send(ctx, j)
	case j.State == store.Generating:
		return s.collect(ctx, j)
	case j.State == store.Storing:
		s.At("settle.start")
		return 0, s.end(ctx, j, ending{state: store.Succeeded})
	default:
		return 0, s.fail(ctx, j, failure{code: "internal"})
	}
}

var errPanic = errors.New("task: a step panicked")

// after turns the outcome of a step into what happens next. A failure that nobody classified ends
// the task honestly instead of looping.
func (s *Service) after(ctx context.Context, j job, again time.Duration, err error) (time.Duration, bool, error) {
	if err == nil {
		return again, again == 0, nil
	}
	if ctx.Err() != nil {
		stopped, loadErr := s.load(context.WithoutCancel(ctx), j.App, j.ID)
		if loadErr == nil && !stopped.CancelAt.IsZero() && !stopped.State.Ended() {
			return 0, false, s.stop(context.WithoutCancel(ctx), stopped, stopped.StopReason)
		}
		return 0, false, ctx.Err() // the server is stopping: the facts bring the task back
	}
	if errors.Is(err, store.ErrNotFound) {
		return 0, false, nil
	}
	s.Log.Error("a step failed", log.Task(j.ID), log.Code(err))
	var known *fault.Error
	if !errors.As(err, &known) {
		known = fault.New(fault.Internal, "internal", "")
	}
	return 0, false, s.fail(ctx, j, failure{code: known.Code(), class: "bug"})
}

func (s *Service) load(ctx context.Context, app privacy.AppID, id privacy.TaskID) (job, error) {
	k, err := s.DB.App(app).TaskByID(ctx, id)
	if err != nil {
		return job{}, err
	}
	pol, err := s.Policies.For(ctx, app, k.Subject)
	if err != nil {
		return job{}, fmt.Errorf("task: policy: %w", err)
	}
	f, _ := pol.Feature(k.Feature)
	return job{Task: k, pol: pol, feature: f}, nil
}

// mustStop reports whether the task may not go on, and why: the person asked, consent is gone, or
// it is overdue. Where that cannot be told, the task does not go on either.
func (s *Service) mustStop(ctx context.Context, j job) (stop bool, reason string, err error) {
	if !j.CancelAt.IsZero() {
		return true, j.StopReason, nil
	}
	if !s.Clock.Now().Before(j.OverdueAt) {
		return true, "expired", nil
	}
	_, err = s.permit(ctx, j)
	switch {
	case errors.Is(err, consent.ErrWithdrawn):
		return true, "consent-withdrawn", nil
	case errors.Is(err, consent.ErrStale), errors.Is(err, consent.ErrRequired), fault.KindOf(err) == fault.Refused, fault.KindOf(err) == fault.Gone:
		return true, fault.CodeOf(err), nil
	default:
		return false, "", err
	}
}

func (s *Service) permit(ctx context.Context, j job) (consent.Permit, error) {
	return s.agreed(ctx, j.who(), j.feature, consent.Ask{Subject: j.Subject, Feature: j.Feature, Task: j.ID, Consent: j.Consent})
}

// agreed derives the permit of a task: the app may handle the subject's data at all, a minor's guardian
// agrees to this recipient, and the subject itself agrees to this task.
func (s *Service) agreed(ctx context.Context, who Who, f policy.Feature, ask consent.Ask) (consent.Permit, error) {
	if s.Standing != nil {
		if err := s.Standing(ctx, who.App(), who.Subject); err != nil {
			return consent.Permit{}, err
		}
	}
	if s.MayReceive != nil {
		if err := s.MayReceive(ctx, who, f.Purpose, f.Recipient); err != nil {
			return consent.Permit{}, err
		}
	}
	return consent.Check(ctx, s.DB.App(who.App()), who.Policy, ask)
}
