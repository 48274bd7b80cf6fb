// Package forward brings what an app reported to the analytics companies that its policy names, and a
// sentence to people's devices, as disclosures like any other.
//
// It promises that what is queued is queued in the transaction that keeps the report, and judged again in
// the moment it leaves: switch, objection, standing, policy in force, and whether the report is still
// there; that a no empties the queue at once; that the ledger row is committed before the first byte; and
// that what may have left is never sent again. It never sends a field that is not on the recipient's list,
// never makes up an identifier that two apps or two companies share, and never says in a message what
// somebody made.
package forward

import (
	"context"
	"errors"
	"sync"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/intake"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/provider/driver"
	"vow.example/vow/internal/store"
	rows "vow.example/vow/internal/store/forward"
	devices "vow.example/vow/internal/store/intake"
	"vow.example/vow/internal/task"
)

// Policies says which policy binds a subject.
type Policies interface {
	For(ctx context.Context, app privacy.AppID, s privacy.SubjectID) (*policy.Policy, error)
}

// Reader opens what an intake has kept.
type Reader interface {
	Read(ctx context.Context, o store.Object, how vault.Reading) (intake.Record, error)
}

// Recipients takes orders.
type Recipients interface {
	Begin(ctx context.Context, d disclosure.Disclosure, s provider.Start) (driver.Begun, error)
	Release(batch privacy.TaskID)
}

// Ledger notes what recipients hold after the work.
type Ledger interface {
	Kept(ctx context.Context, e disclosure.Entry, stated time.Duration) error
	Lost(ctx context.Context, e disclosure.Entry) error
}

// Lane is how a recipient takes reports.
type Lane struct {
	Events int             // most of them in one order; 0: it takes messages
	Only   map[string]bool // the events that it has a word for; nil: any
}

// Options are the parts that a Service works with.
type Options struct {
	DB         *store.DB
	Eraser     *erasure.Eraser
	Policies   Policies
	Choices    consent.Choices
	Reader     Reader
	Recipients Recipients
	Ledger     Ledger
	// Lane returns how a recipient of an app takes what it is sent; false: it is not wired, and gets nothing.
	Lane func(app privacy.AppID, r privacy.RecipientID) (Lane, bool)
	// MayReceive, where set, refuses what the guardian of a minor has not agreed to.
	MayReceive func(ctx context.Context, who task.Who, purpose privacy.Purpose, to privacy.RecipientID) error
	// Silenced says whether a person has switched a kind of messages off on a channel; nil: nobody has.
	Silenced func(ctx context.Context, app privacy.AppID, s privacy.SubjectID, kind, channel string) (bool, error)
	Clock    clock.Clock // of the policies
	Machine  clock.Clock // of the computer: traffic waits by it
	Log      log.Logger
	// At, where set, is called with the name of every point that a crash may hit.
	At func(point string)
}

// Service forwards. It is safe for concurrent use.
type Service struct {
	Options
	mu   sync.Mutex
	rest map[privacy.RecipientID]time.Time // by the machine's clock: not before
	busy map[privacy.RecipientID]bool
	work sync.WaitGroup
}

// New returns a Service.
func New(o Options) *Service {
	if o.At == nil {
		o.At = func(string) {}
	}
	if o.MayReceive == nil {
		o.MayReceive = func(context.Context, task.Who, privacy.Purpose, privacy.RecipientID) error { return nil }
	}
	if o.Silenced == nil {
		o.Silenced = func(context.Context, privacy.AppID, privacy.SubjectID, string, string) (bool, error) {
			return false, nil
		}
	}
	return &Service{Options: o, rest: map[privacy.RecipientID]time.Time{}, busy: map[privacy.RecipientID]bool{}}
}

const (
	prefix = "fwd"
	// freshness is how long a report is of use: Google drops events that are older.
	freshness = 72 * time.Hour
	// spoken is how long a message is of use.
	spoken = 24 * time.Hour
)

// Taken queues a report for everybody who may get it, in the transaction that keeps it.
func (s *Service) Taken(ctx context.Context, tx *store.Tx, b intake.Batch) error {
	if b.Items == 0 {
		return nil
	}
	ctx = tx.Within(ctx)
	for _, f := range b.Who.Policy.Terms().Forwards {
		lane, wired := s.Lane(b.Who.App(), f.Recipient)
		if _, may := b.Who.Policy.Terms().ForwardOf(f.Recipient, b.Intake.ID, b.Platform); !may || !wired || lane.Events == 0 {
			continue
		}
		if err := rows.PutReport(ctx, tx, rows.Row{
			App: b.Who.App(), ID: name(), Subject: b.Who.Subject, Intake: b.Intake.ID, Recipient: f.Recipient, Platform: string(b.Platform),
			Object: string(b.Object), At: b.At, ExpiresAt: b.At.Add(freshness),
		}); err != nil {
			return err
		}
	}
	return nil
}

