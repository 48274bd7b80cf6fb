package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/intake/form"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/intake"
	"vow.example/vow/internal/task"
)

// longestCase is how long a conversation stays open that nobody closes. Its clock could not start otherwise.
const longestCase = 90 * 24 * time.Hour

const threadPrefix = "thr"

// The names under which a body brings what the person wrote, whatever the schema calls it.
const (
	wireText = "text"
	wireMail = "email"
)

// letter is what a person wrote, judged.
type letter struct {
	intake   terms.Intake
	platform terms.Platform
	author   string
	data     map[string]any
	may      judge // nil: not the person's words
	unwanted bool  // the person has switched this off, or objects to what it is for
}

// letter reads and judges what a person wrote under a schema of a kind; id names it where there are several.
func (s *Service) letter(ctx context.Context, kind terms.IntakeKind, id string, c Call) (letter, error) {
	if err := s.admit(c); err != nil {
		return letter{}, err
	}
	members := []string{wireText, wireMail, "data"}
	if kind == terms.Complaint {
		members = append(members, wirePassed)
	}
	env, platform, err := s.open(c, kind, members...)
	if err != nil {
		return letter{}, err
	}
	in, err := choose(c.Who, kind, platform, id)
	if err != nil {
		return letter{}, fault.New(fault.NotFound, "feature-unavailable", "This app does not offer this here.")
	}
	if err := told(in, env); err != nil {
		return letter{}, err
	}
	values, a, err := s.words(c.Who, in, platform, env)
	if err != nil {
		return letter{}, refusal(err)
	}
	profile, err := s.profile(ctx, c.Who)
	if err != nil {
		return letter{}, err
	}
	may := allows(c.Who, batch{intake: in, answers: []form.Answers{a}})
	chosen := may(profile)
	return letter{in, platform, facts.BySubject, values, may, chosen != nil}, unlessUnwanted(chosen)
}

// words judges text, address and further fields together, and gives them the names of the wire.
func (s *Service) words(who task.Who, in terms.Intake, platform terms.Platform, env map[string]json.RawMessage) (map[string]any, form.Answers, error) {
	given, ok := form.Object(env["data"])
	if !ok {
		return nil, form.Answers{}, form.Refuse(form.CodeRule, "/data", "object", "A JSON object of fields and values.")
	}
	names := map[string]string{}
	for wire, kind := range map[string]terms.FieldKind{wireText: terms.Text, wireMail: terms.Mail} {
		if len(env[wire]) == 0 {
			continue
		}
		id := first(in, kind)
		if id == "" {
			return nil, form.Answers{}, form.Refuse(form.CodeField, "/"+wire, "unknown_field", "The policy does not list this field here.")
		}
		given[id], names[id] = env[wire], wire
	}
	raw, err := json.Marshal(given)
	if err != nil {
		return nil, form.Answers{}, form.Refuse(form.CodeRule, "/data", "object", "A JSON object of fields and values.")
	}
	a, err := s.sheet(who, in, in.Fields, platform, "/data").Judge(raw)
	if err != nil {
		return nil, a, err
	}
	values := a.Values()
	for id, wire := range names {
		if id != wire {
			values[wire] = values[id]
			delete(values, id)
		}
	}
	return values, a, nil
}

// first returns the first field of a kind, or "".
func first(in terms.Intake, kind terms.FieldKind) string {
	for _, f := range in.Fields {
		if f.Kind == kind {
			return f.ID
		}
	}
	return ""
}

// Say keeps feedback, or the answers to a survey: nobody answers them, so their case is closed at once.
func (s *Service) Say(ctx context.Context, kind terms.IntakeKind, id string, c Call) (int, error) {
	l, err := s.letter(ctx, kind, id, c)
	if err != nil || l.unwanted || len(l.data) == 0 {
		return 0, err
	}
	r, err := s.file(ctx, c.Who, l.intake.Category, s.recordOf(l))
	if err != nil {
		return 0, err
	}
	return kept(s.keep(ctx, c.Who, []sealedRecord{r}, l.may, nil))
}

func (s *Service) recordOf(l letter) Record {
	origin := FromSubject
	if l.author == facts.ByStaff {
		origin = FromStaff
	}
	return Record{Intake: l.intake.ID, Kind: l.intake.Kind, Platform: l.platform, Origin: origin, At: s.Clock.Now(), Items: []Item{{Data: l.data}}}
}

