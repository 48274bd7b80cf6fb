// Package device gives an app on a device a name.
//
// It promises that the name is drawn at random, known to one app alone, and never derived from the device:
// the same phone in two apps has two names that nothing joins. It never asks the device for a name of its
// own.
package device

import (
	"context"
	"errors"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/intake"
	"vow.example/vow/internal/task"
)

// Service names devices.
type Service struct {
	DB     *store.DB
	Eraser *erasure.Eraser
	Clock  clock.Clock
}

// The refusals.
var (
	ErrNone     = fault.New(fault.Invalid, "category-not-allowed", "This app gives devices no names.")
	ErrPlatform = fault.New(fault.Invalid, "field-not-allowed", "No such platform. Nothing was kept.").
			With("errors", []task.FieldError{{Pointer: "/platform", Code: "unknown_platform", Detail: "One of: ios, android, web."}})
)

const (
	prefix = "dev"
	most   = 20
)

// Name gives an app on a device a name: a new one, or the given one again where it is the subject's and of
// the same platform. The name is drawn at random and known to this app alone (MIX-1.1-03).
func (s *Service) Name(ctx context.Context, who task.Who, platform terms.Platform, id string) (facts.Device, error) {
	if !terms.On(nil, platform) {
		return facts.Device{}, ErrPlatform
	}
	now := s.Clock.Now()
	clock, err := s.clock(who.Policy)
	if err != nil {
		return facts.Device{}, err
	}
	d := facts.Device{ID: id, Subject: who.Subject, Platform: string(platform), At: now, SeenAt: now, ExpiresAt: clock.At()}
	if !privacy.HasPrefix(id, prefix) {
		d.ID = ""
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if d.ID != "" {
			if err := facts.TouchDevice(ctx, tx, who.App(), d); !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		list, err := facts.Devices(ctx, tx.App(who.App()), who.Subject, now)
		if err != nil {
			return err
		}
		if len(list) >= most {
			return fault.New(fault.Unavailable, "rate-limited", "This account has too many devices. Remove one first.")
		}
		d.ID = privacy.NewID(prefix)
		if err := facts.InsertDevice(ctx, tx, who.App(), d); err != nil {
			return errAccount(err)
		}
		return s.note(ctx, tx, who, audit.Event{Kind: "device_named", Object: d.ID, Data: map[string]string{"platform": string(platform)}})
	})
	return d, err
}

// clock returns the clock of a name of a device. A policy without such a category takes none: "no
// device identifier at all" (WIZ-1.1-01).
func (s *Service) clock(p *policy.Policy) (retention.Deadline, error) {
	for _, c := range []privacy.Category{"device_identifiers", "analytics_ids"} {
		if d, err := retention.For(p, c, policy.ItemWritten, s.Clock.Now()); err == nil {
			return d, nil
		}
	}
	return retention.Deadline{}, ErrNone
}

// Forget erases the name of a device. The next one has nothing to do with it.
func (s *Service) Forget(ctx context.Context, who task.Who, id string) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		err := facts.DeleteDevice(ctx, tx, who.App(), who.Subject, id)
		if errors.Is(err, store.ErrNotFound) {
			return fault.New(fault.NotFound, "not-found", "There is no such device.")
		}
		if err != nil {
			return err
		}
		return s.note(ctx, tx, who, audit.Event{Kind: "device_forgotten", Object: id})
	})
}

// note appends an event about a subject to the audit log, inside the transaction.
func (s *Service) note(ctx context.Context, tx *store.Tx, who task.Who, e audit.Event) error {
	e.App, e.Subject, e.PolicyHash = who.App(), who.Subject, who.Policy.Hash()
	return s.Eraser.Note(ctx, tx, e)
}

// errAccount turns the absence of a subject into the refusal of its session.
func errAccount(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return fault.New(fault.Refused, "unauthenticated", "This account was erased.")
	}
	return err
}
