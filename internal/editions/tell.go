package editions

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/diff"
	"vow.example/vow/internal/policy/matter"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	rows "vow.example/vow/internal/store/editions"
)

// Message is one announcement on its way to one subject, over one channel. Its text was published: it
// says nothing about the subject.
type Message struct {
	App         privacy.AppID
	Subject     privacy.SubjectID
	Notice      string // the same notice over the same channel is delivered once
	Kind        string
	Channel     string // "push", "email", "sms" or "announcement"
	Language    privacy.Lang
	Title       string
	Lines       []string
	Prominent   bool
	EffectiveAt time.Time
}

// Deliverer brings messages to people outside of the app. It reports whether the subject has an address
// on that channel; where not, the app itself has to do.
type Deliverer interface {
	Deliver(ctx context.Context, m Message) (reached bool, err error)
}

// Announcement is something that people are told beside changes of the policy: an incident, the end of
// the service.
type Announcement struct {
	App      privacy.AppID
	Kind     string
	Text     policy.Localized
	Subjects []privacy.SubjectID // whom it concerns; nil: everybody
	Major    bool                // over the further channels too
}

// ErrKind says that people of this app are not written to about such a matter (MIX-2.2-02: marketing is
// not one of them).
var ErrKind = fault.New(fault.Invalid, "message-kind-not-allowed", "The policy does not list this kind of message.")

// Allowed reports whether people of an app may be written to about a matter: ErrKind where its policy
// does not list it.
func (s *Service) Allowed(app privacy.AppID, kind string) error {
	p, ok := s.InForce(app, s.Clock.Now())
	if !ok {
		return fault.New(fault.NotFound, "not-found", "There is no such app.")
	}
	if kind != PolicyChange && !slices.Contains(p.Terms().Notices.Kinds, kind) {
		return ErrKind
	}
	return nil
}

// Announce tells people of something and returns the announcement's id. It goes over the policy's
// channels and gateways; in the app it waits for everybody whom it concerns and for nobody else.
func (s *Service) Announce(ctx context.Context, a Announcement) (string, error) {
	if err := s.Allowed(a.App, a.Kind); err != nil {
		return "", err
	}
	if a.Kind == PolicyChange || a.Text.In("en") == "" {
		return "", fault.New(fault.Invalid, "validation", "An announcement has a text, and a change of the policy announces itself.")
	}
	text, err := json.Marshal(a.Text)
	if err != nil {
		return "", fmt.Errorf("editions: encode text: %w", err)
	}
	p, _ := s.InForce(a.App, s.Clock.Now())
	class := diff.Material
	if a.Major {
		class = diff.Significant
	}
	now := s.Clock.Now()
	n := rows.Notice{
		App: a.App, ID: privacy.NewID(prefixNotice), Kind: a.Kind, Class: class.String(), Text: string(text), Channels: matter.Outside(p.Terms().Notices, a.Kind, a.Major),
		Directed: a.Subjects != nil, CreatedAt: now, EffectiveAt: now,
	}
	return n.ID, s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := rows.InsertNotice(ctx, tx, n); err != nil {
			return err
		}
		if err := address(ctx, tx, n, a.Subjects); err != nil {
			return err
		}
		return s.note(ctx, tx, audit.Event{Kind: "announced", App: a.App, Object: n.ID, Data: map[string]string{"kind": a.Kind}})
	})
}

// address directs an announcement to those of the subjects who are there. It refuses one that nobody is left
// to read.
func address(ctx context.Context, tx *store.Tx, n rows.Notice, subjects []privacy.SubjectID) error {
	reached := 0
	for _, subject := range subjects {
		count, err := rows.Address(ctx, tx, n, subject)
		if err != nil {
			return err
		}
		reached += count
	}
	if n.Directed && reached == 0 {
		return fault.New(fault.NotFound, "not-found", "There is nobody to tell: these accounts are gone.")
	}
	return nil
}

const tellBatch = 100

