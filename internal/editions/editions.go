// Package editions publishes versions of policies, tells people of them, and decides which version
// binds whom.
//
// It promises that a published version never changes; that one which asks for time takes effect after
// that time (WIZ-8-01: at least 30 days before); that fewer rights or longer clocks bind only who agreed
// where the policy says so (FIT-9.1-02); that a stricter clock reaches what is stored already, and a
// laxer one never does (MIX-8-01); and that people are written about a closed list of matters
// (MIX-2.2-02). It never lengthens a deadline, and it never takes silence as consent to a new recipient,
// category or purpose.
package editions

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/log"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/book"
	"vow.example/vow/internal/policy/diff"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	rows "vow.example/vow/internal/store/editions"
)

// Options are the parts that a Service works with.
type Options struct {
	DB    *store.DB
	Vault *vault.Vault
	Clock clock.Clock
	Log   log.Logger
	// Demo says that placeholder contacts and unsigned terms may be published.
	Demo bool
	// Fits says whether this server can run a policy: every recipient wired, every effect there. nil: any.
	Fits func(*policy.Policy) error
	// Deliver brings announcements to people outside of the app; nil: the app alone tells them.
	Deliver Deliverer
	// Silenced says whether a person has switched a kind of messages off on a channel; nil: nobody has.
	Silenced func(ctx context.Context, app privacy.AppID, s privacy.SubjectID, kind, channel string) (bool, error)
}

// Service keeps the versions. It is safe for concurrent use, and answers for them as its Book does.
type Service struct {
	*book.Book
	Options
	publishing sync.Mutex // one version at a time
	diffs      sync.Map   // [2]privacy.PolicyHash → diff.Diff
	swept      sweepMarks
}

// Open returns a Service with every version that was published, and the policies of the app folders.
// A folder that is new becomes its app's first version. A folder with a further version publishes it, for
// the first moment that the rules of any publication allow; one that changes a published version is
// refused, and so is a server that cannot run what is in force or will be.
func Open(ctx context.Context, o Options, folder map[privacy.AppID]Source) (*Service, error) {
	s := &Service{Book: book.New(), Options: o}
	known, err := rows.Versions(ctx, o.DB)
	if err != nil {
		return nil, fmt.Errorf("editions: read versions: %w", err)
	}
	for _, v := range known {
		p, err := policy.Load(v.Version+".yaml", v.Source)
		if err != nil {
			return nil, fmt.Errorf("editions: %s, which is published, does not load any more: %w", v.Version, err)
		}
		if err := s.Add(book.Edition{Policy: p, Number: v.Number, PublishedAt: v.PublishedAt, EffectiveAt: v.EffectiveAt}); err != nil {
			return nil, err
		}
	}
	for _, app := range slices.Sorted(maps.Keys(folder)) {
		if err := s.adopt(ctx, folder[app]); err != nil {
			return nil, err
		}
	}
	if err := s.runs(); err != nil {
		return nil, err
	}
	return s, nil
}

// runs refuses to serve where a version that is in force, or will be, does not fit this server.
func (s *Service) runs() error {
	var wrong []error
	for _, app := range s.Apps() {
		list, now := s.All(app), s.Clock.Now()
		for i, e := range list {
			over := i+1 < len(list) && list[i+1].InForce(now)
			if !over && s.Fits != nil {
				wrong = append(wrong, s.Fits(e.Policy))
			}
		}
	}
	return errors.Join(wrong...)
}

// Source is a policy with the file that it was made of.
type Source struct {
	Policy *policy.Policy
	YAML   []byte
}

// adopt takes the policy of an app's folder.
func (s *Service) adopt(ctx context.Context, from Source) error {
	p := from.Policy
	list := s.All(p.App())
	n, err := book.NumberOf(p)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		now := s.Clock.Now()
		e := book.Edition{Policy: p, Number: n, PublishedAt: now, EffectiveAt: time.UnixMilli(0).UTC()}
		return s.record(ctx, e, from.YAML, written{class: diff.Neutral.String()})
	}
	if old, ok := s.ByVersion(p.App(), n); ok {
		if old.Hash() != p.Hash() {
			return fmt.Errorf("editions: the folder of %s: %w: give it the next number", p.Version(), book.ErrChanged)
		}
		return nil
	}
	last := list[len(list)-1]
	if n < last.Number {
		return fmt.Errorf("editions: the folder of %s is older than what is published: %w", p.Version(), book.ErrOrder)
	}
	_, err = s.Publish(ctx, Draft{App: p.App(), YAML: from.YAML, soonest: true})
	return err
}

// Between returns what the version is changes of the version was.
func (s *Service) Between(was, is *policy.Policy) diff.Diff {
	key := [2]privacy.PolicyHash{was.Hash(), is.Hash()}
	if d, ok := s.diffs.Load(key); ok {
		if known, ok := d.(diff.Diff); ok {
			return known
		}
	}
	d := diff.Between(was, is)
	s.diffs.Store(key, d)
	return d
}

// evidenceUntil is until when a leaf of the log about an app opens.
func (s *Service) evidenceUntil(app privacy.AppID) (time.Time, error) {
	now := s.Clock.Now()
	d, err := retention.Strictest("audit_entry", policy.ItemWritten, now, s.Binding(app, now)...)
	return d.At(), err
}

// note appends an event to the audit log, inside the transaction.
func (s *Service) note(ctx context.Context, tx *store.Tx, e audit.Event) error {
	until, err := s.evidenceUntil(e.App)
	if err != nil {
		return err
	}
	if e.PolicyHash == "" {
		p, ok := s.InForce(e.App, s.Clock.Now())
		if !ok {
			return errors.New("editions: the app has no policy")
		}
		e.PolicyHash = p.Hash()
	}
	e.At = s.Clock.Now()
	_, err = audit.Append(ctx, tx.Tree(e.Subject, until), e)
	return err
}
