package editions

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
)

const (
	tightenEvery = time.Minute      // while things of earlier versions may still come in
	rowsFor      = 10 * time.Minute // after a version took effect, rows of requests under way may come in
	tightenBatch = 500
	tellAgain    = 30 * time.Second // after a delivery failed
)

// sweepMarks remember when the things of an app were looked through last, and for which version.
type sweepMarks struct {
	mu   sync.Mutex
	last map[privacy.AppID]mark
	tell time.Time // not before
}

type mark struct {
	number int
	at     time.Time
}

// Sweep brings what is stored under the clocks of the versions that took effect since, and tells people
// of what is announced. It runs before the sweep that erases what is due. It implements retention.Due.
func (s *Service) Sweep(ctx context.Context, now time.Time) (int, error) {
	total, failed := s.tellDue(ctx, now)
	for _, app := range s.Apps() {
		n, err := s.tightenApp(ctx, app, now)
		total += n
		failed = errors.Join(failed, err)
	}
	return total, failed
}

// tightenApp looks through the things of one app: at once for a new version, and every now and then while
// something may still come in under an earlier one.
func (s *Service) tightenApp(ctx context.Context, app privacy.AppID, now time.Time) (int, error) {
	list := s.Effective(app, now)
	if len(list) < 2 {
		return 0, nil
	}
	e := list[len(list)-1]
	s.swept.mu.Lock()
	defer s.swept.mu.Unlock()
	if s.swept.last == nil {
		s.swept.last = map[privacy.AppID]mark{}
	}
	last, again := s.swept.last[app]
	again = again && last.number == e.Number
	if again && now.Sub(last.at) < tightenEvery {
		return 0, nil
	}
	total := 0
	if !again || now.Sub(e.EffectiveAt) < rowsFor {
		n, err := s.tightenRows(ctx, app, e)
		if total += n; err != nil {
			return total, err
		}
	}
	n, err := s.tightenObjects(ctx, app, e, now)
	if total += n; err != nil {
		return total, err
	}
	s.swept.last[app] = mark{number: e.Number, at: now}
	return total, nil
}

// tightenRows brings the records of an app under the clocks that start with them.
func (s *Service) tightenRows(ctx context.Context, app privacy.AppID, e book.Edition) (total int, err error) {
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		for _, row := range e.Policy.Retention() {
			if row.Starts != policy.ItemWritten && !(row.Category == "account" && row.Starts == policy.LastActive) {
				continue
			}
			n, err := tx.ShortenRows(ctx, app, row.Category, row.Limit)
			if err != nil {
				return err
			}
			total += n
		}
		return nil
	})
	if err != nil {
		return total, fmt.Errorf("editions: clocks of records: %w", err)
	}
	return total, nil
}

// tightenObjects brings what the vault holds of earlier versions under the version in force, where that is
// stricter (MIX-8-01: "v3 12 h: it dies at 12 h").
func (s *Service) tightenObjects(ctx context.Context, app privacy.AppID, e book.Edition, now time.Time) (total int, failed error) {
	after := privacy.ObjectID("")
	for {
		list, err := s.DB.App(app).ObjectsNotUnder(ctx, e.Policy.Hash(), after, tightenBatch)
		if err != nil {
			return total, fmt.Errorf("editions: things of earlier versions: %w", err)
		}
		for _, o := range list {
			moved, err := s.tightenObject(ctx, o, e, now)
			failed = errors.Join(failed, err) // one that fails does not keep the others alive
			if moved {
				total++
			}
		}
		if len(list) < tightenBatch {
			return total, failed
		}
		after = list[len(list)-1].Object
	}
}

