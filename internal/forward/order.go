package forward

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/intake"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/matter"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	rows "vow.example/vow/internal/store/forward"
	devices "vow.example/vow/internal/store/intake"
	"vow.example/vow/internal/task"
)

// order is one thing on its way out, judged just now.
type order struct {
	row     rows.Row
	policy  *policy.Policy
	prepare func(ctx context.Context, l disclosure.Ledger) (disclosure.Disclosure, error)
	resume  func(ctx context.Context, l disclosure.Ledger) (disclosure.Disclosure, error)
	next    int  // where the next order begins
	more    bool // whether there is one
}

// errOver says that nothing of a row may leave any more, or nothing is left of it.
var errOver = errors.New("forward: over")

// order judges a row and gathers what it would send.
func (s *Service) order(ctx context.Context, r rows.Row) (order, error) {
	pol, err := s.Policies.For(ctx, r.App, r.Subject)
	if err != nil {
		return order{}, err
	}
	lane, wired := s.Lane(r.App, r.Recipient)
	if !wired || (r.Kind == rows.Report) != (lane.Events > 0) {
		return order{}, errOver
	}
	allowed, err := s.allow(ctx, pol, r)
	if err != nil {
		return order{}, over(err)
	}
	o := order{row: r, policy: pol}
	if r.Kind != rows.Report {
		return s.message(ctx, o, allowed)
	}
	return s.report(ctx, o, allowed, lane)
}

// over turns a refusal into the end of a row; any other error is tried again.
func over(err error) error {
	if refused(err) {
		return errOver
	}
	return err
}

// refused reports whether an error is a decision, and not a failure to find one.
func refused(err error) bool {
	var f *fault.Error
	return errors.As(err, &f) && fault.KindOf(err) != fault.Internal && fault.KindOf(err) != fault.Unavailable
}

// allow asks for the proof that a row may leave now.
func (s *Service) allow(ctx context.Context, pol *policy.Policy, r rows.Row) (a consent.Allowance, err error) {
	w := consent.Wish{Subject: r.Subject, Batch: r.ID, Recipient: r.Recipient, Platform: terms.Platform(r.Platform), Intake: r.Intake}
	purpose := privacy.Purpose("")
	if r.Kind == rows.Report {
		a, err = consent.CheckSwitch(ctx, s.Choices, pol, w)
		f, _ := a.Forward()
		purpose = f.Purpose
	} else {
		a, err = consent.CheckMessage(ctx, s.Choices, pol, w)
		g, _ := a.Gateway()
		purpose = g.Purpose
		if err == nil {
			err = s.wanted(ctx, r, g.Channel)
		}
	}
	if err == nil {
		err = s.MayReceive(ctx, task.Who{Policy: pol, Subject: r.Subject}, purpose, r.Recipient)
	}
	return a, err
}

// wanted refuses a message of a kind that its person has switched off on the channel. A security alert and a
// change of the policy are always wanted.
func (s *Service) wanted(ctx context.Context, r rows.Row, channel string) error {
	kind := disclosure.Sentence(r.Kind).Kind()
	if !matter.MayBeOff(kind, channel) {
		return nil
	}
	off, err := s.Silenced(ctx, r.App, r.Subject, kind, channel)
	if err == nil && off {
		return consent.ErrOff
	}
	return err
}

// report opens what was reported and takes as many events as one order holds.
func (s *Service) report(ctx context.Context, o order, a consent.Allowance, lane Lane) (order, error) {
	f, _ := a.Forward()
	in, ok := o.policy.Terms().Intake(o.row.Intake)
	object, err := s.DB.App(o.row.App).Object(ctx, o.row.Subject, privacy.ObjectID(o.row.Object))
	if !ok || errors.Is(err, store.ErrNotFound) {
		return o, errOver
	}
	if err != nil {
		return o, err
	}
	record, err := s.Reader.Read(ctx, object, vault.Reading{Why: vault.ForDisclosure, Purpose: f.Purpose, Policy: o.policy})
	if errors.Is(err, vault.ErrErased) || refused(err) {
		return o, errOver
	}
	if err != nil {
		return o, err
	}
	events, next := compose(record, f, in, lane, o.row.Done)
	if len(events) == 0 {
		return o, errOver
	}
	client, err := s.name(ctx, o.row, o.policy)
	if err != nil {
		return o, err
	}
	r := disclosure.Report{Policy: o.policy, Allowance: a, Batch: o.row.ID, Client: client, Events: events}
	rest, _ := compose(record, f, in, lane, next)
	o.next, o.more = next, len(rest) > 0
	o.prepare = func(ctx context.Context, l disclosure.Ledger) (disclosure.Disclosure, error) {
		return disclosure.PrepareReport(ctx, l, s.Clock, r)
	}
	o.resume = func(ctx context.Context, l disclosure.Ledger) (disclosure.Disclosure, error) {
		return disclosure.ResumeReport(ctx, l, s.Clock, o.row.Transfer, r)
	}
	return o, nil
}

