// Package talk keeps conversations: it puts the questions of one in their order, gives every new one the
// turns before it, and ends them together.
//
// It promises that the turns before come from what this server keeps and never from a client, that a turn
// which has ended its clock is in no later one, and that ending a conversation ends every word of it. It
// never sends anything and never decides: every question is a task like any other.
package talk

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/review"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/talk"
	"vow.example/vow/internal/task"
)

// Service keeps conversations.
type Service struct {
	DB     *store.DB
	Vault  *vault.Vault
	Tasks  *task.Service
	Eraser *erasure.Eraser
	Clock  clock.Clock

	mu    sync.Mutex
	taken map[privacy.ChatID]chan struct{} // a question of it is being taken, or it is being ended; closed when that is over
}

// The refusals.
var (
	ErrNoChat = fault.New(fault.NotFound, "not-found", "This app has no chat.")
	ErrMany   = fault.New(fault.Unavailable, "rate-limited", "There are too many conversations. End one first.")
	ErrBusy   = fault.New(fault.Conflict, "conflict", "The answer before is still being written. Wait for it, or stop it.")
)

const (
	mostChats = 500      // of one person: whoever has more of them looks at none
	mostTurns = 40       // of the turns before that go along: more of them are no context that a model would use
	mostText  = 64 << 10 // bytes that are read of one turn
)

// Feature returns the feature of the app that goes on with a conversation.
func Feature(p *policy.Policy) (policy.Feature, error) {
	for _, f := range p.Features() {
		if _, ok := f.Input(review.Earlier); ok && f.Live {
			return f, nil
		}
	}
	return policy.Feature{}, ErrNoChat
}

// question is the field of what the person says.
func question(f policy.Feature) privacy.Field {
	i := slices.IndexFunc(f.Inputs, func(in policy.Input) bool { return in.Kind == policy.Prompt && in.Field != review.Earlier })
	if i < 0 {
		return ""
	}
	return f.Inputs[i].Field
}

// life returns until when the row of a conversation is kept: as long as the facts of its latest task.
func life(p *policy.Policy, now time.Time) (time.Time, error) {
	d, err := retention.For(p, "task_metadata", policy.ItemWritten, now)
	return d.At(), err
}

// Start begins a conversation.
func (s *Service) Start(ctx context.Context, who task.Who) (talk.Chat, error) {
	if _, err := Feature(who.Policy); err != nil {
		return talk.Chat{}, err
	}
	now := s.Clock.Now()
	until, err := life(who.Policy, now)
	if err != nil {
		return talk.Chat{}, err
	}
	c := talk.Chat{ID: privacy.ChatID(privacy.NewID(privacy.PrefixChat)), Subject: who.Subject, At: now, TouchedAt: now, ExpiresAt: until}
	err = s.DB.Write(ctx, func(tx *store.Tx) error { return talk.Insert(ctx, tx, who.App(), c, mostChats) })
	if errors.Is(err, store.ErrNotFound) {
		return c, ErrMany
	}
	return c, err
}

// List returns a person's conversations, the newest first.
func (s *Service) List(ctx context.Context, who task.Who, p talk.Page) ([]talk.Chat, error) {
	return talk.List(ctx, s.DB.App(who.App()), who.Subject, p, s.Clock.Now())
}

// Find returns a person's conversation, or fails with store.ErrNotFound.
func (s *Service) Find(ctx context.Context, who task.Who, id privacy.ChatID) (talk.Chat, error) {
	return talk.Find(ctx, s.DB.App(who.App()), who.Subject, id, s.Clock.Now())
}

// Say is one question.
type Say struct {
	Text     privacy.Text
	Consent  privacy.ConsentID
	Language privacy.Lang
	Key      string // idempotency key; empty: none
}

// key is the idempotency key of a question: what was asked in one conversation is no answer in another.
func (say Say) key(id privacy.ChatID) string {
	if say.Key == "" {
		return ""
	}
	return string(id) + "/" + say.Key
}

// alone keeps others out of a conversation until the func that it returns is called: of several questions
// that come at once one is asked, and the others know nothing of its answer yet.
func (s *Service) alone(id privacy.ChatID) (func(), error) {
	done, _ := s.take(id)
	if done == nil {
		return nil, ErrBusy
	}
	return done, nil
}

