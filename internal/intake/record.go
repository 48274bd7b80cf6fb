package intake

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/people"
	"vow.example/vow/internal/task"
)

// Record is what one call left: the content of one vault object. It prints as "[personal]".
type Record struct {
	Intake   string            `json:"intake"`
	Kind     terms.IntakeKind  `json:"kind,omitempty"`
	Platform terms.Platform    `json:"platform,omitempty"`
	Origin   string            `json:"origin"`
	At       time.Time         `json:"at"`
	Network  map[string]string `json:"network,omitempty"` // addresses that the server saw, by field
	Items    []Item            `json:"items,omitempty"`
}

// Item is one set of fields; of an event, with its name and moment.
type Item struct {
	Name string         `json:"name,omitempty"`
	At   *time.Time     `json:"at,omitempty"`
	Data map[string]any `json:"data,omitempty"`
}

// Format prints "[personal]" whatever the verb or flag.
func (r Record) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[personal]") }

// Where a thing came from, beside the vendors by their id.
const (
	FromSubject   = "subject"   // the person wrote it
	FromAutomatic = "automatic" // the app or the server noted it
	FromStaff     = "staff"
)

// Batch is the fact that something was taken, for whoever may get it on.
type Batch struct {
	Who      task.Who
	Intake   terms.Intake
	Platform terms.Platform
	Object   privacy.ObjectID
	Items    int
	At       time.Time
}

// prefix is of the identifiers of what was taken in.
const prefix = "itk"

// sealedRecord lies in the vault, and no row knows it yet.
type sealedRecord struct {
	store.Object
	deadline retention.Deadline
	intake   terms.Intake // zero where nobody else is told
	record   Record
}

// file seals a record under the clock of its category.
func (s *Service) file(ctx context.Context, who task.Who, c privacy.Category, r Record) (sealedRecord, error) {
	d, err := clocks(who.Policy, c, r.At, r.At)
	if err != nil {
		return sealedRecord{}, fmt.Errorf("intake: %w", err)
	}
	return s.seal(ctx, who, c, d, r)
}

// undo erases sealed records that no row will know.
func (s *Service) undo(ctx context.Context, list []sealedRecord) (err error) {
	for _, r := range list {
		err = errors.Join(err, s.Vault.Erase(context.WithoutCancel(ctx), r.Ref))
	}
	return err
}

// seal puts a record into the vault under a deadline of its category.
func (s *Service) seal(ctx context.Context, who task.Who, c privacy.Category, d retention.Deadline, r Record) (sealedRecord, error) {
	raw, err := json.Marshal(r)
	if err != nil {
		return sealedRecord{}, errors.New("intake: a record does not encode") // without the cause: it would repeat a value
	}
	o := store.Object{Storage: who.Policy.StorageOf(c), Role: privacy.Field(r.Intake), Origin: r.Origin, WrittenAt: s.Clock.Now(), Orientation: 1}
	o.Ref, err = s.Vault.Put(ctx, vault.Spec{
		App: who.App(), Subject: who.Subject, Object: privacy.ObjectID(privacy.NewID(prefix)), Category: c, MediaType: "application/json",
		Storage: o.Storage, PolicyHash: who.Policy.Hash(),
	}, d, bytes.NewReader(raw))
	if err != nil {
		return sealedRecord{}, fmt.Errorf("intake: seal: %w", err)
	}
	return sealedRecord{Object: o, deadline: d, record: r}, nil
}

// keep commits sealed records together with what more writes, or erases them: also where the person has chosen
// otherwise since they were judged. Without a judge the words are not the person's.
func (s *Service) keep(ctx context.Context, who task.Who, list []sealedRecord, may judge, more func(*store.Tx) error) error {
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		subject, err := tx.App(who.App()).Subject(ctx, who.Subject)
		if err != nil || !s.Clock.Now().Before(subject.ExpiresAt) {
			return errors.Join(gone(store.ErrNotFound), unlessNotFound(err))
		}
		if err := s.again(ctx, tx, who, may); err != nil {
			return err
		}
		for _, r := range list {
			if err := s.insert(ctx, tx, who, r); err != nil {
				return err
			}
		}
		if more != nil {
			return more(tx)
		}
		return nil
	})
	if err == nil {
		return nil
	}
	left := s.undo(ctx, list)
	if fault.CodeOf(err) == "unauthenticated" { // the account went meanwhile; sealing may have made its key anew
		left = errors.Join(left, s.Eraser.Forsake(context.WithoutCancel(ctx), who.App(), who.Subject))
	}
	if left != nil {
		return errors.Join(err, left)
	}
	return err
}

// again asks a judge by what the person has chosen in the meantime.
func (s *Service) again(ctx context.Context, tx *store.Tx, who task.Who, may judge) error {
	if may == nil {
		return nil
	}
	p, err := people.ProfileOf(ctx, tx.App(who.App()), who.Subject, s.Clock.Now())
	if err != nil {
		return gone(err)
	}
	return may(p)
}

func (s *Service) insert(ctx context.Context, tx *store.Tx, who task.Who, r sealedRecord) error {
	if err := tx.InsertObject(ctx, r.Object, r.deadline, retention.Deadline{}); err != nil {
		return err
	}
	if err := s.note(ctx, tx, who, audit.Event{Kind: "collected", Object: string(r.Object.Object), Data: map[string]string{
		"intake": r.record.Intake, "category": string(r.Category), "origin": r.record.Origin,
	}}); err != nil {
		return err
	}
	if s.Taken == nil || r.intake.ID == "" {
		return nil
	}
	return s.Taken(ctx, tx, Batch{Who: who, Intake: r.intake, Platform: r.record.Platform, Object: r.Object.Object, Items: len(r.record.Items), At: r.record.At})
}

// note appends an event about a subject to the audit log, inside the transaction.
func (s *Service) note(ctx context.Context, tx *store.Tx, who task.Who, e audit.Event) error {
	e.App, e.Subject, e.PolicyHash = who.App(), who.Subject, who.Policy.Hash()
	return s.Eraser.Note(ctx, tx, e)
}

func unlessNotFound(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// Read returns what an object of this package holds, for one reading, while its clock runs.
func (s *Service) Read(ctx context.Context, o store.Object, how vault.Reading) (Record, error) {
	lease, err := s.Vault.Lend(ctx, o.Ref, o.Due(), how)
	if err != nil {
		return Record{}, err
	}
	in, err := lease.Open()
	if err != nil {
		return Record{}, err
	}
	defer func() { _ = in.Close() }() // only read
	var r Record
	if err := json.NewDecoder(in).Decode(&r); err != nil {
		return Record{}, errors.New("intake: a record does not decode") // without the cause, as above
	}
	return r, nil
}

// clocks returns the deadline of a thing written now whose case ends at the given moment at the latest: by
// the clock of the writing or by that of the case, whichever ends first.
func clocks(p *policy.Policy, c privacy.Category, now, ends time.Time) (retention.Deadline, error) {
	written, err := retention.Ceiling(p, c, now)
	closed, missing := retention.For(p, c, policy.CaseClosed, ends)
	switch {
	case err == nil && missing == nil:
		return retention.Earlier(written, closed), nil
	case missing == nil:
		return closed, nil
	default:
		return written, err
	}
}