// tellDue tells people of what is announced, unless a delivery has failed a moment ago.
func (s *Service) tellDue(ctx context.Context, now time.Time) (int, error) {
	s.swept.mu.Lock()
	defer s.swept.mu.Unlock()
	if now.Before(s.swept.tell) {
		return 0, nil
	}
	told, err := s.tell(ctx)
	if err != nil {
		s.swept.tell = now.Add(tellAgain)
	}
	return told, err
}

// tell delivers a batch of every announcement that is not told to the end. One that fails is tried again
// later, from where it stopped.
func (s *Service) tell(ctx context.Context) (told int, failed error) {
	open, err := rows.Untold(ctx, s.DB)
	if err != nil {
		return 0, fmt.Errorf("editions: untold: %w", err)
	}
	for _, n := range open {
		done, err := s.tellBatch(ctx, n)
		if err != nil {
			s.Log.Error("an announcement could not be delivered; it is tried again", log.Code(err))
			failed = err
			continue
		}
		told += done
	}
	return told, failed
}

func (s *Service) tellBatch(ctx context.Context, n rows.Notice) (told int, err error) {
	var audience []rows.Account
	if s.Deliver != nil {
		if audience, err = rows.Audience(ctx, s.DB.App(n.App), n, tellBatch); err != nil {
			return 0, err
		}
	}
	var reached []rows.Account
	for _, x := range audience {
		ok, err := s.tellOne(ctx, n, x)
		if err != nil {
			return 0, err
		}
		if ok {
			reached = append(reached, x)
		}
		n.Reached = x.Row
	}
	now, done := s.Clock.Now(), time.Time{}
	if len(audience) < tellBatch {
		done = now
	}
	return len(reached), s.DB.Write(ctx, func(tx *store.Tx) error {
		for _, x := range reached {
			if err := rows.Shown(ctx, tx, n, x.Subject, now); err != nil {
				return err
			}
		}
		return rows.Told(ctx, tx, n, done)
	})
}

// tellOne brings an announcement to one account over every channel that it has not switched off, and reports
// whether any reached it.
func (s *Service) tellOne(ctx context.Context, n rows.Notice, x rows.Account) (reached bool, err error) {
	m, err := s.message(n, x)
	if err != nil {
		return false, err
	}
	for _, channel := range n.Channels {
		m.Channel = channel
		silent, err := s.silenced(ctx, n, x.Subject, channel)
		if silent {
			continue
		}
		ok := false
		if err == nil {
			ok, err = s.Deliver.Deliver(ctx, m)
		}
		if err != nil {
			return reached, fmt.Errorf("editions: deliver: %w", err)
		}
		reached = reached || ok
	}
	return reached, nil
}

// message writes an announcement in the language of an account: the generated list of changes, or the
// text that was announced.
func (s *Service) message(n rows.Notice, x rows.Account) (Message, error) {
	view, err := s.notice(rows.Item{Notice: n}, 0)
	if err != nil {
		return Message{}, err
	}
	p, ok := s.InForce(n.App, s.Clock.Now())
	if !ok {
		return Message{}, fault.New(fault.NotFound, "not-found", "There is no such app.")
	}
	m := Message{
		App: n.App, Subject: x.Subject, Notice: n.ID, Kind: n.Kind, Language: x.Locale, Prominent: view.Prominent, EffectiveAt: n.EffectiveAt,
		Title: Title(p, view, x.Locale), Lines: Lines(view, x.Locale),
	}
	return m, nil
}

// Title is the heading of an announcement.
func Title(p *policy.Policy, n Notice, lang privacy.Lang) string {
	if n.Number == 0 {
		return p.Name(lang)
	}
	words := policy.Localized{"en": "%[1]s changes its privacy policy on %[2]s", "zh-Hans": "%[1]s 的隐私政策将于 %[2]s 变更"}
	return fmt.Sprintf(words.In(lang), p.Name(lang), n.EffectiveAt.Format(time.DateOnly))
}

// Lines are the sentences of an announcement.
func Lines(n Notice, lang privacy.Lang) []string {
	if n.Number == 0 {
		return []string{n.Text.In(lang)}
	}
	lines := make([]string, len(n.Changes))
	for i, c := range n.Changes {
		lines[i] = c.Sentence(lang)
	}
	return lines
}
