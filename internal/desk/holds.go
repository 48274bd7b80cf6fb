package desk

import (
	"context"
	"errors"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/desk"
	"vow.example/vow/internal/store/people"
	"vow.example/vow/internal/task"
)

var errMemory = fault.New(fault.Conflict, "memory-only", "This lives in memory only, until its work is done. No order keeps it.")

// standsFor is what retention judges of an order.
func standsFor(o facts.Order, approvals int) retention.Order {
	return retention.Order{App: o.App, Ground: o.Ground, Document: o.Document, Approvals: approvals, From: o.At, Until: o.Until}
}

// holdable returns what an order can keep: things on disk that exist right now. It refuses an order about
// one thing that is gone or that lives in memory: a hold creates nothing and brings nothing back (C-ALL-02).
func (s *Service) holdable(ctx context.Context, o facts.Order) ([]store.Object, error) {
	app, now := s.DB.App(o.App), s.Clock.Now()
	if o.Object != "" {
		x, err := app.Object(ctx, o.Subject, o.Object)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return nil, s.gone(ctx, app, o.Subject, o.Object)
		case err != nil:
			return nil, err
		case x.Memory:
			return nil, errMemory
		case !now.Before(x.GoneBy()) || x.Ending != "" && !x.HeldAt(now):
			return nil, errErased
		}
		return []store.Object{x}, nil
	}
	all, err := app.Objects(ctx, o.Subject)
	if err != nil {
		return nil, err
	}
	var list []store.Object
	for _, x := range all {
		if !x.Memory && x.Role != roleWords && !x.WrittenAt.After(o.At) && now.Before(x.GoneBy()) && (x.Ending == "" || x.HeldAt(now)) {
			list = append(list, x)
		}
	}
	return list, nil
}

// hold puts a legal order in force: the keys of what it keeps are wrapped for its last hour, then one
// transaction says so, and then they are wrapped once more: whoever shortened one in between could not know.
// What was erased in between stays erased.
func (s *Service) hold(ctx context.Context, by facts.Staff, o facts.Order) (facts.Order, error) {
	p, err := s.Policies.For(ctx, o.App, o.Subject)
	if err != nil {
		return o, err
	}
	h, err := retention.Held(p, standsFor(o, len(o.Approvals)))
	if err != nil {
		return o, err
	}
	return s.keep(ctx, by, o, h, store.HoldOrder)
}

func (s *Service) keep(ctx context.Context, by facts.Staff, o facts.Order, h retention.Hold, kind string) (facts.Order, error) {
	list, err := s.holdable(ctx, o)
	if err != nil {
		return o, err
	}
	var kept []store.Object
	for _, x := range list {
		ref, err := s.Vault.Keep(ctx, x.Ref, h)
		if errors.Is(err, vault.ErrErased) {
			continue
		}
		if err != nil {
			return o, err
		}
		x.Ref = ref
		kept = append(kept, x)
	}
	if len(kept) == 0 {
		return o, errErased
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		for _, x := range kept {
			if err := s.held(ctx, tx, x, o, kind); err != nil {
				return err
			}
		}
		if err := s.stillRestricted(ctx, tx, o); err != nil {
			return err
		}
		if err := o.Move(ctx, tx, facts.InForce, s.Clock.Now()); err != nil {
			return err
		}
		return s.noteOrder(ctx, tx, by, o, "order_in_force")
	})
	if err != nil {
		return o, unlessNotFound(err)
	}
	o.State = facts.InForce
	for _, x := range kept {
		if _, again := s.Vault.Keep(ctx, x.Ref, h); !errors.Is(again, vault.ErrErased) {
			err = errors.Join(err, again)
		}
	}
	return o, err
}

// stillRestricted refuses a person's own keep whose restriction has ended since it was asked for.
func (s *Service) stillRestricted(ctx context.Context, tx *store.Tx, o facts.Order) error {
	if o.Kind != facts.Keep {
		return nil
	}
	p, err := people.ProfileOf(ctx, tx.App(o.App), o.Subject, s.Clock.Now())
	if err == nil && p.Restriction != o.Ground {
		return retention.ErrGround
	}
	return err
}

// held writes that one object is kept, under the stronger and longer of what keeps it already.
func (s *Service) held(ctx context.Context, tx *store.Tx, x store.Object, o facts.Order, kind string) error {
	until := o.Until
	if x.HeldAt(s.Clock.Now()) {
		if x.Hold == store.HoldOrder {
			kind = store.HoldOrder
		}
		if x.HoldUntil.After(until) {
			until = x.HoldUntil
		}
	}
	err := tx.HoldObject(ctx, x.Ref, kind, until)
	if errors.Is(err, store.ErrNotFound) {
		return nil // the sweep was faster
	}
	return err
}

// EndHold ends a legal order before its time: what it alone kept dies with the next sweep.
func (s *Service) EndHold(ctx context.Context, by facts.Staff, id string) (facts.Order, error) {
	o, err := s.orderOf(ctx, by, facts.Hold, id)
	if err != nil {
		return o, err
	}
	return s.release(ctx, by, o)
}