// Tell queues a sentence for every device of a subject, over the gateways of the policy that binds them, as
// far as the person lets it. topic is what it is about: nobody is told twice of the same while the first
// message waits. What the person thinks of it is asked again when it leaves.
func (s *Service) Tell(ctx context.Context, tx *store.Tx, to Person, says disclosure.Sentence, topic string) error {
	ctx = tx.Within(ctx)
	pol, err := s.Policies.For(ctx, to.App, to.Subject)
	if err != nil || len(pol.Terms().Notices.Gateways) == 0 {
		return err
	}
	now := s.Clock.Now()
	list, err := devices.Devices(ctx, tx.App(to.App), to.Subject, now)
	if err != nil {
		return err
	}
	for _, g := range pol.Terms().Notices.Gateways {
		if _, wired := s.Lane(to.App, g.Recipient); !wired {
			continue
		}
		for _, d := range list {
			r := rows.Row{
				App: to.App, ID: name(), Subject: to.Subject, Kind: string(says), Recipient: g.Recipient, Platform: d.Platform,
				Object: d.ID, Topic: topic, At: now, ExpiresAt: now.Add(spoken),
			}
			if err := s.queue(ctx, tx, pol, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// queue writes a message that the person lets leave.
func (s *Service) queue(ctx context.Context, tx *store.Tx, pol *policy.Policy, r rows.Row) error {
	if _, err := s.allow(ctx, pol, r); err != nil {
		if refused(err) {
			return nil
		}
		return err
	}
	return rows.PutMessage(ctx, tx, r)
}

// Person is to whom a message goes.
type Person struct {
	App     privacy.AppID
	Subject privacy.SubjectID
}

// Chosen empties the queue of what a subject's choices do not let leave any more, and erases by what those
// recipients told their events: they are drawn anew, should the person ever switch it on again.
func (s *Service) Chosen(ctx context.Context, who task.Who) error {
	app := s.DB.App(who.App())
	waiting, err := rows.Waiting(ctx, app, who.Subject)
	if err != nil {
		return err
	}
	names, err := rows.Names(ctx, app, who.Subject)
	if err != nil {
		return err
	}
	var off []rows.Row
	for _, r := range waiting {
		if _, err := s.allow(ctx, who.Policy, r); refused(err) {
			off = append(off, r)
		}
	}
	names = s.unwanted(ctx, who, names)
	if len(off)+len(names) == 0 {
		return nil
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		for _, r := range off {
			if err := rows.Drop(ctx, tx, r); err != nil {
				return err
			}
		}
		for _, n := range names {
			if err := rows.DropName(ctx, tx, n); err != nil {
				return err
			}
		}
		return nil
	})
}

// unwanted returns the names of those recipients of which every switch is off.
func (s *Service) unwanted(ctx context.Context, who task.Who, names []rows.Name) (list []rows.Name) {
	for _, n := range names {
		on := false
		for _, f := range who.Policy.Terms().Forwards {
			on = on || f.Recipient == n.Recipient && s.Choices.SwitchOn(ctx, who.App(), who.Subject, f.Switch) && !s.Choices.Objected(ctx, who.App(), who.Subject, f.Purpose)
		}
		if !on {
			list = append(list, n)
		}
	}
	return list
}

// Recover ends what an earlier process was sending when it stopped: it may have arrived, so it is on the
// list and is not sent again.
func (s *Service) Recover(ctx context.Context) error {
	list, err := rows.OnTheWay(ctx, s.DB)
	for _, r := range list {
		err = errors.Join(err, s.lost(ctx, r))
	}
	return err
}

func name() privacy.TaskID { return privacy.TaskID(privacy.NewID(prefix)) }

// note appends an event to the audit log, inside the transaction.
func (s *Service) note(ctx context.Context, tx *store.Tx, r rows.Row, e audit.Event) error {
	e.App, e.Subject, e.Task = r.App, r.Subject, r.ID
	return s.Eraser.Note(ctx, tx, e)
}
