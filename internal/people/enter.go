package people

import (
	"context"
	"errors"
	"time"

	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/guard/retention"
	"vow.example/vow/internal/policy"
	"vow.example/vow/internal/policy/terms"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/people"
	"vow.example/vow/internal/task"
)

// Entry asks for a session.
type Entry struct {
	Policy   *policy.Policy
	Locale   privacy.Lang
	Platform terms.Platform
	Band     string // one of the app's bands, or "" where nothing was said
	// Device is what the app calls the device it runs on. Only its keyed digest is ever kept, and only
	// where somebody was too young.
	Device          privacy.Text
	Login, Password privacy.Text // both, or neither: a session of an account that has a login
	Remembered      string       // the token that Remember returned, instead of login and password
	Network         privacy.Text // the first bits of where the entry comes from; empty: not known
}

// Admission is a session that was opened, with its credential, which exists here and at the person only.
type Admission struct {
	store.Session
	Locale  privacy.Lang
	Token   string
	Again   Keepsake // replaces the remembered token that was used; zero without one
	Reduced bool     // no identifier of the device came along, so that a theft cannot be noticed
}

// Enter opens a session: of a new account, or of the one that login or remembered token belong to. Whoever
// says to be too young gets none, and nothing is written of them (PIX-11-01, WIZ-7-01).
func (s *Service) Enter(ctx context.Context, e Entry) (Admission, error) {
	if err := s.begins(ctx, e); err != nil {
		return Admission{}, err
	}
	if err := s.gate(ctx, e); err != nil {
		return Admission{}, err
	}
	a := Admission{Reduced: e.Device.Empty() && watches(e.Policy)}
	var err error
	switch {
	case e.Remembered != "":
		err = s.comeBack(ctx, e, &a)
	case !e.Login.Empty() || !e.Password.Empty():
		err = s.signIn(ctx, e, &a)
	default:
		a.Reduced = false // there is no account yet that could be stolen
		err = s.begin(ctx, e, &a)
	}
	if e.Policy.Terms().Minors.Shuts(e.Band) {
		return Admission{}, s.ends(ctx, e, a, err)
	}
	return a, err
}

// begins refuses a new account in an app that has ended. Whoever has one comes back to their rights.
func (s *Service) begins(ctx context.Context, e Entry) error {
	if s.Closed == nil || e.returns() {
		return nil
	}
	closed, err := s.Closed(ctx, e.Policy.App())
	return errors.Join(err, when(closed, ErrClosed))
}

// ends answers whoever comes back to an account and says to be too young now: it is erased (MIX-7-01). A wrong
// password erases nothing, and is answered alike.
func (s *Service) ends(ctx context.Context, e Entry, a Admission, err error) error {
	switch {
	case err == nil:
		return s.SetAge(ctx, task.Who{Policy: e.Policy, Subject: a.Subject}, terms.Under, e.Device)
	case fault.KindOf(err) == fault.Refused:
		return ErrTooYoung
	default:
		return err
	}
}

// returns reports whether the entry is one to an account that is there already.
func (e Entry) returns() bool { return e.Remembered != "" || !e.Login.Empty() || !e.Password.Empty() }

// watches reports whether the app looks at identifiers of the device when somebody signs in.
func watches(p *policy.Policy) bool {
	for _, i := range p.Terms().Intakes {
		if i.Kind == terms.LoginRisk {
			return true
		}
	}
	return false
}

// gate refuses whoever is too young, and a device on which somebody said so: there is no second try by
// going back.
func (s *Service) gate(ctx context.Context, e Entry) error {
	if e.Band != "" {
		if err := known(e.Policy, e.Band, "/age_band"); err != nil {
			return err
		}
	}
	m := e.Policy.Terms().Minors
	if !m.Shuts(terms.Under) {
		return nil
	}
	if m.Shuts(e.Band) {
		if err := s.refuse(ctx, e.Policy, e.Device); err != nil {
			return err
		}
		if e.returns() {
			return nil // the account has to go first
		}
		return ErrTooYoung
	}
	if !remembersDevices(e.Policy) || e.Device.Empty() {
		return nil
	}
	refused, err := facts.Refused(ctx, s.DB.App(e.Policy.App()), s.device(e.Policy.App(), e.Device), s.Clock.Now())
	if err == nil && refused {
		err = ErrTooYoung
	}
	return err
}