// compose returns the next events of a record for a recipient, and where the ones after them begin. Of an
// event goes what is on the recipient's list and fits a report; an event of which nothing is left, or for
// which the recipient has no word, stays here.
func compose(r intake.Record, f terms.Forward, in terms.Intake, lane Lane, from int) (list []disclosure.Event, next int) {
	for next = from; next < len(r.Items) && len(list) < lane.Events; next++ {
		item := r.Items[next]
		e := disclosure.Event{Name: in.ID, At: r.At, Params: map[string]any{}}
		fields := in.Fields
		if in.Kind == terms.Events {
			e.Name = item.Name
			for _, schema := range in.Events {
				if schema.ID == item.Name {
					fields = append(append([]terms.Field(nil), in.Fields...), schema.Fields...)
				}
			}
		}
		if item.At != nil {
			e.At = *item.At
		}
		for _, id := range f.Fields {
			for _, field := range fields {
				if v, given := item.Data[id]; given && field.ID == id && disclosure.Fits(field, v) {
					e.Params[id] = v
				}
			}
		}
		if len(e.Params) > 0 && (lane.Only == nil || lane.Only[e.Name]) {
			list = append(list, e)
		}
	}
	return list, next
}

// The category of the identifiers by which recipients tell one person's events.
const identifiers privacy.Category = "analytics_ids"

// name returns by what a recipient tells a person's events: drawn at random for this app and recipient, and
// kept under its clock (MIX-1.2-03). Where the policy lets none be kept, each order has one of its own.
func (s *Service) name(ctx context.Context, r rows.Row, pol *policy.Policy) (string, error) {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the program instead
	now := s.Clock.Now()
	n := rows.Name{App: r.App, Subject: r.Subject, Recipient: r.Recipient, Name: hex.EncodeToString(raw), At: now}
	d, err := retention.For(pol, identifiers, policy.ItemWritten, now)
	if err != nil {
		return n.Name, nil //nolint:nilerr // no such clock: nothing is kept
	}
	n.ExpiresAt = d.At()
	kept := ""
	err = s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		kept, err = rows.KeepName(ctx, tx, n)
		return err
	})
	if errors.Is(err, store.ErrNotFound) { // the account is gone
		return "", errOver
	}
	return kept, err
}

// message names the device and the language of a message.
func (s *Service) message(ctx context.Context, o order, a consent.Allowance) (order, error) {
	app, now := s.DB.App(o.row.App), s.Clock.Now()
	person, err := app.Subject(ctx, o.row.Subject)
	if errors.Is(err, store.ErrNotFound) || err == nil && !now.Before(person.ExpiresAt) {
		return o, errOver
	}
	if err != nil {
		return o, err
	}
	known, err := devices.Devices(ctx, app, o.row.Subject, now)
	if err != nil {
		return o, err
	}
	there := false
	for _, d := range known {
		there = there || d.ID == o.row.Object && d.Platform == o.row.Platform
	}
	if !there {
		return o, errOver
	}
	m := disclosure.Message{Policy: o.policy, Allowance: a, Batch: o.row.ID, Device: o.row.Object, Says: disclosure.Sentence(o.row.Kind), Language: person.Locale}
	o.prepare = func(ctx context.Context, l disclosure.Ledger) (disclosure.Disclosure, error) {
		return disclosure.PrepareMessage(ctx, l, s.Clock, m)
	}
	o.resume = func(ctx context.Context, l disclosure.Ledger) (disclosure.Disclosure, error) {
		return disclosure.ResumeMessage(ctx, l, s.Clock, o.row.Transfer, m)
	}
	return o, nil
}

// entry is the disclosure ledger for one row. It implements disclosure.Ledger.
type entry struct {
	s   *Service
	row rows.Row
}

// Prepare commits the ledger row together with the state of the row that waits.
func (l entry) Prepare(ctx context.Context, e disclosure.Entry) error {
	until, err := l.s.Eraser.EvidenceUntil(e.App, "disclosure_record")
	if err != nil {
		return err
	}
	err = l.s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := rows.SetPrepared(ctx, tx, l.row, e.ID); err != nil {
			return err
		}
		if err := tx.InsertTransfer(ctx, e, until); err != nil {
			return err
		}
		return l.s.noteTransfer(ctx, tx, l.row, "disclosure_prepared", e)
	})
	if errors.Is(err, store.ErrNotFound) { // its person said no meanwhile
		return errOver
	}
	return err
}

// Entry returns the row that was prepared for the order.
func (l entry) Entry(ctx context.Context, id privacy.TransferID) (disclosure.Entry, error) {
	list, err := l.s.DB.App(l.row.App).TaskTransfers(ctx, l.row.ID)
	for _, t := range list {
		if t.ID == id {
			return t.Entry, nil
		}
	}
	return disclosure.Entry{}, errors.Join(err, store.ErrNotFound)
}