// release ends an order that keeps things, and lets go what nothing else keeps.
func (s *Service) release(ctx context.Context, by facts.Staff, o facts.Order) (facts.Order, error) {
	if o.State != facts.InForce && o.State != facts.Asked {
		return o, fault.New(fault.Conflict, "conflict", "This has ended.").With("state", o.State)
	}
	err := s.DB.Write(ctx, func(tx *store.Tx) error { return s.end(ctx, tx, by, []facts.Order{o}) })
	o.State, o.EndedAt = facts.Ended, s.Clock.Now()
	return o, unlessNotFound(err)
}

// end ends orders of one subject that keep things, and lets go what nothing else keeps.
func (s *Service) end(ctx context.Context, tx *store.Tx, by facts.Staff, list []facts.Order) error {
	for _, o := range list {
		if err := o.Move(ctx, tx, facts.Ended, s.Clock.Now()); err != nil {
			return err
		}
		if err := s.noteOrder(ctx, tx, by, o, "order_ended"); err != nil {
			return err
		}
	}
	if len(list) == 0 {
		return nil
	}
	all, err := tx.App(list[0].App).Objects(ctx, list[0].Subject)
	if err != nil {
		return err
	}
	for _, x := range all {
		if x.Hold == "" {
			continue
		}
		if err := s.rehold(ctx, tx, x); err != nil {
			return err
		}
	}
	return nil
}

// rehold writes what still keeps an object: the strongest order, until the last of them ends.
func (s *Service) rehold(ctx context.Context, tx *store.Tx, x store.Object) error {
	standing, err := facts.Standing(ctx, tx.App(x.App), x, s.Clock.Now())
	if err != nil {
		return err
	}
	if len(standing) == 0 {
		return tx.FreeObject(ctx, x.App, x.Object)
	}
	kind, until := store.HoldKeep, standing[0].Until
	for _, o := range standing {
		if o.Kind == facts.Hold {
			kind = store.HoldOrder
		}
		if o.Until.After(until) {
			until = o.Until
		}
	}
	return tx.HoldObject(ctx, x.Ref, kind, until)
}

// KeepMine keeps one item beyond its clock because its owner asks for it, while processing is restricted on
// a ground for which that is possible. It is sealed: nobody reads it but under an override (MIX-6.4-04).
func (s *Service) KeepMine(ctx context.Context, who task.Who, object privacy.ObjectID) (facts.Order, error) {
	now := s.Clock.Now()
	profile, err := people.ProfileOf(ctx, s.DB.App(who.App()), who.Subject, now)
	if err != nil {
		return facts.Order{}, unlessNotFound(err)
	}
	o := facts.Order{
		App: who.App(), ID: privacy.NewID(prefixOrder), Subject: who.Subject, Kind: facts.Keep, Ground: profile.Restriction, Object: object,
		State: facts.Asked, At: now, Until: who.Policy.Terms().Calendar.Due(who.Policy.Terms().Holds.Most, now),
	}
	h, err := retention.Kept(who.Policy, standsFor(o, 0))
	if err != nil {
		return facts.Order{}, err
	}
	if object == "" {
		return facts.Order{}, invalid("/object", "required", "Name the one item that is to be kept.")
	}
	if _, err := s.holdable(ctx, o); err != nil {
		return facts.Order{}, err
	}
	if err := s.insert(ctx, facts.Staff{}, o, sealedWords{}); err != nil {
		return facts.Order{}, err
	}
	return s.keep(ctx, facts.Staff{}, o, h, store.HoldKeep)
}

// LetGo ends what a person asked to keep.
func (s *Service) LetGo(ctx context.Context, who task.Who, id string) (facts.Order, error) {
	o, err := facts.OrderByID(ctx, s.DB.Everywhere(), id)
	if errors.Is(err, store.ErrNotFound) || err == nil && (o.App != who.App() || o.Subject != who.Subject || o.Kind != facts.Keep) {
		return o, errNotFound
	}
	if err != nil {
		return o, err
	}
	return s.release(ctx, facts.Staff{}, o)
}

// Restricted follows a restriction that a person sets or lifts, inside its transaction: on a ground that keeps
// nothing, or on none, everything goes that the person asked to keep.
func (s *Service) Restricted(ctx context.Context, tx *store.Tx, who task.Who, ground string) error {
	return s.restricted(ctx, tx, facts.Staff{}, who, ground)
}

func (s *Service) restricted(ctx context.Context, tx *store.Tx, by facts.Staff, who task.Who, ground string) error {
	if retention.Keeps(who.Policy, ground) {
		return nil
	}
	list, err := facts.Keeps(ctx, tx.App(who.App()), who.Subject)
	if err != nil {
		return err
	}
	return s.end(ctx, tx, by, list)
}

func event(kind audit.Kind, who Subject, data map[string]string) audit.Event {
	return audit.Event{Kind: kind, App: who.App, Subject: who.ID, Data: data}
}