// remembersDevices reports whether an answer may be bound to the device: an app that sets no cookie has
// promised to know no device either.
func remembersDevices(p *policy.Policy) bool { return !p.Cookieless() }

// refuse remembers that a device is refused, for as long as the policy keeps what was said about age.
func (s *Service) refuse(ctx context.Context, p *policy.Policy, device privacy.Text) error {
	if device.Empty() || !remembersDevices(p) {
		return nil
	}
	now := s.Clock.Now()
	expires, err := until(p, "age_assertion", now)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		return facts.PutRefusal(ctx, tx, facts.Refusal{App: p.App(), Device: s.device(p.App(), device), At: now, ExpiresAt: expires})
	})
}

func (s *Service) device(app privacy.AppID, device privacy.Text) []byte {
	return s.digest("refused-devices", string(app), plain(device))
}

// begin makes a new account.
func (s *Service) begin(ctx context.Context, e Entry, a *Admission) error {
	now, app := s.Clock.Now(), e.Policy.App()
	idle, err := idleUntil(e.Policy, now)
	if err != nil {
		return err
	}
	subject := store.Subject{ID: privacy.SubjectID(privacy.NewID(privacy.PrefixSubject)), Locale: e.Locale, CreatedAt: now, ExpiresAt: idle}
	a.Locale = e.Locale
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.InsertSubject(ctx, app, subject); err != nil {
			return err
		}
		if _, err := audit.Append(ctx, tx.Tree(subject.ID, idle), audit.Event{Kind: "subject_created", App: app, Subject: subject.ID, At: now, PolicyHash: e.Policy.Hash()}); err != nil {
			return err
		}
		if e.Band != "" {
			if err := s.putAge(ctx, tx, task.Who{Policy: e.Policy, Subject: subject.ID}, e.Band); err != nil {
				return err
			}
		}
		return s.open(ctx, tx, e, subject.ID, a)
	})
}

// open opens a session of a subject whose account lives.
func (s *Service) open(ctx context.Context, tx *store.Tx, e Entry, subject privacy.SubjectID, a *Admission) error {
	now := s.Clock.Now()
	idle, err := idleUntil(e.Policy, now)
	if err != nil {
		return err
	}
	a.Session = store.Session{ID: privacy.SessionID(privacy.NewID(privacy.PrefixSession)), App: e.Policy.App(), Subject: subject, ExpiresAt: idle}
	a.Token = secret("at_")
	return tx.InsertSession(ctx, a.Session, s.Digest(a.Token), now)
}

// reopen opens another session of an account that is there already.
func (s *Service) reopen(ctx context.Context, tx *store.Tx, e Entry, subject privacy.SubjectID, a *Admission) error {
	now := s.Clock.Now()
	found, err := tx.App(e.Policy.App()).Subject(ctx, subject)
	if err != nil || !now.Before(found.ExpiresAt) {
		return errors.Join(errSignIn, unlessNotFound(err))
	}
	if err := s.open(ctx, tx, e, subject, a); err != nil {
		return err
	}
	a.Locale = found.Locale
	if err := tx.TouchSubject(ctx, e.Policy.App(), subject, now, a.ExpiresAt); err != nil {
		return err
	}
	return s.note(ctx, tx, task.Who{Policy: e.Policy, Subject: subject}, audit.Event{Kind: "signed_in"})
}

func unlessNotFound(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// idleUntil is when an account in use now would be erased if it were never used again.
func idleUntil(p *policy.Policy, now time.Time) (time.Time, error) {
	d, err := retention.For(p, "account", policy.LastActive, now)
	return d.At(), err
}

// errSignIn does not say which part is wrong: whether a login exists is nobody's business.
var errSignIn = fault.New(fault.Refused, "unauthenticated", "Login and password do not match, or this device is not remembered any more.")
