package task

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/keyring"
	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/media/budget"
	"vow.example/vow/internal/moderate/advice"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/queue"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task/grant"
	"vow.example/vow/internal/task/ledger"
	"vow.example/vow/internal/task/live"
	"vow.example/vow/internal/task/own"
	"vow.example/vow/internal/task/pace"
	"vow.example/vow/internal/task/sealed"
)

// Who is the subject of one app that a request acts for.
type Who struct {
	Policy  *policy.Policy
	Subject privacy.SubjectID
}

// App returns the app.
func (w Who) App() privacy.AppID { return w.Policy.App() }

// Policies says which policy rules: for a subject now, and for what was stored under an earlier one.
type Policies interface {
	For(ctx context.Context, app privacy.AppID, s privacy.SubjectID) (*policy.Policy, error)
	ByHash(app privacy.AppID, hash privacy.PolicyHash) (*policy.Policy, bool)
}

// Options are the parts that a Service works with.
type Options struct {
	DB        *store.DB
	Vault     *vault.Vault
	Ring      *keyring.Ring
	Eraser    *erasure.Eraser
	Providers *provider.Pool
	Gates     map[string]review.Gate
	Policies  Policies
	Clock     clock.Clock
	Log       log.Logger
	HookURL   string         // public base of webhooks, without the token; empty: poll only
	PollEvery time.Duration  // between two questions to a recipient
	GiveUp    time.Duration  // of asking, in all
	Links     Links          // nil: no recipient reads through links
	Own       own.Engine     // the engine of our own
	Advice    *advice.Reader // tells what answers touch; without it no answer is taken
	// Standing, where set, refuses a subject with whose data nothing may be done right now.
	Standing func(ctx context.Context, app privacy.AppID, s privacy.SubjectID) error
	// Paced, where set, counts a task that somebody is about to start, and refuses one in a burst.
	Paced func(ctx context.Context, app privacy.AppID, s privacy.SubjectID) error
	// MayReceive, where set, refuses what the guardian of a minor has not agreed to.
	MayReceive func(ctx context.Context, who Who, purpose privacy.Purpose, to privacy.RecipientID) error
	// Reported says what a device has told about its permissions. nil: no device tells.
	Reported grant.Reported
	// Offers, where set, says whether a drawn thing was reviewed and published in an app; others are not used.
	Offers func(ctx context.Context, app privacy.AppID, kind, id string) bool
	// Ended, where set, is told in the transaction that ends a task, unless the person ended it.
	Ended func(ctx context.Context, tx *store.Tx, k store.Task) error
	// At, where set, is called with the name of every point that a crash may hit.
	At func(point string)
}

// offered refuses a setting that stands for a drawn thing which is not published (PIX-8-04).
func (s *Service) offered(ctx context.Context, app privacy.AppID, f policy.Feature, params map[privacy.Field]string) error {
	for _, in := range f.Inputs {
		if v := params[in.Field]; s.Offers != nil && in.Material != "" && v != "" && !s.Offers(ctx, app, in.Material, v) {
			return errNotFound
		}
	}
	return nil
}

// Links are the addresses through which a recipient may read a task's media.
type Links interface{ End(id privacy.TaskID) }

// Service runs tasks.
type Service struct {
	Options
	queue    *queue.Queue
	live     *live.Board
	pace     pace.Book
	pixels   budget.Pixels
	ledger   *ledger.Ledger
	ticketed sealed.Box
}

// New returns a Service and the queue's work function. Attach must be called before use.
func New(o Options) *Service {
	if o.At == nil {
		o.At = func(string) {}
	}
	box := sealed.New(o.Ring.Subkey("tickets"))
	return &Service{
		Options: o, live: live.New(), pixels: budget.New(), ticketed: box,
		ledger: ledger.New(ledger.Options{
			DB: o.DB, Eraser: o.Eraser, Recipients: o.Providers, Clock: o.Clock, Log: o.Log, Box: box, At: o.At,
		}),
	}
}

// Watch returns a channel that receives after every change of the task, and a function that ends
// the watch.
func (s *Service) Watch(id privacy.TaskID) (news <-chan struct{}, done func()) {
	return s.live.Watch(id)
}

