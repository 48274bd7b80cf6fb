// Package book keeps every version of every app's policy in memory.
//
// It promises that a version which it once took never changes, that numbers and dates of effect only
// grow, and that a version takes effect by the clock of whoever asks, without a restart. It never
// reads a clock, a file or a database, and it never decides whom a version binds.
package book

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
)

// The refusals.
var (
	ErrChanged = errors.New("book: this version is published already, with another content")
	ErrOrder   = errors.New("book: a version must come after the one before it, and take effect after it")
	ErrNumber  = errors.New("book: a version is called v and a number from 1 on")
)

// Edition is one version of one app's policy, with the moment from which it is in force.
type Edition struct {
	Policy      *policy.Policy
	Number      int
	PublishedAt time.Time
	EffectiveAt time.Time
}

// InForce reports whether the version has taken effect at that moment.
func (e Edition) InForce(at time.Time) bool { return !at.Before(e.EffectiveAt) }

// NumberOf returns the number of a policy's version: 2 for "pixplus/v2".
func NumberOf(p *policy.Policy) (int, error) {
	_, version, _ := strings.Cut(p.Version(), "/")
	digits, ok := strings.CutPrefix(version, "v")
	n, err := strconv.Atoi(digits)
	if !ok || err != nil || n < 1 || strconv.Itoa(n) != digits {
		return 0, ErrNumber
	}
	return n, nil
}

// Book holds the editions. It is safe for concurrent use.
type Book struct {
	mu    sync.RWMutex
	byApp map[privacy.AppID][]Edition // oldest first
}

// New returns an empty Book.
func New() *Book { return &Book{byApp: map[privacy.AppID][]Edition{}} }

// Add takes an edition. The same one again is no change; another content under a known number is
// refused with ErrChanged, and a step back in number or date with ErrOrder.
func (b *Book) Add(e Edition) error {
	n, err := NumberOf(e.Policy)
	if err != nil || n != e.Number {
		return fmt.Errorf("book: add %s: %w", e.Policy.Version(), cmp.Or(err, ErrNumber))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.byApp[e.Policy.App()]
	if i := slices.IndexFunc(list, func(old Edition) bool { return old.Number == n }); i >= 0 {
		if list[i].Policy.Hash() != e.Policy.Hash() {
			return fmt.Errorf("book: add %s: %w", e.Policy.Version(), ErrChanged)
		}
		return nil
	}
	if len(list) > 0 && (list[len(list)-1].Number > n || e.EffectiveAt.Before(list[len(list)-1].EffectiveAt)) {
		return fmt.Errorf("book: add %s: %w", e.Policy.Version(), ErrOrder)
	}
	b.byApp[e.Policy.App()] = append(slices.Clip(list), e)
	return nil
}

// Apps returns every app that has an edition, sorted.
func (b *Book) Apps() []privacy.AppID {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return slices.Sorted(maps.Keys(b.byApp))
}

// All returns every edition of an app, oldest first.
func (b *Book) All(app privacy.AppID) []Edition {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return slices.Clone(b.byApp[app])
}

// Effective returns the editions of an app that have taken effect at that moment, oldest first.
func (b *Book) Effective(app privacy.AppID, at time.Time) []Edition {
	return slices.DeleteFunc(b.All(app), func(e Edition) bool { return !e.InForce(at) })
}

// InForce returns the policy of an app that is in force at that moment.
func (b *Book) InForce(app privacy.AppID, at time.Time) (*policy.Policy, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, e := range slices.Backward(b.byApp[app]) {
		if e.InForce(at) {
			return e.Policy, true
		}
	}
	return nil, false
}

// ByHash returns the policy of an app with that digest: the one that something was stored under.
func (b *Book) ByHash(app privacy.AppID, hash privacy.PolicyHash) (*policy.Policy, bool) {
	return b.find(app, func(e Edition) bool { return e.Policy.Hash() == hash })
}

// ByVersion returns the policy of an app with that number.
func (b *Book) ByVersion(app privacy.AppID, number int) (*policy.Policy, bool) {
	return b.find(app, func(e Edition) bool { return e.Number == number })
}

// Recipient returns a recipient as the newest version that names it does: what was sent to somebody who
// is gone from the policy can still be told.
func (b *Book) Recipient(app privacy.AppID, id privacy.RecipientID) (policy.Recipient, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, e := range slices.Backward(b.byApp[app]) {
		if r, ok := e.Policy.Recipient(id); ok {
			return r, true
		}
	}
	return policy.Recipient{}, false
}

func (b *Book) find(app privacy.AppID, is func(Edition) bool) (*policy.Policy, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if i := slices.IndexFunc(b.byApp[app], is); i >= 0 {
		return b.byApp[app][i].Policy, true
	}
	return nil, false
}

// Binding returns every policy of an app that may bind somebody at that moment: the one in force
// and, where a version waits for each person's consent or notice, those before it. What concerns
// several people keeps the shortest clock of them all.
func (b *Book) Binding(app privacy.AppID, at time.Time) []*policy.Policy {
	list := b.Effective(app, at)
	for i := len(list) - 1; i > 0; i-- {
		if n := list[i-1].Policy.Terms().Notices; !Waits(n) {
			list = list[i:]
			break
		}
	}
	out := make([]*policy.Policy, len(list))
	for i, e := range list {
		out[i] = e.Policy
	}
	return out
}

// Waits reports whether a change may bind people at different times: after their consent, or after
// a time that starts with the notice to each of them.
func Waits(n terms.Notices) bool { return n.Reductions == "consent" || !Zero(n.Lead) }

// Zero reports whether a deadline leaves no time.
func Zero(d terms.Deadline) bool {
	return d.Immediate || d.Years == 0 && d.Months == 0 && d.Days == 0 && d.Time == 0
}
