package task

import (
	"context"
	"errors"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
)

// job is one task at one step: its facts, its policy and its feature.
type job struct {
	store.Task
	pol     *policy.Policy
	feature policy.Feature
}

func (j job) who() Who { return Who{Policy: j.pol, Subject: j.Subject} }

// step runs the step that the facts ask for. more says that another one may be ready; again says
// after how long to look once more.
func (s *Service) step(ctx context.Context, app privacy.AppID, id privacy.TaskID) (again time.Duration, more bool, err error) {
	j, err := s.load(ctx, app, id)
	if errors.Is(err, store.ErrNotFound) {
		return 0, false, nil // erased meanwhile
	}
	if err != nil {
		return 0, false, err
	}
	if j.State.Ended() {
		return 0, false, nil
	}
	if stop, reason := s.mustStop(ctx, j); stop {
		return 0, false, s.stop(ctx, j, reason)
	}
	switch j.State {
	case store.Reviewing:
		again, err = s.review(ctx, j)
	case store.AwaitingConfirmation:
		return 0, false, nil // the person's turn
	case store.Queued, store.Sending:
		if j.feature.IsLocal() {
			again, err = s.make(ctx, j)
		} else {
			again, err = s.send(ctx, j)
		}
	case store.Generating:
		again, err = s.collect(ctx, j)
	case store.Storing:
		again, err = 0, s.succeed(ctx, j)
	default:
		err = s.fail(ctx, j, failure{code: "internal"})
	}
	return s.after(ctx, j, again, err)
}

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
	pol, ok := s.Policies[app]
	if !ok {
		return job{}, fault.New(fault.Internal, "internal", "The app is not loaded.")
	}
	f, _ := pol.Feature(k.Feature)
	return job{Task: k, pol: pol, feature: f}, nil
}

// mustStop reports whether the task may not go on, and why: the person asked, consent is gone, or
// it is overdue.
func (s *Service) mustStop(ctx context.Context, j job) (bool, string) {
	if !j.CancelAt.IsZero() {
		return true, j.StopReason
	}
	if !s.Clock.Now().Before(j.OverdueAt) {
		return true, "expired"
	}
	_, err := s.permit(ctx, j)
	switch {
	case err == nil:
		return false, ""
	case errors.Is(err, consent.ErrWithdrawn):
		return true, "consent-withdrawn"
	case errors.Is(err, consent.ErrStale), errors.Is(err, consent.ErrRequired):
		return true, fault.CodeOf(err)
	default:
		return false, "" // the store failed: the step itself will say so
	}
}

func (s *Service) permit(ctx context.Context, j job) (consent.Permit, error) {
	return consent.Check(ctx, s.DB.App(j.App), j.pol, consent.Ask{Subject: j.Subject, Feature: j.Feature, Task: j.ID, Consent: j.Consent})
}
