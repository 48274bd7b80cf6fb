package editions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/diff"
	"vow.example/vow/internal/policy/matter"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	rows "vow.example/vow/internal/store/editions"
)

// PolicyChange is the kind of message that every app may send: it has to.
const PolicyChange = matter.PolicyChange

// Notice is an announcement as one subject sees it.
type Notice struct {
	ID           string
	Kind         string
	Version      string // that it announces; "": none
	Number       int
	Prominent    bool
	Text         policy.Localized // nil: the changes are the text
	Changes      []diff.Change
	CreatedAt    time.Time
	EffectiveAt  time.Time
	ShownAt      time.Time
	AckedAt      time.Time
	NeedsConsent bool // the version binds only who agrees
	Binds        bool // the version binds this subject already
}

// Notices returns the announcements that concern a subject, newest first, and records that they are
// shown: the time that each person is promised before a change starts with it.
func (s *Service) Notices(ctx context.Context, app privacy.AppID, subject privacy.SubjectID) ([]Notice, error) {
	items, err := s.heard(ctx, app, subject)
	if err != nil {
		return nil, fmt.Errorf("editions: notices: %w", err)
	}
	now := s.Clock.Now()
	fresh := slices.DeleteFunc(slices.Clone(items), func(i rows.Item) bool { return !i.ShownAt.IsZero() })
	if len(fresh) > 0 {
		if err := s.DB.Write(ctx, func(tx *store.Tx) error { return show(ctx, tx, fresh, subject, now) }); err != nil {
			return nil, fmt.Errorf("editions: show: %w", err)
		}
	}
	bound, err := s.editionFor(ctx, app, subject)
	if err != nil {
		return nil, err
	}
	list := make([]Notice, len(items))
	for i, item := range items {
		if item.ShownAt.IsZero() {
			item.ShownAt = now
		}
		if list[i], err = s.notice(item, bound.Number); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Unseen names the announcements that a subject has not acknowledged, newest first. Naming shows nothing:
// the time that is promised runs from Notices.
func (s *Service) Unseen(ctx context.Context, app privacy.AppID, subject privacy.SubjectID) ([]string, error) {
	items, err := s.heard(ctx, app, subject)
	if err != nil {
		return nil, fmt.Errorf("editions: unseen: %w", err)
	}
	ids := []string{}
	for _, i := range items {
		if i.AckedAt.IsZero() {
			ids = append(ids, i.ID)
		}
	}
	return ids, nil
}

// heard are the announcements that concern a subject, without the kinds that it has switched off in the app.
func (s *Service) heard(ctx context.Context, app privacy.AppID, subject privacy.SubjectID) (list []rows.Item, err error) {
	items, err := rows.Items(ctx, s.DB.App(app), subject)
	for _, i := range items {
		silent, failed := s.silenced(ctx, i.Notice, subject, matter.InApp)
		if failed != nil {
			return nil, failed
		}
		if !silent {
			list = append(list, i)
		}
	}
	return list, err
}

// silenced reports whether a subject wants none of a kind on a channel. What nobody may switch off is not asked.
func (s *Service) silenced(ctx context.Context, n rows.Notice, subject privacy.SubjectID, channel string) (bool, error) {
	if s.Silenced == nil || !matter.MayBeOff(n.Kind, channel) {
		return false, nil
	}
	return s.Silenced(ctx, n.App, subject, n.Kind, channel)
}

func show(ctx context.Context, tx *store.Tx, fresh []rows.Item, subject privacy.SubjectID, now time.Time) error {
	for _, i := range fresh {
		if err := rows.Shown(ctx, tx, i.Notice, subject, now); err != nil {
			return err
		}
	}
	return nil
}

// notice adds to a row what the versions say.
func (s *Service) notice(i rows.Item, bound int) (Notice, error) {
	n := Notice{
		ID: i.ID, Kind: i.Kind, Number: i.Number, Prominent: i.Class == diff.Significant.String(), CreatedAt: i.CreatedAt, EffectiveAt: i.EffectiveAt,
		ShownAt: i.ShownAt, AckedAt: i.AckedAt,
	}
	if i.Text != "" {
		if err := json.Unmarshal([]byte(i.Text), &n.Text); err != nil {
			return n, fmt.Errorf("editions: text of a notice: %w", err)
		}
	}
	was, okWas := s.ByVersion(i.App, i.Number-1)
	is, okIs := s.ByVersion(i.App, i.Number)
	if okWas && okIs {
		d := s.Between(was, is)
		n.Version, n.Changes, n.Binds = is.Version(), d.Changes, bound >= i.Number
		n.NeedsConsent = AsksConsent(was.Terms().Notices, d) && !n.Binds
	}
	return n, nil
}

// Decision is what a subject says to an announcement.
type Decision string

// The decisions. Seen says nothing about agreement.
const (
	Seen  Decision = "seen"
	Agree Decision = "agree"
)

// Acknowledge records that a subject has seen an announcement and, with Agree, that it explicitly agrees
// to the version that is announced. A version that was agreed to binds from its date on.
func (s *Service) Acknowledge(ctx context.Context, who rows.Bound, id string, said Decision) error {
	items, err := rows.Items(ctx, s.DB.App(who.App), who.Subject)
	if err != nil {
		return fmt.Errorf("editions: notices: %w", err)
	}
	at := slices.IndexFunc(items, func(i rows.Item) bool { return i.ID == id })
	if at < 0 {
		return fault.New(fault.NotFound, "not-found", "There is no such notice.")
	}
	n := items[at].Notice
	if said == Agree && n.Number == 0 {
		return fault.New(fault.Conflict, "conflict", "This notice asks for no agreement.")
	}
	who.Number, who.How = n.Number, rows.Agreed
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := rows.Acknowledged(ctx, tx, n, who.Subject, s.Clock.Now()); err != nil {
			return err
		}
		if said == Agree {
			if err := rows.Bind(ctx, tx, who, s.Clock.Now()); err != nil {
				return err
			}
		}
		return s.note(ctx, tx, audit.Event{Kind: "notice_seen", App: who.App, Subject: who.Subject, Object: id, Data: map[string]string{"said": string(said)}})
	})
	if errors.Is(err, store.ErrNotFound) {
		return fault.New(fault.Refused, "unauthenticated", "This account was erased.")
	}
	return err
}

// Waiting returns the announcement that a subject must see before anything else works, where the policy
// lets changes pop up (FIT-9.2-01). Asking binds nobody: the server asks too, before each step of a task.
// What cannot be read waits.
func (s *Service) Waiting(ctx context.Context, app privacy.AppID, subject privacy.SubjectID) (id string, waits bool, err error) {
	if len(s.All(app)) < 2 {
		return "", false, nil // no version was announced
	}
	e, err := s.editionFor(ctx, app, subject)
	if err != nil {
		return "", true, err
	}
	if !e.Policy.Terms().Notices.Popup {
		return "", false, nil
	}
	return s.popup(ctx, app, subject)
}

// popup finds the newest announcement of a version that the subject has not seen.
func (s *Service) popup(ctx context.Context, app privacy.AppID, subject privacy.SubjectID) (string, bool, error) {
	items, err := rows.Items(ctx, s.DB.App(app), subject)
	if err != nil {
		return "", true, fmt.Errorf("editions: notices: %w", err)
	}
	for _, i := range items {
		if i.Number > 0 && i.AckedAt.IsZero() {
			return i.ID, true, nil
		}
	}
	return "", false, nil
}