// wait is alone for whoever would rather wait: the end of a conversation does not come before a question
// that is being taken, which it would not know of.
func (s *Service) wait(ctx context.Context, id privacy.ChatID) (func(), error) {
	for {
		done, over := s.take(id)
		if done != nil {
			return done, nil
		}
		select {
		case <-over:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// take takes a conversation, or returns what is closed when somebody else has done with it.
func (s *Service) take(id privacy.ChatID) (done func(), over <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if over, ok := s.taken[id]; ok {
		return nil, over
	}
	if s.taken == nil {
		s.taken = map[privacy.ChatID]chan struct{}{}
	}
	mine := make(chan struct{})
	s.taken[id] = mine
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.taken, id)
		close(mine)
	}, nil
}

// Say asks a question. The task that it returns answers it, and is read along and stopped like any other.
func (s *Service) Say(ctx context.Context, who task.Who, id privacy.ChatID, say Say) (store.Task, error) {
	done, err := s.alone(id)
	if err != nil {
		return store.Task{}, err
	}
	defer done()
	return s.say(ctx, who, id, say)
}

func (s *Service) say(ctx context.Context, who task.Who, id privacy.ChatID, say Say) (store.Task, error) {
	f, err := Feature(who.Policy)
	if err != nil {
		return store.Task{}, err
	}
	c, err := s.Find(ctx, who, id)
	if err != nil {
		return store.Task{}, err
	}
	turns, err := s.Turns(ctx, who, id)
	if err != nil {
		return store.Task{}, err
	}
	if len(turns) > 0 && !turns[len(turns)-1].State.Ended() {
		return store.Task{}, ErrBusy
	}
	k, replayed, err := s.Tasks.Submit(ctx, who, task.Request{
		Feature: f.ID, Texts: map[privacy.Field]privacy.Text{question(f): say.Text}, Earlier: earlier(f, turns),
		Consent: say.Consent, Language: say.Language, Key: say.key(id),
	})
	if err != nil || replayed {
		return k, err
	}
	if c.ExpiresAt, err = life(who.Policy, k.CreatedAt); err != nil {
		return k, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		return talk.AddTurn(ctx, tx, who.App(), c, talk.Turn{Task: k.ID, At: k.CreatedAt})
	})
	if err != nil { // the conversation has ended meanwhile: its last question ends with it
		return k, errors.Join(err, s.Tasks.Stop(context.WithoutCancel(ctx), k, "canceled"))
	}
	return k, nil
}

// Turn is one question with its answer, as far as their clocks let them be read.
type Turn struct {
	talk.Turn
	State    store.TaskState
	WasSent  bool
	Language privacy.Lang
	Question privacy.Text // empty: erased
	Answer   privacy.Text // empty: not there yet, none, or erased
	Notices  []string
	GoneBy   time.Time // when the last word of it is erased; zero: it is
}

// Turns returns the turns of a conversation, the oldest first. A turn whose task is gone is left out.
func (s *Service) Turns(ctx context.Context, who task.Who, id privacy.ChatID) ([]Turn, error) {
	list, err := talk.Turns(ctx, s.DB.App(who.App()), id)
	if err != nil {
		return nil, err
	}
	var turns []Turn
	for _, t := range list {
		turn, err := s.turn(ctx, who, t)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		turns = append(turns, turn)
	}
	return turns, nil
}

func (s *Service) turn(ctx context.Context, who task.Who, t talk.Turn) (Turn, error) {
	app := s.DB.App(who.App())
	k, err := app.Task(ctx, who.Subject, t.Task)
	if err != nil {
		return Turn{}, err
	}
	turn := Turn{Turn: t, State: k.State, WasSent: k.WasSent, Language: k.Language}
	objects, err := app.TaskObjects(ctx, k.ID)
	if err != nil {
		return Turn{}, err
	}
	for _, o := range objects {
		var into *privacy.Text
		switch {
		case privacy.HasPrefix(string(o.Object), privacy.PrefixOutput):
			into, turn.Notices = &turn.Answer, o.Notices
		case o.Role == review.Earlier:
			continue
		default:
			into = &turn.Question
		}
		if *into, err = s.read(ctx, who, o); err != nil {
			return Turn{}, err
		}
		if !into.Empty() && o.Due().After(turn.GoneBy) {
			turn.GoneBy = o.Due()
		}
	}
	return turn, nil
}

