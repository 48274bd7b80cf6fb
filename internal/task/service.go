package task

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"sync"
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
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/provider"
	"vow.example/vow/internal/queue"
	"vow.example/vow/internal/store"
)

// Who is the subject of one app that a request acts for.
type Who struct {
	Policy  *policy.Policy
	Subject privacy.SubjectID
}

// App returns the app.
func (w Who) App() privacy.AppID { return w.Policy.App() }

// Options are the parts that a Service works with.
type Options struct {
	DB        *store.DB
	Vault     *vault.Vault
	Ring      *keyring.Ring
	Eraser    *erasure.Eraser
	Providers *provider.Pool
	Gates     map[string]review.Gate
	Policies  map[privacy.AppID]*policy.Policy
	Clock     clock.Clock
	Log       log.Logger
	HookURL   string        // public base of webhooks, without the token; empty: poll only
	PollEvery time.Duration // between two questions to a recipient
	GiveUp    time.Duration // of asking, in all
	// At, where set, is called with the name of every point that a crash may hit.
	At func(point string)
}

// Service runs tasks.
type Service struct {
	Options
	queue    *queue.Queue
	hub      hub
	pixels   budget.Pixels
	running  running
	ticketed sealer
}

// New returns a Service and the queue's work function. Attach must be called before use.
func New(o Options) *Service {
	if o.At == nil {
		o.At = func(string) {}
	}
	return &Service{
		Options: o, hub: hub{waiting: map[privacy.TaskID]map[chan struct{}]bool{}},
		pixels:   budget.New(),
		running:  running{stop: map[privacy.TaskID]context.CancelFunc{}, hints: map[privacy.TaskID]bool{}, incoming: map[privacy.SubjectID]int{}},
		ticketed: newSealer(o.Ring.Subkey("tickets")),
	}
}

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
	until, err := s.Eraser.EvidenceUntil(k.App, "audit_entry")
	if err != nil {
		return err
	}
	_, err = audit.Append(ctx, tx.Tree(k.Subject, until), audit.Event{
		Kind: kind, App: k.App, Subject: k.Subject, Object: string(k.ID), Task: k.ID, At: s.Clock.Now(), PolicyHash: k.PolicyHash, Data: data,
	})
	return err
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
		s.hub.wake(k.ID)
	}
	return err
}

// The refusals that more than one step uses.
var (
	errFeature  = fault.New(fault.NotFound, "feature-unavailable", "This app does not offer this feature.")
	errNotFound = fault.New(fault.NotFound, "not-found", "There is no such thing here.")
	errErased   = fault.New(fault.Gone, "erased", "This was erased. Nobody can open it any more.")
)

// hub wakes those who wait for news of a task.
type hub struct {
	mu      sync.Mutex
	waiting map[privacy.TaskID]map[chan struct{}]bool
}

// Watch returns a channel that receives after every change of the task, and a function that ends
// the watch.
func (s *Service) Watch(id privacy.TaskID) (news <-chan struct{}, done func()) {
	ch := make(chan struct{}, 1)
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if s.hub.waiting[id] == nil {
		s.hub.waiting[id] = map[chan struct{}]bool{}
	}
	s.hub.waiting[id][ch] = true
	return ch, func() {
		s.hub.mu.Lock()
		defer s.hub.mu.Unlock()
		delete(s.hub.waiting[id], ch)
		if len(s.hub.waiting[id]) == 0 {
			delete(s.hub.waiting, id)
		}
	}
}

func (h *hub) wake(id privacy.TaskID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for ch := range h.waiting[id] {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
}

// running knows what goes on: the tasks that are being worked on, so that a cancel reaches them, the
// tasks that wait to be looked at because of a hint, and the uploads that come in.
type running struct {
	mu       sync.Mutex
	stop     map[privacy.TaskID]context.CancelFunc
	hints    map[privacy.TaskID]bool
	incoming map[privacy.SubjectID]int
}

// hint reports whether no other hint about the task is waiting yet, and lets this one wait.
func (r *running) hint(id privacy.TaskID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	first := !r.hints[id]
	r.hints[id] = true
	return first
}

// heed ends the waiting of a hint: the task is looked at.
func (r *running) heed(id privacy.TaskID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.hints, id)
}

// arrive counts an upload that comes in until left is called, and returns how many do.
func (r *running) arrive(id privacy.SubjectID) (n int, left func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.incoming[id]++
	return r.incoming[id], func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.incoming[id]--; r.incoming[id] == 0 {
			delete(r.incoming, id)
		}
	}
}

func (r *running) start(ctx context.Context, id privacy.TaskID) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stop[id] = cancel
	return ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.stop, id)
		cancel()
	}
}

func (r *running) cancel(id privacy.TaskID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if cancel, ok := r.stop[id]; ok {
		cancel()
	}
}

// Work does the next steps of a task. It implements queue.Work.
func (s *Service) Work(ctx context.Context, app privacy.AppID, id privacy.TaskID) (time.Duration, error) {
	s.running.heed(id)
	ctx, done := s.running.start(ctx, id)
	defer done()
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
