package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/desk"
)

// Words are what people wrote about an order. They are sealed in the vault, and the person whom the order
// concerns may read them.
type Words struct {
	Receiver    privacy.Text // who gets something
	Reason      privacy.Text
	Rule        privacy.Text // the rule that was broken
	Request     privacy.Text // the receiver's own request
	Performance privacy.Text // what the other party has performed
}

// written is the stored form.
type written struct {
	Receiver    string `json:"receiver,omitempty"`
	Reason      string `json:"reason,omitempty"`
	Rule        string `json:"rule,omitempty"`
	Request     string `json:"request,omitempty"`
	Performance string `json:"performance,omitempty"`
}

const (
	prefixWords = "wrd"
	prefixOrder = "ord"
	roleWords   = privacy.Field("order")
	wordsIn     = privacy.Category("disclosure_record") // the category of what is written about orders
	maxWords    = 16 << 10
)

// sealedWords are words that lie in the vault and have no row yet.
type sealedWords struct {
	object store.Object
	due    retention.Deadline
}

// seal puts the words into the vault. Without any it does nothing.
func (s *Service) seal(ctx context.Context, p *policy.Policy, who Subject, w Words) (sealedWords, error) {
	form, err := json.Marshal(written{w.Receiver.Reveal(), w.Reason.Reveal(), w.Rule.Reveal(), w.Request.Reveal(), w.Performance.Reveal()})
	if err != nil || string(form) == "{}" {
		return sealedWords{}, err
	}
	return s.store(ctx, p, who, wordsIn, form)
}

// store puts a document of the desk into the vault, under the clock of its category.
func (s *Service) store(ctx context.Context, p *policy.Policy, who Subject, c privacy.Category, form []byte) (w sealedWords, err error) {
	now := s.Clock.Now()
	if w.due, err = retention.Ceiling(p, c, now); err != nil {
		return w, err
	}
	w.object = store.Object{Storage: p.StorageOf(c), Role: roleWords, WrittenAt: now, Orientation: 1}
	w.object.Ref, err = s.Vault.Put(ctx, vault.Spec{
		App: who.App, Subject: who.ID, Object: privacy.ObjectID(privacy.NewID(prefixWords)), Category: c,
		MediaType: "application/json", Storage: w.object.Storage, PolicyHash: p.Hash(),
	}, w.due, bytes.NewReader(form))
	if err != nil {
		return w, fmt.Errorf("desk: seal words: %w", err)
	}
	return w, nil
}

// insert writes the row of the words; without words it does nothing.
func (w sealedWords) insert(ctx context.Context, tx *store.Tx) error {
	if w.object.Object == "" {
		return nil
	}
	return tx.InsertObject(ctx, w.object, w.due, retention.Deadline{})
}

// unlessStored erases the words where err says that they have no row.
func (s *Service) unlessStored(ctx context.Context, w sealedWords, err error) error {
	if err == nil || w.object.Object == "" {
		return err
	}
	return errors.Join(err, s.Vault.Erase(context.WithoutCancel(ctx), w.object.Ref))
}

// WordsOf returns what was written about an order, to the person whom it concerns. What is gone is empty.
func (s *Service) WordsOf(ctx context.Context, o facts.Order) (Words, error) {
	if o.Words == "" {
		return Words{}, nil
	}
	row, err := s.DB.App(o.App).Object(ctx, o.Subject, o.Words)
	if errors.Is(err, store.ErrNotFound) {
		return Words{}, nil
	}
	if err != nil {
		return Words{}, err
	}
	lease, err := s.Vault.Lend(ctx, row.Ref, row.Due(), vault.Reading{Why: vault.ForSubject})
	if errors.Is(err, vault.ErrErased) {
		return Words{}, nil
	}
	if err != nil {
		return Words{}, err
	}
	body, err := lease.Open()
	if err != nil {
		return Words{}, err
	}
	defer body.Close()
	var w written
	if err := json.NewDecoder(io.LimitReader(body, maxWords)).Decode(&w); err != nil {
		return Words{}, errors.New("desk: the words of an order cannot be read")
	}
	return Words{privacy.NewText(w.Receiver), privacy.NewText(w.Reason), privacy.NewText(w.Rule), privacy.NewText(w.Request), privacy.NewText(w.Performance)}, nil
}