// Write sends words to support: as a new conversation, or in the one that is named.
func (s *Service) Write(ctx context.Context, thread string, c Call) (facts.Thread, error) {
	l, err := s.letter(ctx, terms.Support, "", c)
	if err != nil {
		return facts.Thread{}, err
	}
	if l.unwanted {
		return facts.Thread{}, errObjected
	}
	if len(l.data) == 0 {
		return facts.Thread{}, refuse(form.CodeRule, "/"+wireText, "required", "Write something.")
	}
	if thread != "" {
		return s.post(ctx, c.Who, thread, l)
	}
	now := s.Clock.Now()
	t := facts.Thread{
		ID: privacy.NewID(threadPrefix), Subject: c.Who.Subject, Intake: l.intake.ID, Platform: string(l.platform),
		At: now, ChangedAt: now, ClosesAt: now.Add(longestCase),
	}
	last, err := lastOf(c.Who.Policy, l.intake.Category, t.ClosesAt)
	if err != nil {
		return facts.Thread{}, err
	}
	t.ExpiresAt = last
	return t, s.put(ctx, c.Who, t, l, func(tx *store.Tx) error { return facts.InsertThread(ctx, tx, c.Who.App(), t) })
}

// lastOf returns when the rows of a conversation go whose case ends at that moment.
func lastOf(p *policy.Policy, c privacy.Category, ends time.Time) (time.Time, error) {
	d, err := retention.For(p, c, policy.CaseClosed, ends)
	if err != nil {
		d, err = retention.Ceiling(p, c, ends)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("intake: %w", err)
	}
	return d.At(), nil
}

// post adds words to a conversation that is open.
func (s *Service) post(ctx context.Context, who task.Who, thread string, l letter) (facts.Thread, error) {
	t, err := facts.ThreadOf(ctx, s.DB.App(who.App()), who.Subject, thread)
	if errors.Is(err, store.ErrNotFound) {
		return t, errNoThread
	}
	if err != nil {
		return t, err
	}
	if t.Closed(s.Clock.Now()) {
		return t, errClosed
	}
	t.ChangedAt = s.Clock.Now()
	l.intake.ID, l.platform = t.Intake, terms.Platform(t.Platform)
	return t, s.put(ctx, who, t, l, nil)
}

// put seals words and writes them into a conversation, which before may begin.
func (s *Service) put(ctx context.Context, who task.Who, t facts.Thread, l letter, before func(*store.Tx) error) error {
	d, err := clocks(who.Policy, l.intake.Category, s.Clock.Now(), t.ClosesAt)
	if err != nil {
		return fmt.Errorf("intake: %w", err)
	}
	r, err := s.seal(ctx, who, l.intake.Category, d, s.recordOf(l))
	if err != nil {
		return err
	}
	err = s.keep(ctx, who, []sealedRecord{r}, l.may, func(tx *store.Tx) error {
		if before != nil {
			if err := before(tx); err != nil {
				return gone(err)
			}
		}
		err := facts.InsertPost(ctx, tx, who.App(), who.Subject, facts.Post{Object: r.Object.Object, Thread: t.ID, Author: l.author, At: r.record.At})
		if errors.Is(err, store.ErrNotFound) {
			return errClosed // since it was read
		}
		return err
	})
	if err != nil && unlessUnwanted(err) == nil {
		return errObjected
	}
	return err
}

// The refusals about conversations.
var (
	errNoThread = fault.New(fault.NotFound, "not-found", "There is no such conversation.")
	errObjected = fault.New(fault.Conflict, "conflict", "You object to what this is for. Take the objection back first.")
	errClosed   = fault.New(fault.Conflict, "conflict", "This conversation is closed. Begin a new one.")
)

// Answer adds the words of a member of staff to a subject's conversation.
func (s *Service) Answer(ctx context.Context, who task.Who, thread, words string) error {
	t, err := facts.ThreadOf(ctx, s.DB.App(who.App()), who.Subject, thread)
	if errors.Is(err, store.ErrNotFound) {
		return errNoThread
	}
	if err != nil {
		return err
	}
	in, ok := who.Policy.Terms().Intake(t.Intake)
	if !ok || !form.IsText(words) {
		return refuse(form.CodeRule, "/"+wireText, "not_a_text", "Words for people: no files, no control characters.")
	}
	_, err = s.post(ctx, who, thread, letter{intake: in, author: facts.ByStaff, data: map[string]any{wireText: words}})
	return err
}

// Threads returns a page of a subject's conversations, newest first.
func (s *Service) Threads(ctx context.Context, who task.Who, before string, limit int) ([]facts.Thread, error) {
	return facts.Threads(ctx, s.DB.App(who.App()), who.Subject, before, limit)
}

// Message is one thing that was said. It prints as "[personal]".
type Message struct {
	Author string
	At     time.Time
	Data   map[string]any // "text", "email" and further fields of the schema; nil: erased
}