// Usual returns how long a task like this one takes from its acceptance to its result, or 0 where nobody
// knows: too few have ended since the start, or this one waited for a person.
func (s *Service) Usual(k store.Task) time.Duration {
	if k.State == store.AwaitingConfirmation || k.Rule != "" {
		return 0
	}
	return s.pace.Usual(way(k))
}

func way(k store.Task) pace.Way {
	return pace.Way{App: k.App, Feature: k.Feature, Recipient: k.Recipient}
}

// reviewing is the purpose of the gates, in policies that declare it. In others a review is a part of
// the feature and serves its purpose.
const reviewing = privacy.Purpose("safety_review")

// reading says what a step opens the task's content for.
func (j job) reading(why vault.Why) vault.Reading {
	r := vault.Reading{Why: why, Purpose: j.feature.Purpose, Policy: j.pol}
	if why == vault.ForReview {
		if u, ok := j.pol.Terms().Purpose(reviewing); ok {
			r.Purpose = u.ID
		}
	}
	return r
}

// open reads something for a purpose, through a lease of its own.
func (s *Service) open(ctx context.Context, ref vault.Ref, due time.Time, r vault.Reading) (io.ReadCloser, error) {
	lease, err := s.Vault.Lend(ctx, ref, due, r)
	if err != nil {
		return nil, err
	}
	return lease.Open()
}

// Read returns a reader of the task's text while it is made, and a function that ends the reading.
// Nothing of it is stored.
func (s *Service) Read(id privacy.TaskID) (r *live.Reader, done func()) { return s.live.Read(id) }

// Steer keeps this process small while large pictures are worked on; see budget.Pixels.Steer.
func (s *Service) Steer() { s.pixels.Steer() }

// Attach gives the service its queue.
func (s *Service) Attach(q *queue.Queue) { s.queue = q }

// mac returns the keyed digest of a text, in hex: it tells equal texts apart from others without
// keeping them.
func (s *Service) mac(text string) string {
	return hex.EncodeToString(s.digest("prompt-mac", text))
}

// digest returns the keyed digest of some parts for a purpose.
func (s *Service) digest(purpose string, parts ...string) []byte {
	key := s.Ring.Subkey(purpose)
	h := hmac.New(sha256.New, key[:])
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return h.Sum(nil)
}

// note appends an event about the task to the audit log, inside the transaction.
func (s *Service) note(ctx context.Context, tx *store.Tx, k store.Task, kind audit.Kind, data map[string]string) error {
	return s.Eraser.Note(ctx, tx, audit.Event{Kind: kind, App: k.App, Subject: k.Subject, Object: string(k.ID), Task: k.ID, PolicyHash: k.PolicyHash, Data: data})
}

// advance writes the changed facts of a task with its state event, and wakes whoever watches.
func (s *Service) advance(ctx context.Context, k store.Task, more func(*store.Tx) error) error {
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if more != nil {
			if err := more(tx); err != nil {
				return err
			}
		}
		if err := tx.UpdateTask(ctx, k); err != nil {
			return err
		}
		return tx.AddEvent(ctx, k, "state", map[string]any{"state": k.State, "percent": k.Percent}, s.Clock.Now())
	})
	if err == nil {
		s.live.Wake(k.ID)
	}
	return err
}

// The refusals that more than one step uses.
var (
	errFeature  = fault.New(fault.NotFound, "feature-unavailable", "This app does not offer this feature.")
	errNotFound = fault.New(fault.NotFound, "not-found", "There is no such thing here.")
	errErased   = fault.New(fault.Gone, "erased", "This was erased. Nobody can open it any more.")
)

// Work does the next steps of a task. It implements queue.Work.
func (s *Service) Work(ctx context.Context, app privacy.AppID, id privacy.TaskID) (time.Duration, error) {
	s.live.Heed(id)
	ctx, done := s.live.Start(ctx, id)
	defer done()
	if privacy.HasPrefix(string(id), ledger.Prefix) { // an erasure that a recipient still owes
		return 0, s.ledger.Retry(ctx, app, string(id))
	}
	for {
		again, more, err := s.step(ctx, app, id)
		if err != nil || !more {
			return again, err
		}
	}
}

// unknownPixels is what a result counts for that has not been opened yet.
const unknownPixels = 16 << 20

// pixelsOf counts the pixels of some pictures.
func pixelsOf(list ...store.Object) (n int64) {
	for _, o := range list {
		n += int64(o.Width) * int64(o.Height)
	}
	return n
}
