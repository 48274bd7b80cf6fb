package people

import (
	"context"
	"errors"
	"strings"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/people"
	"vow.example/vow/internal/task"
)

// cookieOf is how the register names the cookie that signs in again; what follows is the app's id.
const cookieOf = "__Host-remember-"

// mostRemembered is how many devices of one person are remembered: the oldest makes room.
const mostRemembered = 20

// Keepsake is what a device keeps to sign in again with one click. It exists here and on that device only.
type Keepsake struct {
	Cookie    string // name in the policy's register of cookies
	Token     string
	ExpiresAt time.Time
}

// RememberCookie returns the cookie of the policy's register that signs in again, and whether there is one.
// Without it the app has no such thing.
func RememberCookie(p *policy.Policy) (terms.Cookie, bool) {
	if p.Cookieless() {
		return terms.Cookie{}, false
	}
	for _, c := range p.Terms().Cookies {
		if strings.HasPrefix(c.Name, cookieOf) {
			return c, true
		}
	}
	return terms.Cookie{}, false
}

// Remember has a device remembered, so that it can sign in again after signing out (FIT-3.2-01).
func (s *Service) Remember(ctx context.Context, who task.Who, platform terms.Platform) (k Keepsake, err error) {
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if k, err = s.remember(ctx, tx, who, platform); err != nil {
			return gone(err)
		}
		return s.note(ctx, tx, who, audit.Event{Kind: "device_remembered"})
	})
	return k, err
}

func (s *Service) remember(ctx context.Context, tx *store.Tx, who task.Who, platform terms.Platform) (Keepsake, error) {
	cookie, ok := RememberCookie(who.Policy)
	if !ok {
		return Keepsake{}, fault.New(fault.NotFound, "feature-unavailable", "The policy of this app registers no cookie that signs in again.")
	}
	limit, err := policy.ParseLimit(cookie.Lifetime)
	if err != nil {
		return Keepsake{}, err
	}
	now := s.Clock.Now()
	k := Keepsake{Cookie: cookie.Name, Token: secret("rm_"), ExpiresAt: limit.After(now)}
	r := facts.Remembered{
		App: who.App(), ID: privacy.NewID("rem"), Subject: who.Subject, Token: s.keepsake(who.App(), k.Token), Platform: string(platform), At: now, ExpiresAt: k.ExpiresAt,
	}
	if err := facts.InsertRemembered(ctx, tx, r); err != nil {
		return Keepsake{}, err
	}
	return k, facts.KeepNewest(ctx, tx, r, mostRemembered)
}

func (s *Service) keepsake(app privacy.AppID, token string) []byte {
	return s.digest("remembered-devices", string(app), token)
}

// Forget makes every device of a person sign in anew, and returns how many there were.
func (s *Service) Forget(ctx context.Context, who task.Who) (n int, err error) {
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if n, err = facts.EraseRemembered(ctx, tx, who.App(), who.Subject); err != nil || n == 0 {
			return err
		}
		return s.note(ctx, tx, who, audit.Event{Kind: "devices_forgotten"})
	})
	return n, err
}

// comeBack opens a session with a remembered token, which is used up and replaced. On another kind of
// device than the one it was given to it is worth nothing any more: that is what a stolen one looks like
// (FIT-3.1-01).
func (s *Service) comeBack(ctx context.Context, e Entry, a *Admission) error {
	refused := false
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		r, err := facts.TakeRemembered(ctx, tx, e.Policy.App(), s.keepsake(e.Policy.App(), e.Remembered))
		if errors.Is(err, store.ErrNotFound) {
			return errSignIn
		}
		if err != nil {
			return err
		}
		if r.Platform != string(e.Platform) || !s.Clock.Now().Before(r.ExpiresAt) {
			refused = true // and what was taken stays taken
			return nil
		}
		if err := s.reopen(ctx, tx, e, r.Subject, a); err != nil {
			return err
		}
		a.Again, err = s.remember(ctx, tx, task.Who{Policy: e.Policy, Subject: r.Subject}, e.Platform)
		return err
	})
	if err == nil && refused {
		return errSignIn
	}
	return err
}