// Format prints "[personal]" whatever the verb or flag.
func (m Message) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[personal]") }

// Messages returns a subject's conversation, for one reading.
func (s *Service) Messages(ctx context.Context, who task.Who, thread string, how vault.Reading) (facts.Thread, []Message, error) {
	app := s.DB.App(who.App())
	t, err := facts.ThreadOf(ctx, app, who.Subject, thread)
	if errors.Is(err, store.ErrNotFound) {
		return t, nil, errNoThread
	}
	if err != nil {
		return t, nil, err
	}
	posts, err := facts.Posts(ctx, app, who.Subject, thread)
	if err != nil {
		return t, nil, err
	}
	var list []Message
	for _, p := range posts {
		m := Message{Author: p.Author, At: p.At}
		o, err := app.Object(ctx, who.Subject, p.Object)
		var r Record
		if err == nil {
			r, err = s.Read(ctx, o, how)
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) && !errors.Is(err, vault.ErrErased) {
			return t, nil, err
		}
		if len(r.Items) > 0 {
			m.Data = r.Items[0].Data
		}
		list = append(list, m)
	}
	return t, list, nil
}

// Close ends a conversation and starts the clock of what was said in it: of everything, so that it looks again
// where something was said meanwhile.
func (s *Service) Close(ctx context.Context, who task.Who, thread string) error {
	for {
		if err := s.closeHeard(ctx, who, thread); !errors.Is(err, errSaid) {
			return err
		}
	}
}

// errSaid says that something was said in a conversation while it was being closed.
var errSaid = errors.New("intake: something was said meanwhile")

func (s *Service) closeHeard(ctx context.Context, who task.Who, thread string) error {
	app, now := s.DB.App(who.App()), s.Clock.Now()
	t, err := facts.ThreadOf(ctx, app, who.Subject, thread)
	if errors.Is(err, store.ErrNotFound) {
		return errNoThread
	}
	if err != nil || t.Closed(now) {
		return err
	}
	posts, err := facts.Posts(ctx, app, who.Subject, thread)
	if err != nil {
		return err
	}
	var shorter []ending
	for _, p := range posts {
		e, ok, err := s.ending(ctx, who, p.Object, now)
		if err != nil {
			return err
		}
		if ok {
			shorter = append(shorter, e)
		}
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		heard, err := facts.Posts(ctx, tx.App(who.App()), who.Subject, thread)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(heard, func(p facts.Post) bool { return !slices.Contains(posts, p) }) {
			return errSaid
		}
		return s.close(ctx, tx, who, t, shorter)
	})
}

// ending is the clock that the end of a case starts for one object.
type ending struct {
	ref      vault.Ref
	deadline retention.Deadline
}

// ending moves the key of an object to the hour of its new end, unless an order keeps the key: then only the
// row's clock moves. ok is false where nothing is left of it, or where the category has no such clock.
func (s *Service) ending(ctx context.Context, who task.Who, id privacy.ObjectID, now time.Time) (e ending, ok bool, err error) {
	o, err := s.DB.App(who.App()).Object(ctx, who.Subject, id)
	if errors.Is(err, store.ErrNotFound) {
		return e, false, nil
	}
	if err != nil {
		return e, false, err
	}
	stored, _ := s.Policies.ByHash(o.App, o.PolicyHash)
	e.deadline, err = retention.Strictest(o.Category, policy.CaseClosed, now, who.Policy, stored)
	if err != nil || !e.deadline.At().Before(o.ExpiresAt) {
		return e, false, nil //nolint:nilerr // no such clock: the one that runs is the only one
	}
	e.ref, err = s.Vault.Rewrap(ctx, o.Ref, e.deadline, s.DB.Held(o, now))
	switch {
	case errors.Is(err, vault.ErrErased):
		return e, false, nil
	case err == nil, errors.Is(err, vault.ErrLater), errors.Is(err, vault.ErrKept): // later: an end that was interrupted has wrapped it for an earlier hour
		return e, true, nil
	default:
		return e, false, fmt.Errorf("intake: shorten deadline: %w", err)
	}
}

func (s *Service) close(ctx context.Context, tx *store.Tx, who task.Who, t facts.Thread, shorter []ending) error {
	until := t.ExpiresAt
	for _, e := range shorter {
		if err := tx.SetDeadline(ctx, who.App(), e.ref, e.deadline); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		until = e.deadline.At()
	}
	o := facts.Owner{App: who.App(), Subject: who.Subject, Now: s.Clock.Now(), Until: until}
	if err := facts.CloseThread(ctx, tx, o, t.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return s.note(ctx, tx, who, audit.Event{Kind: "case_closed", Object: t.ID})
}