// tightenObject moves the end of one object earlier. A promise to keep it available is broken only for
// those whom the new version binds.
func (s *Service) tightenObject(ctx context.Context, o store.Object, e book.Edition, now time.Time) (moved bool, err error) {
	if stored, ok := s.ByHash(o.App, o.PolicyHash); ok {
		if row, ok := stored.Row(o.Category, o.Starts); ok && row.Floor {
			if binds, err := s.editionFor(ctx, o.App, o.Subject); err != nil || binds.Number < e.Number {
				return false, err
			}
		}
	}
	if !o.IdleAt.IsZero() {
		if idle, ok := retention.Idle(e.Policy, o.Category, o.WrittenAt); ok && idle.At().Before(o.IdleAt) {
			moved = true
			if err := s.DB.Write(ctx, func(tx *store.Tx) error { return tx.ShortenIdle(ctx, o.App, o.Object, idle) }); err != nil {
				return false, fmt.Errorf("editions: idle clock: %w", err)
			}
		}
	}
	d, err := s.end(ctx, o, e.Policy)
	if err != nil || d.IsZero() || !d.At().Before(o.ExpiresAt) {
		return moved, err
	}
	ref := o.Ref
	if d.DestroyBy().After(now) { // what is due already is erased by the sweep that follows
		ref, err = s.Vault.Rewrap(ctx, o.Ref, d, s.DB.Held(o, now))
		switch {
		case errors.Is(err, vault.ErrErased):
			return moved, nil
		case err != nil && !errors.Is(err, vault.ErrLater) && !errors.Is(err, vault.ErrKept): // later: it is wrapped for an earlier hour already
			return moved, fmt.Errorf("editions: shorten deadline: %w", err)
		}
	}
	return true, s.DB.Write(ctx, func(tx *store.Tx) error { return tx.Shorten(ctx, o.App, ref, d) })
}

// end is when an object ends by a policy: by the clock that runs for it, from when that started; or by the
// longest that can still come where its task is open. A category that the policy does not know, or for
// which it has no such clock, leaves the end as it is.
func (s *Service) end(ctx context.Context, o store.Object, p *policy.Policy) (retention.Deadline, error) {
	switch o.Starts {
	case policy.ItemWritten, policy.ResultStored:
		return orNone(retention.For(p, o.Category, o.Starts, o.WrittenAt))
	case policy.TaskSucceeded, policy.TaskFailed, policy.AnalysisEnded, policy.Unused:
		return s.endOfTask(ctx, o, p)
	default:
		started, ok := s.started(o)
		if !ok {
			return retention.Deadline{}, nil
		}
		return orNone(retention.For(p, o.Category, o.Starts, started))
	}
}

// orNone turns "the policy has no such clock" into no deadline.
func orNone(d retention.Deadline, err error) (retention.Deadline, error) {
	if err != nil {
		return retention.Deadline{}, nil //nolint:nilerr // no clock there: the one that runs stays
	}
	return d, nil
}

// endOfTask is the earliest clock of the tasks that used an object and have ended; while none has, the
// ceiling.
func (s *Service) endOfTask(ctx context.Context, o store.Object, p *policy.Policy) (retention.Deadline, error) {
	first, _ := orNone(retention.Ceiling(p, o.Category, o.WrittenAt))
	for _, id := range append(append([]privacy.TaskID(nil), o.Earlier...), o.Task) {
		k, err := s.DB.App(o.App).TaskByID(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return retention.Deadline{}, fmt.Errorf("editions: task of an object: %w", err)
		}
		if k.EndedAt.IsZero() {
			continue
		}
		event := policy.TaskFailed
		if k.State == store.Succeeded {
			event = policy.TaskSucceeded
		}
		d, _ := orNone(retention.For(p, o.Category, event, k.EndedAt))
		if first.IsZero() || !d.IsZero() && d.At().Before(first.At()) {
			first = d
		}
	}
	return first, nil
}

// started counts back when the clock of an object started, by the version under which it runs.
func (s *Service) started(o store.Object) (time.Time, bool) {
	stored, ok := s.ByHash(o.App, o.PolicyHash)
	if !ok {
		return time.Time{}, false
	}
	row, ok := stored.Row(o.Category, o.Starts)
	l := row.Limit
	return o.ExpiresAt.AddDate(-l.Years, -l.Months, -l.Days).Add(-l.Time), ok
}