// read opens what its own subject said or was told. What has ended its clock is empty.
func (s *Service) read(ctx context.Context, who task.Who, o store.Object) (privacy.Text, error) {
	lease, err := s.Vault.Lend(ctx, o.Ref, o.Due(), vault.Reading{Why: vault.ForSubject, Policy: who.Policy})
	if err != nil {
		return unread(err)
	}
	r, err := lease.Open()
	if err != nil {
		return unread(err)
	}
	defer func() { _ = r.Close() }() // only read
	raw, err := io.ReadAll(io.LimitReader(r, mostText))
	if err != nil {
		return unread(err)
	}
	return privacy.NewText(strings.ToValidUTF8(string(raw), "")), nil
}

// unread is no text: because it is gone, which is no failure, or because of one.
func unread(err error) (privacy.Text, error) {
	if errors.Is(err, vault.ErrErased) {
		return privacy.Text{}, nil
	}
	return privacy.Text{}, fmt.Errorf("talk: %w", err)
}

// earlier writes down the answered turns before, the latest ones as far as the policy lets them go along.
func earlier(f policy.Feature, turns []Turn) privacy.Text {
	in, ok := f.Input(review.Earlier)
	if !ok {
		return privacy.Text{}
	}
	type line struct {
		Role string `json:"role"`
		Text string `json:"text"`
	}
	var lines []line
	var written []byte
	for _, t := range slices.Backward(turns[max(0, len(turns)-mostTurns):]) {
		if t.State != store.Succeeded || t.Question.Empty() || t.Answer.Empty() {
			continue
		}
		more := slices.Concat([]line{{"user", t.Question.Reveal()}, {"assistant", t.Answer.Reveal()}}, lines)
		raw, err := json.Marshal(more)
		if err != nil || in.MaxLength > 0 && utf8.RuneCount(raw) > in.MaxLength {
			break
		}
		lines, written = more, raw
	}
	return privacy.NewText(string(written))
}

// errGrown says that a conversation has other turns than those whose words were erased.
var errGrown = errors.New("talk: a turn was added meanwhile")

// Erase ends a conversation: what runs is stopped, every word of it is erased, and the order of its turns
// with them. It waits for a question that is being taken, and ends that with the others. It returns the
// receipts.
func (s *Service) Erase(ctx context.Context, who task.Who, id privacy.ChatID) ([]store.Receipt, error) {
	done, err := s.wait(ctx, id)
	if err != nil {
		return nil, err
	}
	defer done()
	if _, err := s.Find(ctx, who, id); err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx) // once a key is gone, its row must follow
	receipts, err := s.erase(ctx, who, id)
	for errors.Is(err, errGrown) {
		receipts, err = s.erase(ctx, who, id)
	}
	return receipts, err
}

// erase erases the turns that a conversation has now, or fails with errGrown where it has others by then.
func (s *Service) erase(ctx context.Context, who task.Who, id privacy.ChatID) ([]store.Receipt, error) {
	app := s.DB.App(who.App())
	turns, err := talk.Turns(ctx, app, id)
	if err != nil {
		return nil, err
	}
	var objects []store.Object
	var tasks []store.Task
	for _, t := range turns {
		k, err := app.Task(ctx, who.Subject, t.Task)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := s.Tasks.Stop(ctx, k, "canceled"); err != nil {
			return nil, err
		}
		list, err := app.TaskObjects(ctx, k.ID)
		if err != nil {
			return nil, err
		}
		objects, tasks = append(objects, list...), append(tasks, k)
	}
	return s.Eraser.Objects(ctx, objects, erasure.SubjectRequest, func(tx *store.Tx) error {
		if by, err := talk.Turns(ctx, tx.App(who.App()), id); err != nil || !slices.Equal(by, turns) {
			return cmp.Or(err, errGrown)
		}
		return forget(ctx, tx, who, id, tasks)
	})
}

// forget deletes the rows of a conversation whose words are gone.
func forget(ctx context.Context, tx *store.Tx, who task.Who, id privacy.ChatID, tasks []store.Task) error {
	for _, k := range tasks {
		if err := tx.DeleteTask(ctx, k.App, k.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return talk.Erase(ctx, tx, who.App(), who.Subject, id)
}
