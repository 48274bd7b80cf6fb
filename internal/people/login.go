package people

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"vow.example/vow/internal/abuse"
	"vow.example/vow/internal/fault"
	"vow.example/vow/internal/guard/audit"
	"vow.example/vow/internal/people/password"
	"vow.example/vow/internal/privacy"
	"vow.example/vow/internal/store"
	facts "vow.example/vow/internal/store/people"
	"vow.example/vow/internal/task"
)

// How long a login is.
const (
	shortestLogin = 3
	longestLogin  = 254
)

var errHasLogin = fault.New(fault.Conflict, "conflict", "This account has a login already, or somebody else has this one.")

// Credentials are what somebody signs in with, and where that comes from.
type Credentials struct {
	Login, Password privacy.Text
	Network         privacy.Text // the first bits of where it comes from; empty: not known
}

// SetLogin gives an account a login and a password. An account is that and nothing else: the login is kept
// as a keyed digest, the password as a sealed hash (WIZ-5-06, PIX-1-02). The answer tells whether somebody has
// that login, so tries are counted.
func (s *Service) SetLogin(ctx context.Context, who task.Who, c Credentials) error {
	if err := fits(c.Login, c.Password); err != nil {
		return err
	}
	try := abuse.Guess{App: who.App(), Subject: who.Subject, Login: s.login(who.App(), c.Login), Network: c.Network}
	hash, err := s.hash(ctx, c.Password, func() error { return s.Guesses.Taken(ctx, try) })
	if err != nil {
		return err
	}
	err = s.putLogin(ctx, who, facts.Login{Subject: who.Subject, Login: try.Login, Password: hash})
	if err == nil {
		s.Guesses.Right(try)
	}
	return err
}

func (s *Service) putLogin(ctx context.Context, who task.Who, l facts.Login) error {
	now := s.Clock.Now()
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := facts.ProfileOf(ctx, tx.App(who.App()), who.Subject, now); err != nil {
			return gone(err)
		}
		if err := facts.InsertLogin(ctx, tx, who.App(), l, now); errors.Is(err, store.ErrNotFound) {
			return errHasLogin
		} else if err != nil {
			return err
		}
		return s.note(ctx, tx, who, audit.Event{Kind: "login_set"})
	})
}

// ChangePassword replaces the password of whoever knows it. Every other session ends, and every remembered device.
func (s *Service) ChangePassword(ctx context.Context, who task.Who, here privacy.SessionID, old, fresh privacy.Text) error {
	if why := password.Weakness(fresh, ""); why.Code != "" {
		return invalid("/new_password", why.Code, why.Detail)
	}
	l, err := s.knows(ctx, who, old)
	if err != nil {
		return err
	}
	if l.Password, err = s.hash(ctx, fresh, func() error { return nil }); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := facts.EraseRemembered(ctx, tx, who.App(), who.Subject); err != nil {
			return err
		}
		if err := tx.DeleteOtherSessions(ctx, who.App(), who.Subject, here); err != nil {
			return err
		}
		if err := facts.SetPassword(ctx, tx, who.App(), l); err != nil {
			return err
		}
		return s.note(ctx, tx, who, audit.Event{Kind: "password_changed"})
	})
}

// knows returns the login of a person who gives the password to it. A wrong one is counted.
func (s *Service) knows(ctx context.Context, who task.Who, given privacy.Text) (facts.Login, error) {
	l, err := facts.LoginOf(ctx, s.DB.App(who.App()), who.Subject)
	if errors.Is(err, store.ErrNotFound) {
		return l, errThing
	}
	if err == nil {
		err = s.match(ctx, abuse.Guess{App: who.App(), Subject: l.Subject, Login: l.Login}, l, given)
	}
	return l, err
}

// EraseLogin takes login and password away from whoever knows the password. Sessions and everything else stay.
func (s *Service) EraseLogin(ctx context.Context, who task.Who, given privacy.Text) error {
	if _, err := s.knows(ctx, who, given); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := facts.EraseLogin(ctx, tx, who.App(), who.Subject); errors.Is(err, store.ErrNotFound) {
			return errThing
		} else if err != nil {
			return err
		}
		return s.note(ctx, tx, who, audit.Event{Kind: "login_erased"})
	})
}

// signIn opens a session of the account that login and password belong to. A login that does not exist
// takes as long, is answered in the same words, and rests after as many tries, as a wrong password: nothing
// of a wrong one is written.
func (s *Service) signIn(ctx context.Context, e Entry, a *Admission) error {
	app := e.Policy.App()
	l, err := facts.LoginBy(ctx, s.DB.App(app), s.login(app, e.Login), s.Clock.Now())
	guess := abuse.Guess{App: app, Subject: l.Subject, Login: s.login(app, e.Login), Network: e.Network}
	if errors.Is(err, store.ErrNotFound) {
		if _, err := s.hash(ctx, e.Password, func() error { return s.Guesses.Guessed(ctx, guess) }); err != nil {
			return err
		}
		return errSignIn
	}
	if err != nil {
		return err
	}
	if err := s.match(ctx, guess, l, e.Password); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := unchanged(ctx, tx, app, l); err != nil {
			return err
		}
		if e.Band != "" {
			if err := s.putAge(ctx, tx, task.Who{Policy: e.Policy, Subject: l.Subject}, e.Band); err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		return s.reopen(ctx, tx, e, l.Subject, a)
	})
}

// unchanged refuses an entry by a password that was replaced while it was compared: that ends every session.
func unchanged(ctx context.Context, tx *store.Tx, app privacy.AppID, l facts.Login) error {
	now, err := facts.LoginOf(ctx, tx.App(app), l.Subject)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return when(!bytes.Equal(now.Password, l.Password), errSignIn)
}

// hash hashes a password after its try was counted. A try is counted when its turn has come, and hashed then
// whatever becomes of the request: what costs nothing counts for nothing, and whoever waits may leave.
func (s *Service) hash(ctx context.Context, given privacy.Text, count func() error) ([]byte, error) {
	turn, err := s.passwords.Turn(ctx)
	if err != nil {
		return nil, err
	}
	defer turn.Done()
	if err := count(); err != nil {
		return nil, err
	}
	return turn.Hash(given), nil
}

// match compares a password with what is kept, after its try was counted as hash does.
func (s *Service) match(ctx context.Context, g abuse.Guess, l facts.Login, given privacy.Text) error {
	turn, err := s.passwords.Turn(ctx)
	if err != nil {
		return err
	}
	defer turn.Done()
	if err := s.Guesses.Guessed(ctx, g); err != nil {
		return err
	}
	ok, err := turn.Match(given, l.Password)
	if err != nil {
		return err
	}
	if !ok {
		return errSignIn
	}
	s.Guesses.Right(g)
	return nil
}

func (s *Service) login(app privacy.AppID, login privacy.Text) []byte {
	return s.digest("logins", string(app), plain(login))
}

// plain is a word by which somebody or something is found again, however it was typed. It becomes a digest.
func plain(word privacy.Text) string { return strings.ToLower(strings.TrimSpace(word.Reveal())) }

// fits says which rule a login or a password breaks.
func fits(login, given privacy.Text) error {
	name := plain(login)
	if n := utf8.RuneCountInString(name); n < shortestLogin || n > longestLogin || strings.ContainsFunc(name, unicode.IsControl) {
		return invalid("/login", "length", "A login has 3 to 254 characters.")
	}
	if why := password.Weakness(given, name); why.Code != "" {
		return invalid("/password", why.Code, why.Detail)
	}
	return nil
}
