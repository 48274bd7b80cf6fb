package people

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io"
	"strings"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/disclosure"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/store/works"
	"vow.example/vow/internal/task"
)

// What the ledger says of a work that a person shows to others: whoever has the link, by the person's own act.
const (
	Everyone privacy.RecipientID = "public"
	Sharing  privacy.FeatureID   = "share"
	ownAct   privacy.Purpose     = "own_act"
	Shared                       = "shared"
)

// ErrShareEnded says that a link of ours has ended: it was taken back, or the work is gone.
var ErrShareEnded = fault.New(fault.Gone, "share-ended", "This link has ended. Whoever made it took it back, or the work was erased.")

// Favourite marks a work. The mark changes no clock: it goes with the work, or before it (FIT-7.3-02).
func (s *Service) Favourite(ctx context.Context, who task.Who, id privacy.ObjectID) error {
	if !who.Policy.HasCategory("favorite") {
		return fault.New(fault.NotFound, "feature-unavailable", "The policy of this app knows no favourites.")
	}
	now := s.Clock.Now()
	expires, err := until(who.Policy, "favorite", now)
	if err != nil {
		return err
	}
	return thing(s.DB.Write(ctx, func(tx *store.Tx) error {
		return works.PutFavourite(ctx, tx, who.App(), who.Subject, works.Favourite{Object: id, At: now, ExpiresAt: expires})
	}))
}

// Unfavourite takes a mark away. It succeeds where there is none.
func (s *Service) Unfavourite(ctx context.Context, who task.Who, id privacy.ObjectID) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error { return works.EraseFavourite(ctx, tx, who.App(), who.Subject, id) })
}

func thing(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return errThing
	}
	return err
}

// Share shows a work to whoever has the link that it returns. It is the person's own act, one work at a
// time, stands in the ledger, and ends when the person says so or the work ends (KME-IP-02). A link that
// the work had before ends.
func (s *Service) Share(ctx context.Context, who task.Who, id privacy.ObjectID) (token string, err error) {
	if !who.Policy.Terms().Share.Works {
		return "", fault.New(fault.NotFound, "feature-unavailable", "The policy of this app lets nobody share works.")
	}
	o, err := s.work(ctx, who, id)
	if err != nil {
		return "", err
	}
	keep, err := s.Eraser.EvidenceUntil(who.App(), "disclosure_record")
	if err != nil {
		return "", err
	}
	token = s.shareToken()
	row := works.Share{App: who.App(), Subject: who.Subject, Object: id, Token: s.digest("shares", token), Transfer: privacy.TransferID(privacy.NewID(privacy.PrefixTransfer)), At: s.Clock.Now()}
	return token, thing(s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := works.PutShare(ctx, tx, row); err != nil {
			return err
		}
		// It belongs to no task: a receipt names who received a task's data, and nobody did.
		e := disclosure.Entry{
			ID: row.Transfer, App: row.App, Subject: row.Subject, Task: privacy.TaskID(id), Feature: Sharing, Recipient: Everyone,
			Fields: []privacy.Field{"result"}, Purpose: ownAct, PolicyHash: who.Policy.Hash(), At: row.At,
		}
		if err := tx.InsertTransfer(ctx, e, keep); err != nil {
			return err
		}
		if err := tx.FinishTransfer(ctx, e.ID, Shared, o.Bytes, o.Due()); err != nil {
			return err
		}
		return s.note(ctx, tx, who, audit.Event{Kind: "work_shared", Object: string(id)})
	}))
}

// work returns a living picture or video of a person.
func (s *Service) work(ctx context.Context, who task.Who, id privacy.ObjectID) (store.Object, error) {
	o, err := s.DB.App(who.App()).Object(ctx, who.Subject, id)
	if err != nil {
		return o, thing(err)
	}
	shown := strings.HasPrefix(o.MediaType, "image/") || strings.HasPrefix(o.MediaType, "video/")
	if !privacy.HasPrefix(string(id), privacy.PrefixOutput) || !shown || o.Ending != "" || !s.Clock.Now().Before(o.Due()) {
		return o, errThing
	}
	return o, nil
}

// Unshare ends the link of a work at once. It succeeds where there is none.
func (s *Service) Unshare(ctx context.Context, who task.Who, id privacy.ObjectID) error {
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := works.EraseShare(ctx, tx, who.App(), who.Subject, id); err != nil {
			return err
		}
		return s.note(ctx, tx, who, audit.Event{Kind: "share_ended", Object: string(id)})
	})
	return unlessNotFound(err)
}

const (
	shareBytes = 16
	shareCheck = 8
)

// shareToken returns a link's secret, which carries its own check: a link that we made is told from one
// that we did not, although nothing is kept of links that have ended.
func (s *Service) shareToken() string {
	raw := make([]byte, shareBytes)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the program instead
	return base64.RawURLEncoding.EncodeToString(append(raw, s.shareMark(raw)...))
}

func (s *Service) shareMark(raw []byte) []byte {
	return s.digest("share-links", string(raw))[:shareCheck]
}

// SharedWork is a work that its owner shows to whoever has the link.
type SharedWork struct {
	store.Object
	Policy *policy.Policy
}

// SharedBy returns the work behind a link. It fails with ErrShareEnded for a link that was ours, also while
// nothing may be done with the owner's data.
func (s *Service) SharedBy(ctx context.Context, token string) (SharedWork, error) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != shareBytes+shareCheck || !hmac.Equal(raw[shareBytes:], s.shareMark(raw[:shareBytes])) {
		return SharedWork{}, errThing
	}
	row, err := works.ShareBy(ctx, s.DB.Everywhere(), s.digest("shares", token))
	if errors.Is(err, store.ErrNotFound) {
		return SharedWork{}, ErrShareEnded
	}
	if err != nil {
		return SharedWork{}, err
	}
	who, err := s.who(ctx, row.App, row.Subject)
	if err != nil {
		return SharedWork{}, err
	}
	o, err := s.work(ctx, who, row.Object)
	if err == nil {
		err = s.usable(ctx, who)
	}
	if kind := fault.KindOf(err); err != nil && kind != fault.Internal {
		return SharedWork{}, ErrShareEnded
	}
	return SharedWork{Object: o, Policy: who.Policy}, err
}

// Open reads a shared work: the vault lends it for the owner's own act.
func (s *Service) Open(ctx context.Context, w SharedWork) (io.ReadCloser, error) {
	lease, err := s.Vault.Lend(ctx, w.Ref, w.Due(), vault.Reading{Why: vault.ForSubject})
	if err != nil {
		return nil, err
	}
	return lease.Open()
}
