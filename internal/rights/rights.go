// Package rights answers what a person may ask: what is held, erase it, withdraw everything.
//
// It promises that holdings are counted from storage and not from a plan, and that an erasure is
// finished, receipts included, when it returns. It never refuses a self-service right.
package rights

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"vow.example/vow/internal/clock"
	"vow.example/vow/internal/erasure"
	"vow.example/vow/internal/guard/consent"
	"vow.example/vow/internal/guard/vault"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task"
)

// Service answers rights.
type Service struct {
	DB     *store.DB
	Vault  *vault.Vault
	Eraser *erasure.Eraser
	Tasks  *task.Service
	Clock  clock.Clock
}

// Holding counts one category of what is held of a subject.
type Holding struct {
	Category  privacy.Category
	Count     int
	Bytes     int64
	OldestAt  time.Time
	AllGoneBy time.Time
	Where     string // "disk", "memory" or "database"
}

// Holdings counts what is held of a subject right now: objects by looking into the vault, records
// by counting rows.
func (s *Service) Holdings(ctx context.Context, who task.Who) ([]Holding, error) {
	objects, err := s.Items(ctx, who)
	if err != nil {
		return nil, err
	}
	byCategory := map[privacy.Category]*Holding{}
	for _, o := range objects {
		add(byCategory, Holding{Category: o.Category, Count: 1, Bytes: o.Bytes, OldestAt: o.WrittenAt, AllGoneBy: o.GoneBy(), Where: string(o.Storage)})
	}
	rows, err := s.DB.App(who.App()).CountRows(ctx, who.Subject)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if r.Count > 0 {
			add(byCategory, Holding{Category: r.Category, Count: r.Count, OldestAt: r.OldestAt, AllGoneBy: r.AllGoneBy, Where: "database"})
		}
	}
	return inOrder(who, byCategory), nil
}

// Items lists what the vault holds of a subject right now, oldest first: what Holdings counts, one by one.
func (s *Service) Items(ctx context.Context, who task.Who) ([]store.Object, error) {
	list, err := s.DB.App(who.App()).Objects(ctx, who.Subject)
	return slices.DeleteFunc(list, func(o store.Object) bool {
		return !s.Vault.Holds(ctx, o.Ref) || !s.Clock.Now().Before(o.GoneBy())
	}), err
}

// inOrder lists what people hand over and get first, even where nothing of it is held, then the
// records by name.
func inOrder(who task.Who, byCategory map[privacy.Category]*Holding) []Holding {
	var list []Holding
	listed := map[privacy.Category]bool{}
	content := func(c privacy.Category) {
		if c == "" || listed[c] {
			return
		}
		listed[c] = true
		h := Holding{Category: c, Where: string(who.Policy.StorageOf(c))}
		if held, ok := byCategory[c]; ok {
			h = *held
		}
		list = append(list, h)
	}
	for _, f := range who.Policy.Features() {
		if !f.Live {
			continue
		}
		for _, in := range f.Inputs {
			if !in.IsSetting() {
				content(in.Category)
			}
		}
		content(f.Result)
	}
	for _, c := range slices.Sorted(maps.Keys(byCategory)) {
		content(c)
	}
	return list
}

func add(to map[privacy.Category]*Holding, h Holding) {
	sum, ok := to[h.Category]
	if !ok {
		to[h.Category] = &h
		return
	}
	sum.Count += h.Count
	sum.Bytes += h.Bytes
	if h.OldestAt.Before(sum.OldestAt) {
		sum.OldestAt = h.OldestAt
	}
	if h.AllGoneBy.After(sum.AllGoneBy) {
		sum.AllGoneBy = h.AllGoneBy
	}
}

// EraseContent stops what runs and erases every object of a subject. The account stays. The
// receipts are of everything that went, by the stop or after it.
func (s *Service) EraseContent(ctx context.Context, who task.Who) ([]store.Receipt, error) {
	stopped, err := s.stop(ctx, who, "canceled")
	if err != nil {
		return nil, err
	}
	list, err := s.DB.App(who.App()).Objects(ctx, who.Subject)
	if err != nil {
		return nil, err
	}
	erased, err := s.Eraser.Objects(ctx, list, erasure.SubjectRequest, nil)
	return append(stopped, erased...), err
}

// EraseAccount stops what runs and erases the subject with everything of it.
func (s *Service) EraseAccount(ctx context.Context, who task.Who) ([]store.Receipt, error) {
	stopped, err := s.stop(ctx, who, "account-erased")
	if err != nil {
		return nil, err
	}
	erased, err := s.Eraser.Subject(ctx, who.App(), who.Subject)
	return append(stopped, erased...), err
}

// stop ends what runs and returns the receipts of what that erased.
func (s *Service) stop(ctx context.Context, who task.Who, reason string) ([]store.Receipt, error) {
	app := s.DB.App(who.App())
	before, err := app.Objects(ctx, who.Subject)
	if err != nil {
		return nil, err
	}
	if err := s.Tasks.StopAll(ctx, who, reason); err != nil {
		return nil, err
	}
	var receipts []store.Receipt
	for _, o := range before {
		r, err := app.ReceiptOf(ctx, who.Subject, o.Object)
		if errors.Is(err, store.ErrNotFound) {
			continue // it is still there
		}
		if err != nil {
			return nil, err
		}
		receipts = append(receipts, r)
	}
	return receipts, nil
}

// WithdrawAll withdraws every given consent and stops the work that stands on it.
func (s *Service) WithdrawAll(ctx context.Context, who task.Who) error {
	before := privacy.ConsentID("")
	for {
		list, err := s.DB.App(who.App()).Consents(ctx, who.Subject, before, 100)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, c := range list {
			before = c.ID
			if c.Decision != consent.Given {
				continue
			}
			if err := s.Tasks.Withdraw(ctx, who, c.ID); err != nil {
				return err
			}
		}
	}
}

// Decline ends the request that a declined disclosure belonged to: uploads that no task has taken
// are erased at once (PIX-4-05: "no data for that request").
func (s *Service) Decline(ctx context.Context, who task.Who) ([]store.Receipt, error) {
	list, err := s.DB.App(who.App()).Objects(ctx, who.Subject)
	if err != nil {
		return nil, err
	}
	var unused []store.Object
	for _, o := range list {
		if !o.IdleAt.IsZero() || (o.Task == "" && privacy.HasPrefix(string(o.Object), privacy.PrefixUpload)) {
			unused = append(unused, o)
		}
	}
	if len(unused) == 0 {
		return nil, nil
	}
	return s.Eraser.Objects(ctx, unused, erasure.Declined, nil)
}
